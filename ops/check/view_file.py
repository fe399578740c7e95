"""A view that is read line by line, however long it is."""

import hashlib
from collections.abc import Iterator

from ops.places import Place


class ViewFile:
    """One reading of one view."""

    def __init__(self, place: Place, key: str) -> None:
        self._blocks = place.blocks(key, "")
        self._sha256 = hashlib.sha256()

    def sha256(self) -> str:
        """Of the whole file, wherever its lines were left. Raises CannotRead."""
        for block in self._blocks:
            self._sha256.update(block)
        return self._sha256.hexdigest()

    def lines(self) -> Iterator[str]:
        """The lines with their ends. Raises CannotRead, and ValueError for what is no UTF-8."""
        rest = b""
        for block in self._blocks:
            self._sha256.update(block)
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                yield line.decode() + "\n"
        if rest:
            yield rest.decode()
