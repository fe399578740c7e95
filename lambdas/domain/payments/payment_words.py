"""The payment of invoices and credit memos in words."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

from lambdas.domain.day_names import day_name
from lambdas.domain.money import Amount
from lambdas.domain.money_text import money
from lambdas.domain.payments.financial_record import (
    CANCELED,
    OUTSTANDING,
    PAID,
    PROCESSING,
    FinancialRecord,
)
from lambdas.domain.payments.open_payments import OpenPayments, totals_of
from lambdas.domain.visible_text import shown
from lambdas.domain.words import counted, listed

PAST_DUE, _OTHER = "Past due", "Other"
_STATES = {
    PAID: ("Paid", "Applied"),
    PROCESSING: ("In process", "Being applied"),
    OUTSTANDING: ("Not due yet", "Not applied yet"),
    PAST_DUE: (PAST_DUE, PAST_DUE),
    CANCELED: ("Canceled", "Canceled"),
    _OTHER: (_OTHER, _OTHER),
}
"""The states of payment of an invoice and of a credit memo, in words."""


def payment_text(record: FinancialRecord, day: date) -> str:
    """The payment status on a day: `paid 12 November 2026`, `past due since 4 December 2026`."""
    on = f" {day_name(record.closed_on)}" if record.closed_on else ""
    if record.is_past_due_on(day):
        if record.due_date is None or record.due_date >= day:  # AWS says so
            return "past due"
        return f"past due since {day_name(record.due_date + timedelta(days=1))}"
    if record.is_outstanding:
        return "not paid yet" if record.is_invoice else "not applied yet"
    if record.status == PAID:
        what = "paid" if record.is_invoice else "applied"
        return f"{what}{' late,' if record.was_paid_late else ''}{on}"
    words = {PROCESSING: "in process", CANCELED: f"canceled{on}"}
    return words.get(record.status, shown(record.status))


def by_state(records: Iterable[FinancialRecord], day: date) -> dict[str, list[FinancialRecord]]:
    """Invoices, or credit memos, by their state of payment on a day, in words. A status that nobody
    knows yet is `Other`; states without a record are left out.
    """
    found: dict[str, list[FinancialRecord]] = {status: [] for status in _STATES}
    for one in records:
        status = PAST_DUE if one.is_past_due_on(day) else one.status
        found[status if status in _STATES else _OTHER].append(one)
    return {
        _STATES[status][0 if held[0].is_invoice else 1]: held
        for status, held in found.items()
        if held
    }


def past_due_text(payments: OpenPayments, day: date, code: Callable[[str], str] = shown) -> str:
    """`3 invoices are past due: 12,450.10 EUR and 99.00 USD.`, or that nothing is; if a payer
    account's status may be old, as far as is known. `code` makes a currency's code safe to be
    shown.
    """
    past_due = payments.past_due(day)
    known = "past due, as far as is known" if payments.may_be_old else "past due"
    if not past_due:
        return f"Nothing is {known}."
    return f"{invoices_are(len(past_due))} {known}: {amounts_text(totals_of(past_due), code)}."


def invoices_are(count: int) -> str:
    """`1 invoice is`, `3 invoices are`."""
    return f"{counted(count, 'invoice')} {'is' if count == 1 else 'are'}"


def amounts_text(totals: Sequence[Amount], code: Callable[[str], str] = shown) -> str:
    """`12,450.10 EUR and 99.00 USD`."""
    return listed(f"{money(one.value, one.currency)} {code(one.currency)}" for one in totals)
