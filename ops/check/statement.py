"""One invoice as the manifest states it, compared with names and records."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.evidence.archive_layout import (
    document_names_prefix,
    is_document_of,
    record_key,
)
from lambdas.domain.evidence.key_segments import safe_segment
from lambdas.domain.evidence.records import SCHEMA, StoredObject
from lambdas.domain.raw_json import described
from ops.check.manifest_reader import NotAManifest

_HEX = frozenset("0123456789abcdef")
_LONGEST_NAME = 1024
"""S3 has no longer keys and version ids."""


@dataclass(frozen=True, slots=True)
class InvoiceStatement:
    """One invoice; `data` is its part of the manifest."""

    invoice_id: str
    billing_period: str
    payer_account_id: str
    records: Sequence[StoredObject]
    """The whole chain, oldest first."""
    documents: Sequence[StoredObject]
    data: Mapping[str, Any]

    @classmethod
    def of(cls, data: Any) -> "InvoiceStatement":
        """Read an invoice. Raises NotAManifest for data that no manifest has."""
        try:
            statement = cls(
                _text(data["invoice_id"]),
                _text(data["billing_period"]),
                _text(data["payer_account_id"]),
                tuple(_stored(record) for record in data["records"]),
                tuple(_stored(document) for document in data["documents"]),
                data,
            )
        except NOT_UNDERSTOOD as error:
            why = str(error) if isinstance(error, NotAManifest) else type(error).__name__
            raise NotAManifest(f"an invoice in it is none ({why})") from None
        if not statement.records:
            raise NotAManifest(f"its invoice {statement.invoice_id} has no record")
        return statement

    def wrong_names(self, period: BillingPeriod) -> Iterator[tuple[str, str]]:
        """Yield each key that does not follow from period, payer account and id, and the expected
        one.
        """
        payer, invoice_id = self.payer_account_id, self.invoice_id
        for sequence, record in enumerate(self.records, 1):
            key = record_key(period, payer, invoice_id, sequence)
            if record.key != key:
                yield record.key, key
        begin, segment = document_names_prefix(period, payer), safe_segment(invoice_id)
        for document in self.documents:
            if not is_document_of(document.key, period, payer, invoice_id):
                yield document.key, f"a name that begins with {begin} and has _{segment}"

    def contradictions(self, number: int, content: bytes) -> list[str]:
        """Members in which the `number`-th record (from 0 on) differs from the manifest.

        Only facts are compared: each version of the functions derives findings anew.
        """
        try:
            record = json.loads(content)
            before = self.data["records"][:number]
            facts = {
                "schema": SCHEMA,
                "invoice_id": self.invoice_id,
                "billing_period": self.billing_period,
                "payer_account_id": self.payer_account_id,
                "sequence": number + 1,
                "previous_sha256": before[-1]["sha256"] if before else None,
                "previous_records": before,
            }
            if number == len(self.records) - 1:
                for name in ("summary", "documents", "first_archived_at"):
                    facts[name] = self.data[name]
                seen_by = sorted(sighting["payer_account_id"] for sighting in record["sightings"])
                if seen_by != self.data["seen_by"]:
                    return ["sightings"]
            return [name for name, value in facts.items() if record[name] != value]
        except NOT_UNDERSTOOD as error:
            return [f"form ({type(error).__name__})"]


def _stored(data: Any) -> StoredObject:
    stored = StoredObject(
        _text(data["key"]), _text(data["version_id"]), _text(data["sha256"]), data["size_bytes"]
    )
    if len(stored.sha256) != 64 or not _HEX.issuperset(stored.sha256):
        raise NotAManifest(f"it gives {stored.key} a SHA-256 that is none")
    if type(stored.size_bytes) is not int or stored.size_bytes < 0:
        raise NotAManifest(f"it gives {stored.key} a size that is none")
    if max(len(stored.key), len(stored.version_id)) > _LONGEST_NAME:
        raise NotAManifest(f"it names {stored.key[:40]}…, longer than any key or version")
    return stored


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise NotAManifest(f"it has {described(value)} where a text must be")
    return value
