"""Every role of the stack may do what the table of required actions says, and nothing else."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from infra import required_actions as table
from infra.deploy_settings import LEAST_OF_A_PATTERN, ROLE_NAMES_ROOM
from infra.required_actions import EVIDENCE, REQUIRED_ACTIONS, Required
from infra.steps import STEPS
from lambdas.domain.evidence.archive_layout import is_evidence
from tests.infra.policies import (
    Grant,
    all_allowed_actions,
    as_list,
    grants,
    of_type,
    role_id,
    shown,
    text,
)

ROLES = {
    **{step.state: f"Functions{step.state}Role" for step in STEPS},
    table.PUBLIC_KEY: "PublicKeyRole",
    table.WORKFLOW: "WorkflowStateMachineRole",
    table.SCHEDULE: "SchedulerRole",
}
"""How the logical id of each role of the table begins."""

LONGEST_INLINE_POLICIES = 10_240
THROUGH_S3_FOR_THIS_BUCKET = json.dumps(
    {
        "StringEquals": {
            "kms:EncryptionContext:aws:s3:arn": "ArchiveBucket",
            "kms:ViaService": "s3.AWS::Region.AWS::URLSuffix",
        }
    }
)
EXECUTIONS = "arn:AWS::Partition:states:AWS::Region:AWS::AccountId:execution:WorkflowStateMachine"
NAMES = {
    table.BUCKET: "ArchiveBucket",
    table.ARCHIVE_KEY: "ArchiveKey",
    table.SIGNING_KEY: "ManifestsSigningKey",
    table.HEADS: "ManifestsHeads",
    table.TOPIC: "NotificationsTopic",
    table.CHAT_TOPIC: "NotificationsChat",
    table.TOPIC_KEY: "NotificationsKey",
    table.EVENT_BUS: "arn:AWS::Partition:events:AWS::Region:AWS::AccountId:event-bus/default",
    table.PAYER_ROLES: "arn:AWS::Partition:iam::*:role/InvoiceArchivePayerReader",
    table.STATE_MACHINE: "WorkflowStateMachine",
    table.EXECUTIONS: f"{EXECUTIONS}:*",
    table.MAP_RUN: f"{EXECUTIONS}/ForEachPayerAccount:*",
    table.DEAD_LETTERS: "DailyUndelivered",
    table.EVERYTHING: "*",
    **{step.state: f"Functions{step.state}Function" for step in STEPS},
    **{f"{step.state}:*": f"Functions{step.state}Function:*" for step in STEPS},
}
"""What the words of the table are in the template."""


def grant(role: str, required: Required) -> Grant:
    if required.on == table.OWN_LOG:
        return required.action, ROLES[role].removesuffix("Role") + "Logs", ""
    if required.on.startswith(f"{table.BUCKET}/"):
        pattern = required.on.removeprefix(table.BUCKET)
        return required.action, NAMES[table.BUCKET] + pattern, ""
    condition = THROUGH_S3_FOR_THIS_BUCKET if required.on == table.ARCHIVE_KEY else ""
    return required.action, NAMES[required.on], condition


def test_the_table_has_every_role_and_the_alarms() -> None:
    assert set(REQUIRED_ACTIONS) == {*ROLES, table.ALARMS}


def test_resource_policies_allow_to_services_what_the_table_says_of_alarms_and_nothing_else(
    template: dict[str, Any],
) -> None:
    of_this_archive = {
        "ArnLike": {
            "aws:SourceArn": "arn:AWS::Partition:cloudwatch:AWS::Region:AWS::AccountId:alarm:"
            "invoice-archive-*"
        },
        "StringEquals": {"aws:SourceAccount": "AWS::AccountId"},
    }
    found = {
        (action, text(statement["Resource"]) if name is None else name)
        for name, statement in allowed_to_others(template)
        for action in as_list(statement["Action"])
        if statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        and shown(statement["Condition"]) == of_this_archive
    }
    assert found == {(one.action, NAMES[one.on]) for one in REQUIRED_ACTIONS[table.ALARMS]}
    assert len(found) == sum(len(as_list(one["Action"])) for _, one in allowed_to_others(template))


def allowed_to_others(template: dict[str, Any]) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """What resource policies allow to anybody but the account itself. A key's policy is given with
    the key's name, since it calls the key `*`.
    """
    keys = of_type(template, "AWS::KMS::Key")
    own_account = {"AWS": "arn:AWS::Partition:iam::AWS::AccountId:root"}
    policies = [(name[:-8], key["KeyPolicy"]) for name, key in keys.items()]
    policies += [
        (None, one["PolicyDocument"])
        for kind in ("AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy")
        for one in of_type(template, kind).values()
    ]
    for name, document in policies:
        for statement in document["Statement"]:
            if statement["Effect"] == "Allow" and shown(statement["Principal"]) != own_account:
                yield name, statement


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_exactly_what_the_table_says(role: str, template: dict[str, Any]) -> None:
    required = [grant(role, one) for one in REQUIRED_ACTIONS[role] if one.on != table.CHAT_TOPIC]

    assert grants(template, role_id(template, ROLES[role])) == set(required)
    assert len(required) == len(set(required))


def test_with_chat_the_last_function_alone_may_publish_to_its_topic_too(
    synthesize: Callable[..., dict[str, Any]],
) -> None:
    template = synthesize(chat_notifications=True)
    for role, prefix in ROLES.items():
        required = {grant(role, one) for one in REQUIRED_ACTIONS[role]}
        assert grants(template, role_id(template, prefix)) == required
        assert any("NotificationsChat" in one for one in required) == (
            role == "ValidateCompleteness"
        )


def test_the_stack_has_no_other_role_and_no_role_has_policies_elsewhere(
    template: dict[str, Any],
) -> None:
    roles = of_type(template, "AWS::IAM::Role")
    assert set(roles) == {role_id(template, prefix) for prefix in ROLES.values()}
    for role in roles.values():
        assert "Policies" not in role
        assert "ManagedPolicyArns" not in role
    for policy in of_type(template, "AWS::IAM::ManagedPolicy").values():
        assert "Roles" not in policy


def test_every_row_has_a_reason() -> None:
    for required in (one for needs in REQUIRED_ACTIONS.values() for one in needs):
        assert len(required.why) > 10, required


def test_nobody_may_delete_bypass_a_lock_or_use_a_wildcard_action(
    template: dict[str, Any],
) -> None:
    for action in all_allowed_actions(template):
        assert "*" not in action
        assert not action.startswith(("s3:Delete", "s3:Bypass", "s3:PutBucket", "s3:PutLifecycle"))
        assert action not in ("kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:PutKeyPolicy")


def test_only_the_service_that_needs_a_role_may_take_it(template: dict[str, Any]) -> None:
    services = {
        **dict.fromkeys((*(step.state for step in STEPS), table.PUBLIC_KEY), "lambda"),
        table.WORKFLOW: "states",
        table.SCHEDULE: "scheduler",
    }
    for role, service in services.items():
        made = of_type(template, "AWS::IAM::Role")[role_id(template, ROLES[role])]
        [statement] = made["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": f"{service}.amazonaws.com"}
        if service != "lambda":  # those act for whoever names the role, so the account is compared
            account = statement["Condition"]["StringEquals"]["aws:SourceAccount"]
            assert text(account) == "AWS::AccountId"


def taken_roles(template: dict[str, Any]) -> dict[str, set[str]]:
    """By step: the patterns of the payers' roles that its function may take."""
    return {
        step: {
            resource
            for action, resource, _ in grants(template, role_id(template, f"Functions{step}Role"))
            if action == "sts:AssumeRole"
        }
        for step in ("ListInvoiceSummaries", "FetchInvoiceDocuments", "ValidateCompleteness")
    }


