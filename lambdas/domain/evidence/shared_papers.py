"""One paper under several invoices: at most one of them can be the right one."""

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


def papers_of_others(invoices: Iterable[ArchivedInvoice]) -> Mapping[tuple[str, str], Finding]:
    """The invoices whose newest document is that of another invoice, by account and invoice id.

    An invoice that its document names keeps it. Where it names none of them, nobody can say whose
    it is, and it counts for none. A copy of an invoice may have the paper of that invoice.
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
    """The sentence that a document is the one of these other invoices."""
    return f"Its PDF is byte for byte the document of invoice {some_of(others)}."


def is_copy_of(summary: InvoiceSummary, invoice_id: str) -> bool:
    """Whether the row is that of a copy, for the tax office or as a receipt, of the invoice."""
    return summary.repeats_another and any(named == invoice_id for _, named in references(summary))


def invoices_in_doubt(view: Mapping[str, Any]) -> Collection[str]:
    """The invoice ids of which a period's `completeness.json` says so.

    Raises LookupError or TypeError for what no run wrote.
    """
    return {
        found["subject"]
        for payer in view["payers"]
        for found in payer["findings"]
        if (found["code"], found["severity"]) == ("OTHER_INVOICE", "blocking")
    }
