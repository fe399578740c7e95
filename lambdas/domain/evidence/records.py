"""Records: the state of one invoice, as a chain in which the highest number counts.

A record is never changed. Later news of the same invoice becomes the next record, which names its
predecessor's SHA-256.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.documents.document_text import is_proven
from lambdas.domain.evidence.archive_layout import record_key
from lambdas.domain.findings import Code, Finding, Flag, finding, flag_finding
from lambdas.domain.invoices.received_rows import Row, problems_text
from lambdas.domain.invoices.row_arithmetic import contradictions
from lambdas.domain.invoices.summary import InvoiceSummary, stated_text
from lambdas.domain.json_form import INLINE, OMITTED, Form
from lambdas.domain.json_text import Instant, read_instant, to_json
from lambdas.domain.money import Amount, AmountNotRead

SCHEMA = "invoice-archive/record/2"
LATE_DOCUMENT_AGES = tuple(timedelta(days=days) for days in (1, 3, 7, 14, 30))
"""Ages after the issued date at which an archived invoice's supplemental documents are asked for
again.
"""


@dataclass(frozen=True)
class StoredObject:
    """One version of an object in the archive."""

    key: str
    version_id: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class ArchivedDocument(Form):
    """One archived document of an invoice.

    `document_type` and `document_id` are AWS's; the invoice document has none.
    """

    stored: StoredObject = field(metadata=INLINE)
    is_invoice_document: bool
    document_type: str | None
    document_id: str | None
    ordinal: int
    """Position among the documents of the same type and id, or without an id."""
    run_id: str
    """The run that stored it."""
    retrieved_at: Instant
    """The instant at which its bytes came from AWS."""
    flags: tuple[Flag, ...] = ()
    revision: int = 1

    @property
    def identity(self) -> tuple[bool, str | None, str | None, int]:
        """The identity of a document among the invoice's documents, independent of its bytes."""
        return (self.is_invoice_document, self.document_type, self.document_id, self.ordinal)


def newest_invoice_document(documents: Iterable[ArchivedDocument]) -> ArchivedDocument | None:
    found = (document for document in documents if document.is_invoice_document)
    return max(found, key=lambda document: document.revision, default=None)


@dataclass(frozen=True)
class Gap:
    """A document that AWS names and the archive does not have yet."""

    code: Code
    subject: str
    detail: str


@dataclass(frozen=True)
class Note:
    """An event of the invoice after its first record, kept in every later record."""

    code: Code
    detail: str
    run_id: str
    at: Instant


@dataclass(frozen=True)
class Sighting:
    """A payer account whose listings show the invoice; `fingerprint` is that of the listed row."""

    payer_account_id: str
    fingerprint: str
    listings: tuple[str, ...]
    is_listed: bool = True
    """False once its complete listings no longer show the invoice."""


