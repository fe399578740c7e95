"""Questions of a run to one payer account, and its listings.

An item of the workflow's map has its whole identity.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.findings import Finding, finding
from lambdas.domain.invoices.received_rows import ReceivedRow, Row, problems_text, read_row
from lambdas.domain.invoices.receiver_roles import only_roles
from lambdas.domain.invoices.summary import InvoiceSummary, one_a_listing
from lambdas.domain.json_form import ADDED_LATER, INLINE, OMITTED, Form, named
from lambdas.domain.payments.payments_answer import PaymentsAnswer
from lambdas.domain.runs.outcome import Outcome
from lambdas.domain.witnesses.billing_transfers import Transfers
from lambdas.domain.witnesses.statements import InvoiceUnits

_ENOUGH = 12
"""Digits of a fingerprint that distinguish the rows of a payer account."""
BY_BILLING_PERIOD = "billing_period"
BY_ISSUED_DATE = "issued_date"
OF_RECEIVER_BY_BILLING_PERIOD = "receiver_billing_period"
OF_RECEIVER_BY_ISSUED_DATE = "receiver_issued_date"
"""Listings: of the payer account itself, and of the receivers of its invoice units."""
_OWN, _OF_RECEIVERS, _OF_ROLES = range(3)
_RANK = {
    BY_BILLING_PERIOD: _OWN,
    BY_ISSUED_DATE: _OWN,
    OF_RECEIVER_BY_BILLING_PERIOD: _OF_RECEIVERS,
    OF_RECEIVER_BY_ISSUED_DATE: _OF_RECEIVERS,
}
"""The precedence of listings, lowest first; the others are those by receiver role."""


@dataclass(frozen=True)
class PayerRun(Form):
    """One item of the run's list. `issued_from` is included, `issued_to` is not."""

    run_id: str
    as_of: datetime
    dry_run: bool
    payer_account_id: str
    name: str
    role_arn: str
    billing_periods: tuple[BillingPeriod, ...]
    issued_from: date
    issued_to: date
    roles_from: date | None = field(default=None, metadata=ADDED_LATER)
    """The first issued date of its listings by receiver role; None: not asked by role."""
    open_records: tuple[str, ...] = field(default=(), metadata=OMITTED)
    """Ids of financial records that were open when last seen, issued before its periods."""


@dataclass(frozen=True)
class ListedInvoice(Form):
    """One invoice of the union of a payer account's listings, under the payer account in its
    row.
    """

    invoice_id: str
    billing_period: BillingPeriod
    payer_account_id: str
    listings: tuple[str, ...]
    summary: InvoiceSummary = field(metadata=INLINE)
    other_rows: tuple[Row, ...] = field(default=(), metadata=ADDED_LATER)
    """Differing rows of the same id in one listing of this run."""

    @property
    def receiver_roles(self) -> tuple[str, ...]:
        """The roles by which alone it is listed; empty if any other listing shows it."""
        return only_roles(self.listings)

    def as_recorded(self, fingerprint: str) -> "ListedInvoice":
        """The same with the row of this fingerprint first, if there is one: AWS lists differing
        rows in any order.
        """
        rows = [self.summary.row, *self.other_rows]
        for row in rows:
            if fingerprint in InvoiceSummary(row).same_fingerprints():
                others = tuple(other for other in rows if other is not row)
                first = self.summary if row is self.summary.row else InvoiceSummary(row)
                return replace(self, summary=first, other_rows=in_order(others))
        return self


@dataclass(frozen=True)
class UnusableRow(Form):
    """A listed row that cannot be archived: it has no invoice id, or nothing shows its period.
    `fingerprint` has the first digits of its fingerprint.
    """

    billing_period: BillingPeriod | None
    """None if nothing in the row shows it."""
    fingerprint: str
    received: str | None = field(default=None, metadata=ADDED_LATER | named("row_received"))
    """The row's own JSON text as AWS sent it; nothing else keeps it."""

    @cached_property
    def _row(self) -> ReceivedRow | None:
        return None if self.received is None else read_row(self.received)

    @property
    def invoice_id(self) -> str | None:
        """The invoice id, if it is only the period that nothing shows."""
        return self._row.row.get("InvoiceId") if self._row else None

    def finding(self, payer_account_id: str) -> Finding:
        """The finding on the payer account whose listings show the row, one for each row."""
        what, cause = "an invoice without an id", ""
        if self._row:
            cause = f": {problems_text(self._row.problems)}" if self._row.problems else ""
            if self.invoice_id:
                what = f"invoice {self.invoice_id} without anything that says its billing period"
        return finding(
            "INVOICE_WITHOUT_ID",
            f"{payer_account_id} row {self.fingerprint}",
            f"AWS lists {what} (row {self.fingerprint}){cause}.",
        )


@dataclass(frozen=True)
class ListingNote(Form):
    """A finding of a payer account's listings on anything but invoices, in one billing period."""

    billing_period: BillingPeriod
    finding: Finding


