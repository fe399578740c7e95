"""No step is silent for long."""

import io
import time
from collections.abc import Callable

import pytest
from rich.console import Console

from sandbox import steps as module
from sandbox.steps import Steps


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    monkeypatch.setattr(module, "_SILENT_SECONDS", 0.0)
    return io.StringIO()


def wait_for(is_so: Callable[[], bool]) -> bool:
    until = time.monotonic() + 30
    while not is_so() and time.monotonic() < until:
        time.sleep(0.01)
    return is_so()


def test_a_step_is_printed_as_it_begins_and_again_while_it_lasts(shown: io.StringIO) -> None:
    with Steps(Console(file=shown)) as steps:
        steps("deploying")
        assert shown.getvalue().startswith("deploying\n")
        assert wait_for(lambda: "deploying · 0 s\n" in shown.getvalue())


def test_a_step_that_only_begins_is_printed_once_it_lasts(shown: io.StringIO) -> None:
    with Steps(Console(file=shown)) as steps:
        steps.begin("judging")
        assert wait_for(lambda: "judging · 0 s\n" in shown.getvalue())
    assert "judging\n" not in shown.getvalue()


def test_after_the_last_step_nothing_more_is_printed(shown: io.StringIO) -> None:
    with Steps(Console(file=shown)) as steps:
        steps("deploying")
        steps.rest()
        length = len(shown.getvalue())
        time.sleep(0.3)
        assert len(shown.getvalue()) == length


def test_the_heading_comes_before_the_first_step_and_once(shown: io.StringIO) -> None:
    with Steps(Console(file=shown), "a month") as steps:
        assert shown.getvalue() == ""
        steps("deploying")
        steps.rest()
    assert shown.getvalue().startswith("a month\ndeploying\n")
    assert shown.getvalue().count("a month") == 1


def test_without_a_step_the_heading_comes_when_they_rest(shown: io.StringIO) -> None:
    with Steps(Console(file=shown), "a month") as steps:
        steps.rest()
        assert shown.getvalue() == "a month\n"
