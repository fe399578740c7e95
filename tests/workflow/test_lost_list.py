"""A run whose list of payer accounts cannot be read, carried out by the embedded Step Functions."""

import json
import time
from typing import Any

import pytest

from tests.workflow.conftest import COMPLETABLE, EmbeddedAws

MAP = "ForEachPayerAccount"
ENDED_RED = "MonthIncomplete"


def with_a_list_that_is_not_there(definition: dict[str, Any]) -> dict[str, Any]:
    """The deployed workflow, but its map looks for the list where none is, and waits for less."""
    each = definition["States"][MAP]
    each["ItemReader"]["Parameters"] = {
        "Bucket": each["ItemReader"]["Parameters"]["Bucket"],
        "Key": "runs/no-run/payers.json",
    }
    for retry in each["Retry"]:
        retry |= {"IntervalSeconds": 1, "MaxDelaySeconds": 2}
    return definition


def ended(states: Any, arn: str) -> dict[str, Any]:
    deadline = time.monotonic() + 300
    while True:
        described: dict[str, Any] = states.describe_execution(executionArn=arn)
        if described["status"] != "RUNNING":
            return described
        assert time.monotonic() < deadline
        time.sleep(0.5)


@pytest.mark.slow
def test_r14_a_list_that_cannot_be_read_ends_in_a_red_verdict_on_everybody(
    embedded_aws: EmbeddedAws,
) -> None:
    states = embedded_aws.sandbox.client("stepfunctions")
    deployed = states.describe_state_machine(
        stateMachineArn=embedded_aws.sandbox.deployed.state_machine_arn
    )
    copy = with_a_list_that_is_not_there(json.loads(deployed["definition"]))
    made = states.create_state_machine(
        name="lost-list", roleArn=deployed["roleArn"], definition=json.dumps(copy)
    )
    started = states.start_execution(
        stateMachineArn=made["stateMachineArn"],
        input=json.dumps({"scheduled_time": "2026-03-12T06:00:00Z"}),
    )
    described = ended(states, started["executionArn"])
    assert (described["status"], described["error"]) == ("FAILED", ENDED_RED)
    view = json.loads(embedded_aws.content("periods/2026-02/completeness.json"))
    assert view["verdict"] == "ACTION_REQUIRED"
    assert {payer["payer_account_id"] for payer in view["payers"]} == set(COMPLETABLE)
    for payer in view["payers"]:
        assert payer["verdict"] == "NOT_CHECKED"
