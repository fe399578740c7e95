"""FetchInvoiceDocuments: what the archive lacks: ask, download, check, store. One pass within its
time; the workflow loops.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.aws.archive import Archive
from lambdas.aws.clients import invoicing_client, s3_client
from lambdas.aws.invoicing import Invoicing
from lambdas.aws.payer_role import NoAccess, PayerRole, WrongAccount
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD, ServiceUnavailable
from lambdas.domain.evidence.archive_layout import (
    completeness_key,
    fetch_pass_key,
    run_payers_key,
    run_request_key,
)
from lambdas.domain.evidence.archived_invoice import (
    ArchivedInvoice,
    KnownInvoice,
    OutstandingInvoice,
)
from lambdas.domain.evidence.shared_papers import invoices_in_doubt
from lambdas.domain.runs.fetch_pass import FetchPass
from lambdas.domain.runs.known_to_pass import KnownToPass
from lambdas.domain.runs.outcome import CHECKED, NO_ACCESS, WRONG_ACCOUNT
from lambdas.domain.runs.payer_run import ListedInvoice, Listing, PayerRun
from lambdas.settings import FunctionSettings
from lambdas.steps.archiving.payer_archive import InTurn, PayerArchive
from lambdas.steps.archiving.stored_papers import Turns
from lambdas.steps.run_files import RunFiles
from lambdas.telemetry import logger

RESERVE_SECONDS = 360
"""No invoice is begun in the last part of the function's time: a slow one must end before the
function is stopped.
"""


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take and return the item; `more_to_fetch` says whether another pass is needed.

    Each pass writes down what it did. A pass that dies leaves documents and records, and the next
    pass goes on from them.
    """
    seconds = context.get_remaining_time_in_millis() / 1000
    stop_at = time.monotonic() + max(seconds - RESERVE_SECONDS, seconds / 3)
    settings = FunctionSettings.from_environment()
    run = PayerRun.from_data(event)
    archive = Archive(s3_client(), settings.archive_bucket, settings.retention.mode)
    files = RunFiles(archive, run)
    listing = files.listing()
    if listing is None:
        raise LookupError(f"the listing of payer account {run.payer_account_id} is gone")
    earlier = files.passes()
    in_doubt, closed = _seen_in_views(archive, listing)
    asked = _asked(archive, run.run_id)
    registered = _registered(archive, run.run_id)
    role = PayerRole(run, settings.external_id)
    try:
        payer_archive = PayerArchive(
            archive,
            Invoicing(
                invoicing_client(role.credentials()), lambda: invoicing_client(role.renewed())
            ),
            settings,
            run,
            lambda: datetime.now(UTC),
            known=KnownToPass.of(listing, asked | registered, in_doubt, closed),
        )
        result = fetch(
            payer_archive,
            listing,
            earlier,
            asked=asked,
            threads=settings.fetch_threads,
            has_time=lambda: time.monotonic() < stop_at,
        )
    except NoAccess as error:
        result = FetchPass(NO_ACCESS, str(error)), None
    except WrongAccount as error:
        result = FetchPass(WRONG_ACCOUNT, str(error)), None
    this_pass, failure = result
    number = len(earlier) + 1
    while not archive.claim(
        fetch_pass_key(run.run_id, run.payer_account_id, number), this_pass.to_data()
    ):
        number += 1  # a retry beside this one, or the invocation that it replaces, wrote that pass
    logger().info(
        "fetched invoice documents",
        extra={
            "run_id": run.run_id,
            "payer_account_id": run.payer_account_id,
            "outcome": this_pass.outcome,
            "archived": len(this_pass.archived),
            "outstanding": len(this_pass.outstanding),
        },
    )
    if failure:
        raise failure
    return {**event, "more_to_fetch": this_pass.outcome is None}


def _asked(archive: Archive, run_id: str) -> set[str]:
    """The payer accounts of the run's list; nobody where that is lost, as ValidateCompleteness
    tells.
    """
    return _accounts(archive, run_payers_key(run_id), lambda data: data, "payer_account_id")


def _registered(archive: Archive, run_id: str) -> set[str]:
    """The payer accounts of the register as the run began; without its request nobody is known."""
    return _accounts(archive, run_request_key(run_id), lambda data: data["register"], "account_id")


