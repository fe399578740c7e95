import base64
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber
from moto import mock_aws

from lambdas.aws.archive import VIEW_TAG, Archive, ListedObject, ReadObject
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import ArchiveUnusable, EvidenceConflict, ServiceUnavailable
from lambdas.domain.evidence.archive_layout import (
    completeness_key,
    invoice_document_stem,
    manifest_key,
    record_key,
    run_payers_key,
)
from lambdas.domain.evidence.kept_versions import KeptVersions

BUCKET = "archive-under-test"
OCTOBER = BillingPeriod(2026, 10)
DOCUMENT = invoice_document_stem(OCTOBER, "111122223333", "INVOICE", "1") + ".pdf"
RECORD = record_key(OCTOBER, "111122223333", "1", 1)
MANIFEST = manifest_key(OCTOBER, 1)
VIEW = completeness_key(OCTOBER)
BODY = b"%PDF-1.7 the document"
SHA256 = hashlib.sha256(BODY).hexdigest()
UNTIL = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3650)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("s3", "us-east-1")
        client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
        yield client


@pytest.fixture
def archive(s3: Any) -> Archive:
    return Archive(s3, BUCKET, "COMPLIANCE")


@pytest.fixture
def stubber(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """S3 that answers what a test says, each call once; all answers must be used."""
    client = boto3.client(
        "s3", "us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    )
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def stubbed(stub: Stubber) -> Archive:
    return Archive(stub.client, BUCKET, "GOVERNANCE")


def put(archive: Archive, body: bytes = BODY, **arguments: Any) -> Any:
    return archive.put_evidence(
        DOCUMENT,
        io.BytesIO(body),
        sha256=hashlib.sha256(body).hexdigest(),
        size_bytes=len(body),
        retain_until=UNTIL,
        **arguments,
    )


def content(s3: Any, key: str) -> bytes:
    return s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()


def test_evidence_is_stored_with_its_bytes_hash_and_version(s3: Any, archive: Archive) -> None:
    stored = put(archive)
    assert content(s3, DOCUMENT) == BODY
    assert (stored.key, stored.sha256, stored.size_bytes) == (DOCUMENT, SHA256, len(BODY))
    assert s3.head_object(Bucket=BUCKET, Key=DOCUMENT)["VersionId"] == stored.version_id


def test_evidence_is_locked_in_the_mode_and_until_the_day_that_was_wanted(
    s3: Any, archive: Archive
) -> None:
    stored = put(archive)
    head = s3.head_object(Bucket=BUCKET, Key=DOCUMENT, VersionId=stored.version_id)
    assert (head["ObjectLockMode"], head["ObjectLockRetainUntilDate"]) == ("COMPLIANCE", UNTIL)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=BUCKET, Key=DOCUMENT, VersionId=stored.version_id)


def test_evidence_carries_a_checksum_that_s3_gives_back(s3: Any, archive: Archive) -> None:
    put(archive)
    head = s3.head_object(Bucket=BUCKET, Key=DOCUMENT, ChecksumMode="ENABLED")
    assert base64.b64decode(head["ChecksumSHA256"]).hex() == SHA256
    assert head["ContentType"] == "application/pdf"


def test_what_is_kept_at_each_key_counts_versions_and_delete_markers(
    s3: Any, archive: Archive
) -> None:
    overlaid, hidden, again = (f"{RECORD}{name}" for name in ("-overlaid", "-hidden", "-again"))
    for key in (RECORD, overlaid, hidden, again):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"one")
    for key in (hidden, again):
        s3.delete_object(Bucket=BUCKET, Key=key)
    newest = {
        key: s3.put_object(Bucket=BUCKET, Key=key, Body=b"others")["VersionId"]
        for key in (overlaid, again)
    }
    only = s3.head_object(Bucket=BUCKET, Key=RECORD)["VersionId"]
    assert archive.kept_versions(RECORD) == {
        RECORD: KeptVersions(RECORD, only, 3, 1, 0),
        again: KeptVersions(again, newest[again], 6, 2, 1),
        hidden: KeptVersions(hidden, None, 0, 1, 1),
        overlaid: KeptVersions(overlaid, newest[overlaid], 6, 2, 0),
    }


