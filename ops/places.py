"""Storage of an archive, a copy on disk or the live bucket, seen the same way and only read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ops.errors import CannotRead


@dataclass(frozen=True, slots=True)
class PlacedObject:
    """Stored object at a key. A copy has one version, whose id is empty."""

    key: str
    size_bytes: int
    """Size of the newest version."""
    version_id: str = ""
    """The newest version, even if it is hidden; never empty in a bucket."""
    is_hidden: bool = False
    """True if a delete marker is on top."""
    older: tuple[tuple[str, int], ...] = ()
    """The versions beneath, newest first: id and size."""
    written_at: datetime | None = None
    """Instant at which the oldest version was stored, None in a copy."""
    is_over_a_marker: bool = False
    """True if a delete marker is beneath the oldest version."""
    obstacle: str = ""
    """Reason why it cannot be read: in a copy, a link or a pipe in place of a file."""

    @property
    def sizes(self) -> dict[str, int]:
        """Size of each version, by id."""
        return dict([(self.version_id, self.size_bytes), *self.older])

    @property
    def oldest_version_id(self) -> str:
        return self.older[-1][0] if self.older else self.version_id


@dataclass(frozen=True, slots=True)
class Digest:
    """Size and SHA-256 of one version."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Lock:
    """Lock of one version."""

    mode: str
    until: datetime


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Files that computers leave in a copy by themselves, under names of one pattern (`litter`)."""

    pattern: str
    files: int
    example: str
    """The first of their paths."""

    def to_data(self) -> dict[str, str | int]:
        return {"name": self.pattern, "files": self.files, "example": self.example}


class LockNotShown(Exception):
    """The credentials may not see locks."""


class Place(Protocol):
    """Storage of one archive. Methods may run in several threads; an empty `version_id` is the
    current version.

    Everything that cannot be read raises `CannotRead`.
    """

    @property
    def name(self) -> str: ...

    @property
    def bucket(self) -> str | None:
        """The bucket's name, None in a copy that does not have it."""

    @property
    def has_versions(self) -> bool: ...

    @property
    def readers(self) -> int:
        """Best number of threads for reading it."""

    @property
    def unlisted(self) -> Mapping[str, str]:
        """The folders that could not be listed until now, as prefixes, with the reason."""

    @property
    def passed_over(self) -> Sequence[PassedOver]:
        """Litter skipped by its name in the folders listed until now; always empty for a bucket,
        which no desktop visits.
        """

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders directly below the prefix."""

    def files(self, prefix: str) -> Iterator[PlacedObject]:
        """Objects directly below the prefix, without folders."""

    def objects(self, prefix: str) -> Iterator[PlacedObject]:
        """All objects below the prefix."""

    def blocks(self, key: str, version_id: str, /) -> Iterator[bytes]:
        """The bytes, in pieces."""

    def digest(self, key: str, version_id: str, /, *, most: int) -> Digest:
        """Digest of all bytes. Raises CannotRead, and stops reading, above `most` bytes."""

    def digest_again(self, key: str, version_id: str, /, *, most: int) -> Digest:
        """Digest read once more, from the medium itself if the system allows."""

    def stop(self) -> None:
        """Make all reading in other threads end soon, with CannotRead."""

    def lock(self, key: str, version_id: str, /) -> Lock | None:
        """The lock, None if there is none. Raises LockNotShown."""


def read(place: Place, key: str, version_id: str = "", *, most: int) -> bytes:
    """The bytes in one piece. Raises CannotRead for more than `most` bytes."""
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
