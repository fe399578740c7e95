"""What is known of manifests outside the bucket; and missing knowledge is never silent."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import is_evidence
from lambdas.domain.evidence.manifest_heads import ManifestHead
from lambdas.domain.json_text import to_json
from ops.check.coverage import spans
from ops.check.heads_file import KnownHeads, read_heads_file
from ops.check.report import CheckReport
from tests.ops.made_archive import KEY_FILE, NEWEST, OCTOBER, SEPTEMBER, MadeArchive, make_archive
from tests.ops.memory_place import MemoryPlace
from tests.ops.test_check_findings import check

GOOD = make_archive()
EVIDENCE = sorted(key for key in GOOD.files if is_evidence(key))


def left_out(**scope: object) -> str:
    report = check(MadeArchive(GOOD.kms), MemoryPlace(GOOD.files), **scope)
    assert report.result == "ALL_WELL"
    return "\n".join(one.what for one in report.not_checked)


def test_months_of_which_nothing_is_there_are_named_whatever_heads_are_given() -> None:
    may = BillingPeriod(2026, 5)
    files = {**GOOD.files, f"runs/{may}": b"", f"periods/{may}/index.html": b""}
    for heads in (None, GOOD.heads):
        report = check(MadeArchive(GOOD.kms), MemoryPlace(files), heads=heads)
        (gap,) = [finding for finding in report.findings if finding.code == "PERIOD_ABSENT"]
        assert (gap.object, gap.severity) == ("2026-06 to 2026-08", "warning")
    assert "whole billing periods removed" in left_out()


def test_without_heads_it_is_said_that_a_roll_back_was_not_looked_for() -> None:
    assert "rolled back" in left_out()
    assert "rolled back" not in left_out(heads=GOOD.heads)


def test_heads_that_are_older_than_the_archive_leave_what_came_after_open() -> None:
    old = {OCTOBER: ManifestHead(OCTOBER, 1, _sha256(1), "run-1")}
    said = left_out(heads=old)
    assert "whether newer manifests of 2026-10 than 3 were removed" in said
    assert "whether newer manifests of 2026-09 were removed" in said
    assert "whether whole billing periods before 2026-10 or after 2026-10 were removed" in said


@pytest.mark.parametrize(
    ("months", "told"),
    [
        ((8,), "2026-08"),
        ((8, 9, 10), "2026-08 to 2026-10"),
        ((1, 3, 4, 7, 9, 10), "2026-01, 2026-03 to 2026-04, 2026-07, 2026-09 to 2026-10"),
    ],
)
def test_months_that_follow_each_other_are_reported_together(
    months: Sequence[int], told: str
) -> None:
    assert spans([BillingPeriod(2026, month) for month in months]) == told


def test_a_period_that_only_the_heads_know_was_rolled_back() -> None:
    august = BillingPeriod(2026, 8)
    heads = {**GOOD.heads, august: ManifestHead(august, 2, "0" * 64, "run-x")}
    report = check(MadeArchive(GOOD.kms), MemoryPlace(GOOD.files), heads=heads)
    (finding,) = report.findings
    assert (finding.code, finding.object, finding.found) == (
        "MANIFESTS_ROLLED_BACK",
        "periods/2026-08/manifests/manifest-0002.json",
        "no manifest of the period",
    )


HEADS = [head.to_data() for head in GOOD.heads.values()]
BY_RUN_4 = "periods/2026-10/manifests/manifest-0004.json"


def test_a_report_has_the_head_of_each_chain_that_is_right_whatever_else_is_red() -> None:
    report = check(MadeArchive(GOOD.kms), MemoryPlace(GOOD.files))
    assert (report.to_data()["heads"], report.to_data()["heads_left_out"]) == (HEADS, [])
    damaged = {**GOOD.files, EVIDENCE[0]: b""}
    red = check(MadeArchive(GOOD.kms), MemoryPlace(damaged))
    assert red.result == "ACTION_REQUIRED"
    assert (red.to_data()["heads"], red.to_data()["heads_left_out"]) == (HEADS, [])


@pytest.mark.parametrize(
    "damage",
    [
        lambda files: files.update({NEWEST: files[NEWEST][:-9]}),
        lambda files: files.pop("periods/2026-10/manifests/manifest-0002.json"),
        lambda files: files.update({NEWEST: files[NEWEST].replace(b"run-3", b"run-x")}),
        lambda files: files.update({BY_RUN_4: files[NEWEST]}),
    ],
)
def test_of_a_chain_that_is_broken_a_report_has_no_head_but_the_one_that_was_given(
    damage: Callable[[dict[str, bytes]], object],
) -> None:
    files = dict(GOOD.files)
    damage(files)
    red = check(MadeArchive(GOOD.kms), MemoryPlace(files)).to_data()
    assert (red["heads"], red["heads_left_out"]) == (HEADS[:1], ["2026-10"])
    red = check(MadeArchive(GOOD.kms), MemoryPlace(files), heads=GOOD.heads).to_data()
    assert (red["heads"], red["heads_left_out"]) == (HEADS, [])


def test_a_report_without_a_key_vouches_for_no_head() -> None:
    files = {key: content for key, content in GOOD.files.items() if key != KEY_FILE}
    red = check(MadeArchive(GOOD.kms), MemoryPlace(files), with_key=False).to_data()
    assert (red["heads"], red["heads_left_out"]) == ([], ["2026-09", "2026-10"])


def test_a_report_keeps_the_heads_of_the_periods_that_were_not_asked_for() -> None:
    scope: dict[str, Any] = {"heads": GOOD.heads, "periods": (SEPTEMBER,)}
    report = check(MadeArchive(GOOD.kms), MemoryPlace(GOOD.files), **scope)
    assert report.to_data()["heads"] == HEADS


def written(report: CheckReport, folder: Path) -> KnownHeads:
    (folder / "report.json").write_bytes(to_json(report.to_data()))
    return read_heads_file(folder / "report.json")


def test_what_a_report_left_out_the_next_check_says_and_misses(tmp_path: Path) -> None:
    files = {**GOOD.files, NEWEST: GOOD.files[NEWEST][:-9]}
    known = written(check(MadeArchive(GOOD.kms), MemoryPlace(files)), tmp_path)
    assert (list(known.heads), known.left_out) == ([SEPTEMBER], (OCTOBER,))
    scope: dict[str, Any] = {"heads": known.heads, "heads_left_out": known.left_out}
    assert "whether newer manifests of 2026-10 were removed" in left_out(**scope)
    for key in [key for key in files if "/2026-10/" in key]:
        del files[key]
    report = check(MadeArchive(GOOD.kms), MemoryPlace(files), **scope)
    assert [(one.code, one.severity) for one in report.findings] == [
        ("MANIFESTS_ABSENT", "blocking")
    ]


def test_a_report_without_any_head_still_knows_which_months_had_manifests(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text('{"heads": [], "heads_left_out": ["2026-08"]}')
    known = read_heads_file(file)
    assert (known.heads, known.left_out) == ({}, (BillingPeriod(2026, 8),))


def test_a_report_of_an_earlier_version_shows_what_it_left_out_too(tmp_path: Path) -> None:
    said = check(MadeArchive(GOOD.kms), MemoryPlace(GOOD.files)).to_data()
    del said["heads_left_out"]
    said["heads"] = said["heads"][:1]
    (tmp_path / "report.json").write_bytes(to_json(said))
    assert read_heads_file(tmp_path / "report.json").left_out == (OCTOBER,)


def _sha256(sequence: int) -> str:
    following = GOOD.data(f"periods/2026-10/manifests/manifest-{sequence + 1:04}.json")
    return str(following["previous_sha256"])
