"""When a verdict is told, and with which words."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lambdas.domain.notifications.event
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.findings import KINDS, finding
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.notifications.email import email_text
from lambdas.domain.notifications.event import period_event
from lambdas.domain.notifications.reasons import (
    LastNotification,
    Notification,
    Reason,
    reason_to_notify,
)
from lambdas.domain.notifications.report import plain_name
from lambdas.domain.verdict_words import PeriodVerdict
from lambdas.domain.witnesses.acknowledgements import Acknowledgement
from lambdas.domain.witnesses.charges import Charges
from lambdas.domain.witnesses.statements import PayerWitnesses
from sandbox.organization import HOSTILE_PAYERS
from tests.domain.examples import ACME, BOREAL, OCTOBER, archived

DOCS = Path(__file__).parents[3] / "docs"
SCHEMA = json.loads((DOCS / "events" / "billing-period-judged-1.schema.json").read_text())
NOON = datetime(2026, 11, 12, 12, tzinfo=UTC)
SHA = 64 * "b"
MISSING = finding("USUAL_INVOICE_MISSING", "invoice of AWS", "Three periods have one.")
WAITING = finding("PDF_NOT_READY", "1", "Not yet.")


def told(
    verdict: PeriodVerdict = "ACTION_REQUIRED", *, is_overdue: bool = True, days_ago: float = 1
) -> LastNotification:
    at = (NOON - timedelta(days=days_ago)).isoformat()
    return LastNotification(verdict, is_overdue, at, "run-1")


@pytest.mark.parametrize(
    ("before", "verdict", "is_overdue", "reason"),
    [
        # the first verdict
        (None, "AWAITING", False, None),
        (None, "ACTION_REQUIRED", False, "changed"),
        (None, "ACTION_REQUIRED", True, "changed"),
        (None, "COMPLETE", False, "changed"),
        # a change is told once
        (told("AWAITING"), "COMPLETE", True, "changed"),
        (told("COMPLETE"), "COMPLETE", True, None),
        (told("COMPLETE", is_overdue=False), "COMPLETE", True, None),
        (told("COMPLETE"), "ACTION_REQUIRED", True, "changed"),
        (told(is_overdue=False), "AWAITING", False, "changed"),
        (told("AWAITING", days_ago=30), "AWAITING", True, None),
        (told("COMPLETE", days_ago=30), "COMPLETE", True, None),
        # what still needs a person
        (told(is_overdue=False), "ACTION_REQUIRED", False, None),
        (told(is_overdue=False, days_ago=30), "ACTION_REQUIRED", False, None),
        (told(is_overdue=False), "ACTION_REQUIRED", True, "overdue"),
        (told(), "ACTION_REQUIRED", True, None),
        (told(days_ago=6.9), "ACTION_REQUIRED", True, None),
        (told(days_ago=7), "ACTION_REQUIRED", True, "reminder"),
    ],
)
def test_a_verdict_is_sent_when_it_changed_and_while_it_is_overdue(
    before: LastNotification | None, verdict: PeriodVerdict, is_overdue: bool, reason: Reason | None
) -> None:
    assert reason_to_notify(before, verdict, is_overdue=is_overdue, as_of=NOON) == reason


@pytest.mark.parametrize("is_overdue", [False, True])
def test_that_more_payer_accounts_need_a_person_is_sent_once_before_the_deadline_too(
    is_overdue: bool,
) -> None:
    before = replace(told(is_overdue=is_overdue), needing=(ACME,))

    def reason(*needing: str) -> Reason | None:
        return reason_to_notify(
            before, "ACTION_REQUIRED", needing=needing, is_overdue=is_overdue, as_of=NOON
        )

    assert reason(ACME) is None
    assert reason() is None
    assert reason(ACME, BOREAL) == "changed"
    assert reason(BOREAL) == "changed"


def test_of_what_was_sent_before_it_was_noted_whom_it_was_about_nobody_is_new() -> None:
    plain = {"verdict": "ACTION_REQUIRED", "is_overdue": True, "at": NOON.isoformat()}
    before = LastNotification.from_data(plain | {"run_id": "run-1"})
    reason = reason_to_notify(
        before, "ACTION_REQUIRED", needing=(ACME,), is_overdue=True, as_of=NOON
    )
    assert reason is None


@given(
    st.lists(st.sampled_from(["COMPLETE", "AWAITING", "ACTION_REQUIRED"]), min_size=1, max_size=60),
    st.integers(0, 60),
)
def test_whatever_happens_in_two_months_the_same_verdict_is_sent_at_most_weekly(
    verdicts: list[PeriodVerdict], deadline: int
) -> None:
    last: LastNotification | None = None
    for day, verdict in enumerate(verdicts):
        as_of = NOON + timedelta(days=day)
        is_overdue = day >= deadline
        reason = reason_to_notify(last, verdict, is_overdue=is_overdue, as_of=as_of)
        if reason is None:
            assert last is None or last.verdict == verdict
            assert last is not None or verdict == "AWAITING"
            continue
        if last and last.verdict == verdict and last.is_overdue == is_overdue:
            assert as_of - datetime.fromisoformat(last.at) >= timedelta(days=7)
        last = LastNotification(verdict, is_overdue, as_of.isoformat(), f"run-{day}")


def test_what_was_sent_reads_back() -> None:
    noted = replace(told(), needing=(ACME, BOREAL))
    for one in (told(), noted):
        assert LastNotification.from_data(json.loads(json.dumps(one.to_data()))) == one


def state(
    verdict: str = "COMPLETE", account_id: str = ACME, name: str = "Acme, Inc.", **more: Any
) -> PayerState:
    invoices = (
        archived("1", PaymentCurrencyAmount={"TotalAmount": "987.65", "CurrencyCode": "USD"}),
    )
    return PayerState(
        account_id,
        name,
        "Acme Ltd.",
        "CHECKED",
        verdict,  # type: ignore[arg-type]
        "run-2",
        "2026-11-12T12:00:00Z",
        more.pop("expected", 1),
        invoices,
        (),
        (),
        more.pop("findings", ()),
        **more,
    )


def notification(
    verdict: PeriodVerdict,
    *payers: PayerState,
    reason: Reason = "changed",
    before: LastNotification | None = None,
    is_overdue: bool = True,
    period: BillingPeriod = OCTOBER,
    **manifest: Any,
) -> Notification:
    judged = Manifest(
        "example-archive",
        period,
        2,
        "a" * 64,
        "run-2",
        "2026-11-12T12:00:00Z",
        verdict,
        manifest.pop("closed_at", None),
        payers,
        last_day="2026-11-10",
        close_day="business day 9",
        **manifest,
    )
    sha256 = None if judged.findings else SHA
    return Notification(judged, "run-2", NOON, is_overdue, "business day 9", before, reason, sha256)


OPEN = (
    state(),
    state("MISSING", BOREAL, "Boreal Foods S.A.", expected=3, findings=(MISSING, WAITING, WAITING)),
    state("NO_ACCESS", "999988887777", "Cedar", findings=(finding("NO_ACCESS", "9", "Denied."),)),
)

LETTERS: Mapping[str, tuple[list[Notification], str, str]] = {
    "complete": (
        [notification("COMPLETE", state(), state("NO_CHARGES", BOREAL), before=told("AWAITING"))],
        "Invoice archive 2026-10: complete",
        f"""\
