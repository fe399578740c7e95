"""What no run says is told, though it is signed: instants, counts and verdicts of a manifest that
do not follow from each other, or from the manifest before it.
"""

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.domain.evidence.archive_layout import manifest_key
from lambdas.domain.findings import Finding, finding
from lambdas.domain.json_text import sha256_hex
from lambdas.domain.judgement.manifests import Manifest
from tests.domain.examples import outstanding
from tests.ops.bad_copies import make_views, sign_newest
from tests.ops.made_archive import NEWEST, OCTOBER, MadeArchive, make_archive
from tests.ops.memory_place import MemoryPlace
from tests.ops.test_check_findings import check

GOOD = make_archive()
FOURTH = manifest_key(OCTOBER, 4)
LATER = "2026-11-13T06:00:00Z"
Edit = Callable[[dict[str, Any]], object]


def told(made: MadeArchive, **scope: object) -> str:
    """What is found: contradictions, and what follows where invoices are left out."""
    findings = check(made, MemoryPlace(made.files), **scope).findings
    gone = {"EVIDENCE_DROPPED", "OBJECT_EXTRA"}
    assert {found.code for found in findings} <= {"MANIFEST_CONTRADICTED", *gone}
    return "; ".join(found.found for found in findings)


def newest(edit: Edit, **scope: object) -> str:
    made = MadeArchive(GOOD.kms, dict(GOOD.files))
    sign_newest(made, edit)
    return told(made, **scope)


def next_one(edit: Edit) -> str:
    """A fourth manifest, after the third has closed the month: a run that judges all anew."""
    made = MadeArchive(GOOD.kms, dict(GOOD.files))
    said = made.data(NEWEST) | {"sequence": 4, "key": FOURTH, "generated_at": LATER}
    said |= {"previous_sha256": sha256_hex(made.files[NEWEST]), "close_day": "business day 10"}
    for one in (said, *said["payers"]):
        one["run_id"] = "run-4"
    edit(said)
    made.files[FOURTH] = made.sign(Manifest.from_data(said).to_data())
    make_views(made, 4)
    return told(made)


def of_payer(**members: Any) -> Edit:
    return lambda said: said["payers"][0].update(members)


def of_all(**members: Any) -> Edit:
    return lambda said: said.update(members)


def with_finding(*found: Finding, **members: Any) -> Edit:
    """Of the first payer account, which has one invoice."""

    def edit(said: dict[str, Any]) -> None:
        said["payers"][0]["findings"] += [one.to_data() for one in found]
        said["payers"][0] |= members

    return edit


def awaiting(said: dict[str, Any]) -> None:
    said |= {"verdict": "AWAITING", "closed_at": None}
    said["payers"][0]["verdict"] = "AWAITING"


def red(said: dict[str, Any], *found: Finding, **members: Any) -> None:
    """As a run says it that finds something."""
    said |= {"verdict": "ACTION_REQUIRED", "closed_at": None}
    with_finding(*found, **members)(said)


NO_ACCESS = finding("NO_ACCESS", "044455556666", "Denied.")
NEVER_ASKED = finding("NOT_CHECKED", "044455556666", "No run has asked it.")
CHARGES = finding("CHARGES_WITHOUT_INVOICE", "044455556666 AWS", "Charges.")
MISSED = finding("USUAL_INVOICE_MISSING", "044455556666 AWS Inc.", "It is usual.")
LIGHT = replace(MISSED, severity="warning")
NOT_YET = outstanding("N-1", payer="044455556666")
NOT_READY = NOT_YET.findings[0]


def awaits(said: dict[str, Any], *found: Finding, **members: Any) -> None:
    red(said, *found, **{"outstanding": [NOT_YET.to_data()], "expected": 2} | members)


def accepted(code: str, subject: str, until: str = "2027-01-31") -> dict[str, Any]:
    return {
        "reason": "It never comes.",
        "by": "Dana Whitlock",
        "until": until,
        "run_id": "run-3",
        "at": "2026-11-12T06:00:00Z",
        "covers": [{"code": code, "subject": subject}],
    }


def accepts(said: dict[str, Any], given: dict[str, Any], *found: Finding) -> None:
    with_finding(*found)(said)
    said["payers"][0]["witnesses"] = copy.deepcopy(said["payers"][0]["witnesses"])
    said["payers"][0]["witnesses"]["acknowledgements"] = [given]


