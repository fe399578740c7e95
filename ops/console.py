"""Output for people: colour only on a terminal, progress only on a terminal's stderr."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from rich.console import Console as RichConsole
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from lambdas.domain.visible_text import INVISIBLE
from ops.errors import NotWritten

_NOT_WRITTEN = "the answer could not be written"


def printable(text: str) -> str:
    """Escape everything that could steer a terminal or look like something else. Names and contents
    of a bucket are not to be trusted.
    """
    return "".join(
        character
        if character.isprintable() and not INVISIBLE.match(character)
        else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in text
    )


class Console:
    """stdout and stderr of one call of the tool. Output to stdout raises BrokenPipeError if nobody
    reads on, and NotWritten if it cannot be written; stderr is best effort.
    """

    def __init__(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # else some text raises
                stream.reconfigure(errors="backslashreplace")
        self._out = _Output(highlight=False, soft_wrap=True)
        self._err = RichConsole(highlight=False, soft_wrap=True, stderr=True)

    def require_output(self) -> None:
        """Raise NotWritten if there is no stdout at all, before any work is done."""
        if sys.stdout is None:
            raise NotWritten(f"{_NOT_WRITTEN}: stdout is closed")

    def say(self, *parts: str | tuple[str, str]) -> None:
        """Print one line; a part may be given with its style."""
        with written():
            self._out.print(_line(parts))

    def complain(self, sentence: str) -> None:
        if sys.stderr is None:
            return
        with suppress(OSError):  # the exit code shows it too
            self._err.print(_line([("invoices: ", "bold red"), sentence]))

    def give(self, data: object) -> None:
        """Print data for a program."""
        text = json.dumps(data, indent=2) + "\n"
        with written():
            sys.stdout.write(text)
            sys.stdout.flush()

    def close(self) -> None:
        """Verify that everything was written."""
        with written():
            if sys.stdout is not None:
                sys.stdout.flush()

    @contextmanager
    def progress(self) -> Iterator[Callable[[str, int, int], None]]:
        """Show progress, by calls of (title, done, total)."""
        if not self._err.is_terminal:
            yield lambda _title, _done, _of: None
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self._err, transient=True) as bars:
            task = bars.add_task("", total=None)
            yield lambda title, done, of: bars.update(
                task, description=title, completed=done, total=of
            )


@contextmanager
def written() -> Iterator[None]:
    """Raise NotWritten for output that stdout does not take."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise NotWritten(f"{_NOT_WRITTEN}: {why}") from None


class _Output(RichConsole):
    """Leaves a broken pipe to the command line; rich would end the process."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def _line(parts: Sequence[str | tuple[str, str]]) -> Text:
    line = Text()
    for part in parts:
        text, style = (part, "") if isinstance(part, str) else part
        line.append(printable(text), style)
    return line
