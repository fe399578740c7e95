"""The head of a period's chain of manifests: which one was the newest, kept outside the bucket.

It only moves forward. A bucket ahead of its head was left by a crash between the two writes; a
bucket behind its head, or beside it, was cut short, rolled back or rewritten.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.domain.billing_period import BillingPeriod


@dataclass(frozen=True)
class ManifestHead:
    """The newest manifest of a billing period as last known outside the bucket."""

    billing_period: BillingPeriod
    sequence: int
    sha256: str
    """SHA-256 of the manifest's file."""
    run_id: str
    """The run that moved the head here."""

    def to_data(self) -> dict[str, Any]:
        return {
            "billing_period": str(self.billing_period),
            "sequence": self.sequence,
            "sha256": self.sha256,
            "run_id": self.run_id,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "ManifestHead":
        return cls(
            BillingPeriod.parse(data["billing_period"]),
            int(data["sequence"]),
            data["sha256"],
            data["run_id"],
        )
