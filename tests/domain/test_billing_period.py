from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.billing_period import BillingPeriod

periods = st.builds(BillingPeriod, st.integers(2005, 2050), st.integers(1, 12))


@given(periods)
def test_a_period_reads_back_as_it_prints(period: BillingPeriod) -> None:
    assert BillingPeriod.parse(str(period)) == period


def test_a_period_prints_as_year_and_month() -> None:
    assert str(BillingPeriod(2026, 3)) == "2026-03"


@pytest.mark.parametrize(
    "text",
    [
        "2026-13",
        "2026-00",
        "2026-1",
        "26-01",
        "2026/10",
        "2026-10-01",
        " 2026-10",
        "2026-10\n",
        "",
        "\uff12\uff10\uff12\uff16-10",
        "October 2026",
    ],
)
def test_what_is_no_period_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(ValueError, match="write year and month as 2026-10") as refused:
        BillingPeriod.parse(text)
    assert str(refused.value).startswith(repr(text))


@pytest.mark.parametrize("text", ["2004-12", "2051-01", "0000-01", "9999-12"])
def test_a_year_that_aws_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="outside the years 2005 to 2050"):
        BillingPeriod.parse(text)


@given(periods, st.integers(-400, 400), st.integers(-400, 400))
def test_shifting_adds_up_and_comes_back(period: BillingPeriod, one: int, other: int) -> None:
    assert period.shifted(one).shifted(other) == period.shifted(one + other)
    assert period.shifted(one).shifted(-one) == period
    assert (period.shifted(one) > period) == (one > 0)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [("2026-01", -1, "2025-12"), ("2025-12", 1, "2026-01"), ("2026-05", -12, "2025-05")],
)
def test_shifting_crosses_the_year(start: str, months: int, end: str) -> None:
    assert BillingPeriod.parse(start).shifted(months) == BillingPeriod.parse(end)


@given(periods)
def test_the_days_of_a_period_are_those_that_it_contains(period: BillingPeriod) -> None:
    last = period.first_day_after - timedelta(days=1)
    assert BillingPeriod.containing(period.first_day) == period
    assert BillingPeriod.containing(last) == period
    assert BillingPeriod.containing(period.first_day_after) == period.shifted(1)
    assert period.first_day.day == 1


def test_february_has_its_leap_day() -> None:
    assert BillingPeriod(2028, 2).first_day_after - BillingPeriod(2028, 2).first_day == timedelta(
        days=29
    )


def test_an_instant_belongs_to_its_utc_month() -> None:
    auckland = timezone(timedelta(hours=13))
    assert BillingPeriod.containing(datetime(2026, 11, 1, 8, tzinfo=auckland)) == BillingPeriod(
        2026, 10
    )
    assert BillingPeriod.containing(datetime(2026, 11, 1, tzinfo=UTC)) == BillingPeriod(2026, 11)
    assert BillingPeriod.containing(date(2026, 11, 1)) == BillingPeriod(2026, 11)


def test_periods_are_in_the_order_of_time() -> None:
    assert BillingPeriod(2025, 12) < BillingPeriod(2026, 1) < BillingPeriod(2026, 2)
