"""The deployed stack, as CloudFormation describes it."""

from collections.abc import Mapping
from typing import Any

from ops.errors import CannotRead
from ops.live.session import aws_errors, client

STACK = "InvoiceArchive"


_FAILED_AT_FIRST = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED")


def stack_outputs() -> Mapping[str, str] | None:
    """The stack's outputs in the caller's account and region; None if it is not deployed.

    Raises CannotRead.
    """
    stack = _stack()
    if stack is None:
        return None
    return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", ())}


def failed_at_first() -> bool:
    """True if the stack is the remains of a failed first deployment. Raises CannotRead."""
    stack = _stack()
    return stack is not None and stack["StackStatus"] in _FAILED_AT_FIRST


def _stack() -> Mapping[str, Any] | None:
    cloudformation = client("cloudformation")
    with aws_errors(f"stack {STACK}"):
        try:
            described = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
        except cloudformation.exceptions.ClientError as error:
            # CloudFormation has no error of its own for a stack that does not exist
            if "does not exist" in error.response["Error"]["Message"]:
                return None
            raise
    stack: Mapping[str, Any] = described[0]
    return stack


def required_outputs() -> Mapping[str, str]:
    """The outputs of a stack that must be there. Raises CannotRead."""
    outputs = stack_outputs()
    if outputs is None:
        raise CannotRead(
            f"stack {STACK} is not deployed in this account and region; deploy it, "
            "or choose the archive's account and region by AWS_PROFILE and AWS_REGION"
        )
    return outputs
