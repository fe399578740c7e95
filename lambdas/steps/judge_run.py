"""The end of a run: judges each period, notifies people and programs, and writes the result."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from typing import Any

from lambdas.aws.archive import Archive
from lambdas.aws.manifest_heads import ManifestHeads
from lambdas.aws.manifest_signing import ManifestSigner
from lambdas.aws.notification_table import NotificationTable
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import run_result_key
from lambdas.domain.evidence.retention import retain_until
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.judged import Judged
from lambdas.domain.judgement.verdicts import run_verdict
from lambdas.domain.notifications.report import report
from lambdas.domain.runs.payer_register import Payer, payer_from_data
from lambdas.domain.runs.sweeps import hours_since_last, swept_by
from lambdas.domain.witnesses.acknowledgements import GivenAcknowledgement
from lambdas.settings import FunctionSettings
from lambdas.steps.judging.ask_charges import ChargesQuestions
from lambdas.steps.judging.judge_period import PeriodToJudge, Run, judge_period
from lambdas.steps.judging.manifest_chain import ManifestChain
from lambdas.steps.judging.past_periods import PastPeriods
from lambdas.steps.notify import Channels, notify_people
from lambdas.steps.run_list import read_request, read_run_list
from lambdas.steps.run_metrics import daily_metrics, run_metrics
from lambdas.steps.run_outcomes import RunOutcomes
from lambdas.steps.update_views import update_pages


def judge_run(
    archive: Archive,
    settings: FunctionSettings,
    event: Mapping[str, Any],
    *,
    signer: ManifestSigner,
    heads: ManifestHeads,
    channels: Channels,
    now: datetime,
) -> tuple[dict[str, Any], dict[str, float]]:
    """Judge, notify, write the run's result; return it and the run's metrics.

    `event` is the answer of EnumeratePayerAccounts. Raises RunFileLost and OutcomesNotKept.
    """
    items = read_run_list(archive, event, settings)
    request = read_request(archive, event["run_id"])
    register = [payer_from_data(row) for row in request["register"]]
    target = BillingPeriod.parse(event["billing_period"])
    questions = ChargesQuestions(archive, items, settings.external_id)
    with RunOutcomes(archive, items) as outcomes:
        run = Run(
            event["run_id"],
            read_instant(event["as_of"]),
            settings.close_calendar,
            outcomes,
            [GivenAcknowledgement.from_data(one) for one in request["acknowledgements"]],
            questions.ask if settings.witnesses.cost_explorer else None,
        )
        others = _other_periods(request, run)
        periods = _periods_to_judge(target, others, settings, register=register, now=now)
        chain = ManifestChain(archive, signer, heads)
        judged = _judge(archive, chain, run, periods, target=target)
        update_pages(archive, signer, chain, judged)
    failures = notify_people(channels, judged, run)
    sweep_hours = _note_sweep(channels.table, settings.lookback_periods, register, run)
    result = _result(event, judged, run) | {
        "told": not failures,
        "cost_explorer_requests": questions.requests,
    }
    archive.put_run_file(run_result_key(run.run_id), result)
    metrics = run_metrics(failures=len(failures), cost_explorer_requests=questions.requests)
    if "scheduled_time" in request["input"]:
        metrics |= daily_metrics(judged, run, sweep_hours=sweep_hours)
    return result, metrics


def _other_periods(request: Mapping[str, Any], run: Run) -> set[BillingPeriod]:
    """Older periods that were open when the run began, those with an acknowledgement, and any other
    in which the run found something.
    """
    acknowledged = {given.billing_period for given in run.acknowledgements}
    open_periods = {BillingPeriod.parse(text) for text in request["open_periods"]}
    return acknowledged | open_periods | run.outcomes.periods


def _periods_to_judge(
    target: BillingPeriod,
    others: Set[BillingPeriod],
    settings: FunctionSettings,
    *,
    register: Sequence[Payer],
    now: datetime,
) -> Iterator[PeriodToJudge]:
    """The target, the look-back periods and `others`, earliest first, as each is part of the
    history of later ones.
    """
    of_run = {
        period
        for period in target.with_earlier(settings.lookback_periods)
        if any(payer.is_active_in(period) for payer in register)
    } | {target}
    for period in sorted(of_run | others):
        yield PeriodToJudge(
            period,
            {payer.account_id: payer for payer in register if payer.is_active_in(period)},
            period in of_run,
            retain_until(period, settings.retention, now),
        )


def _judge(
    archive: Archive,
    chain: ManifestChain,
    run: Run,
    periods: Iterable[PeriodToJudge],
    *,
    target: BillingPeriod,
) -> list[Judged]:
    """The judged periods: the target first, then the others from the latest to the earliest."""
    past = PastPeriods(chain)
    judged = {one.billing_period: judge_period(archive, chain, past, run, one) for one in periods}
    return [judged.pop(target), *reversed(judged.values())]


def _note_sweep(
    table: NotificationTable, lookback_periods: int, register: Sequence[Payer], run: Run
) -> float:
    """Note the payer accounts that this run read; return the hours since the reading of the one
    that was read longest ago.
    """
    daily = BillingPeriod.containing(run.as_of).shifted(-1).with_earlier(lookback_periods)
    before = table.swept()
    swept = swept_by(before, register, daily, run.outcomes.without_invoices, run.as_of)
    if swept != before:
        table.mark_swept(swept)
    return hours_since_last(swept, run.as_of)


def _result(event: Mapping[str, Any], judged: Sequence[Judged], run: Run) -> dict[str, Any]:
    """The run's verdict with a report in plain words; the target is the first of `judged`."""
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
