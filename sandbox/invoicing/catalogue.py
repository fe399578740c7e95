"""What the service has to tell: payer accounts, their invoices, and the documents of each."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class Document:
    """One downloadable document.

    `content` is the bytes, or what makes them anew at each download. GetInvoicePDF offers the
    document from `ready_from` (UTC) on.
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


@dataclass(frozen=True)
class CatalogueInvoice:
    """One invoice. `summary` is its row as boto3 returns it (datetimes, amounts as text) with at
    least `InvoiceId`.

    ListInvoiceSummaries shows the row from `visible_from` (UTC) on. Until `document` is ready,
    GetInvoicePDF answers ResourceNotFoundException.
    """

    summary: Mapping[str, Any]
    visible_from: datetime
    document: Document
    supplements: tuple[SupplementalDocument, ...] = ()

    @property
    def invoice_id(self) -> str:
        return str(self.summary["InvoiceId"])


class Catalogue(Protocol):
    """What the service asks of whoever owns the invoices. Called from several threads."""

    def payer_account_ids(self) -> Collection[str]:
        """The payer accounts that have invoices, as 12-digit text."""

    def linked_accounts(self, payer_account_id: str) -> Collection[str]:
        """The accounts that this payer account pays for, without itself. Each has one payer."""

    def invoices(self, payer_account_id: str, until: datetime) -> Mapping[str, CatalogueInvoice]:
        """By invoice id, in an order that does not change, all invoices that the payer can see at
        `until`; later ones may be among them. Empty for an account that is no payer.
        """


class FixedCatalogue:
    """A catalogue of invoices that somebody wrote down; `linked_accounts` by their payer."""

    def __init__(
        self,
        payers: Mapping[str, Sequence[CatalogueInvoice]],
        linked_accounts: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self._linked_accounts = linked_accounts or {}
        self._payers = {
            payer: {one.invoice_id: one for one in invoices} for payer, invoices in payers.items()
        }
        for payer, invoices in payers.items():
            if len(self._payers[payer]) != len(invoices):
                raise ValueError(f"payer {payer} has the same InvoiceId twice")

    def payer_account_ids(self) -> Collection[str]:
        return self._payers.keys()

    def linked_accounts(self, payer_account_id: str) -> Collection[str]:
        return self._linked_accounts.get(payer_account_id, ())

    def invoices(self, payer_account_id: str, until: datetime) -> Mapping[str, CatalogueInvoice]:  # noqa: ARG002
        return self._payers.get(payer_account_id, {})
