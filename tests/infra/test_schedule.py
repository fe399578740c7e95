"""The daily start."""

import json
from collections.abc import Callable
from typing import Any

from tests.infra.policies import only, text


def test_a_run_gets_its_scheduled_time(template: dict[str, Any]) -> None:
    target = only(template, "AWS::Scheduler::Schedule")["Target"]
    assert json.loads(target["Input"]) == {"scheduled_time": "<aws.scheduler.scheduled-time>"}
    assert text(target["Arn"]) == "WorkflowStateMachine"


def test_the_schedule_is_the_configured_one(synthesize: Callable[..., dict[str, Any]]) -> None:
    template = synthesize(schedule={"cron": "30 5 * * ? *", "time_zone": "Asia/Tokyo"})

    schedule = only(template, "AWS::Scheduler::Schedule")

    assert schedule["ScheduleExpression"] == "cron(30 5 * * ? *)"
    assert schedule["ScheduleExpressionTimezone"] == "Asia/Tokyo"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert schedule["State"] == "ENABLED"


def test_a_start_that_fails_is_tried_for_a_day_and_then_kept(template: dict[str, Any]) -> None:
    target = only(template, "AWS::Scheduler::Schedule")["Target"]
    assert target["RetryPolicy"] == {
        "MaximumEventAgeInSeconds": 86400,
        "MaximumRetryAttempts": 185,
    }
    assert text(target["DeadLetterConfig"]["Arn"]) == "DailyUndelivered"
    queue = only(template, "AWS::SQS::Queue")
    assert queue["SqsManagedSseEnabled"] is True
    assert queue["MessageRetentionPeriod"] == 14 * 86400


def test_the_queue_is_reached_over_tls_only(template: dict[str, Any]) -> None:
    [statement] = only(template, "AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
