"""One invoice as a manifest lists it: its row, the keys of its evidence, its findings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import is_document_of, record_key
from lambdas.domain.evidence.records import ArchivedDocument, Record, StoredObject
from lambdas.domain.findings import Finding
from lambdas.domain.invoices.receiver_roles import roles_of_sightings
from lambdas.domain.invoices.summary import InvoiceSummary, RowAlone
from lambdas.domain.json_form import OMITTED, Form
from lambdas.domain.json_text import Instant
from lambdas.domain.money import Amount


@dataclass(frozen=True)
class ArchivedInvoice(Form):
    """An archived invoice, derived only from the last of its `records`."""

    invoice_id: str
    billing_period: BillingPeriod
    payer_account_id: str
    records: tuple[StoredObject, ...]
    """The whole chain, oldest first."""
    documents: tuple[ArchivedDocument, ...]
    summary: RowAlone
    first_archived_at: Instant
    seen_by: tuple[str, ...]
    findings: tuple[Finding, ...]
    receiver_roles: tuple[str, ...] = field(default=(), metadata=OMITTED)
    """The roles by which alone AWS lists it; empty if any other listing shows it."""

    @classmethod
    def of(cls, record: Record, stored: StoredObject) -> "ArchivedInvoice":
        return cls(
            record.invoice_id,
            record.billing_period,
            record.payer_account_id,
            (*record.previous_records, stored),
            record.documents,
            InvoiceSummary(record.summary),
            record.first_archived_at,
            tuple(sorted(sighting.payer_account_id for sighting in record.sightings)),
            tuple(record.findings()),
            roles_of_sightings(sighting.listings for sighting in record.sightings),
        )

    @property
    def record(self) -> StoredObject:
        """The record of the invoice's current state."""
        return self.records[-1]

    @property
    def sequence(self) -> int:
        return len(self.records)

    @property
    def has_invoice_document(self) -> bool:
        return any(document.is_invoice_document for document in self.documents)

    @property
    def receiver_role(self) -> str | None:
        """The role in its row; else the roles by which it was found."""
        return self.summary.text_at("ReceiverRole") or " ".join(self.receiver_roles) or None

    @property
    def amount_due(self) -> Amount | None:
        """The amount that the invoice adds to its payer account's totals; None if it adds nothing
        or cannot be read (then there is a finding).
        """
        return self.summary.amount_due_or_none


@dataclass(frozen=True)
class OutstandingInvoice(Form):
    """An expected invoice without a record in the archive."""

    invoice_id: str
    billing_period: BillingPeriod
    payer_account_id: str
    seen_by: tuple[str, ...]
    summary: RowAlone
    """The row as last listed."""
    findings: tuple[Finding, ...]
    receiver_roles: tuple[str, ...] = field(default=(), metadata=OMITTED)
    """The roles by which alone AWS lists it; empty if any other listing shows it."""


@dataclass(frozen=True)
class KnownInvoice:
    """An archived invoice that a listing by receiver role shows: the other listings decide its
    state.
    """

    invoice_id: str


def names_only_its_own(
    one: Record | ArchivedInvoice, records: Sequence[StoredObject], documents: Iterable[str]
) -> bool:
    """True if these are the invoice's records from the first on, and keys of its own documents.

    Anything else is damage, or the evidence of another invoice.
    """
    place = one.billing_period, one.payer_account_id, one.invoice_id
    own = [record_key(*place, number) for number, _ in enumerate(records, 1)]
    return own == [record.key for record in records] and all(
        is_document_of(key, *place) for key in documents
    )
