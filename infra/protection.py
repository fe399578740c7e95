"""Denials in the archive's own policies, for every caller: evidence stays, and so do the keys.

Statements whose Sid begins with `WriteOnce` judge the headers of a PUT.
"""

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from infra.deploy_settings import DeploySettings
from infra.principals import role_patterns
from infra.required_actions import EVIDENCE
from lambdas.domain.evidence.retention import SHORTEST, RetentionPolicy

_DEPLOYMENT = "cdk-*-cfn-exec-role-*"
"""Name of the role with which a bootstrapped account lets CloudFormation deploy."""


def evidence_statements(bucket: s3.Bucket, settings: DeploySettings) -> list[iam.PolicyStatement]:
    """Deny every write that is not a first, locked one, and every way to undo it."""
    evidence = [bucket.arn_for_objects(pattern) for pattern in EVIDENCE]
    break_glass = _break_glass(settings)
    shortest, longest = lock_days(settings.retention)
    return [
        # Multipart uploads and copies cannot carry the header, so there are none.
        _deny(
            "WriteOnceIfNoneMatch",
            ["s3:PutObject"],
            evidence,
            {"Null": {"s3:if-none-match": "true"}},
        ),
        # An absent header is not equal either.
        _deny(
            "WriteOnceLockMode",
            ["s3:PutObject"],
            evidence,
            {"StringNotEquals": {"s3:object-lock-mode": settings.retention.mode}},
        ),
        _deny(
            "WriteOnceLockTooShort",
            ["s3:PutObject", "s3:PutObjectRetention"],
            evidence,
            {"NumericLessThan": {"s3:object-lock-remaining-retention-days": str(shortest)}},
        ),
        _deny(
            "WriteOnceLockTooLong",
            ["s3:PutObject", "s3:PutObjectRetention"],
            evidence,
            {"NumericGreaterThan": {"s3:object-lock-remaining-retention-days": str(longest)}},
        ),
        _deny(
            "KeepEvidence",
            ["s3:BypassGovernanceRetention", "s3:DeleteObject", "s3:DeleteObjectVersion"],
            evidence,
            _unless(break_glass),
        ),
        # A tag would let the lifecycle rule of the views expire evidence once its lock is over.
        _deny(
            "KeepEvidenceUntagged",
            ["s3:PutObjectTagging", "s3:PutObjectVersionTagging"],
            evidence,
        ),
        # Another key than the archive's would decide who can read it. It changes in place, without
        # a new version; S3 itself refuses it only as long as a version is locked.
        _deny("KeepEvidenceEncryption", ["s3:UpdateObjectEncryption"], evidence),
        # Replication from another bucket is no PUT and carries none of those headers.
        _deny(
            "KeepEvidenceFromReplicas",
            ["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"],
            evidence,
        ),
        # A lifecycle rule would hide evidence behind delete markers, locked or not; another default
        # encryption would leave it with a key that nothing keeps. Deployments make and change the
        # bucket, with a role of their own or in the name of a person.
        _deny(
            "KeepBucket",
            [
                "s3:DeleteBucket",
                "s3:PutBucketObjectLockConfiguration",
                "s3:PutBucketVersioning",
                "s3:PutEncryptionConfiguration",
                "s3:PutLifecycleConfiguration",
            ],
            [bucket.bucket_arn],
            {
                **_unless([*break_glass, *_deployments(bucket)]),
                "ForAllValues:StringNotEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"},
            },
        ),
    ]


def key_statement(settings: DeploySettings) -> iam.PolicyStatement:
    """Deny to destroy a key or to switch it off: without it, evidence cannot be read or proven.

    The account's root can still change the key's policy, so nobody is locked out for good.
    """
    return _deny(
        "KeepKey",
        ["kms:DisableKey", "kms:ScheduleKeyDeletion"],
        ["*"],
        _unless(_break_glass(settings)),
    )


def _deny(
    sid: str, actions: list[str], resources: list[str], conditions: dict[str, Any] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid,
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=actions,
        resources=resources,
        conditions=conditions,
    )


def _unless(principals: Sequence[str]) -> dict[str, Any]:
    return {"ArnNotLike": {"aws:PrincipalArn": list(principals)}} if principals else {}


def _break_glass(settings: DeploySettings) -> list[str]:
    arn = settings.break_glass_role_arn
    return role_patterns(arn) if arn else []


def _deployments(bucket: s3.Bucket) -> list[str]:
    stack = cdk.Stack.of(bucket)
    return role_patterns(f"arn:{stack.partition}:iam::{stack.account}:role/{_DEPLOYMENT}")


def lock_days(retention: RetentionPolicy) -> tuple[int, int]:
    """Fewest and most whole days that a new lock may last.

    The clocks of the function and of S3 may differ, and a day that has begun may not count. Most is
    the policy's years from the end of a fiscal year, for a billing period that begins in a year.
    """
    return SHORTEST.days - 1, (retention.years + 2) * 366
