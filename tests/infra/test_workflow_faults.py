"""Faults of states that Step Functions itself carries out, tried on the definition."""

from typing import Any

import pytest

MAP = "ForEachPayerAccount"


def tries(state: dict[str, Any], error: str) -> int:
    """How often a state is tried that fails with this error each time."""
    for retry in state.get("Retry", ()):
        if {error, "States.ALL"} & set(retry["ErrorEquals"]):
            return 1 + int(retry["MaxAttempts"])
    return 1


def goes_on_with(state: dict[str, Any], error: str) -> str | None:
    """The state after one that fails with this error for good; None: the run ends there."""
    for catch in state.get("Catch", ()):
        if {error, "States.ALL"} & set(catch["ErrorEquals"]):
            return str(catch["Next"])
    return None


@pytest.mark.parametrize(
    ("error", "least_tries"),
    [
        ("States.ItemReaderFailed", 5),
        ("States.ExceedToleratedFailureThreshold", 2),
        ("States.Permissions", 2),
        ("States.TaskFailed", 2),
        ("States.Timeout", 2),
    ],
)
def test_r14_a_map_that_fails_as_a_whole_is_tried_again_and_the_run_is_validated_all_the_same(
    states: dict[str, Any], error: str, least_tries: int
) -> None:
    each = states[MAP]
    assert tries(each, error) >= least_tries
    assert goes_on_with(each, error) == each["Next"] == "ValidateCompleteness"
    for retry in each["Retry"]:
        assert retry["IntervalSeconds"] >= 5
        assert retry["BackoffRate"] > 1
    [catch] = each["Catch"]
    assert catch["ResultPath"] is None  # the validation gets the run, not the error
