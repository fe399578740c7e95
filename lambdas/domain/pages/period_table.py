"""Billing periods as a table, on the archive's page and on each period's."""

from collections.abc import Iterable

from lambdas.domain.archive_layout import period_page_key
from lambdas.domain.pages.frame import NOTHING, cell, table, verdict_mark
from lambdas.domain.pages.html import Html, element, name
from lambdas.domain.pages.links import Links
from lambdas.domain.period_digest import PeriodDigest
from lambdas.domain.plain_words import money, period_name, verdict_name

_HEADINGS = ("Billing period", "Verdict", "Payer accounts|", "Invoices|", "Documents|", "Totals|")


def period_table(caption: str, links: Links, periods: Iterable[PeriodDigest]) -> Html:
    """One row for each period, with a link to its page."""
    return table(caption, _HEADINGS, [_row(links, one) for one in periods], class_="periods")


def _row(links: Links, one: PeriodDigest) -> Html:
    totals = [
        element("span", money(value), " ", name(currency)) for currency, value in one.totals.items()
    ]
    page = links.to(period_page_key(one.billing_period), period_name(one.billing_period))
    return element(
        "tr",
        cell("Billing period", page),
        cell("Verdict", verdict_mark(verdict_name(one.verdict), one.verdict)),
        cell("Payer accounts", f"{one.settled:,} of {len(one.payers):,}", number=True),
        cell("Invoices", f"{one.archived:,} of {one.expected:,}", number=True),
        cell("Documents", f"{one.documents:,}", number=True),
        cell(
            "Totals", element("div", totals, class_="amounts") if totals else NOTHING, number=True
        ),
    )
