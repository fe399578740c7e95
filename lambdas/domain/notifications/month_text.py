"""The state of a billing period in words, for e-mail and chat."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta

from lambdas.domain.close.open_items import no_action_until
from lambdas.domain.day_names import day_name, period_name
from lambdas.domain.money import Amount
from lambdas.domain.money_text import money
from lambdas.domain.notifications.accepted import accepted_findings
from lambdas.domain.notifications.reasons import Notification, needing
from lambdas.domain.notifications.report import PERIOD_WORDS, plain_name
from lambdas.domain.verdict_words import PayerVerdict
from lambdas.domain.words import counted, listed

_ACCOUNT_GAPS: Mapping[PayerVerdict, tuple[str, str]] = {
    "NO_ACCESS": ("cannot be read", "cannot be read"),
    "NOT_CHECKED": ("was not checked", "were not checked"),
    "MISSING": ("is missing an expected invoice", "are missing an expected invoice"),
}
"""The gap of a payer account with this verdict, and of several."""


def headline(one: Notification) -> str:
    """`AWS invoices October 2026: 1 of 143 outstanding`."""
    return f"AWS invoices {period_name(one.manifest.billing_period)}: {_state(one)}"


def _state(one: Notification) -> str:
    if one.manifest.verdict != "ACTION_REQUIRED":
        return PERIOD_WORDS[one.manifest.verdict]
    overdue = ", overdue" if one.is_overdue else ""
    if one.manifest.findings:
        return f"archive damaged{overdue}"
    if one.open.invoices:
        return f"{one.open.invoices:,} of {one.open.expected:,} outstanding{overdue}"
    accounts = len(needing(one.manifest))
    if not accounts:
        return f"{PERIOD_WORDS['ACTION_REQUIRED']}{overdue}"
    verb = "needs" if accounts == 1 else "need"
    return f"{counted(accounts, 'payer account')} {verb} action{overdue}"


def sentence(one: Notification) -> str:
    """The state of the period in one sentence."""
    name = period_name(one.manifest.billing_period)
    if one.manifest.verdict == "COMPLETE":
        return f"{name} is complete: {_archived(one)}."
    if one.manifest.verdict == "AWAITING":
        return f"{name} is awaiting invoices: {_awaited(one)}"
    was_complete = one.before is not None and one.before.verdict == "COMPLETE"
    state = "no longer complete" if was_complete else "not complete"
    gaps = list(_gaps(one)) or [PERIOD_WORDS["ACTION_REQUIRED"]]
    return f"{name} is {state}: {listed(gaps)}{_deadline(one)}."


def totals(amounts: tuple[Amount, ...]) -> str:
    """The outstanding amounts, one total per currency."""
    shown = listed(amount_text(one) for one in amounts)
    return f"Outstanding: {shown} (listed by AWS, PDF outstanding)"


def amount_text(amount: Amount) -> str:
    return f"{plain_name(amount.currency)} {money(amount.value, amount.currency)}"


def _archived(one: Notification) -> str:
    expected = one.open.expected
    archived = min(expected, sum(payer.archived for payer in one.manifest.payers))
    if not expected:
        text = "AWS lists no invoices"
    elif archived < expected:
        verb = "is" if archived == 1 else "are"
        text = f"{archived:,} of {counted(expected, 'invoice')} {verb} archived"
    else:
        text = (
            "its invoice is archived"
            if expected == 1
            else f"all {expected:,} invoices are archived"
        )
    accepted = accepted_findings(one.manifest, one.as_of)
    return f"{text}; {accepted}" if accepted else text


def _awaited(one: Notification) -> str:
    until = no_action_until(one.last_day + timedelta(days=1))
    state = _outstanding(one) if one.open.invoices else "nothing is outstanding, more may come"
    return f"{state}. {until}"


def _outstanding(one: Notification) -> str:
    verb = "is" if one.open.invoices == 1 else "are"
    return f"{one.open.invoices:,} of {counted(one.open.expected, 'invoice')} {verb} outstanding"


def _gaps(one: Notification) -> Iterator[str]:
    if one.manifest.findings:
        yield "its part of the archive is damaged"
    if one.open.invoices:
        yield _outstanding(one)
    verdicts = Counter(payer.verdict for payer in one.manifest.payers)
    for verdict, (of_one, of_several) in _ACCOUNT_GAPS.items():
        if count := verdicts[verdict]:
            yield f"{counted(count, 'payer account')} {of_one if count == 1 else of_several}"
    partial = verdicts["PARTIAL"]
    if partial and not one.open.invoices:
        verb = "is" if partial == 1 else "are"
        yield f"{counted(partial, 'payer account')} {verb} missing a document"


def _deadline(one: Notification) -> str:
    if one.is_overdue:
        return f", {counted(one.days_late, 'day')} after the deadline of {day_name(one.last_day)}"
    return f"; the deadline is {day_name(one.last_day)}"