def register_with(tmp_path: Path, role_names: Sequence[str]) -> str:
    """A register whose payer accounts have roles of these names, path included."""
    register = tmp_path / "register.csv"
    accounts = range(100000000000, 100000000000 + len(role_names))
    lines = (
        f"{account},A,arn:aws:iam::{account}:role/{name}\n"
        for account, name in zip(accounts, role_names, strict=True)
    )
    register.write_text("account_id,name,role_arn\n" + "".join(lines))
    return str(register)


def test_roles_that_the_register_names_may_be_taken_too_each_name_in_any_account(
    synthesize: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    register = register_with(tmp_path, ["path/Special", "Reader", "path/Special", "path/Reader"])

    template = synthesize(payers_file=register, payer_role_name="Reader")

    any_account = "arn:AWS::Partition:iam::*:role/"
    for taken in taken_roles(template).values():
        assert taken == {
            f"{any_account}{name}" for name in ("Reader", "path/Special", "path/Reader")
        }


def test_any_number_of_payer_accounts_with_a_few_role_names_fits_into_the_policies(
    synthesize: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    length = LEAST_OF_A_PATTERN - len('"arn:aws-us-gov:iam::*:role/",')
    names = [
        f"path/{number}".ljust(length, "n")
        for number in range(ROLE_NAMES_ROOM // LEAST_OF_A_PATTERN)
    ]

    template = synthesize(
        payers_file=register_with(tmp_path, names * 50),
        archive_bucket_name="b" * 63,
        chat_notifications=True,
    )

    for taken in taken_roles(template).values():
        assert len(taken) == 1 + len(names)
    managed = of_type(template, "AWS::IAM::ManagedPolicy").values()
    assert all(one["ManagedPolicyName"].startswith("invoice-archive-") for one in managed)
    for policy in of_type(template, "AWS::IAM::Policy").values():
        assert len(as_deployed(policy["PolicyDocument"])) < LONGEST_INLINE_POLICIES


def as_deployed(document: dict[str, Any]) -> str:
    """With names as long as they can be for references."""
    written = json.dumps(shown(document), separators=(",", ":"))
    for name in (
        *("ManifestsSigningKey", "ManifestsHeads"),
        *("NotificationsTopic", "NotificationsChat", "NotificationsKey"),
    ):
        written = written.replace(name, "n" * 130)
    key = "arn:aws-us-gov:kms:us-gov-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
    written = written.replace("ArchiveBucket", f"arn:aws-us-gov:s3:::{'b' * 63}")
    written = written.replace("ArchiveKey", key).replace("AWS::Partition", "aws-us-gov")
    return written.replace("AWS::Region", "us-gov-east-1").replace("AWS::AccountId", "1" * 12)


@pytest.mark.parametrize(
    ("key", "evidence"),
    [
        ("invoices/2026-10/1/x.pdf", True),
        ("records/2026-10/1/x/0001.json", True),
        ("periods/2026-10/manifests/manifest-0001.json", True),
        ("periods/2026-10/completeness.json", False),
        ("runs/x/payers.json", False),
    ],
)
def test_what_policies_call_evidence_is_what_the_functions_lock(key: str, evidence: bool) -> None:
    prefixes = [pattern.split("*") for pattern in EVIDENCE]
    matched = any(key.startswith(first) and rest[0] in key for first, *rest in prefixes)
    assert matched == is_evidence(key) == evidence
