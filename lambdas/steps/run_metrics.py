"""The metrics of a run, by name: what the alarms and the dashboard look for."""

from collections.abc import Sequence

from lambdas.domain.judgement.judged import Judged
from lambdas.steps.judging.judge_period import Run


def run_metrics(*, failures: int, cost_explorer_requests: int) -> dict[str, float]:
    """What every run says of itself; `failures` are those of notifying."""
    return {"NotificationsFailed": failures, "CostExplorerRequests": cost_explorer_requests}


def daily_metrics(judged: Sequence[Judged], run: Run, *, sweep_hours: float) -> dict[str, float]:
    """What the daily run says beside, of itself and of the target period, the first of `judged`: a
    run that a person starts, for whatever period, neither stands in for it nor disturbs its
    figures.
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
