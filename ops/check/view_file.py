"""A view that is read line by line, for any length."""

import hashlib
from collections.abc import Iterator

from ops.places import Place, blocks_up_to

_LARGEST = 64 << 20
"""Bytes of a view that is read in one piece: far more than 1,000 payer accounts need."""
_LONGEST_LINE = 1 << 20


class ViewFile:
    """One reading of one view, up to a limit of bytes."""

    def __init__(self, place: Place, key: str, most: int) -> None:
        self._blocks = blocks_up_to(place, key, "", most)
        self._sha256 = hashlib.sha256()

    def sha256(self) -> str:
        """SHA-256 of the whole file, however many lines were read. Raises CannotRead."""
        for block in self._blocks:
            self._sha256.update(block)
        return self._sha256.hexdigest()

    def content(self) -> bytes:
        """All of it. Raises CannotRead, and ValueError if it is too long for a view."""
        pieces, size = [], 0
        for block in self._blocks:
            self._sha256.update(block)
            pieces.append(block)
            size += len(block)
            if size > _LARGEST:
                raise ValueError(f"it has more than {_LARGEST} bytes")
        return b"".join(pieces)

    def lines(self) -> Iterator[str]:
        """The lines with their ends. Raises CannotRead, and ValueError for a line that is no UTF-8
        or too long.
        """
        rest = b""
        for block in self._blocks:
            self._sha256.update(block)
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                yield line.decode() + "\n"
            if len(rest) > _LONGEST_LINE:
                raise ValueError(f"it has a line of more than {_LONGEST_LINE} bytes")
        if rest:
            yield rest.decode()
