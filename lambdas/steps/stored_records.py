"""Reading a record from the archive."""

from lambdas.aws.archive import Archive
from lambdas.domain.evidence.archive_layout import evidence_payer
from lambdas.domain.evidence.archived_invoice import names_only_its_own
from lambdas.domain.evidence.records import Record, StoredObject
from lambdas.domain.stored_form import NotUnderstood, read_form

_LARGEST = 4 << 20
"""Bytes; far more than an invoice's row and the names of all its records and documents."""


def read_record(archive: Archive, key: str) -> tuple[Record, StoredObject] | None:
    """The record of this key with its stored object; None if there is none.

    Raises NotUnderstood for anything else at the key.
    """
    file = archive.read(key, _LARGEST)
    if file is None:
        return None
    record = read_form(Record, file.content)
    if record.key != key:
        raise NotUnderstood(f"it is the record {record.key}")
    documents = (document.stored.key for document in record.documents)
    if evidence_payer(key) is None or not names_only_its_own(
        record, record.previous_records, documents
    ):
        raise NotUnderstood("it names evidence that is not its own")
    return record, file.stored