def test_the_versions_of_a_key_are_counted_across_pages(stubber: Stubber) -> None:
    def page(version_id: str, *, is_latest: bool) -> dict[str, Any]:
        return {
            "Versions": [
                {"Key": RECORD, "VersionId": version_id, "IsLatest": is_latest, "Size": 3}
            ],
        }

    more = {"IsTruncated": True, "NextKeyMarker": RECORD, "NextVersionIdMarker": "v2"}
    asked = {"Bucket": BUCKET, "Prefix": RECORD}
    stubber.add_response("list_object_versions", page("v2", is_latest=True) | more, asked)
    stubber.add_response(
        "list_object_versions",
        page("v1", is_latest=False),
        asked | {"KeyMarker": RECORD, "VersionIdMarker": "v2"},
    )
    kept = stubbed(stubber).kept_versions(RECORD)
    assert kept == {RECORD: KeptVersions(RECORD, "v2", 3, 2, 0)}


def test_the_checksum_and_the_condition_are_really_in_the_request(stubber: Stubber) -> None:
    stubber.add_response(
        "put_object",
        {"VersionId": "v1"},
        {
            "Bucket": BUCKET,
            "Key": DOCUMENT,
            "Body": ANY,
            "ContentType": "application/pdf",
            "IfNoneMatch": "*",
            "ChecksumAlgorithm": "SHA256",
            "ChecksumSHA256": base64.b64encode(bytes.fromhex(SHA256)).decode(),
            "ObjectLockMode": "GOVERNANCE",
            "ObjectLockRetainUntilDate": UNTIL,
            "Metadata": {"flags": "[]"},
        },
    )
    assert put(stubbed(stubber), metadata={"flags": "[]"}).version_id == "v1"


def test_what_exists_is_never_written_over(s3: Any, archive: Archive) -> None:
    first = put(archive)
    assert put(archive, b"%PDF-1.7 rendered anew") is None
    assert content(s3, DOCUMENT) == BODY
    versions = s3.list_object_versions(Bucket=BUCKET, Prefix=DOCUMENT)["Versions"]
    assert [version["VersionId"] for version in versions] == [first.version_id]


def test_a_record_is_evidence_too(s3: Any, archive: Archive) -> None:
    stored = archive.put_record(RECORD, b"{}\n", UNTIL)
    assert stored is not None
    assert stored.sha256 == hashlib.sha256(b"{}\n").hexdigest()
    assert archive.put_record(RECORD, b"other", UNTIL) is None
    assert content(s3, RECORD) == b"{}\n"
    head = s3.head_object(Bucket=BUCKET, Key=RECORD, ChecksumMode="ENABLED")
    assert (head["ObjectLockMode"], head["ContentType"]) == ("COMPLIANCE", "application/json")
    assert head["ChecksumSHA256"]


def test_what_exists_is_adopted_with_its_hash_version_size_and_metadata(archive: Archive) -> None:
    flags = {"flags": json.dumps([["PDF_ENCRYPTED", "It is \u00fc."]])}
    stored = put(archive, metadata=flags)
    assert archive.adopt(DOCUMENT) == (stored, flags)


def test_there_is_nothing_to_adopt_at_a_free_key(archive: Archive) -> None:
    assert archive.adopt(DOCUMENT) is None


def test_an_object_that_this_archive_did_not_store_is_not_adopted(
    s3: Any, archive: Archive
) -> None:
    s3.put_object(Bucket=BUCKET, Key=DOCUMENT, Body=BODY, ChecksumAlgorithm="CRC32")
    with pytest.raises(EvidenceConflict, match="exists without a SHA-256") as conflict:
        archive.adopt(DOCUMENT)
    assert DOCUMENT in str(conflict.value)


def test_a_checksum_of_checksums_is_no_hash_of_the_bytes(stubber: Stubber) -> None:
    composite = base64.b64encode(hashlib.sha256(b"parts").digest()).decode() + "-2"
    stubber.add_response(
        "head_object",
        {"ChecksumSHA256": composite, "ChecksumType": "COMPOSITE", "ContentLength": 9},
    )
    with pytest.raises(EvidenceConflict):
        stubbed(stubber).adopt(DOCUMENT)


@pytest.mark.parametrize("code", ["AccessDenied", "InternalError"])
def test_what_cannot_be_looked_at_is_not_taken_for_absent(stubber: Stubber, code: str) -> None:
    status = 403 if code == "AccessDenied" else 500
    stubber.add_client_error("head_object", code, http_status_code=status)
    stubber.add_client_error("get_object", code, http_status_code=status)
    with pytest.raises((ClientError, ServiceUnavailable)):
        stubbed(stubber).adopt(DOCUMENT)
    with pytest.raises((ClientError, ServiceUnavailable)):
        stubbed(stubber).read(DOCUMENT)


