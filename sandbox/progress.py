"""Progress of a run, while it runs."""

import time

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from sandbox.execution import Counts, Ending, Execution

_POLL_SECONDS = 0.25
_LINE_SECONDS = 2.0


def follow(execution: Execution, console: Console) -> Ending:
    """Show the run's counts until it ends.

    A moving line at a terminal, else a line whenever they change.
    """
    if console.is_terminal:
        return _follow_at_terminal(execution, console)
    return _follow_in_lines(execution, console)


def _follow_at_terminal(execution: Execution, console: Console) -> Ending:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=False) as progress:
        task = progress.add_task(_text(None), total=None)
        while True:
            ending = execution.ending()
            counts = execution.counts()
            progress.update(
                task, description=_text(counts), total=counts.payers, completed=counts.checked
            )
            if ending:
                return ending
            time.sleep(_POLL_SECONDS)


def _follow_in_lines(execution: Execution, console: Console) -> Ending:
    last_text, due = "", 0.0
    while True:
        ending = execution.ending()
        text = _text(execution.counts())
        if text != last_text and (ending or time.monotonic() >= due):
            console.print(text, highlight=False)
            last_text, due = text, time.monotonic() + _LINE_SECONDS
        if ending:
            return ending
        time.sleep(_POLL_SECONDS)


def _text(counts: Counts | None) -> str:
    if counts is None or counts.payers is None:
        return "finding the payers that are due"
    return (
        f"payers {counts.checked}/{counts.payers} · invoices listed {counts.listed} · "
        f"documents archived {counts.archived}"
    )
