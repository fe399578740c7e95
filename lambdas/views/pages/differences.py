"""The differences on a period's page: from the month before, and after archiving."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from lambdas.domain.day_names import period_name
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
from lambdas.views.pages.frame import NOTHING, cell, folded, section, table
from lambdas.views.pages.html import Content, Html, element, name
from lambdas.views.pages.period_context import PeriodContext
from lambdas.views.provisional import open_currencies, provisional
from lambdas.views.wording import code_name

_MOST_SHOWN = 20
"""Differences shown at once; the rest is folded."""
_NEW, _GONE, _CHANGED = "New", "No longer here", "Changed"
_NOT_ARCHIVED = "Not archived yet"
_LABELS = {PAYER_NEW: _NEW, PAYER_GONE: _GONE}


def differences(page: PeriodContext) -> Iterator[Html]:
    if page.before and not page.now.is_in_progress:
        yield _since(page, page.before)
    if changes := list(archive_changes(page.manifest)):
        yield _changed(page, changes)


def _since(page: PeriodContext, before: PeriodDigest) -> Html:
    month = period_name(before.billing_period)
    changes = since_period_before(before, page.now)
    notes = []
    if not before.is_complete:
        notes.append(f"{month} itself is not complete, so this is provisional.")
    for label in (_NEW, _GONE, _NOT_ARCHIVED):
        whose = {c.payer_account_id for c in changes if _label(page, c) == label}
        if whose:
            notes.append(f"{label}: {counted(len(whose), 'payer account')}.")
    headings = ("Payer account", "What", f"{month}|", f"{period_name(page.period)}|", "Difference|")
    rows = [_money_row(page, before, change, headings) for change in changes]
    content: Content = element("p", "The payer accounts and their totals are the same.")
    if rows:
        caption = f"Payer accounts against {month}"
        content = [
            table(caption, headings, rows[:_MOST_SHOWN], class_="since"),
            _more(caption, headings, rows[_MOST_SHOWN:]),
        ]
        notes.append("New and missing ones come first, then the largest change in per cent.")
    return section(f"Since {month}", content, name="since", note=" ".join(notes) or None)


def _more(caption: str, headings: tuple[str, ...], rows: Sequence[Html]) -> Html | None:
    if not rows:
        return None
    more = table(f"{caption}, continued", headings, rows, class_="since")
    return folded(counted(len(rows), "more difference"), more)


def _changed(page: PeriodContext, changes: Sequence[Change]) -> Html:
    headings = ("Payer account", "What", "Invoice or file", "What is known")
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
        "Changed after it was archived",
        folded(counted(len(rows), "change"), table("Changes", headings, rows)),
        name="changed",
        note="Nothing was overwritten: what was archived first is still there.",
    )


def _label(page: PeriodContext, change: Change) -> str:
    """The kind of a difference; a total that is not whole counts as not archived yet."""
    if change.code in _LABELS:
        return _LABELS[change.code]
    is_open = change.currency in open_currencies(page.now, page.before, change.payer_account_id)
    return _NOT_ARCHIVED if is_open else _CHANGED


def _money_row(
    page: PeriodContext, before: PeriodDigest, change: Change, headings: Sequence[str]
) -> Html:
    change_text: Content = NOTHING
    if change.difference is not None:
        change_text = [money_change(change.difference, change.currency), " ", name(change.currency)]
    amounts = (
        _amount(change, change.before, before),
        _amount(change, change.now, page.now),
        change_text,
    )
    return element(
        "tr",
        cell("Payer account", page.payer(change)),
        cell("What", element("strong", _label(page, change))),
        (
            cell(heading.rstrip("|"), amount, number=True)
            for heading, amount in zip(headings[2:], amounts, strict=True)
        ),
    )


def _amount(change: Change, amount: Decimal | None, period: PeriodDigest) -> Content:
    """The total of a period, with a remark if it is not whole."""
    total: Content = NOTHING
    if amount is not None:
        total = [money(amount, change.currency), " ", name(change.currency)]
    account_id = change.payer_account_id
    payer = period.payer_of.get(account_id)
    if payer is None or change.currency not in open_currencies(period, None, account_id):
        return total
    return [total, " ", element("span", provisional(payer), class_="kind")]