@pytest.mark.parametrize(("code", "status"), [("SlowDown", 503), ("InternalError", 500)])
def test_a_busy_bucket_is_left_to_the_workflows_retry(
    stubber: Stubber, code: str, status: int
) -> None:
    stubber.add_client_error("put_object", code, http_status_code=status)
    with pytest.raises(ServiceUnavailable):
        put(stubbed(stubber))


def test_a_race_is_tried_again_with_the_same_bytes_from_the_beginning(stubber: Stubber) -> None:
    stubber.add_client_error(
        "put_object", "ConditionalRequestConflict", http_status_code=409, expected_params=None
    )
    stubber.add_response("put_object", {"VersionId": "v1"})
    body = io.BytesIO(BODY)
    body.seek(7)
    bodies: list[bytes] = []
    stubber.client.meta.events.register(
        "before-parameter-build.s3.PutObject",
        lambda params, **_: bodies.append(params["Body"].read()),
    )
    stored = stubbed(stubber).put_evidence(
        DOCUMENT, body, sha256=SHA256, size_bytes=len(BODY), retain_until=UNTIL
    )
    assert stored is not None
    assert bodies == [BODY, BODY]


def test_a_race_that_another_writer_wins_is_no_error(stubber: Stubber) -> None:
    stubber.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
    stubber.add_client_error("put_object", "PreconditionFailed", http_status_code=412)
    assert put(stubbed(stubber)) is None


def test_a_race_that_does_not_end_is_left_to_the_workflows_retry(stubber: Stubber) -> None:
    for _ in range(5):
        stubber.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
    with pytest.raises(ServiceUnavailable, match="busy") as unavailable:
        put(stubbed(stubber))
    assert DOCUMENT in str(unavailable.value)


@pytest.mark.parametrize(("code", "status"), [("BadDigest", 400), ("AccessDenied", 403)])
def test_any_other_refusal_to_store_is_raised(stubber: Stubber, code: str, status: int) -> None:
    stubber.add_client_error("put_object", code, http_status_code=status)
    with pytest.raises(ClientError, match=code):
        put(stubbed(stubber))


def test_an_object_is_read_with_what_is_needed_to_refer_to_it(archive: Archive) -> None:
    stored = archive.put_record(RECORD, b'{"a": "\xc3\xa9"}', UNTIL)
    found = archive.read(RECORD)
    assert found is not None
    assert found.stored == stored
    assert found.data() == {"a": "é"}


def test_there_is_nothing_to_read_at_a_free_key_or_under_a_delete_marker(
    s3: Any, archive: Archive
) -> None:
    assert archive.read(RECORD) is None
    archive.put_record(RECORD, b"{}", UNTIL)
    s3.delete_object(Bucket=BUCKET, Key=RECORD)
    assert archive.read(RECORD) is None


def test_a_version_is_read_as_it_was_whatever_lies_on_top_of_it(s3: Any, archive: Archive) -> None:
    stored = put(archive)
    s3.put_object(Bucket=BUCKET, Key=DOCUMENT, Body=b"tampered")
    found = io.BytesIO()
    assert archive.copy(DOCUMENT, stored.version_id, found)
    assert found.getvalue() == BODY


def test_every_current_object_below_a_prefix_is_listed(s3: Any, archive: Archive) -> None:
    for key in ("runs/x/2", "runs/x/1", "runs/x/gone", "runs/y"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    s3.delete_object(Bucket=BUCKET, Key="runs/x/gone")
    assert list(archive.list("runs/x/")) == [
        ListedObject("runs/x/1", 8),
        ListedObject("runs/x/2", 8),
    ]


def test_a_listing_goes_over_all_pages_an_empty_one_too(stubber: Stubber) -> None:
    question = {"Bucket": BUCKET, "Prefix": "runs/"}
    for token, after in ((None, "1"), ("1", "2"), ("2", None)):
        objects = [] if token == "1" else [{"Key": f"runs/{token}", "Size": 1}]
        more = {"NextContinuationToken": after} if after else {}
        stubber.add_response(
            "list_objects_v2",
            {"Contents": objects, "IsTruncated": bool(after), **more},
            question | ({"ContinuationToken": token} if token else {}),
        )
    assert [one.key for one in stubbed(stubber).list("runs/")] == ["runs/None", "runs/2"]


def test_a_run_is_claimed_once(archive: Archive) -> None:
    assert archive.claim("runs/r/claim.json", {"execution": "first"})
    assert not archive.claim("runs/r/claim.json", {"execution": "second"})
    claim = archive.read("runs/r/claim.json")
    assert claim is not None
    assert claim.data() == {"execution": "first"}


def test_a_run_file_is_written_again_by_a_retry_and_is_not_locked(
    s3: Any, archive: Archive
) -> None:
    archive.put_run_file(run_payers_key("r"), [1])
    archive.put_run_file(run_payers_key("r"), [1, 2])
    assert json.loads(content(s3, run_payers_key("r"))) == [1, 2]
    assert "ObjectLockMode" not in s3.head_object(Bucket=BUCKET, Key=run_payers_key("r"))


@pytest.mark.parametrize("key", [DOCUMENT, RECORD, MANIFEST])
def test_evidence_cannot_be_written_as_a_run_file(s3: Any, archive: Archive, key: str) -> None:
    with pytest.raises(ValueError, match="is evidence"):
        archive.put_run_file(key, {})
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET)


