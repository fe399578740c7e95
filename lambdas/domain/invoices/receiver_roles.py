"""The roles in which an account receives invoices, by which AWS can be asked since 2026-05-07.

Source: the botocore model `invoicing` 2024-12-01, `InvoiceSummariesFilter.ReceiverRole`.
"""

from collections.abc import Collection, Iterable
from datetime import date

ROLES = ("SELLER", "RESELLER", "BUYER")
_PREFIX = "receiver_role_"
FIRST_DAY = date(2025, 6, 1)
"""AWS refuses to be asked by role for what was issued before."""
_MOST_YEARS = 5


def listing_of(role: str) -> str:
    """The name of the listing by a role in sightings."""
    return f"{_PREFIX}{role.lower()}"


def is_of_role(listing: str) -> bool:
    return listing.startswith(_PREFIX)


def only_roles(listings: Collection[str]) -> tuple[str, ...]:
    """The roles whose listings show an invoice that no other listing shows; empty for any other."""
    if not all(map(is_of_role, listings)):
        return ()
    return tuple(role for role in ROLES if listing_of(role) in listings)


def roles_of_sightings(sightings: Iterable[Collection[str]]) -> tuple[str, ...]:
    """The same for all sightings of an invoice together."""
    return only_roles({listing for listings in sightings for listing in listings})


def asked_from(start: date, end: date) -> date | None:
    """The first day that one question by role, up to `end` (excluded), may be about; None where
    there is none.
    """
    earliest = max(start, FIRST_DAY, _years_before(end))
    return earliest if earliest < end else None


def _years_before(day: date) -> date:
    year = day.year - _MOST_YEARS
    is_leap_day = (day.month, day.day) == (2, 29)
    return date(year, 3, 1) if is_leap_day else day.replace(year=year)
