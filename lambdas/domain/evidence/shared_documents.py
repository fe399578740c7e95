"""One document stored under several invoices: it can belong to one of them at most."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from lambdas.domain.documents.document_text import is_proven
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.evidence.records import ArchivedDocument, newest_invoice_document
from lambdas.domain.evidence.references import references
from lambdas.domain.findings import Finding, finding
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.words import some_of


def documents_of_others(invoices: Iterable[ArchivedInvoice]) -> Mapping[tuple[str, str], Finding]:
    """Findings on invoices whose newest document is that of another, by account and invoice id.

    An invoice that its document names keeps it. A document that names none of them counts for none,
    since its owner is unknown. A copy of an invoice may have that invoice's document.
    """
    of_content: dict[str, list[tuple[ArchivedInvoice, ArchivedDocument]]] = defaultdict(list)
    for invoice in invoices:
        document = newest_invoice_document(invoice.documents)
        if document:
            of_content[document.stored.sha256].append((invoice, document))
    found = {}
    for holders in of_content.values():
        for invoice, document in holders:
            others = sorted(
                {
                    other.invoice_id
                    for other, _ in holders
                    if other.invoice_id != invoice.invoice_id
                    and not is_copy_of(other.summary, invoice.invoice_id)
                }
            )
            if others and not (is_proven(document.flags) or invoice.summary.repeats_another):
                found[invoice.payer_account_id, invoice.invoice_id] = finding(
                    "OTHER_INVOICE",
                    invoice.invoice_id,
                    f"{same_bytes(others)} It is stored and does not name this one.",
                )
    return found


def same_bytes(others: Sequence[str]) -> str:
    """The sentence that a document is that of these other invoices."""
    return f"Its PDF is byte for byte the document of invoice {some_of(others)}."


def is_copy_of(summary: InvoiceSummary, invoice_id: str) -> bool:
    """True if the row is that of a tax copy or a receipt of the invoice."""
    return summary.repeats_another and any(named == invoice_id for _, named in references(summary))


def invoices_in_doubt(view: Mapping[str, Any]) -> Collection[str]:
    """Ids of the invoices with another's document, from a period's `completeness.json`.

    Raises LookupError or TypeError for a file that no run wrote.
    """
    return {
        found["subject"]
        for payer in view["payers"]
        for found in payer["findings"]
        if (found["code"], found["severity"]) == ("OTHER_INVOICE", "blocking")
    }
