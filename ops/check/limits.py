"""How much a check reads of what nobody has vouched for yet. docs/auditors.md states these limits.

Records and documents have theirs from the manifest: what is longer than it says is not read on.
"""

LARGEST_MANIFEST = 1 << 30
"""Bytes. No function of the archive has the memory to write half as many."""
LARGEST_READ_WHOLE = LARGEST_MANIFEST >> 2
"""Bytes of a manifest that a verb reads in one piece."""
LARGEST_RECORD = 64 << 20
"""Bytes: far more than everything that AWS says of one invoice."""
LARGEST_KEY_FILE = 1 << 20
LARGEST_HEADS_FILE = 64 << 20
"""Bytes: it may be the report of an earlier check, with thousands of findings."""
MOST_KEYS = 100
"""Public keys of one archive: as many as a year-long life of each would make in a century."""
_VIEW_AT_LEAST = 1 << 20
_VIEW_TO_MANIFEST = 64


def largest_view(manifest_bytes: int) -> int:
    """Bytes of a view, at most: the ledger tells one invoice again for each of its documents, and
    no row is 64 times as long as what the manifest says of a document.
    """
    return _VIEW_AT_LEAST + _VIEW_TO_MANIFEST * manifest_bytes
