"""The chain of manifests through the real ValidateCompleteness: signed, linked, with its head
outside the bucket.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.aws.manifest_signing import ManifestSigner
from lambdas.domain.evidence.signatures import signature_of, signed_file, signed_part
from lambdas.domain.json_text import to_canonical_json
from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BOREAL,
    BUCKET,
    HEADS,
    TARGET,
    World,
    invoice,
)
from tests.handlers.moments import begin

COMPLETENESS = f"periods/{TARGET}/completeness.json"
NEXT_DAY = AFTER_DEADLINE + timedelta(days=1)
LATER = AFTER_DEADLINE + timedelta(days=2)


def manifest_key(number: int) -> str:
    return f"periods/{TARGET}/manifests/manifest-{number:04d}.json"


def head(world: World) -> dict[str, str]:
    answer = world.dynamodb.get_item(TableName=HEADS, Key={"billing_period": {"S": TARGET}})
    names = ("billing_period", "sequence", "sha256", "run_id")  # beside what was told of it
    return {name: next(iter(answer["Item"][name].values())) for name in names}


def forget_head(world: World) -> None:
    world.dynamodb.delete_item(TableName=HEADS, Key={"billing_period": {"S": TARGET}})


def set_head_back(world: World) -> None:
    first = world.evidence()[manifest_key(1)]
    world.dynamodb.update_item(
        TableName=HEADS,
        Key={"billing_period": {"S": TARGET}},
        UpdateExpression="SET #n = :n, sha256 = :s",
        ExpressionAttributeNames={"#n": "sequence"},
        ExpressionAttributeValues={":n": {"N": "1"}, ":s": {"S": first}},
    )


def hide(world: World, key: str) -> None:
    """As somebody with s3:DeleteObject would: the version stays, a delete marker hides it."""
    world.s3.delete_object(Bucket=BUCKET, Key=key)


def unhide(world: World, key: str) -> None:
    (marker,) = world.s3.list_object_versions(Bucket=BUCKET, Prefix=key)["DeleteMarkers"]
    world.s3.delete_object(Bucket=BUCKET, Key=key, VersionId=marker["VersionId"])


def replace(world: World, key: str, change: Callable[[dict[str, Any]], Any]) -> None:
    """Put a changed manifest on top."""
    content = world.read(key)
    change(content)
    world.s3.put_object(Bucket=BUCKET, Key=key, Body=to_canonical_json(content))


def keys(world: World) -> list[str]:
    return world.keys(f"periods/{TARGET}/manifests/")


@pytest.fixture
def archived(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """An archive with two manifests of the target period, which is complete and closed."""
    monkeypatch.setenv("LOOKBACK_PERIODS", "0")
    later = invoice("A2")

    def two_runs() -> None:
        world.catalogue.payers = {ACME: [invoice("A1")], BOREAL: [invoice("B1", BOREAL)]}
        world.run()
        world.catalogue.payers[ACME].append(later)
        assert world.run(at=NEXT_DAY)["verdict"] == "COMPLETE"

    begin(world, "two manifests", two_runs)
    world.catalogue.payers = {ACME: [invoice("A1"), later], BOREAL: [invoice("B1", BOREAL)]}
    assert keys(world) == [manifest_key(1), manifest_key(2)]
    return world


def test_every_manifest_is_signed_by_the_archives_key_over_its_canonical_content(
    archived: World,
) -> None:
    for key in keys(archived):
        content = archived.read(key)
        assert archived.content(key) == signed_file(content, signature_of(content))
        answer = archived.kms.verify(
            KeyId=archived.settings.manifest_signing_key,
            Message=hashlib.sha256(
                signed_part(content, archived.settings.manifest_signing_key)
            ).digest(),
            MessageType="DIGEST",
            SigningAlgorithm="ECDSA_SHA_256",
            Signature=base64.b64decode(content["signature"]["value"]),
        )
        assert answer["SignatureValid"]
        assert content["signature"]["key_id"] == archived.settings.manifest_signing_key


def test_the_head_follows_the_newest_manifest(archived: World) -> None:
    newest = archived.read(manifest_key(2))
    assert head(archived) == {
        "billing_period": TARGET,
        "sequence": "2",
        "sha256": archived.evidence()[manifest_key(2)],
        "run_id": newest["run_id"],
    }


def test_a_rerun_without_news_moves_no_head_and_signs_nothing(archived: World) -> None:
    before = head(archived)
    archived.kms.calls.clear()
    archived.run(at=LATER)
    assert (head(archived), archived.kms.calls) == (before, ["GetPublicKey"])


@pytest.mark.parametrize("damage", [forget_head, set_head_back])
def test_a_bucket_ahead_of_its_head_by_valid_links_is_a_crash_and_is_mended_forward(
    archived: World, damage: Callable[[World], None]
) -> None:
    before = head(archived)
    damage(archived)
    assert archived.run(at=LATER)["verdict"] == "COMPLETE"
    assert head(archived) == before
    assert keys(archived) == [manifest_key(1), manifest_key(2)]


def test_manifests_that_are_cut_off_are_red_and_nothing_is_added_until_they_are_back(
    archived: World,
) -> None:
    before = head(archived)
    hide(archived, manifest_key(2))
    for day in (2, 3):
        answer = archived.run(at=AFTER_DEADLINE + timedelta(days=day))
        assert answer["verdict"] == "ACTION_REQUIRED"
        view = archived.read(COMPLETENESS)
        assert view["verdict"] == "ACTION_REQUIRED"
        (found,) = view["findings"]
        assert (found["code"], found["severity"]) == ("MANIFESTS_ROLLED_BACK", "blocking")
        assert found["subject"] == manifest_key(2)
    assert (keys(archived), head(archived)) == ([manifest_key(1)], before)
    unhide(archived, manifest_key(2))
    assert archived.run(at=AFTER_DEADLINE + timedelta(days=4))["verdict"] == "COMPLETE"
    assert archived.read(COMPLETENESS)["findings"] == []


def test_a_bucket_whose_manifests_are_all_gone_is_not_taken_for_a_new_one(archived: World) -> None:
    for key in keys(archived):
        hide(archived, key)
    assert archived.run(at=LATER)["verdict"] == "ACTION_REQUIRED"
    view = archived.read(COMPLETENESS)
    assert [found["code"] for found in view["findings"]] == ["MANIFESTS_ROLLED_BACK"]
    assert (view["manifest"], view["payers"], keys(archived)) == (None, [], [])


def test_a_newest_manifest_that_was_edited_is_red(archived: World) -> None:
    replace(archived, manifest_key(2), lambda content: content.update(verdict="AWAITING"))
    assert archived.run(at=LATER)["verdict"] == "ACTION_REQUIRED"
    (found,) = archived.read(COMPLETENESS)["findings"]
    assert (found["code"], found["subject"]) == ("MANIFEST_DAMAGED", manifest_key(2))
    assert keys(archived) == [manifest_key(1), manifest_key(2)]


def forged(world: World, change: Callable[[dict[str, Any]], Any]) -> None:
    """A third manifest, from the second, by somebody who may write and not sign."""
    content = world.read(manifest_key(2))
    content |= {
        "sequence": 3,
        "key": manifest_key(3),
        "previous_sha256": world.evidence()[manifest_key(2)],
    }
    change(content)
    world.s3.put_object(Bucket=BUCKET, Key=manifest_key(3), Body=to_canonical_json(content))


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.update(run_id="forged"),
        lambda content: content.pop("signature"),
        lambda content: content["signature"].update(algorithm="NONE"),
        lambda content: content["signature"].update(value="####"),
        lambda content: content.update(previous_sha256="a" * 64),
        lambda content: content.update(sequence=2),
        lambda content: content.update(schema="another"),
        lambda content: content.update(payers=None),
    ],
    ids=["old-signature", "unsigned", "algorithm", "value", "link", "number", "schema", "payers"],
)
def test_a_manifest_beyond_the_head_that_the_archive_did_not_sign_is_red(
    archived: World, change: Callable[[dict[str, Any]], Any]
) -> None:
    before = head(archived)
    forged(archived, change)
    assert archived.run(at=LATER)["verdict"] == "ACTION_REQUIRED"
    (found,) = archived.read(COMPLETENESS)["findings"]
    assert (found["code"], found["subject"]) == ("MANIFEST_DAMAGED", manifest_key(3))
    assert head(archived) == before


def test_a_gap_beyond_the_head_is_red(archived: World) -> None:
    content = archived.read(manifest_key(2)) | {"sequence": 4, "key": manifest_key(4)}
    archived.s3.put_object(Bucket=BUCKET, Key=manifest_key(4), Body=json.dumps(content).encode())
    assert archived.run(at=LATER)["verdict"] == "ACTION_REQUIRED"
    (found,) = archived.read(COMPLETENESS)["findings"]
    assert (found["code"], found["subject"]) == ("MANIFEST_DAMAGED", manifest_key(3))


def test_a_period_that_is_not_the_target_paints_the_run_red_too_while_it_is_cut_short(
    archived: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOKBACK_PERIODS", "1")
    november = AFTER_DEADLINE + timedelta(days=30)
    for payer in (ACME, BOREAL):
        archived.catalogue.payers[payer].append(invoice(f"{payer}-11", payer, period="2026-11"))
    assert archived.run(at=november)["verdict"] == "COMPLETE"
    hide(archived, keys(archived)[-1])
    for hours in (1, 2):
        answer = archived.run(at=november + timedelta(hours=hours))
        assert answer["verdict"] == "ACTION_REQUIRED"
    assert archived.read("periods/2026-11/completeness.json")["verdict"] == "COMPLETE"


def test_a_key_that_cannot_be_used_leaves_no_manifest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MANIFEST_SIGNING_KEY", "arn:aws:kms:us-east-1:123456789012:key/none")
    world.catalogue.payers = {ACME: [invoice("A1")], BOREAL: []}
    with pytest.raises(ClientError, match="NotFound"):
        world.run()
    assert keys(world) == []


@pytest.mark.parametrize(
    "change",
    [{"previous_sha256": "a" * 64}, {"billing_period": "2026-09"}],
    ids=["another-chain", "another-period"],
)
def test_a_signed_manifest_that_does_not_belong_there_is_red(
    archived: World, change: dict[str, str]
) -> None:
    forged(archived, lambda content: content.update(change))
    content = archived.read(manifest_key(3))
    signer = ManifestSigner(archived.kms, archived.settings.manifest_signing_key)
    file = signed_file(content, signer.sign(signed_part(content, signer.key_id)))
    archived.s3.put_object(Bucket=BUCKET, Key=manifest_key(3), Body=file)
    assert archived.run(at=LATER)["verdict"] == "ACTION_REQUIRED"
    (found,) = archived.read(COMPLETENESS)["findings"]
    assert (found["code"], found["subject"]) == ("MANIFEST_DAMAGED", manifest_key(3))
