"""The view `invoices.csv`: one row for each invoice id, for programs.

docs/invoices_csv.md explains the columns to people. Other programs read them, so new columns go at
the end and none is ever moved, renamed or removed.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from decimal import Decimal
from operator import attrgetter

from lambdas.domain.close.invoice_lines import InvoiceLine, invoice_lines
from lambdas.domain.close.owners import Owners
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.manifests import Manifest
from lambdas.views.cells import INTERNATIONAL, Cell, Column, Kind, plain_csv_cell

InvoiceColumn = Column[InvoiceLine]


def invoices_csv(manifest: Manifest, owners: Owners) -> bytes:
    """The view: UTF-8 without a byte order mark, commas, CRLF (RFC 4180)."""
    rows = invoice_csv_rows(invoice_lines(manifest, owners))
    return "".join(map(INTERNATIONAL.line, rows)).encode()


def invoice_csv_rows(lines: Iterable[InvoiceLine]) -> Iterator[list[str]]:
    """The cells as they are written, the row of column names first."""
    yield [column.name for column in INVOICE_COLUMNS]
    for row in invoice_rows(lines):
        yield list(map(plain_csv_cell, row))


def invoice_rows(lines: Iterable[InvoiceLine]) -> Iterator[list[Cell]]:
    """The cells of each row, in the order of INVOICE_COLUMNS."""
    for line in lines:
        yield [column.cell(line) for column in INVOICE_COLUMNS]


def _row_text(path: str) -> Callable[[InvoiceLine], Cell]:
    return lambda line: line.summary.text_at(path)


def _row_day(path: str) -> Callable[[InvoiceLine], Cell]:
    return lambda line: line.summary.day_at(path)


def _of(part: str, member: str) -> Callable[[InvoiceLine], Cell]:
    """A member of one of the line's amounts."""
    amounts, value = attrgetter(part), attrgetter(member)

    def cell(line: InvoiceLine) -> Cell:
        found = amounts(line)
        text: Cell = value(found) if found else None
        return text

    return cell


def _day(instant: str | None) -> Cell:
    with suppress(ValueError):
        return read_instant(instant).date() if instant else None
    return None


def _archived_on(line: InvoiceLine) -> Cell:
    first = isinstance(line.invoice, ArchivedInvoice) and line.invoice.first_archived_at
    return _day(first or None)


def _documents(line: InvoiceLine) -> Cell:
    invoice = line.invoice
    return Decimal(len(invoice.documents) if isinstance(invoice, ArchivedInvoice) else 0)


def _receiver_role(line: InvoiceLine) -> Cell:
    return line.summary.text_at("ReceiverRole") or " ".join(line.invoice.receiver_roles)


def _file(line: InvoiceLine) -> Cell:
    return line.document.stored.key if line.document else None


