"""The differences on a period's page: from the month before, and after archiving."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from lambdas.domain.day_names import month_name, period_name
from lambdas.domain.money_text import money, money_change
from lambdas.domain.words import counted
from lambdas.views.comparison import (
    PAYER_GONE,
    PAYER_NEW,
    Change,
    archive_changes,
    since_period_before,
)
from lambdas.views.digest import PeriodDigest
from lambdas.views.pages.frame import NOTHING, cell, first_and_more, folded, section, table
from lambdas.views.pages.html import Content, Html, element, name
from lambdas.views.pages.period.context import PeriodContext
from lambdas.views.pages.period.late import Late, arrived_late, late_section
from lambdas.views.provisional import open_currencies
from lambdas.views.wording import code_name

_MOST_SHOWN = 10
"""Differences shown at once; the rest is folded."""
_NEW, _GONE, _CHANGED = "New", "Not in this month", "Changed"
_OPEN = "Provisional"
_LABELS = {PAYER_NEW: _NEW, PAYER_GONE: _GONE}


def differences(page: PeriodContext) -> Iterator[Html | None]:
    late = list(arrived_late(page.manifest))
    yield late_section(page, late)
    if page.before and not page.now.is_in_progress:
        yield _since(page, page.before)
    yield _changed(page, late)


def _since(page: PeriodContext, before: PeriodDigest) -> Html:
    month = period_name(before.billing_period)
    changes = sorted(
        since_period_before(before, page.now), key=lambda one: _order(page, before, one)
    )
    headings = (
        "Payer account", "Type", f"{month_name(before.billing_period)}|",
        f"{month_name(page.period)}|", "Change|", "In %|",
    )  # fmt: skip
    rows = [_row(page, before, change, headings) for change in changes]
    content: Content = element("p", "The payer accounts and their totals are the same.")
    if rows:
        caption = f"Payer accounts against {month}"
        content = first_and_more(
            caption, headings, rows, most=_MOST_SHOWN, noun="more change", class_="since"
        )
    return section(
        f"Changes since {month}", content, name="since",
        note=" ".join(_notes(before, changes)) or None,
    )  # fmt: skip


def _order(page: PeriodContext, before: PeriodDigest, change: Change) -> int:
    """New and missing payer accounts first, then new and missing invoices, then the others in the
    order that they have.
    """
    if change.code in _LABELS:
        return 0
    return 1 if _invoices(page, before, change.payer_account_id) else 2


def _notes(before: PeriodDigest, changes: Sequence[Change]) -> Iterator[str]:
    if not before.is_complete:
        yield f"{period_name(before.billing_period)} is not complete."
    for label in (_NEW, _GONE):
        whose = {one.payer_account_id for one in changes if _LABELS.get(one.code) == label}
        if whose:
            yield f"{label}: {counted(len(whose), 'payer account')}."
    if len(changes) > 1:
        yield (
            "New and missing accounts and invoices come first, then the largest changes in per "
            "cent."
        )


def _invoices(page: PeriodContext, before: PeriodDigest, account_id: str) -> str:
    """`1 invoice fewer`; empty for the same number, or if either is unknown."""
    was, now = before.payer_of.get(account_id), page.now.payer_of.get(account_id)
    if was is None or now is None or was.expected == now.expected:
        return ""
    more = now.expected - was.expected
    noun = "invoice" if abs(more) == 1 else "invoices"
    return f"{abs(more):,} {noun} {'more' if more > 0 else 'fewer'}"


def _row(
    page: PeriodContext, before: PeriodDigest, change: Change, headings: Sequence[str]
) -> Html:
    currency = change.currency
    change_text: Content = NOTHING
    if change.difference is not None:
        change_text = [money_change(change.difference, currency), " ", name(currency)]
    cells = (
        _amount(change, change.before, before),
        _amount(change, change.now, page.now),
        change_text,
        _percent(change.percent),
    )
    return element(
        "tr",
        cell("Payer account", page.payer(change)),
        cell("Type", _type(page, before, change)),
        (
            cell(heading.rstrip("|"), content, number=True)
            for heading, content in zip(headings[2:], cells, strict=True)
        ),
    )


def _type(page: PeriodContext, before: PeriodDigest, change: Change) -> Content:
    """The kind of a difference; a total that an outstanding invoice may change is provisional."""
    if change.code in _LABELS:
        return element("strong", _LABELS[change.code])
    is_open = change.currency in open_currencies(page.now, page.before, change.payer_account_id)
    label = _OPEN if is_open else _CHANGED
    invoices = _invoices(page, before, change.payer_account_id)
    return [label, [" ", element("span", invoices, class_="kind")] if invoices else None]


def _percent(percent: Decimal | None) -> str:
    if percent is None:
        return NOTHING
    rounded = round(percent, 1)
    text = f"{abs(rounded):,.1f}"
    sign = "" if not rounded else "+" if rounded > 0 else "\N{MINUS SIGN}"
    return f"{sign}{text} %"


def _amount(change: Change, amount: Decimal | None, period: PeriodDigest) -> Content:
    """The total of a period, marked if it is not whole."""
    total: Content = NOTHING
    if amount is not None:
        total = [money(amount, change.currency), " ", name(change.currency)]
    account_id = change.payer_account_id
    if account_id not in period.payer_of or change.currency not in open_currencies(
        period, None, account_id
    ):
        return total
    return [total, " ", element("span", "provisional", class_="kind")]


def _changed(page: PeriodContext, late: Sequence[Late]) -> Html | None:
    """Changes of archived invoices, without what came after the close."""
    shown = {(one.payer.payer_account_id, one.finding.code, one.finding.detail) for one in late}
    changes = [
        one
        for one in archive_changes(page.manifest)
        if (one.payer_account_id, one.code, one.detail) not in shown
    ]
    if not changes:
        return None
    headings = ("Payer account", "Type", "Invoice or file", "Details")
    rows = [
        element(
            "tr",
            cell(headings[0], page.payer(change)),
            cell(headings[1], element("strong", code_name(change.code))),
            cell(headings[2], page.subject(change.subject)),
            cell(headings[3], change.detail),
        )
        for change in changes
    ]
    return section(
        "Changed after archiving",
        folded(counted(len(rows), "change"), table("Changes", headings, rows, class_="changes")),
        name="changed",
        note="Nothing was overwritten: the first version stays in the archive.",
    )
