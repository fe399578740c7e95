"""The roles in which an account receives invoices. AWS lists by role since 2026-05-07.

Source: the botocore model `invoicing` 2024-12-01, `InvoiceSummariesFilter.ReceiverRole`.
"""

from collections.abc import Collection, Iterable
from datetime import date

ROLES = ("SELLER", "RESELLER", "BUYER")
_PREFIX = "receiver_role_"
FIRST_DAY = date(2025, 6, 1)
"""The first issued date by role; AWS refuses earlier ones."""
_MOST_YEARS = 5


def listing_of(role: str) -> str:
    """The name in sightings of the listing by a role."""
    return f"{_PREFIX}{role.lower()}"


def is_of_role(listing: str) -> bool:
    return listing.startswith(_PREFIX)


def only_roles(listings: Collection[str]) -> tuple[str, ...]:
    """The roles whose listings alone show an invoice; empty if any other listing shows it too."""
    if not all(map(is_of_role, listings)):
        return ()
    return tuple(role for role in ROLES if listing_of(role) in listings)


def roles_of_sightings(sightings: Iterable[Collection[str]]) -> tuple[str, ...]:
    """The same roles for all sightings of an invoice together."""
    return only_roles({listing for listings in sightings for listing in listings})


def asked_from(start: date, end: date) -> date | None:
    """The first day that one request by role up to `end` (excluded) may cover; None if there is
    none.
    """
    earliest = max(start, FIRST_DAY, _years_before(end))
    return earliest if earliest < end else None


def _years_before(day: date) -> date:
    year = day.year - _MOST_YEARS
    is_leap_day = (day.month, day.day) == (2, 29)
    return date(year, 3, 1) if is_leap_day else day.replace(year=year)
