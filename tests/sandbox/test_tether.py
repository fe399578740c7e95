"""Programs of the sandbox end with the one that started them, however that one ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.program import Program

PROJECT = Path(__file__).resolve().parents[2]

# Notes when it is asked to stop, and leaves a child behind that ignores the request.
STUBBORN_PARENT = """
import pathlib, signal, subprocess, sys, time
folder = pathlib.Path(sys.argv[1])
child = subprocess.Popen([sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"])
(folder / "child").write_text(str(child.pid))
def stop(*_):
    (folder / "asked").touch()
    sys.exit(7)
signal.signal(signal.SIGTERM, stop)
(folder / "ready").touch()
time.sleep(600)
"""

STARTER = """
import pathlib, sys, time
from sandbox.program import Program
folder = pathlib.Path(sys.argv[1])
held = open(folder / "held", "w")
with Program("stubborn", [sys.executable, "-c", sys.argv[2], folder], environment={},
             folder=folder, log=folder / "log", held=held.fileno()):
    time.sleep(600)
"""


@pytest.fixture
def held(tmp_path: Path) -> int:
    return os.open(tmp_path / "held", os.O_RDWR | os.O_CREAT)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "waited 30 seconds"
        time.sleep(0.02)


def is_running(process: int) -> bool:
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")


def child_of(folder: Path) -> int:
    until((folder / "ready").exists)
    return int((folder / "child").read_text())


def test_a_program_that_is_let_go_is_asked_to_stop_and_takes_its_children_along(
    tmp_path: Path, held: int
) -> None:
    command = [sys.executable, "-c", STUBBORN_PARENT, tmp_path]
    program = Program(
        "stubborn", command, environment={}, folder=tmp_path, log=tmp_path / "log", held=held
    )
    with program:
        child = child_of(tmp_path)
        assert is_running(child)
        assert not program.has_ended
    assert (tmp_path / "asked").exists()
    assert program.wait() == 7
    until(lambda: not is_running(child))


def test_a_killed_starter_leaves_no_program_running(tmp_path: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, tmp_path, STUBBORN_PARENT], cwd=PROJECT
    )
    child = child_of(tmp_path)
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    until((tmp_path / "asked").exists)
    until(lambda: not is_running(child))


def test_a_program_that_ends_by_itself_shows_its_status_and_its_last_words(
    tmp_path: Path, held: int
) -> None:
    program = Program(
        "brief",
        [sys.executable, "-c", "print('first'); print('last'); raise SystemExit(3)"],
        environment={},
        folder=tmp_path,
        log=tmp_path / "logs" / "log",
        held=held,
    )
    with program:
        assert program.wait() == 3
    assert program.has_ended
    assert program.last_words(lines=1) == "last"
    assert str(program.failure("it failed")) == f"it failed; the end of {program.log}:\nfirst\nlast"