def test_a_view_is_made_then_replaced_then_left_alone(s3: Any, archive: Archive) -> None:
    assert archive.update_view(VIEW, b"one", 1)
    assert archive.update_view(VIEW, b"two", 2)
    assert not archive.update_view(VIEW, b"two", 2)
    assert content(s3, VIEW) == b"two"
    assert len(s3.list_object_versions(Bucket=BUCKET, Prefix=VIEW)["Versions"]) == 2


def test_a_view_that_was_made_otherwise_from_the_same_manifest_is_made_again(
    s3: Any, archive: Archive
) -> None:
    archive.update_view(VIEW, b"as an earlier version of the software made it", 2)
    assert archive.update_view(VIEW, b"two", 2)
    assert content(s3, VIEW) == b"two"


def test_a_view_of_a_later_manifest_is_left_alone(s3: Any, archive: Archive) -> None:
    s3.put_object(Bucket=BUCKET, Key=manifest_key(OCTOBER, 3), Body=b"{}")
    archive.update_view(VIEW, b"three", 3)
    assert not archive.update_view(VIEW, b"two", 2)
    assert content(s3, VIEW) == b"three"


def test_a_view_of_a_manifest_that_does_not_exist_is_replaced(s3: Any, archive: Archive) -> None:
    s3.put_object(Bucket=BUCKET, Key=manifest_key(OCTOBER.shifted(1), 3), Body=b"{}")
    archive.update_view(VIEW, b"three", 3)
    assert archive.update_view(VIEW, b"two", 2)
    assert content(s3, VIEW) == b"two"


def test_what_somebody_else_put_in_the_place_of_a_view_is_replaced(
    s3: Any, archive: Archive
) -> None:
    s3.put_object(Bucket=BUCKET, Key=VIEW, Body=b"no view")
    assert archive.update_view(VIEW, b"one", 1)
    assert content(s3, VIEW) == b"one"


