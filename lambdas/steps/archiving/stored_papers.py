"""Which invoice the bytes of a document are stored for, as far as one payer account's part of a run
can know: by what it finds in the archive and by what its own threads store.
"""

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from lambdas.aws.archive import Archive
from lambdas.domain.errors import EvidenceConflict
from lambdas.domain.evidence.archive_layout import (
    document_stem,
    invoice_of_document,
    revision_of_invoice_document,
)
from lambdas.domain.evidence.kept_versions import KeptVersions


class StoredPapers:
    """The invoice documents of the archive by what they contain. Invoices are named by the segments
    of their keys.

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
        """The invoices whose document another one was served as well."""

    def look_up(self, kept: KeptVersions) -> None:
        """Take note of what is stored at a key: a listing gives its size alone."""
        found = revision_of_invoice_document(document_stem(kept.key))
        if found and kept.version_id:
            stem, revision = found
            earlier, _ = self._newest.get(stem, (0, kept))
            if revision > earlier:  # what a revision replaced may well be another's paper
                self._newest[stem] = revision, kept
                self._of_size = None

    def hold(self, segment: str, sha256: str) -> None:
        """Note that the invoice gets a document of these bytes, which names it."""
        with self._lock:
            self._holders[sha256].add(segment)

    def hold_alone(
        self, segment: str, sha256: str, size_bytes: int, *, beside: Collection[str] = ()
    ) -> list[str]:
        """Note that the invoice gets a document of these bytes unless another has it.

        Returns those others, which are none of `beside`; then nothing was noted.
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
        """Which invoices the archive held such a document of when it was looked into. Only objects
        of the same size are asked for their SHA-256.
        """
        for key in self._keys_of_size().get(size_bytes, ()):
            if self._sha256_of(key) == sha256:
                yield _segment(key)

    def _keys_of_size(self) -> Mapping[int, Sequence[str]]:
        with self._lock:
            if self._of_size is None:
                self._of_size = defaultdict(list)
                for _, kept in self._newest.values():
                    self._of_size[kept.size_bytes].append(kept.key)
            return self._of_size

    def _sha256_of(self, key: str) -> str | None:
        if key not in self._sha256:
            try:
                adopted = self._archive.adopt(key)
            except EvidenceConflict:
                adopted = None  # no document of this archive: it is told where its key is wanted
            self._sha256[key] = adopted[0].sha256 if adopted else None
        return self._sha256[key]


def _segment(key: str) -> str:
    of_invoice = invoice_of_document(document_stem(key))
    return of_invoice[1] if of_invoice else key


class Turns:
    """The order of threads: the one that begins first may wait for none, any other for all that
    began before it.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ended: set[int] = set()
        self._first = 0
        """All before it have ended."""

    @contextmanager
    def turn(self, turn: int) -> Iterator[None]:
        """Begin when all turns before this one have ended; it ends with the block."""
        with self._changed:
            self._changed.wait_for(lambda: self._first >= turn)
        try:
            yield
        finally:
            self.end(turn)

    def end(self, turn: int) -> None:
        """End a turn, whether or not it was taken, and whether or not it has ended before."""
        with self._changed:
            if turn >= self._first:
                self._ended.add(turn)
            while self._first in self._ended:
                self._ended.remove(self._first)
                self._first += 1
            self._changed.notify_all()