@dataclass(frozen=True)
class Listing(Form):
    """The listings of a payer account.

    Listings that ended with an error are never written. Listings that AWS's answers left unfinished
    are marked in `unfinished`, so that they do not pass as short ones.
    """

    payer_account_id: str
    outcome: Outcome
    detail: str
    billing_periods: tuple[BillingPeriod, ...]
    invoices: tuple[ListedInvoice, ...] = ()
    unusable: tuple[UnusableRow, ...] = field(default=(), metadata=named("unusable_rows"))
    units: InvoiceUnits | None = field(default=None, metadata=named("invoice_units"))
    """None: invoice units were not asked for."""
    receivers_listed: tuple[str, ...] = ()
    """The receivers whose listings are part of this one."""
    transfers: Transfers | None = field(default=None, metadata=named("billing_transfers"))
    """None: billing transfers were not asked for."""
    notes: tuple[ListingNote, ...] = field(default=(), metadata=ADDED_LATER)
    refused: Mapping[BillingPeriod, str] = field(
        default_factory=dict, metadata=ADDED_LATER | named("refused_periods")
    )
    """The billing periods that AWS did not list, with its answer."""
    roles_listed: bool | None = field(
        default=None, metadata=ADDED_LATER | named("receiver_roles_listed")
    )
    """True if all listings by receiver role were read to their end; None: they were not asked."""
    unfinished: Mapping[BillingPeriod, str] = field(default_factory=dict, metadata=ADDED_LATER)
    """The reasons why a billing period's listed invoices may not be all, by period."""
    payments: PaymentsAnswer | None = field(default=None, metadata=OMITTED | named("aws_payments"))
    """None: AWS Payments was not asked."""

    @property
    def periods_without_gap(self) -> tuple[BillingPeriod, ...]:
        """The billing periods whose listed invoices are all known by id: any other invoice of them
        is no longer listed.
        """
        gaps = {*self.refused, *self.unfinished, *(row.billing_period for row in self.unusable)}
        gaps |= {
            note.billing_period
            for note in self.notes
            if note.finding.code == "LISTING_REFUSED"
            and note.finding.subject in self.receivers_listed
        }
        return tuple(period for period in self.billing_periods if period not in gaps)


ListedRow = tuple[str, BillingPeriod | None, InvoiceSummary]
"""The listing that shows a row, the period asked for in a listing by period, and the row. Each id
has one row in a listing, with its differing rows.
"""


def union_by_invoice_id(
    rows: Sequence[ListedRow], asked_account_id: str
) -> tuple[list[ListedInvoice], list[UnusableRow]]:
    """Unite the rows of all listings, in the order in which they were read.

    The payer account's own listings take precedence over those of receivers, and these over those
    by receiver role, which only add invoices that no other listing shows. Among equal listings the
    later one counts; if a listing has several rows of an id, all of them stay. Estimates are left
    out. Also returns the rows that cannot be archived.
    """
    invoices: dict[str, ListedInvoice] = {}
    unusable: dict[str, tuple[InvoiceSummary, BillingPeriod | None]] = {}
    for listing, asked_period, summary in rows:
        invoice_id, period = summary.invoice_id, summary.billing_period(asked_period)
        if summary.is_estimate:
            continue
        if not invoice_id or period is None:
            mark = summary.mark()
            _, known = unusable.get(mark, (summary, None))
            if asked_period or known is None:
                unusable[mark] = summary, period
            continue
        now = ListedInvoice(
            invoice_id,
            period,
            summary.account_id or asked_account_id,
            (listing,),
            replace(summary, differing=()),
            summary.differing,
        )
        earlier = invoices.get(invoice_id)
        invoices[invoice_id] = _united(earlier, now) if earlier else now
    return list(invoices.values()), [
        UnusableRow(period, mark[:_ENOUGH], row.received)
        for mark, (row, period) in unusable.items()
        if row.invoice_id not in invoices
    ]


def _united(earlier: ListedInvoice, now: ListedInvoice) -> ListedInvoice:
    """One invoice from two listings."""
    rank, rank_now = _rank(earlier.listings), _rank(now.listings)
    if rank_now == _OF_ROLES != rank:
        return earlier
    listings = tuple(dict.fromkeys((*earlier.listings, *now.listings)))
    if rank_now != rank:
        return replace(earlier, listings=listings)
    if earlier.other_rows or now.other_rows:
        every = one_a_listing(
            InvoiceSummary(row)
            for one in (earlier, now)
            for row in (one.summary.row, *one.other_rows)
        )
        return replace(earlier, listings=listings, other_rows=every[0].differing)
    if now.summary.fingerprint() in earlier.summary.same_fingerprints():
        return replace(earlier, listings=listings)
    # the listing by issued date gives no period for a row without one
    period = now.summary.billing_period(earlier.billing_period) or earlier.billing_period
    account_id = now.summary.account_id or earlier.payer_account_id
    return replace(now, billing_period=period, payer_account_id=account_id, listings=listings)


def _rank(listings: tuple[str, ...]) -> int:
    return min(_RANK.get(listing, _OF_ROLES) for listing in listings)


def estimates(rows: Sequence[ListedRow]) -> tuple[ListingNote, ...]:
    """A note on each listed estimate, without its amount, which changes daily."""
    found = {}
    for _, asked_period, summary in rows:
        period = summary.billing_period(asked_period)
        if summary.is_estimate and period:
            found[summary.invoice_id, period] = ListingNote(
                period,
                finding(
                    "ESTIMATE_LISTED",
                    summary.invoice_id or "",
                    "AWS lists an estimate. The invoice itself comes under another id.",
                ),
            )
    return tuple(found.values())


def in_order(rows: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """Rows in an order that depends only on the rows."""
    return tuple(sorted(rows, key=lambda row: InvoiceSummary(row).fingerprint()))
