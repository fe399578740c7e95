"""When a period must be complete, and on which days a payer account is asked."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from lambdas.domain.billing_period import BillingPeriod

_FORM = re.compile(r"(business day|day) (\d{1,2})", re.ASCII)
_LAST = {"day": 28, "business day": 20}
LATE_SWEEP_WEEKDAY = 0
"""Monday: the one day a week on which settled payers are asked for late documents."""


@dataclass(frozen=True)
class CloseDeadline:
    """The day of the month after a billing period by whose end every invoice of that period must be
    archived.
    """

    kind: str
    number: int

    @classmethod
    def parse(cls, text: str) -> "CloseDeadline":
        """Read `day 10` or `business day 7` (Monday to Friday).

        Raises ValueError with the form and the limits.
        """
        match = _FORM.fullmatch(text)
        if not match or not 1 <= int(match[2]) <= _LAST[match[1]]:
            raise ValueError(
                f"'{text}' is not a close deadline; write 'day 1' to 'day {_LAST['day']}' or "
                f"'business day 1' to 'business day {_LAST['business day']}', counted in the month "
                "after the billing period"
            )
        return cls(match[1], int(match[2]))

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"

    def last_day(self, period: BillingPeriod) -> date:
        """The last day on which an invoice of the period is not yet overdue."""
        day = period.first_day_after
        if self.kind == "day":
            return day + timedelta(days=self.number - 1)
        remaining = self.number
        while True:
            remaining -= day.weekday() < 5
            if remaining == 0:
                return day
            day += timedelta(days=1)

    def instant(self, period: BillingPeriod) -> datetime:
        """The first UTC instant at which the period is overdue."""
        return datetime.combine(self.last_day(period) + timedelta(days=1), time(), UTC)


def is_asked_on(
    as_of: datetime, period: BillingPeriod, deadline: CloseDeadline, *, settled: bool
) -> bool:
    """Whether a payer account is asked in the scheduled run of this day.

    Daily until the deadline of the target period and as long as the payer's periods are not
    settled; afterwards once a week, for late documents.
    """
    return not settled or as_of < deadline.instant(period) or as_of.weekday() == LATE_SWEEP_WEEKDAY
