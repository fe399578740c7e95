"""The versions at a key of evidence. Evidence is written once, so exactly one version may exist: a
delete marker or a further version is damage.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lambdas.domain.evidence.records import Gap, StoredObject
from lambdas.domain.findings import Finding, finding


@dataclass(frozen=True)
class KeptVersions:
    """The versions and delete markers of one key."""

    key: str
    version_id: str | None
    """The current version; None: a delete marker hides the key."""
    size_bytes: int
    versions: int
    delete_markers: int

    @property
    def damage(self) -> Finding | None:
        """A finding unless the key holds exactly one version."""
        if self.version_id is None:
            return damage(self.key, "is hidden by a delete marker")
        if self.delete_markers:
            return damage(self.key, "was hidden by a delete marker and lies there again")
        if self.versions > 1:
            return damage(self.key, f"has {self.versions} versions")
        return None

    def damage_of(self, stored: StoredObject) -> Finding | None:
        """A finding unless the key holds exactly this version."""
        if self.damage:
            return self.damage
        if self.size_bytes != stored.size_bytes:
            return damage(self.key, f"has {self.size_bytes} bytes")
        if self.version_id != stored.version_id:
            return damage(self.key, "is another version")
        return None


def damage_of(stored: StoredObject, kept: Mapping[str, KeptVersions]) -> Finding | None:
    """A finding unless the archive holds exactly this version at its key."""
    versions = kept.get(stored.key)
    return versions.damage_of(stored) if versions else damage(stored.key, "is gone")


def damage(key: str, what: str) -> Finding:
    return finding(
        "ARCHIVE_DAMAGED", key, f"The archived object {what}, which is not what was recorded."
    )


class EvidenceDamaged(Exception):
    """A key of evidence, present or gone, that must not be read, adopted or written."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.detail)
        self.finding = finding

    @property
    def gap(self) -> Gap:
        """The gap that it leaves, as long as it lasts."""
        return Gap(self.finding.code, self.finding.subject, self.finding.detail)
