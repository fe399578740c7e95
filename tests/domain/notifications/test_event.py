"""The event on a verdict, as its schema says."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import lambdas.domain.notifications.event
from lambdas.domain.findings import KINDS, finding
from lambdas.domain.notifications.event import period_event
from lambdas.domain.witnesses.acknowledgements import Acknowledgement
from lambdas.domain.witnesses.charges import Charges
from lambdas.domain.witnesses.statements import PayerWitnesses
from tests.domain.examples import ACME, BOREAL
from tests.domain.notifications.notices import (
    CEDAR,
    DENIED,
    MISSING,
    SHA,
    account,
    last,
    notification,
)

DOCS = Path(__file__).parents[3] / "docs"
SCHEMA = json.loads((DOCS / "events" / "billing-period-judged-1.schema.json").read_text())
WAITING = finding("PDF_NOT_READY", "1", "Not yet.")
OPEN = (
    account(),
    account(
        "MISSING",
        BOREAL,
        "Boreal Foods S.A.",
        expected=3,
        findings=(MISSING, WAITING, replace(WAITING, subject="2")),
    ),
    account("NO_ACCESS", CEDAR, "Cedar", findings=(DENIED,)),
)
EVENTS = {
    "complete": notification("COMPLETE", account(), before=last("AWAITING")),
    "awaiting again": notification("AWAITING", account("AWAITING"), before=last()),
    "action required": notification("ACTION_REQUIRED", *OPEN),
    "reminder": notification(
        "ACTION_REQUIRED", OPEN[2], reason="reminder", before=last(days_ago=7)
    ),
    "manifests that cannot be trusted": notification(
        "ACTION_REQUIRED", findings=(finding("MANIFESTS_ROLLED_BACK", "x", "Gone."),)
    ),
}


def test_that_there_are_no_charges_can_rest_on_a_persons_word_before_it_is_a_finding() -> None:
    word = Acknowledgement(
        "Nothing.", "Dana", "2026-12-31", "run-1", "x", (("NO_INVOICES_LISTED", ACME),)
    )
    one = notification(
        "COMPLETE", account("NO_CHARGES", witnesses=PayerWitnesses(acknowledgements=(word,)))
    )
    assert period_event(one)["accepted"] == {"findings": 1, "until": "2026-12-31"}
    final = Charges("run-1", "2026-11-12T06:00:00Z", is_final=True)
    witnesses = PayerWitnesses(acknowledgements=(word,), charges=final)
    one = notification("COMPLETE", account("NO_CHARGES", witnesses=witnesses))
    assert period_event(one)["accepted"] is None


def test_an_event_holds_as_many_payer_accounts_as_fit_and_counts_the_others() -> None:
    findings = tuple(
        finding(code, f"{n}", "Why.", severity="blocking") for code in KINDS for n in range(10)
    )
    payers = [account("MISSING", f"{n:012}", findings=findings) for n in range(300)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lambdas.domain.notifications.event, "_MOST_BYTES", 40_000)
        event = period_event(notification("ACTION_REQUIRED", *payers))
    jsonschema.validate(event, SCHEMA)
    assert len(json.dumps(event).encode()) <= 40_000
    assert 0 < len(event["open_payers"]) < 100
    assert len(event["open_payers"]) + event["open_payers_left_out"] == 300


def test_whatever_blocks_a_hundred_payer_accounts_an_event_stays_below_what_is_taken() -> None:
    findings = tuple(finding(code, "1", "Why.", severity="blocking") for code in KINDS)
    payers = [account("MISSING", f"{n:012}", findings=findings) for n in range(300)]
    assert (
        len(json.dumps(period_event(notification("ACTION_REQUIRED", *payers))).encode()) < 262_144
    )


@pytest.mark.parametrize("occasion", EVENTS)
def test_each_event_is_as_its_schema_says(occasion: str) -> None:
    event = period_event(EVENTS[occasion])
    jsonschema.validate(event, SCHEMA, format_checker=jsonschema.FormatChecker())
    # readers take members that they do not know; none is put that is not documented
    assert event.keys() == SCHEMA["properties"].keys()
    payer = SCHEMA["properties"]["open_payers"]["items"]["properties"]
    assert all(one.keys() == payer.keys() for one in event["open_payers"])


def test_an_event_without_the_members_that_were_added_within_its_version_is_valid() -> None:
    event = period_event(notification("COMPLETE", account()))
    for added in ("newly_open_payers", "accepted"):
        del event[added]
        assert added not in SCHEMA["required"]
    jsonschema.validate(event, SCHEMA)


def test_an_event_says_what_changed_and_where_to_read_on() -> None:
    event = period_event(
        notification(
            "ACTION_REQUIRED", *OPEN, before=last("AWAITING"), closed_at="2026-11-11T06:00:00Z"
        )
    )
    assert event == {
        "schema": "invoice-archive/billing-period-judged/1",
        "billing_period": "2026-10",
        "verdict": "ACTION_REQUIRED",
        "told_before": "AWAITING",
        "reason": "changed",
        "is_overdue": True,
        "last_day": "2026-11-10",
        "closed_at": "2026-11-11T06:00:00Z",
        "run_id": "run-2",
        "as_of": "2026-11-12T12:00:00Z",
        "archive_bucket": "example-archive",
        "completeness": "periods/2026-10/completeness.json",
        "manifest": "periods/2026-10/manifests/manifest-0002.json",
        "manifest_sha256": SHA,
        "payers": 3,
        "payers_by_verdict": {"COMPLETE": 1, "MISSING": 1, "NO_ACCESS": 1},
        "blocking_findings": {"NO_ACCESS": 1, "PDF_NOT_READY": 2, "USUAL_INVOICE_MISSING": 1},
        "open_payers": [
            {
                "payer_account_id": BOREAL,
                "verdict": "MISSING",
                "expected": 3,
                "archived": 1,
                "blocking_findings": {"PDF_NOT_READY": 2, "USUAL_INVOICE_MISSING": 1},
            },
            {
                "payer_account_id": "999988887777",
                "verdict": "NO_ACCESS",
                "expected": 1,
                "archived": 1,
                "blocking_findings": {"NO_ACCESS": 1},
            },
        ],
        "open_payers_left_out": 0,
        "newly_open_payers": [],
        "accepted": None,
    }


def test_an_event_of_many_payer_accounts_fits_and_says_how_many_it_leaves_out() -> None:
    many = [account("MISSING", f"{n:012}", findings=(MISSING,)) for n in range(1000)]
    event = period_event(notification("ACTION_REQUIRED", *many))
    jsonschema.validate(event, SCHEMA)
    assert (len(event["open_payers"]), event["open_payers_left_out"]) == (100, 900)
    assert len(json.dumps(event).encode()) < 256 * 1024


def test_manifests_that_cannot_be_trusted_have_no_manifest_to_name() -> None:
    one = notification("ACTION_REQUIRED", account())
    event = period_event(replace(one, manifest=replace(one.manifest, sequence=0)))
    jsonschema.validate(event, SCHEMA)
    assert event["manifest"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "DONE"},
        {"schema": "invoice-archive/billing-period-judged/2"},
        {"reason": None},
        {"manifest_sha256": "abc"},
        {"open_payers": [{}]},
        {"last_day": "10 November"},
    ],
)
def test_the_schema_refuses_what_is_no_such_event(change: dict[str, Any]) -> None:
    event = period_event(notification("COMPLETE", account())) | change
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(event, SCHEMA, format_checker=jsonschema.FormatChecker())
