"""Archiving one document that AWS offers: it is adopted, or downloaded, checked and stored."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import IO

from lambdas.aws.archive import Archive
from lambdas.aws.document_download import Downloaded, download, working_file
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.documents.document_refused import DocumentRefused
from lambdas.domain.documents.document_text import is_proven
from lambdas.domain.errors import NOT_UNDERSTOOD, EvidenceConflict
from lambdas.domain.evidence.archive_layout import documents_prefix, file_extension
from lambdas.domain.evidence.key_segments import safe_segment
from lambdas.domain.evidence.records import ArchivedDocument
from lambdas.domain.evidence.shared_documents import same_bytes
from lambdas.domain.json_text import instant_text
from lambdas.domain.runs.known_to_pass import KnownToPass
from lambdas.domain.runs.payer_run import ListedInvoice, PayerRun
from lambdas.settings import FunctionSettings
from lambdas.steps.archiving.document_checks import Checked, check_document, is_rendered_anew
from lambdas.steps.archiving.document_places import DocumentPlaces
from lambdas.steps.archiving.origin import Origin
from lambdas.steps.archiving.stored_documents import StoredDocuments
from lambdas.steps.archiving.turns import InTurn
from lambdas.steps.archiving.wanted_document import WantedDocument


class DocumentFetcher:
    """Archives documents of a payer account's invoices, one at a time.

    Methods may run in several threads.
    """

    def __init__(
        self,
        archive: Archive,
        settings: FunctionSettings,
        run: PayerRun,
        clock: Callable[[], datetime],
        *,
        known: KnownToPass,
        retain_until: Callable[[BillingPeriod], datetime],
    ) -> None:
        self._archive = archive
        self._settings = settings
        self._run = run
        self._clock = clock
        self._known = known
        self._retain_until = retain_until
        self._places = DocumentPlaces()
        self._stored_documents = StoredDocuments(archive)

    def look_up(self, period: BillingPeriod, account_id: str) -> None:
        """Find the documents at this period and account, from a listing alone."""
        for versions in self._archive.kept_versions(documents_prefix(period, account_id)).values():
            self._places.add(versions)
            self._stored_documents.look_up(versions)

    def invoice_stem(self, listed: ListedInvoice) -> str:
        """The stem of the document keys of an invoice without a record."""
        return self._places.invoice_stem(listed)

    def is_contested(self, listed: ListedInvoice) -> bool:
        """True if the invoice's stored document was served for another invoice in this pass."""
        return safe_segment(listed.invoice_id) in self._stored_documents.contested

    def archive(self, wanted: WantedDocument, in_turn: InTurn) -> ArchivedDocument | None:
        """The document in the archive; None if it is the archived one despite a changed row.

        Raises DocumentRefused, EvidenceConflict and EvidenceDamaged.
        """
        existing = self._places.key(wanted.stem)
        document = self._adopt(existing, wanted) if existing else None
        if document:
            return document
        url, settings = wanted.url, self._settings
        with working_file() as content:
            received = download(url, content, settings.document_hosts, settings.max_document_bytes)
            check = self._check(wanted, content, received)
            if wanted.earlier and self._is_same(wanted.earlier, content, received):
                return None
            if wanted.offer.is_invoice_document:
                check = self._claim(wanted.listed, check, received, in_turn)
            return self._store(wanted, content, received, check)

    def _check(self, wanted: WantedDocument, content: IO[bytes], received: Downloaded) -> Checked:
        listed = wanted.listed
        return check_document(
            content,
            received.size_bytes,
            is_invoice_document=wanted.offer.is_invoice_document,
            invoice_id=listed.invoice_id,
            accounts=self._known.accounts_of(listed),
            others=self._known.others.beside(listed.summary),
            is_whole=received.is_whole,
        )

    def _is_same(self, earlier: ArchivedDocument, content: IO[bytes], received: Downloaded) -> bool:
        """True if a document fetched again is the archived one.

        A PDF may be rendered anew each time, so its content decides. A document that cannot be
        compared is kept beside the first.
        """
        if received.sha256 == earlier.stored.sha256:
            return True
        if file_extension(earlier.stored.key) != "pdf":
            return False
        with working_file() as archived:
            if not self._archive.copy(earlier.stored.key, earlier.stored.version_id, archived):
                return False  # reported as damage; the document fetched now is kept beside it
            archived.flush()
            return is_rendered_anew(
                archived, earlier.stored.size_bytes, content, received.size_bytes
            )

    def _claim(
        self, listed: ListedInvoice, check: Checked, received: Downloaded, in_turn: InTurn
    ) -> Checked:
        """Claim the document for the invoice. Raises DocumentRefused if it is stored for another
        invoice and does not name this one; for a copy, this is only flagged.
        """
        segment = safe_segment(listed.invoice_id)
        if is_proven(check.flags):
            self._stored_documents.hold(segment, received.sha256)
            return check
        with in_turn():
            others = self._stored_documents.hold_alone(
                segment,
                received.sha256,
                received.size_bytes,
                beside=self._known.copies.get(listed.invoice_id, ()),
            )
        if not others:
            return check
        if not listed.summary.repeats_another:
            self._stored_documents.contest(others)
            raise DocumentRefused("OTHER_INVOICE", same_bytes(others))
        return replace(check, flags=(*check.flags, ("OTHER_INVOICE", same_bytes(others))))

    def _store(
        self, wanted: WantedDocument, content: IO[bytes], received: Downloaded, check: Checked
    ) -> ArchivedDocument:
        key = f"{wanted.stem}.{check.extension}"
        flags = (*received.flags, *check.flags)
        origin = Origin.with_room(self._run.run_id, instant_text(self._clock()), flags)
        stored = self._archive.put_evidence(
            key,
            content,
            sha256=received.sha256,
            size_bytes=received.size_bytes,
            retain_until=self._retain_until(wanted.question.billing_period),
            metadata=origin.metadata(),
        )
        if stored:
            return wanted.as_archived(stored, origin)
        # another run was first: its bytes are the archived ones
        winner = self._adopt(key, wanted)
        if winner is None:
            raise EvidenceConflict(f"{key} exists and cannot be read")
        return winner

    def _adopt(self, key: str, wanted: WantedDocument) -> ArchivedDocument | None:
        evidence = self._archive.adopt(key)
        if evidence is None:
            return None
        stored, metadata = evidence
        try:
            return wanted.as_archived(stored, Origin.of(metadata))
        except NOT_UNDERSTOOD:
            raise EvidenceConflict(
                f"{key} does not say which run stored it: this archive did not; find who did"
            ) from None
