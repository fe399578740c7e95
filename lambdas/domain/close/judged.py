"""The result of judging one billing period in a run."""

from dataclasses import dataclass, replace
from typing import Any

from lambdas.domain.close.open_items import OpenItems
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.verdict_words import PeriodVerdict

_MOST_KEPT = 100
"""Open items kept for notifications; pages read all of them from the manifest."""


@dataclass(frozen=True)
class Judged:
    """A judged period: the verdict before this run (None: it had none) and its current manifest.

    A retry of the step gives the same. A manifest whose chain cannot be trusted is shown and not
    stored.
    """

    before: PeriodVerdict | None
    manifest: Manifest
    sequence: int
    """The number of the latest manifest in the chain, present or lost."""
    is_new: bool
    """True if this run wrote the manifest, in this or an earlier try."""
    sha256: str | None
    """SHA-256 of the manifest's file; None if the chain cannot be trusted."""

    shown_from: int
    """The number of the manifest whose invoices are shown; 0: none can be read."""
    open: OpenItems

    @property
    def is_trusted(self) -> bool:
        return self.sha256 is not None

    def without_invoices(self) -> "Judged":
        """The same in little memory: a run cannot hold the invoices of all periods that it
        judges.
        """
        return replace(
            self, manifest=self.manifest.without_invoices(), open=self.open.first(_MOST_KEPT)
        )

    def to_data(self) -> dict[str, Any]:
        return {
            "billing_period": str(self.manifest.billing_period),
            "verdict_before": self.before,
            "verdict": self.manifest.verdict,
            "manifest": self.manifest.key,
            "changed": self.is_new,
        }
