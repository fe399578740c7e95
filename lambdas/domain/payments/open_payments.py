"""The invoices and credit memos of all billing periods that are not paid or applied yet."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from lambdas.domain.json_text import read_instant
from lambdas.domain.money import Amount
from lambdas.domain.payments.financial_record import FinancialRecord, outstanding_totals
from lambdas.domain.payments.payment_status import PaymentStatus


@dataclass(frozen=True)
class OpenPayment:
    """An open financial record, and the payer account that shows it."""

    payer_account_id: str
    record: FinancialRecord


@dataclass(frozen=True)
class OpenPayments:
    """Open payments of several billing periods, as AWS Payments showed them when last asked.

    A record that several payer accounts show is that of the one that was asked last.
    """

    payments: tuple[OpenPayment, ...] = ()
    """Those due first come first; those without a due date last."""
    changed_at: str | None = None
    """The instant of the latest change in any status; None: AWS Payments never answered."""
    not_read: tuple[str, ...] = ()
    """The payer accounts whose status may be old."""
    not_asked: tuple[str, ...] = ()
    """The payer accounts of open payments that runs ask no longer."""

    @classmethod
    def of(
        cls, statuses: Iterable[PaymentStatus], asked: Collection[str] | None = None
    ) -> "OpenPayments":
        """Take the open records of each status; the statuses may come one after the other. `asked`
        are the payer accounts that runs ask; None: not compared.
        """
        found: list[OpenPayment] = []
        instants: list[str] = []
        not_read: set[str] = set()
        for status in statuses:
            instants += [status.as_of] if status.as_of else []
            not_read |= {one.payer_account_id for one in status.payers if one.not_read}
            seen = {one.record_id: OpenPayment(account_id, one) for account_id, one in status.seen}
            found += (one for one in seen.values() if one.record.is_open)
        holders = {one.payer_account_id for one in found}
        return cls(
            tuple(sorted(found, key=_order)),
            max(instants, key=read_instant, default=None),
            tuple(sorted(not_read)),
            () if asked is None else tuple(sorted(holders.difference(asked))),
        )

    @property
    def is_known(self) -> bool:
        """True if AWS Payments was ever asked."""
        return self.changed_at is not None or bool(self.not_read)

    @property
    def may_be_old(self) -> bool:
        """True if a payer account may have paid, or owe, what is not known."""
        return bool(self.not_read or self.not_asked)

    def past_due(self, day: date) -> list[OpenPayment]:
        """The invoices that are past due on a day."""
        return [one for one in self.payments if one.record.is_past_due_on(day)]

    def to_pay(self, day: date) -> list[OpenPayment]:
        """The other invoices that nobody has begun to pay."""
        return [
            one
            for one in self.payments
            if one.record.is_invoice
            and one.record.is_outstanding
            and not one.record.is_past_due_on(day)
        ]

    @property
    def in_process(self) -> list[OpenPayment]:
        """Invoices and credit memos that are being paid or applied."""
        return [one for one in self.payments if not one.record.is_outstanding]

    @property
    def credits(self) -> list[OpenPayment]:
        """Credit memos that are not applied yet."""
        return [
            one for one in self.payments if not one.record.is_invoice and one.record.is_outstanding
        ]


def totals_of(payments: Sequence[OpenPayment]) -> list[Amount]:
    """One total of the outstanding parts per currency."""
    return outstanding_totals(one.record for one in payments)


def _order(one: OpenPayment) -> tuple[object, ...]:
    record = one.record
    return (
        record.due_date or date.max,
        record.billing_period,
        one.payer_account_id,
        record.invoice_id,
    )
