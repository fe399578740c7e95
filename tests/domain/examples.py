"""Examples of the domain's data, which tests vary."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import invoice_document_stem
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.evidence.record_chain import Learnt, first_record
from lambdas.domain.evidence.records import ArchivedDocument, Gap, Record, Sighting, StoredObject
from lambdas.domain.findings import finding
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.json_text import sha256_hex
from lambdas.domain.runs.payer_register import Payer

ACME, BOREAL = "111122223333", "044455556666"
INVOICE_ID = "2609293185"
OCTOBER = BillingPeriod(2026, 10)
ISSUED = datetime(2026, 11, 3, tzinfo=UTC)
BEFORE_DEADLINE = datetime(2026, 11, 5, 6, tzinfo=UTC)
AFTER_DEADLINE = datetime(2026, 11, 12, 6, tzinfo=UTC)
RETRIEVED = "2026-11-05T06:00:07Z"
LISTINGS = ("billing_period", "issued_date")


def summary_row(invoice_id: str | None = INVOICE_ID, **members: Any) -> dict[str, Any]:
    """A row of ListInvoiceSummaries as JSON data; a member given as None is left out."""
    row = {
        "AccountId": ACME,
        "InvoiceId": invoice_id,
        "IssuedDate": "2026-11-03T00:00:00Z",
        "BillingPeriod": {"Month": 10, "Year": 2026},
        "InvoiceType": "INVOICE",
        "PaymentCurrencyAmount": {"TotalAmount": "100.00", "CurrencyCode": "USD"},
    } | members
    return {name: value for name, value in row.items() if value is not None}


def stored(key: str, content: bytes = b"content") -> StoredObject:
    return StoredObject(key, f"version-of-{key}", sha256_hex(content), len(content))


def invoice_document(
    invoice_id: str = INVOICE_ID,
    payer: str = ACME,
    period: BillingPeriod = OCTOBER,
    flags: tuple[tuple[str, str], ...] = (),
) -> ArchivedDocument:
    key = invoice_document_stem(period, payer, "INVOICE", invoice_id) + ".pdf"
    return ArchivedDocument(stored(key), True, None, None, 1, "run-1", RETRIEVED, flags)


def supplement(document_id: str = "TAX-1", kind: str = "TAX_E_INVOICE") -> ArchivedDocument:
    stem = invoice_document_stem(OCTOBER, ACME, "INVOICE", INVOICE_ID)
    at = stored(f"{stem}_{kind}_{document_id}.xml")
    return ArchivedDocument(at, False, kind, document_id, 1, "run-1", RETRIEVED)


def sighting(row: dict[str, Any], seen_by: str = ACME) -> Sighting:
    return Sighting(seen_by, InvoiceSummary(row).fingerprint(), LISTINGS)


def learnt(
    row: dict[str, Any] | None = None,
    *,
    as_of: datetime = AFTER_DEADLINE,
    run_id: str = "run-2",
    seen_by: str = ACME,
    is_listed: bool = True,
    documents: tuple[ArchivedDocument, ...] = (),
    lacks: tuple[Gap, ...] = (),
    were_asked: bool = False,
) -> Learnt:
    row = summary_row() if row is None else row
    seen = sighting(row, seen_by) if is_listed else None
    return Learnt(run_id, as_of, seen, row, documents, lacks, were_asked)


def record(
    invoice_id: str = INVOICE_ID,
    *,
    payer: str = ACME,
    period: BillingPeriod = OCTOBER,
    as_of: datetime = BEFORE_DEADLINE,
    lacks: tuple[Gap, ...] = (),
    documents: tuple[ArchivedDocument, ...] | None = None,
    **members: Any,
) -> Record:
    """The first record of an invoice whose document is archived."""
    row = summary_row(invoice_id, AccountId=payer, **members)
    if documents is None:
        documents = (invoice_document(invoice_id, payer, period),)
    first = learnt(
        row,
        as_of=as_of,
        run_id="run-1",
        seen_by=payer,
        documents=documents,
        lacks=lacks,
        were_asked=True,
    )
    return first_record(invoice_id, period, payer, first)


def archived(invoice_id: str = INVOICE_ID, **arguments: Any) -> ArchivedInvoice:
    one = record(invoice_id, **arguments)
    return ArchivedInvoice.of(one, stored(one.key, one.to_bytes()))


def outstanding(
    invoice_id: str = "AWAITED-1",
    *,
    payer: str = ACME,
    period: BillingPeriod = OCTOBER,
    code: str = "PDF_NOT_READY",
    seen_by: str = "",
) -> OutstandingInvoice:
    found = finding(code, invoice_id, "AWS has no document for this invoice yet.")
    row = InvoiceSummary(summary_row(invoice_id, AccountId=payer))
    return OutstandingInvoice(invoice_id, period, payer, (seen_by or payer,), row, (found,))


def with_documents(one: ArchivedInvoice, *documents: StoredObject) -> ArchivedInvoice:
    more = (
        ArchivedDocument(at, False, "SUPPLEMENT", None, 1, "run-1", RETRIEVED) for at in documents
    )
    return replace(one, documents=(*one.documents, *more))


def payer(account_id: str = ACME, name: str = "Acme", legal_entity: str = "Acme Ltd.") -> Payer:
    return Payer(account_id, name, legal_entity=legal_entity)