Billing period 2026-10: complete (before: awaiting invoices).
Payer accounts: 2 of 2 complete on business day 9; the deadline was 2026-11-10.
There is nothing to do.

Where to look: periods/2026-10/index.html in the archive bucket example-archive.
The runbook has a heading for each word in capitals.

For the auditor, who compares it with the archive:
- 2026-10: manifest 2, SHA-256 {SHA}
""",
    ),
    "awaiting again": (
        [notification("AWAITING", state("AWAITING"), before=told(), is_overdue=False)],
        "Invoice archive 2026-10: awaiting invoices",
        f"""\
Billing period 2026-10: awaiting invoices (before: action required).
Payer accounts: 0 of 1 complete on business day 9; the deadline is 2026-11-10.
There is nothing to do: the next daily run asks again.

Where to look: periods/2026-10/index.html in the archive bucket example-archive.
The runbook has a heading for each word in capitals.

For the auditor, who compares it with the archive:
- 2026-10: manifest 2, SHA-256 {SHA}
""",
    ),
    "action required": (
        [notification("ACTION_REQUIRED", *OPEN)],
        "Invoice archive 2026-10: action required",
        f"""\
Billing period 2026-10: action required.
Payer accounts: 1 of 3 complete on business day 9; the deadline was 2026-11-10.

What lacks:
- 044455556666 Boreal Foods SA.: an expected invoice is not listed; 1 of 3 invoices archived \
(2 x PDF_NOT_READY, 1 x USUAL_INVOICE_MISSING)
- 999988887777 Cedar: cannot be read; 1 of 1 invoices archived (1 x NO_ACCESS)

