"""A month end from the schedule's input to the archive as files, several times over."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.names import ARCHIVE_STACK
from lambdas.aws.manifest_signing import ManifestSigner
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import completeness_key, is_evidence
from sandbox.month_end import PROJECT
from sandbox.program import aws_environment
from tests.workflow.conftest import COMPLETABLE, PERIOD, EmbeddedAws, MonthEnd, MonthEnds

MADE_UP_PAYERS = len(COMPLETABLE)


def completeness(month_end: MonthEnd, embedded_aws: EmbeddedAws) -> dict[str, Any]:
    """completeness.json of the period as that run left it."""
    key = completeness_key(PERIOD)
    content = embedded_aws.content(key, month_end.after[key].version_id)
    found: dict[str, Any] = json.loads(content)
    return found


def blocking(judged: dict[str, Any]) -> list[str]:
    return [
        found["code"]
        for payer in judged["payers"]
        for found in payer["findings"]
        if found["severity"] == "blocking"
    ]


def test_a_missing_document_after_the_deadline_makes_the_month_need_a_person(
    month_ends: MonthEnds, embedded_aws: EmbeddedAws
) -> None:
    judged = completeness(month_ends.first, embedded_aws)
    assert judged["billing_period"] == str(PERIOD)
    assert judged["verdict"] == "ACTION_REQUIRED"
    assert blocking(judged) == ["PDF_NOT_READY"]
    assert len(judged["payers"]) == MADE_UP_PAYERS
    verdicts = sorted(payer["verdict"] for payer in judged["payers"])
    assert verdicts == ["COMPLETE"] * (MADE_UP_PAYERS - 1) + ["PARTIAL"]


def test_it_says_the_verdict_what_is_missing_and_what_to_do(month_ends: MonthEnds) -> None:
    said = month_ends.first.said
    assert "Billing period 2026-03: ACTION_REQUIRED" in said
    assert "1 invoice is outstanding: JPY " in said
    assert "PDF_NOT_READY · 357902468813 · Minato Seimitsu" in said
    assert "Finance: Open an AWS Billing case." in said  # the register names no owner
    for earlier in (PERIOD.shifted(-1), PERIOD.shifted(-2)):
        assert f"Billing period {earlier}: COMPLETE, {MADE_UP_PAYERS} payers" in said


def test_the_last_line_is_the_path_of_the_months_page(
    month_ends: MonthEnds, embedded_aws: EmbeddedAws
) -> None:
    page = embedded_aws.sandbox.places.archive / "periods" / str(PERIOD) / "index.html"
    for month_end in (month_ends.first, month_ends.quiet):
        last = month_end.said.splitlines()[-1]
        assert last == embedded_aws.sandbox.places.shown(page)
    assert "March 2026" in page.read_text(encoding="utf-8")


def test_every_document_that_the_records_name_is_archived_and_was_downloaded_once(
    month_ends: MonthEnds,
) -> None:
    documents = [key for key in month_ends.first.after if key.startswith("invoices/")]
    assert len(documents) > MADE_UP_PAYERS
    assert month_ends.first.asked.downloads == len(documents)
    assert {Path(key).suffix for key in documents} == {".pdf", ".xml"}


def test_a_run_in_which_nothing_is_new_fetches_nothing_and_changes_no_byte(
    month_ends: MonthEnds,
) -> None:
    assert month_ends.again.asked.downloads == 0
    assert not month_ends.again.changed
    assert "It fetched nothing and changed nothing" in month_ends.again.said
    assert "Billing period 2026-03: ACTION_REQUIRED" in month_ends.again.said


def test_what_came_late_completes_the_month_and_touches_no_earlier_evidence(
    month_ends: MonthEnds, embedded_aws: EmbeddedAws
) -> None:
    judged = completeness(month_ends.late, embedded_aws)
    assert (judged["verdict"], blocking(judged)) == ("COMPLETE", [])
    assert month_ends.late.asked.downloads == len(
        [key for key in month_ends.late.changed.new if key.startswith("invoices/")]
    )
    touched = month_ends.late.changed.changed + month_ends.late.changed.gone
    assert not [key for key in touched if is_evidence(key)]


def test_a_complete_month_asks_for_no_document_and_changes_no_byte(month_ends: MonthEnds) -> None:
    assert month_ends.settled.asked.calls.get("GetInvoicePDF", 0) == 0
    assert month_ends.settled.asked.downloads == 0
    assert not month_ends.settled.changed


def test_on_a_day_on_which_nobody_is_asked_the_verdict_stands_and_no_list_is_read(
    month_ends: MonthEnds, embedded_aws: EmbeddedAws
) -> None:
    quiet = month_ends.quiet
    assert not quiet.asked.calls
    assert not quiet.changed
    assert "Billing period 2026-03: COMPLETE" in quiet.said
    history = embedded_aws.sandbox.client("stepfunctions").get_execution_history(
        executionArn=quiet.execution.arn
    )
    entered = [
        event["stateEnteredEventDetails"]["name"]
        for event in history["events"]
        if "stateEnteredEventDetails" in event
    ]
    assert entered == [
        *("EnumeratePayerAccounts", "IsAlreadyClaimed", "IsAnybodyAsked"),
        *("ValidateCompleteness", "IsComplete", "Complete"),
    ]


def test_evidence_has_one_version_and_is_locked(
    month_ends: MonthEnds, embedded_aws: EmbeddedAws
) -> None:
    evidence = [key for key, _ in embedded_aws.versions() if is_evidence(key)]
    assert len(evidence) == len(set(evidence))
    assert set(evidence) == set(filter(is_evidence, embedded_aws.objects()))
    assert set(evidence) >= set(filter(is_evidence, month_ends.settled.after))
    for key in evidence:
        head = embedded_aws.s3.head_object(Bucket=embedded_aws.bucket, Key=key)
        assert head["ObjectLockMode"] == "GOVERNANCE"
        # ten years from the end of the fiscal year, which is the calendar year here
        period = BillingPeriod.parse(key.split("/")[1])
        until = datetime(period.year + 11, 1, 1, tzinfo=UTC)
        assert head["ObjectLockRetainUntilDate"] == until


def test_the_files_are_the_bucket_byte_for_byte(
    month_ends: MonthEnds, embedded_aws: EmbeddedAws
) -> None:
    folder = embedded_aws.sandbox.places.archive
    files = {
        path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()
    }
    assert files.keys() == embedded_aws.objects().keys() >= month_ends.settled.after.keys()
    for key, path in files.items():
        assert path.read_bytes() == embedded_aws.content(key), key


def check(embedded_aws: EmbeddedAws, place: str, *options: str) -> tuple[int, dict[str, Any]]:
    """How `invoices check` ends and what it says, as a program with the embedded AWS alone."""
    sandbox = embedded_aws.sandbox
    ran = subprocess.run(
        [sys.executable, "-m", "ops", "check", place, *options, "--json"],
        cwd=PROJECT,
        env=aws_environment(sandbox.places, sandbox.aws.endpoint),
        capture_output=True,
        check=False,
    )
    return ran.returncode, json.loads(ran.stdout)


@pytest.fixture
def known_outside(embedded_aws: EmbeddedAws, tmp_path: Path) -> list[str]:
    """What an auditor has beside the archive: the public key and the table of heads."""
    stacks = embedded_aws.sandbox.client("cloudformation").describe_stacks(StackName=ARCHIVE_STACK)
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stacks["Stacks"][0]["Outputs"]}
    signer = ManifestSigner(embedded_aws.sandbox.client("kms"), outputs["ManifestSigningKeyArn"])
    (tmp_path / "key.pem").write_bytes(signer.public_key_pem())
    table = outputs["ManifestHeadsTableName"]
    return ["--key", str(tmp_path / "key.pem"), "--heads-table", table]


def found(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The findings but for months that nobody judged between those that these tests judge."""
    return [one for one in told["findings"] if one["code"] != "PERIOD_ABSENT"]


