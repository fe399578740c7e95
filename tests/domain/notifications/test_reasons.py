"""When a verdict is notified, and what is noted of it."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.findings import finding
from lambdas.domain.judgement.manifests import PayerState
from lambdas.domain.notifications.reasons import (
    Changes,
    LastNotification,
    Notification,
    Reason,
    reason_to_notify,
)
from lambdas.domain.verdict_words import PeriodVerdict
from tests.domain.examples import ACME, BOREAL, archived
from tests.domain.notifications.notices import NOON, account, last, noted, notification, outstanding


@pytest.mark.parametrize(
    ("before", "verdict", "is_overdue", "reason"),
    [
        # the first verdict
        (None, "AWAITING", False, None),
        (None, "ACTION_REQUIRED", False, "changed"),
        (None, "ACTION_REQUIRED", True, "changed"),
        (None, "COMPLETE", False, "changed"),
        # a change is told once
        (last("AWAITING"), "COMPLETE", True, "changed"),
        (last("COMPLETE"), "COMPLETE", True, None),
        (last("COMPLETE", is_overdue=False), "COMPLETE", True, None),
        (last("COMPLETE"), "ACTION_REQUIRED", True, "changed"),
        (last(is_overdue=False), "AWAITING", False, "changed"),
        (last("AWAITING", days_ago=30), "AWAITING", True, None),
        (last("COMPLETE", days_ago=30), "COMPLETE", True, None),
        # what still needs a person
        (last(is_overdue=False), "ACTION_REQUIRED", False, None),
        (last(is_overdue=False, days_ago=30), "ACTION_REQUIRED", False, None),
        (last(is_overdue=False), "ACTION_REQUIRED", True, "overdue"),
        (last(), "ACTION_REQUIRED", True, None),
        (last(days_ago=6.9), "ACTION_REQUIRED", True, None),
        (last(days_ago=7), "ACTION_REQUIRED", True, "reminder"),
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
    before = replace(last(is_overdue=is_overdue), needing=(ACME,))

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
    latest: LastNotification | None = None
    for day, verdict in enumerate(verdicts):
        as_of = NOON + timedelta(days=day)
        is_overdue = day >= deadline
        reason = reason_to_notify(latest, verdict, is_overdue=is_overdue, as_of=as_of)
        if reason is None:
            assert latest is None or latest.verdict == verdict
            assert latest is not None or verdict == "AWAITING"
            continue
        if latest and latest.verdict == verdict and latest.is_overdue == is_overdue:
            assert as_of - datetime.fromisoformat(latest.at) >= timedelta(days=7)
        latest = LastNotification(verdict, is_overdue, as_of.isoformat(), f"run-{day}")


def test_what_was_sent_reads_back() -> None:
    whole = last(
        needing=(ACME, BOREAL), items=(f"{ACME} 1",), readers=("a@b.example",), is_escalated=True
    )
    for one in (last(), whole):
        assert LastNotification.from_data(json.loads(json.dumps(one.to_data()))) == one


def test_escalation_is_a_reason_once_and_the_weekly_repeat_begins_anew() -> None:
    def reason(before: LastNotification, *, is_escalated: bool = True) -> Reason | None:
        return reason_to_notify(
            before, "ACTION_REQUIRED", is_overdue=True, is_escalated=is_escalated, as_of=NOON
        )

    assert reason(last()) == "escalated"
    assert reason(last(), is_escalated=False) is None
    assert reason(last(is_escalated=True)) is None
    assert reason(last(is_escalated=True, days_ago=7)) == "reminder"
    assert reason(last(is_overdue=False)) == "overdue"


def test_of_the_same_items_nothing_is_new_and_of_others_it_is_known_which() -> None:
    def month(*invoices: str, before: LastNotification | None = None) -> Notification:
        missing = [outstanding(one) for one in invoices]
        return notification(
            "ACTION_REQUIRED", account("PARTIAL", BOREAL, missing=missing), before=before
        )

    before = noted(month("1", "2"))
    same, other = month("1", "2", before=before), month("2", "3", before=before)
    assert same.changes == Changes(frozenset(), (), 2)
    assert other.changes == Changes(
        frozenset({f"{BOREAL} outstanding 3"}), (f"{BOREAL} outstanding 1",), 1
    )
    assert month("1").changes is None
    assert month("1", before=last()).changes is None  # noted by a release that knew no items


def changes(before: PayerState, now: PayerState) -> Changes | None:
    note = noted(notification("ACTION_REQUIRED", before))
    return notification("ACTION_REQUIRED", now, before=note).changes


def test_another_source_that_misses_the_same_invoice_is_no_other_item() -> None:
    usual = finding("USUAL_INVOICE_MISSING", "invoice of AWS", "Usual.")
    charges = finding("CHARGES_WITHOUT_INVOICE", "AWS", "Charges.")
    before, now = (account("MISSING", findings=found) for found in ([usual], [usual, charges]))
    assert changes(before, now) == Changes(frozenset(), (), 1)


def test_an_outstanding_invoice_whose_first_reason_changes_is_no_other_item() -> None:
    missing = outstanding("9", "1.00", "EUR", "PDF_NOT_READY")
    damaged = finding("ARCHIVE_DAMAGED", "records/2026-10/044455556666/9/0001.json", "Gone.")
    late = replace(missing, findings=(*missing.findings, damaged))
    before, now = (account("PARTIAL", BOREAL, missing=[one]) for one in (missing, late))
    assert changes(before, now) == Changes(frozenset(), (), 1)


def test_two_gaps_of_one_archived_invoice_are_two_items_and_each_is_resolved_alone() -> None:
    pdf, rows = (finding(code, "500", "No.") for code in ("PDF_NOT_READY", "ROWS_DIFFER"))
    before, now = (
        account(
            "PARTIAL", findings=found, invoices=(replace(archived("500"), findings=tuple(found)),)
        )
        for found in ([pdf, rows], [rows])
    )
    assert changes(before, now) == Changes(frozenset(), (f"{ACME} document 500",), 1)


def test_long_subjects_with_the_same_beginning_are_two_items() -> None:
    before, now = (
        account("PARTIAL", BOREAL, missing=[outstanding("9" * 90 + end) for end in ends])
        for ends in ("ab", "a")
    )
    found = changes(before, now)
    assert found is not None
    assert (len(found.resolved), found.same) == (1, 1)


def test_more_items_than_are_noted_are_not_compared_and_the_note_stays_small() -> None:
    many = [outstanding(f"{number:03}" + "株" * 2_000) for number in range(100)]
    whole = notification("ACTION_REQUIRED", account("PARTIAL", BOREAL, missing=many))
    note = whole.as_last()
    assert len(note.items or ()) == 100
    assert len(json.dumps(note.to_data())) < 60_000  # three channels share DynamoDB's 409,600
    more = [*many, outstanding("another")]
    before = noted(whole)
    one = notification("ACTION_REQUIRED", account("PARTIAL", BOREAL, missing=more), before=before)
    assert (one.as_last().items, one.changes) == (None, None)
