"""The metrics of a run, by the names that the alarms and the dashboard use."""

from collections.abc import Sequence

from lambdas.domain.close.judged import Judged
from lambdas.steps.judging.judge_period import Run


def run_metrics(*, failures: int, cost_explorer_requests: int) -> dict[str, float]:
    """The metrics of every run; `failures` are those of notifications."""
    return {"NotificationsFailed": failures, "CostExplorerRequests": cost_explorer_requests}


def daily_metrics(judged: Sequence[Judged], run: Run, *, sweep_hours: float) -> dict[str, float]:
    """Further metrics of the daily run and its target period, the first of `judged`.

    A run that a person starts emits none of them: it neither replaces the daily run nor distorts
    its figures.
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
