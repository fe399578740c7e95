"""The archive bucket's promises, read from the template."""

import json
import re
from pathlib import Path
from typing import Any

from infra.names import ARCHIVE_STACK, PROJECT
from ops.doctor import BROUGHT_BACK
from tests.infra.policies import of_type, only, text
from tests.infra.schemas import resource_schema

RUNBOOK = (PROJECT / "docs" / "runbook.md").read_text(encoding="utf-8")


def resource(template: dict[str, Any], type_name: str, prefix: str) -> dict[str, Any]:
    [found] = [
        resource
        for name, resource in template["Resources"].items()
        if resource["Type"] == type_name and name.startswith(prefix)
    ]
    return dict(found)


def test_the_bucket_its_policy_and_its_key_stay_when_the_stack_goes(
    template: dict[str, Any],
) -> None:
    # a first deployment that fails leaves no bucket behind whose name the next one finds taken
    for kept in ("AWS::S3::Bucket", "AWS::S3::BucketPolicy"):
        found = resource(template, kept, "Archive")
        assert found["DeletionPolicy"] == "RetainExceptOnCreate"
        assert found["UpdateReplacePolicy"] == "Retain"
    key = resource(template, "AWS::KMS::Key", "ArchiveKey")
    assert key["DeletionPolicy"] == "Retain"
    assert key["UpdateReplacePolicy"] == "Retain"


def test_nobody_deletes_the_stack_by_mistake(assembly: Path) -> None:
    manifest = json.loads((assembly / "manifest.json").read_text())
    assert manifest["artifacts"][ARCHIVE_STACK]["properties"]["terminationProtection"] is True


def test_the_bucket_has_the_configured_name(
    template: dict[str, Any], context: dict[str, Any]
) -> None:
    wanted = context["invoice_archive"]["archive_bucket_name"]
    assert only(template, "AWS::S3::Bucket")["BucketName"] == wanted


def test_versions_are_kept_and_can_be_locked_without_a_default_lock(
    template: dict[str, Any],
) -> None:
    bucket = only(template, "AWS::S3::Bucket")
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["ObjectLockEnabled"] is True
    assert "ObjectLockConfiguration" not in bucket


def test_objects_are_encrypted_with_the_archives_own_rotated_key(template: dict[str, Any]) -> None:
    [rule] = only(template, "AWS::S3::Bucket")["BucketEncryption"][
        "ServerSideEncryptionConfiguration"
    ]
    assert rule["BucketKeyEnabled"] is True
    default = rule["ServerSideEncryptionByDefault"]
    assert default["SSEAlgorithm"] == "aws:kms"
    assert text(default["KMSMasterKeyID"]) == "ArchiveKey"
    key = resource(template, "AWS::KMS::Key", "ArchiveKey")
    assert key["Properties"]["EnableKeyRotation"] is True


def test_nothing_is_public_and_the_owner_owns_every_object(template: dict[str, Any]) -> None:
    bucket = only(template, "AWS::S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].items()) == {
        ("BlockPublicAcls", True),
        ("BlockPublicPolicy", True),
        ("IgnorePublicAcls", True),
        ("RestrictPublicBuckets", True),
    }
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_the_bucket_is_reached_over_tls_only(template: dict[str, Any]) -> None:
    statements = only(template, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    [statement] = [one for one in statements if "Sid" not in one]
    assert statement["Effect"] == "Deny"
    assert statement["Action"] == "s3:*"
    assert statement["Principal"] == {"AWS": "*"}
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert [text(one) for one in statement["Resource"]] == ["ArchiveBucket", "ArchiveBucket/*"]


def test_old_versions_of_views_and_broken_uploads_expire_and_nothing_else(
    template: dict[str, Any],
) -> None:
    rules = only(template, "AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    assert rules == [
        {
            "Id": "old-versions-of-views",
            "Status": "Enabled",
            "TagFilters": [{"Key": "invoice-archive", "Value": "view"}],
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
        },
        {
            "Id": "broken-uploads",
            "Status": "Enabled",
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
    ]


def test_the_stack_has_no_other_bucket(template: dict[str, Any]) -> None:
    assert len(of_type(template, "AWS::S3::Bucket")) == 1


def test_what_a_deleted_stack_leaves_can_be_imported_as_the_runbook_says(
    template: dict[str, Any],
) -> None:
    left = {
        name: resource
        for name, resource in template["Resources"].items()
        if resource.get("DeletionPolicy", "").startswith("Retain")
        and resource["Type"] != "AWS::Logs::LogGroup"
    }
    _, _, section = RUNBOOK.partition(f"\n## {BROUGHT_BACK}\n")
    [written] = re.findall(r"```json\n(.*?)```", section.partition("\n## ")[0], re.DOTALL)
    mapping = json.loads(written)
    assert mapping.keys() == left.keys()
    for name, resource in left.items():
        schema = resource_schema(resource["Type"])
        assert schema
        identifier = [path.removeprefix("/properties/") for path in schema["primaryIdentifier"]]
        assert list(mapping[name]) == identifier
        assert "read" in schema["handlers"]  # as an import asks for
        assert referred_to(resource) <= left.keys()


def referred_to(value: Any) -> set[str]:
    """The resources of the template that a part of it refers to."""
    if isinstance(value, list):
        return {name for member in value for name in referred_to(member)}
    if not isinstance(value, dict):
        return set()
    found = {name for member in value.values() for name in referred_to(member)}
    if "Ref" in value and not value["Ref"].startswith("AWS::"):
        found.add(value["Ref"])
    if "Fn::GetAtt" in value:
        found.add(value["Fn::GetAtt"][0])
    return found
