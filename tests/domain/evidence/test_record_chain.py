import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lambdas.domain.evidence.archive_layout import record_key
from lambdas.domain.evidence.record_chain import Learnt, first_record, next_record
from lambdas.domain.evidence.records import LATE_DOCUMENT_AGES, Gap, Record
from tests.domain.examples import (
    ACME,
    AFTER_DEADLINE,
    BEFORE_DEADLINE,
    BOREAL,
    INVOICE_ID,
    ISSUED,
    OCTOBER,
    invoice_document,
    learnt,
    record,
    stored,
    summary_row,
    supplement,
)

BEFORE = stored("records/before.json")
LACK = Gap("PDF_NOT_READY", INVOICE_ID, "Not yet.")
OTHER_LACK = Gap("DOWNLOAD_FAILED", INVOICE_ID, "The connection failed.")


def follow(state: Record, seen_by: str = ACME, **what: object) -> Record:
    """The next record after `state`, which must be there."""
    new = next_record(state, BEFORE, learnt(seen_by=seen_by, **what), seen_by)  # type: ignore[arg-type]
    assert new is not None
    return new


def settles(state: Record, seen_by: str = ACME, **what: object) -> bool:
    return next_record(state, BEFORE, learnt(seen_by=seen_by, **what), seen_by) is None  # type: ignore[arg-type]


def codes(state: Record) -> dict[str, str]:
    return {found.code: found.severity for found in state.findings()}


def test_the_first_record_begins_the_chain_and_fixes_the_keys() -> None:
    first = record()
    assert (first.sequence, first.previous_sha256) == (1, None)
    assert first.key == record_key(OCTOBER, ACME, INVOICE_ID, 1)
    assert first.document_stem == (
        "invoices/2026-10/111122223333/2026-10_111122223333_INVOICE_2609293185"
    )
    assert first.first_archived_at == first.recorded_at == "2026-11-05T06:00:00Z"


def test_a_record_reads_back_from_its_bytes() -> None:
    one = follow(
        record(lacks=(LACK,), documents=(invoice_document(flags=(("PDF_ENCRYPTED", "It is."),)),)),
        row=summary_row(TaxAuthorityStatus="CANCELLED"),
        documents=(supplement(),),
        lacks=(OTHER_LACK,),
        were_asked=True,
    )
    assert Record.from_data(json.loads(one.to_bytes())) == one
    assert Record.from_data(json.loads(one.to_bytes())).to_bytes() == one.to_bytes()


def test_nothing_new_is_no_record() -> None:
    assert settles(record())
    assert settles(record(), documents=(invoice_document(),))


def test_asking_in_vain_between_the_fixed_ages_is_no_record() -> None:
    state = record(as_of=AFTER_DEADLINE)
    assert settles(state, as_of=AFTER_DEADLINE + timedelta(hours=1), were_asked=True)


def test_the_next_record_names_its_predecessor_and_keeps_where_things_lie() -> None:
    first = record()
    second = follow(first, row=summary_row(InvoiceType="CREDIT_MEMO", AccountId=BOREAL))
    assert (second.sequence, second.previous_sha256, second.run_id) == (2, BEFORE.sha256, "run-2")
    assert second.document_stem == first.document_stem
    assert (second.billing_period, second.payer_account_id) == (OCTOBER, ACME)
    assert second.first_archived_at == first.first_archived_at
    assert second.recorded_at == "2026-11-12T06:00:00Z"
    assert second.key == record_key(OCTOBER, ACME, INVOICE_ID, 2)


def test_a_changed_row_is_kept_with_what_changed() -> None:
    changed = summary_row(TaxAuthorityStatus="ISSUED")
    second = follow(record(), row=changed)
    assert second.summary == changed
    (note,) = second.notes
    assert (note.code, note.run_id) == ("INVOICE_CHANGED", "run-2")
    assert note.detail == "TaxAuthorityStatus: absent → ISSUED"
    assert settles(second, row=changed)


def test_a_row_that_another_payer_sees_differently_is_no_change_of_the_invoice() -> None:
    other_row = summary_row(ReceiverRole="BUYER")
    second = follow(record(), seen_by=BOREAL, row=other_row)
    assert second.summary == record().summary
    assert second.notes == ()
    assert [sighting.payer_account_id for sighting in second.sightings] == [ACME, BOREAL]
    assert settles(second, seen_by=BOREAL, row=other_row)
    assert settles(second)


