"""The deployed stack itself, asked for what no template and no emulator shows. Reads only.

    AWS_PROFILE=archive AWS_REGION=eu-central-1 make test-live

with credentials of the archive's account that may read its settings and simulate policies. AWS
itself says what the roles may do: a boundary or a service control policy of the organization that
takes an action away is seen here, and nowhere else before a run fails.
"""

import itertools
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from infra.names import ARCHIVE_STACK, PROJECT
from infra.required_actions import PUBLIC_KEY, REQUIRED_ACTIONS, SCHEDULE, WORKFLOW
from infra.steps import STEPS
from lambdas.aws.manifest_signing import ManifestSigner
from lambdas.domain.notifications.readers import READERS, same_address
from ops.doctor import (
    examine_concurrency,
    examine_deployment,
    examine_settings,
    examine_workflow,
    place,
)
from ops.live.deployment import required_outputs
from ops.live.session import client
from ops.subscriptions import examine_subscriptions

pytestmark = [
    pytest.mark.skipif("INVOICE_ARCHIVE_LIVE" not in os.environ, reason="asks a real account"),
    pytest.mark.live,
]

UNDOING = (
    "s3:BypassGovernanceRetention",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:PutBucketPolicy",
    "s3:PutBucketVersioning",
    "s3:PutLifecycleConfiguration",
    "s3:UpdateObjectEncryption",
)
"""What nobody in the workflow may do to the bucket or to what lies in it."""


ROLES = (*(step.state for step in STEPS), PUBLIC_KEY, WORKFLOW, SCHEDULE)
"""Every role of the table of required actions."""


@dataclass(frozen=True)
class Statement:
    """An action on one resource that a role's inline policy allows, and its conditions' values."""

    action: str
    resource: str
    context: tuple[tuple[str, str], ...]


@pytest.fixture(scope="module")
def outputs() -> Mapping[str, str]:
    return required_outputs()


@pytest.fixture(scope="module")
def iam() -> Any:
    return client("iam")


@pytest.fixture(scope="module")
def role_names(outputs: Mapping[str, str]) -> Mapping[str, str]:
    """The name of each role, as whoever uses it says."""
    machine = client("stepfunctions").describe_state_machine(
        stateMachineArn=outputs["StateMachineArn"]
    )
    schedule = client("scheduler").get_schedule(Name=outputs["ScheduleName"])
    pages = client("cloudformation").get_paginator("list_stack_resources")
    made = (
        one
        for page in pages.paginate(StackName=ARCHIVE_STACK)
        for one in page["StackResourceSummaries"]
    )
    (public_key,) = (
        one["PhysicalResourceId"]
        for one in made
        if one["ResourceType"] == "AWS::IAM::Role"
        and one["LogicalResourceId"].startswith(PUBLIC_KEY)
    )
    return {
        **{step.state: step.role_name for step in STEPS},
        PUBLIC_KEY: public_key,
        WORKFLOW: machine["roleArn"].rpartition("/")[2],
        SCHEDULE: schedule["Target"]["RoleArn"].rpartition("/")[2],
    }


def statements(iam: Any, role: str) -> Iterator[Statement]:
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for statement in document["Statement"]:
            conditions = statement.get("Condition", {}).values()
            context = tuple(
                (key, an_example(values)) for each in conditions for key, values in each.items()
            )
            for action, resource in itertools.product(
                as_list(statement["Action"]), as_list(statement["Resource"])
            ):
                yield Statement(action, resource, context)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def an_example(values: Any) -> str:
    """Something that a pattern of a policy matches."""
    return str(as_list(values)[0]).replace("*", "111122223333")


