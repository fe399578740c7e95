"""One month end at a time in one folder."""

import fcntl
import os
import time
from pathlib import Path

from sandbox.errors import SandboxError

_ENDING_SECONDS = 40  # longer than the grace that sandbox.tether gives a program


class FolderLock:
    """Held by this process and, through the descriptor they inherit, by every program it starts.

    A killed run's programs need a moment to save their state; they hold the lock until the last has
    ended.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def acquire(self) -> None:
        """Take the lock. Raises SandboxError if another run is alive."""
        deadline = time.monotonic() + _ENDING_SECONDS
        while True:
            try:
                fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.pread(self.descriptor, 32, 0).decode(errors="replace").strip()
                if _is_alive(holder) or time.monotonic() > deadline:
                    self.release()
                    raise SandboxError(
                        "another month end is running in this folder "
                        f"(process {holder or 'unknown'}); wait until it has ended, or stop it"
                    ) from None
                time.sleep(0.1)
            else:
                os.ftruncate(self.descriptor, 0)
                os.pwrite(self.descriptor, str(os.getpid()).encode(), 0)
                return

    def release(self) -> None:
        os.close(self.descriptor)


def _is_alive(process: str) -> bool:
    if not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
