"""The alarms, and what they are told through."""

import json
from types import ModuleType
from typing import Any

import pytest

from infra.names import ALARM_NAMES, PROJECT
from infra.steps import STEPS
from lambdas.telemetry import metrics
from tests.infra.policies import of_type, only, shown, text

Alarms = dict[str, dict[str, Any]]
HOUR, DAY = 3600, 86400


@pytest.fixture(scope="module")
def alarms(template: dict[str, Any]) -> Alarms:
    """By name without what all begin with."""
    return {
        alarm["AlarmName"].removeprefix(ALARM_NAMES): alarm
        for alarm in of_type(template, "AWS::CloudWatch::Alarm").values()
    }


def metric_of(alarm: dict[str, Any]) -> dict[str, Any]:
    """What the alarm looks at, be it by an expression."""
    found = [one["MetricStat"]["Metric"] for one in alarm.get("Metrics", ()) if "MetricStat" in one]
    return dict(found[0]) if found else alarm


def test_there_is_an_alarm_for_each_way_to_fail_unseen(alarms: Alarms) -> None:
    assert set(alarms) == {
        "NoHeartbeat",
        "SweepTooOld",
        "NotificationFailed",
        "StartNotDelivered",
        "RunTimedOut",
        "RunAborted",
        *(f"{step.state}Errors" for step in STEPS),
    }


def test_every_alarm_says_what_it_means_and_notifies_people_of_its_begin_and_end(
    alarms: Alarms,
) -> None:
    for alarm in alarms.values():
        assert alarm["AlarmDescription"].endswith(".")
        assert [text(one) for one in alarm["AlarmActions"]] == ["NotificationsTopic"]
        assert [text(one) for one in alarm["OKActions"]] == ["NotificationsTopic"]


def test_alarms_carry_the_name_that_the_topic_lets_in(template: dict[str, Any]) -> None:
    for alarm in of_type(template, "AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmName"].startswith(ALARM_NAMES)


def test_a_renamed_alarm_keeps_the_logical_id_that_is_deployed(template: dict[str, Any]) -> None:
    [logical_id] = [
        logical_id
        for logical_id, alarm in of_type(template, "AWS::CloudWatch::Alarm").items()
        if alarm["AlarmName"] == f"{ALARM_NAMES}NotificationFailed"
    ]
    assert logical_id.startswith("WatchingToldNobody")


def test_a_day_without_a_heartbeat_raises_the_alarm_on_that_day_whatever_the_reason(
    alarms: Alarms,
) -> None:
    alarm = alarms["NoHeartbeat"]
    filled, beats = alarm["Metrics"]
    assert (filled["Expression"], beats["Id"]) == ("FILL(beats, 0)", "beats")
    assert (filled.get("ReturnData", True), beats["ReturnData"]) == (True, False)
    assert metric_of(alarm)["MetricName"] == "RunsValidated"
    assert (beats["MetricStat"]["Stat"], beats["MetricStat"]["Period"]) == ("Sum", HOUR)
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    # a daily beat may come an hour later once a year and some hours later on a long day
    assert 25 < alarm["EvaluationPeriods"] < 36
    assert alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"]) == alarm["EvaluationPeriods"]
    # as far as CloudWatch looks back with periods of an hour
    assert alarm["EvaluationPeriods"] * HOUR <= 7 * DAY
    assert alarm["TreatMissingData"] == "breaching"


def test_a_sweep_is_too_old_when_a_weekly_one_was_missed(alarms: Alarms) -> None:
    alarm = alarms["SweepTooOld"]
    assert (alarm["MetricName"], alarm["Statistic"]) == ("HoursSinceLastSweep", "Maximum")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 192)
    assert alarm["TreatMissingData"] == "ignore"


def test_a_verdict_that_was_sent_to_nobody_raises_the_alarm(alarms: Alarms) -> None:
    alarm = alarms["NotificationFailed"]
    assert (alarm["MetricName"], alarm["Statistic"]) == ("NotificationsFailed", "Sum")
    assert (alarm["Threshold"], alarm["TreatMissingData"]) == (1, "notBreaching")


