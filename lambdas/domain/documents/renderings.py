"""Two files of one paper: what tells an update from a rendering, by their bytes alone."""

from typing import IO

_BLOCK = 1 << 16
_PADDING = b"\0\t\n\f\r "


def is_update(first: IO[bytes], second: IO[bytes]) -> bool:
    """Whether one of two files is the other with more behind it, other than padding.

    Nobody renders so: it is a deliberate update of the paper, even where it only takes away.
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
