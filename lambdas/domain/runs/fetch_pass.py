"""What one pass of FetchInvoiceDocuments did for one payer account."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.runs.outcome import Outcome


@dataclass(frozen=True)
class FetchPass:
    """`outcome` is None as long as invoices of the listing are left for another pass."""

    outcome: Outcome | None
    detail: str
    archived: tuple[ArchivedInvoice, ...] = ()
    outstanding: tuple[OutstandingInvoice, ...] = ()
    known: tuple[str, ...] = ()
    """Ids of invoices that were left alone, see KnownInvoice."""

    def invoice_ids(self) -> Iterator[str]:
        for archived in self.archived:
            yield archived.invoice_id
        for outstanding in self.outstanding:
            yield outstanding.invoice_id
        yield from self.known

    def to_data(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome,
            "detail": self.detail,
            "archived": [invoice.to_data() for invoice in self.archived],
            "outstanding": [invoice.to_data() for invoice in self.outstanding],
            "known": list(self.known),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "FetchPass":
        return cls(
            data["outcome"],
            data["detail"],
            tuple(ArchivedInvoice.from_data(invoice) for invoice in data["archived"]),
            tuple(OutstandingInvoice.from_data(invoice) for invoice in data["outstanding"]),
            tuple(data.get("known", ())),
        )
