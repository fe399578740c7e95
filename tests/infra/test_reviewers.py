"""What reviewers may do: read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.names import AUDITOR_POLICY, PROJECT, REVIEWER_POLICY
from tests.infra.policies import allowed, of_type, shown
from tests.infra.test_required_actions import THROUGH_S3_FOR_THIS_BUCKET

LONGEST_POLICY = 6144
ENTITY = "Kessler Antriebstechnik GmbH"
ACCOUNT = "236481957204"


def policies(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        policy["ManagedPolicyName"]: policy["PolicyDocument"]
        for policy in of_type(template, "AWS::IAM::ManagedPolicy").values()
    }


REVIEWING = {
    ("s3:GetBucketLocation", "ArchiveBucket", ""),
    ("s3:ListBucket", "ArchiveBucket", ""),
    ("s3:GetObject", "ArchiveBucket/*", ""),
    ("s3:GetObjectVersion", "ArchiveBucket/*", ""),
    ("kms:Decrypt", "ArchiveKey", THROUGH_S3_FOR_THIS_BUCKET),
}


def test_a_reviewer_lists_reads_and_decrypts_the_whole_archive_and_nothing_else(
    template: dict[str, Any],
) -> None:
    assert set(policies(template)) == {REVIEWER_POLICY, AUDITOR_POLICY}
    assert set(allowed(policies(template)[REVIEWER_POLICY])) == REVIEWING


def test_an_auditor_sees_versions_locks_and_heads_too_and_changes_nothing(
    template: dict[str, Any],
) -> None:
    assert set(allowed(policies(template)[AUDITOR_POLICY])) == REVIEWING | {
        ("s3:GetBucketVersioning", "ArchiveBucket", ""),
        ("s3:ListBucketVersions", "ArchiveBucket", ""),
        ("s3:GetObjectRetention", "ArchiveBucket/*", ""),
        ("dynamodb:Scan", "ManifestsHeads", ""),
    }


def test_the_auditors_guide_names_the_policy_and_each_action_that_the_check_asks_for() -> None:
    guide = (PROJECT / "docs" / "auditors.md").read_text(encoding="utf-8")
    assert f"`{AUDITOR_POLICY}`" in guide
    for action in (
        *("s3:ListBucketVersions", "s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectRetention"),
        *("kms:Decrypt", "dynamodb:Scan"),
    ):
        assert f"`{action}`" in guide


def test_a_legal_entitys_reviewer_reads_its_payer_accounts_alone(
    synthesize: Callable[..., dict[str, Any]],
) -> None:
    made = policies(synthesize(reviewer_legal_entities=[ENTITY]))
    [name] = set(made) - {REVIEWER_POLICY, AUDITOR_POLICY}
    assert name.startswith(f"{REVIEWER_POLICY}-kessler-antriebstechnik-gmbh-")
    own = [f"{folder}/????-??/{ACCOUNT}/*" for folder in ("invoices", "records")]
    way = ["", "invoices/", "records/", "invoices/????-??/", "records/????-??/"]
    # without the delimiter the empty prefix would list every key of the bucket
    on_the_way = {"StringEquals": {"s3:delimiter": "/"}, "StringLike": {"s3:prefix": way}}
    assert set(allowed(made[name])) == {
        ("s3:GetBucketLocation", "ArchiveBucket", ""),
        ("s3:ListBucket", "ArchiveBucket", json.dumps(on_the_way)),
        ("s3:ListBucket", "ArchiveBucket", json.dumps({"StringLike": {"s3:prefix": own}})),
        *(("s3:GetObject", f"ArchiveBucket/{pattern}", "") for pattern in own),
        *(("s3:GetObjectVersion", f"ArchiveBucket/{pattern}", "") for pattern in own),
        ("kms:Decrypt", "ArchiveKey", THROUGH_S3_FOR_THIS_BUCKET),
    }


def test_an_entity_with_many_payer_accounts_has_several_policies_that_fit(
    synthesize: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    from infra.reviewers import PAYERS_A_POLICY  # noqa: PLC0415 - starts a Node

    accounts = [f"{100000000000 + number}" for number in range(2 * PAYERS_A_POLICY + 1)]
    register = tmp_path / "register.csv"
    rows = "".join(f"{account},Payer,株式会社\n" for account in accounts)
    register.write_text(f"account_id,name,legal_entity\n{rows}", encoding="utf-8")
    bucket_name = "b" * 63

    made = policies(
        synthesize(
            payers_file=str(register),
            reviewer_legal_entities=["株式会社"],
            archive_bucket_name=bucket_name,
        )
    )

    whole = (REVIEWER_POLICY, AUDITOR_POLICY)
    by_entity = [document for name, document in made.items() if name not in whole]
    assert len(by_entity) == 3
    readable = {resource for document in by_entity for _, resource, _ in allowed(document)}
    for account in accounts:
        assert f"ArchiveBucket/invoices/????-??/{account}/*" in readable
    for document in by_entity:
        assert (
            len(json.dumps(as_deployed(document, bucket_name), separators=(",", ":")))
            < LONGEST_POLICY
        )


def as_deployed(document: dict[str, Any], bucket_name: str) -> Any:
    """With ARNs for references, the longest that there are."""
    written = json.dumps(shown(document), separators=(",", ":"))
    written = written.replace("ArchiveBucket", f"arn:aws-us-gov:s3:::{bucket_name}")
    key = "arn:aws-us-gov:kms:us-gov-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
    return json.loads(written.replace("ArchiveKey", key))


def test_entities_of_similar_names_have_policies_of_their_own(
    synthesize: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    register = tmp_path / "register.csv"
    names = ["Example, Inc.", "Example Inc", "例", "例え"]
    rows = "".join(f'{111122223330 + number},Payer,"{name}"\n' for number, name in enumerate(names))
    register.write_text(f"account_id,name,legal_entity\n{rows}", encoding="utf-8")

    made = policies(synthesize(payers_file=str(register), reviewer_legal_entities=names))

    assert len(made) == 2 + len(names)
