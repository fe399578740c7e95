"""Accepted findings of cdk-nag's AwsSolutions pack, each with its reason.

A test runs the pack: every finding has one acknowledgement, and none is left over.
"""

from collections.abc import Mapping
from typing import cast

import aws_cdk as cdk
from constructs import IConstruct

PACK = "AwsSolutions"


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Accept the findings of these rules on the construct or its children."""
    cdk.Validations.of(construct).acknowledge(
        *(
            cdk.Acknowledgment(id=f"{PACK}::{PACK}-{rule}", reason=reason)
            for rule, reason in reasons.items()
        )
    )


def acknowledge_wildcards(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Accept policies of the construct on these resources, given as the rule shows them."""
    acknowledge(
        construct,
        {f"IAM5[Resource::{resource}]": reason for resource, reason in reasons.items()},
    )


def logical_id(construct: IConstruct) -> str:
    """The logical id of the construct's main resource."""
    return cdk.Stack.of(construct).get_logical_id(
        cast(cdk.CfnElement, construct.node.default_child)
    )


def arn_of(construct: IConstruct) -> str:
    """A resource's ARN as the rule shows it."""
    return f"<{logical_id(construct)}.Arn>"
