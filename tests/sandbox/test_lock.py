"""One month end at a time in one folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import lock
from sandbox.errors import SandboxError
from sandbox.lock import FolderLock


def test_a_second_month_end_is_refused_at_once_with_the_first_ones_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(_: float) -> None:
        raise AssertionError("waited for a month end that is alive")

    monkeypatch.setattr(lock.time, "sleep", wait)
    first = FolderLock(tmp_path / "sandbox" / "lock")
    first.acquire()
    with pytest.raises(SandboxError) as refused:
        FolderLock(tmp_path / "sandbox" / "lock").acquire()
    assert str(refused.value) == (
        f"another month end is running in this folder (process {os.getpid()}); "
        "wait until it has ended, or stop it"
    )
    first.release()
    FolderLock(tmp_path / "sandbox" / "lock").acquire()


def test_a_killed_month_end_is_waited_for_until_its_last_program_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    # The holder is gone at once; a program that inherited the descriptor goes on for a second.
    holder = (
        "import subprocess, sys, pathlib; from sandbox.lock import FolderLock\n"
        f"lock = FolderLock(pathlib.Path({str(path)!r})); lock.acquire()\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1)'],"
        " pass_fds=[lock.descriptor], stdout=subprocess.DEVNULL)\n"
    )
    project = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", holder], cwd=project, check=True)
    next_one = FolderLock(path)
    next_one.acquire()
    assert path.read_text() == str(os.getpid())
    next_one.release()


def test_programs_that_never_end_do_not_block_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_ENDING_SECONDS", 0.2)
    path = tmp_path / "lock"
    first = FolderLock(path)
    first.acquire()
    path.write_text("no process")
    with pytest.raises(SandboxError, match=r"process no process"):
        FolderLock(path).acquire()