@pytest.mark.usefixtures("month_ends")
def test_the_export_is_proved_right_and_is_not_once_a_byte_of_it_was_flipped(
    embedded_aws: EmbeddedAws, known_outside: list[str], tmp_path: Path
) -> None:
    copy = shutil.copytree(embedded_aws.sandbox.places.archive, tmp_path / "copy")
    ended, told = check(embedded_aws, str(copy), *known_outside)
    assert (ended, told["result"], found(told)) == (0, "ALL_WELL", [])
    document = next(copy.glob(f"invoices/{PERIOD}/*/*.pdf"))
    content = bytearray(document.read_bytes())
    content[len(content) // 2] ^= 1
    document.write_bytes(content)
    ended, told = check(embedded_aws, str(copy), *known_outside)
    assert [(one["code"], one["object"]) for one in found(told)] == [
        ("DOCUMENT_CHANGED", document.relative_to(copy).as_posix())
    ]
    assert (ended, told["result"]) == (3, "ACTION_REQUIRED")


@pytest.mark.usefixtures("month_ends")
def test_the_bucket_itself_is_proved_right_with_versions_and_locks(
    embedded_aws: EmbeddedAws, known_outside: list[str]
) -> None:
    ended, told = check(
        embedded_aws,
        f"s3://{embedded_aws.bucket}",
        *known_outside,
        "--retention",
        "10,GOVERNANCE,12",
    )
    assert (ended, told["result"], found(told)) == (0, "ALL_WELL", [])
    assert sum(period["objects_read"] for period in told["periods"]) > MADE_UP_PAYERS
    assert [one["what"] for one in told["not_checked"]] == [
        "the column 'owner' of invoices.csv",
        "runs/, ledger.xlsx, pages and README.txt",
    ]


def test_a_scheduled_time_that_was_run_before_does_nothing(
    month_ends: MonthEnds, embedded_aws: EmbeddedAws
) -> None:
    doubled = embedded_aws.month_end("2026-04-20T06:00:00Z")
    assert doubled.before == doubled.after
    assert not doubled.asked.calls
    assert "The run of 2026-04-20T06:00:00Z ran earlier, so this one did nothing." in doubled.said
    assert "Billing period 2026-03: COMPLETE" in doubled.said


@pytest.mark.usefixtures("month_ends")
def test_the_schedule_itself_starts_nothing_here(embedded_aws: EmbeddedAws) -> None:
    scheduler = embedded_aws.sandbox.client("scheduler")
    schedules = scheduler.list_schedules()["Schedules"]
    assert [schedule["State"] for schedule in schedules] == ["DISABLED"]
