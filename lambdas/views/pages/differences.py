"""The differences on a period's page: from the month before, and after archiving."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Context, Decimal

from lambdas.domain.day_names import period_name
from lambdas.domain.money_text import money, money_change
from lambdas.domain.words import counted
from lambdas.views.comparison import (
    PAYER_GONE,
    PAYER_NEW,
    Change,
    archive_changes,
    difference,
    provisional,
    since_period_before,
)
from lambdas.views.digest import PeriodDigest
from lambdas.views.pages.frame import NOTHING, cell, folded, section, table
from lambdas.views.pages.html import Content, Html, element, name
from lambdas.views.pages.period_context import PeriodContext
from lambdas.views.wording import code_name

_MOST_SHOWN = 20
"""Differences shown at once; the rest is folded."""
_ENOUGH_DIGITS = Context(prec=28)
_NEW, _GONE, _CHANGED = "New", "No longer here", "Changed"
_NOT_ARCHIVED = "Not archived yet"
_LABELS = {PAYER_NEW: _NEW, PAYER_GONE: _GONE}


def differences(page: PeriodContext) -> Iterator[Html]:
    if page.before:
        yield _since(page, page.before)
    if changes := list(archive_changes(page.manifest)):
        yield _changed(page, changes)


def _since(page: PeriodContext, before: PeriodDigest) -> Html:
    month = period_name(before.billing_period)
    changes = _largest_first(list(since_period_before(before, page.now)), before, page.now)
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
        notes.append("What weighs most in the total of its currency comes first.")
    return section(f"Since {month}", content, name="since", note=" ".join(notes) or None)


def _more(caption: str, headings: tuple[str, ...], rows: Sequence[Html]) -> Html | None:
    if not rows:
        return None
    more = table(f"{caption}, continued", headings, rows, class_="since")
    return folded(counted(len(rows), "more difference"), more)


def _largest_first(
    changes: Sequence[Change], before: PeriodDigest, now: PeriodDigest
) -> list[Change]:
    """Sort differences by their share of the currency's total, since amounts of different
    currencies cannot be compared.
    """
    totals = {
        currency: max(abs(one.totals.get(currency, Decimal(0))) for one in (before, now))
        for currency in before.totals.keys() | now.totals.keys()
    }
    return sorted(
        changes, key=lambda one: (-_share(one, totals), one.payer_account_id, one.currency)
    )


def _share(change: Change, totals: Mapping[str, Decimal]) -> Decimal:
    amount, total = difference(change.before, change.now), totals.get(change.currency)
    return _ENOUGH_DIGITS.divide(abs(amount), total) if amount and total else Decimal(0)


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
    return _CHANGED if page.now.has_whole_totals(change.payer_account_id) else _NOT_ARCHIVED


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
    payer = period.payer_of.get(change.payer_account_id)
    if payer is None or period.has_whole_totals(payer.payer_account_id):
        return total
    return [total, " ", element("span", provisional(payer), class_="kind")]
