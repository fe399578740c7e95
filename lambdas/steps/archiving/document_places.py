"""The archive's documents in the folders that were looked up, by their stems."""

from collections import defaultdict

from lambdas.domain.evidence.archive_layout import (
    document_stem,
    documents_prefix,
    invoice_document_stem,
    invoice_of_document,
)
from lambdas.domain.evidence.kept_versions import EvidenceDamaged, KeptVersions
from lambdas.domain.evidence.key_segments import safe_segment
from lambdas.domain.findings import Finding
from lambdas.domain.runs.payer_run import ListedInvoice


class DocumentPlaces:
    """The keys of the archive's documents, and the stems of each invoice."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}
        self._damages: dict[str, Finding] = {}
        self._invoice_stems: dict[str, set[str]] = defaultdict(set)

    def add(self, versions: KeptVersions) -> None:
        stem = document_stem(versions.key)
        self._keys[stem] = versions.key
        if versions.damage:
            self._damages[stem] = versions.damage
        of_invoice = invoice_of_document(stem)
        if of_invoice:
            invoice_stem, segment = of_invoice
            self._invoice_stems[segment].add(invoice_stem)

    def key(self, stem: str) -> str | None:
        """The key of the document; None if there is none. Raises EvidenceDamaged."""
        if stem in self._damages:
            raise EvidenceDamaged(self._damages[stem])
        return self._keys.get(stem)

    def invoice_stem(self, listed: ListedInvoice) -> str:
        """The stem of the document keys of an invoice without a record.

        Documents left by a crash keep theirs, even if AWS has corrected the row's type since.
        """
        place = listed.billing_period, listed.payer_account_id
        stem = invoice_document_stem(*place, listed.summary.invoice_type, listed.invoice_id)
        folder = documents_prefix(*place)
        stored = self._invoice_stems.get(safe_segment(listed.invoice_id), ())
        in_folder = sorted(one for one in stored if one.startswith(folder))
        return stem if stem in in_folder or not in_folder else in_folder[0]
