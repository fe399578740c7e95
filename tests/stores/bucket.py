"""What a bucket in memory holds: the versions of each key, from the oldest to the newest."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property


@dataclass(frozen=True)
class Version:
    """A version of an object, or a delete marker, which has no content."""

    key: str
    version_id: str
    modified: datetime
    content: bytes | None = None
    content_type: str = "binary/octet-stream"
    sha256: str = ""
    """The checksum that the writer gave, in base64."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    tagging: str = ""
    lock_mode: str = ""
    locked_until: datetime | None = None

    @cached_property
    def etag(self) -> str:
        return f'"{hashlib.md5(self.content or b"", usedforsecurity=False).hexdigest()}"'


@dataclass
class Bucket:
    """The versions of each key, from the oldest to the newest."""

    has_lock: bool
    versioning: str
    versions: dict[str, list[Version]] = field(default_factory=dict)

    def newest(self, key: str) -> Version | None:
        kept = self.versions.get(key)
        return kept[-1] if kept else None

    def current(self, key: str) -> Version | None:
        """The newest version, unless that is a delete marker."""
        newest = self.newest(key)
        return newest if newest and newest.content is not None else None

    def add(self, version: Version) -> None:
        kept = self.versions.setdefault(version.key, [])
        kept[:] = [one for one in kept if one.version_id != version.version_id]
        kept.append(version)

    def remove(self, version: Version) -> None:
        kept = self.versions[version.key]
        kept.remove(version)
        if not kept:
            del self.versions[version.key]

    def copied(self) -> "Bucket":
        """A bucket of its own with the same versions, which never change."""
        return Bucket(
            self.has_lock, self.versioning, {key: [*kept] for key, kept in self.versions.items()}
        )
