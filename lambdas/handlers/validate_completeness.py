"""ValidateCompleteness: expected against archived, period by period: verdicts, manifests, views,
and how the run ends.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.aws.archive import Archive
from lambdas.aws.clients import (
    dynamodb_client,
    events_client,
    kms_client,
    s3_client,
    sns_client,
)
from lambdas.aws.manifest_heads import ManifestHeads
from lambdas.aws.manifest_signing import ManifestSigner
from lambdas.aws.notifications import EventBus, Mailbox
from lambdas.aws.told import ToldTable
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import (
    highest_records,
    records_prefix,
    run_result_key,
    safe_segment,
)
from lambdas.domain.evidence.retention import retain_until
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.judged import Judged
from lambdas.domain.judgement.verdicts import run_verdict
from lambdas.domain.notifications.report import report
from lambdas.domain.runs.outcome import CHECKED
from lambdas.domain.runs.payer_register import payer_from_data
from lambdas.domain.runs.payer_run import ListedInvoice, Listing, PayerRun
from lambdas.domain.runs.sweeps import hours_since_last, swept_by
from lambdas.domain.stored_form import NotUnderstood
from lambdas.domain.witnesses.acknowledgements import GivenAcknowledgement
from lambdas.settings import FunctionSettings
from lambdas.steps.judging.ask_charges import ChargesQuestions
from lambdas.steps.judging.judge_period import PeriodToJudge, Run, judge_period
from lambdas.steps.judging.manifest_chain import ManifestChain
from lambdas.steps.judging.past_periods import PastPeriods
from lambdas.steps.notify import Channels, tell_people
from lambdas.steps.run_files import RunFiles
from lambdas.steps.run_list import read_request, read_run_list
from lambdas.steps.run_outcomes import RunOutcomes
from lambdas.steps.update_views import update_pages
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
    items = read_run_list(archive, event, settings)
    if event["dry_run"]:
        result = _plan(archive, event, items)
    else:
        request = read_request(archive, run_id)
        questions = ChargesQuestions(archive, items, settings.external_id)
        table = ToldTable(dynamodb_client(), settings.manifest_heads_table)
        with RunOutcomes(archive, items) as outcomes:
            run = Run(
                run_id,
                read_instant(event["as_of"]),
                settings.close_calendar,
                outcomes,
                [GivenAcknowledgement.from_data(one) for one in request["acknowledgements"]],
                questions.ask if settings.witnesses.cost_explorer else None,
            )
            judged = _judge(archive, settings, event, request, run)
        failures = _tell(settings, table, judged, run)
        result = _result(event, judged, run) | {
            "told": not failures,
            "cost_explorer_requests": questions.requests,
        }
        sweep_hours = _hours_since_last_sweep(settings, table, request, run)
        is_scheduled = "scheduled_time" in request["input"]
        _emit_metrics(
            {"NotificationsFailed": len(failures), "CostExplorerRequests": questions.requests}
            | (_heartbeat(judged, run, sweep_hours) if is_scheduled else {})
        )
    archive.put_run_file(run_result_key(run_id), result)
    logger().info("validated completeness", extra={"run_id": run_id, "verdict": result["verdict"]})
    return {key: result[key] for key in ("run_id", "billing_period", "verdict", "message")}


def _judge(
    archive: Archive,
    settings: FunctionSettings,
    event: dict[str, Any],
    request: dict[str, Any],
    run: Run,
) -> list[Judged]:
    """Judge the target, the look-back periods, older ones that are not settled, those that a person
    acknowledges and every other period that this run touched; the target is the answer's first.

    The earliest period is judged first, for it is part of the history of the later ones.
    """
    register = [payer_from_data(row) for row in request["register"]]
    target = BillingPeriod.parse(event["billing_period"])
    of_run = {
        period
        for period in target.with_earlier(settings.lookback_periods)
        if any(payer.is_active_in(period) for payer in register)
    } | {target}
    periods = of_run | {BillingPeriod.parse(text) for text in request["open_periods"]}
    periods |= {given.billing_period for given in run.acknowledgements}
    periods |= run.outcomes.periods
    now = datetime.now(UTC)
    signer = ManifestSigner(kms_client(), settings.manifest_signing_key)
    heads = ManifestHeads(dynamodb_client(), settings.manifest_heads_table)
    chain = ManifestChain(archive, signer, heads)
    past = PastPeriods(chain)
    judged = {}
    for period in sorted(periods):
        one = PeriodToJudge(
            period,
            {p.account_id: p for p in register if p.is_active_in(period)},
            period in of_run,
            retain_until(period, settings.retention, now),
        )
        judged[period] = judge_period(archive, chain, past, run, one)
    in_order = [judged[target], *(judged[p] for p in sorted(periods - {target}, reverse=True))]
    update_pages(archive, signer, chain, in_order)
    return in_order


def _tell(
    settings: FunctionSettings, table: ToldTable, judged: list[Judged], run: Run
) -> list[str]:
    """Tell people and programs; returns what failed, after it is in the log."""
    failures = tell_people(
        Channels(
            Mailbox(sns_client(), settings.notification_topic), EventBus(events_client()), table
        ),
        judged,
        run,
    )
    for failure in failures:
        logger().error("told nobody", extra={"run_id": run.run_id, "reason": failure})
    return failures


def _result(event: dict[str, Any], judged: list[Judged], run: Run) -> dict[str, Any]:
    target, *others = judged
    verdict = run_verdict(
        target.manifest.verdict,
        [(one.before, one.manifest.verdict) for one in others],
        all_trusted=all(one.is_trusted for one in judged),
    )
    close_day = run.close.close_day(target.manifest.billing_period, run.as_of)
    return {
        "run_id": event["run_id"],
        "billing_period": event["billing_period"],
        "as_of": event["as_of"],
        "verdict": verdict,
        "message": report(run.run_id, [one.manifest for one in judged], close_day),
        "periods": [one.to_data() for one in judged],
    }


def _hours_since_last_sweep(
    settings: FunctionSettings, table: ToldTable, request: dict[str, Any], run: Run
) -> float:
    """How long ago that payer account was read which was not read for the longest time; notes whom
    this run read.
    """
    register = [payer_from_data(row) for row in request["register"]]
    daily = BillingPeriod.containing(run.as_of).shifted(-1).with_earlier(settings.lookback_periods)
    before = table.swept()
    swept = swept_by(before, register, daily, run.outcomes.without_invoices, run.as_of)
    if swept != before:
        table.mark_swept(swept)
    return hours_since_last(swept, run.as_of)


def _plan(archive: Archive, event: dict[str, Any], items: Iterable[PayerRun]) -> dict[str, Any]:
    """What a run would fetch: the listed invoices without a record. Writes nothing."""
    listings = {item.payer_account_id: _listing(archive, item) for item in items}
    listed = [invoice for listing in listings.values() if listing for invoice in listing.invoices]
    recorded = _recorded_segments(archive, listed)
    to_fetch = sorted({i.invoice_id for i in listed if safe_segment(i.invoice_id) not in recorded})
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
    return {
        "run_id": event["run_id"],
        "billing_period": event["billing_period"],
        "as_of": event["as_of"],
        "verdict": PLANNED,
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
    try:
        return RunFiles(archive, item).listing()
    except NotUnderstood:
        return None


def _heartbeat(judged: list[Judged], run: Run, sweep_hours: float) -> dict[str, float]:
    """What the daily run says of itself and of the month: a run that a person starts, for whatever
    period, neither stands in for it nor disturbs its figures.
    """
    payers = judged[0].manifest.payers
    overdue = sum(
        one.manifest.verdict != "COMPLETE"
        and run.as_of >= run.close.overdue_from(one.manifest.billing_period)
        for one in judged
    )
    return {
        "RunsValidated": 1,
        "InvoicesExpected": sum(payer.expected for payer in payers),
        "InvoicesArchived": sum(payer.archived for payer in payers),
        "PeriodsOverdue": overdue,
        "HoursSinceLastSweep": sweep_hours,
    }


def _emit_metrics(values: dict[str, float]) -> None:
    for name, value in values.items():
        unit = MetricUnit.NoUnit if name == "HoursSinceLastSweep" else MetricUnit.Count
        metrics().add_metric(name, unit, value)
    metrics().flush_metrics()