def decision(iam: Any, role: str, one: Statement) -> str:
    arn = iam.get_role(RoleName=role)["Role"]["Arn"]
    (result,) = iam.simulate_principal_policy(
        PolicySourceArn=arn,
        ActionNames=[one.action],
        ResourceArns=["*" if one.resource == "*" else an_example(one.resource)],
        ContextEntries=[
            {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
            for key, value in one.context
        ],
    )["EvaluationResults"]
    return str(result["EvalDecision"])


@pytest.mark.parametrize("role", ROLES)
def test_each_role_has_the_actions_of_the_table(
    iam: Any, role_names: Mapping[str, str], role: str
) -> None:
    assert {one.action for one in statements(iam, role_names[role])} == {
        required.action for required in REQUIRED_ACTIONS[role]
    }


@pytest.mark.parametrize("is_conditional", [False, True], ids=["always", "on conditions"])
@pytest.mark.parametrize("role", ROLES)
def test_aws_grants_each_action(
    iam: Any, role_names: Mapping[str, str], role: str, is_conditional: bool
) -> None:
    name = role_names[role]
    asked = [one for one in statements(iam, name) if bool(one.context) == is_conditional]
    decisions = {one: decision(iam, name, one) for one in asked}
    assert decisions == dict.fromkeys(asked, "allowed")


@pytest.mark.parametrize("role", ROLES)
def test_no_role_may_undo_evidence(
    iam: Any, outputs: Mapping[str, str], role_names: Mapping[str, str], role: str
) -> None:
    bucket = f"arn:aws:s3:::{outputs['ArchiveBucketName']}"
    for action in UNDOING:
        resource = bucket if "Bucket" in action or "Lifecycle" in action else f"{bucket}/invoices/1"
        asked = Statement(action, resource, ())
        assert decision(iam, role_names[role], asked) != "allowed", action


def test_the_bucket_keeps_versions_and_locks_them(outputs: Mapping[str, str]) -> None:
    s3, bucket = client("s3"), outputs["ArchiveBucketName"]
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    lock = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    assert lock["ObjectLockEnabled"] == "Enabled"


def test_the_public_key_that_auditors_got_is_the_signing_keys(outputs: Mapping[str, str]) -> None:
    signer = ManifestSigner(client("kms"), outputs["ManifestSigningKeyArn"])
    assert outputs["ManifestPublicKey"].strip() == signer.public_key_pem().decode().strip()


def test_the_stack_is_as_it_was_deployed() -> None:
    (stack,) = client("cloudformation").describe_stacks(StackName=ARCHIVE_STACK)["Stacks"]
    assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")


def test_aws_takes_the_workflow_and_runs_as_many_functions_as_the_settings_ask_for() -> None:
    settings, _ = examine_settings(PROJECT)
    assert settings
    for one in (examine_workflow(settings, place()), examine_concurrency(settings)):
        assert (one.problem, one.not_tried) == (None, None), one.what


def test_it_starts_daily_and_knows_the_register(
    outputs: Mapping[str, str],
) -> None:
    settings, _ = examine_settings(PROJECT)
    assert settings
    assert [one for one in examine_deployment(settings, outputs) if one.problem] == []


def test_everybody_to_notify_has_confirmed_a_subscription(outputs: Mapping[str, str]) -> None:
    settings, _ = examine_settings(PROJECT)
    assert settings
    not_reached = {
        one.what: one.problem
        for one in examine_subscriptions(settings, outputs)
        if one.problem is not None
    }
    assert not_reached == {}


def test_owners_get_what_concerns_them_alone_and_everybody_else_gets_everything(
    outputs: Mapping[str, str],
) -> None:
    """The filter policies as SNS keeps them; a subscription to confirm shows its own not yet."""
    settings, _ = examine_settings(PROJECT)
    assert settings
    sns = client("sns")
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(
        TopicArn=outputs["NotificationTopicArn"]
    )
    policies = {
        same_address(one["Endpoint"]): json.loads(
            sns.get_subscription_attributes(SubscriptionArn=one["SubscriptionArn"])[
                "Attributes"
            ].get("FilterPolicy", "null")
        )
        for page in pages
        for one in page["Subscriptions"]
        if one["Protocol"] == "email" and one["SubscriptionArn"].startswith("arn:")
    }
    everything = set(map(same_address, settings.notify_emails))
    assert {email: policy for email, policy in policies.items() if email in everything} == (
        dict.fromkeys(everything & policies.keys())
    )
    for email in set(settings.filtered_emails) & policies.keys():
        assert policies[email] == {READERS: [email]}
