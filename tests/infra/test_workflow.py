"""The state machine as it is deployed."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.steps import STEPS
from infra.workflow_diagram import definition
from lambdas.domain import errors
from tests.infra.policies import only

RETRIED = {
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Runtime.OutOfMemory",
    "Sandbox.Timedout",
    "ServiceUnavailable",
}


@pytest.mark.parametrize("name", [step.state for step in STEPS])
def test_a_step_is_retried_on_what_may_pass_and_on_nothing_else(
    name: str, states: dict[str, Any]
) -> None:
    retries = states[name]["Retry"]
    named = [error for retry in retries for error in retry["ErrorEquals"]]
    assert sorted(named) == sorted(RETRIED)
    for retry in retries:
        assert retry["JitterStrategy"] == "FULL"
        assert retry["BackoffRate"] > 1
        assert retry["MaxDelaySeconds"] == 60


def test_a_step_waits_for_concurrency_as_long_as_a_function_may_hold_it(
    states: dict[str, Any],
) -> None:
    for step in STEPS:
        [retry] = [
            retry
            for retry in states[step.state]["Retry"]
            if "Lambda.TooManyRequestsException" in retry["ErrorEquals"]
        ]
        # with full jitter a wait is half of its maximum on average
        assert retry["MaxAttempts"] * retry["MaxDelaySeconds"] / 2 >= 900


def test_retried_names_of_our_own_are_classes_that_the_functions_raise() -> None:
    own = {name for name in RETRIED if "." not in name}
    assert own == {"ServiceUnavailable"}
    assert all(issubclass(getattr(errors, name), Exception) for name in own)


def test_what_a_person_must_fix_is_not_retried() -> None:
    for error in (errors.InvalidExecutionInput, errors.InvalidRegister, errors.ArchiveUnusable):
        assert error.__name__ not in RETRIED


def test_enumerate_gets_the_input_and_the_executions_identity(states: dict[str, Any]) -> None:
    assert states["EnumeratePayerAccounts"]["Arguments"]["Payload"] == {
        "input": "{% $states.context.Execution.Input %}",
        "execution": {
            "id": "{% $states.context.Execution.Id %}",
            "name": "{% $states.context.Execution.Name %}",
            "start_time": "{% $states.context.Execution.StartTime %}",
        },
    }


@pytest.mark.parametrize("name", [step.state for step in STEPS])
def test_a_functions_answer_is_the_states_output(name: str, states: dict[str, Any]) -> None:
    assert states[name]["Output"] == "{% $states.result.Payload %}"


def test_a_run_that_another_execution_claimed_ends_at_once(states: dict[str, Any]) -> None:
    assert states["EnumeratePayerAccounts"]["Next"] == "IsAlreadyClaimed"
    assert states["IsAlreadyClaimed"]["Choices"] == [
        {"Condition": "{% $states.input.already_claimed %}", "Next": "AlreadyClaimed"}
    ]
    assert states["IsAlreadyClaimed"]["Default"] == "IsAnybodyAsked"
    assert states["AlreadyClaimed"]["Type"] == "Succeed"


def test_on_a_day_on_which_nobody_is_asked_no_empty_list_is_read(states: dict[str, Any]) -> None:
    assert states["IsAnybodyAsked"]["Choices"] == [
        {"Condition": "{% $states.input.payers > 0 %}", "Next": "ForEachPayerAccount"}
    ]
    assert states["IsAnybodyAsked"]["Default"] == "ValidateCompleteness"


def test_every_payer_of_the_runs_list_gets_a_child_of_its_own(
    states: dict[str, Any], context: dict[str, Any]
) -> None:
    each = states["ForEachPayerAccount"]
    assert each["ItemReader"]["ReaderConfig"] == {"InputType": "JSON"}
    assert each["ItemReader"]["Parameters"]["Key.$"] == "$.payers_key"
    assert each["ItemReader"]["Parameters"]["Bucket"].startswith("${ArchiveBucket")
    assert each["ItemProcessor"]["ProcessorConfig"] == {
        "Mode": "DISTRIBUTED",
        "ExecutionType": "STANDARD",
    }
    assert "ItemBatcher" not in each
    assert each["Next"] == "ValidateCompleteness"


def test_as_many_payers_are_asked_at_a_time_as_configured(
    synthesize: Callable[..., dict[str, Any]],
) -> None:
    machine = definition(synthesize(max_concurrent_payers=37))
    assert machine["States"]["ForEachPayerAccount"]["MaxConcurrency"] == 37


def test_no_number_of_failing_payers_ends_the_run_before_it_is_validated(
    states: dict[str, Any],
) -> None:
    each = states["ForEachPayerAccount"]
    assert each["ToleratedFailurePercentage"] == 100
    assert each["ResultPath"] is None
    for name in ("ListInvoiceSummaries", "FetchInvoiceDocuments"):
        [catch] = states[name]["Catch"]
        assert catch["ErrorEquals"] == ["States.ALL"]
        assert catch["Next"] == "PayerNotChecked"
        assert catch["Output"] == "{% $states.input %}"


def test_a_child_ends_with_nothing_but_its_payers_id(states: dict[str, Any]) -> None:
    for name in ("PayerChecked", "PayerNotChecked"):
        assert states[name]["Type"] == "Succeed"
        assert states[name]["Output"] == "{% $states.input.payer_account_id %}"


def test_fetching_goes_on_until_nothing_is_left(states: dict[str, Any]) -> None:
    assert states["ListInvoiceSummaries"]["Next"] == "MoreToFetch"
    assert states["FetchInvoiceDocuments"]["Next"] == "MoreToFetch"
    assert states["MoreToFetch"]["Choices"] == [
        {"Condition": "{% $states.input.more_to_fetch %}", "Next": "FetchInvoiceDocuments"}
    ]
    assert states["MoreToFetch"]["Default"] == "PayerChecked"


def test_a_verdict_that_is_not_known_to_be_good_ends_the_run_red(states: dict[str, Any]) -> None:
    good = {choice["Condition"]: choice["Next"] for choice in states["IsComplete"]["Choices"]}
    assert good == {
        "{% $states.input.verdict = 'COMPLETE' %}": "Complete",
        "{% $states.input.verdict = 'AWAITING' %}": "Awaiting",
        "{% $states.input.verdict = 'PLANNED' %}": "Planned",
    }
    assert all(states[end]["Type"] == "Succeed" for end in good.values())
    assert states["IsComplete"]["Default"] == "Incomplete"
    assert states["Incomplete"] == {
        "Type": "Fail",
        "QueryLanguage": "JSONata",
        "Error": "MonthIncomplete",
        "Cause": "{% $states.input.message %}",
    }


def test_the_log_of_the_workflow_holds_no_payload(template: dict[str, Any]) -> None:
    machine = only(template, "AWS::StepFunctions::StateMachine")
    logging = machine["LoggingConfiguration"]
    assert logging["IncludeExecutionData"] is False
    assert logging["Level"] == "ALL"
    assert "TracingConfiguration" not in machine
