"""What is put right in an embedded AWS."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lambdas.domain.evidence.retention import RetentionPolicy
from sandbox import ministack_gaps
from sandbox.deployment import Deployed

BUCKET = "archive"
EVERY_OBJECT = f"arn:aws:s3:::{BUCKET}/*"


@pytest.fixture
def aws() -> Iterator[Any]:
    with mock_aws():
        session = boto3.Session("test", "test", region_name="us-east-1")
        session.client("s3").create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
        yield session


def deny(sid: str | None, action: str, **condition: dict[str, str]) -> dict[str, Any]:
    named = {"Sid": sid} if sid else {}
    return {
        **named,
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": EVERY_OBJECT,
        "Condition": condition,
    }


NO_TLS = deny(None, "s3:*", Bool={"aws:SecureTransport": "false"})
KEEP = deny("KeepEvidence", "s3:DeleteObject", ArnNotLike={"aws:PrincipalArn": "arn:aws:iam::1:a"})
ONCE = deny("WriteOnceIfNoneMatch", "s3:PutObject", Null={"s3:if-none-match": "true"})
LOCKED = deny("WriteOnceLockMode", "s3:PutObject", Null={"s3:object-lock-mode": "true"})


@pytest.mark.parametrize("statements", [[NO_TLS, KEEP], [ONCE, NO_TLS, LOCKED, KEEP]])
def test_only_what_judges_the_headers_of_a_write_is_taken_out_of_the_buckets_policy(
    aws: Any, statements: list[dict[str, Any]]
) -> None:
    s3 = aws.client("s3")
    policy = {"Version": "2012-10-17", "Statement": statements}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    ministack_gaps.fix_gaps(aws, Deployed("", BUCKET), RetentionPolicy(10, "GOVERNANCE", 12))
    left = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
    assert left == {"Version": "2012-10-17", "Statement": [NO_TLS, KEEP]}
