"""When people and programs are told of a verdict: when it changed against what was told last, and
while it is overdue; never as noise.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from lambdas.domain.json_text import instant_text, read_instant
from lambdas.domain.manifests import Manifest
from lambdas.domain.verdicts import PeriodVerdict

Reason = Literal["changed", "overdue", "reminder"]
REMINDED_AFTER = timedelta(days=7)


@dataclass(frozen=True)
class Told:
    """What was told last of a billing period, through one channel."""

    verdict: PeriodVerdict
    is_overdue: bool
    at: str
    run_id: str

    def to_data(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Told":
        verdict = cast("PeriodVerdict", data["verdict"])
        return cls(verdict, data["is_overdue"], data["at"], data["run_id"])


@dataclass(frozen=True)
class Telling:
    """What is to be told of one billing period, and why."""

    manifest: Manifest
    run_id: str
    as_of: datetime
    is_overdue: bool
    close_day: str
    """The day of the run, as `CloseCalendar.close_day` names it."""
    before: Told | None
    reason: Reason
    manifest_sha256: str | None
    """Of the manifest's file; None when the chain cannot be trusted."""

    def as_told(self) -> Told:
        return Told(self.manifest.verdict, self.is_overdue, instant_text(self.as_of), self.run_id)


def reason_to_tell(
    before: Told | None, verdict: PeriodVerdict, *, is_overdue: bool, as_of: datetime
) -> Reason | None:
    """Why the verdict is to be told now; None when it is not.

    A change is told once. What still needs a person is told again once the deadline is over, and
    then weekly. That a period has begun to be awaited needs nobody.
    """
    if before is None:
        return None if verdict == "AWAITING" else "changed"
    if before.verdict != verdict:
        return "changed"
    if verdict != "ACTION_REQUIRED" or not is_overdue:
        return None
    if not before.is_overdue:
        return "overdue"
    return "reminder" if as_of - read_instant(before.at) >= REMINDED_AFTER else None