def test_every_metric_that_is_looked_for_is_written(monitoring: ModuleType) -> None:
    written = (PROJECT / "lambdas/steps/run_metrics.py").read_text(encoding="utf-8")
    for name in (
        monitoring.HEARTBEAT,
        monitoring.OVERDUE,
        monitoring.SWEEP_AGE,
        monitoring.NOT_SENT,
        monitoring.EXPECTED,
        monitoring.ARCHIVED,
    ):
        assert f'"{name}": ' in written


def test_metrics_are_looked_for_where_the_functions_write_them(alarms: Alarms) -> None:
    for name in ("NoHeartbeat", "SweepTooOld", "NotificationFailed"):
        metric = metric_of(alarms[name])
        assert metric["Namespace"] == metrics().namespace
        assert metric["Dimensions"] == [{"Name": "service", "Value": metrics().service}]


def test_a_start_that_was_not_delivered_raises_the_alarm(alarms: Alarms) -> None:
    alarm = alarms["StartNotDelivered"]
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert shown(alarm["Dimensions"]) == [{"Name": "QueueName", "Value": "DailyUndelivered"}]
    assert (alarm["Threshold"], alarm["TreatMissingData"]) == (1, "notBreaching")


def test_runs_that_never_ended_count_and_months_that_need_a_person_do_not(alarms: Alarms) -> None:
    counted = {metric_of(alarm)["MetricName"] for alarm in alarms.values()}
    assert {"ExecutionsTimedOut", "ExecutionsAborted"} < counted
    assert "ExecutionsFailed" not in counted


def test_errors_count_at_once_where_there_is_no_verdict_without_the_step(
    alarms: Alarms, monitoring: ModuleType
) -> None:
    assert {step.state: alarms[f"{step.state}Errors"]["Threshold"] for step in STEPS} == {
        "EnumeratePayerAccounts": 1,
        "ListInvoiceSummaries": monitoring.TRIES,
        "FetchInvoiceDocuments": monitoring.TRIES,
        "ValidateCompleteness": 1,
    }
    for step in STEPS:
        alarm = alarms[f"{step.state}Errors"]
        assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Errors")
        assert shown(alarm["Dimensions"]) == [
            {"Name": "FunctionName", "Value": f"Functions{step.state}Function"}
        ]


def test_a_function_that_times_out_at_every_try_is_seen_within_one_period_of_its_alarm(
    alarms: Alarms, template: dict[str, Any], monitoring: ModuleType
) -> None:
    functions = of_type(template, "AWS::Lambda::Function").values()
    longest = max(function["Timeout"] for function in functions)
    an_hour = 3600  # between two evaluations of an alarm whose period is as long
    for step in ("ListInvoiceSummaries", "FetchInvoiceDocuments"):
        alarm = alarms[f"{step}Errors"]
        waits = (monitoring.TRIES - 1) * 60
        assert alarm["Period"] >= alarm["Threshold"] * longest + waits + an_hour


def test_as_many_errors_as_a_step_has_tries(states: dict[str, Any], monitoring: ModuleType) -> None:
    for step in STEPS:
        attempts = {
            retry["MaxAttempts"]
            for retry in states[step.state]["Retry"]
            if "Lambda.TooManyRequestsException" not in retry["ErrorEquals"]
        }
        assert attempts == {monitoring.TRIES - 1}


def test_the_dashboard_shows_every_alarm_and_metric(
    template: dict[str, Any], monitoring: ModuleType
) -> None:
    dashboard = only(template, "AWS::CloudWatch::Dashboard")
    widgets = json.loads(text(dashboard["DashboardBody"]))["widgets"]
    [status] = [one for one in widgets if one["type"] == "alarm"]
    assert len(status["properties"]["alarms"]) == len(of_type(template, "AWS::CloudWatch::Alarm"))
    body = text(dashboard["DashboardBody"])
    for metric in (
        monitoring.HEARTBEAT,
        monitoring.OVERDUE,
        monitoring.SWEEP_AGE,
        monitoring.EXPECTED,
        monitoring.ARCHIVED,
    ):
        assert f'"{metric}"' in body
