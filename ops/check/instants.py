"""Instants and days of a manifest against each other, its period and the manifest before it."""

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.json_text import instant_text, read_instant

_RUN = re.compile(r"(?:scheduled|manual)-(\d{8}T\d{6}Z)(?:-.*)?", re.ASCII | re.DOTALL)
_OTHER_CLOCK = timedelta(days=1)
"""Largest lag of the checking computer's clock."""


@dataclass(frozen=True)
class Judged:
    """Instant at which a manifest was generated, and the last day on which nothing was overdue."""

    at: datetime
    last_day: date

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> "Judged":
        """Read both. Raises ValueError, LookupError or TypeError for values that no run writes."""
        at = read_instant(members["generated_at"])
        if instant_text(at) != members["generated_at"]:
            raise ValueError(f"{members['generated_at']} is no instant of a run")
        return cls(at, read_day(members["last_day"]))

    @property
    def is_overdue(self) -> bool:
        return self.at.date() > self.last_day


def read_day(text: str) -> date:
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise ValueError(f"{text} is no day of a run")
    return day


def instant_differences(
    members: Mapping[str, Any],
    period: BillingPeriod,
    before: Mapping[str, Any] | None,
    now: datetime | None,
) -> Iterator[str]:
    """Yield faults; `before` has the previous manifest's members, None if it is not known.

    A run is judged as of its own instant, or of the previous manifest if that is later.
    """
    judged, run_id = Judged.of(members), members["run_id"]
    generated_at = members["generated_at"]
    if not (isinstance(run_id, str) and run_id):
        yield "it names no run"
    run = _RUN.fullmatch(str(run_id))
    earlier = read_instant(before["generated_at"]) if before else None
    if earlier and judged.at < earlier:
        yield f"it was generated at {generated_at}, before the manifest before it"
    elif run and f"{judged.at:%Y%m%dT%H%M%SZ}" != run[1] and judged.at != earlier:
        yield f"it was generated at {generated_at}, and its run is {run_id}"
    if now and judged.at > now + _OTHER_CLOCK:
        yield f"it was generated at {generated_at}, later than this check by this computer's clock"
    if BillingPeriod.containing(judged.last_day) != period.shifted(1):
        yield f"its last day, {judged.last_day}, is not in the month after its period"
    if not _is_close_day(members["close_day"], judged.at.date(), period):
        yield f"its day of the close, {members['close_day']}, is not that of {generated_at}"


def closing_differences(
    members: Mapping[str, Any], before: Mapping[str, Any] | None
) -> Iterator[str]:
    """Check that the period was archive closed once, by the first complete manifest after its last
    day.
    """
    closed_at, closed_before = members["closed_at"], before["closed_at"] if before else None
    is_whole = members["verdict"] == "COMPLETE" and Judged.of(members).is_overdue
    if closed_before is not None:
        if closed_at != closed_before:
            yield f"its archive was closed at {closed_at}, and before at {closed_before}"
    elif is_whole and closed_at != members["generated_at"]:
        yield f"it is complete after its last day and its archive was closed at {closed_at}"
    elif closed_at is not None and not is_whole:
        yield f"its archive was closed at {closed_at}, and it is not complete after its last day"


def _is_close_day(text: str, day: date, period: BillingPeriod) -> bool:
    """True if a run could call the day the close day, whatever the holidays are."""
    if BillingPeriod.containing(day) != period.shifted(1):
        return text == day.isoformat()
    weekdays = sum(day.replace(day=one).weekday() < 5 for one in range(1, day.day + 1))
    name = calendar.day_name[day.weekday()]
    numbers = range(1, weekdays + 1)
    allowed = {
        f"{name} before business day 1",
        *(f"{name} after business day {n}" for n in numbers),
    }
    if day.weekday() < 5:
        allowed |= {f"business day {number}" for number in numbers}
    return text in allowed
