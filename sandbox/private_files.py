"""Files that hold private keys are their owner's alone, from the first byte on."""

import os
from pathlib import Path

_OTHERS = 0o077


def write_private(path: Path, text: str) -> None:
    """Replace a file by a complete one."""
    unfinished = path.with_suffix(".tmp")
    unfinished.unlink(missing_ok=True)
    with open(unfinished, "x", opener=_open_private) as file:
        file.write(text)
    unfinished.replace(path)


def make_private(folder: Path) -> None:
    """Make a folder, or close one that an earlier version left readable for others."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~_OTHERS)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
