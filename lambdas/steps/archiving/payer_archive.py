"""Archiving one listed invoice: documents first, then the record, so that the next run can complete
the work after a crash at any point.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import IO

from lambdas.aws.answers import AnswerNotRead
from lambdas.aws.archive import Archive
from lambdas.aws.document_download import (
    Downloaded,
    DownloadRefused,
    StorageFull,
    TooSlow,
    download,
    working_file,
)
from lambdas.aws.invoicing import DocumentsRefused, InvoiceNotReady, Invoicing, OfferedDocument
from lambdas.aws.payer_role import NoAccess
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.cut_text import short
from lambdas.domain.documents.document_text import is_proven
from lambdas.domain.errors import NOT_UNDERSTOOD, EvidenceConflict, ServiceUnavailable
from lambdas.domain.evidence.archive_layout import (
    chain_of_record,
    document_stem,
    documents_prefix,
    file_extension,
    highest_records,
    invoice_document_stem,
    invoice_of_chain,
    invoice_of_document,
    record_in_chain,
    record_sequence,
    records_prefix,
    revision_stem,
    supplemental_document_stem,
)
from lambdas.domain.evidence.archived_invoice import (
    ArchivedInvoice,
    KnownInvoice,
    OutstandingInvoice,
)
from lambdas.domain.evidence.kept_versions import EvidenceDamaged, KeptVersions
from lambdas.domain.evidence.key_segments import safe_segment
from lambdas.domain.evidence.records import (
    ArchivedDocument,
    ChainState,
    Gap,
    Learnt,
    Record,
    Sighting,
    StoredObject,
    first_record,
    next_record,
    rows_differ,
)
from lambdas.domain.evidence.retention import retain_until
from lambdas.domain.evidence.shared_documents import same_bytes
from lambdas.domain.findings import Finding, Flag, document_subject, finding
from lambdas.domain.invoices.receiver_roles import only_roles
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.json_form import checked
from lambdas.domain.json_text import Instant, instant_text
from lambdas.domain.runs.known_to_pass import KnownToPass
from lambdas.domain.runs.payer_run import (
    BY_BILLING_PERIOD,
    OF_RECEIVER_BY_BILLING_PERIOD,
    ListedInvoice,
    PayerRun,
    in_order,
)
from lambdas.domain.stored_form import NotUnderstood
from lambdas.settings import FunctionSettings
from lambdas.steps.archiving.document_checks import Checked, check_document, is_rendered_anew
from lambdas.steps.archiving.stored_documents import StoredDocuments
from lambdas.steps.stored_records import read_record

_ROUNDS = 3
"""Requests for the documents when a URL is refused or the bytes do not arrive whole."""
_PASSING = ("DOWNLOAD_FAILED", "DOCUMENT_DAMAGED", StorageFull.CODE)
_CHAIN_TRIES = 5
_MOST_FLAGS_BYTES, _MOST_DETAIL_BYTES = 1_500, 400
"""S3 takes 2,048 bytes of metadata per object; in JSON a letter may take twelve."""
InTurn = Callable[[], AbstractContextManager[None]]
REVISION_NOT_CHECKED = "REVISION_NOT_CHECKED"


@dataclass(frozen=True)
class Origin:
    """A stored document's metadata, for a run that finds it without a record."""

    run_id: str
    retrieved_at: Instant
    flags: tuple[Flag, ...]

    def metadata(self) -> dict[str, str]:
        return {
            "run-id": self.run_id,
            "retrieved-at": self.retrieved_at,
            "flags": json.dumps(self.flags),
        }

    @classmethod
    def of(cls, metadata: Mapping[str, str]) -> "Origin":
        """Raises an error of NOT_UNDERSTOOD if no run of this archive wrote the metadata."""
        flags = tuple((code, detail) for code, detail in json.loads(metadata["flags"]))
        return checked(cls(metadata["run-id"], metadata["retrieved-at"], flags))


