"""The close calendar: deadlines, business days, and the days on which payer accounts are asked."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.secret_text import quoted

_FORM = re.compile(r"(business day|day) (\d{1,2})", re.ASCII)
_FIRST = {"day": 5, "business day": 3}
_LAST = {"day": 28, "business day": 20}
LATE_SWEEP_WEEKDAY = 0
"""Monday, the day on which complete payer accounts are asked for late documents."""


@dataclass(frozen=True)
class CloseDeadline:
    """A day of the month after a billing period, by the end of which all its invoices must be
    archived.
    """

    kind: str
    number: int

    @classmethod
    def parse(cls, text: str) -> "CloseDeadline":
        """Read `day 10` or `business day 7`.

        Raises ValueError with the form and the limits, also for a day before AWS has issued its
        invoices: every month would end red.
        """
        limits = " or ".join(f"'{kind} {_FIRST[kind]}' to '{kind} {_LAST[kind]}'" for kind in _LAST)
        match = _FORM.fullmatch(text)
        if not match or not 1 <= int(match[2]) <= _LAST[match[1]]:
            raise ValueError(
                f"{quoted(text)} is not a close deadline; write {limits}, counted in the month "
                "after the billing period"
            )
        if int(match[2]) < _FIRST[match[1]]:
            raise ValueError(
                f"'{text}' is a close deadline before AWS has issued its invoices, mostly on day 2 "
                f"to 7 of the month after the billing period; write {limits}"
            )
        return cls(match[1], int(match[2]))

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


@dataclass(frozen=True)
class CloseCalendar:
    """The deadline on the days of a year: business days are Monday to Friday without `holidays`."""

    deadline: CloseDeadline
    holidays: tuple[date, ...] = ()

    def last_day(self, period: BillingPeriod) -> date:
        """The last day on which an invoice of the period is not yet overdue.

        In a month with fewer business days than the deadline's number, it is the last day of the
        month.
        """
        first = period.first_day_after
        if self.deadline.kind == "day":
            return first + timedelta(days=self.deadline.number - 1)
        days = [day for day in _month_of(first) if self.is_business_day(day)]
        return (
            days[self.deadline.number - 1]
            if len(days) >= self.deadline.number
            else (period.shifted(1).first_day_after - timedelta(days=1))
        )

    def overdue_from(self, period: BillingPeriod) -> datetime:
        """The first UTC instant at which the period is overdue."""
        return datetime.combine(self.last_day(period) + timedelta(days=1), time(), UTC)

    def is_business_day(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.holidays

    def close_day(self, period: BillingPeriod, as_of: datetime) -> str:
        """The day of the close: `business day 3`, or `Saturday after business day 5` if it is none;
        outside the month after the billing period, the date.
        """
        today = as_of.astimezone(UTC).date()
        if BillingPeriod.containing(today) != period.shifted(1):
            return today.isoformat()
        number = sum(self.is_business_day(day) for day in _month_of(today) if day <= today)
        if self.is_business_day(today):
            return f"business day {number}"
        which = f"after business day {number}" if number else "before business day 1"
        return f"{calendar.day_name[today.weekday()]} {which}"


def day_of_close(period: BillingPeriod, as_of: datetime) -> int:
    """The day number since the period ended, beginning with 1."""
    return (as_of.astimezone(UTC).date() - period.first_day_after).days + 1


def is_asked_on(
    as_of: datetime, period: BillingPeriod, close: CloseCalendar, *, daily: bool
) -> bool:
    """True if a payer account is asked in the scheduled run of this day.

    It is asked daily until the deadline of the target period and as long as `daily` is set;
    afterwards once a week, for late documents.
    """
    return daily or as_of < close.overdue_from(period) or as_of.weekday() == LATE_SWEEP_WEEKDAY


def _month_of(day: date) -> list[date]:
    last = calendar.monthrange(day.year, day.month)[1]
    return [day.replace(day=number) for number in range(1, last + 1)]
