"""Where an archive lies, a copy on disk or the live bucket, seen the same way and only read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ops.errors import CannotRead


@dataclass(frozen=True, slots=True)
class PlacedObject:
    """What lies at a key. In a copy there is one version, whose id is empty."""

    key: str
    size_bytes: int
    """Of the newest version."""
    version_id: str = ""
    """The newest version, be it hidden; None of a bucket is empty."""
    is_hidden: bool = False
    """Whether a delete marker lies on top."""
    older: tuple[tuple[str, int], ...] = ()
    """The versions beneath, newest first: id and size."""
    written_at: datetime | None = None
    """When the oldest version was stored; a copy does not tell."""
    is_over_a_marker: bool = False
    """Whether a delete marker lies beneath the oldest version."""
    obstacle: str = ""
    """Why it cannot be read: in a copy, a link or a pipe that lies where a file could."""

    @property
    def sizes(self) -> dict[str, int]:
        """Of each version, by id."""
        return dict([(self.version_id, self.size_bytes), *self.older])

    @property
    def oldest_version_id(self) -> str:
        return self.older[-1][0] if self.older else self.version_id


@dataclass(frozen=True, slots=True)
class Digest:
    """What the bytes of one version are."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Lock:
    """How one version is locked."""

    mode: str
    until: datetime


@dataclass(frozen=True, slots=True)
class PassedOver:
    """What computers left in a copy by themselves, under names of one pattern (`litter`)."""

    pattern: str
    files: int
    example: str
    """The first of their paths."""

    def to_data(self) -> dict[str, str | int]:
        return {"name": self.pattern, "files": self.files, "example": self.example}


class LockNotShown(Exception):
    """The credentials may not see locks."""


class Place(Protocol):
    """Methods may run in several threads; `version_id` is empty for what is current.

    Whatever cannot be read is raised as `CannotRead`.
    """

    @property
    def name(self) -> str: ...

    @property
    def bucket(self) -> str | None:
        """The bucket's name, None where a copy does not tell."""

    @property
    def has_versions(self) -> bool: ...

    @property
    def readers(self) -> int:
        """How many threads read it best."""

    @property
    def unlisted(self) -> Mapping[str, str]:
        """The folders that could not be listed so far, as prefixes, and why."""

    @property
    def passed_over(self) -> Sequence[PassedOver]:
        """What was not looked at for its name, in the folders that were listed so far. In a bucket
        nothing is: no desktop comes by there.
        """

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders right below the prefix."""

    def files(self, prefix: str) -> Iterator[PlacedObject]:
        """What lies right below the prefix, folders apart."""

    def objects(self, prefix: str) -> Iterator[PlacedObject]:
        """Everything below the prefix."""

    def blocks(self, key: str, version_id: str, /) -> Iterator[bytes]:
        """The bytes, in pieces."""

    def digest(self, key: str, version_id: str, /, *, most: int) -> Digest:
        """Of all bytes. What has more than `most` is not read on, and raises CannotRead."""

    def digest_again(self, key: str, version_id: str, /, *, most: int) -> Digest:
        """Read once more, from the medium itself where that can be asked for."""

    def stop(self) -> None:
        """Let everything that is being read in other threads end soon, with CannotRead."""

    def lock(self, key: str, version_id: str, /) -> Lock | None:
        """None where there is no lock. Raises LockNotShown."""


def read(place: Place, key: str, version_id: str = "", *, most: int) -> bytes:
    """The bytes in one piece. Raises CannotRead for what has more than `most` bytes."""
    return b"".join(blocks_up_to(place, key, version_id, most))


def blocks_up_to(place: Place, key: str, version_id: str, most: int) -> Iterator[bytes]:
    """The bytes, in pieces. Raises CannotRead as soon as there are more than `most`."""
    size = 0
    for block in place.blocks(key, version_id):
        size += len(block)
        if size > most:
            raise too_long(key, most)
        yield block


def too_long(key: str, most: int) -> CannotRead:
    return CannotRead(f"{key}: it has more than {most} bytes")
