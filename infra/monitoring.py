"""Monitoring of the daily run: alarms for failures that it cannot report itself, and a dashboard.

A month that needs a person fails its execution on purpose, and ValidateCompleteness sends the
notification, so no alarm counts failed executions.
"""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.functions import Functions, StepFunction
from infra.names import ALARM_NAMES
from infra.notifications import Notifications
from infra.workflow import TRIES
from lambdas.domain.words import counted

NAMESPACE = "InvoiceArchive"
DIMENSIONS = {"service": "invoice-archive"}
"""Dimension of the functions' metrics."""

HEARTBEAT = "RunsValidated"
OVERDUE = "PeriodsOverdue"
SWEEP_AGE = "HoursSinceLastSweep"
NOT_SENT = "NotificationsFailed"
EXPECTED, ARCHIVED = "InvoicesExpected", "InvoicesArchived"

SILENT_HOURS = 30
"""Time from one day's verdict to the next, with some hours for a run that lasts longer than the one
before. A dead run is reported on its own day, for any cause.
"""
OLDEST_SWEEP_HOURS = 8 * 24
"""Complete payer accounts are checked once a week, and a day may fail."""

_DAY, _HOUR, _MINUTES = (
    cdk.Duration.days(1),
    cdk.Duration.hours(1),
    cdk.Duration.minutes(5),
)
_ALL_TRIES_HOURS = 3
"""Period that contains all tries of a payer account's step, even if each lasts as long as a
function may, for an evaluation at any time within an hour.
"""
_AT_LEAST = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD


class Monitoring(Construct):
    """Alarms, each with a notification through the topic when it begins and when it is over."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Functions,
        state_machine: sfn.StateMachine,
        undelivered: sqs.Queue,
        notifications: Notifications,
    ) -> None:
        super().__init__(scope, construct_id)
        self._notify = actions.SnsAction(notifications.topic)
        alarms = [
            self._no_heartbeat(),
            self._old_sweep(),
            self._alarm(
                "NotificationFailed",
                "A notification could not be sent, by e-mail or as an event. The log of "
                "ValidateCompleteness has the reason; the next run sends it.",
                _own_metric(NOT_SENT, "Sum"),
                construct_id="ToldNobody",
            ),
            self._alarm(
                "StartNotDelivered",
                "A daily start could not be delivered for a day. Its message is in the "
                "dead-letter queue: fix its cause, start a run, delete the message.",
                undelivered.metric_approximate_number_of_messages_visible(
                    period=_MINUTES, statistic="Maximum"
                ),
            ),
            self._alarm(
                "RunTimedOut",
                "A run took longer than a day and was stopped. Open the execution to see where.",
                state_machine.metric_timed_out(period=_HOUR),
            ),
            self._alarm(
                "RunAborted",
                "Somebody stopped a run. Start another one unless that was meant.",
                state_machine.metric_aborted(period=_HOUR),
            ),
            *self._function_errors(functions),
        ]
        self._dashboard(alarms, state_machine)

    def _no_heartbeat(self) -> cloudwatch.Alarm:
        return self._alarm(
            "NoHeartbeat",
            f"No scheduled run has reached a status for {SILENT_HOURS} hours: the schedule is "
            "off, today's run failed, or it takes much longer than yesterday's. Open the last "
            "execution. After the first deployment this is normal until the first scheduled run.",
            # hours without data are hours without a run, and must count
            cloudwatch.MathExpression(
                expression="FILL(beats, 0)",
                using_metrics={"beats": _own_metric(HEARTBEAT, "Sum", _HOUR)},
                label=HEARTBEAT,
                period=_HOUR,
            ),
            threshold=1,
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            periods=SILENT_HOURS,
            missing=cloudwatch.TreatMissingData.BREACHING,
        )

    def _old_sweep(self) -> cloudwatch.Alarm:
        return self._alarm(
            "SweepTooOld",
            "No run could read some payer account for more than a week. completeness.json of the "
            "newest period names it, with the next step.",
            _own_metric(SWEEP_AGE, "Maximum"),
            threshold=OLDEST_SWEEP_HOURS,
            comparison=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            missing=cloudwatch.TreatMissingData.IGNORE,
        )

    def _function_errors(self, functions: Functions) -> list[cloudwatch.Alarm]:
        """Alarms on errors; one error of the first or the last step counts, for it means no
        verdict.

        The two steps between run for every payer account, and an error that no retry fixes is in
        the verdict. Here they count from as many errors as one payer account's tries.
        """
        at_ends = (functions.enumerate_payer_accounts, functions.validate_completeness)
        return [
            self._errors_of(made, 1, 1)
            if made in at_ends
            else self._errors_of(made, TRIES, _ALL_TRIES_HOURS)
            for made in functions.all
        ]

    def _errors_of(self, made: StepFunction, threshold: int, hours: int) -> cloudwatch.Alarm:
        return self._alarm(
            f"{made.step.state}Errors",
            f"The function of {made.step.state} failed {counted(threshold, 'time')} or more in "
            f"{counted(hours, 'hour')}; its log has the reason. A retry may have succeeded: see "
            "the execution.",
            made.function.metric_errors(period=cdk.Duration.hours(hours)),
            threshold=threshold,
        )

    def _alarm(
        self,
        name: str,
        description: str,
        metric: cloudwatch.IMetric,
        *,
        threshold: int = 1,
        comparison: cloudwatch.ComparisonOperator = _AT_LEAST,
        periods: int = 1,
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
        construct_id: str | None = None,
    ) -> cloudwatch.Alarm:
        """Make an alarm; its construct id, which is deployed, keeps an earlier name."""
        alarm = cloudwatch.Alarm(
            self,
            construct_id or name,
            alarm_name=f"{ALARM_NAMES}{name}",
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            comparison_operator=comparison,
            evaluation_periods=periods,
            treat_missing_data=missing,
        )
        alarm.add_alarm_action(self._notify)
        alarm.add_ok_action(self._notify)
        return alarm

    def _dashboard(
        self, alarms: Sequence[cloudwatch.Alarm], state_machine: sfn.StateMachine
    ) -> None:
        dashboard = cloudwatch.Dashboard(
            self, "Dashboard", dashboard_name="invoice-archive", default_interval=_DAY
        )
        dashboard.add_widgets(
            cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=12, height=6),
            cloudwatch.SingleValueWidget(
                title="Last day",
                metrics=[
                    _own_metric(HEARTBEAT, "Sum"),
                    _own_metric(OVERDUE, "Maximum"),
                    _own_metric(SWEEP_AGE, "Maximum"),
                ],
                width=12,
                height=6,
            ),
        )
        dashboard.add_widgets(
            cloudwatch.GraphWidget(
                title="Invoices of the target period",
                left=[_own_metric(EXPECTED, "Maximum"), _own_metric(ARCHIVED, "Maximum")],
                width=12,
            ),
            cloudwatch.GraphWidget(
                title="Runs (a month that needs a person fails its run)",
                left=[
                    state_machine.metric_succeeded(period=_DAY),
                    state_machine.metric_failed(period=_DAY),
                ],
                width=12,
            ),
        )


def _own_metric(name: str, statistic: str, period: cdk.Duration = _DAY) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map=DIMENSIONS,
        period=period,
        statistic=statistic,
    )
