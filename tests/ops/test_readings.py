"""A flaky reading is told apart from damage, whatever it was that read badly at first."""

import pytest

from lambdas.domain.evidence.archive_layout import manifest_key
from ops.check.report import CheckReport
from tests.ops.made_archive import NEWEST, OCTOBER, MadeArchive, make_archive
from tests.ops.memory_place import MemoryPlace
from tests.ops.test_check_findings import check

GOOD = make_archive()
RECORD = GOOD.keys("records/")[0]
VIEW = "periods/2026-10/completeness.json"


def check_with(key: str, *flaws: bytes | None) -> CheckReport:
    place = MemoryPlace(dict(GOOD.files))
    place.flaws[key] = list(flaws)
    return check(MadeArchive(GOOD.kms), place, heads=GOOD.heads)


def flipped(key: str) -> bytes:
    content = bytearray(GOOD.files[key])
    content[len(content) // 2] ^= 4
    return bytes(content)


@pytest.mark.parametrize("key", [RECORD, NEWEST, manifest_key(OCTOBER, 1), VIEW])
@pytest.mark.parametrize("fails", [False, True])
def test_a_first_reading_that_is_wrong_or_fails_is_a_warning(key: str, fails: bool) -> None:
    report = check_with(key, None if fails else flipped(key))
    assert [(f.code, f.severity, f.object) for f in report.findings] == [
        ("READ_UNSTABLE", "warning", key)
    ]
    assert report.result == "ALL_WELL"


@pytest.mark.parametrize("key", [RECORD, NEWEST, VIEW])
def test_what_reads_wrong_twice_is_damaged(key: str) -> None:
    made = MadeArchive(GOOD.kms, {**GOOD.files, key: flipped(key)})
    report = check(made, MemoryPlace(made.files))
    assert report.result == "ACTION_REQUIRED"
    assert "READ_UNSTABLE" not in {finding.code for finding in report.findings}


@pytest.mark.parametrize("key", [RECORD, NEWEST, VIEW])
def test_what_cannot_be_read_at_all_is_reported_as_that(key: str) -> None:
    report = check_with(key, *[None] * 20)
    assert "OBJECT_UNREADABLE" in {f.code for f in report.findings if f.object == key}
    assert report.result == "ACTION_REQUIRED"


def test_a_manifest_that_cannot_be_read_leaves_evidence_and_views_open_and_says_so() -> None:
    report = check_with(NEWEST, *[None] * 20)
    assert [finding.code for finding in report.findings] == ["OBJECT_UNREADABLE"]
    left_out = [one.what for one in report.not_checked if "2026-10" in one.what]
    assert "records, documents and views of 2026-10" in left_out
