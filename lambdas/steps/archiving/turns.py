"""The order in which threads go on."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

InTurn = Callable[[], AbstractContextManager[None]]
"""Makes the block in which it is somebody's turn."""


class Turns:
    """Turns of threads: each may wait for all earlier turns, the first waits for none."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ended: set[int] = set()
        self._first = 0
        """The first turn that has not ended."""

    @contextmanager
    def turn(self, turn: int) -> Iterator[None]:
        """Begin when all earlier turns have ended; end with the block."""
        with self._changed:
            self._changed.wait_for(lambda: self._first >= turn)
        try:
            yield
        finally:
            self.end(turn)

    def end(self, turn: int) -> None:
        """End a turn, taken or not; ending it twice is harmless."""
        with self._changed:
            if turn >= self._first:
                self._ended.add(turn)
            while self._first in self._ended:
                self._ended.remove(self._first)
                self._first += 1
            self._changed.notify_all()
