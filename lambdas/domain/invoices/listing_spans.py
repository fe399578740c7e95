"""Spans of issued dates that the Invoicing API accepts."""

from collections.abc import Iterator
from datetime import date, timedelta

from lambdas.domain.billing_period import BillingPeriod

OVERLAP = timedelta(days=7)
"""Time by which a sweep by issued date overlaps the last good one: an invoice can become visible
after its issued date.
"""


def issued_date_spans(start: date, end: date) -> Iterator[tuple[date, date]]:
    """Cut `start` (included) to `end` (excluded) into spans that `TimeInterval` accepts.

    A span may have at most as many days as the month of its start date (observed by awslabs/mcp;
    see docs/decisions).
    """
    while start < end:
        period = BillingPeriod.containing(start)
        stop = min(end, start + (period.first_day_after - period.first_day))
        yield start, stop
        start = stop
