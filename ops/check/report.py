"""What a check found, as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.manifest_heads import ManifestHead
from ops.check.findings import CheckFinding, NotChecked
from ops.check.period import PeriodChecked
from ops.check.scope import Scope
from ops.check.signing_keys import SigningKeys
from ops.places import PassedOver

SCHEMA = "invoice-archive/check/1"
Result = Literal["ALL_WELL", "ACTION_REQUIRED", "NOTHING_TO_CHECK"]


@dataclass(frozen=True)
class CheckReport:
    """Everything that one check says."""

    place: str
    scope: Scope
    keys: SigningKeys | None
    periods: Sequence[PeriodChecked]
    findings: Sequence[CheckFinding]
    """All of them, those of the periods included."""
    not_checked: Sequence[NotChecked]
    passed_over: Sequence[PassedOver] = ()
    """What computers left in the copy, known by its names alone."""

    @property
    def result(self) -> Result:
        """Decided once, from all findings."""
        red = {finding.code for finding in self.findings if finding.severity == "blocking"}
        if red == {"NOTHING_TO_CHECK"}:
            return "NOTHING_TO_CHECK"
        return "ACTION_REQUIRED" if red else "ALL_WELL"

    def to_data(self) -> dict[str, Any]:
        """`heads` makes the report a file of heads for a later check; `heads_left_out` are the
        periods that have manifests and no head in it.
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
        """Of each period whose chain is right, also where something else of it is not; of all
        others what the heads said that this check was given: no knowledge is lost.
        """
        found = {period.billing_period: period.head for period in self.periods if self.keys}
        return {**(self.scope.heads or {}), **{at: head for at, head in found.items() if head}}

    def _with_manifests(self) -> set[BillingPeriod]:
        found = {period.billing_period for period in self.periods if period.manifests}
        return {*found, *self.scope.heads_left_out}
