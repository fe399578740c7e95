"""A copy of the bucket as files."""

import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from ops.errors import CannotRead
from ops.places import Digest, Lock, LockNotShown, PlacedObject

_BLOCK = 1 << 20
_LEFT_BY_DESKTOPS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""Files that a desktop leaves in folders which a person opened; no archive key is named so."""


class CopyOnDisk:
    """The folder that stands for the bucket; its files are only read."""

    bucket = None
    has_versions = False
    readers = max(2, min(8, os.cpu_count() or 2))

    def __init__(self, folder: Path) -> None:
        """Raises CannotRead."""
        self.name = str(folder)
        self._folder = folder
        self._buffers = threading.local()
        if not folder.is_dir():
            what = "is a file" if folder.exists() else "does not exist"
            raise CannotRead(
                f"{folder} {what}; name the folder that holds the copy of the bucket, "
                "or the bucket as s3://NAME"
            )

    def folders(self, prefix: str) -> list[str]:
        return sorted(entry.name for entry in self._entries(prefix) if _is_folder(entry))

    def files(self, prefix: str) -> Iterator[PlacedObject]:
        for entry in self._entries(prefix):
            if not _is_folder(entry) and entry.name not in _LEFT_BY_DESKTOPS:
                yield PlacedObject(prefix + entry.name, _size(entry))

    def objects(self, prefix: str) -> Iterator[PlacedObject]:
        for entry in self._entries(prefix):
            if _is_folder(entry):
                yield from self.objects(f"{prefix}{entry.name}/")
            elif entry.name not in _LEFT_BY_DESKTOPS:
                yield PlacedObject(prefix + entry.name, _size(entry))

    def blocks(self, key: str, _: str) -> Iterator[bytes]:
        try:
            with open(os.path.join(self._folder, key), "rb", buffering=0) as file:
                while block := file.read(_BLOCK):
                    yield block
        except OSError as error:
            raise CannotRead(f"{key}: {_reason(error)}") from None

    def digest(self, key: str, _: str) -> Digest:
        return self._digest(key, from_medium=False)

    def digest_again(self, key: str, _: str) -> Digest:
        return self._digest(key, from_medium=True)

    def lock(self, key: str, _: str) -> Lock | None:
        raise LockNotShown(f"{key} is a file, which has no lock")

    def _digest(self, key: str, *, from_medium: bool) -> Digest:
        # One buffer a thread: a new one for each file costs more than hashing a small one.
        buffer = getattr(self._buffers, "buffer", None)
        if buffer is None:
            buffer = self._buffers.buffer = memoryview(bytearray(_BLOCK))
        sha256, size = hashlib.sha256(), 0
        try:
            with open(os.path.join(self._folder, key), "rb", buffering=0) as file:
                if from_medium:
                    _forget_cached(file.fileno())
                while count := file.readinto(buffer):
                    sha256.update(buffer[:count])
                    size += count
        except OSError as error:
            raise CannotRead(f"{key}: {_reason(error)}") from None
        return Digest(sha256.hexdigest(), size)

    def _entries(self, prefix: str) -> Iterator["os.DirEntry[str]"]:
        try:
            with os.scandir(os.path.join(self._folder, prefix)) as entries:
                yield from entries
        except FileNotFoundError:
            return
        except OSError as error:
            raise CannotRead(f"{self.name}/{prefix}: {_reason(error)}") from None


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    return entry.is_dir(follow_symlinks=False)


def _size(entry: "os.DirEntry[str]") -> int:
    try:
        return entry.stat().st_size
    except OSError:  # a link that leads nowhere; reading it says so
        return 0


def _forget_cached(file: int) -> None:
    """Ask the system for the bytes of the disk, not for those in its memory."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
