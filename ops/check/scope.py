"""Scope of a check."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.manifest_heads import ManifestHead
from lambdas.domain.evidence.retention import RetentionPolicy

_MOST_DIGITS = 9


class Level(IntEnum):
    """Levels from cheap to dear; each includes those before it."""

    structure = 1
    presence = 2
    bytes = 3


@dataclass(frozen=True)
class Subset:
    """One `part` (from 1 on) of `parts`. Each key is in exactly one part, always the same one."""

    part: int = 1
    parts: int = 1

    @classmethod
    def parse(cls, text: str) -> "Subset":
        """Read `2/7`. Raises ValueError with a sentence that names the text and the form."""
        part, _, parts = text.partition("/")
        if not all(map(_is_number, (part, parts))) or not 1 <= int(part) <= int(parts):
            raise ValueError(f"'{text}' is not a subset; write the second of seven parts as 2/7")
        return cls(int(part), int(parts))

    def __contains__(self, key: str) -> bool:
        if self.parts == 1:
            return True
        number = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:8]
        return int.from_bytes(number) % self.parts == self.part - 1

    def __str__(self) -> str:
        return f"{self.part}/{self.parts}"


def _is_number(text: str) -> bool:
    return len(text) <= _MOST_DIGITS and text.isascii() and text.isdigit()


@dataclass(frozen=True)
class Scope:
    """Requested scope of a check."""

    level: Level = Level.bytes
    subset: Subset = Subset()
    periods: tuple[BillingPeriod, ...] = ()
    """Empty: all of the archive."""
    heads: Mapping[BillingPeriod, ManifestHead] | None = None
    retention: RetentionPolicy | None = None
    heads_left_out: tuple[BillingPeriod, ...] = ()
    """Periods that had manifests but no latest-manifest record when the records were written."""
    heads_are_current: bool = False
    """True if the records were read just before the check and cover every period."""
    now: datetime | None = None
    """Time by the clock; None: no clock is used."""
