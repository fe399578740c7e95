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

from lambdas.views.litter import litter_pattern
from ops.errors import CannotRead
from ops.places import Digest, Lock, LockNotShown, PassedOver, PlacedObject, too_long

_BLOCK = 1 << 20
_ONLY_THE_FILE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
"""Flags to wait for no pipe and to follow no link out of the copy."""
_A_LINK = "it is a link, which is not followed"
_NO_FILE = "it is no file"


class CopyOnDisk:
    """The folder that stands for the bucket; its files are only read. The folder itself may be a
    link; no link in it is followed.
    """

    bucket = None
    has_versions = False
    readers = max(2, min(8, os.cpu_count() or 2))

    def __init__(self, folder: Path) -> None:
        """Open the folder. Raises CannotRead."""
        self.name = str(folder)
        self._folder = folder
        self.unlisted: dict[str, str] = {}
        self._litter: dict[str, list[str]] = {}
        self._buffers = threading.local()
        self._is_stopped = False
        self._plain = {""}
        """The folders, as prefixes, to which no link leads."""
        try:
            os.scandir(folder).close()
        except FileNotFoundError:
            raise CannotRead(_wrong_place(folder, "does not exist")) from None
        except NotADirectoryError:
            raise CannotRead(_wrong_place(folder, "is a file")) from None
        except (OSError, ValueError) as error:
            raise CannotRead(f"{folder}: {_reason(error)}") from None

    @property
    def passed_over(self) -> list[PassedOver]:
        """Litter in the copy. Files in folders of litter are counted too, as far as these can be
        listed.
        """
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
                yield _placed(prefix, entry)

    def objects(self, prefix: str) -> Iterator[PlacedObject]:
        waiting = [prefix]
        while waiting:
            at = waiting.pop()
            for entry in self._entries(at):
                if _is_folder(entry):
                    waiting.append(f"{at}{entry.name}/")
                else:
                    yield _placed(at, entry)

    def blocks(self, key: str, _: str) -> Iterator[bytes]:
        try:
            with self._open(key) as file:
                while block := file.read(_BLOCK):
                    self._go_on()
                    yield block
        except OSError as error:
            raise CannotRead(f"{key}: {_reason(error)}") from None

    def digest(self, key: str, _: str, *, most: int) -> Digest:
        return self._digest(key, most, from_medium=False)

    def digest_again(self, key: str, _: str, *, most: int) -> Digest:
        return self._digest(key, most, from_medium=True)

    def stop(self) -> None:
        self._is_stopped = True

    def lock(self, key: str, _: str) -> Lock | None:
        raise LockNotShown(f"{key} is a file, which has no lock")

    def _digest(self, key: str, most: int, *, from_medium: bool) -> Digest:
        # One buffer for each thread: a new one for each file costs more than hashing a small file.
        buffer = getattr(self._buffers, "buffer", None)
        if buffer is None:
            buffer = self._buffers.buffer = memoryview(bytearray(_BLOCK))
        sha256, size = hashlib.sha256(), 0
        try:
            with self._open(key) as file:
                if from_medium:
                    _forget_cached(file.fileno())
                while count := file.readinto(buffer):
                    self._go_on()
                    size += count
                    if size > most:
                        raise too_long(key, most)
                    sha256.update(buffer[:count])
        except OSError as error:
            raise CannotRead(f"{key}: {_reason(error)}") from None
        return Digest(sha256.hexdigest(), size)

    def _go_on(self) -> None:
        if self._is_stopped:
            raise CannotRead("interrupted")

    def _open(self, key: str) -> FileIO:
        """Open a file. Raises OSError, and CannotRead for anything else."""
        if self._link_in(key[: key.rfind("/") + 1]):
            raise CannotRead(f"{key}: {_A_LINK}")
        path = os.path.join(self._folder, key)
        file = open(path, "rb", buffering=0, opener=_open_only_the_file)  # noqa: SIM115
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise CannotRead(f"{key}: {_NO_FILE}")
        return file

    def _link_in(self, prefix: str) -> str | None:
        """The first folder of a prefix that is a link, itself as a prefix."""
        unknown = []
        while prefix not in self._plain:
            unknown.append(prefix)
            prefix = prefix[: prefix.rfind("/", 0, -1) + 1]
        for folder in reversed(unknown):
            if os.path.islink(os.path.join(self._folder, folder[:-1])):
                return folder
            self._plain.add(folder)
        return None

    def _files_of(self, path: str) -> int:
        """Number of files at a path; a folder that cannot be listed counts as one."""
        below = os.walk(os.path.join(self._folder, path))
        return max(1, sum(len(files) for _, _, files in below))

    def _entries(self, prefix: str) -> Iterator["os.DirEntry[str]"]:
        """All entries but litter, which is noted once the folder was listed to its end. Only a file
        or a folder can be litter.
        """
        link = self._link_in(prefix)
        if link:
            self.unlisted[link] = _A_LINK
            return
        litter = []
        try:
            with os.scandir(os.path.join(self._folder, prefix)) as entries:
                for entry in entries:
                    if litter_pattern(entry.name) and not _obstacle(entry):
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
    except OSError:  # reading it reports the error
        return False


def _placed(prefix: str, entry: "os.DirEntry[str]") -> PlacedObject:
    try:
        size = entry.stat(follow_symlinks=False).st_size
    except OSError as error:
        return PlacedObject(prefix + entry.name, 0, obstacle=_reason(error))
    return PlacedObject(prefix + entry.name, size, obstacle=_obstacle(entry))


def _obstacle(entry: "os.DirEntry[str]") -> str:
    """Reason why it is neither a file nor a folder; empty if it is one, or if nobody can know."""
    try:
        if entry.is_symlink():
            return _A_LINK
        is_either = entry.is_file(follow_symlinks=False) or entry.is_dir(follow_symlinks=False)
    except OSError:
        return ""
    return "" if is_either else _NO_FILE


def _wrong_place(folder: Path, what: str) -> str:
    return (
        f"{folder} {what}; name the folder that holds the copy of the bucket, "
        "or the bucket as s3://NAME"
    )


def _forget_cached(file: int) -> None:
    """Ask the system to read from the disk, not from its memory."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, ValueError):  # a path that no system has, with a null byte
        return str(error)
    if error.errno == errno.ELOOP:
        return _A_LINK
    return (error.strerror or str(error)).lower()
