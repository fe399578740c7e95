"""The witnesses of a payer account's invoices in a billing period: each statement, and the run
since which it has held.

A witness that cannot be read keeps its last statement, with the reason in `not_read`.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.findings import Finding
from lambdas.domain.invoices.issuers import Issuer
from lambdas.domain.json_form import OMITTED, Form, named
from lambdas.domain.witnesses.acknowledgements import Acknowledgement
from lambdas.domain.witnesses.billing_transfers import Transfers
from lambdas.domain.witnesses.charges import Charges
from lambdas.domain.witnesses.payments import PaymentRecords
from lambdas.domain.witnesses.refusals import standing_reason


@dataclass(frozen=True)
class Listings:
    """The number of the period's invoices in the payer account's own listings."""

    run_id: str
    at: str
    invoices: int


@dataclass(frozen=True)
class History(Form):
    """The usual invoices and day of the payer account, from its earlier billing periods."""

    periods: tuple[BillingPeriod, ...] = ()
    """The earlier periods in which it was asked, latest first."""
    usual: tuple[Issuer, ...] = ()
    """The issuers with an invoice in each of these periods; empty if there are fewer than two."""
    usual_day: int | None = None
    """The median day of the following month on which everything was archived."""


@dataclass(frozen=True)
class InvoiceUnits(Form):
    """The receivers of the payer account's invoice units, whose listings are asked for as well.

    `run_id` and `at` are None as long as they were never read.
    """

    run_id: str | None = None
    at: str | None = None
    receivers: tuple[str, ...] = ()
    not_read: str = ""
    """The reason why the last read of units or a receiver's listing failed; empty if it
    succeeded.
    """


@dataclass(frozen=True)
class PayerWitnesses(Form):
    """The statement of each witness; None: it was never asked."""

    listings: Listings | None = None
    history: History = History()
    charges: Charges | None = field(default=None, metadata=named("cost_explorer"))
    transfers: Transfers | None = field(default=None, metadata=named("billing_transfers"))
    units: InvoiceUnits | None = field(default=None, metadata=named("invoice_units"))
    acknowledgements: tuple[Acknowledgement, ...] = ()
    payments: PaymentRecords | None = field(default=None, metadata=OMITTED | named("aws_payments"))

    def acknowledged(self, as_of: datetime) -> tuple[Acknowledgement, ...]:
        """The acknowledgements that still count."""
        return tuple(
            one
            for one in self.acknowledgements
            if one.is_in_force(as_of) and not self.is_replaced(one)
        )

    def acknowledgement_of(self, found: Finding) -> Acknowledgement | None:
        """The newest acknowledgement of the finding, even if it is over: only this one counts."""
        return next((one for one in reversed(self.acknowledgements) if one.is_for(found)), None)

    def is_replaced(self, one: Acknowledgement) -> bool:
        """True if a later acknowledgement covers everything that this one covers."""
        after = self.acknowledgements[self.acknowledgements.index(one) + 1 :]
        return any(later.replaces(one) for later in after)


NOBODY = PayerWitnesses()
_Statement = TypeVar("_Statement", Listings, InvoiceUnits, Transfers, PaymentRecords)
_Asked = TypeVar("_Asked", InvoiceUnits, Transfers, Charges, PaymentRecords)


def since(before: _Statement | None, now: _Statement) -> _Statement:
    """The current statement, with the run and instant since which it has held."""
    if before and replace(now, run_id=before.run_id, at=before.at) == before:
        return before
    return now


def latest_statement(before: _Asked | None, now: _Asked) -> _Asked:
    """The current statement; if nothing could be read, the last one with the reason."""
    if before is None:
        return now
    reason = standing_reason(before.not_read, now.not_read)
    return replace(before if now.at is None else now, not_read=reason)
