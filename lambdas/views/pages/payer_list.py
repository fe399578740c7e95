"""The payer accounts on a period's page, each with its invoices and every document."""

from collections.abc import Iterator

from lambdas.domain.day_names import day_name
from lambdas.domain.evidence.archive_layout import file_extension
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.evidence.records import ArchivedDocument
from lambdas.domain.findings import Finding
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.judgement.manifests import PayerState
from lambdas.domain.money import AmountNotRead
from lambdas.domain.money_text import money
from lambdas.domain.words import counted, listed
from lambdas.views.pages.about_payer import about_payer
from lambdas.views.pages.frame import NOTHING, cell, section, table, verdict_mark
from lambdas.views.pages.html import Content, Html, element, name
from lambdas.views.pages.period_context import NOT_IN_REGISTER, PeriodContext, payer_anchor
from lambdas.views.wording import PAYER_VERDICTS, code_name, verdict_name

_KINDS = {kind: code_name(kind) for kind in ("CREDIT_MEMO", "PAYMENT_RECEIPT")}
"""Names for the main document of types that are not invoices."""
_HEADINGS = ("Invoice", "Issued", "Due", "Amount|", "Documents")


def payer_list(page: PeriodContext) -> Html:
    """The payer accounts that need attention, then those that wait, then the complete, each group
    by name.
    """
    ordered = sorted(
        page.manifest.payers,
        key=lambda payer: (
            _rank(payer),
            not payer.name,
            payer.name.casefold(),
            payer.payer_account_id,
        ),
    )
    return section(
        "Payer accounts",
        element("div", (_payer(page, payer) for payer in ordered), class_="payers"),
        name="payers",
        note="Open a line for its invoices and documents. A document's name opens the file "
        "beside this page; S3 opens it in the AWS console.",
    )


def _rank(payer: PayerState) -> int:
    return 2 if payer.is_complete else 1 if payer.verdict == "AWAITING" else 0


def _payer(page: PeriodContext, payer: PayerState) -> Html:
    now = page.now.payer_of[payer.payer_account_id]
    totals = [
        [element("span", money(value, currency), " ", name(currency)), " "]
        for currency, value in now.totals.items()
    ]
    line = element(
        "summary",
        element(
            "span",
            element("span", name(payer.name) if payer.name else NOT_IN_REGISTER, class_="name"),
            " ",
            element("span", payer.payer_account_id, class_="id"),
            class_="who",
        ),
        element("span", verdict_mark(verdict_name(payer.verdict), payer.verdict)),
        element(
            "span",
            *_counts(payer),
            class_="counts",
        ),
        element(
            "span",
            totals or NOTHING,
            element("span", "provisional", class_="kind")
            if totals and not payer.is_complete
            else None,
            class_="money",
        ),
    )
    return element(
        "details",
        line,
        element("div", _inside(page, payer), class_="inside"),
        class_="payer",
        id=payer_anchor(payer.payer_account_id),
        data_verdict=verdict_name(payer.verdict),
    )


def _inside(page: PeriodContext, payer: PayerState) -> Iterator[Content]:
    yield element("p", PAYER_VERDICTS[payer.verdict][1])
    yield about_payer(page, payer)
    if findings := page.findings(payer):
        yield element("ul", (_finding(page, payer, one) for one in findings), class_="findings")
    rows = [_outstanding(invoice) for invoice in payer.outstanding]
    rows += [_invoice(page, invoice) for invoice in payer.invoices]
    if rows:
        caption = f"Invoices of {payer.payer_account_id}"
        yield table(caption, _HEADINGS, rows, class_="invoices")


def _counts(payer: PayerState) -> Iterator[Content]:
    if not payer.expected:
        yield "No invoices"
        return
    yield f"{payer.archived:,} of {counted(payer.expected, 'invoice')}"
    yield " "
    yield element("span", counted(payer.documents, "document"))


def _finding(page: PeriodContext, payer: PayerState, found: Finding) -> Html:
    about = "" if found.subject == payer.payer_account_id else found.subject
    return element(
        "li",
        element("strong", code_name(found.code)),
        [" \N{MIDDLE DOT} ", page.subject(about)] if about else None,
        f": {found.detail} ",
        element("em", f"Next step: {found.next_step}"),
        class_=found.severity,
        data_code=found.code,
    )


def _invoice(page: PeriodContext, invoice: ArchivedInvoice) -> Html:
    summary = invoice.summary
    kinds = [summary.invoice_type or "UNTYPED", summary.text_at("Entity.BillingEntity")]
    if invoice.receiver_role:
        kinds.append(f"received as {invoice.receiver_role.lower()}")
    documents = sorted(invoice.documents, key=lambda d: (not d.is_invoice_document, d.stored.key))
    return element(
        "tr",
        cell(
            "Invoice",
            name(invoice.invoice_id),
            element("span", " · ".join(code_name(k) for k in kinds if k), class_="kind"),
        ),
        cell("Issued", _day(summary, "IssuedDate")),
        cell("Due", _day(summary, "DueDate")),
        cell("Amount", _amount(summary), number=True),
        cell("Documents", element("ul", (_document(page, one, invoice) for one in documents))),
    )


def _day(summary: InvoiceSummary, path: str) -> Content:
    """A day of the row; AWS's text if it is no day."""
    day, text = summary.day_at(path), summary.text_at(path)
    return day_name(day) if day else (name(text) if text else NOTHING)


def _amount(summary: InvoiceSummary) -> Content:
    """The invoice's stated amount, with the reason if it is not added to the totals."""
    try:
        amount = summary.stated_amount()
    except AmountNotRead:
        return element("span", "not added: it cannot be read", class_="kind")
    text = [money(amount.value, amount.currency), " ", name(amount.currency)]
    if not summary.repeats_another:
        return text
    why = "payment receipt" if summary.is_receipt else "tax document"
    return [
        element("span", text, class_="not-added"),
        element("span", f"not added: {why}", class_="kind"),
    ]


def _document(page: PeriodContext, document: ArchivedDocument, invoice: ArchivedInvoice) -> Html:
    key = document.stored.key
    kind = _KINDS.get(invoice.summary.invoice_type or "", "Invoice document")
    if not document.is_invoice_document:
        kind = code_name(document.document_type or "SUPPLEMENT")
    revision = f", revision {document.revision}" if document.revision > 1 else ""
    label = f"{kind}{revision} ({file_extension(key).upper()})"
    return element("li", page.links.to(key, label, what=f"{label} of {invoice.invoice_id}"))


def _outstanding(invoice: OutstandingInvoice) -> Html:
    codes = listed([code_name(found.code) for found in invoice.findings] or ["No record"])
    return element(
        "tr",
        cell("Invoice", name(invoice.invoice_id)),
        cell("Issued", NOTHING),
        cell("Due", NOTHING),
        cell("Amount", NOTHING, number=True),
        cell("Documents", element("strong", f"Not archived yet: {codes}")),
        class_="outstanding",
        data_code=" ".join(found.code for found in invoice.findings),
    )
