"""How long evidence is locked."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from lambdas.domain.billing_period import BillingPeriod

RetentionMode = Literal["GOVERNANCE", "COMPLIANCE"]
RETENTION_MODES: tuple[RetentionMode, ...] = ("GOVERNANCE", "COMPLIANCE")
SHORTEST = timedelta(days=30)


@dataclass(frozen=True)
class RetentionPolicy:
    """Whole years counted from the end of the fiscal year that the billing period lies in;
    `fiscal_year_end_month` is 1 to 12.
    """

    years: int
    mode: RetentionMode
    fiscal_year_end_month: int


def retain_until(period: BillingPeriod, policy: RetentionPolicy, now: datetime) -> datetime:
    """The UTC instant until which evidence of the period is locked.

    Never earlier than 30 days from `now`, the time of storing: S3 refuses a date in the past, and a
    backfill of a period whose retention is over still gets a lock for as long as a check of that
    backfill takes.
    """
    years_on = period.year + (period.month > policy.fiscal_year_end_month) + policy.years
    end = BillingPeriod(years_on, policy.fiscal_year_end_month).first_day_after
    return max(
        datetime(end.year, end.month, end.day, tzinfo=UTC), (now + SHORTEST).replace(microsecond=0)
    )