def test_a_view_is_tagged_for_the_lifecycle_and_not_locked(s3: Any, archive: Archive) -> None:
    archive.update_view(VIEW, b"{}", 1)
    tags = s3.get_object_tagging(Bucket=BUCKET, Key=VIEW)["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == VIEW_TAG
    assert "ObjectLockMode" not in s3.head_object(Bucket=BUCKET, Key=VIEW)


@pytest.mark.parametrize("before", [None, 1])
@pytest.mark.parametrize(("theirs", "wins"), [(2, b"mine"), (4, b"theirs")])
def test_a_view_that_another_run_replaced_meanwhile_gives_way_to_the_later_manifest(
    s3: Any, archive: Archive, before: int | None, theirs: int, wins: bytes
) -> None:
    s3.put_object(Bucket=BUCKET, Key=manifest_key(OCTOBER, 4), Body=b"{}")
    if before:
        archive.update_view(VIEW, b"before", before)
    with between_look_and_write(s3, lambda: archive.update_view(VIEW, b"theirs", theirs)):
        assert archive.update_view(VIEW, b"mine", 3) == (wins == b"mine")
    assert content(s3, VIEW) == wins


def test_a_view_that_others_keep_replacing_is_left_to_the_workflows_retry(
    s3: Any, archive: Archive
) -> None:
    calls = iter(range(100))

    def replace() -> None:
        s3.put_object(Bucket=BUCKET, Key=VIEW, Body=str(next(calls)).encode())

    with (
        between_look_and_write(s3, replace, times=100),
        pytest.raises(ServiceUnavailable, match=r"kept replacing .*completeness\.json"),
    ):
        archive.update_view(VIEW, b"mine", 1)
    assert content(s3, VIEW) != b"mine"


def with_mine(before: ReadObject | None) -> bytes:
    """The view with what this run adds."""
    return (before.content if before else b"") + b" mine"


@pytest.mark.parametrize("before", [b"", b"before"])
def test_a_merged_view_keeps_what_another_run_wrote_meanwhile(
    s3: Any, archive: Archive, before: bytes
) -> None:
    if before:
        archive.merge_view(VIEW, lambda _: before)
    with between_look_and_write(s3, lambda: archive.merge_view(VIEW, lambda _: b"theirs")):
        assert archive.merge_view(VIEW, with_mine)
    assert content(s3, VIEW) == b"theirs mine"
    tags = s3.get_object_tagging(Bucket=BUCKET, Key=VIEW)["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == VIEW_TAG


def test_a_merged_view_that_is_the_same_is_not_written(s3: Any, archive: Archive) -> None:
    assert archive.merge_view(VIEW, lambda _: b"one")
    assert not archive.merge_view(VIEW, lambda _: b"one")
    assert len(s3.list_object_versions(Bucket=BUCKET, Prefix=VIEW)["Versions"]) == 1


def test_a_merged_view_that_others_keep_replacing_is_left_to_the_workflows_retry(
    s3: Any, archive: Archive
) -> None:
    calls = iter(range(100))

    def replace() -> None:
        s3.put_object(Bucket=BUCKET, Key=VIEW, Body=str(next(calls)).encode())

    with (
        between_look_and_write(s3, replace, times=100),
        pytest.raises(ServiceUnavailable, match=r"kept replacing .*completeness\.json"),
    ):
        archive.merge_view(VIEW, with_mine)


@contextmanager
def between_look_and_write(s3: Any, act: Callable[[], object], times: int = 1) -> Iterator[None]:
    """Let another run act after the look at what is there, so often."""
    left = [times]

    def hook(**_: object) -> None:
        if left[0]:
            left[0] -= 1
            s3.meta.events.unregister("after-call.s3.HeadObject", hook)
            act()
            s3.meta.events.register("after-call.s3.HeadObject", hook)

    s3.meta.events.register("after-call.s3.HeadObject", hook)
    try:
        yield
    finally:
        s3.meta.events.unregister("after-call.s3.HeadObject", hook)


def test_a_view_that_cannot_be_written_is_an_error(stubber: Stubber) -> None:
    stubber.add_client_error("head_object", "404", http_status_code=404)
    stubber.add_client_error("put_object", "AccessDenied", http_status_code=403)
    with pytest.raises(ClientError, match="AccessDenied"):
        stubbed(stubber).update_view(VIEW, b"x", 1)


def test_a_versioned_bucket_with_object_lock_is_usable(archive: Archive) -> None:
    archive.check_usable()


def problems(archive: Archive) -> list[str]:
    with pytest.raises(ArchiveUnusable) as unusable:
        archive.check_usable()
    return list(unusable.value.problems)


def test_a_bucket_that_is_missing_is_reported_before_any_work(s3: Any) -> None:
    assert problems(Archive(s3, "no-such-bucket", "GOVERNANCE")) == [
        "bucket no-such-bucket answers NoSuchBucket; deploy the stack or repair its policies"
    ]


def test_a_bucket_without_versioning_and_lock_is_reported_for_both(s3: Any) -> None:
    s3.create_bucket(Bucket="plain")
    assert problems(Archive(s3, "plain", "GOVERNANCE")) == [
        "versioning of bucket plain is off; enable it",
        "bucket plain has no Object Lock; enable it",
    ]


def test_a_bucket_whose_versioning_is_suspended_is_reported(stubber: Stubber) -> None:
    stubber.add_response("get_bucket_versioning", {"Status": "Suspended"})
    stubber.add_response("get_object_lock_configuration", {"ObjectLockConfiguration": {}})
    assert problems(stubbed(stubber)) == [
        f"versioning of bucket {BUCKET} is Suspended; enable it",
        f"Object Lock of bucket {BUCKET} is off; enable it",
    ]


def test_a_bucket_that_may_not_be_looked_at_is_reported_with_the_code(stubber: Stubber) -> None:
    stubber.add_client_error("get_bucket_versioning", "AccessDenied", http_status_code=403)
    (problem,) = problems(stubbed(stubber))
    assert "answers AccessDenied" in problem


def test_of_a_bucket_whose_lock_may_not_be_looked_at_all_else_that_is_wrong_is_reported_too(
    stubber: Stubber,
) -> None:
    stubber.add_response("get_bucket_versioning", {})
    stubber.add_client_error("get_object_lock_configuration", "AccessDenied", http_status_code=403)
    assert len(problems(stubbed(stubber))) == 2
