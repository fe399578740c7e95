"""The reader role in every payer account of the register, as its owners would make it."""

import json
from typing import Any

from botocore.exceptions import ClientError

from infra.deploy_settings import DeploySettings
from infra.steps import FETCH_INVOICE_DOCUMENTS, LIST_INVOICE_SUMMARIES, VALIDATE_COMPLETENESS
from sandbox.ministack import Ministack
from sandbox.program import ACCOUNT_ID

_READERS = (LIST_INVOICE_SUMMARIES, FETCH_INVOICE_DOCUMENTS, VALIDATE_COMPLETENESS)


def deploy(aws: Ministack, settings: DeploySettings) -> None:
    """Make or renew the role of each payer account of the register."""
    for payer in settings.register.payers:
        arn = payer.role_arn or f"arn:aws:iam::{payer.account_id}:role/{settings.payer_role_name}"
        account_id, role_name = arn.split(":")[4], arn.rpartition("/")[2]
        _put_role(aws.client("iam", account_id), role_name, settings.external_id)


def _put_role(iam: Any, role_name: str, external_id: str) -> None:
    callers = [
        arn
        for step in _READERS
        for arn in (
            f"arn:aws:iam::{ACCOUNT_ID}:role/{step.role_name}",
            f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{step.role_name}/*",
        )
    ]
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"sts:ExternalId": external_id},
                    "ArnLike": {"aws:PrincipalArn": callers},
                },
            },
        }
    )
    try:
        iam.create_role(RoleName=role_name, AssumeRolePolicyDocument=trust)
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityAlreadyExists":
            raise
        iam.update_assume_role_policy(RoleName=role_name, PolicyDocument=trust)
