"""Archiving one listed invoice: documents first, then the record, so that the next run can complete
the work after a crash at any point.
"""

from collections.abc import Callable, Collection, Iterable
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime

from lambdas.aws.answers import AnswerNotRead
from lambdas.aws.archive import Archive
from lambdas.aws.invoicing import Invoicing
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import EvidenceConflict
from lambdas.domain.evidence.archived_invoice import (
    ArchivedInvoice,
    KnownInvoice,
    OutstandingInvoice,
)
from lambdas.domain.evidence.kept_versions import EvidenceDamaged
from lambdas.domain.evidence.key_segments import safe_segment
from lambdas.domain.evidence.record_chain import ChainState, Learnt, first_record
from lambdas.domain.evidence.records import Gap, Record, Sighting, rows_differ
from lambdas.domain.evidence.retention import retain_until
from lambdas.domain.findings import finding
from lambdas.domain.invoices.receiver_roles import only_roles
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.runs.known_to_pass import KnownToPass
from lambdas.domain.runs.payer_run import ListedInvoice, Listing, PayerRun, in_order
from lambdas.settings import FunctionSettings
from lambdas.steps.archiving.document_fetcher import DocumentFetcher
from lambdas.steps.archiving.invoice_documents import InvoiceDocuments
from lambdas.steps.archiving.record_chains import RecordChains
from lambdas.steps.archiving.turns import InTurn
from lambdas.steps.archiving.wanted_document import REVISION_NOT_CHECKED, Question

Place = tuple[BillingPeriod, str]
"""A billing period and the account below which invoices are filed."""


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
        known: KnownToPass,
    ) -> None:
        def retained(period: BillingPeriod) -> datetime:
            return retain_until(period, settings.retention, clock())

        self._invoicing = invoicing
        self._settings = settings
        self._run = run
        self._known = known
        self._chains = RecordChains(archive, run, retained)
        self._fetcher = DocumentFetcher(
            archive, settings, run, clock, known=known, retain_until=retained
        )

    def look_up(self, places: Collection[Place], of_others: Collection[Place] = ()) -> None:
        """Find the records and documents at these places, and the records `of_others`, from
        listings alone.

        Versions are listed, because otherwise a hidden key looks like one that never existed.
        """
        accounts: dict[BillingPeriod, set[str]] = {}
        for period, account_id in (*places, *of_others):
            accounts.setdefault(period, set()).add(account_id)
        for period, account_ids in accounts.items():
            self._chains.look_up(period, account_ids)
        for period, account_id in places:
            self._fetcher.look_up(period, account_id)

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
            gap = damaged.gap
        return self._outstanding(listed, [gap])

    def contested(self, listed: Iterable[ListedInvoice]) -> list[ListedInvoice]:
        """The invoices whose stored document was served for another invoice in this pass.

        The document may be stored for the wrong one if it names neither: `archive_invoice` fetches
        it again from AWS.
        """
        return [invoice for invoice in listed if self._fetcher.is_contested(invoice)]

    def record_vanished(self, listing: Listing) -> list[ArchivedInvoice]:
        """Record archived invoices that are no longer in the payer account's listing."""
        return self._chains.record_vanished(listing, self._settings.fetch_threads)

    def _archive_invoice(
        self, listed: ListedInvoice, in_turn: InTurn
    ) -> ArchivedInvoice | OutstandingInvoice | KnownInvoice:
        state = self._chains.state(safe_segment(listed.invoice_id))
        earlier = state.record.sighting_of(self._run.payer_account_id) if state else None
        if state and listed.receiver_roles and not (earlier and only_roles(earlier.listings)):
            return KnownInvoice(listed.invoice_id)
        listed = self._as_recorded(listed, state, earlier)
        sighting = self._sighted(listed, earlier)
        question = self._question(listed, state, sighting)
        learnt = Learnt(
            self._run.run_id,
            self._run.as_of,
            sighting,
            listed.summary.row,
            row_received=listed.summary.received,
            other_rows=listed.other_rows,
        )
        if question:
            try:
                fetched = InvoiceDocuments(self._invoicing, self._fetcher, question, in_turn)
                documents, gaps = fetched.fetch()
            except AnswerNotRead:
                pass  # it stays due, and the next run asks again
            else:
                learnt = replace(learnt, documents=documents, lacks=gaps, documents_were_asked=True)
        if state:
            return self._chains.extend(state, learnt)
        if not learnt.documents:
            return self._outstanding(listed, learnt.lacks)
        place = listed.billing_period, listed.payer_account_id
        stem = self._fetcher.invoice_stem(listed)
        return self._chains.begin(first_record(listed.invoice_id, *place, learnt, stem), learnt)

    def _as_recorded(
        self, listed: ListedInvoice, state: ChainState | None, earlier: Sighting | None
    ) -> ListedInvoice:
        """The invoice with the recorded one of its rows first."""
        listed = replace(listed, other_rows=in_order(listed.other_rows))
        if earlier:
            listed = listed.as_recorded(earlier.fingerprint)
        if state and listed.other_rows and self._kept_one_row(state.record):
            return replace(listed, summary=InvoiceSummary(listed.summary.row), other_rows=())
        return listed

    def _kept_one_row(self, record: Record) -> bool:
        """True for an archive-closed month's record by an earlier release, which kept only the
        first row of an id: other listed rows are then no news.
        """
        return record.row_received is None and record.billing_period in self._known.closed

    def _sighted(self, listed: ListedInvoice, earlier: Sighting | None) -> Sighting:
        fingerprint = listed.summary.fingerprint()
        if earlier and earlier.fingerprint in listed.summary.same_fingerprints():
            fingerprint = earlier.fingerprint
        return Sighting(self._run.payer_account_id, fingerprint, listed.listings)

    def _question(
        self, listed: ListedInvoice, state: ChainState | None, sighting: Sighting
    ) -> Question | None:
        """The question for the invoice's documents; None if there is no reason to ask."""
        asked_by = self._run.payer_account_id
        if state is None:
            return Question(asked_by, listed, None, self._fetcher.invoice_stem(listed))
        record = state.record
        has_changed = _has_changed(record, sighting)
        is_in_doubt = listed.invoice_id in self._known.in_doubt or (
            self._fetcher.is_contested(listed) and not record.names_its_invoice
        )
        if not (has_changed or is_in_doubt or record.is_due(self._run.as_of)):
            return None
        return Question(
            asked_by,
            listed,
            state,
            record.document_stem,
            looks_for_revisions=has_changed,
            is_in_doubt=is_in_doubt,
        )

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
