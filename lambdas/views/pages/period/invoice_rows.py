"""The invoices of a payer account on a period's page, each with all its documents."""

from collections.abc import Iterator

from lambdas.domain.close.invoice_lines import repeated_invoice
from lambdas.domain.day_names import day_name
from lambdas.domain.evidence.archive_layout import file_extension
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.evidence.records import ArchivedDocument
from lambdas.domain.invoices.stated_money import tax_money
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.judgement.invoice_findings import findings_of
from lambdas.domain.judgement.manifests import PayerState
from lambdas.domain.money import Amount, AmountNotRead
from lambdas.domain.money_text import money
from lambdas.domain.payments.payment_words import payment_text
from lambdas.domain.words import listed
from lambdas.views.pages.frame import NOTHING, cell, table
from lambdas.views.pages.html import Content, Html, element, join, name
from lambdas.views.pages.period.context import PeriodContext
from lambdas.views.wording import code_name

_KINDS = {kind: code_name(kind) for kind in ("CREDIT_MEMO", "PAYMENT_RECEIPT")}
"""Names for the main document of types that are not invoices."""
_USUAL = ("INVOICE", "AWS")
"""Type and billing entity of most invoices, which need no mark."""
_PO = "PurchaseOrderNumber"


def invoice_table(page: PeriodContext, payer: PayerState) -> Html | None:
    """The outstanding invoices, then the archived ones; PO numbers only where they differ."""
    if not payer.rows:
        return None
    has_po = len({row.text_at(_PO) for row in payer.rows}) > 1
    missing = {one.invoice_id for one in payer.missing_invoices}
    rows = [
        _outstanding(page, one, is_missing=one.invoice_id in missing, has_po=has_po)
        for one in payer.outstanding
    ]
    rows += [_archived(page, one, has_po=has_po) for one in payer.invoices]
    headings = ("Invoice", *(["PO number"] if has_po else []), "Issued", "Due", "Amount|")
    who = join(page.name_of(payer.payer_account_id, payer.name), " ", payer.payer_account_id)
    return table(
        f"Invoices of {payer.payer_account_id}",
        (*headings, "Documents"),
        rows,
        class_="invoices with-po" if has_po else "invoices",
        on_each_page=who,
    )


def _archived(page: PeriodContext, invoice: ArchivedInvoice, *, has_po: bool) -> Html:
    documents = sorted(invoice.documents, key=lambda d: (not d.is_invoice_document, d.stored.key))
    return element(
        "tr",
        _facts(page, invoice, has_po=has_po),
        cell("Amount", _amount(invoice.summary), number=True),
        cell("Documents", element("ul", (_document(page, one, invoice) for one in documents))),
        **_search_words(invoice),
    )


def _outstanding(
    page: PeriodContext, invoice: OutstandingInvoice, *, is_missing: bool, has_po: bool
) -> Html:
    codes = listed([code_name(found.code) for found in invoice.findings] or ["No record"])
    amount: Content = _amount(invoice.summary)
    if invoice.summary.amount_due_or_none:
        amount = [amount, " ", element("span", "listed by AWS, not in the totals", class_="kind")]
    state = "Outstanding"
    if not is_missing:
        is_accepted = any(found.is_blocking for found in findings_of(invoice))
        state = "Accepted gap" if is_accepted else "No document from AWS"
    return element(
        "tr",
        _facts(page, invoice, has_po=has_po),
        cell("Amount", amount, number=True),
        cell("Documents", element("strong", f"{state}: {codes}")),
        class_="outstanding" if is_missing else None,
        data_code=" ".join(found.code for found in invoice.findings),
        **_search_words(invoice),
    )


def _search_words(invoice: ArchivedInvoice | OutstandingInvoice) -> dict[str, str | None]:
    """Attributes by which the script finds the row of an invoice."""
    return {"data_invoice": invoice.invoice_id, "data_order": invoice.summary.text_at(_PO)}


def _facts(
    page: PeriodContext, invoice: ArchivedInvoice | OutstandingInvoice, *, has_po: bool
) -> Iterator[Html]:
    """The cells before the amount."""
    summary = invoice.summary
    kinds = " · ".join(_kinds(invoice))
    yield cell(
        "Invoice",
        name(invoice.invoice_id),
        [" ", element("span", kinds, class_="kind")] if kinds else None,
    )
    if has_po:
        number = summary.text_at(_PO)
        yield cell("PO number", name(number) if number else NOTHING)
    yield cell("Issued", _day(summary, "IssuedDate"))
    yield cell("Due", _day(summary, "DueDate"), _payment(page, invoice.invoice_id))


def _payment(page: PeriodContext, invoice_id: str) -> Content:
    """The payment status, if AWS Payments has a record of the invoice."""
    record = page.payment_of.get(invoice_id)
    if record is None:
        return None
    return [" ", element("span", payment_text(record, page.day), class_="kind")]


def _kinds(invoice: ArchivedInvoice | OutstandingInvoice) -> Iterator[str]:
    """The marks of an invoice that is not of the usual type and seller."""
    summary = invoice.summary
    for kind in (summary.invoice_type or "UNTYPED", summary.text_at("Entity.BillingEntity")):
        if kind and kind not in _USUAL:
            yield code_name(kind)
    role = invoice.receiver_role if isinstance(invoice, ArchivedInvoice) else None
    if role:
        yield f"Received as {role.lower()}"


def _day(summary: InvoiceSummary, path: str) -> Content:
    """A day of the row; AWS's text if it is no day."""
    day, text = summary.day_at(path), summary.text_at(path)
    return day_name(day) if day else (name(text) if text else NOTHING)


def _amount(summary: InvoiceSummary) -> Content:
    """The invoice's stated amount, with the reason if it is not added to the totals."""
    try:
        amount = summary.stated_amount()
    except AmountNotRead:
        return element("span", "excluded: it cannot be read", class_="kind")
    if not summary.repeats_another:
        return _money(amount)
    tax = None if summary.is_receipt else tax_money(summary)
    paper = Amount(tax.currency, tax.gross) if tax else amount
    return [
        element("span", _money(paper), class_="not-added"),
        " ",
        element("span", "excluded: ", _repeats(summary), class_="kind"),
    ]


def _repeats(summary: InvoiceSummary) -> Content:
    """`tax copy of 5286405569`; the kind alone if the row names no invoice."""
    invoice_id = repeated_invoice(summary)
    if not summary.is_receipt:
        return ["tax copy of ", name(invoice_id or "")]
    return ["payment receipt for ", name(invoice_id)] if invoice_id else "payment receipt"


def _money(amount: Amount) -> Content:
    return [money(amount.value, amount.currency), " ", name(amount.currency)]


def _document(page: PeriodContext, document: ArchivedDocument, invoice: ArchivedInvoice) -> Html:
    label = _label(document, invoice)
    return element("li", page.links.to(document.stored.key, label))


def _label(document: ArchivedDocument, invoice: ArchivedInvoice) -> str:
    """`Invoice document, revision 2 (PDF)`."""
    kind = _KINDS.get(invoice.summary.invoice_type or "", "Invoice document")
    if not document.is_invoice_document:
        kind = code_name(document.document_type or "SUPPLEMENT")
    revision = f", revision {document.revision}" if document.revision > 1 else ""
    return f"{kind}{revision} ({file_extension(document.stored.key).upper()})"
