"""ValidateCompleteness: expected against archived, period by period: verdicts, manifests, views,
and how the run ends.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.archive_pages import update_pages
from lambdas.aws.archive import Archive
from lambdas.aws.clients import dynamodb_client, kms_client, s3_client
from lambdas.aws.manifest_heads import ManifestHeads
from lambdas.aws.manifest_signing import ManifestSigner
from lambdas.domain.archive_layout import (
    highest_records,
    listing_key,
    records_prefix,
    run_payer_prefix,
    run_payers_key,
    run_request_key,
    run_result_key,
    safe_segment,
)
from lambdas.domain.archived_invoice import OutstandingInvoice
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.fetch_pass import FetchPass
from lambdas.domain.findings import finding
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement import PayerOutcome
from lambdas.domain.payer_register import Payer, payer_from_data
from lambdas.domain.payer_run import CHECKED, NOT_CHECKED, ListedInvoice, Listing, PayerRun
from lambdas.domain.report import report
from lambdas.domain.retention import retain_until
from lambdas.domain.verdicts import run_verdict
from lambdas.judge_period import Judged, judge_period
from lambdas.manifest_chain import ManifestChain
from lambdas.settings import FunctionSettings
from lambdas.telemetry import logger, metrics

PLANNED = "PLANNED"
"""How a dry run ends: it says what would be fetched and judges nothing."""


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take what EnumeratePayerAccounts returned; return the run's verdict with a report in plain
    words.
    """
    settings = FunctionSettings.from_environment()
    archive = Archive(s3_client(), settings.archive_bucket, settings.retention.mode)
    run_id = event["run_id"]
    items = [PayerRun.from_data(item) for item in _read(archive, run_payers_key(run_id))]
    listings = {item.payer_account_id: _listing(archive, item) for item in items}
    if event["dry_run"]:
        result = _plan(archive, event, listings)
    else:
        request = _read(archive, run_request_key(run_id))
        register = [payer_from_data(row) for row in request["register"]]
        outcomes = [_outcome(archive, item, listings[item.payer_account_id]) for item in items]
        judged = _judge(archive, settings, event, register, outcomes)
        result = _result(event, judged)
        _emit_metrics(judged[0])
    archive.put_run_file(run_result_key(run_id), result)
    logger().info("validated completeness", extra={"run_id": run_id, "verdict": result["verdict"]})
    return {
        key: result[key] for key in ("run_id", "billing_period", "verdict", "subject", "message")
    }


def _judge(
    archive: Archive,
    settings: FunctionSettings,
    event: dict[str, Any],
    register: list[Payer],
    outcomes: list[PayerOutcome],
) -> list[Judged]:
    """Judge the target first, then the look-back periods and every other period that this run
    touched.
    """
    target = BillingPeriod.parse(event["billing_period"])
    periods = {
        period
        for period in target.with_earlier(settings.lookback_periods)
        if any(payer.is_active_in(period) for payer in register)
    }
    for outcome in outcomes:
        periods |= {invoice.billing_period for invoice in outcome.archived}
        periods |= {invoice.billing_period for invoice in outcome.outstanding}
    now = datetime.now(UTC)
    signer = ManifestSigner(kms_client(), settings.manifest_signing_key)
    heads = ManifestHeads(dynamodb_client(), settings.manifest_heads_table)
    chain = ManifestChain(archive, signer, heads)
    judged = [
        judge_period(
            archive,
            chain,
            period,
            run_id=event["run_id"],
            as_of=read_instant(event["as_of"]),
            deadline=settings.close_deadline,
            payers={p.account_id: p for p in register if p.is_active_in(period)},
            outcomes=outcomes,
            retain_until=retain_until(period, settings.retention, now),
        )
        for period in [target, *sorted(periods - {target}, reverse=True)]
    ]
    update_pages(archive, signer, judged)
    return judged


def _result(event: dict[str, Any], judged: list[Judged]) -> dict[str, Any]:
    target, *others = judged
    verdict = run_verdict(
        target.manifest.verdict,
        [(one.before, one.manifest.verdict) for one in others],
        all_trusted=all(one.is_trusted for one in judged),
    )
    subject, message = report(event["run_id"], verdict, [one.manifest for one in judged])
    return {
        "run_id": event["run_id"],
        "billing_period": event["billing_period"],
        "as_of": event["as_of"],
        "verdict": verdict,
        "subject": subject,
        "message": message,
        "periods": [one.to_data() for one in judged],
    }


