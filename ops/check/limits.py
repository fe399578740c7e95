"""Limits on reading data that nobody has vouched for yet. docs/auditors.md states them.

Records and documents have their limits from the manifest and are never read beyond its sizes.
"""

LARGEST_MANIFEST = 1 << 30
"""Bytes. No function of the archive has the memory to write half as many."""
LARGEST_READ_WHOLE = LARGEST_MANIFEST >> 2
"""Bytes of a manifest that a verb reads in one piece."""
LARGEST_RECORD = 64 << 20
"""Bytes: far more than all that AWS lists for one invoice."""
LARGEST_KEY_FILE = 1 << 20
LARGEST_HEADS_FILE = 64 << 20
"""Bytes: the file may be an earlier check's report with thousands of findings."""
MOST_KEYS = 100
"""Public keys of one archive: as many as a new one each year makes in a century."""
_VIEW_AT_LEAST = 1 << 20
_VIEW_TO_MANIFEST = 64


def largest_view(manifest_bytes: int) -> int:
    """Bytes of a view at most. The ledger repeats an invoice for each of its documents, and no row
    is 64 times as long as a document's part of the manifest.
    """
    return _VIEW_AT_LEAST + _VIEW_TO_MANIFEST * manifest_bytes
