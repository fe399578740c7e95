"""The reader role in every payer account of the register, deployed as the README instructs its
owner: the plain template, with the archive's account and all settings as parameters.
"""

import re
import time
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.deploy_settings import DeploySettings
from infra.names import PAYER_READER_STACK, PAYER_READER_TEMPLATE
from infra.payer_parameters import ARCHIVE_ACCOUNT, ROLE_NAME, parameters_of_settings
from sandbox.deployment import DeploymentFailed
from sandbox.ministack import Ministack
from sandbox.program import ACCOUNT_ID

_POLL_SECONDS = 0.05
_NOTHING_TO_DO = "No updates are to be performed"


def deploy(aws: Ministack, settings: DeploySettings, project: Path) -> None:
    """Make or renew the role of each payer account. Raises DeploymentFailed."""
    template = (project / PAYER_READER_TEMPLATE).read_text(encoding="utf-8")
    begun = []
    for payer in settings.register.payers:
        arn = payer.role_arn or f"arn:aws:iam::{payer.account_id}:role/{settings.payer_role_name}"
        account_id, role_name = arn.split(":")[4], arn.rpartition("/")[2]
        cloudformation, stack_name = aws.client("cloudformation", account_id), PAYER_READER_STACK
        if role_name != settings.payer_role_name:  # an account may have both
            stack_name += f"-{re.sub('[^A-Za-z0-9]', '-', role_name)}"
        parameters = {
            **parameters_of_settings(settings),
            ARCHIVE_ACCOUNT: ACCOUNT_ID,
            ROLE_NAME: role_name,
        }
        try:
            _begin(cloudformation, stack_name, template, parameters)
        except ClientError as error:
            raise DeploymentFailed(f"role {arn} cannot be deployed: {error}") from None
        begun.append((arn, cloudformation, stack_name))
    for arn, cloudformation, stack_name in begun:
        while (status := _status(cloudformation, stack_name)).endswith("IN_PROGRESS"):
            time.sleep(_POLL_SECONDS)
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise DeploymentFailed(f"role {arn} cannot be deployed: its stack is {status}")


def _begin(cloudformation: Any, stack_name: str, template: str, parameters: dict[str, str]) -> None:
    stack = {
        "StackName": stack_name,
        "TemplateBody": template,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
    }
    try:
        cloudformation.create_stack(**stack)
    except cloudformation.exceptions.AlreadyExistsException:
        try:
            cloudformation.update_stack(**stack)
        except ClientError as error:
            if _NOTHING_TO_DO not in error.response["Error"]["Message"]:
                raise


def _status(cloudformation: Any, stack_name: str) -> str:
    return str(cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]["StackStatus"])