def _plan(
    archive: Archive, event: dict[str, Any], listings: dict[str, Listing | None]
) -> dict[str, Any]:
    """What a run would fetch: the listed invoices without a record. Writes nothing."""
    listed = [invoice for listing in listings.values() if listing for invoice in listing.invoices]
    recorded = _recorded_segments(archive, listed)
    to_fetch = sorted({i.invoice_id for i in listed if safe_segment(i.invoice_id) not in recorded})
    unread = sorted(
        account_id
        for account_id, listing in listings.items()
        if listing is None or listing.outcome != CHECKED
    )
    message = (
        f"Dry run {event['run_id']} for {event['billing_period']}: {len(listings)} payer accounts "
        f"asked, {len(unread)} not readable, {len(listed)} invoices listed, "
        f"{len(to_fetch)} to fetch."
    )
    return {
        "run_id": event["run_id"],
        "billing_period": event["billing_period"],
        "as_of": event["as_of"],
        "verdict": PLANNED,
        "subject": f"Invoice archive {event['billing_period']}: dry run",
        "message": message,
        "invoices_to_fetch": to_fetch,
        "payer_accounts_not_readable": unread,
    }


def _recorded_segments(archive: Archive, listed: Iterable[ListedInvoice]) -> set[str]:
    places = {(invoice.billing_period, invoice.payer_account_id) for invoice in listed}
    keys = (
        item.key
        for period, payer_account_id in places
        for item in archive.list(records_prefix(period, payer_account_id))
    )
    return {chain.rpartition("/")[2] for chain in highest_records(keys)}


def _listing(archive: Archive, item: PayerRun) -> Listing | None:
    found = archive.read(listing_key(item.run_id, item.payer_account_id))
    return Listing.from_data(found.data()) if found else None


def _outcome(archive: Archive, item: PayerRun, listing: Listing | None) -> PayerOutcome:
    """What became of one item of the run's list.

    What did not end left no outcome, and that is NOT_CHECKED.
    """
    if listing is None or listing.outcome != CHECKED:
        return PayerOutcome(
            item.payer_account_id,
            listing.outcome if listing else NOT_CHECKED,
            listing.detail if listing else "",
            item.billing_periods,
        )
    passes = [
        FetchPass.from_data(found.data())
        for one in archive.list(f"{run_payer_prefix(item.run_id, item.payer_account_id)}fetch-")
        if (found := archive.read(one.key))
    ]
    last = next((one for one in passes if one.outcome), FetchPass(NOT_CHECKED, ""))
    dealt_with = {invoice_id for one in passes for invoice_id in one.invoice_ids()}
    left = [i for i in listing.invoices if i.invoice_id not in dealt_with]
    return PayerOutcome(
        item.payer_account_id,
        last.outcome or NOT_CHECKED,
        last.detail,
        item.billing_periods,
        frozenset(invoice.invoice_id for invoice in listing.invoices),
        listing.findings,
        tuple(invoice for one in passes for invoice in one.archived),
        (
            *(invoice for one in passes for invoice in one.outstanding),
            *(_not_fetched(item, invoice) for invoice in left),
        ),
    )


def _not_fetched(item: PayerRun, listed: ListedInvoice) -> OutstandingInvoice:
    """A listed invoice that no pass dealt with: expected all the same."""
    return OutstandingInvoice(
        listed.invoice_id,
        listed.billing_period,
        listed.payer_account_id,
        (item.payer_account_id,),
        (
            finding(
                "NOT_FETCHED", listed.invoice_id, "It is listed; the run ended before its turn."
            ),
        ),
    )


def _read(archive: Archive, key: str) -> Any:
    found = archive.read(key)
    if found is None:
        raise LookupError(f"{key} is gone; start a new run")
    return found.data()


def _emit_metrics(target: Judged) -> None:
    """The daily heartbeat, and how far the target period is."""
    payers = target.manifest.payers
    metrics().add_metric("RunsValidated", MetricUnit.Count, 1)
    metrics().add_metric("InvoicesExpected", MetricUnit.Count, sum(p.expected for p in payers))
    metrics().add_metric("InvoicesArchived", MetricUnit.Count, sum(p.archived for p in payers))
    metrics().flush_metrics()
