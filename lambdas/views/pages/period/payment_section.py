"""The payment status on a period's page, as AWS Payments showed it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

from lambdas.domain.day_names import day_name
from lambdas.domain.json_text import read_instant
from lambdas.domain.money import Amount, sums
from lambdas.domain.payments.financial_record import FinancialRecord
from lambdas.domain.payments.open_payments import OpenPayment, OpenPayments
from lambdas.domain.payments.payment_words import (
    PAST_DUE,
    amounts_text,
    by_state,
    payment_text,
)
from lambdas.domain.words import counted
from lambdas.views.pages.frame import (
    NOTHING,
    amount_left,
    amounts,
    cell,
    day_mark,
    first_and_more,
    folded,
    section,
    table,
)
from lambdas.views.pages.html import Content, Html, element, name
from lambdas.views.pages.period.context import ELSEWHERE, NOT_ARCHIVED, PeriodContext

_MOST_SHOWN, _MOST_LISTED, _MOST_REASONS = 20, 200, 3
_CLASS = "payments of-period"
_TOTALS = ("Invoices", "Number|", "Amount|", "Outstanding|")
_OPEN = ("Invoice", "Payer account", "Seller", "Terms", "Due", "Outstanding|")


def payment_section(page: PeriodContext) -> Html | None:
    """The section; None if AWS Payments was never asked for the period."""
    if page.payments is None or not page.payments.payers:
        return None
    payments = OpenPayments.of([page.payments])
    return section(
        "Payment status",
        _totals(page),
        _past_due(page, payments.past_due(page.day)),
        _not_due(page, payments.to_pay(page.day)),
        *_remarks(page),
        name="payment-status",
        note=_note(page),
    )


def _note(page: PeriodContext) -> str:
    as_of = page.payments.as_of if page.payments else None
    if not as_of:
        return "AWS Payments has not answered yet."
    day = day_name(read_instant(as_of).date())
    return (
        f"As AWS Payments shows it; last changed on {day}. It changes daily and is not evidence. "
        "The amounts are AWS's own and are not part of the totals above."
    )


def _totals(page: PeriodContext) -> Html | None:
    """A row for each state of payment, with its amounts per currency; None without invoices."""
    if not page.payment_records and page.payments and page.payments.as_of:
        return element("p", "AWS Payments has no invoice or credit memo of this month.")
    states = by_state((one for one in page.payment_records if one.is_invoice), page.day)
    rows = [_state_row(label, held) for label, held in states.items()]
    if not rows:
        return None
    return table("Invoices by payment status", _TOTALS, rows, class_="payment-totals")


def _state_row(label: str, held: Sequence[FinancialRecord]) -> Html:
    is_bad, lefts = label == PAST_DUE, (one.outstanding for one in held)
    return element(
        "tr",
        cell("Invoices", element("strong", label) if is_bad else label),
        cell("Number", f"{len(held):,}", number=True),
        cell("Amount", _sums(one.amount for one in held), number=True),
        cell("Outstanding", _sums(left for left in lefts if left.value), number=True),
        class_="outstanding" if is_bad else None,
    )


def _sums(held: Iterable[Amount]) -> Content:
    totals = {one.currency: one.value for one in sums(held)}
    return amounts(totals, sorted(totals))


def _past_due(page: PeriodContext, payments: Sequence[OpenPayment]) -> Content:
    if not payments:
        return None
    rows = [_open_row(page, one) for one in payments[:_MOST_LISTED]]
    return [
        element("h3", "Past due"),
        first_and_more(
            "Past due", _OPEN, rows, most=_MOST_SHOWN, noun="more invoice", class_=_CLASS
        ),
        _rest(payments),
    ]


def _not_due(page: PeriodContext, payments: Sequence[OpenPayment]) -> Content:
    if not payments:
        return None
    rows = [_open_row(page, one) for one in payments[:_MOST_LISTED]]
    label = f"{counted(len(payments), 'invoice')} not due yet"
    return folded(label, [table("Not due yet", _OPEN, rows, class_=_CLASS), _rest(payments)])


def _rest(payments: Sequence[OpenPayment]) -> Html | None:
    """The number of those that are not listed; the rows of invoices have their payment too."""
    more = len(payments) - _MOST_LISTED
    if more <= 0:
        return None
    text = f"{counted(more, 'more invoice')} in the lists of the payer accounts below."
    return element("p", text, class_="note")


def _open_row(page: PeriodContext, one: OpenPayment) -> Html:
    record = one.record
    is_past_due = record.is_past_due_on(page.day)
    return element(
        "tr",
        cell("Invoice", _invoice(page, record)),
        cell("Payer account", _payer(page, one.payer_account_id)),
        cell("Seller", name(record.seller)),
        cell("Terms", name(record.payment_terms) if record.payment_terms else NOTHING),
        cell("Due", _due(record.due_date, is_past_due=is_past_due)),
        cell("Outstanding", amount_left(record.outstanding, record.amount), number=True),
        class_="outstanding" if is_past_due else None,
    )


def _due(day: date | None, *, is_past_due: bool) -> Content:
    return day_mark(day, is_deadline=is_past_due) if day else NOTHING


def _payer(page: PeriodContext, account_id: str) -> Html:
    payer = page.now.payer_of.get(account_id)
    return page.account(account_id, payer.name if payer else "")


def _invoice(page: PeriodContext, record: FinancialRecord) -> Content:
    """The invoice's id as a link to its document, or with the remark that there is none."""
    if document := page.document_of(record.invoice_id):
        return page.links.to(document, name(record.invoice_id))
    remark = page.absence_of(record.invoice_id)
    return [name(record.invoice_id), " ", element("span", remark, class_="kind")]