What to do:
- NO_ACCESS: {KINDS["NO_ACCESS"].next_step}
- PDF_NOT_READY: {KINDS["PDF_NOT_READY"].next_step}
- USUAL_INVOICE_MISSING: {KINDS["USUAL_INVOICE_MISSING"].next_step}

Where to look: periods/2026-10/index.html in the archive bucket example-archive.
The runbook has a heading for each word in capitals.

For the auditor, who compares it with the archive:
- 2026-10: manifest 2, SHA-256 {SHA}
""",
    ),
    "overdue": (
        [notification("ACTION_REQUIRED", OPEN[1], reason="overdue", before=told(is_overdue=False))],
        "Invoice archive 2026-10: overdue, action required",
        f"""\
Billing period 2026-10: overdue, action required.
Payer accounts: 0 of 1 complete on business day 9; the deadline was 2026-11-10.

What lacks:
- 044455556666 Boreal Foods SA.: an expected invoice is not listed; 1 of 3 invoices archived \
(2 x PDF_NOT_READY, 1 x USUAL_INVOICE_MISSING)

What to do:
- PDF_NOT_READY: {KINDS["PDF_NOT_READY"].next_step}
- USUAL_INVOICE_MISSING: {KINDS["USUAL_INVOICE_MISSING"].next_step}

Where to look: periods/2026-10/index.html in the archive bucket example-archive.
The runbook has a heading for each word in capitals.

For the auditor, who compares it with the archive:
- 2026-10: manifest 2, SHA-256 {SHA}
""",
    ),
    "reminder": (
        [notification("ACTION_REQUIRED", OPEN[2], reason="reminder", before=told(days_ago=7))],
        "Invoice archive 2026-10: still action required",
        f"""\
Billing period 2026-10: still action required.
Payer accounts: 0 of 1 complete on business day 9; the deadline was 2026-11-10.

What lacks:
- 999988887777 Cedar: cannot be read; 1 of 1 invoices archived (1 x NO_ACCESS)

What to do:
- NO_ACCESS: {KINDS["NO_ACCESS"].next_step}

Where to look: periods/2026-10/index.html in the archive bucket example-archive.
The runbook has a heading for each word in capitals.

For the auditor, who compares it with the archive:
- 2026-10: manifest 2, SHA-256 {SHA}
""",
    ),
    "two periods": (
        [
            notification("COMPLETE", state()),
            notification("COMPLETE", state(), period=OCTOBER.shifted(-1)),
        ],
        "Invoice archive 2026-10: complete and 1 more",
        f"""\
Billing period 2026-10: complete.
Payer accounts: 1 of 1 complete on business day 9; the deadline was 2026-11-10.
There is nothing to do.

Billing period 2026-09: complete.
Payer accounts: 1 of 1 complete on business day 9; the deadline was 2026-11-10.
There is nothing to do.

Where to look: periods/2026-10/index.html, periods/2026-09/index.html in the archive \
bucket example-archive.
The runbook has a heading for each word in capitals.

For the auditor, who compares it with the archive:
- 2026-10: manifest 2, SHA-256 {SHA}
- 2026-09: manifest 2, SHA-256 {SHA}
""",
    ),
    "manifests that cannot be trusted": (
        [
            notification(
                "ACTION_REQUIRED",
                state(),
                findings=(finding("MANIFESTS_ROLLED_BACK", "x", "Gone."),),
            )
        ],
        "Invoice archive 2026-10: action required",
        f"""\
Billing period 2026-10: action required.
Payer accounts: 1 of 1 complete on business day 9; the deadline was 2026-11-10.

What lacks:
- the period itself: MANIFESTS_ROLLED_BACK

What to do:
- MANIFESTS_ROLLED_BACK: {KINDS["MANIFESTS_ROLLED_BACK"].next_step}

