"""Months, days and instants in words, in which no country takes the month for the day."""

from datetime import date, datetime

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.json_text import read_instant

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def month_name(period: BillingPeriod) -> str:
    """The month alone, for places where the year is known."""
    return _MONTHS[period.month - 1]


def period_name(period: BillingPeriod) -> str:
    return f"{_MONTHS[period.month - 1]} {period.year}"


def day_name(day: date) -> str:
    """`3 November 2026`, in which no country takes the month for the day."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def instant_name(text: str) -> str:
    """An instant of the archive as `3 November 2026, 06:00 UTC`."""
    instant: datetime = read_instant(text)
    return f"{day_name(instant.date())}, {instant:%H:%M} UTC"
