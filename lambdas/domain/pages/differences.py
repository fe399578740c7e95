"""What is different on a period's page: against the month before, and after it was archived."""

from collections.abc import Iterator, Sequence

from lambdas.domain.changes import (
    PAYER_GONE,
    PAYER_NEW,
    TOTAL_CHANGED,
    Change,
    since_period_before,
    told,
)
from lambdas.domain.pages.frame import NOTHING, cell, folded, section, table
from lambdas.domain.pages.html import Html, element, name
from lambdas.domain.pages.period_context import PeriodContext
from lambdas.domain.period_digest import PeriodDigest
from lambdas.domain.plain_words import code_name, counted, money, money_change, period_name

_MOST_SHOWN = 20
"""Differences that are shown at once; more are a click away."""


def differences(page: PeriodContext) -> Iterator[Html]:
    if page.before:
        yield _since(page, page.before)
    if happened := list(told(page.manifest)):
        yield _changed(page, happened)


def _since(page: PeriodContext, before: PeriodDigest) -> Html:
    month = period_name(before.billing_period)
    changes = list(since_period_before(before, page.now))
    came = [change for change in changes if change.code == PAYER_NEW]
    went = [change for change in changes if change.code == PAYER_GONE]
    moved = [change for change in changes if change.code == TOTAL_CHANGED]
    notes = []
    if before.verdict != "COMPLETE":
        notes.append(f"{month} itself is not complete, so this is provisional.")
    if came:
        notes.append(f"New since then: {_payers(came)}.")
    if went:
        notes.append(f"No longer here: {_payers(went)}.")
    numbers = (f"{month}|", f"{period_name(page.period)}|", "Difference|")
    rows = [_money_row(page, change, numbers) for change in (*came, *went, *moved)]
    content = element("p", "The payer accounts and their totals are the same.")
    if rows:
        content = table(f"Payer accounts against {month}", ("Payer account", *numbers), rows)
    if len(rows) > _MOST_SHOWN:
        content = folded(f"By payer account: {counted(len(rows), 'difference')}", content)
    return section(f"Since {month}", content, name="since", note=" ".join(notes) or None)


def _changed(page: PeriodContext, happened: Sequence[Change]) -> Html:
    headings = ("Payer account", "What", "Invoice or file", "What is known")
    rows = [
        element(
            "tr",
            cell(headings[0], page.payer(change)),
            cell(headings[1], element("strong", code_name(change.code))),
            cell(headings[2], page.subject(change.subject)),
            cell(headings[3], change.detail),
        )
        for change in happened
    ]
    return section(
        "Changed after it was archived",
        folded(counted(len(rows), "change"), table("Changes", headings, rows)),
        name="changed",
        note="Nothing was overwritten: what was archived first is still there.",
    )


def _payers(changes: Sequence[Change]) -> str:
    return counted(len({change.payer_account_id for change in changes}), "payer account")


def _money_row(page: PeriodContext, change: Change, headings: Sequence[str]) -> Html:
    amounts = (change.before, change.now)
    written = [NOTHING if amount is None else money(amount) for amount in amounts]
    moved = change.difference
    written.append(NOTHING if moved is None else money_change(moved))
    return element(
        "tr",
        cell("Payer account", page.payer(change)),
        (
            cell(
                heading.rstrip("|"),
                amount,
                [" ", name(change.currency)] if amount != NOTHING else None,
                number=True,
            )
            for heading, amount in zip(headings, written, strict=True)
        ),
    )