class PayerArchive:
    """The archive of one payer account's invoices in a run: its state and its additions.

    Methods may run in several threads.
    """

    def __init__(
        self,
        archive: Archive,
        invoicing: Invoicing,
        settings: FunctionSettings,
        run: PayerRun,
        clock: Callable[[], datetime],
        *,
        known: KnownToPass | None = None,
    ) -> None:
        self._archive = archive
        self._invoicing = invoicing
        self._settings = settings
        self._run = run
        self._clock = clock
        self._known = known or KnownToPass(run.payer_account_id)
        self._stored_documents = StoredDocuments(archive)
        self._chains: dict[str, list[tuple[str, int]]] = {}
        self._added: dict[str, int] = {}
        self._documents: dict[str, str] = {}
        self._invoice_stems: dict[str, set[str]] = defaultdict(set)
        self._damages: dict[str, Finding] = {}

    def look_up(self, places: Iterable[tuple[BillingPeriod, str]]) -> None:
        """Find the records and documents at these periods and accounts, from listings alone.

        Versions are listed, because otherwise a hidden key looks like one that never existed.
        """
        keys: list[str] = []
        for period, account_id in set(places):
            for versions in self._archive.kept_versions(
                records_prefix(period, account_id)
            ).values():
                keys.append(versions.key)
                place = record_sequence(versions.key)
                if versions.damage and place:
                    self._damages[invoice_of_chain(place[0])] = versions.damage
            for versions in self._archive.kept_versions(
                documents_prefix(period, account_id)
            ).values():
                self._look_up_document(versions)
        for chain, sequence in highest_records(keys).items():
            self._chains.setdefault(invoice_of_chain(chain), []).append((chain, sequence))

    def _look_up_document(self, versions: KeptVersions) -> None:
        stem = document_stem(versions.key)
        self._documents[stem] = versions.key
        self._stored_documents.look_up(versions)
        if versions.damage:
            self._damages[stem] = versions.damage
        of_invoice = invoice_of_document(stem)
        if of_invoice:
            invoice_stem, segment = of_invoice
            self._invoice_stems[segment].add(invoice_stem)

    def archive_invoice(
        self, listed: ListedInvoice, in_turn: InTurn = nullcontext
    ) -> ArchivedInvoice | OutstandingInvoice | KnownInvoice:
        """Store the missing parts of the invoice. Raises NoAccess and ServiceUnavailable.

        `in_turn` makes decisions one invoice after another, in the order of the listings. So when
        several invoices are served one paper that names none of them, the first always gets it.
        """
        try:
            return self._archive_invoice(listed, in_turn)
        except EvidenceConflict as conflict:
            gap = Gap("FOREIGN_OBJECT", listed.invoice_id, f"{conflict}.")
        except EvidenceDamaged as damaged:
            gap = _gap_of(damaged.finding)
        return self._outstanding(listed, [gap])

    def _outstanding(self, listed: ListedInvoice, gaps: Iterable[Gap]) -> OutstandingInvoice:
        return OutstandingInvoice(
            listed.invoice_id,
            listed.billing_period,
            listed.payer_account_id,
            (self._run.payer_account_id,),
            listed.summary,
            (
                *(finding(gap.code, gap.subject, gap.detail) for gap in gaps),
                *rows_differ(listed.invoice_id, listed.summary.row, listed.other_rows),
            ),
            listed.receiver_roles,
        )

    def _archive_invoice(
        self, listed: ListedInvoice, in_turn: InTurn
    ) -> ArchivedInvoice | OutstandingInvoice | KnownInvoice:
        state = self._state(safe_segment(listed.invoice_id))
        earlier = _sighting(state, self._run.payer_account_id)
        if state and listed.receiver_roles and not (earlier and only_roles(earlier.listings)):
            return KnownInvoice(listed.invoice_id)
        listed = replace(listed, other_rows=in_order(listed.other_rows))
        if earlier:
            listed = listed.as_recorded(earlier.fingerprint)
        if state and listed.other_rows and self._kept_one_row(state.record):
            listed = replace(listed, summary=InvoiceSummary(listed.summary.row), other_rows=())
        sighting = Sighting(
            self._run.payer_account_id,
            earlier.fingerprint
            if earlier and earlier.fingerprint in listed.summary.same_fingerprints()
            else listed.summary.fingerprint(),
            listed.listings,
        )
        has_changed = state is not None and _has_changed(state.record, sighting)
        documents: list[ArchivedDocument] = []
        gaps: list[Gap] = []
        is_in_doubt = state is not None and (
            listed.invoice_id in self._known.in_doubt
            or (self._is_contested(listed) and not state.record.names_its_invoice)
        )
        is_asked = (
            state is None or has_changed or is_in_doubt or state.record.is_due(self._run.as_of)
        )
        if is_asked:
            try:
                documents, gaps = self._get_documents(
                    listed,
                    state,
                    in_turn,
                    look_for_revisions=has_changed,
                    is_in_doubt=is_in_doubt,
                )
            except AnswerNotRead:
                is_asked = False  # it stays due, and the next run asks again
        learnt = Learnt(
            self._run.run_id,
            self._run.as_of,
            sighting,
            listed.summary.row,
            documents,
            gaps,
            is_asked,
            listed.summary.received,
            listed.other_rows,
        )
        if state is None and not documents:
            return self._outstanding(listed, gaps)
        if state:
            return self._extend_chain(state, learnt)
        return self._begin_chain(listed, learnt)

    def _kept_one_row(self, record: Record) -> bool:
        """True for an archive-closed month's record by an earlier release, which kept only the
        first row of an id: other listed rows are then no news.
        """
        return record.row_received is None and record.billing_period in self._known.closed

    def contested(self, listed: Iterable[ListedInvoice]) -> list[ListedInvoice]:
        """The invoices whose stored document was served for another invoice in this pass.

        The document may be stored for the wrong one if it names neither: `archive_invoice` fetches
        it again from AWS.
        """
        return [invoice for invoice in listed if self._is_contested(invoice)]

    def _is_contested(self, listed: ListedInvoice) -> bool:
        return safe_segment(listed.invoice_id) in self._stored_documents.contested

    def record_vanished(
        self,
        listed_ids: Iterable[str],
        periods: Iterable[BillingPeriod],
        receivers: Collection[str],
    ) -> list[ArchivedInvoice]:
        """Record archived invoices of these fully listed periods that are no longer in the payer
        account's listings.

        `receivers` are the accounts whose listings were read as well. Invoices that only another
        receiver's listing had are left out.
        """
        listed_segments = {safe_segment(invoice_id) for invoice_id in listed_ids}
        prefixes = tuple(records_prefix(period) for period in periods)
        unlisted = [
            segment
            for segment, places in self._chains.items()
            if segment not in listed_segments
            and any(chain.startswith(prefixes) for chain, _ in places)
        ]
        account_id, vanished = self._run.payer_account_id, []
        with ThreadPoolExecutor(self._settings.fetch_threads) as threads:
            for state in threads.map(self._readable_state, unlisted):
                if state is None or InvoiceSummary(state.record.summary).is_estimate:
                    continue
                if _was_listed_by_period(state.record, account_id, receivers):
                    learnt = Learnt(self._run.run_id, self._run.as_of, None, state.record.summary)
                    vanished.append(self._extend_chain(state, learnt))
        return vanished

    def _readable_state(self, segment: str) -> ChainState | None:
        try:
            return self._state(segment)
        except (EvidenceConflict, EvidenceDamaged):
            return None  # ValidateCompleteness reports a record that cannot be read

    def _state(self, segment: str) -> ChainState | None:
        """The highest record of the invoice's oldest chain, whose first record fixes the keys.

        Raises EvidenceDamaged if a record is hidden or overlaid: nothing is stored for the invoice
        until that record is back.
        """
        if segment in self._damages:
            raise EvidenceDamaged(self._damages[segment])
        places = self._chains.get(segment, [])
        states = [self._read_known(chain, sequence) for chain, sequence in places]
        return min(states, key=lambda state: state.record.first_archived_at, default=None)

    def _read_known(self, chain: str, listed_sequence: int) -> ChainState:
        """The highest record of a chain by the listings, or the one that this pass added.

        Another pass may have added one since. `_extend_chain` notices that, because no record
        replaces another.
        """
        key = record_in_chain(chain, self._added.get(chain, listed_sequence))
        state = self._read(key)
        if state is None:
            raise EvidenceConflict(f"{key} was listed and is gone")
        return state

    def _read_highest(self, chain: str, sequence: int) -> ChainState:
        """The highest record of a chain in which `sequence` is known to exist."""
        highest: ChainState | None = None
        while newer := self._read(record_in_chain(chain, sequence)):
            highest, sequence = newer, sequence + 1
        if highest is None:
            raise EvidenceConflict(f"{record_in_chain(chain, sequence)} was listed and is gone")
        return highest

    def _read(self, key: str) -> ChainState | None:
        try:
            record = read_record(self._archive, key)
        except NotUnderstood as error:
            raise EvidenceConflict(f"{key} is no record of this archive: {error}") from None
        return ChainState(*record) if record else None

    def _begin_chain(self, listed: ListedInvoice, learnt: Learnt) -> ArchivedInvoice:
        record = first_record(
            listed.invoice_id,
            listed.billing_period,
            listed.payer_account_id,
            learnt,
            self._stem(listed),
        )
        stored = self._put_record(record)
        if stored:
            return ArchivedInvoice.of(record, stored)
        return self._extend_chain(
            self._read_highest(chain_of_record(record.key), record.sequence), learnt
        )

    def _extend_chain(self, state: ChainState, learnt: Learnt) -> ArchivedInvoice:
        for _ in range(_CHAIN_TRIES):
            record = next_record(state.record, state.stored, learnt, self._run.payer_account_id)
            if record is None:
                return ArchivedInvoice.of(state.record, state.stored)
            stored = self._put_record(record)
            if stored:
                return ArchivedInvoice.of(record, stored)
            # another run was first: its record is the state now
            state = self._read_highest(chain_of_record(record.key), record.sequence)
        raise ServiceUnavailable(f"other runs keep extending {state.record.key}")

    def _put_record(self, record: Record) -> StoredObject | None:
        stored = self._archive.put_record(
            record.key, record.to_bytes(), self._retain_until(record.billing_period)
        )
        if stored:
            self._added[chain_of_record(record.key)] = record.sequence
        return stored

    def _get_documents(
        self,
        listed: ListedInvoice,
        state: ChainState | None,
        in_turn: InTurn,
        *,
        look_for_revisions: bool,
        is_in_doubt: bool,
    ) -> tuple[list[ArchivedDocument], list[Gap]]:
        """Ask for the documents and store missing ones at once; URLs never leave this call.

        If it `is_in_doubt`, the invoice document is fetched again too. Raises AnswerNotRead for an
        unusable answer, if the question was only about documents that may have come late.
        """
        known = (
            {d.identity: d for d in sorted(state.record.documents, key=_revision)} if state else {}
        )
        stem = state.record.document_stem if state else self._stem(listed)
        period = state.record.billing_period if state else listed.billing_period
        stored: dict[object, ArchivedDocument] = {}
        gaps: dict[object, Gap] = {}
        for _ in range(_ROUNDS):
            try_again = False
            try:
                offers = self._offers(listed)
            except (InvoiceNotReady, DocumentsRefused, AnswerNotRead) as error:
                is_wanted = state is None or look_for_revisions or stored or gaps
                if isinstance(error, AnswerNotRead) and not is_wanted:
                    raise
                gaps = gaps or _nothing_offered(listed, state, error, look_for_revisions)
                break
            for offer in offers:
                if offer.identity in stored:
                    continue
                earlier = known.get(offer.identity)
                if earlier and not (
                    look_for_revisions or (is_in_doubt and offer.is_invoice_document)
                ):
                    continue
                gaps.pop(offer.identity, None)
                try:
                    document = self._get_document(
                        offer, stem, period, listed, earlier, in_turn=in_turn
                    )
                except EvidenceConflict as conflict:
                    subject = _subject(listed.invoice_id, offer)
                    gaps[offer.identity] = Gap("FOREIGN_OBJECT", subject, f"{conflict}.")
                except EvidenceDamaged as damaged:
                    gaps[offer.identity] = _gap_of(damaged.finding)
                except DownloadRefused as refused:
                    gap = _gap(listed.invoice_id, offer, refused)
                    gaps[offer.identity] = (
                        replace(gap, code=REVISION_NOT_CHECKED) if earlier else gap
                    )
                    try_again |= refused.code in _PASSING and not isinstance(refused, TooSlow)
                else:
                    if document:
                        stored[offer.identity] = document
            if not try_again:
                break
        return list(stored.values()), list(gaps.values())

    def _offers(self, listed: ListedInvoice) -> list[OfferedDocument]:
        """The documents that AWS offers now.

        Raises NoAccess if AWS denies them, but DocumentsRefused for a payment receipt, a tax copy
        or an invoice of another account (for example a unit's receiver): these may be denied alone.
        """
        is_own = listed.payer_account_id == self._run.payer_account_id
        try:
            return self._invoicing.documents(listed.invoice_id)
        except NoAccess as error:
            if is_own and not listed.summary.repeats_another:
                raise
            raise DocumentsRefused(str(error)) from error

    def _get_document(
        self,
        offer: OfferedDocument,
        invoice_stem: str,
        period: BillingPeriod,
        listed: ListedInvoice,
        earlier: ArchivedDocument | None,
        *,
        in_turn: InTurn,
    ) -> ArchivedDocument | None:
        """Adopt or download one document; None if it is the archived one despite a changed row."""
        stem = invoice_stem
        if not offer.is_invoice_document:
            stem = supplemental_document_stem(
                invoice_stem, offer.document_type, offer.document_id, offer.ordinal
            )
        revision = earlier.revision + 1 if earlier else 1
        if revision > 1:
            stem = revision_stem(stem, revision)
        if stem in self._damages:
            raise EvidenceDamaged(self._damages[stem])
        existing = self._documents.get(stem)
        document = self._adopt(existing, offer, revision) if existing else None
        if document:
            return document
        if offer.url is None:
            problem = offer.problem or "AWS named the document without a URL."
            raise DownloadRefused("NO_DOCUMENT_URL", problem)
        with working_file() as content:
            received = download(
                offer.url, content, self._settings.document_hosts, self._settings.max_document_bytes
            )
            check = check_document(
                content,
                received.size_bytes,
                is_invoice_document=offer.is_invoice_document,
                invoice_id=listed.invoice_id,
                accounts=self._known.accounts_of(listed),
                others=self._known.others.beside(listed.summary),
                is_whole=received.is_whole,
            )
            if earlier and self._is_same(earlier, content, received.sha256, received.size_bytes):
                return None
            if offer.is_invoice_document:
                check = self._claim(listed, check, received, in_turn)
            key = f"{stem}.{check.extension}"
            flags = (*received.flags, *check.flags)
            origin = Origin(self._run.run_id, instant_text(self._clock()), _fitting(flags))
            stored = self._archive.put_evidence(
                key,
                content,
                sha256=received.sha256,
                size_bytes=received.size_bytes,
                retain_until=self._retain_until(period),
                metadata=origin.metadata(),
            )
        if stored is None:  # another run was first: its bytes are the archived ones
            winner = self._adopt(key, offer, revision)
            if winner is None:
                raise EvidenceConflict(f"{key} exists and cannot be read")
            return winner
        return _archived(stored, offer, origin, revision)

    def _claim(
        self,
        listed: ListedInvoice,
        check: Checked,
        received: Downloaded,
        in_turn: InTurn,
    ) -> Checked:
        """Claim the document for the invoice. Raises DownloadRefused if it is stored for another
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
            raise DownloadRefused("OTHER_INVOICE", same_bytes(others))
        return replace(check, flags=(*check.flags, ("OTHER_INVOICE", same_bytes(others))))

    def _adopt(self, key: str, offer: OfferedDocument, revision: int) -> ArchivedDocument | None:
        evidence = self._archive.adopt(key)
        if evidence is None:
            return None
        stored, metadata = evidence
        try:
            return _archived(stored, offer, Origin.of(metadata), revision)
        except NOT_UNDERSTOOD:
            raise EvidenceConflict(
                f"{key} does not say which run stored it: this archive did not; find who did"
            ) from None

    def _is_same(
        self, earlier: ArchivedDocument, content: IO[bytes], sha256: str, size_bytes: int
    ) -> bool:
        """True if a document fetched again is the archived one.

        A PDF may be rendered anew each time, so its content decides. A document that cannot be
        compared is kept beside the first.
        """
        if sha256 == earlier.stored.sha256:
            return True
        if file_extension(earlier.stored.key) != "pdf":
            return False
        with working_file() as archived:
            if not self._archive.copy(earlier.stored.key, earlier.stored.version_id, archived):
                return False  # reported as damage; the document fetched now is kept beside it
            archived.flush()
            return is_rendered_anew(archived, earlier.stored.size_bytes, content, size_bytes)

    def _stem(self, listed: ListedInvoice) -> str:
        """The stem of the document keys of an invoice without a record.

        Documents left by a crash keep theirs, even if AWS has corrected the row's type since.
        """
        period, payer_account_id = listed.billing_period, listed.payer_account_id
        stem = invoice_document_stem(
            period, payer_account_id, listed.summary.invoice_type, listed.invoice_id
        )
        folder = documents_prefix(period, payer_account_id)
        stored = self._invoice_stems.get(safe_segment(listed.invoice_id), ())
        in_folder = sorted(one for one in stored if one.startswith(folder))
        return stem if stem in in_folder or not in_folder else in_folder[0]

    def _retain_until(self, period: BillingPeriod) -> datetime:
        return retain_until(period, self._settings.retention, self._clock())


def _fitting(flags: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The flags, their details cut to fit an object's metadata."""
    most = _MOST_DETAIL_BYTES
    while len(json.dumps(flags)) > _MOST_FLAGS_BYTES:
        flags = [(code, short(detail, most)) for code, detail in flags]
        most //= 2
    return tuple(flags)


