"""What one run asks of one payer account, and what its listings answered.

A map item carries its whole identity.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.billing_transfers import Transfers
from lambdas.domain.findings import Finding, finding
from lambdas.domain.invoice_summary import InvoiceSummary
from lambdas.domain.json_text import instant_text, read_instant
from lambdas.domain.received_rows import read_row, told
from lambdas.domain.witnesses import InvoiceUnits

CHECKED = "CHECKED"
NO_ACCESS = "NO_ACCESS"
WRONG_ACCOUNT = "WRONG_ACCOUNT"
NOT_CHECKED = "NOT_CHECKED"
"""Outcomes of a payer account in a run.

NOT_CHECKED is never reported: it is the absence of an outcome.
"""

_ENOUGH = 12
"""Digits of a fingerprint that tell the rows of a payer account apart."""
BY_BILLING_PERIOD = "billing_period"
BY_ISSUED_DATE = "issued_date"
OF_RECEIVER_BY_BILLING_PERIOD = "receiver_billing_period"
OF_RECEIVER_BY_ISSUED_DATE = "receiver_issued_date"
"""Listings: of the payer account itself, and of the receivers of its invoice units."""


@dataclass(frozen=True)
class PayerRun:
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

    def to_data(self) -> dict[str, Any]:
        return {
            "run_id": self.run_id,
            "as_of": instant_text(self.as_of),
            "dry_run": self.dry_run,
            "payer_account_id": self.payer_account_id,
            "name": self.name,
            "role_arn": self.role_arn,
            "billing_periods": [str(period) for period in self.billing_periods],
            "issued_from": self.issued_from.isoformat(),
            "issued_to": self.issued_to.isoformat(),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "PayerRun":
        return cls(
            data["run_id"],
            read_instant(data["as_of"]),
            data["dry_run"],
            data["payer_account_id"],
            data["name"],
            data["role_arn"],
            tuple(BillingPeriod.parse(period) for period in data["billing_periods"]),
            date.fromisoformat(data["issued_from"]),
            date.fromisoformat(data["issued_to"]),
        )


@dataclass(frozen=True)
class ListedInvoice:
    """One invoice of the union of a payer account's listings, under the payer account that its row
    names.
    """

    invoice_id: str
    billing_period: BillingPeriod
    payer_account_id: str
    listings: tuple[str, ...]
    summary: InvoiceSummary

    def to_data(self) -> dict[str, Any]:
        return {
            "invoice_id": self.invoice_id,
            "billing_period": str(self.billing_period),
            "payer_account_id": self.payer_account_id,
            "listings": list(self.listings),
            "summary": self.summary.row,
            "row_received": self.summary.received,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "ListedInvoice":
        return cls(
            data["invoice_id"],
            BillingPeriod.parse(data["billing_period"]),
            data["payer_account_id"],
            tuple(data["listings"]),
            InvoiceSummary(data["summary"], data.get("row_received")),
        )


@dataclass(frozen=True)
class UnusableRow:
    """A listed row that no archive can hold: without an invoice id, or with nothing that says its
    period. `fingerprint` begins its fingerprint.
    """

    billing_period: BillingPeriod | None
    """None where nothing says it."""
    fingerprint: str
    received: str | None = None
    """The row's own JSON text as AWS sent it; nothing else keeps it."""

    def finding(self, payer_account_id: str) -> Finding:
        """What it says of the payer account whose listings show it, each row by itself."""
        what, cause = "an invoice without an id", ""
        if self.received is not None:
            read = read_row(self.received)
            cause = f": {told(read.problems)}" if read.problems else ""
            if invoice_id := read.row.get("InvoiceId"):
                what = f"invoice {invoice_id} without anything that says its billing period"
        return finding(
            "INVOICE_WITHOUT_ID",
            f"{payer_account_id} row {self.fingerprint}",
            f"AWS lists {what} (row {self.fingerprint}){cause}.",
        )

    def to_data(self) -> dict[str, str | None]:
        return {
            "billing_period": str(self.billing_period) if self.billing_period else None,
            "fingerprint": self.fingerprint,
            "row_received": self.received,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "UnusableRow":
        period = data["billing_period"]
        return cls(
            BillingPeriod.parse(period) if period else None,
            data["fingerprint"],
            data.get("row_received"),
        )


@dataclass(frozen=True)
class Listing:
    """What the listings of a payer account show.

    Listings that ended with an error are never written. What AWS's answers left unfinished says so,
    and is not taken for a short one.
    """

    payer_account_id: str
    outcome: str
    detail: str
    billing_periods: tuple[BillingPeriod, ...]
    invoices: tuple[ListedInvoice, ...] = ()
    unusable: tuple[UnusableRow, ...] = ()
    units: InvoiceUnits | None = None
    """None: invoice units were not asked for."""
    receivers_listed: tuple[str, ...] = ()
    """The receivers whose listings are part of this one."""
    transfers: Transfers | None = None
    """None: billing transfers were not asked for."""
    unfinished: Mapping[BillingPeriod, str] = field(default_factory=dict)
    """Why the invoices listed of a billing period may not be all, by period."""

    @property
    def periods_without_gap(self) -> tuple[BillingPeriod, ...]:
        """The billing periods of which each listed invoice is known by its id: what is not among
        them is listed no longer.
        """
        gaps = {*self.unfinished, *(row.billing_period for row in self.unusable)}
        return tuple(period for period in self.billing_periods if period not in gaps)

    def to_data(self) -> dict[str, Any]:
        return {
            "payer_account_id": self.payer_account_id,
            "outcome": self.outcome,
            "detail": self.detail,
            "billing_periods": [str(period) for period in self.billing_periods],
            "invoices": [invoice.to_data() for invoice in self.invoices],
            "unusable_rows": [row.to_data() for row in self.unusable],
            "invoice_units": self.units.to_data() if self.units else None,
            "receivers_listed": list(self.receivers_listed),
            "billing_transfers": self.transfers.to_data() if self.transfers else None,
            "unfinished": {str(period): cause for period, cause in self.unfinished.items()},
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Listing":
        units, transfers = data["invoice_units"], data["billing_transfers"]
        return cls(
            data["payer_account_id"],
            data["outcome"],
            data["detail"],
            tuple(BillingPeriod.parse(period) for period in data["billing_periods"]),
            tuple(ListedInvoice.from_data(invoice) for invoice in data["invoices"]),
            tuple(UnusableRow.from_data(row) for row in data["unusable_rows"]),
            InvoiceUnits.from_data(units) if units else None,
            tuple(data["receivers_listed"]),
            Transfers.from_data(transfers) if transfers else None,
            {BillingPeriod.parse(one): cause for one, cause in data.get("unfinished", {}).items()},
        )


def union_by_invoice_id(
    rows: "list[tuple[str, BillingPeriod | None, InvoiceSummary]]", asked_account_id: str
) -> tuple[list[ListedInvoice], list[UnusableRow]]:
    """Unite the rows of all listings, each with its listing and the period asked for; the first row
    of an id counts.

    Also returns the rows that no archive can hold.
    """
    invoices: dict[str, ListedInvoice] = {}
    unusable: dict[str, tuple[InvoiceSummary, BillingPeriod | None]] = {}
    for listing, asked_period, summary in rows:
        invoice_id, period = summary.invoice_id, summary.billing_period(asked_period)
        if not invoice_id or period is None:
            mark = summary.mark()
            _, known = unusable.get(mark, (summary, None))
            if asked_period or known is None:
                unusable[mark] = summary, period
            continue
        earlier = invoices.get(invoice_id)
        if earlier is None:
            payer_account_id = summary.account_id or asked_account_id
            invoices[invoice_id] = ListedInvoice(
                invoice_id, period, payer_account_id, (listing,), summary
            )
        elif listing not in earlier.listings:
            invoices[invoice_id] = ListedInvoice(
                invoice_id,
                earlier.billing_period,
                earlier.payer_account_id,
                (*earlier.listings, listing),
                earlier.summary,
            )
    return list(invoices.values()), [
        UnusableRow(period, mark[:_ENOUGH], row.received)
        for mark, (row, period) in unusable.items()
        if row.invoice_id not in invoices
    ]