@pytest.mark.parametrize(
    "edit",
    [
        lambda said: red(said, NO_ACCESS, outcome="NO_ACCESS", verdict="NO_ACCESS"),
        lambda said: red(said, CHARGES, expected=2, verdict="MISSING"),
        lambda said: red(said, CHARGES, MISSED, expected=2, verdict="MISSING"),
        lambda said: red(said, CHARGES, MISSED, expected=3, verdict="MISSING"),
        lambda said: awaits(said, NOT_READY, verdict="PARTIAL"),
        of_payer(settled_at="2026-11-12T06:00:00Z"),
        lambda said: accepts(said, accepted(MISSED.code, MISSED.subject), LIGHT),
    ],
)
def test_what_a_run_says_is_no_contradiction(edit: Edit) -> None:
    assert newest(edit) == ""


@pytest.mark.parametrize(
    "edit",
    [lambda _: None, with_finding(replace(NEVER_ASKED, severity="warning"), outcome=None)],
)
def test_a_later_run_of_a_closed_month_is_none_either(edit: Edit) -> None:
    assert next_one(edit) == ""


def test_nobody_knows_which_verdict_a_code_of_another_release_gives() -> None:
    newer = replace(CHARGES, code="CODE_OF_A_LATER_RELEASE")
    for verdict in ("MISSING", "PARTIAL"):
        assert newest(lambda said, verdict=verdict: red(said, newer, verdict=verdict)) == ""


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        (of_all(generated_at="1999-01-01T00:00:00Z"), "before the manifest before it"),
        (of_all(generated_at="2026-11-05T05:59:59Z"), "before the manifest before it"),
        (of_all(generated_at="2026-11-12"), "its instants and days are not those of a run"),
        (of_all(generated_at="2026-11-12T07:00:00+01:00"), "its instants and days are not"),
        (of_all(generated_at="2099-11-12T06:00:00Z"), "its day of the close, business day 9"),
        (of_all(close_day="business day 10"), "its day of the close, business day 10, is not"),
        (of_all(close_day="Friday after business day 2"), "its day of the close"),
        (of_all(close_day=""), "its day of the close"),
        (of_all(last_day=""), "its instants and days are not those of a run"),
        (of_all(last_day="2026-12-10"), "its last day, 2026-12-10, is not in the month after"),
        (of_all(last_day="2026-02-31"), "its instants and days are not those of a run"),
        (of_all(run_id=""), "it names no run"),
        (of_all(run_id="scheduled-20261103T060000Z"), "its run is scheduled-20261103T060000Z"),
        (of_all(closed_at=None), "it is complete after its last day and its archive was closed at"),
        (of_all(closed_at="2026-11-11T06:00:00Z"), "archive was closed at 2026-11-11T06:00:00Z"),
        (of_all(last_day="2026-11-28"), "and it is not complete after its last day"),
        (awaiting, "payer account 044455556666 is awaited after 2026-11-10"),
        (of_payer(expected=0), "expects 0 invoices, and 1 are known of it"),
        (of_payer(expected=5), "expects 5 invoices, and 1 are known of it"),
        (of_payer(expected=True), "payer account 044455556666 cannot be judged"),
        (of_payer(settled_at="soon"), "payer account 044455556666 cannot be judged"),
        (of_payer(checked_at="2026-11-12T06:00:01Z"), "has its checked_at at"),
        (of_payer(checked_at=None), "has its checked_at at None, before 2026-11-05"),
        (of_payer(checked_at="2026-11-04T06:00:00Z"), "has its checked_at at 2026-11-04"),
        (of_payer(settled_at="2099-01-01T00:00:00Z"), "has its settled_at at 2099"),
        (of_payer(settled_at="2026-11-04T06:00:00Z"), "has its settled_at at 2026-11-04"),
        (of_payer(run_id="run-2"), "says something new as of run run-2"),
        (of_payer(outcome="NO_ACCESS"), "is COMPLETE, and by its outcome and findings NO_ACCESS"),
        (of_payer(outcome=None), "is COMPLETE, and by its outcome and findings NOT_CHECKED"),
        (of_payer(verdict="NO_CHARGES"), "is NO_CHARGES and expects 1 invoices"),
        (of_payer(verdict="TRANSFERRED"), "is TRANSFERRED and expects 1 invoices"),
        (with_finding(CHARGES, expected=2), "is COMPLETE in spite of CHARGES_WITHOUT_INVOICE"),
        (with_finding(CHARGES), "expects 1 invoices, and 2 are known of it"),
        (lambda said: red(said, NO_ACCESS, outcome="NO_ACCESS", verdict="AWAITING"), "is awaited"),
        (lambda said: red(said, CHARGES, expected=2, settled_at=LATER, verdict="MISSING"),
         "has nothing outstanding in spite of CHARGES_WITHOUT_INVOICE"),
        (of_payer(invoices=[], findings=[], expected=0),
         "is COMPLETE, and by its outcome and findings MISSING"),
        (of_payer(invoices=[], findings=[], expected=0, verdict="NO_CHARGES"),
         "is NO_CHARGES, and by its outcome and findings MISSING"),
        (with_finding(outstanding=[NOT_YET.to_data()], expected=2),
         f"does not report {NOT_READY.code} of {NOT_READY.subject}"),
        (with_finding(finding(NOT_READY.code, "N-1", "", severity="warning"),
                      outstanding=[NOT_YET.to_data()], expected=2),
         f"is not blocked by {NOT_READY.code} of N-1, which nobody accepted"),
        (with_finding(LIGHT), "is not blocked by USUAL_INVOICE_MISSING of 044455556666 AWS Inc."),
        (with_finding(replace(NO_ACCESS, severity="warning"), outcome="NO_ACCESS"),
         "is not blocked by NO_ACCESS of 044455556666, which nobody accepted"),
        (with_finding(finding("ARCHIVE_DAMAGED", "invoices/x", "", severity="info")),
         "is not blocked by ARCHIVE_DAMAGED of invoices/x, which nobody accepted"),
        (lambda said: accepts(said, accepted("USUAL_INVOICE_MISSING", "x") | {"at": LATER}),
         f"was accepted at {LATER}, after the manifest was generated"),
        (with_finding(outstanding=[NOT_YET.to_data() | {"findings": []}], expected=2),
         "is COMPLETE without N-1, and does not say why"),
    ],
)  # fmt: skip
def test_what_no_run_says_is_reported(edit: Edit, found: str) -> None:
    assert found in newest(edit)


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        (
            of_all(closed_at=None),
            "its archive was closed at None, and before at 2026-11-12T06:00:00Z",
        ),
        (
            of_all(closed_at=LATER),
            "its archive was closed at 2026-11-13T06:00:00Z, and before at 2026-11-12",
        ),
        (of_payer(run_id="run-3", expected=2), "says something new as of run run-3"),
        (of_payer(run_id="run-3", verdict="NO_CHARGES"), "says something new as of run run-3"),
        (of_payer(run_id="run-1"), "says something new as of run run-1"),
    ],
)
def test_what_no_run_says_after_the_manifest_before_it_is_reported(edit: Edit, found: str) -> None:
    assert found in next_one(edit)


