"""AWS Payments' answer to one run on one payer account."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.json_form import NOT_STORED, OMITTED, Form
from lambdas.domain.payments.financial_record import FinancialRecord, in_order


@dataclass(frozen=True)
class PaymentsAnswer(Form):
    """The financial records issued from a day on, those that are open, whenever issued, and those
    that were open when last seen. `run_id` and `at` are None if AWS did not answer.
    """

    run_id: str | None = None
    at: str | None = None
    issued_from: date | None = None
    records: tuple[FinancialRecord, ...] = ()
    not_read: str = ""
    """The reason why records may be missing; empty if all were read."""
    issued_before: date | None = field(default=None, metadata=OMITTED)
    """The day before which closed records were issued: a backfill does not reach today."""
    gone: tuple[str, ...] = field(default=(), metadata=OMITTED)
    """The ids of records that were open when last seen and that AWS no longer has."""
    ids_elsewhere: tuple[str, ...] = field(
        default=(), compare=False, repr=False, metadata=NOT_STORED
    )
    """The invoice ids of its other records, where only those of one period are in memory."""

    @property
    def was_read(self) -> bool:
        return self.at is not None

    @property
    def is_whole(self) -> bool:
        """True if nothing that was asked for is missing."""
        return self.was_read and not self.not_read

    def reaches(self, issued_on: date) -> bool:
        """True if closed records issued on this day were asked for too."""
        if self.issued_from is None or issued_on < self.issued_from:
            return False
        return self.issued_before is None or issued_on < self.issued_before

    def has_all_of(self, issued_on: date) -> bool:
        """True if AWS has no record issued on this day but those of the answer."""
        return self.is_whole and self.reaches(issued_on)

    def of_period(self, period: BillingPeriod) -> tuple[FinancialRecord, ...]:
        """Its records of the period, in the order of their ids."""
        return in_order(one for one in self.records if one.billing_period == period)

    def without_records(self) -> "PaymentsAnswer":
        """The same with the invoice ids of its records only."""
        return replace(self, records=(), ids_elsewhere=tuple(self.invoice_ids))

    def only_open(self) -> "PaymentsAnswer":
        """The same with its open records only."""
        return replace(self, records=tuple(one for one in self.records if one.is_open))

    @property
    def invoice_ids(self) -> frozenset[str]:
        """The invoice ids of all its records."""
        return frozenset((*self.ids_elsewhere, *(one.invoice_id for one in self.records)))

    @property
    def periods(self) -> Collection[BillingPeriod]:
        return {one.billing_period for one in self.records}
