"""The end of a dry run: lists the invoices that a run would fetch, and judges nothing."""

from collections.abc import Iterable, Mapping
from typing import Any

from lambdas.aws.archive import Archive
from lambdas.domain.evidence.archive_layout import (
    recorded_invoices,
    records_prefix,
    run_result_key,
)
from lambdas.domain.evidence.key_segments import safe_segment
from lambdas.domain.runs.outcome import CHECKED
from lambdas.domain.runs.payer_run import ListedInvoice, Listing, PayerRun
from lambdas.domain.stored_form import NotUnderstood
from lambdas.settings import FunctionSettings
from lambdas.steps.run_files import RunFiles
from lambdas.steps.stored_run import StoredRun

PLANNED = "PLANNED"
"""The verdict of a dry run."""


def plan_run(
    archive: Archive, settings: FunctionSettings, event: Mapping[str, Any]
) -> dict[str, Any]:
    """Write and return the run's result: the listed invoices without a record. `event` is the
    answer of EnumeratePayerAccounts.
    """
    items = StoredRun(archive, event["run_id"]).payer_runs(event["payers"], settings)
    listings = {item.payer_account_id: _listing(archive, item) for item in items}
    listed = [invoice for listing in listings.values() if listing for invoice in listing.invoices]
    segments = _recorded_segments(archive, listed)
    to_fetch = sorted({i.invoice_id for i in listed if safe_segment(i.invoice_id) not in segments})
    unread = sorted(
        account_id
        for account_id, listing in listings.items()
        if listing is None or listing.outcome != CHECKED or listing.unfinished
    )
    message = (
        f"Dry run {event['run_id']} for {event['billing_period']}: {len(listings)} payer accounts "
        f"asked, {len(unread)} not readable, {len(listed)} invoices listed, "
        f"{len(to_fetch)} to fetch."
    )
    result = {
        "run_id": event["run_id"],
        "billing_period": event["billing_period"],
        "as_of": event["as_of"],
        "verdict": PLANNED,
        "message": message,
        "invoices_to_fetch": to_fetch,
        "payer_accounts_not_readable": unread,
    }
    archive.put_run_file(run_result_key(event["run_id"]), result)
    return result


def _recorded_segments(archive: Archive, listed: Iterable[ListedInvoice]) -> set[str]:
    places = {(invoice.billing_period, invoice.payer_account_id) for invoice in listed}
    keys = (
        item.key
        for period, payer_account_id in places
        for item in archive.list(records_prefix(period, payer_account_id))
    )
    return recorded_invoices(keys)


def _listing(archive: Archive, item: PayerRun) -> Listing | None:
    try:
        return RunFiles(archive, item).listing()
    except NotUnderstood:
        return None
