"""Invoices past due and due next over all billing periods, on the archive's page."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.day_names import day_name, period_name
from lambdas.domain.evidence.archive_layout import period_page_key
from lambdas.domain.json_text import read_instant
from lambdas.domain.payments.financial_record import FinancialRecord
from lambdas.domain.payments.open_payments import OpenPayment, OpenPayments, totals_of
from lambdas.domain.payments.payment_words import amounts_text, invoices_are, past_due_text
from lambdas.domain.words import counted, some_of
from lambdas.views.digest import PeriodDigest
from lambdas.views.pages.frame import (
    NOTHING,
    amount_left,
    amounts,
    cell,
    day_mark,
    fact,
    first_and_more,
    folded,
    section,
    table,
)
from lambdas.views.pages.html import Content, Html, element, name
from lambdas.views.pages.links import Links

_NAME = "payments"
_MOST_SHOWN, _MOST_LISTED = 20, 200
_MOST_CURRENCIES = 2
_NOT_DUE, _UNDATED = "Not due yet", "Past due, without a due date"
_AGES = {
    _NOT_DUE: 0,
    "1\u201330 days past due": 30,
    "31\u201360 days past due": 60,
    "61\u201390 days past due": 90,
    "More than 90 days past due": float("inf"),
    _UNDATED: 0,
}
"""The ages of unpaid invoices, and the most days since the due date."""
_AGE_HEADINGS = ("Age", "Invoices|", "Outstanding|")
_HEADINGS = ("Invoice", "Payer account", "Billing period", "Due", "Outstanding|")


class PaymentsOverview:
    """The open payments of all periods, as of a day, and the periods that the archive has."""

    def __init__(
        self, payments: OpenPayments | None, day: date | None, periods: Iterable[PeriodDigest]
    ) -> None:
        self._payments = payments if payments and payments.is_known else None
        self._day = day or date.min
        payers = {one.billing_period: one.payers for one in periods}
        self._known = payers.keys()
        self._names = {
            payer.payer_account_id: payer.name for held in payers.values() for payer in held
        }

    def fact(self) -> Html | None:
        """The figure in the page's head: how many invoices are past due."""
        if self._payments is None or self._payments.changed_at is None:
            return None
        past_due = self._payments.past_due(self._day)
        more = _few_totals(past_due) or (
            "as far as is known" if self._payments.may_be_old else None
        )
        return fact("Past due", f"{len(past_due):,}", f" {more}" if more else None)

    def sentence(self, links: Links) -> Content:
        """The sentence on what is past due, a link to the section; None if nothing is."""
        past_due = self._payments.past_due(self._day) if self._payments else ()
        if not past_due:
            return None
        return [links.inside(_NAME, f"{invoices_are(len(past_due))} past due"), "."]

    def section(self, links: Links) -> Html | None:
        """The section; None if AWS Payments was never asked."""
        if self._payments is None:
            return None
        past_due, to_pay = self._payments.past_due(self._day), self._payments.to_pay(self._day)
        return section(
            "Payments",
            element("p", self._lead(past_due, to_pay)),
            self._ages([*past_due, *to_pay]),
            element("h3", "Past due") if past_due else None,
            self._past_due(links, past_due),
            self._due_next(links, to_pay),
            *self._remarks(),
            name=_NAME,
            note=self._note(),
        )

    def _lead(self, past_due: Sequence[OpenPayment], to_pay: Sequence[OpenPayment]) -> Content:
        """The answer; without the day of the run, which would make another page every day."""
        if self._payments is None or self._payments.changed_at is None:
            return "AWS Payments has not answered yet."
        text = past_due_text(self._payments, self._day)
        if past_due:
            return element("strong", text)
        due_next = next((one.record.due_date for one in to_pay), None)
        return f"{text} The next invoice is due on {day_name(due_next)}." if due_next else text

    def _note(self) -> str:
        changed_at = self._payments.changed_at if self._payments else None
        last = (
            f" It last changed on {day_name(read_instant(changed_at).date())}."
            if changed_at
            else ""
        )
        return f"As AWS Payments shows it.{last} Nothing of it is evidence or part of the totals."

    def _ages(self, payments: Sequence[OpenPayment]) -> Html | None:
        """The unpaid invoices by the days since their due date, as of the day of the run."""
        if len(payments) < 2:
            return None
        found: dict[str, list[OpenPayment]] = {label: [] for label in _AGES}
        for one in payments:
            found[_age(one.record, self._day)].append(one)
        rows = (_age_row(label, held) for label, held in found.items() if held)
        return table("Unpaid invoices by age", _AGE_HEADINGS, rows, class_="ages")

    def _past_due(self, links: Links, payments: Sequence[OpenPayment]) -> Content:
        if not payments:
            return None
        rows = [self._row(links, one) for one in payments[:_MOST_LISTED]]
        listed = first_and_more(
            "Past due", _HEADINGS, rows, most=_MOST_SHOWN, noun="more invoice", class_="payments"
        )
        return [listed, _rest(payments)]

    def _due_next(self, links: Links, payments: Sequence[OpenPayment]) -> Content:
        if not payments:
            return None
        rows = [self._row(links, one) for one in payments[:_MOST_LISTED]]
        label = f"{counted(len(payments), 'invoice')} not due yet: {_totals(payments)}"
        listed = table("Not due yet", _HEADINGS, rows, class_="payments")
        return folded(label, [listed, _rest(payments)])

    def _row(self, links: Links, one: OpenPayment) -> Html:
        record = one.record
        is_past_due = record.is_past_due_on(self._day)
        due = day_mark(record.due_date, is_deadline=is_past_due) if record.due_date else NOTHING
        given = element("span", name(self._names.get(one.payer_account_id, "")), class_="account")
        account = element("span", one.payer_account_id, class_="id")
        return element(
            "tr",
            cell("Invoice", name(record.invoice_id)),
            cell("Payer account", given, " ", account),
            cell("Billing period", self._period(links, record.billing_period)),
            cell("Due", due),
            cell("Outstanding", amount_left(record.outstanding, record.amount), number=True),
            class_="outstanding" if is_past_due else None,
        )

    def _period(self, links: Links, period: BillingPeriod) -> Content:
        """A link to the period's page; a period that no run has judged has none."""
        if period in self._known:
            return links.to(period_page_key(period), period_name(period))
        remark = element("span", "not in the archive", class_="kind")
        return [period_name(period), " ", remark]

    def _remarks(self) -> Iterator[Html]:
        payments = self._payments or OpenPayments()
        if payments.in_process:
            invoices = counted(len(payments.in_process), "payment")
            yield element("p", f"In process: {invoices}.", class_="tally")
        if memos := payments.credits:
            text = f"{counted(len(memos), 'credit memo')}, {_totals(memos)}"
            yield element("p", f"Not applied yet: {text}.", class_="tally")
        if payments.not_read:
            accounts = some_of(payments.not_read)
            yield element(
                "p",
                f"AWS Payments could not be read for {accounts}: their status may be old. The page "
                "of the month has the reason.",
                class_="tally",
            )
        if payments.not_asked:
            accounts = some_of(payments.not_asked)
            text = f"Runs no longer ask {accounts}: their status may be old."
            yield element("p", text, class_="tally")