def test_a_changed_row_of_the_second_observer_is_kept_as_its_sighting_alone() -> None:
    second = follow(record(), seen_by=BOREAL, row=summary_row(ReceiverRole="BUYER"))
    third = follow(second, seen_by=BOREAL, row=summary_row(ReceiverRole="SELLER"))
    assert third.summary == record().summary
    assert third.sightings[0] == second.sightings[0]
    assert third.sightings[1] != second.sightings[1]
    assert third.notes == ()


def test_a_late_supplement_is_added_and_reported() -> None:
    second = follow(record(), documents=(supplement(),), were_asked=True)
    assert second.documents == (invoice_document(), supplement())
    assert codes(second) == {"LATE_DOCUMENT": "info"}
    assert settles(second, documents=(supplement(),))


def test_a_revision_stands_beside_the_first_document_and_is_reported() -> None:
    first_document = invoice_document()
    revision = replace(first_document, stored=stored("invoices/…_r2.pdf", b"other"), revision=2)
    second = follow(record(), documents=(revision,), were_asked=True)
    assert second.documents == (first_document, revision)
    assert codes(second) == {"DOCUMENT_REVISED": "warning"}


def test_a_gap_that_is_fixed_is_no_longer_in_the_record() -> None:
    state = record(lacks=(LACK,))
    assert codes(state) == {"PDF_NOT_READY": "blocking"}
    second = follow(state, documents=(supplement(),), were_asked=True)
    assert second.lacks == ()
    assert "PDF_NOT_READY" not in codes(second)


def test_the_same_gap_again_is_no_record_and_another_one_is() -> None:
    state = record(lacks=(LACK,))
    assert settles(state, lacks=(LACK,), were_asked=True)
    assert follow(state, lacks=(OTHER_LACK,), were_asked=True).lacks == (OTHER_LACK,)


def test_a_gap_stays_until_somebody_asks() -> None:
    state = record(lacks=(LACK,))
    assert follow(state, row=summary_row(DueDate="2026-12-01")).lacks == (LACK,)


def test_a_vanished_invoice_is_reported_once_and_its_documents_stay() -> None:
    second = follow(record(), is_listed=False)
    assert [s.is_listed for s in second.sightings] == [False]
    assert second.documents == record().documents
    assert codes(second) == {"INVOICE_VANISHED": "warning"}
    assert settles(second, is_listed=False)


def test_an_invoice_that_is_listed_again_is_reported() -> None:
    third = follow(follow(record(), is_listed=False))
    assert [s.is_listed for s in third.sightings] == [True]
    assert third.notes[-1].code == "INVOICE_CHANGED"
    assert settles(third)


def test_an_invoice_that_one_of_its_two_observers_no_longer_sees_settles() -> None:
    state = follow(record(), seen_by=BOREAL)
    for _ in range(2):  # the runs after the first observer's listing lost it
        state = next_record(state, BEFORE, learnt(is_listed=False), ACME) or state
        state = next_record(state, BEFORE, learnt(seen_by=BOREAL), BOREAL) or state
    assert settles(state, is_listed=False)
    assert settles(state, seen_by=BOREAL)


@pytest.mark.parametrize("days", [1, 3, 7, 14, 30])
def test_documents_are_asked_for_again_at_the_fixed_ages(days: int) -> None:
    age = ISSUED + timedelta(days=days)
    asked_before = record(as_of=age - timedelta(hours=1))
    assert not asked_before.is_due(age - timedelta(seconds=1))
    assert asked_before.is_due(age)
    assert asked_before.is_due(age + timedelta(days=1))
    assert not record(as_of=age).is_due(age)


def test_an_invoice_is_asked_for_at_each_age_once_and_then_never_again() -> None:
    state, day, asked = record(as_of=ISSUED), ISSUED, []
    for _ in range(400):
        day += timedelta(days=1)
        if state.is_due(day):
            asked.append((day - ISSUED).days)
            state = follow(state, as_of=day, were_asked=True)
    assert asked == [age.days for age in LATE_DOCUMENT_AGES]


def test_an_age_that_fell_between_two_runs_is_made_up_for_once() -> None:
    state = record(as_of=ISSUED)
    monday = ISSUED + timedelta(days=20)
    assert state.is_due(monday)
    asked = follow(state, as_of=monday, were_asked=True)
    assert asked.documents_asked_at == "2026-11-23T00:00:00Z"
    assert asked.notes == ()
    assert not asked.is_due(monday + timedelta(days=1))


