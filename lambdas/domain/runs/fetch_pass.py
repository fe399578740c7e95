"""The result of one pass of FetchInvoiceDocuments for one payer account."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.json_form import ADDED_LATER, Form
from lambdas.domain.runs.outcome import Outcome


@dataclass(frozen=True)
class FetchPass(Form):
    """The result of one pass; `outcome` is None as long as invoices of the listing are left."""

    outcome: Outcome | None
    detail: str
    archived: tuple[ArchivedInvoice, ...] = ()
    outstanding: tuple[OutstandingInvoice, ...] = ()
    known: tuple[str, ...] = field(default=(), metadata=ADDED_LATER)
    """Ids of invoices that were skipped, see KnownInvoice."""

    def invoice_ids(self) -> Iterator[str]:
        for archived in self.archived:
            yield archived.invoice_id
        for outstanding in self.outstanding:
            yield outstanding.invoice_id
        yield from self.known
