"""The common base of everything that the sandbox starts and stops."""

from abc import ABC, abstractmethod
from contextlib import ExitStack
from typing import Any, Self


class Context(ABC):
    """A context manager that may be entered again after it was left."""

    def __init__(self) -> None:
        self._opened = ExitStack()

    @abstractmethod
    def _open(self, opening: ExitStack) -> None:
        """Start, and register the stop with `opening`; an error here stops it at once."""

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            self._open(opening)
            self._opened = opening.pop_all()
        return self

    def __exit__(self, *raised: Any) -> None:
        self._opened.__exit__(*raised)
