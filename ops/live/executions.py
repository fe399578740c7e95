"""Starting a run of the deployed workflow."""

import json
from collections.abc import Mapping
from typing import Any

from ops.live.session import aws_errors, client


def start_execution(state_machine_arn: str, name: str, execution_input: Mapping[str, Any]) -> str:
    """Start an execution with this input; returns its ARN. Raises CannotRead."""
    stepfunctions = client("stepfunctions")
    with aws_errors(f"state machine {state_machine_arn}"):
        answer = stepfunctions.start_execution(
            stateMachineArn=state_machine_arn, name=name, input=json.dumps(execution_input)
        )
    arn: str = answer["executionArn"]
    return arn
