from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close_calendar import CloseDeadline, is_asked_on

OCTOBER = BillingPeriod(2026, 10)
DAY_10 = CloseDeadline("day", 10)
deadlines = st.builds(CloseDeadline, st.just("day"), st.integers(1, 28)) | st.builds(
    CloseDeadline, st.just("business day"), st.integers(1, 20)
)
periods = st.builds(BillingPeriod, st.integers(2005, 2050), st.integers(1, 12))


@given(deadlines)
def test_a_deadline_reads_back_as_it_prints(deadline: CloseDeadline) -> None:
    assert CloseDeadline.parse(str(deadline)) == deadline


@pytest.mark.parametrize(
    "text",
    ["day 0", "day 29", "business day 0", "business day 21", "10", "day", "Day 10", "day 10 ", ""],
)
def test_what_is_no_deadline_is_refused_with_form_and_limits(text: str) -> None:
    with pytest.raises(ValueError, match="'day 1' to 'day 28' or 'business day 1'") as refused:
        CloseDeadline.parse(text)
    assert f"'{text}' is not a close deadline" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "period", "last_day"),
    [
        ("day 10", "2026-10", date(2026, 11, 10)),
        ("day 1", "2026-12", date(2027, 1, 1)),
        ("day 28", "2027-01", date(2027, 2, 28)),
        ("business day 1", "2026-10", date(2026, 11, 2)),  # 1 November 2026 is a Sunday
        ("business day 5", "2026-10", date(2026, 11, 6)),
        ("business day 6", "2026-10", date(2026, 11, 9)),
        ("business day 20", "2027-01", date(2027, 2, 26)),
    ],
)
def test_the_last_day_is_counted_in_the_month_after(text: str, period: str, last_day: date) -> None:
    assert CloseDeadline.parse(text).last_day(BillingPeriod.parse(period)) == last_day


@given(deadlines, periods)
def test_every_deadline_lies_in_the_month_after_the_period(
    deadline: CloseDeadline, period: BillingPeriod
) -> None:
    assert BillingPeriod.containing(deadline.last_day(period)) == period.shifted(1)
    if deadline.kind == "business day":
        assert deadline.last_day(period).weekday() < 5


def test_a_period_is_overdue_from_the_first_instant_after_the_last_day() -> None:
    assert DAY_10.instant(OCTOBER) == datetime(2026, 11, 11, tzinfo=UTC)


def test_everybody_is_asked_daily_until_the_deadline() -> None:
    start = datetime(2026, 11, 1, 6, tzinfo=UTC)
    assert all(
        is_asked_on(start + timedelta(days=day), OCTOBER, DAY_10, settled=True) for day in range(10)
    )


def test_a_settled_payer_is_asked_only_on_mondays_after_the_deadline() -> None:
    start = datetime(2026, 11, 11, 6, tzinfo=UTC)
    asked = [
        day
        for day in (start + timedelta(days=days) for days in range(20))
        if is_asked_on(day, OCTOBER, DAY_10, settled=True)
    ]
    assert [day.date() for day in asked] == [
        date(2026, 11, 16),
        date(2026, 11, 23),
        date(2026, 11, 30),
    ]


def test_an_unsettled_payer_is_asked_every_day() -> None:
    start = datetime(2026, 11, 11, 6, tzinfo=UTC)
    assert all(
        is_asked_on(start + timedelta(days=day), OCTOBER, DAY_10, settled=False)
        for day in range(20)
    )
