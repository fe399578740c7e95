"""Billing periods as a table, on the archive's page and on each period's."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.day_names import month_name, period_name
from lambdas.domain.evidence.archive_layout import ledger_workbook_key, period_page_key
from lambdas.views.digest import PeriodDigest
from lambdas.views.pages.frame import (
    NOTHING,
    amounts,
    cell,
    table,
    verdict_mark,
)
from lambdas.views.pages.html import Content, Html, element
from lambdas.views.pages.links import Links
from lambdas.views.provisional import provisional_in
from lambdas.views.wording import verdict_name

TOTALS = "Net invoiced"
"""The heading of totals."""
UNREAD = "Cannot be read"
"""In place of the status of a period that has a folder but no readable status."""
_NO_FOLDER = "No folder"
_HEADINGS = (
    "Billing period", "Status", "Payer accounts|", "Invoices|", "Outstanding|", "Ledger",
    f"{TOTALS}|",
)  # fmt: skip


def period_table(caption: str, links: Links, periods: Sequence[PeriodDigest]) -> Html:
    """One row for each period, with links to its page and its ledger."""
    known = {one.billing_period: one for one in periods}
    rows = [_row(links, one, known) for one in periods]
    return table(caption, _HEADINGS, rows, class_="periods")


def year_table(
    caption: str,
    links: Links,
    months: Iterable[BillingPeriod],
    periods: Sequence[PeriodDigest],
    unread: Collection[BillingPeriod],
) -> Html:
    """One row for each of these months, also for months that are not in the archive.

    Consecutive months without a folder are one row.
    """
    known = {one.billing_period: one for one in periods}
    rows: list[Html] = []
    for is_gap, group in groupby(months, lambda month: month not in known and month not in unread):
        if is_gap:
            rows.append(_gap(list(group)))
            continue
        for month in group:
            one = known.get(month)
            rows.append(_row(links, one, known) if one else _unread_row(month))
    return table(caption, _HEADINGS, rows, class_="periods")


def _row(links: Links, one: PeriodDigest, known: Mapping[BillingPeriod, PeriodDigest]) -> Html:
    period = period_name(one.billing_period)
    remark = provisional_in(one, known.get(one.billing_period.shifted(-1)))
    return _cells(
        links.to(period_page_key(one.billing_period), period),
        verdict_mark(verdict_name(one.verdict), one.verdict),
        f"{one.payers_complete:,} of {len(one.payers):,}",
        f"{one.archived:,} of {one.expected:,}",
        f"{one.outstanding:,}" if one.outstanding else NOTHING,
        links.to(ledger_workbook_key(one.billing_period), "Excel", what=f"Ledger of {period}"),
        [
            amounts(one.totals, sorted(one.totals)),
            element("span", remark, class_="kind") if remark else None,
        ],
    )


def _unread_row(month: BillingPeriod) -> Html:
    return _cells(period_name(month), verdict_mark(UNREAD, UNREAD), *5 * [NOTHING])


def _gap(months: list[BillingPeriod]) -> Html:
    """One row for `months`, latest first."""
    last, *_ = months
    span = period_name(last)
    if len(months) > 1:
        span = f"{month_name(months[-1])} to {span}"
    return _cells(span, element("span", _NO_FOLDER, class_="verdict plain"), *5 * [NOTHING])


def _cells(*contents: Content) -> Html:
    return element("tr", _labelled(contents))


def _labelled(contents: Iterable[Content]) -> Iterator[Html]:
    for heading, content in zip(_HEADINGS, contents, strict=True):
        yield cell(heading.rstrip("|"), content, number="|" in heading)
