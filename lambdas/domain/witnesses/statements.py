"""Every witness of a payer account's invoices in a billing period, with what it says and the run
since which it says so.

A witness that cannot be read keeps what it said last and tells in `not_read` why.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.findings import Finding
from lambdas.domain.invoices.issuers import Issuer
from lambdas.domain.json_form import Form, named
from lambdas.domain.witnesses.acknowledgements import Acknowledgement
from lambdas.domain.witnesses.billing_transfers import Transfers
from lambdas.domain.witnesses.charges import Charges
from lambdas.domain.witnesses.refusals import standing_reason


@dataclass(frozen=True)
class Listings:
    """How many invoices of the period the payer account's own listings show."""

    run_id: str
    at: str
    invoices: int


@dataclass(frozen=True)
class History(Form):
    """What the payer account's earlier billing periods let expect."""

    periods: tuple[BillingPeriod, ...] = ()
    """The earlier periods in which it was asked, latest first."""
    usual: tuple[Issuer, ...] = ()
    """Whose invoice each of them has; nobody's as long as there are fewer than two."""
    usual_day: int | None = None
    """The day of the following month on which usually everything was archived (median)."""


@dataclass(frozen=True)
class InvoiceUnits(Form):
    """The receivers of the payer account's invoice units, whose listings are asked for as well.

    `run_id` and `at` are None as long as they were never read.
    """

    run_id: str | None = None
    at: str | None = None
    receivers: tuple[str, ...] = ()
    not_read: str = ""
    """Why units or the listing of a receiver could not be read at last; empty when they could."""


@dataclass(frozen=True)
class PayerWitnesses(Form):
    """What each witness says; None: it was never asked."""

    listings: Listings | None = None
    history: History = History()
    charges: Charges | None = field(default=None, metadata=named("cost_explorer"))
    transfers: Transfers | None = field(default=None, metadata=named("billing_transfers"))
    units: InvoiceUnits | None = field(default=None, metadata=named("invoice_units"))
    acknowledgements: tuple[Acknowledgement, ...] = ()

    def acknowledged(self, as_of: datetime) -> tuple[Acknowledgement, ...]:
        """The acknowledgements that still count."""
        return tuple(
            one
            for one in self.acknowledgements
            if one.is_in_force(as_of) and not self.is_replaced(one)
        )

    def acknowledgement_of(self, found: Finding) -> Acknowledgement | None:
        """The newest acknowledgement of what was found, over or not: it alone counts."""
        return next((one for one in reversed(self.acknowledgements) if one.is_for(found)), None)

    def is_replaced(self, one: Acknowledgement) -> bool:
        """Whether a later acknowledgement is for all that this one is for."""
        after = self.acknowledgements[self.acknowledgements.index(one) + 1 :]
        return any(later.replaces(one) for later in after)


NOBODY = PayerWitnesses()
_Statement = TypeVar("_Statement", Listings, InvoiceUnits, Transfers)
_Asked = TypeVar("_Asked", InvoiceUnits, Transfers, Charges)


def since(before: _Statement | None, now: _Statement) -> _Statement:
    """What is said now, with the run and instant since which it is said."""
    if before and replace(now, run_id=before.run_id, at=before.at) == before:
        return before
    return now


def last_said(before: _Asked | None, now: _Asked) -> _Asked:
    """What is said now; where nothing could be read, what was said last, together with why."""
    if before is None:
        return now
    reason = standing_reason(before.not_read, now.not_read)
    return replace(before if now.at is None else now, not_read=reason)