def test_what_the_run_left_alone_is_as_the_run_before_it_said() -> None:
    assert next_one(of_payer(run_id="run-3")) == ""


def test_a_manifest_of_after_the_check_is_reported_where_a_clock_is_asked() -> None:
    def edit(said: dict[str, Any]) -> None:
        said["run_id"] = "run-4"
        for one in (said, *said["payers"]):
            one["run_id"] = "run-4"

    for hour, is_told in ((0, True), (7, False)):
        now = datetime(2026, 11, 11, hour, tzinfo=UTC)
        found = newest(edit, now=now)
        assert ("later than this check by this computer's clock" in found) == is_told


@pytest.mark.parametrize(
    ("given", "is_told"),
    [
        (accepted(NOT_READY.code, "N-1"), False),
        (accepted("DOWNLOAD_FAILED", "N-1"), False),
        (accepted(NOT_READY.code, "N-1", until="2026-11-11"), True),
        (accepted(NOT_READY.code, "N-2"), True),
        (accepted("OTHER_INVOICE", "N-1"), True),
    ],
)
def test_what_a_person_accepted_blocks_no_more_as_long_as_that_counts(
    given: dict[str, Any], *, is_told: bool
) -> None:
    def edit(said: dict[str, Any]) -> None:
        warning = finding(NOT_READY.code, "N-1", "", severity="warning")
        said["payers"][0] |= {"outstanding": [NOT_YET.to_data()], "expected": 2}
        accepts(said, given, warning)

    assert ("which nobody accepted" in newest(edit)) == is_told


def test_what_is_edited_without_a_signature_is_reported_as_that_alone() -> None:
    made = MadeArchive(GOOD.kms, dict(GOOD.files))
    made.files[NEWEST] = made.files[NEWEST].replace(b'"expected":1', b'"expected":0')
    findings = check(made, MemoryPlace(made.files)).findings
    assert "MANIFEST_CONTRADICTED" not in {found.code for found in findings}


@pytest.mark.parametrize("number", [-1, 1, True, "0"])
def test_a_complete_account_has_no_outstanding_invoices(number: object) -> None:
    assert "as outstanding" in newest(of_payer(unarchived=number))
    assert newest(of_payer(unarchived=0)) == ""


def test_outstanding_totals_are_those_of_the_outstanding_invoices() -> None:
    wrong = [{"currency": "USD", "amount": "1.00"}]
    made = MadeArchive(GOOD.kms, dict(GOOD.files))
    sign_newest(made, of_payer(outstanding_totals=wrong), views=False)
    found = {one.code: one.found for one in check(made, MemoryPlace(made.files)).findings}
    assert "outstanding_totals" in found["MANIFEST_CONTRADICTED"]
