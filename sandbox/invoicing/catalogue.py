"""Data of the services: payer accounts, their invoices with documents, their charges in Cost
Explorer, invoice units and billing transfers.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from sandbox.invoicing.faults import Fault


@dataclass(frozen=True)
class Document:
    """One downloadable document.

    `content` is the bytes, or a function that makes them anew at each download. GetInvoicePDF
    offers the document from `ready_from` (UTC) on.
    """

    content: bytes | Callable[[], bytes]
    ready_from: datetime
    content_type: str = "application/pdf"

    def read(self) -> bytes:
        return self.content() if callable(self.content) else self.content


@dataclass(frozen=True, kw_only=True)
class SupplementalDocument(Document):
    """A document beside the invoice document; `document_type` is a value of the model's
    SupplementalDocumentType.
    """

    document_type: str
    document_id: str


@dataclass(frozen=True, kw_only=True)
class CostLine:
    """A charge in Cost Explorer, in USD, spread evenly over `days` from `first_day` on.

    Texts are in Cost Explorer's words: its billing entities are "AWS" and "AWS Marketplace". Each
    day's part is known from the next day on, none of it before `known_from` (UTC).
    """

    amount: Decimal
    first_day: date
    days: int = 1
    linked_account_id: str
    service: str
    record_type: str = "Usage"
    billing_entity: str = "AWS"
    legal_entity: str
    invoicing_entity: str
    known_from: datetime | None = None

    def within(self, start: date, end: date, now: datetime) -> Decimal | None:
        """The part from `start` to `end` (exclusive) known at `now`; None if there is none."""
        if self.known_from is not None and now < self.known_from:
            return None
        first = max(start, self.first_day)
        last = min(end, self.first_day + timedelta(days=self.days), now.date())
        days = (last - first).days
        return self.amount * days / self.days if days > 0 else None


@dataclass(frozen=True, kw_only=True)
class Payment:
    """The payment of an invoice, or the application of a credit memo, as AWS Payments shows it.

    It is paid `paid_after` its issue (None: never), and its payment is in process for `processes`
    before that. `canceled_after` its issue it is canceled, if it is not paid by then. Its last
    day to be paid is the row's DueDate, else `due_after` its issue; `terms` are as AWS writes them.
    """

    paid_after: timedelta | None = timedelta(days=20)
    processes: timedelta = timedelta(days=2)
    canceled_after: timedelta | None = None
    due_after: timedelta = timedelta(days=30)
    terms: str | None = "Net30"


PAID_IN_TIME = Payment()


@dataclass(frozen=True)
class CatalogueInvoice:
    """One invoice. `summary` is its row as boto3 returns it (datetimes, amounts as text) with at
    least `InvoiceId`.

    ListInvoiceSummaries shows the row from `visible_from` (UTC) on. Until `document` is ready,
    GetInvoicePDF answers ResourceNotFoundException. `costs` are the charges that it bills, all in
    its billing period, or a function that makes them; None: as the row states (see
    `costs.lines_of_row`). Listings show `more_rows` of the same id right after it. With `only_as`,
    only queries by that receiver role list it, whether or not its row names the role. `payment` is
    its financial record in AWS Payments; None: it has none, like receipts and tax copies.
    """

    summary: Mapping[str, Any]
    visible_from: datetime
    document: Document
    supplements: tuple[SupplementalDocument, ...] = ()
    costs: Sequence[CostLine] | Callable[[], Sequence[CostLine]] | None = None
    more_rows: tuple[Mapping[str, Any], ...] = ()
    only_as: str | None = None
    payment: Payment | None = PAID_IN_TIME

    @property
    def invoice_id(self) -> str:
        return str(self.summary["InvoiceId"])


@dataclass(frozen=True)
class InvoiceUnit:
    """A unit of a payer account from `since` until `until` (UTC; None: still). A changed unit is
    two of the same name, one after the other.
    """

    name: str
    receiver: str
    linked_accounts: tuple[str, ...]
    since: datetime
    until: datetime | None = None
    description: str = ""
    tax_inheritance_disabled: bool = False
    bill_source_accounts: tuple[str, ...] = ()


@dataclass(frozen=True)
class BillingTransfer:
    """Transfer of the invoices of `source`'s organization to `target` from `start` on, until `end`
    (None: without end). Both are payer accounts.

    `history` has each status of the model's ResponsibilityTransferStatus with the instant from
    which it holds, in order; nobody sees the transfer before the first. Its end is visible once it
    is WITHDRAWN.
    """

    transfer_id: str
    name: str
    source: str
    target: str
    start: datetime
    end: datetime | None
    history: tuple[tuple[datetime, str], ...]

    def status(self, now: datetime) -> str | None:
        """The status, None before the transfer was requested."""
        return next((status for since, status in reversed(self.history) if since <= now), None)


class Catalogue(Protocol):
    """Data that the services need from the owner of the invoices. Called from several threads.

    A class that inherits from this one overrides only the methods for data it has; the defaults
    mean none.
    """

    def payer_account_ids(self) -> Collection[str]:
        """The payer accounts that have invoices, as 12-digit text."""

    def invoices(self, payer_account_id: str, until: datetime) -> Mapping[str, CatalogueInvoice]:
        """All invoices visible to the payer at `until`, by invoice id in a fixed order; later ones
        may be among them. Empty for an account that is no payer.
        """

    def linked_accounts(self, payer_account_id: str) -> Collection[str]:  # noqa: ARG002
        """The accounts that this payer account pays for, without itself. Each has one payer."""
        return ()

    def costs_without_invoice(self, payer_account_id: str, until: datetime) -> Sequence[CostLine]:  # noqa: ARG002
        """Charges in Cost Explorer beside those of the invoices, up to `until`."""
        return ()

    def unlisted_invoices(self, payer_account_id: str) -> Sequence[CatalogueInvoice]:  # noqa: ARG002
        """Invoices and credit memos that AWS Payments has and Invoicing never lists."""
        return ()

    def invoice_units(self, payer_account_id: str) -> Sequence[InvoiceUnit]:  # noqa: ARG002
        """The units of this payer account, past ones too."""
        return ()

    def shows_receivers(self, payer_account_id: str) -> bool:  # noqa: ARG002
        """True if the payer's query for itself also lists its units' receivers' invoices. AWS
        documents neither.
        """
        return False

    def is_standalone(self, payer_account_id: str) -> bool:  # noqa: ARG002
        """True if the payer account is in no organization."""
        return False

    def transfers(self) -> Sequence[BillingTransfer]:
        return ()

    def faults(self, now: datetime) -> Sequence[Fault]:  # noqa: ARG002
        """Faults of the services that stand at `now`."""
        return ()


class FixedCatalogue(Catalogue):
    """A catalogue that somebody wrote down; mappings are by payer account."""

    def __init__(
        self,
        payers: Mapping[str, Sequence[CatalogueInvoice]],
        linked_accounts: Mapping[str, Collection[str]] | None = None,
        *,
        costs_without_invoice: Mapping[str, Sequence[CostLine]] | None = None,
        unlisted_invoices: Mapping[str, Sequence[CatalogueInvoice]] | None = None,
        invoice_units: Mapping[str, Sequence[InvoiceUnit]] | None = None,
        shows_receivers: bool = False,
        standalone: Collection[str] = (),
        transfers: Sequence[BillingTransfer] = (),
    ) -> None:
        self._linked_accounts = linked_accounts or {}
        self._costs_without_invoice = costs_without_invoice or {}
        self._unlisted_invoices = unlisted_invoices or {}
        self._invoice_units = invoice_units or {}
        self._shows_receivers = shows_receivers
        self._standalone = standalone
        self._transfers = transfers
        self._payers = {
            payer: {one.invoice_id: one for one in invoices} for payer, invoices in payers.items()
        }
        for payer, invoices in payers.items():
            if len(self._payers[payer]) != len(invoices):
                raise ValueError(f"payer {payer} has the same InvoiceId twice")

    def payer_account_ids(self) -> Collection[str]:
        return self._payers.keys()

    def invoices(self, payer_account_id: str, until: datetime) -> Mapping[str, CatalogueInvoice]:  # noqa: ARG002
        return self._payers.get(payer_account_id, {})

    def linked_accounts(self, payer_account_id: str) -> Collection[str]:
        return self._linked_accounts.get(payer_account_id, ())

    def costs_without_invoice(self, payer_account_id: str, until: datetime) -> Sequence[CostLine]:  # noqa: ARG002
        return self._costs_without_invoice.get(payer_account_id, ())

    def unlisted_invoices(self, payer_account_id: str) -> Sequence[CatalogueInvoice]:
        return self._unlisted_invoices.get(payer_account_id, ())

    def invoice_units(self, payer_account_id: str) -> Sequence[InvoiceUnit]:
        return self._invoice_units.get(payer_account_id, ())

    def shows_receivers(self, payer_account_id: str) -> bool:  # noqa: ARG002
        return self._shows_receivers

    def is_standalone(self, payer_account_id: str) -> bool:
        return payer_account_id in self._standalone

    def transfers(self) -> Sequence[BillingTransfer]:
        return self._transfers
