"""The check of a live bucket: versions, delete markers and locks, and nothing but reading."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from lambdas.domain.evidence.retention import RetentionPolicy
from ops.check.archive import check_archive
from ops.check.findings import KINDS
from ops.check.report import CheckReport
from ops.check.scope import Level, Scope
from ops.check.signing_keys import SigningKeys
from ops.cli import main
from ops.live.bucket import LiveBucket
from ops.live.heads import read_heads_table
from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BEFORE_DEADLINE,
    BOREAL,
    World,
    invoice,
)
from tests.ops import bad_buckets
from tests.ops.archived_months import Archived, archived_by, in_bucket
from tests.ops.bad_copies import a_document, sign_newest
from tests.ops.conftest import LOCKED_UNTIL, POLICY, TABLE, Live, Watch, watched
from tests.ops.made_archive import BUCKET, NEWEST
from tests.ops.test_check_findings import BUCKETS

READS = {"ListObjectVersions", "GetObject", "HeadObject", "GetObjectRetention"}


def check(live: Live, **scope: object) -> CheckReport:
    keys = SigningKeys.read(live.made.public_key, "key.pem", is_from_the_archive=False)
    now = {"heads": live.made.heads, "heads_are_current": True}
    asked = {"retention": POLICY, **now} | scope
    return check_archive(LiveBucket(BUCKET), Scope(**asked), keys, lambda *_: None)  # type: ignore[arg-type]


def codes(report: CheckReport) -> dict[str, str]:
    return {finding.code: finding.severity for finding in report.findings}


def test_the_good_bucket_is_right_and_all_but_logs_and_pages_is_checked(live: Live) -> None:
    report = check(live)
    assert (report.result, codes(report)) == ("ALL_WELL", {})
    assert [one.what for one in report.not_checked] == [
        "the column 'owner' of invoices.csv",
        "runs/, ledger.xlsx, pages and README.txt",
    ]


@pytest.mark.parametrize("code", BUCKETS)
def test_a_bucket_with_this_fault_alone_is_found_to_have_it(live: Live, code: str) -> None:
    BUCKETS[code](live.made, live.s3)
    assert codes(check(live, level=Level.presence)) == {code: KINDS[code].severity}


def two_runs(world: World) -> None:
    world.catalogue.payers = {ACME: [invoice("A1")], BOREAL: [invoice("B1", BOREAL)]}
    world.run(at=BEFORE_DEADLINE)
    world.run(at=AFTER_DEADLINE)


@pytest.fixture
def archived() -> Archived:
    return archived_by(two_runs, lookback_periods=1)


def test_the_bucket_that_the_functions_made_is_right(
    archived: Archived, stores: tuple[Any, Any], tmp_path: Path
) -> None:
    month = in_bucket(archived, tmp_path, stores[0])
    with watched(*stores, Watch()):
        report = month.check(live=True, retention=RetentionPolicy(10, "GOVERNANCE", 12))
    assert (report.result, report.findings) == ("ALL_WELL", [])
    assert [str(period.billing_period) for period in report.periods] == ["2026-09", "2026-10"]


def test_the_check_makes_no_call_but_reads(live: Live) -> None:
    bad_buckets.lock_absent(live.made, live.s3)
    live.watch.calls.clear()
    check(live)
    assert set(live.watch.calls) == READS


def test_an_object_of_which_only_a_delete_marker_is_left_is_gone(live: Live) -> None:
    key = a_document(live.made)
    version = live.s3.head_object(Bucket=BUCKET, Key=key)["VersionId"]
    bad_buckets.lock(live.made, live.s3, {})
    live.s3.delete_object(Bucket=BUCKET, Key=key, VersionId=version)
    live.s3.delete_object(Bucket=BUCKET, Key=key)
    assert codes(check(live)) == {"OBJECT_GONE": "blocking"}


def test_a_hidden_manifest_is_reported_and_read_all_the_same(live: Live) -> None:
    live.s3.delete_object(Bucket=BUCKET, Key=NEWEST)
    report = check(live)
    assert [(f.code, f.object) for f in report.findings] == [("OBJECT_HIDDEN", NEWEST)]


def test_a_manifest_put_on_top_of_another_does_not_take_its_place(live: Live) -> None:
    live.s3.put_object(Bucket=BUCKET, Key=NEWEST, Body=b"{}")
    report = check(live)
    assert [(f.code, f.object) for f in report.findings] == [("OBJECT_OVERLAID", NEWEST)]


def test_an_object_that_was_restored_by_copying_it_over_is_a_warning(live: Live) -> None:
    key = a_document(live.made)
    live.s3.put_object(Bucket=BUCKET, Key=key, Body=b"damage")
    live.s3.put_object(Bucket=BUCKET, Key=key, Body=live.made.files[key])
    report = check(live)
    assert (report.result, codes(report)) == ("ALL_WELL", {"OBJECT_OVERLAID": "warning"})


def lay_over(live: Live, content: bytes) -> str:
    """Put a version beneath a document: it is stored, hidden, and the good one put over it."""
    key = a_document(live.made)
    first = live.s3.head_object(Bucket=BUCKET, Key=key)["VersionId"]
    bad_buckets.lock(live.made, live.s3, {})
    if content:
        live.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    live.s3.delete_object(Bucket=BUCKET, Key=key)
    live.s3.delete_object(Bucket=BUCKET, Key=key, VersionId=first)
    lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": LOCKED_UNTIL}
    answer = live.s3.put_object(Bucket=BUCKET, Key=key, Body=live.made.files[key], **lock)
    return str(answer["VersionId"])


@pytest.mark.parametrize(
    ("beneath", "severities"),
    [
        (b"%PDF-1.4 the true one", ["blocking"]),
        (b"", ["blocking"]),
        (b"%PDF-1.4 EUINAE26-11", ["warning"]),
    ],
)
def test_what_was_laid_over_another_before_its_manifest_is_reported(
    live: Live, beneath: bytes, severities: list[str]
) -> None:
    """The manifest is signed as the truth after that, and names the version on top."""
    version_id = lay_over(live, beneath)

    def edit(said: dict[str, Any]) -> None:
        said["payers"][0]["invoices"][0]["documents"][0]["version_id"] = version_id

    sign_newest(live.made, edit)
    report = check_remade(live)
    found = [f for f in report.findings if f.object == a_document(live.made)]
    assert [(f.code, f.severity) for f in found] == [
        ("OBJECT_OVERLAID", severity) for severity in severities
    ]


def check_remade(live: Live) -> CheckReport:
    """Check the bucket as if its newest manifest had been written like this."""
    version = live.s3.head_object(Bucket=BUCKET, Key=NEWEST)["VersionId"]
    live.s3.put_object_retention(
        Bucket=BUCKET, Key=NEWEST, VersionId=version, Retention={}, BypassGovernanceRetention=True
    )
    live.s3.delete_object(Bucket=BUCKET, Key=NEWEST, VersionId=version)
    live.s3.put_object(Bucket=BUCKET, Key=NEWEST, Body=live.made.files[NEWEST])
    return check(live, heads=None, level=Level.presence)


def test_a_delete_marker_beneath_a_manifest_is_reported(live: Live) -> None:
    version = live.s3.head_object(Bucket=BUCKET, Key=NEWEST)["VersionId"]
    live.s3.delete_object(Bucket=BUCKET, Key=NEWEST)
    live.s3.put_object_retention(
        Bucket=BUCKET, Key=NEWEST, VersionId=version, Retention={}, BypassGovernanceRetention=True
    )
    live.s3.delete_object(Bucket=BUCKET, Key=NEWEST, VersionId=version)
    live.s3.put_object(Bucket=BUCKET, Key=NEWEST, Body=live.made.files[NEWEST])
    found = {(f.code, f.object) for f in check(live).findings}
    assert ("OBJECT_OVERLAID", NEWEST) in found


def test_a_document_that_came_after_the_manifest_is_not_vouched_for_and_not_red(
    live: Live,
) -> None:
    BUCKETS["OBJECT_NEW"](live.made, live.s3)
    report = check(live)
    assert (report.result, codes(report)) == ("ALL_WELL", {"OBJECT_NEW": "warning"})
    assert "1 records and documents of 2026-10" in [one.what for one in report.not_checked]


@pytest.mark.parametrize(
    "key",
    [
        "invoices/2026-10/other.pdf",
        f"invoices/2026-10/{BOREAL}/2026-10_{ACME}_INVOICE_7.pdf",
        f"invoices/2026-10/{BOREAL}/2026-10_{BOREAL}_INVOICE_7/x.pdf",
        f"records/2026-10/{BOREAL}/7.json",
    ],
)
def test_what_the_functions_never_name_so_is_extra_however_new(live: Live, key: str) -> None:
    live.s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    assert codes(check(live)) == {"OBJECT_EXTRA": "blocking"}


def test_what_is_older_than_the_newest_manifest_and_not_in_it_is_extra(live: Live) -> None:
    BUCKETS["OBJECT_NEW"](live.made, live.s3)
    time.sleep(1.1)  # S3 tells whole seconds
    assert "OBJECT_EXTRA" in codes(check_remade(live))


def test_the_first_run_of_a_month_that_is_under_way_is_a_warning(live: Live) -> None:
    key = f"invoices/2026-11/{BOREAL}/2026-11_{BOREAL}_INVOICE_7.pdf"
    live.s3.put_object(Bucket=BUCKET, Key=key, Body=b"%PDF")
    assert codes(check(live)) == {"MANIFESTS_ABSENT": "warning"}
    for old in ({"heads": None}, {"heads_are_current": False}):
        assert codes(check(live, **old)) == {"MANIFESTS_ABSENT": "blocking"}


def test_a_lock_that_a_manifest_does_not_have_is_reported(live: Live) -> None:
    live.s3.put_object_retention(
        Bucket=BUCKET, Key=NEWEST, Retention={}, BypassGovernanceRetention=True
    )
    found = [(f.code, f.object) for f in check(live).findings]
    assert found == [("LOCK_ABSENT", NEWEST)]


def test_items_of_the_table_that_are_no_heads_are_passed_over(live: Live) -> None:
    for name, told in (("2026-11", "told_sha256"), ("everything", "swept_at")):
        item = {"billing_period": {"S": name}, told: {"S": "x"}}
        live.dynamodb.put_item(TableName=TABLE, Item=item)
    assert read_heads_table(TABLE) == live.made.heads


def test_what_was_extra_and_is_hidden_now_is_a_warning(live: Live) -> None:
    live.s3.put_object(Bucket=BUCKET, Key="invoices/2026-10/other.pdf", Body=b"x")
    assert codes(check(live)) == {"OBJECT_EXTRA": "blocking"}
    live.s3.delete_object(Bucket=BUCKET, Key="invoices/2026-10/other.pdf")
    assert codes(check(live)) == {"OBJECT_EXTRA": "warning"}


def test_locks_that_may_not_be_seen_are_not_taken_for_absent_nor_for_checked(live: Live) -> None:
    bad_buckets.lock_absent(live.made, live.s3)
    live.watch.retention_answer = "AccessDenied"
    report = check(live)
    assert codes(report) == {}
    assert "the locks of 1 objects of 2026-10" in [one.what for one in report.not_checked]


def test_without_a_policy_the_length_of_locks_is_not_checked_and_that_is_said(live: Live) -> None:
    bad_buckets.lock_short(live.made, live.s3)
    report = check(live, retention=None)
    assert codes(report) == {}
    assert "whether locks are as long as the retention policy requires" in [
        one.what for one in report.not_checked
    ]


def two_a_page(params: dict[str, Any], **_: object) -> dict[str, Any]:
    return {**params, "MaxKeys": 2}


def test_many_versions_of_one_key_are_one_object_even_across_pages(live: Live) -> None:
    key = a_document(live.made)
    for number in range(7):
        live.s3.put_object(Bucket=BUCKET, Key=key, Body=b"x" * number)
    live.s3.delete_object(Bucket=BUCKET, Key=key)
    prefix = key.rpartition("/")[0] + "/"
    (all_at_once,) = LiveBucket(BUCKET).objects(prefix)
    paged = LiveBucket(BUCKET)
    paginate = paged._s3.get_paginator("list_object_versions").paginate
    page_by_two = ("provide-client-params.s3.ListObjectVersions", two_a_page)
    paged._s3.meta.events.register_first(*page_by_two)
    assert paginate
    assert list(paged.objects(prefix)) == [all_at_once]
    paged._s3.meta.events.unregister(*page_by_two)
    assert (all_at_once.is_hidden, len(all_at_once.older)) == (True, 7)


def test_the_command_checks_the_bucket_with_the_heads_of_the_table(
    live: Live, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key.pem").write_bytes(live.made.public_key)
    asked = [f"s3://{BUCKET}/", "--heads-table", TABLE, "--retention", "10,COMPLIANCE"]
    assert main(["check", *asked, "--key", str(tmp_path / "key.pem"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["place"], told["result"], len(told["not_checked"])) == (
        f"s3://{BUCKET}",
        "ALL_WELL",
        2,
    )


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("s3://no-such-bucket", "s3://no-such-bucket/invoices/: AWS answered NoSuchBucket"),
        ("s3://", "'s3://' names no bucket"),
        ("s3://Bad_Name", "'s3://Bad_Name' names no bucket"),
        (f"s3://{BUCKET}/invoices/", f"'s3://{BUCKET}/invoices/' is a part of a bucket"),
    ],
)
def test_a_bucket_that_cannot_be_read_is_a_sentence(
    live: Live, capsys: pytest.CaptureFixture[str], place: str, sentence: str
) -> None:
    assert main(["check", place]) in {2, 6}
    assert capsys.readouterr().err.startswith(f"invoices: {sentence}")


def test_the_heads_are_written_to_a_new_file_that_the_check_reads(
    live: Live, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heads = tmp_path / "heads.json"
    assert main(["heads", TABLE, str(heads)]) == 0
    assert (
        capsys.readouterr().out
        == f"Wrote the latest-manifest records of 2 billing periods to {heads}\n"
    )
    live.s3.delete_object(Bucket=BUCKET, Key=NEWEST)  # leaves the version, so it is seen as well
    assert main(["check", f"s3://{BUCKET}", "--heads", str(heads), "--json"]) == 3
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [finding["code"] for finding in found] == ["OBJECT_HIDDEN"]
    assert main(["heads", TABLE, str(heads)]) == 2
    assert "may be evidence of an earlier day" in capsys.readouterr().err


def test_heads_of_a_table_that_is_not_there_are_a_sentence(
    live: Live, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["heads", "other-table", str(tmp_path / "heads.json"), "--json"]) == 6
    told = json.loads(capsys.readouterr().out)
    assert told["error"].startswith("table other-table: AWS answered ResourceNotFoundException")
    assert told["exit_code"] == 6
    assert not list(tmp_path.iterdir())