def _remarks(page: PeriodContext) -> Iterator[Html]:
    """Further facts, one line each."""
    records = page.payment_records
    if late := [one for one in records if one.was_paid_late]:
        yield _line("Paid late", late, _late_text)
    memos = by_state((one for one in records if not one.is_invoice), page.day)
    for label, held in memos.items():
        text = f"{counted(len(held), 'credit memo')}, {amounts_text(_amounts_in_state(held))}"
        yield element("p", f"{label}: {text}.", class_="tally")
    for absence in (NOT_ARCHIVED, ELSEWHERE):
        if absent := [one for one in records if page.absence_of(one.invoice_id) == absence]:
            label = absence.capitalize()
            yield _line(label, absent, lambda one: payment_text(one, page.day))
    yield from _not_read(page)


def _not_read(page: PeriodContext) -> Iterator[Html]:
    """The reasons why records may be missing or old, folded if they are many."""
    payers = page.payments.payers if page.payments else ()
    lines = [
        element(
            "p",
            "AWS Payments was not read for ",
            _payer(page, one.payer_account_id),
            f": {one.not_read}",
            class_="note",
        )
        for one in payers
        if one.not_read
    ]
    if len(lines) <= _MOST_REASONS:
        yield from lines
    else:
        accounts = counted(len(lines), "payer account")
        yield folded(f"AWS Payments was not read for {accounts}", lines)


def _line(
    label: str, records: Sequence[FinancialRecord], text: Callable[[FinancialRecord], str]
) -> Html:
    """`Paid late: 42 (12 December 2026, due 3 December 2026), 43 (…) and 7 more.`"""
    first, more = records[:_MOST_SHOWN], len(records) - _MOST_SHOWN
    parts: list[Content] = []
    for number, one in enumerate(first):
        parts += [", " if number else "", name(one.invoice_id), f" ({text(one)})"]
    rest = f" and {more:,} more" if more > 0 else ""
    return element("p", element("span", f"{label}: "), parts, f"{rest}.", class_="tally")


def _late_text(record: FinancialRecord) -> str:
    days = (record.closed_on, record.due_date)
    return ", due ".join(day_name(one) for one in days if one)


def _amounts_in_state(records: Iterable[FinancialRecord]) -> list[Amount]:
    """One total per currency: of what is outstanding only the rest, else the whole amounts."""
    return sums(one.outstanding if one.is_outstanding else one.amount for one in records)
