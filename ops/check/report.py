"""What a check found, as data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

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
        """`heads`, of the periods that are right, makes the report a file of heads for a later
        check.
        """
        keys = self.keys
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
            "heads": [
                period.head.to_data()
                for period in self.periods
                if period.head and not any(f.severity == "blocking" for f in period.findings)
            ],
        }