def _age(record: FinancialRecord, day: date) -> str:
    """The label of an unpaid invoice's age."""
    if not record.is_past_due_on(day):
        return _NOT_DUE
    if record.due_date is None:
        return _UNDATED
    days = (day - record.due_date).days
    return next(label for label, most in _AGES.items() if most > 0 and days <= most)


def _age_row(label: str, held: Sequence[OpenPayment]) -> Html:
    totals = {one.currency: one.value for one in totals_of(held)}
    is_late = label != _NOT_DUE
    return element(
        "tr",
        cell("Age", element("strong", label) if is_late else label),
        cell("Invoices", f"{len(held):,}", number=True),
        cell("Outstanding", amounts(totals, sorted(totals)), number=True),
        class_="outstanding" if is_late else None,
    )


def _rest(payments: Sequence[OpenPayment]) -> Html | None:
    """The number of those that are not listed."""
    more = len(payments) - _MOST_LISTED
    if more <= 0:
        return None
    return element(
        "p", f"{counted(more, 'more invoice')} on the pages of the months.", class_="note"
    )


def _few_totals(payments: Sequence[OpenPayment]) -> str:
    """The totals, or the number of currencies if they are more than a figure has room for."""
    totals = totals_of(payments)
    if len(totals) > _MOST_CURRENCIES:
        return f"in {len(totals)} currencies"
    return amounts_text(totals) if totals else ""


def _totals(payments: Sequence[OpenPayment]) -> str:
    return amounts_text(totals_of(payments))
