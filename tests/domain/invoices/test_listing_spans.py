from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lambdas.domain.invoices.listing_spans import issued_date_spans


@given(st.dates(date(2005, 1, 1), date(2050, 12, 31)), st.integers(0, 500))
@example(date(2026, 1, 31), 32)
@example(date(2026, 1, 31), 31)
@example(date(2028, 2, 1), 60)
@example(date(2027, 2, 28), 29)
@example(date(2026, 12, 31), 1)
def test_the_spans_cover_every_day_once_and_each_is_legal(start: date, days: int) -> None:
    end = start + timedelta(days=days)
    spans = list(issued_date_spans(start, end))
    covered = [
        first + timedelta(days=day) for first, stop in spans for day in range((stop - first).days)
    ]
    assert covered == [start + timedelta(days=day) for day in range(days)]
    for first, stop in spans:
        assert 0 < (stop - first).days <= monthrange(first.year, first.month)[1]


def test_a_span_from_the_end_of_january_reaches_as_far_as_aws_accepts() -> None:
    assert next(iter(issued_date_spans(date(2026, 1, 31), date(2026, 6, 1)))) == (
        date(2026, 1, 31),
        date(2026, 3, 3),
    )


def test_a_span_that_fits_is_not_cut() -> None:
    assert list(issued_date_spans(date(2026, 10, 1), date(2026, 11, 1))) == [
        (date(2026, 10, 1), date(2026, 11, 1))
    ]


@pytest.mark.parametrize("end", [date(2026, 10, 5), date(2026, 10, 4)])
def test_nothing_is_asked_for_an_empty_or_reversed_interval(end: date) -> None:
    assert list(issued_date_spans(date(2026, 10, 5), end)) == []
