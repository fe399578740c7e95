"""The reader role of a payer account: a stack of its own, which every payer deploys.

Organizations without CDK deploy it from `payer-reader-role.yaml`, which is made from it.
"""

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import yaml
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.deploy_settings import DeploySettings
from infra.nag_acknowledgements import acknowledge_wildcards
from infra.names import PAYER_READER_STACK
from infra.payer_parameters import (
    ARCHIVE_ACCOUNT,
    EXTERNAL_ID,
    INVOICES,
    READERS,
    ROLE_NAME,
    WITNESSES,
    parameters_of_settings,
)
from infra.principals import role_patterns

_HEAD = """\
# The reader role of a payer account for the invoice archive: deploy it in every payer account.
# Generated from infra/payer_reader.py by `python -m infra.generated`. Do not edit.
"""


class PayerReaderStack(cdk.Stack):
    """One role that reads invoices and nothing else, for the archive account's functions alone.

    It needs no bootstrapped account. The defaults of its parameters are the deploy settings, so
    that both sides agree.
    """

    def __init__(self, scope: Construct, *, settings: DeploySettings) -> None:
        super().__init__(
            scope,
            PAYER_READER_STACK,
            description="Lets the invoice archive read this payer account's AWS invoices",
            synthesizer=cdk.BootstraplessSynthesizer(),
        )
        defaults = parameters_of_settings(settings)
        self._parameter(
            ARCHIVE_ACCOUNT,
            "The account that the invoice archive is deployed in.",
            r"\d{12}",
            "must be twelve digits",
        )
        self._external_id = self._parameter(
            EXTERNAL_ID,
            "As external_id in the archive's settings.",
            r"[\w+=,.@:/-]{2,1224}",
            "must be 2 to 1224 letters, digits and +=,.@:/-_",
            defaults[EXTERNAL_ID],
        )
        role_name = self._parameter(
            ROLE_NAME,
            "As payer_role_name in the archive's settings.",
            r"[\w+=,.@-]{1,64}",
            "must be an IAM role name without a path",
            defaults[ROLE_NAME],
        )
        role = iam.CfnRole(
            self,
            "Role",
            role_name=role_name,
            description="Read by the invoice archive: AWS invoices and nothing else",
            assume_role_policy_document=_document([self._trust()]),
            policies=[
                iam.CfnRole.PolicyProperty(
                    policy_name="read-invoices",
                    policy_document=_document(
                        [_allow("Invoices", INVOICES), *self._optional(defaults)]
                    ),
                )
            ],
        )
        acknowledge_wildcards(role, {"*": "None of these actions knows a resource."})
        cdk.CfnOutput(self, "RoleArn", value=role.attr_arn)

    def _trust(self) -> dict[str, Any]:
        """The archive account's root, narrowed to the functions that read.

        Their role ARNs as `Principal` would be stored as unique ids, which are lost when a role is
        made anew.
        """
        archive = f"arn:${{AWS::Partition}}:iam::${{{ARCHIVE_ACCOUNT}}}"
        return {
            "Sid": "FunctionsOfTheInvoiceArchive",
            "Effect": "Allow",
            "Principal": {"AWS": cdk.Fn.sub(f"{archive}:root")},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"sts:ExternalId": self._external_id},
                "ArnLike": {
                    "aws:PrincipalArn": [
                        cdk.Fn.sub(pattern)
                        for step in READERS
                        for pattern in role_patterns(f"{archive}:role/{step.role_name}")
                    ]
                },
            },
        }

    def _optional(self, defaults: Mapping[str, str]) -> list[cdk.IResolvable]:
        statements: list[cdk.IResolvable] = []
        for name, (_, purpose, actions) in WITNESSES.items():
            parameter = cdk.CfnParameter(
                self,
                name,
                description=purpose,
                allowed_values=["true", "false"],
                default=defaults[name],
            )
            condition = cdk.CfnCondition(
                self,
                f"Is{name}",
                expression=cdk.Fn.condition_equals(parameter.value_as_string, "true"),
            )
            statements.append(
                cdk.Fn.condition_if(
                    condition.logical_id,
                    _allow(name.removeprefix("With"), actions),
                    {"Ref": "AWS::NoValue"},
                )
            )
        return statements

    def _parameter(
        self, name: str, description: str, pattern: str, constraint: str, default: str | None = None
    ) -> str:
        parameter = cdk.CfnParameter(
            self,
            name,
            description=description,
            allowed_pattern=pattern,
            constraint_description=constraint,
            default=default,
        )
        return str(parameter.value_as_string)


def _allow(sid: str, actions: tuple[str, ...]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": "*"}


def _document(statements: list[Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def template_file(template: dict[str, Any]) -> str:
    """The template as the file that is checked in."""
    text: str = yaml.safe_dump(template, sort_keys=False, width=100)
    return _HEAD + text
