"""The ledger of a billing period: one row for each archived document, made from the manifest alone.

docs/ledger.md explains the columns to people. Other programs read them, so new columns go at the
end and none is ever moved, renamed or removed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lambdas.domain.close.invoice_lines import exclusion
from lambdas.domain.evidence.archive_layout import file_name
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.evidence.records import ArchivedDocument
from lambdas.domain.findings import Finding
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.money import Amount, AmountNotRead
from lambdas.views.cells import (
    BYTE_ORDER_MARK,
    INTERNATIONAL,
    Cell,
    Column,
    CsvForm,
    Kind,
    csv_cell,
)

INVOICE_DOCUMENT = "INVOICE_DOCUMENT"
"""Document kind of the invoice itself; a supplemental document has AWS's type."""


@dataclass(frozen=True)
class LedgerLine:
    """The source of one row. `amount_due` is the row's part of the period's totals."""

    manifest: Manifest
    payer: PayerState
    invoice: ArchivedInvoice
    document: ArchivedDocument
    amount_due: Amount | None
    excluded: str | None
    """The reason why `amount_due` is None; None if it is not."""
    findings: tuple[str, ...]


def ledger_rows(
    manifest: Manifest, columns: Sequence[Column[LedgerLine]] | None = None
) -> Iterator[list[Cell]]:
    """The cells of each row in these columns, else in COLUMNS: by payer account, invoice id and
    document.
    """
    for line in _lines(manifest):
        yield [column.cell(line) for column in columns or COLUMNS]


def ledger_csv(manifest: Manifest, form: CsvForm = INTERNATIONAL) -> bytes:
    """The view `ledger.csv`, for spreadsheets.

    UTF-8 with a byte order mark, CRLF; each cell as `csv_cell` writes it.
    """
    rows = map(form.line, ledger_csv_rows(manifest, form))
    return (BYTE_ORDER_MARK + "".join(rows)).encode()


def ledger_csv_rows(manifest: Manifest, form: CsvForm = INTERNATIONAL) -> Iterator[list[str]]:
    """The cells of `ledger.csv` as they are written, the row of column names first."""
    kinds = [column.kind for column in COLUMNS]
    yield [f'"{column.name}"' for column in COLUMNS]
    for row in ledger_rows(manifest):
        yield [csv_cell(cell, kind, form) for cell, kind in zip(row, kinds, strict=True)]


def _lines(manifest: Manifest) -> Iterator[LedgerLine]:
    last = {invoice.invoice_id: invoice for invoice in manifest.invoices}
    # an id that two payer accounts have counts once, as in the totals of the manifest
    for payer in manifest.payers:
        codes = _codes_by_subject(payer.findings)
        for invoice in payer.invoices:
            documents = sorted(
                invoice.documents, key=lambda d: (not d.is_invoice_document, d.stored.key)
            )
            of_invoice = _invoice_codes(invoice, codes)
            for index, document in enumerate(documents):
                counted_here = last[invoice.invoice_id] is invoice
                amount_due = invoice.amount_due if counted_here and index == 0 else None
                excluded = None if amount_due else _excluded(invoice, index, counted_here)
                of_document = codes.get(document.stored.key, set())
                found = tuple(sorted(of_invoice | of_document))
                yield LedgerLine(manifest, payer, invoice, document, amount_due, excluded, found)


def _excluded(invoice: ArchivedInvoice, index: int, counted_here: bool) -> str:
    """The reason why a row has no amount due, in words."""
    if reason := exclusion(invoice.summary):
        return reason
    if index:
        return "further document of the invoice"
    return "amount not read" if counted_here else "counted under another payer account"


def _codes_by_subject(findings: tuple[Finding, ...]) -> Mapping[str, set[str]]:
    codes: dict[str, set[str]] = {}
    for found in findings:
        codes.setdefault(found.subject, set()).add(found.code)
    return codes


def _invoice_codes(invoice: ArchivedInvoice, codes: Mapping[str, set[str]]) -> set[str]:
    """The codes on the invoice as a whole, not on one of its documents."""
    keys = {document.stored.key for document in invoice.documents}
    found = {one.code for one in invoice.findings if one.subject not in keys}
    return found | codes.get(invoice.invoice_id, set()) | codes.get(invoice.record.key, set())


def _row_text(path: str) -> Callable[[LedgerLine], Cell]:
    return lambda line: line.invoice.summary.text_at(path)


