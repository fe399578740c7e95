"""The invoices for which a document's bytes are stored: found in the archive, or stored by the
threads of one payer account's part of a run.
"""

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from lambdas.aws.archive import Archive
from lambdas.domain.errors import EvidenceConflict
from lambdas.domain.evidence.archive_layout import (
    document_stem,
    invoice_of_document,
    revision_of_invoice_document,
)
from lambdas.domain.evidence.kept_versions import KeptVersions


class StoredDocuments:
    """The archive's invoice documents by their bytes. Invoices are named by their key segments.

    Methods may run in several threads.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._lock = threading.Lock()
        self._newest: dict[str, tuple[int, KeptVersions]] = {}
        self._of_size: dict[int, list[str]] | None = None
        self._sha256: dict[str, str | None] = {}
        self._holders: dict[str, set[str]] = defaultdict(set)
        self.contested: set[str] = set()
        """The invoices whose document was served for another one as well."""

    def look_up(self, versions: KeptVersions) -> None:
        """Note the size of the document at a key; a listing gives no more."""
        revision_of_key = revision_of_invoice_document(document_stem(versions.key))
        if revision_of_key and versions.version_id:
            stem, revision = revision_of_key
            earlier, _ = self._newest.get(stem, (0, versions))
            if revision > earlier:  # a replaced revision may well be another invoice's document
                self._newest[stem] = revision, versions
                self._of_size = None

    def hold(self, segment: str, sha256: str) -> None:
        """Note these bytes as the invoice's document, which names it."""
        with self._lock:
            self._holders[sha256].add(segment)

    def hold_alone(
        self, segment: str, sha256: str, size_bytes: int, *, beside: Collection[str] = ()
    ) -> list[str]:
        """Note these bytes as the invoice's document, unless other invoices have them.

        Returns those others, without `beside`; if there are any, nothing was noted.
        """
        stored = set(self._stored_for(sha256, size_bytes))
        with self._lock:
            others = (stored | self._holders[sha256]) - {segment, *beside}
            if not others:
                self._holders[sha256].add(segment)
        return sorted(others)

    def contest(self, segments: Iterable[str]) -> None:
        with self._lock:
            self.contested.update(segments)

    def _stored_for(self, sha256: str, size_bytes: int) -> Iterable[str]:
        """The invoices that had such a document when the archive was looked up. Only objects of the
        same size are asked for their SHA-256.
        """
        for key in self._keys_of_size().get(size_bytes, ()):
            if self._sha256_of(key) == sha256:
                yield _segment(key)

    def _keys_of_size(self) -> Mapping[int, Sequence[str]]:
        with self._lock:
            if self._of_size is None:
                self._of_size = defaultdict(list)
                for _, versions in self._newest.values():
                    self._of_size[versions.size_bytes].append(versions.key)
            return self._of_size

    def _sha256_of(self, key: str) -> str | None:
        if key not in self._sha256:
            try:
                document = self._archive.adopt(key)
            except EvidenceConflict:
                document = None  # not stored by this archive: reported when its key is needed
            self._sha256[key] = document[0].sha256 if document else None
        return self._sha256[key]


def _segment(key: str) -> str:
    of_invoice = invoice_of_document(document_stem(key))
    return of_invoice[1] if of_invoice else key