def _nothing_offered(
    listed: ListedInvoice,
    state: ChainState | None,
    error: InvoiceNotReady | DocumentsRefused | AnswerNotRead,
    look_for_revisions: bool,
) -> dict[object, Gap]:
    """The gaps when AWS offers nothing; of an archived invoice, only those recorded before."""
    code = "PDF_NOT_READY" if isinstance(error, InvoiceNotReady) else "NO_DOCUMENT_URL"
    gap = Gap(code, listed.invoice_id, str(error))
    if state is None:
        return {code: gap}
    gaps = list(state.record.lacks)
    if look_for_revisions:
        gaps.append(replace(gap, code=REVISION_NOT_CHECKED))
    return {(one.code, one.detail): one for one in gaps}


def _sighting(state: ChainState | None, payer_account_id: str) -> Sighting | None:
    sightings = state.record.sightings if state else ()
    return next((one for one in sightings if one.payer_account_id == payer_account_id), None)


def _revision(document: ArchivedDocument) -> int:
    return document.revision


def _has_changed(record: Record, sighting: Sighting) -> bool:
    """True if revisions are to be fetched: the row changed, or an earlier check failed.

    Only the recorded row counts; another account's row of the invoice may always differ from it.
    """
    first = record.sightings[0]
    row_changed = (
        first.payer_account_id == sighting.payer_account_id
        and first.fingerprint != sighting.fingerprint
    )
    return row_changed or any(gap.code == REVISION_NOT_CHECKED for gap in record.lacks)


