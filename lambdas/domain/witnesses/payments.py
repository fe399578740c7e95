"""AWS Payments' statement on a payer account's invoices and credit memos of a billing period.

It names every id that AWS wants paid or applied. Payment statuses change daily and are no part of
it.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.day_names import day_name
from lambdas.domain.invoices.issuers import AWS, AWS_MARKETPLACE
from lambdas.domain.json_form import INLINE, OMITTED, Form
from lambdas.domain.money import Amount
from lambdas.domain.money_text import money
from lambdas.domain.payments.financial_record import CREDIT_MEMO, MARKETPLACE, FinancialRecord
from lambdas.domain.payments.payments_answer import PaymentsAnswer
from lambdas.domain.words import counted

_MOST_NAMED = 20


@dataclass(frozen=True)
class UnlistedRecord(Form):
    """A financial record whose id AWS Invoicing does not list, by its members that never change."""

    invoice_id: str
    record_type: str
    seller: str
    line_of_business: str
    amount: Amount = field(metadata=INLINE)
    issued_on: date
    due_date: date | None

    @classmethod
    def of(cls, record: FinancialRecord) -> "UnlistedRecord":
        return cls(
            record.invoice_id,
            record.record_type,
            record.seller,
            record.line_of_business,
            record.amount,
            record.issued_on,
            record.due_date,
        )

    @property
    def is_credit(self) -> bool:
        return self.record_type == CREDIT_MEMO

    @property
    def kind(self) -> str:
        """Its type in a word."""
        return "credit memo" if self.is_credit else "invoice"

    @property
    def text(self) -> str:
        """The record in words, as part of a sentence."""
        amount = money(self.amount.value, self.amount.currency)
        due = f", due {day_name(self.due_date)}" if self.due_date else ""
        return (
            f"{self.kind} {self.invoice_id} of {self.seller} for {amount} {self.amount.currency}, "
            f"issued {day_name(self.issued_on)}{due}"
        )

    @property
    def billing_entity(self) -> str:
        """The billing entity as Invoicing names it."""
        return AWS_MARKETPLACE if self.line_of_business == MARKETPLACE else AWS


@dataclass(frozen=True)
class Unrecorded(Form):
    """Listed invoices and credit memos of which AWS Payments has no record."""

    count: int
    invoice_ids: tuple[str, ...]
    """The first few."""

    @property
    def text(self) -> str:
        more = self.count - len(self.invoice_ids)
        rest = f" and {more} more" if more else ""
        return (
            f"AWS Payments has no record of {counted(self.count, 'listed invoice')}: "
            f"{', '.join(self.invoice_ids)}{rest}."
        )


@dataclass(frozen=True)
class PaymentRecords(Form):
    """AWS Payments' statement; `run_id` and `at` are None as long as it never answered."""

    run_id: str | None = None
    at: str | None = None
    records: int = 0
    """The number of its records of the period."""
    unlisted: tuple[UnlistedRecord, ...] = ()
    not_read: str = ""
    """The reason why the last read failed or was not whole; empty if it succeeded."""
    unrecorded: Unrecorded | None = field(default=None, metadata=OMITTED)

    @property
    def was_read(self) -> bool:
        return self.at is not None

    @property
    def unlisted_ids(self) -> frozenset[str]:
        return frozenset(one.invoice_id for one in self.unlisted)

    @property
    def vouches(self) -> bool:
        """True if it was read whole, has records, and each of them is listed."""
        return self.was_read and self.records > 0 and not (self.unlisted or self.not_read)

    def as_last_read(self) -> "PaymentRecords | None":
        """The statement once AWS Payments is not asked any more: of a read that failed or was not
        whole only the gaps stay; None if there are none.
        """
        if not self.not_read:
            return self
        return PaymentRecords(unlisted=self.unlisted) if self.unlisted else None


def payment_records(
    answer: PaymentsAnswer,
    period: BillingPeriod,
    *,
    before: PaymentRecords | None,
    listed: Collection[str],
    own: Collection[str] | None,
) -> PaymentRecords:
    """The statement by an answer of this run. `listed` are all ids known by Invoicing, `own` those
    of the payer account's invoices and credit memos of the period; None: not compared.

    An earlier unlisted record stays until it is listed, or until an answer that has all records
    issued on its day no longer has it.
    """
    if not answer.was_read:
        return PaymentRecords(not_read=answer.not_read)
    records = answer.of_period(period)
    earlier = before.unlisted if before else ()
    kept = {one.invoice_id: one for one in earlier if not answer.has_all_of(one.issued_on)}
    unlisted = kept | {one.invoice_id: UnlistedRecord.of(one) for one in records}
    unrecorded = before.unrecorded if before else None
    if answer.is_whole:
        unrecorded = _unrecorded(answer, own)
    return PaymentRecords(
        answer.run_id,
        answer.at,
        len(records),
        tuple(one for key, one in sorted(unlisted.items()) if key not in listed),
        answer.not_read,
        unrecorded,
    )


def _unrecorded(answer: PaymentsAnswer, own: Collection[str] | None) -> Unrecorded | None:
    absent = sorted(set(own or ()) - answer.invoice_ids)
    return Unrecorded(len(absent), tuple(absent[:_MOST_NAMED])) if absent else None
