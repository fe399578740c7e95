"""Lasting names of roles in policies.

A role's ARN as `Principal` is stored as that role's unique id: once the role is made anew, the
policy means a role that is gone, under an unchanged text. A condition on `aws:PrincipalArn`
continues to mean the role of that name.
"""

import aws_cdk as cdk


def own_role(stack: cdk.Stack, role_name: str) -> list[str]:
    """Patterns for `aws:PrincipalArn` of a role of the stack's own account."""
    return role_patterns(f"arn:{stack.partition}:iam::{stack.account}:role/{role_name}")


def role_patterns(role_arn: str) -> list[str]:
    """Patterns for `aws:PrincipalArn` of a role.

    AWS gives the role's ARN there even for its sessions. Other evaluators of policies may give the
    session's, so it has a pattern too; nobody else can have a session of that name.
    """
    arn, _, role = role_arn.partition(":role/")
    session = arn.replace(":iam:", ":sts:") + f":assumed-role/{role.rpartition('/')[2]}/*"
    return [role_arn, session]
