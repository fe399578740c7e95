"""Financial records: invoices and credit memos as AWS Payments states them on one day.

Source: the botocore model `payments` 2026-09-23.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.json_form import As, Form, named
from lambdas.domain.json_text import Instant, read_instant
from lambdas.domain.money import Amount, decimal_text, stored_decimal, sums

INVOICE, CREDIT_MEMO = "INVOICE", "CREDIT_MEMO"
RECORD_TYPES = (INVOICE, CREDIT_MEMO)
OPEN, CLOSED = "OPEN", "CLOSED"
OUTSTANDING, PROCESSING, PAID, CANCELED = "OUTSTANDING", "PROCESSING", "SETTLED", "CANCELED"
MARKETPLACE = "AWS_MARKETPLACE"
"""The line of business of purchases from sellers in AWS Marketplace."""
_PAST_DUE = "PAST_DUE"

_Value = Annotated[Decimal, As(stored_decimal, decimal_text)]


@dataclass(frozen=True)
class Balances(Form):
    """The parts of a record's amount by the state of their settlement, in its currency."""

    outstanding: _Value
    processing: _Value
    paid: _Value = field(metadata=named("settled"))
    """Of a credit memo: applied to invoices."""
    canceled: _Value


@dataclass(frozen=True)
class FinancialRecord(Form):
    """An invoice or a credit memo. Values of enumerations are kept as AWS states them, also those
    that nobody knows yet.
    """

    record_id: str
    """The record's own id, `INV-5364-6253-7364-1342`."""
    invoice_id: str
    """The id under which AWS Invoicing lists the invoice or credit memo."""
    record_type: str
    billing_period: BillingPeriod
    seller: str
    """The merchant of record."""
    line_of_business: str
    """Empty if AWS does not know it."""
    amount: Amount = field(metadata=named("total"))
    balances: Balances
    settlement_status: str
    status: str
    issued_at: Instant
    closed_at: Instant | None
    """The instant at which it was paid, applied or canceled; None while it is open."""
    due_date: date | None
    """The last day on which it is not past due; None for a credit memo."""
    due_status: str
    """Empty unless it is an outstanding invoice."""
    payment_terms: str
    """Empty if AWS Invoicing issued none."""
    frequency: str
    """Empty for a credit memo."""

    @property
    def is_open(self) -> bool:
        return self.settlement_status == OPEN

    @property
    def is_invoice(self) -> bool:
        return self.record_type == INVOICE

    @property
    def is_outstanding(self) -> bool:
        """True if nobody has begun to pay or apply it."""
        return self.status == OUTSTANDING

    @property
    def is_paid(self) -> bool:
        """True if it is paid or, of a credit memo, applied to invoices."""
        return self.status == PAID

    @property
    def closed_on(self) -> date | None:
        """The UTC day on which it was paid, applied or canceled."""
        return read_instant(self.closed_at).date() if self.closed_at else None

    @property
    def issued_on(self) -> date:
        return read_instant(self.issued_at).date()

    @property
    def was_paid_late(self) -> bool:
        """True if it was paid after its due date."""
        is_known = self.is_paid and self.closed_on is not None and self.due_date is not None
        return bool(is_known and self.closed_on > self.due_date)  # type: ignore[operator]

    def is_past_due_on(self, day: date) -> bool:
        """True if nobody has begun to pay the invoice and its due date is before the day, or AWS
        says so.
        """
        if not self.is_outstanding or not self.is_invoice:
            return False
        return self.due_status == _PAST_DUE or (self.due_date is not None and self.due_date < day)

    @property
    def outstanding(self) -> Amount:
        """The part of its amount that nobody has begun to pay or apply."""
        return Amount(self.amount.currency, self.balances.outstanding)


def outstanding_totals(records: Iterable[FinancialRecord]) -> list[Amount]:
    """One total of the outstanding parts per currency, nothing converted."""
    return sums(one.outstanding for one in records)


def in_order(records: Iterable[FinancialRecord]) -> tuple[FinancialRecord, ...]:
    """Each record once, in the order of invoice ids."""
    once = {one.record_id: one for one in records}
    return tuple(sorted(once.values(), key=lambda one: (one.invoice_id, one.record_id)))
