"""The payment status of a billing period: a view of a run, `payment_status.json`.

It changes daily, so it is no evidence: each payer account's part says which run last found a change
in it.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.json_form import Form
from lambdas.domain.json_text import Instant, read_instant
from lambdas.domain.payments.financial_record import FinancialRecord, in_order
from lambdas.domain.payments.payments_answer import PaymentsAnswer

SCHEMA = "invoice-archive/payment_status/1"


@dataclass(frozen=True)
class PayerPayments(Form):
    """The financial records of one payer account, as the run found them that last found a change.

    `run_id` and `at` are None as long as AWS Payments never answered.
    """

    payer_account_id: str
    run_id: str | None
    at: Instant | None
    records: tuple[FinancialRecord, ...] = ()
    not_read: str = ""
    """The reason why records may be missing or old; empty if the last read succeeded."""


@dataclass(frozen=True)
class PaymentStatus(Form):
    """The payment status of one billing period, by payer account."""

    billing_period: BillingPeriod
    payers: tuple[PayerPayments, ...] = ()

    def to_data(self) -> dict[str, Any]:
        return {**super().to_data(), "schema": SCHEMA, "run_id": self.run_id, "as_of": self.as_of}

    @classmethod
    def from_data(cls, data: Any) -> Self:
        """Read a view. Raises ValueError for a schema that this version does not know."""
        if data.get("schema") != SCHEMA:
            raise ValueError(f"the view's schema is not {SCHEMA!r}")
        return super().from_data(data)

    @property
    def latest(self) -> PayerPayments | None:
        """The payer account's part that changed last."""
        dated = [(read_instant(one.at), one) for one in self.payers if one.at]
        return max(dated, key=lambda one: one[0])[1] if dated else None

    @property
    def run_id(self) -> str | None:
        """The run that found the latest change."""
        return self.latest.run_id if self.latest else None

    @property
    def as_of(self) -> str | None:
        """The instant of the latest change."""
        return self.latest.at if self.latest else None

    @property
    def records(self) -> tuple[FinancialRecord, ...]:
        """Every record once, as it was seen last: a payer account and a receiver may both see
        it.
        """
        return in_order(record for _, record in self.seen)

    @property
    def seen(self) -> Iterator[tuple[str, FinancialRecord]]:
        """Each record with the payer account that shows it, those that were seen last at the
        end.
        """
        dated = [one for one in self.payers if one.at]
        for payer in sorted(dated, key=lambda one: read_instant(one.at or "")):
            yield from ((payer.payer_account_id, record) for record in payer.records)

    @property
    def by_invoice(self) -> Mapping[str, FinancialRecord]:
        """The records by the id of their invoice or credit memo."""
        return {one.invoice_id: one for one in self.records}

    def updated(self, answers: Mapping[str, PaymentsAnswer], asked: Collection[str]) -> Self:
        """The status after a run: `answers` are AWS Payments' by payer account, `asked` the payer
        accounts that the run asked for this period. Of any other payer account a part begins with
        what is open, since an answer has some closed records of earlier periods too.
        """
        known = {one.payer_account_id: one for one in self.payers}
        for account_id, given in answers.items():
            is_known = account_id in known or account_id in asked
            answer = given if is_known else given.only_open()
            if is_known or answer.of_period(self.billing_period):
                before = known.get(account_id, PayerPayments(account_id, None, None))
                known[account_id] = _updated(before, answer, self.billing_period)
        return replace(self, payers=tuple(one for _, one in sorted(known.items())))

    def open_before(self, period: BillingPeriod) -> Iterator[tuple[str, str]]:
        """Payer account and record id of what was open when last seen, issued before a period."""
        for payer in self.payers:
            for record in payer.records:
                if record.is_open and record.issued_on < period.first_day:
                    yield payer.payer_account_id, record.record_id


def _updated(before: PayerPayments, answer: PaymentsAnswer, period: BillingPeriod) -> PayerPayments:
    """The part after an answer; the part before if nothing changed or it is of a later run."""
    if before.at and answer.at and read_instant(answer.at) < read_instant(before.at):
        return before
    if not answer.was_read:
        return replace(before, not_read=answer.not_read)
    kept = (
        one
        for one in before.records
        if one.record_id not in answer.gone and not answer.has_all_of(one.issued_on)
    )
    records = in_order([*kept, *answer.of_period(period)])
    if (records, answer.not_read) == (before.records, before.not_read) and before.at:
        return before
    return replace(
        before, run_id=answer.run_id, at=answer.at, records=records, not_read=answer.not_read
    )
