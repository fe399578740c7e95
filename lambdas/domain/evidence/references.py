"""References between invoices: a credit memo names its original, a tax copy its commercial invoice,
a payment receipt the invoice that was paid.

Source: the botocore model `invoicing` 2024-12-01. It has no member for the invoice of a receipt, so
either of the two counts (docs/decisions).
"""

from collections.abc import Collection, Iterable, Iterator

from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.findings import Finding, finding
from lambdas.domain.invoices.summary import InvoiceSummary

_DETAILS = {
    "ORIGINAL_NOT_ARCHIVED": "It corrects {}, of which there is no record.",
    "COMMERCIAL_INVOICE_NOT_ARCHIVED": "It is the tax copy of {}, of which there is no record.",
    "RECEIPT_WITHOUT_INVOICE": "It acknowledges the payment of {}, of which there is no record.",
}


def references(summary: InvoiceSummary) -> Iterator[tuple[str, str]]:
    """The ids of the invoices that this one refers to, each with the code of the finding if it is
    not archived.
    """
    original, commercial = summary.original_invoice_id, summary.commercial_invoice_id
    if summary.is_receipt:
        paid = original or commercial
        if paid:
            yield "RECEIPT_WITHOUT_INVOICE", paid
        return
    if original:
        yield "ORIGINAL_NOT_ARCHIVED", original
    if commercial:
        yield "COMMERCIAL_INVOICE_NOT_ARCHIVED", commercial


def unarchived_references(
    invoices: Iterable[ArchivedInvoice], absent: Collection[str]
) -> Iterator[Finding]:
    """Findings on references to invoices that are not archived; `absent` are their ids."""
    for invoice in invoices:
        references_of = list(references(invoice.summary))
        for code, invoice_id in references_of:
            if invoice_id in absent:
                yield finding(code, invoice.invoice_id, _DETAILS[code].format(invoice_id))
        if invoice.summary.is_receipt and not references_of:
            yield finding(
                "RECEIPT_WITHOUT_INVOICE",
                invoice.invoice_id,
                "It is a payment receipt, and its row names no invoice.",
                severity="info",
            )
