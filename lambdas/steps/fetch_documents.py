"""One pass over a payer account's listed invoices, archiving the missing ones within its time."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import datetime
from functools import cached_property

from lambdas.aws.archive import Archive
from lambdas.aws.invoicing import Invoicing
from lambdas.aws.payer_role import NoAccess, WrongAccount
from lambdas.domain.errors import ServiceUnavailable
from lambdas.domain.evidence.archive_layout import fetch_pass_key, records_prefix
from lambdas.domain.evidence.archived_invoice import (
    ArchivedInvoice,
    KnownInvoice,
    OutstandingInvoice,
)
from lambdas.domain.runs.fetch_pass import FetchPass
from lambdas.domain.runs.known_to_pass import KnownToPass
from lambdas.domain.runs.outcome import CHECKED, NO_ACCESS, WRONG_ACCOUNT
from lambdas.domain.runs.payer_run import ListedInvoice, Listing, PayerRun
from lambdas.settings import FunctionSettings
from lambdas.steps.archiving.payer_archive import PayerArchive, Place
from lambdas.steps.archiving.turns import InTurn, Turns
from lambdas.steps.periods_seen import doubts_and_closed
from lambdas.steps.run_files import RunFiles
from lambdas.steps.stored_run import StoredRun

_DealtWith = ArchivedInvoice | OutstandingInvoice | KnownInvoice


def fetch_documents(
    archive: Archive,
    settings: FunctionSettings,
    run: PayerRun,
    *,
    invoicing: Callable[[], Invoicing],
    clock: Callable[[], datetime],
    has_time: Callable[[], bool],
) -> tuple[FetchPass, ServiceUnavailable | None]:
    """Deal with the invoices left by earlier passes of this run, at least one, and record the pass.
    If it dies, its documents and records stay, and the next pass goes on from them.

    Returns the pass, and the error that ended it early if a service was unavailable.
    """
    start = _Start(archive, run)
    pending, failure = start.pending, None
    try:
        payer_archive = PayerArchive(
            archive, invoicing(), settings, run, clock, known=start.known()
        )
        payer_archive.look_up(start.places(), start.places_not_asked())
        one_pass = _Pass(payer_archive, start.listing, has_time)
        this_pass, failure = one_pass.over(pending, settings.fetch_threads)
    except NoAccess as error:
        this_pass = FetchPass(NO_ACCESS, str(error))
    except WrongAccount as error:
        this_pass = FetchPass(WRONG_ACCOUNT, str(error))
    _write_down(archive, run, this_pass, number=len(start.earlier) + 1)
    return this_pass, failure


class _Start:
    """The files of a run on one payer account as a pass finds them."""

    def __init__(self, archive: Archive, run: PayerRun) -> None:
        self._archive = archive
        self._run = run
        files, stored_run = RunFiles(archive, run), StoredRun(archive, run.run_id)
        listing = files.listing()
        if listing is None:
            raise LookupError(f"the listing of payer account {run.payer_account_id} is gone")
        self.listing = listing
        self.earlier = files.passes()
        self._asked_accounts = stored_run.accounts_asked()
        self._register = stored_run.payers_registered()

    @cached_property
    def pending(self) -> list[ListedInvoice]:
        """The invoices left by earlier passes."""
        done_ids = {invoice_id for one in self.earlier for invoice_id in one.invoice_ids()}
        return [one for one in self.listing.invoices if one.invoice_id not in done_ids]

    def known(self) -> KnownToPass:
        listing = self.listing
        periods = {*listing.billing_periods, *(one.billing_period for one in listing.invoices)}
        in_doubt, closed = doubts_and_closed(self._archive, periods)
        accounts = self._asked_accounts | {payer.account_id for payer in self._register}
        return KnownToPass.of(listing, accounts, in_doubt, closed)

    def places(self) -> set[Place]:
        """The places where the archive may have the invoices, or ones that vanished."""
        listing = self.listing
        of_invoices = {place for invoice in self.pending for place in _places(invoice)}
        of_payer = {(period, listing.payer_account_id) for period in listing.billing_periods}
        return of_invoices | of_payer

    def places_not_asked(self) -> set[Place]:
        """The archive's accounts, by period, that this run does not ask. Only an account in whose
        listings their invoices appear can notice that they vanish: no pass of their own would.
        """
        return {
            (period, account_id)
            for period in self._run.billing_periods
            for account_id in self._archive.folders(records_prefix(period))
            if account_id not in self._asked_accounts
        }


class _Pass:
    """One pass over the invoices of a listing, in several threads."""

    def __init__(
        self, payer_archive: PayerArchive, listing: Listing, has_time: Callable[[], bool]
    ) -> None:
        self._payer_archive = payer_archive
        self._listing = listing
        self._has_time = has_time
        self._stop = threading.Event()
        self._turns = Turns()

    def over(
        self, pending: list[ListedInvoice], threads: int
    ) -> tuple[FetchPass, ServiceUnavailable | None]:
        """Deal with `pending` in turn, then again with contested invoices (`contested`).

        The pass that leaves none also records invoices that vanished from the listings. Raises
        NoAccess.
        """
        with ThreadPoolExecutor(threads) as pool:
            results = list(pool.map(self._deal_with, range(len(pending)), pending))
        dealt_with = sum(isinstance(result, _DealtWith) for result in results)
        results += (
            self._archive(invoice)
            for invoice in self._payer_archive.contested(self._listing.invoices)
            if self._has_time() and not self._stop.is_set()
        )
        failures = [result for result in results if isinstance(result, ServiceUnavailable)]
        is_last = dealt_with == len(pending) and not failures
        archived = [result for result in results if isinstance(result, ArchivedInvoice)]
        if is_last:
            archived += self._payer_archive.record_vanished(self._listing)
        this_pass = FetchPass(
            CHECKED if is_last else None,
            "",
            tuple(archived),
            tuple(result for result in results if isinstance(result, OutstandingInvoice)),
            tuple(result.invoice_id for result in results if isinstance(result, KnownInvoice)),
        )
        return this_pass, next(iter(failures), None)

    def _deal_with(
        self, index: int, invoice: ListedInvoice
    ) -> _DealtWith | ServiceUnavailable | None:
        try:
            if self._stop.is_set() or (index > 0 and not self._has_time()):
                return None
            return self._archive(invoice, lambda: self._turns.turn(index))
        finally:
            self._turns.end(index)

    def _archive(
        self, invoice: ListedInvoice, in_turn: InTurn = nullcontext
    ) -> _DealtWith | ServiceUnavailable:
        try:
            return self._payer_archive.archive_invoice(invoice, in_turn)
        except ServiceUnavailable as error:
            self._stop.set()
            return error
        except BaseException:
            self._stop.set()
            raise


def _places(invoice: ListedInvoice) -> Iterator[Place]:
    """The places where the invoice may be archived. A row without a period is filed in the month
    asked for, which may be its month of issue; listings by role ask for no month.
    """
    yield invoice.billing_period, invoice.payer_account_id
    if invoice.receiver_roles:
        yield invoice.billing_period.shifted(1), invoice.payer_account_id


def _write_down(archive: Archive, run: PayerRun, this_pass: FetchPass, *, number: int) -> None:
    """Write the pass at the next free number; a parallel retry, or the invocation that this one
    replaces, may have written a pass in the meantime.
    """
    content = this_pass.to_data()
    while not archive.claim(fetch_pass_key(run.run_id, run.payer_account_id, number), content):
        number += 1
