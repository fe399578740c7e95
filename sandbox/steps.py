"""Slow steps before and after a run, named as they begin and again while they last."""

import threading
import time
from typing import Self

from rich.console import Console

_SILENT_SECONDS = 2.5


class Steps:
    """Prints each step that it is called with. Inside the context, a step that lasts is printed
    again every few seconds, until another begins or `rest` is called. `heading` is printed before
    the first of them, at the latest when the steps rest.
    """

    def __init__(self, console: Console, heading: str = "") -> None:
        self._console = console
        self._heading = heading
        self._step, self._began, self._printed = "", 0.0, 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._repeat, daemon=True)
        self._lock = threading.Lock()

    def __call__(self, step: str) -> None:
        with self._lock:
            self._print(step)
        self.begin(step)

    def begin(self, step: str) -> None:
        """A step that is printed only if it lasts."""
        with self._lock:
            self._step, self._began = step, time.monotonic()
            self._printed = self._began

    def rest(self) -> None:
        """No step lasts any more."""
        with self._lock:
            self._step = ""
            self._print()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _repeat(self) -> None:
        while not self._over.wait(0.1):
            with self._lock:
                now = time.monotonic()
                if self._step and now - self._printed >= _SILENT_SECONDS:
                    self._print(f"{self._step} · {now - self._began:.0f} s")
                    self._printed = now

    def _print(self, *lines: str) -> None:
        for line in filter(None, (self._heading, *lines)):
            self._console.print(line, highlight=False)
        self._heading = ""
