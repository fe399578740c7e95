from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.retention import (
    LONGEST,
    MOST_YEARS,
    SHORTEST,
    RetentionPolicy,
    policy_end,
    retain_until,
)

NOW = datetime(2026, 11, 3, 6, tzinfo=UTC)
periods = st.builds(BillingPeriod, st.integers(2005, 2050), st.integers(1, 12))
policies = st.builds(
    RetentionPolicy, st.integers(1, MOST_YEARS), st.just("GOVERNANCE"), st.integers(1, 12)
)
instants = st.datetimes(
    datetime(2024, 1, 1),  # noqa: DTZ001 - hypothesis wants it so
    datetime(2060, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@pytest.mark.parametrize(
    ("period", "years", "end_month", "until"),
    [
        ("2026-10", 10, 12, datetime(2037, 1, 1, tzinfo=UTC)),
        ("2026-12", 10, 12, datetime(2037, 1, 1, tzinfo=UTC)),
        ("2026-01", 10, 12, datetime(2037, 1, 1, tzinfo=UTC)),
        ("2026-03", 10, 3, datetime(2036, 4, 1, tzinfo=UTC)),
        ("2026-04", 10, 3, datetime(2037, 4, 1, tzinfo=UTC)),
        ("2026-06", 7, 6, datetime(2033, 7, 1, tzinfo=UTC)),
        ("2026-07", 7, 6, datetime(2034, 7, 1, tzinfo=UTC)),
    ],
)
def test_evidence_is_kept_for_whole_years_after_the_fiscal_year(
    period: str, years: int, end_month: int, until: datetime
) -> None:
    policy = RetentionPolicy(years, "GOVERNANCE", end_month)
    assert retain_until(BillingPeriod.parse(period), policy, NOW) == until


@given(periods, policies, instants)
def test_the_lock_is_never_in_the_past(
    period: BillingPeriod, policy: RetentionPolicy, now: datetime
) -> None:
    until = retain_until(period, policy, now)
    assert until > now + SHORTEST - timedelta(seconds=1)
    assert until.microsecond == 0
    assert until.tzinfo is not None


@given(periods, policies)
def test_the_lock_is_never_shorter_than_the_years_after_the_period(
    period: BillingPeriod, policy: RetentionPolicy
) -> None:
    until = retain_until(period, policy, NOW)
    if until < policy_end(period, policy):
        assert period > BillingPeriod.containing(NOW).shifted(6)  # a period that is to come
        return
    end = period.shifted(1 + 12 * policy.years).first_day
    assert until >= datetime(end.year, end.month, end.day, tzinfo=UTC)
    if until > NOW + SHORTEST:
        assert until - datetime(end.year, end.month, end.day, tzinfo=UTC) < timedelta(days=366)


def test_a_backfill_of_a_period_whose_retention_is_over_still_gets_a_lock() -> None:
    policy = RetentionPolicy(1, "GOVERNANCE", 12)
    assert retain_until(BillingPeriod(2010, 1), policy, NOW) == NOW + SHORTEST


@given(st.integers(0, 11), st.integers(1, 12), st.integers(1, 200), st.integers(2024, 2090))
def test_the_lock_of_the_longest_policy_is_one_that_s3_takes_and_is_cut_nowhere(
    month: int, end_month: int, years: int, year: int
) -> None:
    period = BillingPeriod(year, month + 1)
    first = period.first_day
    stored = datetime(first.year, first.month, first.day, tzinfo=UTC)  # no invoice comes earlier
    policy = RetentionPolicy(years, "COMPLIANCE", end_month)
    until = retain_until(period, policy, stored)
    assert until <= stored + LONGEST
    if years <= MOST_YEARS:
        assert until == policy_end(period, policy)
