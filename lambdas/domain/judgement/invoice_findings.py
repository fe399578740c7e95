"""The findings on an invoice, as they count for its payer account."""

from collections.abc import Iterable
from dataclasses import replace

from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.findings import NOT_OFFERED, Finding, finding
from lambdas.domain.invoices.summary import InvoiceSummary


def findings_of(invoice: ArchivedInvoice | OutstandingInvoice) -> list[Finding]:
    """The findings on an invoice. An outstanding invoice blocks even if no run gave a reason."""
    found = invoice.findings
    is_missing = isinstance(invoice, OutstandingInvoice)
    if is_missing and not any(one.is_blocking for one in found):
        detail = "It is listed, and nothing says why it is not archived."
        found = (*found, finding("NOT_FETCHED", invoice.invoice_id, detail))
    return _with_leniency(invoice.summary, found)


def document_gaps(invoice: ArchivedInvoice) -> list[Finding]:
    """Findings on a missing invoice document of an invoice with a record; at least one if it is
    missing.
    """
    if invoice.has_invoice_document:
        return []
    gaps = [
        found
        for found in invoice.findings
        if found.is_blocking and found.subject == invoice.invoice_id
    ]
    detail = "There is a record of it, and no invoice document."
    gaps = gaps or [finding("NO_DOCUMENT_URL", invoice.invoice_id, detail)]
    return _with_leniency(invoice.summary, gaps)


def _with_leniency(summary: InvoiceSummary, findings: Iterable[Finding]) -> list[Finding]:
    """The findings. A receipt or tax copy that AWS does not provide is only a warning, since it may
    never be provided. So is every finding on an estimate, which is no invoice yet.
    """
    return [
        replace(found, severity="warning")
        if summary.is_estimate or (summary.repeats_another and found.code in NOT_OFFERED)
        else found
        for found in findings
    ]
