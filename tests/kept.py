"""Folders that tests make once: for all tests, all of xdist's workers and later runs."""

import fcntl
import hashlib
import platform
import shutil
import time
from collections.abc import Callable, Iterable
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from tempfile import mkdtemp

PROJECT = Path(__file__).parent.parent
KEPT = PROJECT / "build" / "tests"
_A_DAY = 24 * 3600


def kept(kind: str, key: str, make: Callable[[Path], None]) -> Path:
    """The folder of this kind and key, which whoever comes first fills by `make`. Only to be read.

    The key must change with all sources and settings that the content is made from; another Python
    or another installed package makes another folder anyhow. What nobody asked for since yesterday
    is removed.
    """
    home = KEPT / kind
    home.mkdir(parents=True, exist_ok=True)
    folder = home / f"{key}-{hash_of_installed()[:16]}"
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _remove_old(home)
            unfinished = Path(mkdtemp(dir=home, prefix="unfinished-"))
            make(unfinished)
            unfinished.rename(folder)
        folder.touch()
    return folder


def hash_of_files(paths: Iterable[Path]) -> str:
    """SHA-256 of the names and contents of these files and of all files in these folders."""
    digest = hashlib.sha256()
    for path in sorted(_files(paths)):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(PROJECT)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


@cache
def hash_of_installed() -> str:
    """SHA-256 of Python's version and of the names and versions of all installed packages."""
    packages = sorted(f"{one.name}=={one.version}" for one in distributions())
    return hashlib.sha256("\n".join([platform.python_version(), *packages]).encode()).hexdigest()


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        found = path.rglob("*") if path.is_dir() else [path]
        yield from (one for one in found if one.is_file() and "__pycache__" not in one.parts)


def _remove_old(home: Path) -> None:
    for folder in home.iterdir():
        if folder.is_dir() and folder.stat().st_mtime < time.time() - _A_DAY:
            shutil.rmtree(folder)
