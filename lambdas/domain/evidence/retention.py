"""Retention: the time for which evidence is locked."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from lambdas.domain.billing_period import BillingPeriod

RetentionMode = Literal["GOVERNANCE", "COMPLIANCE"]
RETENTION_MODES: tuple[RetentionMode, ...] = ("GOVERNANCE", "COMPLIANCE")
SHORTEST = timedelta(days=30)
LONGEST = timedelta(days=36_500)
"""S3's longest lock: 100 years of 365 days."""
MOST_YEARS = LONGEST.days // 366 - 1
"""The most years of a policy: the rest of a fiscal year and leap days are added to them."""
_CLOCKS_DIFFER = timedelta(days=1)


@dataclass(frozen=True)
class RetentionPolicy:
    """Whole years from the end of the billing period's fiscal year; `fiscal_year_end_month` is 1 to
    12.
    """

    years: int
    mode: RetentionMode
    fiscal_year_end_month: int


def policy_end(period: BillingPeriod, policy: RetentionPolicy) -> datetime:
    """The UTC instant until which the policy keeps evidence of the period, whenever it was
    stored.
    """
    years_on = period.year + (period.month > policy.fiscal_year_end_month) + policy.years
    end = BillingPeriod(years_on, policy.fiscal_year_end_month).first_day_after
    return datetime(end.year, end.month, end.day, tzinfo=UTC)


def retain_until(period: BillingPeriod, policy: RetentionPolicy, now: datetime) -> datetime:
    """The UTC instant until which evidence of the period stored at `now` is locked.

    Never earlier than 30 days from `now`: S3 refuses a date in the past, and a backfill of a period
    whose retention is over gets a lock for the time that a check of the backfill takes. Never later
    than S3 accepts, or S3 would store nothing.
    """
    stored = now.replace(microsecond=0)
    latest = stored + LONGEST - _CLOCKS_DIFFER
    return min(max(policy_end(period, policy), stored + SHORTEST), latest)