def test_a_backfill_of_an_old_invoice_is_not_asked_for_again() -> None:
    old = record(as_of=datetime(2030, 1, 1, tzinfo=UTC))
    assert not old.is_due(datetime(2030, 6, 1, tzinfo=UTC))


@pytest.mark.parametrize("issued", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_an_invoice_of_a_year_without_bills_is_never_asked_for_again(issued: str) -> None:
    assert not record(IssuedDate=issued).is_due(BEFORE_DEADLINE + timedelta(days=30))


def test_an_invoice_whose_issued_date_is_none_ages_from_its_first_record() -> None:
    assert record(IssuedDate="soon").is_due(BEFORE_DEADLINE + timedelta(days=1))


def test_an_invoice_without_an_issued_date_ages_from_its_first_record() -> None:
    state = record(IssuedDate=None)
    assert not state.is_due(BEFORE_DEADLINE + timedelta(hours=23))
    assert state.is_due(BEFORE_DEADLINE + timedelta(days=1))


def test_what_is_missing_is_asked_for_in_every_run() -> None:
    assert record(lacks=(LACK,)).is_due(BEFORE_DEADLINE)
    assert record(lacks=(LACK,)).is_due(BEFORE_DEADLINE + timedelta(days=4000))


RECEIVED = '{"InvoiceId": "1", "OfTomorrow": 1}'


def receives(text: str | None, **what: object) -> Learnt:
    return replace(learnt(**what), row_received=text)  # type: ignore[arg-type]


def test_a_record_keeps_the_row_as_it_came_and_reads_back() -> None:
    first = first_record(INVOICE_ID, OCTOBER, ACME, receives(RECEIVED))
    assert Record.from_data(json.loads(first.to_bytes())) == first
    assert json.loads(first.to_bytes())["row_received"] == RECEIVED


def test_a_record_of_before_rows_were_kept_has_the_same_bytes_and_gets_no_next_one() -> None:
    old = record()
    assert b"row_received" not in old.to_bytes()
    assert Record.from_data(json.loads(old.to_bytes())).row_received is None
    assert next_record(old, BEFORE, receives(RECEIVED), ACME) is None


def test_another_text_of_the_same_row_is_no_record_and_is_kept_with_the_next_one() -> None:
    first = first_record(INVOICE_ID, OCTOBER, ACME, receives(RECEIVED))
    assert next_record(first, BEFORE, receives(RECEIVED + " "), ACME) is None
    late = receives(RECEIVED + " ", documents=(supplement(),), were_asked=True)
    following = next_record(first, BEFORE, late, ACME)
    assert following is not None
    assert following.row_received == RECEIVED + " "


def test_the_row_that_another_account_sees_is_not_the_one_that_is_kept() -> None:
    first = first_record(INVOICE_ID, OCTOBER, ACME, receives(RECEIVED))
    following = next_record(first, BEFORE, receives("{}", seen_by=BOREAL), BOREAL)
    assert following is not None
    assert following.row_received == RECEIVED


def test_a_changed_row_of_which_the_text_is_not_known_has_none() -> None:
    first = first_record(INVOICE_ID, OCTOBER, ACME, receives(RECEIVED))
    changed = receives(None, row=summary_row(TaxAuthorityStatus="ISSUED"))
    following = next_record(first, BEFORE, changed, ACME)
    assert following is not None
    assert following.row_received is None


def test_a_row_that_is_no_longer_listed_stays_as_it_came() -> None:
    first = first_record(INVOICE_ID, OCTOBER, ACME, receives(RECEIVED))
    following = next_record(first, BEFORE, receives(None, is_listed=False), ACME)
    assert following is not None
    assert following.row_received == RECEIVED


def test_what_cannot_be_read_of_a_row_is_found_until_it_can() -> None:
    first = first_record(INVOICE_ID, OCTOBER, ACME, receives('{"DueDate": "soon"}'))
    (found,) = (one for one in first.findings() if one.code == "ROW_NOT_READ")
    assert (found.subject, found.severity) == (INVOICE_ID, "warning")
    assert found.detail == (
        "In its row as AWS sent it, DueDate is the text 'soon', not an instant."
    )
    following = next_record(first, BEFORE, receives("{}"), ACME)
    assert following is not None
    assert "ROW_NOT_READ" not in codes(following)
