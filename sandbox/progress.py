"""Progress of a run, while it runs."""

import time

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from sandbox.execution import Counts, Ending, Execution

_POLL_SECONDS = 0.2
_COUNT_SECONDS = 1.0
"""Counting lists the archive, which takes the embedded AWS longer than a look at the execution."""
_LINE_SECONDS = 2.0


def follow(execution: Execution, console: Console) -> Ending:
    """Show what the run does and its counts until it ends.

    A moving line at a terminal, else a line every two seconds.
    """
    if console.is_terminal:
        return _follow_at_terminal(execution, console)
    return _follow_in_lines(execution, console)


def _follow_at_terminal(execution: Execution, console: Console) -> Ending:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=False) as progress:
        task = progress.add_task(_text(None), total=None)
        while True:
            ending = _ending_within(execution, _COUNT_SECONDS)
            counts = execution.counts()
            progress.update(
                task, description=_text(counts), total=counts.payers, completed=counts.checked
            )
            if ending:
                return ending


def _follow_in_lines(execution: Execution, console: Console) -> Ending:
    began, text = time.monotonic(), _text(None)
    while True:
        console.print(f"{text} · {time.monotonic() - began:.0f} s", highlight=False)
        ending = _ending_within(execution, _LINE_SECONDS)
        text = _text(execution.counts())
        if ending:
            console.print(text, highlight=False)
            return ending


def _ending_within(execution: Execution, seconds: float) -> Ending | None:
    """The run's ending, as soon as it ends; None if it goes on for these seconds."""
    until = time.monotonic() + seconds
    while True:
        ending = execution.ending()
        if ending or time.monotonic() >= until:
            return ending
        time.sleep(_POLL_SECONDS)


def _text(counts: Counts | None) -> str:
    if counts is None or counts.payers is None:
        return "finding the payers that are due"
    doing = "listing and downloading"
    if counts.checked >= counts.payers:
        doing = "judging the months and renewing their pages"
    return (
        f"{doing} · payers {counts.checked}/{counts.payers} · invoices listed {counts.listed} · "
        f"documents archived {counts.archived}"
    )
