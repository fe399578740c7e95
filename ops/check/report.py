"""Findings of a check, as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.manifest_heads import ManifestHead
from ops.check.findings import CheckFinding, NotChecked
from ops.check.period_checked import PeriodChecked
from ops.check.scope import Scope
from ops.check.signing_keys import SigningKeys
from ops.places import PassedOver

SCHEMA = "invoice-archive/check/1"
Result = Literal["ALL_WELL", "ACTION_REQUIRED", "NOTHING_TO_CHECK"]


@dataclass(frozen=True)
class CheckReport:
    """Complete result of one check."""

    place: str
    scope: Scope
    keys: SigningKeys | None
    periods: Sequence[PeriodChecked]
    findings: Sequence[CheckFinding]
    """All findings, those of the periods included."""
    not_checked: Sequence[NotChecked]
    passed_over: Sequence[PassedOver] = ()
    """Files that computers left in the copy, recognised by their names alone."""

    @property
    def result(self) -> Result:
        """The result, decided once from all findings."""
        red = {finding.code for finding in self.findings if finding.is_blocking}
        if red == {"NOTHING_TO_CHECK"}:
            return "NOTHING_TO_CHECK"
        return "ACTION_REQUIRED" if red else "ALL_WELL"

    def to_data(self) -> dict[str, Any]:
        """The report as JSON data. `heads` lets it serve a later check as latest-manifest records;
        `heads_left_out` are periods with manifests but no such record.
        """
        keys, heads = self.keys, self._heads()
        return {
            "schema": SCHEMA,
            "place": self.place,
            "level": self.scope.level.name,
            "subset": str(self.scope.subset),
            "signing_key": keys
            and {
                "source": keys.source,
                "is_from_the_archive": keys.is_from_the_archive,
                "sha256": keys.fingerprints,
            },
            "result": self.result,
            "periods": [period.to_data() for period in self.periods],
            "findings": [finding.to_data() for finding in self.findings],
            "not_checked": [one.to_data() for one in self.not_checked],
            "passed_over": [one.to_data() for one in self.passed_over],
            "heads": [head.to_data() for _, head in sorted(heads.items())],
            "heads_left_out": [
                str(period) for period in sorted(self._with_manifests() - heads.keys())
            ],
        }

    def _heads(self) -> Mapping[BillingPeriod, ManifestHead]:
        """Latest-manifest records of periods whose chain is verified, even if other parts have
        findings. Other periods keep the record given to this check, so no knowledge is lost.
        """
        found = {period.billing_period: period.head for period in self.periods if self.keys}
        return {**(self.scope.heads or {}), **{at: head for at, head in found.items() if head}}

    def _with_manifests(self) -> set[BillingPeriod]:
        found = {period.billing_period for period in self.periods if period.manifests}
        return {*found, *self.scope.heads_left_out}