def _was_listed_by_period(
    record: Record, payer_account_id: str, receivers: Collection[str]
) -> bool:
    """False for a row that only the issued-date sweep listed: it drops out as the sweep moves on
    and has not vanished.
    """
    listings = {BY_BILLING_PERIOD}
    if record.payer_account_id in receivers:
        listings.add(OF_RECEIVER_BY_BILLING_PERIOD)
    return any(
        sighting.payer_account_id == payer_account_id
        and sighting.is_listed
        and not listings.isdisjoint(sighting.listings)
        for sighting in record.sightings
    )


def _gap_of(damage: Finding) -> Gap:
    return Gap(damage.code, damage.subject, damage.detail)


def _gap(invoice_id: str, offer: OfferedDocument, refused: DownloadRefused) -> Gap:
    what = "The invoice document"
    if not offer.is_invoice_document:
        name = f"{offer.document_type} {offer.document_id or offer.ordinal}"
        what = f"The supplemental document {short(name, _MOST_DETAIL_BYTES)}"
    return Gap(refused.code, _subject(invoice_id, offer), short(f"{what}: {refused.detail}"))


def _subject(invoice_id: str, offer: OfferedDocument) -> str:
    if offer.is_invoice_document:
        return invoice_id
    return document_subject(invoice_id, offer.document_type, offer.document_id, offer.ordinal)


def _archived(
    stored: StoredObject,
    offer: OfferedDocument,
    origin: Origin,
    revision: int,
) -> ArchivedDocument:
    flags = origin.flags
    if not offer.is_invoice_document and offer.document_id is None:
        kind = short(str(offer.document_type), _MOST_DETAIL_BYTES)
        flags = (*flags, ("DOCUMENT_WITHOUT_ID", f"AWS gave this {kind} no id."))
    return ArchivedDocument(
        stored,
        offer.is_invoice_document,
        offer.document_type,
        offer.document_id,
        offer.ordinal,
        origin.run_id,
        origin.retrieved_at,
        flags,
        revision,
    )
