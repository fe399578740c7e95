"""Tampering with an archive that the real functions made: the check is red, each time with the
code that is meant for it. On a copy, and where only a bucket can tell, on the live bucket.
"""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close.owners import Owners
from lambdas.domain.evidence.retention import RetentionPolicy
from lambdas.domain.json_text import sha256_hex, to_canonical_json, to_json
from lambdas.domain.judgement.manifests import Manifest
from lambdas.views.find import find_file
from lambdas.views.invoices_csv import invoices_csv
from lambdas.views.ledger import ledger_csv
from ops.check.scope import Level
from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BEFORE_DEADLINE,
    BOREAL,
    BUCKET,
    World,
    invoice,
    supplement,
)
from tests.ops.archived_months import MANIFESTS, Archived, Month, archived_by, copied, in_bucket
from tests.ops.conftest import Watch, watched

POLICY = RetentionPolicy(10, "GOVERNANCE", 12)


def three_runs(world: World) -> None:
    """A month that is complete."""
    first = invoice("A1", supplements=(supplement("TAX-1", b"<tax/>"),))
    world.catalogue.payers = {ACME: [first], BOREAL: [invoice("B1", BOREAL)]}
    world.run(at=BEFORE_DEADLINE)
    world.catalogue.payers[ACME].append(invoice("A2"))
    world.run(at=AFTER_DEADLINE)
    world.catalogue.payers[BOREAL].append(invoice("B2", BOREAL, issued="2026-11-15"))
    world.run(at=AFTER_DEADLINE.replace(day=16))


@pytest.fixture
def archived() -> Archived:
    return archived_by(three_runs)


@pytest.fixture
def month(archived: Archived, tmp_path: Path) -> Month:
    month = copied(archived, tmp_path / "copy")
    assert len(month.keys(MANIFESTS)) == 3
    assert month.check().result == "ALL_WELL"
    return month


@pytest.fixture
def live_month(archived: Archived, stores: tuple[Any, Any], tmp_path: Path) -> Iterator[Month]:
    """The month in a bucket."""
    month = in_bucket(archived, tmp_path, stores[0])
    with watched(*stores, Watch()):
        assert month.check(live=True).result == "ALL_WELL"
        yield month


