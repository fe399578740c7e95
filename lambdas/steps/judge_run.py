"""The end of a run: judges each period, notifies people and programs, and writes the result."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from lambdas.aws.archive import Archive
from lambdas.aws.manifest_heads import ManifestHeads
from lambdas.aws.manifest_signing import ManifestSigner
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close.judged import Judged
from lambdas.domain.close.muted_remarks import MutedRemarks
from lambdas.domain.close.owners import Owners
from lambdas.domain.evidence.archive_layout import run_result_key
from lambdas.domain.evidence.retention import retain_until
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.verdicts import run_verdict
from lambdas.domain.notifications.report import report
from lambdas.domain.runs.sweeps import hours_since_last, swept_by
from lambdas.settings import FunctionSettings
from lambdas.steps.judging.ask_charges import ChargesQuestions
from lambdas.steps.judging.judge_period import PeriodToJudge, Run, judge_period
from lambdas.steps.judging.manifest_chain import ManifestChain
from lambdas.steps.judging.past_periods import PastPeriods
from lambdas.steps.notify import Channels, notify_people
from lambdas.steps.run_metrics import daily_metrics, run_metrics
from lambdas.steps.run_outcomes import RunOutcomes
from lambdas.steps.stored_run import StoredRun
from lambdas.steps.update_views import PagesOfRun, update_pages
from lambdas.views.cells import CSV_FORMS


class RunEnd:
    """The end of one run; `event` is the answer of EnumeratePayerAccounts.

    Raises RunFileLost, and OutcomesNotKept while it judges.
    """

    def __init__(
        self,
        archive: Archive,
        settings: FunctionSettings,
        event: Mapping[str, Any],
        *,
        signer: ManifestSigner,
        heads: ManifestHeads,
        channels: Channels,
        now: datetime,
    ) -> None:
        stored_run = StoredRun(archive, event["run_id"])
        self._archive = archive
        self._settings = settings
        self._event = event
        self._signer = signer
        self._chain = ManifestChain(archive, signer, heads)
        self._channels = channels
        self._now = now
        self._items = stored_run.payer_runs(event["payers"], settings)
        self._request = stored_run.request
        self._target = BillingPeriod.parse(event["billing_period"])
        self._questions = ChargesQuestions(archive, self._items, settings.external_id)

    def judge(self) -> tuple[dict[str, Any], dict[str, float]]:
        """Judge, notify, write the run's result; return it and the run's metrics."""
        with RunOutcomes(self._archive, self._items) as outcomes:
            run = self._run(outcomes)
            judged = self._judged(run)
            muted = MutedRemarks(self._settings.muted_remarks)
            asked = outcomes if self._settings.witnesses.payments else None
            seen = PagesOfRun(run.owners, muted, run.as_of, asked, self._accounts_asked(run.as_of))
            payments = update_pages(self._archive, self._signer, self._chain, judged, seen)
        failures = notify_people(self._channels, judged, run, payments)
        sweep_hours = self._note_sweep(run)
        requests = self._questions.requests
        result = _result(self._event, judged, run) | {
            "told": not failures,
            "cost_explorer_requests": requests,
        }
        self._archive.put_run_file(run_result_key(run.run_id), result)
        metrics = run_metrics(failures=len(failures), cost_explorer_requests=requests)
        if self._request.is_scheduled:
            metrics |= daily_metrics(judged, run, sweep_hours=sweep_hours)
        return result, metrics

    def _run(self, outcomes: RunOutcomes) -> Run:
        return Run(
            self._event["run_id"],
            read_instant(self._event["as_of"]),
            self._settings.close_calendar,
            outcomes,
            self._request.acknowledgements,
            self._questions.ask if self._settings.witnesses.cost_explorer else None,
            Owners(self._request.register, self._settings.default_owner),
            CSV_FORMS[self._settings.csv_format],
        )

    def _judged(self, run: Run) -> list[Judged]:
        """The judged periods: the target first, then the others from the latest to the earliest."""
        past = PastPeriods(self._chain)
        judged = {
            one.billing_period: judge_period(self._archive, self._chain, past, run, one)
            for one in self._periods_to_judge(run)
        }
        return [judged.pop(self._target), *reversed(judged.values())]

    def _periods_to_judge(self, run: Run) -> Iterator[PeriodToJudge]:
        """The target, the look-back periods and others, earliest first, as each is part of the
        history of later ones.

        The others are older periods that were open when the run began, those with an
        acknowledgement, and any other in which the run found something.
        """
        register = self._request.register
        of_run = {self._target} | {
            period
            for period in self._target.with_earlier(self._settings.lookback_periods)
            if any(payer.is_active_in(period) for payer in register)
        }
        others = {given.billing_period for given in run.acknowledgements} | run.outcomes.periods
        for period in sorted(of_run | others | set(self._request.open_periods)):
            yield PeriodToJudge(
                period,
                {payer.account_id: payer for payer in register if payer.is_active_in(period)},
                period in of_run,
                retain_until(period, self._settings.retention, self._now),
            )

    def _periods_asked_daily(self, as_of: datetime) -> list[BillingPeriod]:
        """The periods of the daily run of a day, whatever this run was asked."""
        month_before = BillingPeriod.containing(as_of).shifted(-1)
        return month_before.with_earlier(self._settings.lookback_periods)

    def _accounts_asked(self, as_of: datetime) -> set[str]:
        """The payer accounts of the register that daily runs ask."""
        periods = {*self._periods_asked_daily(as_of), *self._request.open_periods}
        return {
            payer.account_id
            for payer in self._request.register
            if any(map(payer.is_active_in, periods))
        }

    def _note_sweep(self, run: Run) -> float:
        """Note the payer accounts that this run read; return the hours since the reading of the one
        that was read longest ago.
        """
        daily = self._periods_asked_daily(run.as_of)
        read, table = run.outcomes.without_invoices, self._channels.table
        before = table.swept()
        swept = swept_by(before, self._request.register, daily, read, run.as_of)
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