Where to look: periods/2026-10/index.html in the archive bucket example-archive.
The runbook has a heading for each word in capitals.
""",
    ),
}


@pytest.mark.parametrize("occasion", LETTERS)
def test_each_email_says_what_how_many_what_to_do_and_where(occasion: str) -> None:
    notifications, subject, text = LETTERS[occasion]
    assert email_text(notifications) == (subject, text)


def test_the_worst_verdict_gives_the_subject_and_comes_first() -> None:
    september, august = OCTOBER.shifted(-1), OCTOBER.shifted(-2)
    subject, text = email_text(
        [
            notification("COMPLETE", state()),
            notification("AWAITING", state("AWAITING"), period=august),
            notification("ACTION_REQUIRED", OPEN[1], period=september, reason="reminder"),
        ]
    )
    assert subject == "Invoice archive 2026-09: still action required and 2 more"
    told_of = [line for line in text.splitlines() if line.startswith("Billing period")]
    assert told_of == [
        "Billing period 2026-09: still action required.",
        "Billing period 2026-08: awaiting invoices.",
        "Billing period 2026-10: complete.",
    ]


def test_an_email_counts_as_the_period_itself_does_and_names_first_who_needs_a_person() -> None:
    whole = [state("AWAITING", f"{n:012}", settled_at="2026-11-03T06:00:00Z") for n in range(92)]
    waits = [state("AWAITING", f"{n:012}", findings=(WAITING,)) for n in range(92, 117)]
    denied = state("NO_ACCESS", "999988887777", findings=(finding("NO_ACCESS", "9", "Denied."),))
    one = notification("ACTION_REQUIRED", *whole, *waits, denied, is_overdue=False)
    _, text = email_text([one])
    progress = one.manifest.completeness()["progress"]["text"]
    assert progress == "0 of 118 complete on business day 9, 92 more with nothing outstanding"
    assert f"Payer accounts: {progress}; the deadline is 2026-11-10.\n" in text
    lacks = text.partition("What lacks:\n")[2].splitlines()
    assert lacks[0].startswith("- 999988887777 ")
    assert lacks[1].startswith("- 000000000092 ")
    assert lacks[25] == "- and 1 more"


def test_an_email_names_the_payer_accounts_that_are_new_since_the_last() -> None:
    before = replace(told(), needing=("999988887777",))
    one = notification("ACTION_REQUIRED", *OPEN, before=before)
    subject, text = email_text([one])
    assert subject == "Invoice archive 2026-10: action required for 1 more payer account"
    assert f"New since the last letter: {BOREAL}.\n" in text
    assert "(before:" not in text
    event = period_event(one)
    jsonschema.validate(event, SCHEMA)
    assert (event["newly_open_payers"], event["told_before"]) == ([BOREAL], "ACTION_REQUIRED")


def test_a_verdict_that_rests_on_a_persons_word_says_so() -> None:
    def word(code: str, until: str) -> Acknowledgement:
        return Acknowledgement("Nothing.", "Dana", until, "run-1", "x", ((code, "1"),))

    waiting = replace(WAITING, severity="warning")
    lost = replace(finding("NO_ACCESS", "1", "Denied."), severity="warning")
    over = word("PDF_NOT_READY", "2026-11-11")
    for acknowledgements, findings, rests_on in (
        ((word("PDF_NOT_READY", "2026-12-31"),), (waiting,), (1, "2026-12-31")),
        (
            (word("PDF_NOT_READY", "2026-12-31"), word("NO_ACCESS", "2026-11-30")),
            (waiting, lost),
            (2, "2026-11-30"),
        ),
        ((over,), (waiting,), None),
        ((word("PDF_NOT_READY", "2026-12-31"),), (), None),  # it came all the same
    ):
        witnesses = PayerWitnesses(acknowledgements=acknowledgements)
        one = notification("COMPLETE", state(findings=findings, witnesses=witnesses))
        _, text = email_text([one])
        event = period_event(one)
        jsonschema.validate(event, SCHEMA)
        if rests_on is None:
            assert event["accepted"] is None
            assert "accepted" not in text
        else:
            count, until = rests_on
            assert event["accepted"] == {"findings": count, "until": until}
            noun = "finding" if count == 1 else "findings"
            assert f"With {count} {noun} accepted by a person until {until}.\n" in text


def test_that_there_are_no_charges_can_rest_on_a_persons_word_before_it_is_a_finding() -> None:
    word = Acknowledgement(
        "Nothing.", "Dana", "2026-12-31", "run-1", "x", (("NO_INVOICES_LISTED", ACME),)
    )
    one = notification(
        "COMPLETE", state("NO_CHARGES", witnesses=PayerWitnesses(acknowledgements=(word,)))
    )
    assert period_event(one)["accepted"] == {"findings": 1, "until": "2026-12-31"}
    final = Charges("run-1", "2026-11-12T06:00:00Z", is_final=True)
    witnesses = PayerWitnesses(acknowledgements=(word,), charges=final)
    one = notification("COMPLETE", state("NO_CHARGES", witnesses=witnesses))
    assert period_event(one)["accepted"] is None


@pytest.mark.parametrize("verdict", ["COMPLETE", "AWAITING", "ACTION_REQUIRED"])
@pytest.mark.parametrize("reason", ["changed", "overdue", "reminder"])
def test_the_subject_is_what_the_notification_service_takes(
    verdict: PeriodVerdict, reason: Reason
) -> None:
    subject, _ = email_text([notification(verdict, state(name="Ärmel 株"), reason=reason)] * 400)
    assert subject.isascii()
    assert 0 < len(subject) <= 100
    assert "\n" not in subject


@pytest.mark.parametrize("payer", HOSTILE_PAYERS, ids=lambda payer: payer.account_id)
def test_no_name_of_a_payer_account_becomes_a_link_or_an_address(payer: Any) -> None:
    one = state("MISSING", name=payer.name, findings=(MISSING,))
    _, text = email_text([notification("ACTION_REQUIRED", one)])
    for sign in ("://", "@", "<", ">", "\u202e", "example.com", "987.65", "USD"):
        assert sign not in text
    assert plain_name(payer.name)[:4] in text


def test_an_email_stays_short_however_many_payer_accounts_and_periods_there_are() -> None:
    many = [state("MISSING", f"{n:012}", "Name " * 99, findings=(MISSING,)) for n in range(1000)]
    notifications = [
        notification("ACTION_REQUIRED", *many, period=OCTOBER.shifted(-back)) for back in range(30)
    ]
    _, text = email_text(notifications)
    assert len(text.encode()) < 256 * 1024
    assert text.count("- and 975 more") == 12
    assert "And 18 more billing periods." in text


def test_an_event_holds_as_many_payer_accounts_as_fit_and_counts_the_others() -> None:
    findings = tuple(
        finding(code, f"{n}", "Why.", severity="blocking") for code in KINDS for n in range(10)
    )
    payers = [state("MISSING", f"{n:012}", findings=findings) for n in range(300)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lambdas.domain.notifications.event, "_MOST_BYTES", 40_000)
        event = period_event(notification("ACTION_REQUIRED", *payers))
    jsonschema.validate(event, SCHEMA)
    assert len(json.dumps(event).encode()) <= 40_000
    assert 0 < len(event["open_payers"]) < 100
    assert len(event["open_payers"]) + event["open_payers_left_out"] == 300


def test_whatever_blocks_a_hundred_payer_accounts_an_event_stays_below_what_is_taken() -> None:
    findings = tuple(finding(code, "1", "Why.", severity="blocking") for code in KINDS)
    payers = [state("MISSING", f"{n:012}", findings=findings) for n in range(300)]
    assert (
        len(json.dumps(period_event(notification("ACTION_REQUIRED", *payers))).encode()) < 262_144
    )


def test_an_email_in_letters_of_several_bytes_is_cut_and_says_where_the_rest_is() -> None:
    refused = {f"{n:012}": ["AWS denied x:" + "株" * 9000 + "."] for n in range(25)}
    _, text = email_text([], refused)
    assert len(text.encode()) <= 256 * 1024 - 100
    assert text.endswith("The page of each month has all of it.]\n")


EVENTS = {
    occasion: one for occasion, (notifications, _, _) in LETTERS.items() for one in notifications
}


@pytest.mark.parametrize("occasion", EVENTS)
def test_each_event_is_as_its_schema_says(occasion: str) -> None:
    event = period_event(EVENTS[occasion])
    jsonschema.validate(event, SCHEMA, format_checker=jsonschema.FormatChecker())
    # readers take members that they do not know; none is put that is not documented
    assert event.keys() == SCHEMA["properties"].keys()
    payer = SCHEMA["properties"]["open_payers"]["items"]["properties"]
    assert all(one.keys() == payer.keys() for one in event["open_payers"])


def test_an_event_without_the_members_that_were_added_within_its_version_is_valid() -> None:
    event = period_event(notification("COMPLETE", state()))
    for added in ("newly_open_payers", "accepted"):
        del event[added]
        assert added not in SCHEMA["required"]
    jsonschema.validate(event, SCHEMA)


def test_an_event_says_what_changed_and_where_to_read_on() -> None:
    event = period_event(
        notification(
            "ACTION_REQUIRED", *OPEN, before=told("AWAITING"), closed_at="2026-11-11T06:00:00Z"
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
    many = [state("MISSING", f"{n:012}", findings=(MISSING,)) for n in range(1000)]
    event = period_event(notification("ACTION_REQUIRED", *many))
    jsonschema.validate(event, SCHEMA)
    assert (len(event["open_payers"]), event["open_payers_left_out"]) == (100, 900)
    assert len(json.dumps(event).encode()) < 256 * 1024


def test_manifests_that_cannot_be_trusted_have_no_manifest_to_name() -> None:
    one = notification("ACTION_REQUIRED", state())
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
    event = period_event(notification("COMPLETE", state())) | change
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(event, SCHEMA, format_checker=jsonschema.FormatChecker())