def test_t01_one_byte_flipped_in_a_document(month: Month) -> None:
    content = bytearray(month.copy(month.document("A1")).read_bytes())
    content[len(content) // 2] ^= 1
    month.copy(month.document("A1")).write_bytes(content)
    month.finds("DOCUMENT_CHANGED")


def test_t02_a_document_is_gone(month: Month) -> None:
    month.copy(month.document("A1")).unlink()
    month.finds("OBJECT_GONE")
    month.finds("OBJECT_GONE", level=Level.presence)


def test_t02_a_document_is_hidden_by_a_delete_marker(live_month: Month) -> None:
    live_month.s3.delete_object(Bucket=BUCKET, Key=live_month.document("A1"))
    live_month.finds("OBJECT_HIDDEN", live=True)


def test_t02_a_newer_version_lies_on_top(live_month: Month) -> None:
    live_month.s3.put_object(Bucket=BUCKET, Key=live_month.document("A1"), Body=b"%PDF-1.4 forged")
    live_month.finds("OBJECT_OVERLAID", live=True)


def test_t03_a_document_was_moved(month: Month) -> None:
    here = month.copy(month.document("A1"))
    here.rename(here.with_name(here.name.replace("_A1.", "_A9.")))
    month.finds("OBJECT_MOVED")
    month.finds("OBJECT_MOVED", level=Level.presence)


def test_t03_two_documents_were_swapped(month: Month) -> None:
    one, other = (month.copy(month.document(name)) for name in ("A1", "A2"))
    contents = one.read_bytes(), other.read_bytes()
    other.write_bytes(contents[0])
    one.write_bytes(contents[1])
    month.finds("CONTENT_SWAPPED")


def test_t03_an_object_is_extra(month: Month) -> None:
    for key in (
        f"invoices/2026-10/{ACME}/2026-10_{ACME}_INVOICE_A3.pdf",
        f"records/2026-10/{ACME}/A3/0001.json",
        f"records/2026-10/{ACME}/A1/0009.json",
        f"{MANIFESTS}manifest-0003.json.bak",
        "periods/2026-10/notes.txt",
        "invoices/notes.txt",
        "invoices/october/a.pdf",
        "elsewhere/a.pdf",
        "notes.txt",
    ):
        month.copy(key).parent.mkdir(parents=True, exist_ok=True)
        month.copy(key).write_bytes(b"extra")
        month.finds("OBJECT_EXTRA")
        month.copy(key).unlink()


def test_t04_a_record_was_edited(month: Month) -> None:
    (key,) = month.records("A2")
    raise_the_amount = bytes.replace(month.copy(key).read_bytes(), b'"100.00"', b'"900.00"')
    month.copy(key).write_bytes(raise_the_amount)
    month.finds("RECORD_CHANGED")


def test_t04_a_record_was_edited_and_every_hash_after_it_recomputed(month: Month) -> None:
    """All that who may write everything, and sign nothing, can do."""
    record = month.records("B1")[-1]
    month.edit(record, _raise_amount, to_json)
    content = month.copy(record).read_bytes()

    def follow(said: Any) -> None:
        for payer in said["payers"]:
            for one in payer["invoices"]:
                if one["records"][-1]["key"] == record:
                    one["records"][-1] |= {
                        "sha256": sha256_hex(content),
                        "size_bytes": len(content),
                    }
                    _raise_amount(one)
        said.update(Manifest.from_data(said).to_data())  # with the totals that follow

    before = None
    sums = month.copy("periods/2026-10/SHA256SUMS")
    for key in month.keys(MANIFESTS):
        old = sha256_hex(month.copy(key).read_bytes())
        month.edit(key, follow, to_canonical_json)
        month.edit(key, partial(_name_predecessor, before), to_canonical_json)
        before = sha256_hex(month.copy(key).read_bytes())
        sums.write_text(sums.read_text().replace(old, before))
    old = sha256_hex(month.content(record))
    sums.write_text(sums.read_text().replace(old, sha256_hex(content)))
    newest = Manifest.from_data(json.loads(month.copy(key).read_bytes()))
    month.copy("periods/2026-10/ledger.csv").write_bytes(ledger_csv(newest))
    month.copy("periods/2026-10/invoices.csv").write_bytes(invoices_csv(newest, Owners(())))
    month.copy("periods/2026-10/completeness.json").write_bytes(to_json(newest.completeness()))
    month.copy("periods/2026-10/find.json").write_bytes(find_file(newest).to_json())
    month.finds("SIGNATURE_INVALID", heads=None)
    month.finds("SIGNATURE_INVALID", "HEAD_DIFFERS")


def test_t04_a_manifest_was_edited_and_the_chain_recomputed(month: Month) -> None:
    first, second, third = month.keys(MANIFESTS)
    month.edit(first, lambda said: said.update(run_id="run-x"), to_canonical_json)
    before = sha256_hex(month.copy(first).read_bytes())
    month.edit(second, partial(_name_predecessor, before), to_canonical_json)
    report = month.check()
    assert {(f.code, f.object) for f in report.findings} == {
        ("SIGNATURE_INVALID", first),
        ("SIGNATURE_INVALID", second),
        ("CHAIN_BROKEN", third),
    }


def test_t05_a_manifest_in_the_middle_was_removed(month: Month) -> None:
    month.copy(month.keys(MANIFESTS)[1]).unlink()
    month.finds("MANIFEST_GONE")


def test_t05_the_newest_manifest_was_removed(month: Month) -> None:
    """Only the heads tell it for sure; what the views and records show then is told too."""
    month.copy(month.keys(MANIFESTS)[2]).unlink()
    month.finds("MANIFESTS_ROLLED_BACK", "VIEW_DIFFERS", "OBJECT_EXTRA")
    month.finds("MANIFESTS_ROLLED_BACK", level=Level.structure)


def test_t05_the_whole_archive_was_rolled_back(month: Month) -> None:
    """To what it was after its first run: then it is right in itself."""
    first = month.keys(MANIFESTS)[0]
    manifest = Manifest.from_data(json.loads(month.content(first)))
    then = {*(stored.key for stored in manifest.evidence), first}
    for folder in ("invoices/", "records/", "periods/"):
        for key in set(month.keys(folder)) - then:
            month.copy(key).unlink()
    month.finds("MANIFESTS_ROLLED_BACK", "VIEW_ABSENT")
    without_heads = month.check(heads=None)
    assert without_heads.result == "ALL_WELL"
    assert "rolled back" in " ".join(one.what for one in without_heads.not_checked)


def test_t05_a_whole_period_was_removed(month: Month) -> None:
    for folder in ("invoices/2026-10", "records/2026-10", "periods/2026-10"):
        shutil.rmtree(month.copy(folder))
    month.finds("MANIFESTS_ROLLED_BACK")


def test_t06_nothing_to_check_is_never_green(month: Month) -> None:
    october, november = BillingPeriod(2026, 10), BillingPeriod(2026, 11)
    for periods in ((november,), (october, november)):
        report = month.check(heads=None, periods=periods)
        assert report.result == "NOTHING_TO_CHECK"
        assert [f.code for f in report.findings] == ["NOTHING_TO_CHECK"]


def test_t07_the_ledger_and_the_manifest_disagree(month: Month) -> None:
    ledger = month.copy("periods/2026-10/ledger.csv")
    ledger.write_bytes(ledger.read_bytes().replace(b",100.00,", b",10.00,", 1))
    month.finds("VIEW_DIFFERS")


def test_t07_the_invoices_and_the_manifest_disagree(month: Month) -> None:
    invoices = month.copy("periods/2026-10/invoices.csv")
    invoices.write_bytes(invoices.read_bytes().replace(b'"ARCHIVED"', b'"ACCEPTED"', 1))
    month.finds("VIEW_DIFFERS")


def test_t07_the_invoices_were_removed(month: Month) -> None:
    month.copy("periods/2026-10/invoices.csv").unlink()
    (found,) = month.check().findings
    assert (found.code, found.object) == ("VIEW_ABSENT", "periods/2026-10/invoices.csv")


def test_t07_the_verdict_that_people_read_and_the_manifest_disagree(month: Month) -> None:
    key = "periods/2026-10/completeness.json"
    month.edit(key, lambda said: said["payers"][0].update(verdict="MISSING"), to_json)
    month.finds("VIEW_DIFFERS")


def test_t07_the_sums_and_the_manifest_disagree(month: Month) -> None:
    sums = month.copy("periods/2026-10/SHA256SUMS")
    lines = sums.read_text().splitlines(keepends=True)
    sums.write_text("".join(line for line in lines if "_B1." not in line))
    month.finds("VIEW_DIFFERS")


def test_t08_a_lock_is_shorter_than_the_policy(live_month: Month) -> None:
    _lock(live_month, {"Mode": "GOVERNANCE", "RetainUntilDate": datetime(2036, 12, 31, tzinfo=UTC)})
    live_month.finds("LOCK_SHORT", live=True, retention=POLICY)


def test_t08_a_lock_is_missing(live_month: Month) -> None:
    _lock(live_month, {})
    live_month.finds("LOCK_ABSENT", live=True, retention=POLICY)
    live_month.finds("LOCK_ABSENT", live=True)


LITTER = (
    ".DS_Store",
    "._2026-10_111122223333_INVOICE_A1.pdf",
    "Icon\r",
    "Thumbs.db",
    "Desktop.ini",
    "~$ledger.xlsx",
    ".~lock.ledger.xlsx#",
    "@eaDir/2026-10_111122223333_INVOICE_A1.pdf/SYNOFILE_THUMB_M.png",
    ".Spotlight-V100/Store-V2/index.db",
    ".fseventsd/0000000000123456",
    ".TemporaryItems/folders.501/x",
    ".Trashes/501/A9.pdf",
    "__MACOSX/._A1.pdf",
)


def test_t10_what_desktops_and_drives_leave_in_a_copy_is_counted_and_not_red(
    month: Month,
) -> None:
    keys = (key for key in month.keys("") if not key.startswith("runs/"))
    folders = {f"{parent}/" for key in keys for parent in PurePosixPath(key).parents[:-1]} | {""}
    for folder in folders:
        for name in LITTER:
            month.copy(folder + name).parent.mkdir(parents=True, exist_ok=True)
            month.copy(folder + name).write_bytes(b"litter")
    for level in Level:
        report = month.check(level=level)
        assert (report.result, list(report.findings)) == ("ALL_WELL", [])
    assert sum(one.files for one in report.passed_over) == len(folders) * len(LITTER)
    assert len(report.passed_over) == len(LITTER)
    assert report.to_data()["passed_over"][0] == {
        "name": ".DS_Store",
        "files": len(folders),
        "example": ".DS_Store",
    }


def test_t10_litter_stands_for_nothing_that_is_gone(month: Month) -> None:
    here = month.copy(month.document("A1"))
    here.rename(here.with_name(f"._{here.name}"))
    month.finds("OBJECT_GONE")


def test_t10_what_a_person_or_a_broken_copy_left_is_no_litter(month: Month) -> None:
    document = month.document("A1")
    for key in (
        f"{document}.crdownload",
        f"{document}.6eF5e5a2",
        document.replace(".pdf", " (1).pdf"),
        f"invoices/2026-10/{ACME}/.A3.pdf",
        "periods/2026-10/ledger.csv~",
        "periods/2026-10 copy/ledger.csv",
    ):
        month.copy(key).parent.mkdir(parents=True, exist_ok=True)
        month.copy(key).write_bytes(b"extra")
        month.finds("OBJECT_EXTRA")
        month.copy(key).unlink()


def test_t10_litter_in_the_bucket_itself_is_reported(live_month: Month) -> None:
    for key in (f"invoices/2026-10/{ACME}/._A1.pdf", ".DS_Store", "@eaDir/A9.pdf"):
        live_month.s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    report = live_month.check(live=True)
    assert [finding.code for finding in report.findings] == ["OBJECT_EXTRA"] * 3
    assert not report.passed_over


def _lock(month: Month, retention: dict[str, Any]) -> None:
    month.s3.put_object_retention(
        Bucket=BUCKET,
        Key=month.document("A1"),
        Retention=retention,
        BypassGovernanceRetention=True,
    )


def _name_predecessor(sha256: str | None, said: Any) -> None:
    said["previous_sha256"] = sha256


def _raise_amount(said: Any) -> None:
    said["summary"]["PaymentCurrencyAmount"]["TotalAmount"] = "900.00"
