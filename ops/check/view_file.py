"""A view that is read line by line, however long it is."""

import hashlib
from collections.abc import Iterator

from ops.places import Place, blocks_up_to

_LARGEST = 64 << 20
"""Bytes of a view that is read in one piece: far more than that of 1,000 payer accounts."""
_LONGEST_LINE = 1 << 20


class ViewFile:
    """One reading of one view, which has at most so many bytes."""

    def __init__(self, place: Place, key: str, most: int) -> None:
        self._blocks = blocks_up_to(place, key, "", most)
        self._sha256 = hashlib.sha256()

    def sha256(self) -> str:
        """Of the whole file, wherever its lines were left. Raises CannotRead."""
        for block in self._blocks:
            self._sha256.update(block)
        return self._sha256.hexdigest()

    def content(self) -> bytes:
        """All of it. Raises CannotRead, and ValueError for what is longer than a view is."""
        pieces, size = [], 0
        for block in self._blocks:
            self._sha256.update(block)
            pieces.append(block)
            size += len(block)
            if size > _LARGEST:
                raise ValueError(f"it has more than {_LARGEST} bytes")
        return b"".join(pieces)

    def lines(self) -> Iterator[str]:
        """The lines with their ends. Raises CannotRead, and ValueError for what is no UTF-8 or
        longer than a line is.
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
