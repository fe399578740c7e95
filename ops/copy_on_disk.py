"""A copy of the bucket as files."""

import errno
import hashlib
import os
import stat
import threading
from collections import defaultdict
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from lambdas.domain.litter import litter_pattern
from ops.errors import CannotRead
from ops.places import Digest, Lock, LockNotShown, PassedOver, PlacedObject

_BLOCK = 1 << 20
_ONLY_THE_FILE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
"""So that no pipe is waited for, and no link leads out of the copy."""


class CopyOnDisk:
    """The folder that stands for the bucket; its files are only read."""

    bucket = None
    has_versions = False
    readers = max(2, min(8, os.cpu_count() or 2))

    def __init__(self, folder: Path) -> None:
        """Raises CannotRead."""
        self.name = str(folder)
        self._folder = folder
        self.unlisted: dict[str, str] = {}
        self._litter: dict[str, list[str]] = {}
        self._buffers = threading.local()
        if not folder.is_dir():
            what = "is a file" if folder.exists() else "does not exist"
            raise CannotRead(
                f"{folder} {what}; name the folder that holds the copy of the bucket, "
                "or the bucket as s3://NAME"
            )
        try:
            os.scandir(folder).close()
        except OSError as error:
            raise CannotRead(f"{folder}: {_reason(error)}") from None

    @property
    def passed_over(self) -> list[PassedOver]:
        """Files are counted in folders of litter too, as far as these can be listed."""
        paths: dict[str, list[str]] = defaultdict(list)
        for prefix, names in self._litter.items():
            for name in names:
                paths[litter_pattern(name) or name].append(prefix + name)
        return [
            PassedOver(pattern, sum(map(self._files_of, found)), min(found))
            for pattern, found in sorted(paths.items())
        ]

    def folders(self, prefix: str) -> list[str]:
        return sorted(entry.name for entry in self._entries(prefix) if _is_folder(entry))

    def files(self, prefix: str) -> Iterator[PlacedObject]:
        for entry in self._entries(prefix):
            if not _is_folder(entry):
                yield PlacedObject(prefix + entry.name, _size(entry))

    def objects(self, prefix: str) -> Iterator[PlacedObject]:
        waiting = [prefix]
        while waiting:
            at = waiting.pop()
            for entry in self._entries(at):
                if _is_folder(entry):
                    waiting.append(f"{at}{entry.name}/")
                else:
                    yield PlacedObject(at + entry.name, _size(entry))

    def blocks(self, key: str, _: str) -> Iterator[bytes]:
        try:
            with self._open(key) as file:
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
            with self._open(key) as file:
                if from_medium:
                    _forget_cached(file.fileno())
                while count := file.readinto(buffer):
                    sha256.update(buffer[:count])
                    size += count
        except OSError as error:
            raise CannotRead(f"{key}: {_reason(error)}") from None
        return Digest(sha256.hexdigest(), size)

    def _open(self, key: str) -> FileIO:
        """Raises OSError, and CannotRead for what is no file."""
        path = os.path.join(self._folder, key)
        file = open(path, "rb", buffering=0, opener=_open_only_the_file)  # noqa: SIM115
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise CannotRead(f"{key}: it is no file")
        return file

    def _files_of(self, path: str) -> int:
        """How many files a path stands for; a folder that cannot be listed stands for itself."""
        below = os.walk(os.path.join(self._folder, path))
        return max(1, sum(len(files) for _, _, files in below))

    def _entries(self, prefix: str) -> Iterator["os.DirEntry[str]"]:
        """All but litter, which is noted once the folder was listed to its end."""
        litter = []
        try:
            with os.scandir(os.path.join(self._folder, prefix)) as entries:
                for entry in entries:
                    if litter_pattern(entry.name):
                        litter.append(entry.name)
                    else:
                        yield entry
            if litter:
                self._litter[prefix] = litter
        except FileNotFoundError:
            return
        except OSError as error:
            self.unlisted[prefix] = _reason(error)


def _open_only_the_file(path: str, flags: int) -> int:
    return os.open(path, flags | _ONLY_THE_FILE)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:  # reading it says so
        return False


def _size(entry: "os.DirEntry[str]") -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0


def _forget_cached(file: int) -> None:
    """Ask the system for the bytes of the disk, not for those in its memory."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)


def _reason(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "it is a link, which is not followed"
    return (error.strerror or str(error)).lower()