@dataclass(frozen=True)
class Record(Form):
    """The state of one invoice.

    `billing_period` and `payer_account_id` are those of the first record, which fixes all keys.
    """

    invoice_id: str
    billing_period: BillingPeriod
    payer_account_id: str
    previous_records: tuple[StoredObject, ...]
    """The chain before this record, oldest first."""
    run_id: str
    recorded_at: Instant
    first_archived_at: Instant
    documents_asked_at: Instant
    document_stem: str
    """Archive key of the invoice document without its extension; the keys of all its documents
    begin with it.
    """
    summary: Row
    sightings: tuple[Sighting, ...]
    documents: tuple[ArchivedDocument, ...]
    lacks: tuple[Gap, ...] = ()
    notes: tuple[Note, ...] = ()
    row_received: str | None = field(default=None, metadata=OMITTED)
    """The JSON text, as AWS sent it, of the row in `summary`. None in records from before it was
    kept.
    """
    other_rows: tuple[Row, ...] = field(default=(), metadata=OMITTED)
    """Rows of the same id in one listing that differ from `summary`."""

    @property
    def sequence(self) -> int:
        return len(self.previous_records) + 1

    @property
    def previous_sha256(self) -> str | None:
        return self.previous_records[-1].sha256 if self.previous_records else None

    @property
    def key(self) -> str:
        return record_key(
            self.billing_period, self.payer_account_id, self.invoice_id, self.sequence
        )

    def to_bytes(self) -> bytes:
        return to_json(self.to_data())

    def to_data(self) -> dict[str, Any]:
        return {
            **super().to_data(),
            "schema": SCHEMA,
            "sequence": self.sequence,
            "previous_sha256": self.previous_sha256,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read a record. Raises ValueError for a schema that this version does not know."""
        if data.get("schema") != SCHEMA:
            raise ValueError(f"the record's schema is {data.get('schema')!r}, not {SCHEMA!r}")
        return super().from_data(data)

    def sighting_of(self, payer_account_id: str) -> Sighting | None:
        found = (one for one in self.sightings if one.payer_account_id == payer_account_id)
        return next(found, None)

    @property
    def names_its_invoice(self) -> bool:
        """True if the newest invoice document names the invoice."""
        newest = newest_invoice_document(self.documents)
        return newest is not None and is_proven(newest.flags)

    def is_due(self, as_of: datetime) -> bool:
        """True if AWS is asked again for this invoice's documents although its row is unchanged."""
        if self.lacks:
            return True
        asked = read_instant(self.documents_asked_at)
        issued = InvoiceSummary(self.summary).issued_at or read_instant(self.first_archived_at)
        # compares ages: an invoice issued in the year 9999 has no day 30 days later
        return any(asked - issued < age <= as_of - issued for age in LATE_DOCUMENT_AGES)

    def findings(self) -> list[Finding]:
        """Every finding of the record."""
        summary = InvoiceSummary(self.summary, self.row_received)
        found = [finding(gap.code, gap.subject, gap.detail) for gap in self.lacks]
        found += [finding(note.code, self.invoice_id, note.detail) for note in self.notes]
        found += [
            flag_finding(code, document.stored.key, detail)
            for document in self.documents
            for code, detail in document.flags
        ]
        if problems := summary.problems:
            detail = f"In its row as AWS sent it, {problems_text(problems)}."
            found.append(finding("ROW_NOT_READ", self.invoice_id, detail))
        if unknown := list(summary.unknown_values()):
            found.append(
                finding("UNKNOWN_VALUE", self.invoice_id, f"AWS gave {', '.join(unknown)}.")
            )
        if summary.is_cancelled:
            found.append(
                finding(
                    "INVOICE_CANCELLED", self.invoice_id, "Its TaxAuthorityStatus is CANCELLED."
                )
            )
        try:
            summary.amount_due()
        except AmountNotRead as error:
            found.append(finding("AMOUNT_NOT_READ", self.invoice_id, f"Not in any total: {error}."))
        found += [
            finding("AMOUNTS_DO_NOT_ADD_UP", self.invoice_id, f"The row's {contradiction}.")
            for contradiction in contradictions(self.summary)
        ]
        found += rows_differ(self.invoice_id, self.summary, self.other_rows)
        return sorted(set(found))

    def amount_due(self) -> Amount | None:
        """The amount that the invoice adds to its payer account's totals; None if it adds nothing
        or cannot be read (then there is a finding).
        """
        try:
            return InvoiceSummary(self.summary).amount_due()
        except AmountNotRead:
            return None


def rows_differ(
    invoice_id: str, row: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
) -> list[Finding]:
    """The finding on differing rows of one id, with the amount of each."""
    if not others:
        return []
    amounts = ", ".join(map(stated_text, (row, *others)))
    return [
        finding(
            "ROWS_DIFFER",
            invoice_id,
            f"AWS lists {len(others) + 1} different rows with this id: {amounts}. Totals count "
            "only the first.",
        )
    ]
