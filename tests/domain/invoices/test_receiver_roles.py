from datetime import date

import pytest

from lambdas.domain.invoices.receiver_roles import ROLES, asked_from, listing_of, only_roles


@pytest.mark.parametrize(
    ("start", "end", "first"),
    [
        (date(2026, 9, 1), date(2026, 11, 17), date(2026, 9, 1)),
        (date(2024, 3, 1), date(2026, 11, 17), date(2025, 6, 1)),
        (date(2024, 3, 1), date(2031, 7, 2), date(2026, 7, 2)),
        (date(2024, 3, 1), date(2032, 2, 29), date(2027, 3, 1)),
        (date(2024, 3, 1), date(2025, 6, 1), None),
        (date(2026, 9, 1), date(2026, 9, 1), None),
    ],
)
def test_a_question_by_role_is_about_five_years_and_nothing_before_june_2025(
    start: date, end: date, first: date | None
) -> None:
    assert asked_from(start, end) == first


def test_an_invoice_is_a_roles_only_where_no_other_listing_shows_it() -> None:
    every = [listing_of(role) for role in reversed(ROLES)]
    assert only_roles(every) == ROLES
    assert only_roles([listing_of("BUYER")]) == ("BUYER",)
    assert only_roles(["billing_period", *every]) == ()
