"""Updates of a document, distinguished from new renderings by the bytes of two files alone."""

from typing import IO

_BLOCK = 1 << 16
_PADDING = b"\0\t\n\f\r "


def is_update(first: IO[bytes], second: IO[bytes]) -> bool:
    """True if one of two files is the other with more than padding after it.

    No rendering does that: it is a deliberate update of the document, even one that only removes.
    """
    first.seek(0)
    second.seek(0)
    while True:
        one, other = first.read(_BLOCK), second.read(_BLOCK)
        shared = min(len(one), len(other))
        if one[:shared] != other[:shared]:
            return False
        rest = one[shared:] or other[shared:]
        if rest.strip(_PADDING):
            return True
        if not (one or other):
            return False
