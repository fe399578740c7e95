"""The chains of records of a payer account's invoices: looked up, read, begun and extended."""

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from lambdas.aws.archive import Archive
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import EvidenceConflict, ServiceUnavailable
from lambdas.domain.evidence.archive_layout import (
    account_of_record,
    chain_of_record,
    highest_records,
    invoice_of_chain,
    record_in_chain,
    record_sequence,
    records_prefix,
)
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.evidence.kept_versions import EvidenceDamaged, KeptVersions
from lambdas.domain.evidence.key_segments import safe_segment
from lambdas.domain.evidence.record_chain import ChainState, Learnt, next_record
from lambdas.domain.evidence.records import Record, StoredObject
from lambdas.domain.findings import Finding
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.runs.payer_run import (
    BY_BILLING_PERIOD,
    OF_RECEIVER_BY_BILLING_PERIOD,
    Listing,
    PayerRun,
)
from lambdas.domain.stored_form import NotUnderstood
from lambdas.steps.stored_records import read_record

_TRIES = 5
_MOST_LISTED_ALONE = 10
"""Accounts of a period. The records of more are found in one listing of the whole period."""


class RecordChains:
    """The records of a payer account's invoices in a run. Invoices are named by key segments.

    Methods may run in several threads.
    """

    def __init__(
        self, archive: Archive, run: PayerRun, retain_until: Callable[[BillingPeriod], datetime]
    ) -> None:
        self._archive = archive
        self._run = run
        self._retain_until = retain_until
        self._chains: dict[str, list[tuple[str, int]]] = {}
        self._added: dict[str, int] = {}
        self._damages: dict[str, Finding] = {}

    def look_up(self, period: BillingPeriod, account_ids: Collection[str]) -> None:
        """Find the records at this period and these accounts, from listings alone."""
        kept = list(self._kept(period, account_ids))
        for versions in kept:
            place = record_sequence(versions.key)
            if versions.damage and place:
                self._damages[invoice_of_chain(place[0])] = versions.damage
        for chain, sequence in highest_records(versions.key for versions in kept).items():
            self._chains.setdefault(invoice_of_chain(chain), []).append((chain, sequence))

    def _kept(self, period: BillingPeriod, account_ids: Collection[str]) -> Iterator[KeptVersions]:
        if len(account_ids) > _MOST_LISTED_ALONE:
            for key, versions in self._archive.kept_versions(records_prefix(period)).items():
                if account_of_record(key) in account_ids:
                    yield versions
        else:
            for account_id in account_ids:
                kept = self._archive.kept_versions(records_prefix(period, account_id))
                yield from kept.values()

    def state(self, segment: str) -> ChainState | None:
        """The highest record of the invoice's oldest chain, whose first record fixes the keys.

        Raises EvidenceDamaged if a record is hidden or overlaid: nothing is stored for the invoice
        until that record is back.
        """
        if segment in self._damages:
            raise EvidenceDamaged(self._damages[segment])
        places = self._chains.get(segment, [])
        states = [self._read_known(chain, sequence) for chain, sequence in places]
        return min(states, key=lambda state: state.record.first_archived_at, default=None)

    def begin(self, first: Record, learnt: Learnt) -> ArchivedInvoice:
        """Store the first record; if another run was first, extend its chain by what was learnt."""
        stored = self._put(first)
        if stored:
            return ArchivedInvoice.of(first, stored)
        return self.extend(self._read_highest(chain_of_record(first.key), first.sequence), learnt)

    def extend(self, state: ChainState, learnt: Learnt) -> ArchivedInvoice:
        """Store the next record, if something was learnt. Raises ServiceUnavailable."""
        for _ in range(_TRIES):
            record = next_record(state.record, state.stored, learnt, self._run.payer_account_id)
            if record is None:
                return ArchivedInvoice.of(state.record, state.stored)
            stored = self._put(record)
            if stored:
                return ArchivedInvoice.of(record, stored)
            # another run was first: its record is the state now
            state = self._read_highest(chain_of_record(record.key), record.sequence)
        raise ServiceUnavailable(f"other runs keep extending {state.record.key}")

    def record_vanished(self, listing: Listing, threads: int) -> list[ArchivedInvoice]:
        """Record archived invoices of the fully listed periods that the listing no longer has.

        Invoices that only another receiver's listing had are left out.
        """
        listed = {safe_segment(invoice.invoice_id) for invoice in listing.invoices}
        prefixes = tuple(records_prefix(period) for period in listing.periods_without_gap)
        unlisted = [
            segment
            for segment, places in self._chains.items()
            if segment not in listed and any(chain.startswith(prefixes) for chain, _ in places)
        ]
        vanished = []
        with ThreadPoolExecutor(threads) as pool:
            for state in pool.map(self._readable_state, unlisted):
                if state and _was_listed_by_period(state.record, listing):
                    learnt = Learnt(self._run.run_id, self._run.as_of, None, state.record.summary)
                    vanished.append(self.extend(state, learnt))
        return vanished

    def _readable_state(self, segment: str) -> ChainState | None:
        try:
            return self.state(segment)
        except (EvidenceConflict, EvidenceDamaged):
            return None  # ValidateCompleteness reports a record that cannot be read

    def _read_known(self, chain: str, listed_sequence: int) -> ChainState:
        """The highest record of a chain by the listings, or the one that this pass added.

        Another pass may have added one since. `extend` notices that, because no record replaces
        another.
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

    def _put(self, record: Record) -> StoredObject | None:
        stored = self._archive.put_record(
            record.key, record.to_bytes(), self._retain_until(record.billing_period)
        )
        if stored:
            self._added[chain_of_record(record.key)] = record.sequence
        return stored


def _was_listed_by_period(record: Record, listing: Listing) -> bool:
    """False for an estimate, and for a row that only the issued-date sweep listed: it drops out as
    the sweep moves on and has not vanished.
    """
    listings = {BY_BILLING_PERIOD}
    if record.payer_account_id in listing.receivers_listed:
        listings.add(OF_RECEIVER_BY_BILLING_PERIOD)
    return not InvoiceSummary(record.summary).is_estimate and any(
        sighting.payer_account_id == listing.payer_account_id
        and sighting.is_listed
        and not listings.isdisjoint(sighting.listings)
        for sighting in record.sightings
    )
