"""What the archive refuses, whoever asks. The policies are tried as documents."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.retention import RetentionPolicy, retain_until
from tests.infra.denials import denied_by
from tests.infra.policies import by_sid, of_type, only

Statements = dict[str, dict[str, Any]]
EVIDENCE = (
    "ArchiveBucket/invoices/2026-10/111122223333/2026-10_111122223333_INVOICE_1.pdf",
    "ArchiveBucket/records/2026-10/111122223333/1/0001.json",
    "ArchiveBucket/periods/2026-10/manifests/manifest-0001.json",
)
OTHER = (
    "ArchiveBucket/runs/2026-11-12/payers.json",
    "ArchiveBucket/periods/2026-10/completeness.json",
    "ArchiveBucket/index.html",
)
FIRST_LOCKED_PUT = {
    "s3:if-none-match": "*",
    "s3:object-lock-mode": "GOVERNANCE",
    "s3:object-lock-remaining-retention-days": "3652",
}
BREAK_GLASS = "arn:aws:iam::111122223333:role/ops/BreakGlass"
ACCOUNT = "AWS::AccountId"
PEOPLE = {
    "function": f"arn:aws:iam::{ACCOUNT}:role/invoice-archive-fetch-invoice-documents",
    "administrator": f"arn:aws:iam::{ACCOUNT}:role/Administrator",
    "root": f"arn:aws:iam::{ACCOUNT}:root",
}


@pytest.fixture(scope="module")
def bucket_policy(template: dict[str, Any]) -> Statements:
    return by_sid(only(template, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"])


def key_policies(template: dict[str, Any]) -> dict[str, Statements]:
    """By the name of each key that is kept."""
    return {
        logical_id[:-8]: by_sid(key["KeyPolicy"]["Statement"])
        for logical_id, key in of_type(template, "AWS::KMS::Key").items()
        if template["Resources"][logical_id]["DeletionPolicy"] == "Retain"
    }


def test_the_policy_has_these_statements_and_they_refuse_everybody(
    bucket_policy: Statements,
) -> None:
    assert set(bucket_policy) == {
        "WriteOnceIfNoneMatch",
        "WriteOnceLockMode",
        "WriteOnceLockTooShort",
        "WriteOnceLockTooLong",
        "KeepEvidence",
        "KeepEvidenceUntagged",
        "KeepEvidenceEncryption",
        "KeepEvidenceFromReplicas",
        "KeepBucket",
    }
    for statement in bucket_policy.values():
        assert statement["Effect"] == "Deny"
        assert statement["Principal"] == {"AWS": "*"}


@pytest.mark.parametrize("key", EVIDENCE)
def test_a_first_write_with_a_lock_is_taken(bucket_policy: Statements, key: str) -> None:
    for action in ("s3:PutObject", "s3:PutObjectRetention"):
        assert denied_by(bucket_policy, action, key, FIRST_LOCKED_PUT) == set()


@pytest.mark.parametrize("key", EVIDENCE)
@pytest.mark.parametrize(
    ("header", "value", "refused_by"),
    [
        ("s3:if-none-match", None, "WriteOnceIfNoneMatch"),
        ("s3:object-lock-mode", None, "WriteOnceLockMode"),
        ("s3:object-lock-mode", "COMPLIANCE", "WriteOnceLockMode"),
        ("s3:object-lock-remaining-retention-days", "1", "WriteOnceLockTooShort"),
        ("s3:object-lock-remaining-retention-days", "36500", "WriteOnceLockTooLong"),
    ],
)
def test_any_other_write_of_evidence_is_refused(
    bucket_policy: Statements, key: str, header: str, value: str | None, refused_by: str
) -> None:
    put = FIRST_LOCKED_PUT | {header: value} if value else FIRST_LOCKED_PUT | {}
    if value is None:
        del put[header]
    assert denied_by(bucket_policy, "s3:PutObject", key, put) == {refused_by}


@pytest.mark.parametrize("key", OTHER)
def test_views_and_run_files_are_written_freely(bucket_policy: Statements, key: str) -> None:
    for action in ("s3:PutObject", "s3:PutObjectTagging"):
        assert denied_by(bucket_policy, action, key, {}) == set()


@pytest.mark.parametrize("days", ["1", "36500"])
def test_a_lock_is_neither_shortened_nor_drawn_out_beyond_the_policy(
    bucket_policy: Statements, days: str
) -> None:
    context = {"s3:object-lock-remaining-retention-days": days}
    assert denied_by(bucket_policy, "s3:PutObjectRetention", EVIDENCE[0], context)


@pytest.mark.parametrize("key", EVIDENCE)
@pytest.mark.parametrize("who", PEOPLE.values(), ids=PEOPLE)
def test_without_a_break_glass_role_nobody_deletes_bypasses_or_tags(
    bucket_policy: Statements, key: str, who: str
) -> None:
    context = {"aws:PrincipalArn": who}
    for action in ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"):
        assert denied_by(bucket_policy, action, key, context) == {"KeepEvidence"}
    for action in ("s3:PutObjectTagging", "s3:PutObjectVersionTagging"):
        assert denied_by(bucket_policy, action, key, context) == {"KeepEvidenceUntagged"}


@pytest.mark.parametrize("who", PEOPLE.values(), ids=PEOPLE)
def test_nobody_gives_evidence_another_key_whether_its_lock_is_over_or_not(
    bucket_policy: Statements, who: str
) -> None:
    context = {"aws:PrincipalArn": who}
    for key in EVIDENCE:
        denied = denied_by(bucket_policy, "s3:UpdateObjectEncryption", key, context)
        assert denied == {"KeepEvidenceEncryption"}
    assert denied_by(bucket_policy, "s3:UpdateObjectEncryption", OTHER[0], context) == set()


def test_who_holds_evidence_for_a_lawsuit_may(bucket_policy: Statements) -> None:
    context = {"aws:PrincipalArn": PEOPLE["administrator"]}
    assert denied_by(bucket_policy, "s3:PutObjectLegalHold", EVIDENCE[0], context) == set()


@pytest.mark.parametrize("who", PEOPLE.values(), ids=PEOPLE)
def test_nothing_is_replicated_onto_evidence(bucket_policy: Statements, who: str) -> None:
    context = {"aws:PrincipalArn": who}
    for action in ("s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"):
        for key in EVIDENCE:
            assert denied_by(bucket_policy, action, key, context) == {"KeepEvidenceFromReplicas"}
        assert denied_by(bucket_policy, action, OTHER[0], context) == set()


def test_only_a_deployment_changes_what_protects_the_bucket(bucket_policy: Statements) -> None:
    account = "arn:AWS::Partition:iam::AWS::AccountId:role/"
    deployment = f"{account}cdk-hnb659fds-cfn-exec-role-111122223333-eu-central-1"
    protecting = (
        "s3:DeleteBucket",
        "s3:PutBucketObjectLockConfiguration",
        "s3:PutBucketVersioning",
        "s3:PutEncryptionConfiguration",
        "s3:PutLifecycleConfiguration",
    )
    for action in protecting:
        for who in (*PEOPLE.values(), f"{account}cdk-hnb659fds-deploy-role"):
            context = {"aws:PrincipalArn": who}
            assert denied_by(bucket_policy, action, "ArchiveBucket", context) == {"KeepBucket"}
        by_role = {"aws:PrincipalArn": deployment}
        assert denied_by(bucket_policy, action, "ArchiveBucket", by_role) == set()
        by_person = {
            "aws:PrincipalArn": PEOPLE["administrator"],
            "aws:CalledVia": ["cloudformation.amazonaws.com"],
        }
        assert denied_by(bucket_policy, action, "ArchiveBucket", by_person) == set()


def test_nobody_is_locked_out_of_the_bucket_policy_itself(bucket_policy: Statements) -> None:
    for action in ("s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:GetBucketPolicy"):
        assert denied_by(bucket_policy, action, "ArchiveBucket", {}) == set()


def test_both_keys_stay_and_nobody_destroys_or_disables_them(template: dict[str, Any]) -> None:
    keys = key_policies(template)
    assert set(keys) == {"ArchiveKey", "ManifestsSigningKey"}
    for policy in keys.values():
        for who in PEOPLE.values():
            context = {"aws:PrincipalArn": who}
            for action in ("kms:ScheduleKeyDeletion", "kms:DisableKey"):
                assert denied_by(policy, action, "*", context) == {"KeepKey"}
            # the way back, for whoever administers the account
            assert denied_by(policy, "kms:PutKeyPolicy", "*", context) == set()


def test_the_accounts_root_administers_every_key(template: dict[str, Any]) -> None:
    for key in of_type(template, "AWS::KMS::Key").values():
        first = key["KeyPolicy"]["Statement"][0]
        assert first["Effect"] == "Allow"
        assert first["Action"] == "kms:*"


def test_only_validate_completeness_signs(template: dict[str, Any]) -> None:
    policy = key_policies(template)["ManifestsSigningKey"]
    account = "arn:AWS::Partition:{}::AWS::AccountId:{}/invoice-archive-validate-completeness{}"
    for signer in (account.format("iam", "role", ""), account.format("sts", "assumed-role", "/x")):
        assert denied_by(policy, "kms:Sign", "*", {"aws:PrincipalArn": signer}) == set()
    for who in PEOPLE.values():
        assert denied_by(policy, "kms:Sign", "*", {"aws:PrincipalArn": who}) == {
            "OnlyValidateSigns"
        }


def test_a_break_glass_role_may_what_nobody_else_may(
    synthesize: Callable[..., dict[str, Any]],
) -> None:
    template = synthesize(break_glass_role_arn=BREAK_GLASS)
    bucket = by_sid(only(template, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"])
    session = "arn:aws:sts::111122223333:assumed-role/BreakGlass/jane"
    for who in (BREAK_GLASS, session):
        context = {"aws:PrincipalArn": who}
        for action in ("s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"):
            assert denied_by(bucket, action, EVIDENCE[0], context) == set()
        for policy in key_policies(template).values():
            assert denied_by(policy, "kms:ScheduleKeyDeletion", "*", context) == set()
        # it does not write, encrypt anew or sign either
        assert denied_by(bucket, "s3:UpdateObjectEncryption", EVIDENCE[0], context)
        assert denied_by(bucket, "s3:PutObject", EVIDENCE[0], context)
    for who in (*PEOPLE.values(), BREAK_GLASS + "2"):
        context = {"aws:PrincipalArn": who}
        assert denied_by(bucket, "s3:DeleteObjectVersion", EVIDENCE[0], context)
        for policy in key_policies(template).values():
            assert denied_by(policy, "kms:ScheduleKeyDeletion", "*", context)


def test_the_lock_mode_is_the_configured_one(synthesize: Callable[..., dict[str, Any]]) -> None:
    template = synthesize(retention={"mode": "COMPLIANCE"})
    policy = by_sid(only(template, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"])
    assert denied_by(policy, "s3:PutObject", EVIDENCE[0], FIRST_LOCKED_PUT) == {"WriteOnceLockMode"}
    compliance = FIRST_LOCKED_PUT | {"s3:object-lock-mode": "COMPLIANCE"}
    assert denied_by(policy, "s3:PutObject", EVIDENCE[0], compliance) == set()


@given(
    years=st.integers(1, 100),
    fiscal_year_end_month=st.integers(1, 12),
    days_on=st.integers(0, 12000),
    months_ago=st.integers(-11, 300),
    late=st.timedeltas(timedelta(), timedelta(hours=12)),
)
def test_every_lock_that_the_functions_ask_for_is_within_the_bounds(
    years: int, fiscal_year_end_month: int, days_on: int, months_ago: int, late: timedelta
) -> None:
    from infra.protection import lock_days  # noqa: PLC0415 - starts a Node

    policy = RetentionPolicy(years, "GOVERNANCE", fiscal_year_end_month)
    stored = datetime(2026, 1, 1, 6, tzinfo=UTC) + timedelta(days=days_on)
    period = BillingPeriod.containing(stored).shifted(-months_ago)

    remaining = retain_until(period, policy, stored) - (stored + late)

    shortest, longest = lock_days(policy)
    assert shortest <= remaining.days <= longest
