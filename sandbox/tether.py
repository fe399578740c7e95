"""Runs a program that must not outlive the one that started it.

`python -m sandbox.tether PROGRAM [ARGUMENT…]`: standard input is the tether. While the starter
holds its other end, the program runs. When it closes, because the starter let go, crashed or was
killed, the program gets SIGTERM and, after GRACE_SECONDS, is killed. All processes that the program
left behind are killed with it. Ends with the program's status.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

GRACE_SECONDS = 30


def run_tethered(command: Sequence[str]) -> int:
    """Run the command until it ends or standard input closes.

    Returns its status, negative for a signal.
    """
    # A session of its own: a Ctrl-C at the terminal is the starter's to answer, and the whole group
    # can be ended.
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    for wait in (program.wait, sys.stdin.buffer.read):
        threading.Thread(target=_then_set, args=(wait, over), daemon=True).start()
    over.wait()
    if program.poll() is None:
        program.terminate()
    try:
        status = program.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        program.kill()
        status = program.wait()
    with contextlib.suppress(
        ProcessLookupError, PermissionError
    ):  # macOS says EPERM of a group of dead processes
        os.killpg(program.pid, signal.SIGKILL)
    return status


def _then_set(wait: Callable[[], object], over: threading.Event) -> None:
    wait()
    over.set()


if __name__ == "__main__":
    ended = run_tethered(sys.argv[1:])
    # os._exit: the thread that reads standard input cannot be joined while the starter holds the
    # other end.
    os._exit(ended if ended >= 0 else 128 - ended)
