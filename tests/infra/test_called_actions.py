"""Every call of AWS in the functions' code is allowed to somebody.

That nobody may do more than the code needs is seen by running it with each action taken away.
"""

import ast
from collections.abc import Iterator

import botocore.session
from botocore import xform_name

from infra.lambda_package import LambdaPackage
from infra.names import PROJECT
from infra.payer_parameters import INVOICES, WITNESSES
from infra.required_actions import PUBLIC_KEY, REQUIRED_ACTIONS
from infra.steps import STEPS

OTHER_NAMES = {
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
}
"""Operations whose IAM action is called otherwise."""
FUNCTIONS = {*(step.state for step in STEPS), PUBLIC_KEY}
FREE = {"sts:GetCallerIdentity"}
"""What needs no permission."""


def operations() -> dict[str, str]:
    """The IAM action of each method of the clients that the code makes."""
    session = botocore.session.get_session()
    found: dict[str, str] = {}
    for service in LambdaPackage(PROJECT, PROJECT / "payers.csv").services():
        for operation in session.get_service_model(service).operation_names:
            action = f"{service}:{operation}"
            found[xform_name(operation)] = OTHER_NAMES.get(action, action)
    return found


def called() -> Iterator[str]:
    """Names of methods that the code calls, and of pages that it asks for."""
    for path in (PROJECT / "lambdas").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield node.func.attr
                if node.func.attr == "get_paginator" and isinstance(node.args[0], ast.Constant):
                    yield str(node.args[0].value)


def test_what_the_code_calls_is_allowed() -> None:
    known = operations()
    actions = {known[name] for name in called() if name in known} - FREE
    assert actions >= {"s3:PutObject", "s3:ListBucket", "kms:GetPublicKey", "sts:AssumeRole"}
    readers = {action for _, _, witness in WITNESSES.values() for action in witness}
    functions = [
        one for role, needs in REQUIRED_ACTIONS.items() for one in needs if role in FUNCTIONS
    ]
    assert actions <= {one.action for one in functions} | {*INVOICES, *readers}
