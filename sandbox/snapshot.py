"""Objects of the archive bucket, to compare before and after."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class StoredObject:
    """The current version of an object. `version_id` names exactly these bytes."""

    version_id: str
    size: int


Snapshot = Mapping[str, StoredObject]
"""Objects by key."""


def take(s3: Any, bucket: str, prefix: str = "") -> Snapshot:
    """The current objects under the prefix."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    return {
        version["Key"]: StoredObject(version["VersionId"], version["Size"])
        for page in pages
        for version in page.get("Versions", [])
        if version["IsLatest"]
    }


@dataclass(frozen=True)
class Difference:
    """Keys that came, that got another version, and that went."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone)

    def but(self, prefix: str) -> "Difference":
        """The difference without keys under the prefix."""
        return Difference(
            *(
                tuple(key for key in keys if not key.startswith(prefix))
                for keys in (self.new, self.changed, self.gone)
            )
        )


def difference(before: Snapshot, after: Snapshot) -> Difference:
    return Difference(
        new=tuple(key for key in after if key not in before),
        changed=tuple(key for key in after if key in before and after[key] != before[key]),
        gone=tuple(key for key in before if key not in after),
    )
