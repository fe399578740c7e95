"""One invoice as a manifest lists it: where its evidence lies, what it adds to the totals, what is
to be said of it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.findings import Finding
from lambdas.domain.invoice_summary import Amount
from lambdas.domain.records import Record, StoredObject


@dataclass(frozen=True)
class ArchivedInvoice:
    """Derived from one record alone."""

    invoice_id: str
    billing_period: BillingPeriod
    payer_account_id: str
    record: StoredObject
    sequence: int
    documents: tuple[StoredObject, ...]
    has_invoice_document: bool
    amount_due: Amount | None
    first_archived_at: str
    seen_by: tuple[str, ...]
    original_invoice_id: str | None
    """The invoice that this one, a credit memo, corrects."""
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, record: Record, stored: StoredObject) -> "ArchivedInvoice":
        return cls(
            record.invoice_id,
            record.billing_period,
            record.payer_account_id,
            stored,
            record.sequence,
            tuple(document.stored for document in record.documents),
            any(document.is_invoice_document for document in record.documents),
            record.amount_due(),
            record.first_archived_at,
            tuple(sorted(sighting.payer_account_id for sighting in record.sightings)),
            record.summary.get("OriginalInvoiceId"),
            tuple(record.findings()),
        )

    def to_data(self) -> dict[str, Any]:
        return {
            "invoice_id": self.invoice_id,
            "billing_period": str(self.billing_period),
            "payer_account_id": self.payer_account_id,
            "record": asdict(self.record),
            "sequence": self.sequence,
            "documents": [asdict(document) for document in self.documents],
            "has_invoice_document": self.has_invoice_document,
            "amount_due": self.amount_due.to_data() if self.amount_due else None,
            "first_archived_at": self.first_archived_at,
            "seen_by": list(self.seen_by),
            "original_invoice_id": self.original_invoice_id,
            "findings": [finding.to_data() for finding in self.findings],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "ArchivedInvoice":
        return cls(
            data["invoice_id"],
            BillingPeriod.parse(data["billing_period"]),
            data["payer_account_id"],
            StoredObject(**data["record"]),
            data["sequence"],
            tuple(StoredObject(**document) for document in data["documents"]),
            data["has_invoice_document"],
            Amount.from_data(data["amount_due"]) if data["amount_due"] else None,
            data["first_archived_at"],
            tuple(data["seen_by"]),
            data["original_invoice_id"],
            tuple(Finding.from_data(finding) for finding in data["findings"]),
        )


@dataclass(frozen=True)
class OutstandingInvoice:
    """An expected invoice of which the archive has no record yet."""

    invoice_id: str
    billing_period: BillingPeriod
    payer_account_id: str
    seen_by: tuple[str, ...]
    findings: tuple[Finding, ...]

    def to_data(self) -> dict[str, Any]:
        return {
            "invoice_id": self.invoice_id,
            "billing_period": str(self.billing_period),
            "payer_account_id": self.payer_account_id,
            "seen_by": list(self.seen_by),
            "findings": [finding.to_data() for finding in self.findings],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "OutstandingInvoice":
        return cls(
            data["invoice_id"],
            BillingPeriod.parse(data["billing_period"]),
            data["payer_account_id"],
            tuple(data["seen_by"]),
            tuple(Finding.from_data(finding) for finding in data["findings"]),
        )
