"""What bucket and keys refuse even to a role that may do everything."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.names import ARCHIVE_STACK
from sandbox.program import ACCOUNT_ID, REGION
from tests.workflow.conftest import EmbeddedAws, MonthEnds

Client = Callable[[str], Any]
ADMINISTRATOR = f"arn:aws:iam::{ACCOUNT_ID}:role/Administrator"


@pytest.fixture(scope="module")
def administrator(embedded_aws: EmbeddedAws) -> Client:
    """Clients as a session of a role of the archive account with all permissions."""
    iam, sts = (embedded_aws.sandbox.client(name) for name in ("iam", "sts"))
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
        "Action": "sts:AssumeRole",
    }
    name = ADMINISTRATOR.rpartition("/")[2]
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document(trust))
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.put_role_policy(
        RoleName=name, PolicyName="everything", PolicyDocument=_document(everything)
    )
    session = sts.assume_role(RoleArn=ADMINISTRATOR, RoleSessionName="jane")["Credentials"]

    def client(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=embedded_aws.sandbox.aws.endpoint,
            verify=str(embedded_aws.sandbox.places.certificate),
            region_name=REGION,
            aws_access_key_id=session["AccessKeyId"],
            aws_secret_access_key=session["SecretAccessKey"],
            aws_session_token=session["SessionToken"],
        )

    return client


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def refused(call: Callable[..., Any], **arguments: Any) -> str:
    """The action that the call was denied."""
    with pytest.raises(ClientError) as denied:
        call(**arguments)
    error = denied.value.response["Error"]
    assert error["Code"] in ("AccessDenied", "AccessDeniedException"), error
    return str(error["Message"]).partition("perform: ")[2].split()[0]


def test_an_administrator_reads_evidence_and_neither_deletes_nor_hides_it(
    administrator: Client, embedded_aws: EmbeddedAws, month_ends: MonthEnds
) -> None:
    s3, bucket = administrator("s3"), embedded_aws.bucket
    for folder in ("invoices/", "records/", "periods/"):
        key, version = next(
            (key, one.version_id)
            for key, one in month_ends.settled.after.items()
            if key.startswith(folder) and (folder != "periods/" or "/manifests/" in key)
        )
        of = {"Bucket": bucket, "Key": key}
        assert s3.get_object(**of)["ContentLength"] > 0
        assert refused(s3.delete_object, **of) == "s3:DeleteObject"
        action = refused(s3.delete_object, **of, VersionId=version, BypassGovernanceRetention=True)
        assert action == "s3:DeleteObjectVersion"
        tags = {"TagSet": [{"Key": "invoice-archive", "Value": "view"}]}
        assert refused(s3.put_object_tagging, **of, Tagging=tags) == "s3:PutObjectTagging"
    rule = {"ID": "hide", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    action = refused(
        s3.put_bucket_lifecycle_configuration,
        Bucket=bucket,
        LifecycleConfiguration={"Rules": [rule]},
    )
    assert action == "s3:PutLifecycleConfiguration"
    off = {"Status": "Suspended"}
    action = refused(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration=off)
    assert action == "s3:PutBucketVersioning"


def test_an_administrator_neither_signs_nor_disables_nor_destroys_a_key(
    administrator: Client, embedded_aws: EmbeddedAws
) -> None:
    kms = administrator("kms")
    keys = {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in embedded_aws.sandbox.client("cloudformation").describe_stack_resources(
            StackName=ARCHIVE_STACK
        )["StackResources"]
        if resource["ResourceType"] == "AWS::KMS::Key"
    }
    [signing] = [key for name, key in keys.items() if name.startswith("ManifestsSigningKey")]
    [archive] = [key for name, key in keys.items() if name.startswith("ArchiveKey")]

    assert kms.get_public_key(KeyId=signing)["PublicKey"]
    action = refused(
        kms.sign,
        KeyId=signing,
        Message=b"\0" * 32,
        MessageType="DIGEST",
        SigningAlgorithm="ECDSA_SHA_256",
    )
    assert action == "kms:Sign"
    for key in (signing, archive):
        assert refused(kms.disable_key, KeyId=key) == "kms:DisableKey"
        assert refused(kms.schedule_key_deletion, KeyId=key) == "kms:ScheduleKeyDeletion"