def _accounts(archive: Archive, key: str, rows: Callable[[Any], Any], member: str) -> set[str]:
    """The account ids in the rows of one of the run's files, none where it cannot be understood."""
    try:
        found = archive.read(key)
        return {str(row[member]) for row in rows(found.data())} if found else set()
    except NOT_UNDERSTOOD as error:
        reason = f"{type(error).__name__}: {error}"
        logger().warning("took an unreadable file for none", extra={"key": key, "reason": reason})
        return set()


def _seen_in_views(archive: Archive, listing: Listing) -> tuple[set[str], set[BillingPeriod]]:
    """The invoices of which the periods' views say that their document is another's, and the
    periods that are closed.

    Views are not locked, so one that cannot be read says nothing; ValidateCompleteness makes it
    again.
    """
    periods = {*listing.billing_periods, *(one.billing_period for one in listing.invoices)}
    in_doubt: set[str] = set()
    closed: set[BillingPeriod] = set()
    for period in sorted(periods):
        key = completeness_key(period)
        try:
            view = archive.read(key)
            if view is None:
                continue
            data = view.data()
            in_doubt |= set(invoices_in_doubt(data))
            closed |= {period} if data["closed_at"] else set()
        except NOT_UNDERSTOOD as error:
            reason = f"{type(error).__name__}: {error}"
            logger().warning(
                "took an unreadable view for none", extra={"key": key, "reason": reason}
            )
    return in_doubt, closed


def _places(invoice: ListedInvoice) -> Iterator[tuple[BillingPeriod, str]]:
    """Where the invoice may be archived. A row without a period lies in the month that was asked
    for, which may be that of its issue; by role none is asked for.
    """
    yield invoice.billing_period, invoice.payer_account_id
    if invoice.receiver_roles:
        yield invoice.billing_period.shifted(1), invoice.payer_account_id


def fetch(
    payer_archive: PayerArchive,
    listing: Listing,
    earlier: list[FetchPass],
    *,
    asked: Collection[str],
    threads: int,
    has_time: Callable[[], bool],
) -> tuple[FetchPass, ServiceUnavailable | None]:
    """One pass over the invoices that no earlier pass of this run dealt with, at least over one.

    `asked` are the payer accounts of the run. Returns what was done, and the error that ended the
    pass early if a service was not available. Raises NoAccess.
    """
    done = {invoice_id for one in earlier for invoice_id in one.invoice_ids()}
    pending = [invoice for invoice in listing.invoices if invoice.invoice_id not in done]
    payer_archive.look_up(
        {place for invoice in pending for place in _places(invoice)}
        | {(period, listing.payer_account_id) for period in listing.billing_periods},
        asked,
    )
    stop, turns = threading.Event(), Turns()

    def archive(
        invoice: ListedInvoice, in_turn: InTurn = nullcontext
    ) -> ArchivedInvoice | OutstandingInvoice | KnownInvoice | ServiceUnavailable:
        try:
            return payer_archive.archive_invoice(invoice, in_turn)
        except ServiceUnavailable as error:
            stop.set()
            return error
        except BaseException:
            stop.set()
            raise

    def deal_with(
        index: int,
    ) -> ArchivedInvoice | OutstandingInvoice | KnownInvoice | ServiceUnavailable | None:
        try:
            if stop.is_set() or (index > 0 and not has_time()):
                return None
            return archive(pending[index], lambda: turns.turn(index))
        finally:
            turns.end(index)

    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(deal_with, range(len(pending))))
    kinds = (ArchivedInvoice, OutstandingInvoice, KnownInvoice)
    dealt_with = sum(isinstance(result, kinds) for result in results)
    results += (
        archive(invoice)
        for invoice in payer_archive.contested(listing.invoices)
        if has_time() and not stop.is_set()
    )
    archived = [result for result in results if isinstance(result, ArchivedInvoice)]
    outstanding = [result for result in results if isinstance(result, OutstandingInvoice)]
    known = [result.invoice_id for result in results if isinstance(result, KnownInvoice)]
    failure = next((result for result in results if isinstance(result, ServiceUnavailable)), None)
    is_last = dealt_with == len(pending) and failure is None
    if is_last:
        archived += payer_archive.record_vanished(
            [invoice.invoice_id for invoice in listing.invoices],
            listing.periods_without_gap,
            listing.receivers_listed,
        )
    outcome = CHECKED if is_last else None
    return FetchPass(outcome, "", tuple(archived), tuple(outstanding), tuple(known)), failure