def _row_day(path: str) -> Callable[[LedgerLine], Cell]:
    def cell(line: LedgerLine) -> Cell:
        summary = line.invoice.summary
        return summary.day_at(path) or summary.text_at(path)  # AWS's text if it is no day

    return cell


def _row_number(path: str) -> Callable[[LedgerLine], Cell]:
    def cell(line: LedgerLine) -> Cell:
        try:
            return line.invoice.summary.amount_at(path)
        except AmountNotRead:  # there is a finding; AWS's text is shown unchanged
            return line.invoice.summary.text_at(path)

    return cell


def _kind_of_document(line: LedgerLine) -> str:
    if line.document.is_invoice_document:
        return INVOICE_DOCUMENT
    return line.document.document_type or "UNTYPED"


def _amounts(prefix: str, heading: str, member: str, what: str) -> list[Column[LedgerLine]]:
    """The columns of one of the three amounts of an invoice summary."""
    parts = (
        ("before_tax", "before tax", "TotalAmountBeforeTax", "Total before tax"),
        ("discounts", "discounts", "AmountBreakdown.Discounts.TotalAmount", "Discounts"),
        ("fees", "fees", "AmountBreakdown.Fees.TotalAmount", "Fees"),
        ("tax", "tax", "AmountBreakdown.Taxes.TotalAmount", "Taxes"),
        ("total", "total", "TotalAmount", "Total"),
    )
    return [
        Column(
            f"{prefix}_currency",
            f"{heading}: currency",
            Kind.TEXT,
            11,
            f"Currency of the next six columns: {what}.",
            _row_text(f"{member}.CurrencyCode"),
        ),
        *(
            Column(
                f"{prefix}_{name}",
                f"{heading}: {title}",
                Kind.NUMBER,
                15,
                f"{meaning} in that currency, as AWS states it.",
                _row_number(f"{member}.{path}"),
            )
            for name, title, path, meaning in parts
        ),
        Column(
            f"{prefix}_rate",
            f"{heading}: exchange rate",
            Kind.NUMBER,
            12,
            "Exchange rate with which AWS came to that currency.",
            _row_number(f"{member}.CurrencyExchangeDetails.Rate"),
        ),
    ]


def _rate_source(prefix: str, heading: str, member: str) -> Column[LedgerLine]:
    return Column(
        f"{prefix}_rate_source_currency",
        f"{heading}: exchanged from",
        Kind.TEXT,
        12,
        f"Currency that `{prefix}_rate` converts to `{prefix}_currency`.",
        _row_text(f"{member}.CurrencyExchangeDetails.SourceCurrencyCode"),
    )


