from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.runs.close_calendar import (
    CloseCalendar,
    CloseDeadline,
    day_of_close,
    is_asked_on,
)

OCTOBER = BillingPeriod(2026, 10)
DAY_10 = CloseCalendar(CloseDeadline("day", 10))
VETERANS_DAY = date(2026, 11, 11)
deadlines = st.builds(CloseDeadline, st.just("day"), st.integers(5, 28)) | st.builds(
    CloseDeadline, st.just("business day"), st.integers(3, 20)
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
    with pytest.raises(ValueError, match="'day 5' to 'day 28' or 'business day 3'") as refused:
        CloseDeadline.parse(text)
    assert f"'{text}' is not a close deadline" in str(refused.value)


@pytest.mark.parametrize("text", ["day 1", "day 4", "business day 1", "business day 2"])
def test_a_deadline_before_the_invoices_are_issued_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(ValueError, match="'day 5' to 'day 28' or 'business day 3'") as refused:
        CloseDeadline.parse(text)
    assert f"'{text}' is a close deadline before AWS has issued its invoices" in str(refused.value)
    assert "day 2 to 7" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "period", "holidays", "last_day"),
    [
        ("day 10", "2026-10", (), date(2026, 11, 10)),
        ("day 10", "2026-10", (date(2026, 11, 10),), date(2026, 11, 10)),
        ("day 5", "2026-12", (), date(2027, 1, 5)),
        ("day 28", "2027-01", (), date(2027, 2, 28)),
        ("business day 3", "2026-10", (), date(2026, 11, 4)),  # 1 November 2026 is a Sunday
        ("business day 5", "2026-10", (), date(2026, 11, 6)),
        ("business day 6", "2026-10", (), date(2026, 11, 9)),
        ("business day 8", "2026-10", (), date(2026, 11, 11)),
        ("business day 8", "2026-10", (VETERANS_DAY,), date(2026, 11, 12)),
        ("business day 8", "2026-10", (date(2026, 11, 8), date(2026, 12, 8)), date(2026, 11, 11)),
        ("business day 3", "2026-12", (date(2027, 1, 1),), date(2027, 1, 6)),
        ("business day 20", "2027-01", (), date(2027, 2, 26)),
        ("business day 20", "2027-01", (date(2027, 2, 15),), date(2027, 2, 28)),
    ],
)
def test_the_last_day_is_counted_in_the_month_after(
    text: str, period: str, holidays: tuple[date, ...], last_day: date
) -> None:
    close = CloseCalendar(CloseDeadline.parse(text), holidays)
    assert close.last_day(BillingPeriod.parse(period)) == last_day


@given(deadlines, periods, st.lists(st.dates(), max_size=5).map(tuple))
def test_every_deadline_is_in_the_month_after_the_period(
    deadline: CloseDeadline, period: BillingPeriod, holidays: tuple[date, ...]
) -> None:
    close = CloseCalendar(deadline, holidays)
    assert BillingPeriod.containing(close.last_day(period)) == period.shifted(1)


def test_a_period_is_overdue_from_the_first_instant_after_the_last_day() -> None:
    assert DAY_10.overdue_from(OCTOBER) == datetime(2026, 11, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "holidays", "told"),
    [
        (date(2026, 11, 1), (), "Sunday before business day 1"),
        (date(2026, 11, 2), (), "business day 1"),
        (date(2026, 11, 4), (), "business day 3"),
        (date(2026, 11, 7), (), "Saturday after business day 5"),
        (date(2026, 11, 9), (), "business day 6"),
        (date(2026, 11, 11), (VETERANS_DAY,), "Wednesday after business day 7"),
        (date(2026, 11, 12), (VETERANS_DAY,), "business day 8"),
        (date(2026, 12, 1), (), "2026-12-01"),
        (date(2026, 10, 30), (), "2026-10-30"),
    ],
)
def test_the_day_of_the_close_is_reported_in_business_days(
    day: date, holidays: tuple[date, ...], told: str
) -> None:
    as_of = datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC)
    close = CloseCalendar(CloseDeadline("day", 10), holidays)
    assert close.close_day(OCTOBER, as_of) == told


def test_days_after_the_end_of_a_period_are_counted_from_one() -> None:
    assert day_of_close(OCTOBER, datetime(2026, 11, 1, tzinfo=UTC)) == 1
    assert day_of_close(OCTOBER, datetime(2026, 12, 1, 23, tzinfo=UTC)) == 31


def test_everybody_is_asked_daily_until_the_deadline() -> None:
    start = datetime(2026, 11, 1, 6, tzinfo=UTC)
    assert all(
        is_asked_on(start + timedelta(days=day), OCTOBER, DAY_10, daily=False) for day in range(10)
    )


def test_a_complete_payer_is_asked_only_on_mondays_after_the_deadline() -> None:
    start = datetime(2026, 11, 11, 6, tzinfo=UTC)
    asked = [
        day
        for day in (start + timedelta(days=days) for days in range(20))
        if is_asked_on(day, OCTOBER, DAY_10, daily=False)
    ]
    assert [day.date() for day in asked] == [
        date(2026, 11, 16),
        date(2026, 11, 23),
        date(2026, 11, 30),
    ]


def test_a_payer_that_is_not_complete_is_asked_every_day() -> None:
    start = datetime(2026, 11, 11, 6, tzinfo=UTC)
    assert all(
        is_asked_on(start + timedelta(days=day), OCTOBER, DAY_10, daily=True) for day in range(20)
    )
