"""The daily start of the workflow."""

import aws_cdk as cdk
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.deploy_settings import Schedule
from infra.nag_acknowledgements import acknowledge


class DailySchedule(Construct):
    """Starts a run every day, with the scheduled time as input: a run never reads the clock.

    A late or doubled delivery is harmless, since the input identifies the run. A start that could
    not be delivered in a day goes to the dead-letter queue.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        schedule: Schedule,
        state_machine: sfn.IStateMachine,
    ) -> None:
        super().__init__(scope, construct_id)
        self.undelivered = sqs.Queue(
            self,
            "Undelivered",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        acknowledge(
            self.undelivered,
            {"SQS3": "It is the dead-letter queue itself, with an alarm."},
        )
        self.schedule = scheduler.Schedule(
            self,
            "Schedule",
            description="Starts the invoice archive's daily run",
            schedule=scheduler.ScheduleExpression.expression(
                f"cron({schedule.cron})", cdk.TimeZone.of(schedule.time_zone)
            ),
            time_window=scheduler.TimeWindow.off(),
            target=targets.StepFunctionsStartExecution(
                state_machine,
                input=scheduler.ScheduleTargetInput.from_object(
                    {"scheduled_time": scheduler.ContextAttribute.scheduled_time}
                ),
                dead_letter_queue=self.undelivered,
                max_event_age=cdk.Duration.hours(24),
                retry_attempts=185,
            ),
        )