# fmt: off
COLUMNS: tuple[Column[LedgerLine], ...] = (
    Column("billing_period", "Billing period", Kind.ID, 10,
           "The month of usage.", lambda line: str(line.manifest.billing_period)),
    Column("payer_account_id", "Payer account", Kind.ID, 15,
           "Account that the invoice is issued to.", lambda line: line.payer.payer_account_id),
    Column("payer_name", "Payer name", Kind.TEXT, 30,
           "Its name in the payer register.", lambda line: line.payer.name),
    Column("legal_entity", "Legal entity", Kind.TEXT, 30,
           "Its legal entity in the payer register.", lambda line: line.payer.legal_entity),
    Column("invoice_id", "Invoice id", Kind.ID, 22,
           "AWS's id of the invoice.", lambda line: line.invoice.invoice_id),
    Column("invoice_type", "Invoice type", Kind.TEXT, 17,
           "INVOICE, CREDIT_MEMO or PAYMENT_RECEIPT.", _row_text("InvoiceType")),
    Column("bill_type", "Bill type", Kind.TEXT, 14,
           "ANNIVERSARY (the monthly bill), PURCHASE or REFUND.", _row_text("BillType")),
    Column("invoicing_entity", "Seller", Kind.TEXT, 34,
           "Seller of record.", _row_text("Entity.InvoicingEntity")),
    Column("billing_entity", "Billing entity", Kind.TEXT, 17,
           "AWS or AWS_MARKETPLACE.", _row_text("Entity.BillingEntity")),
    Column("issued_date", "Issued", Kind.DAY, 11, "Day of issue (UTC).", _row_day("IssuedDate")),
    Column("due_date", "Due", Kind.DAY, 11, "Day on which it is due (UTC).", _row_day("DueDate")),
    Column("purchase_order", "PO number", Kind.ID, 18,
           "Purchase order number on the invoice.", _row_text("PurchaseOrderNumber")),
    Column("original_invoice_id", "Original invoice", Kind.ID, 18,
           "Invoice that a credit memo corrects.", _row_text("OriginalInvoiceId")),
    Column("commercial_invoice_id", "Commercial invoice", Kind.ID, 18,
           "Commercial invoice that a tax copy repeats.", _row_text("CommercialInvoiceId")),
    Column("currency", "Currency", Kind.TEXT, 11,
           "Currency of `amount_due`.",
           lambda line: line.amount_due.currency if line.amount_due else None),
    Column("amount_due", "Amount due", Kind.NUMBER, 16,
           "The column to add up, per currency. It stands once for each invoice, is negative"
           " for a credit memo, and empty for what only repeats another row: further "
           "documents, tax copies, payment receipts.",
           lambda line: line.amount_due.value if line.amount_due else None),
    *_amounts("base", "Base", "BaseCurrencyAmount", "that of AWS's prices"),
    *_amounts("tax", "Tax", "TaxCurrencyAmount", "that in which tax is reported, and of the paper"
              " of a tax copy"),
    *_amounts("payment", "Payment", "PaymentCurrencyAmount", "that in which the invoice is paid"),
    Column("receiver_role", "Receiver role", Kind.TEXT, 13,
           "SELLER, RESELLER or BUYER: as the row says, else as AWS was asked for it.",
           lambda line: line.invoice.receiver_role),
    Column("bill_source_accounts", "Bill source accounts", Kind.ID, 20,
           "Accounts whose bill it is under a billing transfer, separated by spaces.",
           lambda line: " ".join(line.invoice.summary.bill_source_accounts) or None),
    Column("tax_authority_status", "Tax authority status", Kind.TEXT, 13,
           "ISSUED or CANCELLED.", _row_text("TaxAuthorityStatus")),
    Column("einvoice_status", "E-invoice status", Kind.TEXT, 15,
           "DELIVERED or NOT_DELIVERED.", _row_text("EinvoiceDeliveryStatus")),
    Column("verdict", "Status", Kind.TEXT, 14,
           "Status of the payer account in this billing period.", lambda line: line.payer.verdict),
    Column("findings", "Findings", Kind.TEXT, 24,
           "Codes of the findings on the invoice or this document (docs/runbook.md).",
           lambda line: " ".join(line.findings) or None),
    Column("document_kind", "Document kind", Kind.TEXT, 19,
           f"{INVOICE_DOCUMENT}, or the type of a supplemental document.", _kind_of_document),
    Column("document_id", "Document id", Kind.ID, 22,
           "AWS's id of a supplemental document.", lambda line: line.document.document_id),
    Column("file_name", "File name", Kind.TEXT, 52,
           "Name of the file.", lambda line: file_name(line.document.stored.key)),
    Column("archive_key", "Archive key", Kind.TEXT, 76,
           "Path of the file in the archive.", lambda line: line.document.stored.key),
    Column("sha256", "SHA-256", Kind.TEXT, 66,
           "SHA-256 of the file.", lambda line: line.document.stored.sha256),
    Column("retrieved_at", "Retrieved (UTC)", Kind.INSTANT, 19,
           "Instant at which its bytes came from AWS (UTC).",
           lambda line: read_instant(line.document.retrieved_at)),
    Column("run_id", "Run", Kind.TEXT, 26,
           "Run that stored it.", lambda line: line.document.run_id),
    Column("manifest", "Manifest", Kind.TEXT, 44,
           "Manifest from which this row was made.", lambda line: line.manifest.key),
    _rate_source("base", "Base", "BaseCurrencyAmount"),
    _rate_source("tax", "Tax", "TaxCurrencyAmount"),
    _rate_source("payment", "Payment", "PaymentCurrencyAmount"),
)
EXCLUDED: Column[LedgerLine] = Column(
    "", "Excluded", Kind.TEXT, 26,
    "Reason why 'Amount due' is empty, such as the invoice that a tax copy repeats.",
    lambda line: line.excluded,
)
"""A column of the workbook alone: a new one of the CSV would change it in archive-closed months."""
# fmt: on
