"""What a run judged of one billing period."""

from dataclasses import dataclass, replace
from typing import Any

from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.verdict_words import PeriodVerdict


@dataclass(frozen=True)
class Judged:
    """A judged period: the verdict before this run (None: it had none), and what holds now.

    It says the same when the step is tried again. A manifest whose chain cannot be trusted is shown
    and not stored.
    """

    before: PeriodVerdict | None
    manifest: Manifest
    sequence: int
    """How far the chain is, or once was."""
    is_new: bool
    """Whether this run wrote it, in this or an earlier try."""
    sha256: str | None
    """Of the manifest's file; None when the chain cannot be trusted."""

    shown_from: int
    """The number of the manifest whose invoices are shown; 0: there is none that can be read."""

    @property
    def is_trusted(self) -> bool:
        return self.sha256 is not None

    def without_invoices(self) -> "Judged":
        """The same in little memory: a run judges more periods than it can hold the invoices of."""
        return replace(self, manifest=self.manifest.without_invoices())

    def to_data(self) -> dict[str, Any]:
        return {
            "billing_period": str(self.manifest.billing_period),
            "verdict_before": self.before,
            "verdict": self.manifest.verdict,
            "manifest": self.manifest.key,
            "changed": self.is_new,
        }