# fmt: off
INVOICE_COLUMNS: tuple[InvoiceColumn, ...] = (
    Column("invoice_id", "Invoice id", Kind.ID, 22,
           "AWS's id of the invoice. No other row has it.", lambda line: line.invoice.invoice_id),
    Column("billing_period", "Billing period", Kind.ID, 10,
           "The month of usage.", lambda line: str(line.invoice.billing_period)),
    Column("payer_account_id", "Payer account", Kind.ID, 15,
           "Account that the invoice is issued to.", lambda line: line.who.account_id),
    Column("payer_name", "Payer name", Kind.TEXT, 30,
           "Its name in the payer register.", lambda line: line.who.name),
    Column("legal_entity", "Legal entity", Kind.TEXT, 30,
           "Its legal entity in the payer register.", lambda line: line.who.legal_entity),
    Column("owner", "Owner", Kind.TEXT, 20,
           "Its owner in the payer register, else the default owner.",
           lambda line: line.who.owner.name),
    Column("seller", "Seller", Kind.TEXT, 34,
           "Seller of record.", _row_text("Entity.InvoicingEntity")),
    Column("issued", "Issued", Kind.DAY, 11, "Day of issue (UTC).", _row_day("IssuedDate")),
    Column("due", "Due", Kind.DAY, 11, "Day on which it is due (UTC).", _row_day("DueDate")),
    Column("po_number", "PO number", Kind.ID, 18,
           "Purchase order number on the invoice.", _row_text("PurchaseOrderNumber")),
    Column("currency", "Currency", Kind.TEXT, 11,
           "Currency of `net`, `tax` and `gross`: that in which the invoice is paid.",
           _of("money", "currency")),
    Column("net", "Net", Kind.NUMBER, 16,
           "Total before tax, negative for a credit memo.", _of("money", "net")),
    Column("tax", "Tax", Kind.NUMBER, 14, "Taxes.", _of("money", "tax")),
    Column("gross", "Gross", Kind.NUMBER, 16,
           "Total. Of the rows with status ARCHIVED its sums are the totals of the billing period.",
           _of("money", "gross")),
    Column("tax_rate", "Tax rate", Kind.NUMBER, 9,
           "Rate of the tax in per cent; of several taxes, the one rate that gives `tax` from"
           " `net`, if there is one.", _of("money", "tax_rate")),
    Column("tax_name", "Tax name", Kind.TEXT, 14,
           "Name of the tax as AWS lists it; several are joined by a plus sign.",
           _of("money", "tax_name")),
    Column("exchange_rate", "Exchange rate", Kind.NUMBER, 12,
           "Rate with which AWS came to `currency`.", _of("money", "exchange_rate")),
    Column("document_group", "Document group", Kind.TEXT, 14,
           "INVOICE, CREDIT_MEMO, TAX_COPY or RECEIPT.", lambda line: line.group),
    Column("status", "Status", Kind.TEXT, 13,
           "ARCHIVED, OUTSTANDING, ACCEPTED or NOT_OFFERED.", lambda line: line.status),
    Column("outstanding_since", "Outstanding since", Kind.DAY, 12,
           "Day on which it, or one of its documents, was first found to be missing (UTC).",
           lambda line: _day(line.outstanding_since)),
    Column("file", "File", Kind.TEXT, 76,
           "Archive key of the invoice document, which is its path in a copy of the archive.",
           _file),
    Column("invoice_type", "Invoice type", Kind.TEXT, 17,
           "INVOICE, CREDIT_MEMO or PAYMENT_RECEIPT.", _row_text("InvoiceType")),
    Column("bill_type", "Bill type", Kind.TEXT, 14,
           "ANNIVERSARY (the monthly bill), PURCHASE or REFUND.", _row_text("BillType")),
    Column("billing_entity", "Billing entity", Kind.TEXT, 17,
           "AWS or AWS_MARKETPLACE.", _row_text("Entity.BillingEntity")),
    Column("original_invoice_id", "Original invoice", Kind.ID, 18,
           "Invoice that a credit memo corrects.", _row_text("OriginalInvoiceId")),
    Column("commercial_invoice_id", "Commercial invoice", Kind.ID, 18,
           "Commercial invoice that a tax copy repeats.", _row_text("CommercialInvoiceId")),
    Column("repeats", "Repeats", Kind.ID, 18,
           "Invoice that a tax copy or a receipt repeats, and in which its amounts count.",
           lambda line: line.repeats),
    Column("tax_currency", "Tax currency", Kind.TEXT, 11,
           "Currency in which tax is reported, of the next three columns: that of a tax copy's"
           " paper.", _of("tax_money", "currency")),
    Column("tax_currency_net", "Net in tax currency", Kind.NUMBER, 16,
           "Total before tax in that currency.", _of("tax_money", "net")),
    Column("tax_currency_tax", "Tax in tax currency", Kind.NUMBER, 14,
           "Taxes in that currency.", _of("tax_money", "tax")),
    Column("tax_currency_gross", "Gross in tax currency", Kind.NUMBER, 16,
           "Total in that currency. A tax copy has it too, so its sums count twice.",
           _of("tax_money", "gross")),
    Column("tax_exchange_rate", "Tax exchange rate", Kind.NUMBER, 12,
           "Rate with which AWS came to `tax_currency`.", _of("tax_money", "exchange_rate")),
    Column("receipt_currency", "Receipt currency", Kind.TEXT, 11,
           "Currency of `receipt_amount`.", _of("receipt", "currency")),
    Column("receipt_amount", "Receipt amount", Kind.NUMBER, 16,
           "Amount that a receipt acknowledges.", _of("receipt", "gross")),
    Column("receiver_role", "Receiver role", Kind.TEXT, 13,
           "SELLER, RESELLER or BUYER: as the row says, else as AWS was asked for it.",
           _receiver_role),
    Column("bill_source_accounts", "Bill source accounts", Kind.ID, 20,
           "Accounts whose bill it is under a billing transfer, separated by spaces.",
           lambda line: " ".join(line.summary.bill_source_accounts)),
    Column("inherited_from", "Inherited from", Kind.ID, 15,
           "Payer account whose name, legal entity and owner stand here, as this account is not in"
           " the register.", lambda line: line.who.inherited_from),
    Column("other_payer_account_ids", "Also under", Kind.ID, 15,
           "Other payer accounts with the same invoice id, separated by spaces.",
           lambda line: " ".join(line.other_accounts)),
    Column("tax_authority_status", "Tax authority status", Kind.TEXT, 13,
           "ISSUED or CANCELLED.", _row_text("TaxAuthorityStatus")),
    Column("einvoice_status", "E-invoice status", Kind.TEXT, 15,
           "DELIVERED or NOT_DELIVERED.", _row_text("EinvoiceDeliveryStatus")),
    Column("findings", "Findings", Kind.TEXT, 24,
           "Codes of the findings on it or on its documents (docs/runbook.md), separated by"
           " spaces.", lambda line: " ".join(line.codes)),
    Column("documents", "Documents", Kind.NUMBER, 10,
           "Number of its archived documents.", _documents),
    Column("archived_on", "Archived on", Kind.DAY, 11,
           "Day on which it was first archived (UTC).", _archived_on),
    Column("sha256", "SHA-256", Kind.TEXT, 66,
           "SHA-256 of the file.",
           lambda line: line.document.stored.sha256 if line.document else None),
    Column("exchange_rate_source_currency", "Exchanged from", Kind.TEXT, 11,
           "Currency that `exchange_rate` converts to `currency`.",
           _of("money", "source_currency")),
    Column("tax_exchange_rate_source_currency", "Tax exchanged from", Kind.TEXT, 11,
           "Currency that `tax_exchange_rate` converts to `tax_currency`.",
           _of("tax_money", "source_currency")),
)
# fmt: on
