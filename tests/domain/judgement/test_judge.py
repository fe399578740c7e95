import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.records import Gap
from lambdas.domain.findings import KINDS, finding
from lambdas.domain.json_text import to_canonical_json
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.runs.close_calendar import CloseCalendar, CloseDeadline
from lambdas.domain.runs.outcome import NO_ACCESS, NOT_CHECKED, WRONG_ACCOUNT
from lambdas.domain.runs.payer_outcome import PayerOutcome
from lambdas.domain.runs.payer_run import ListingNote, UnusableRow
from lambdas.domain.witnesses.acknowledgements import GivenAcknowledgement
from lambdas.domain.witnesses.statements import InvoiceUnits
from tests.domain.examples import (
    ACME,
    AFTER_DEADLINE,
    BEFORE_DEADLINE,
    BOREAL,
    OCTOBER,
    archived,
    outstanding,
)
from tests.domain.judging import HASH, codes, judged, outcome, payer

SEPTEMBER = BillingPeriod(2026, 9)
NEXT_DAY = AFTER_DEADLINE + timedelta(days=1)
LATER = AFTER_DEADLINE + timedelta(days=2)
NAMELESS = UnusableRow(OCTOBER, "0123456789ab")


def closed() -> Manifest:
    """October, complete after its deadline: one invoice of Acme."""
    return judged(outcome(), invoices=[archived("1")], run_id="run-1")


def test_every_listed_invoice_archived_after_the_deadline_is_complete_and_closes() -> None:
    manifest = judged(outcome(), invoices=[archived("1")])
    assert (manifest.verdict, payer(manifest).verdict) == ("COMPLETE", "COMPLETE")
    assert manifest.closed_at == "2026-11-12T06:00:00Z"
    assert (payer(manifest).expected, payer(manifest).archived) == (1, 1)
    assert payer(manifest).checked_at == "2026-11-12T06:00:00Z"


def test_before_the_deadline_even_a_full_archive_is_awaiting_and_open() -> None:
    manifest = judged(outcome(), invoices=[archived("1")], as_of=BEFORE_DEADLINE)
    assert (manifest.verdict, payer(manifest).verdict) == ("AWAITING", "AWAITING")
    assert manifest.closed_at is None


def test_the_last_second_of_the_deadline_is_not_overdue_and_the_next_is() -> None:
    overdue = CloseCalendar(CloseDeadline("day", 10)).overdue_from(OCTOBER)
    facts: dict[str, Any] = {"invoices": [archived("1")]}
    before = judged(outcome(), as_of=overdue - timedelta(seconds=1), **facts)
    assert before.verdict == "AWAITING"
    assert judged(outcome(), as_of=overdue, **facts).verdict == "COMPLETE"


def test_zero_listed_invoices_are_awaited_before_the_deadline_and_missing_after() -> None:
    before = judged(outcome(listed=()), as_of=BEFORE_DEADLINE)
    assert (before.verdict, codes(before)) == ("AWAITING", {})
    after = judged(outcome(listed=()))
    assert (after.verdict, payer(after).verdict) == ("ACTION_REQUIRED", "MISSING")
    assert codes(after) == {"NO_INVOICES_LISTED": "blocking"}


def test_an_invoice_without_its_document_is_awaited_and_then_partial() -> None:
    facts: dict[str, Any] = {"invoices": [archived("1")]}
    waiting = outcome(listed=("1", "AWAITED-1"), awaited=(outstanding(),))
    before = judged(waiting, as_of=BEFORE_DEADLINE, **facts)
    assert payer(before).verdict == "AWAITING"
    assert (payer(before).expected, payer(before).archived) == (2, 1)
    after = judged(waiting, **facts)
    assert payer(after).verdict == "PARTIAL"
    assert codes(after) == {"PDF_NOT_READY": "blocking"}


@pytest.mark.parametrize(
    "lacks", [(), (Gap("REVISION_NOT_CHECKED", "2", "Not yet."),)], ids=["no word", "a warning"]
)
def test_a_record_without_an_invoice_document_blocks_whatever_it_says(
    lacks: tuple[Gap, ...],
) -> None:
    bare = archived("2", documents=(), lacks=lacks)
    manifest = judged(outcome(), invoices=[archived("1"), bare])
    assert payer(manifest).verdict == "PARTIAL"
    assert codes(manifest)["NO_DOCUMENT_URL"] == "blocking"
    given = GivenAcknowledgement(ACME, OCTOBER, "Printed by hand.", "Dana", LATER.date())
    accepted = judged(outcome(), invoices=[archived("1"), bare], acknowledgements=[given])
    assert payer(accepted).verdict == "COMPLETE"


def test_an_invoice_that_is_listed_is_partial_and_not_missing_be_it_the_only_one() -> None:
    manifest = judged(outcome(listed=("AWAITED-1",), awaited=(outstanding(),)))
    assert payer(manifest).verdict == "PARTIAL"


def test_a_gap_for_a_person_is_red_even_before_the_deadline() -> None:
    refused = outstanding(code="DOCUMENT_URL_REFUSED")
    manifest = judged(outcome(awaited=(refused,)), as_of=BEFORE_DEADLINE)
    assert (manifest.verdict, payer(manifest).verdict) == ("ACTION_REQUIRED", "PARTIAL")


def test_an_invoice_without_an_id_is_expected_and_blocks() -> None:
    manifest = judged(outcome(nameless=(NAMELESS,)), invoices=[archived("1")])
    assert (payer(manifest).expected, payer(manifest).verdict) == (2, "PARTIAL")


def test_an_invoice_without_an_id_blocks_the_month_that_it_belongs_to_alone() -> None:
    of_september = outcome(
        periods=(OCTOBER, SEPTEMBER), nameless=(replace(NAMELESS, billing_period=SEPTEMBER),)
    )
    manifest = judged(of_september, invoices=[archived("1")])
    assert (manifest.verdict, codes(manifest)) == ("COMPLETE", {})


@pytest.mark.parametrize("names", [{ACME: "Acme"}, {}])
def test_an_invoice_without_an_id_of_a_month_that_was_not_asked_for_stays_reported(
    names: dict[str, str],
) -> None:
    found = judged(outcome(periods=(SEPTEMBER,), nameless=(NAMELESS,)), names=names)
    assert codes(found)["INVOICE_WITHOUT_ID"] == "blocking"
    later = judged(outcome(periods=(SEPTEMBER,)), previous=found, names=names)
    assert codes(later) == codes(found)


def test_an_invoice_without_an_id_reopens_no_closed_month() -> None:
    nameless = outcome(nameless=(NAMELESS,))
    second = judged(nameless, invoices=[archived("1")], previous=closed(), as_of=NEXT_DAY)
    assert (second.verdict, codes(second)) == ("COMPLETE", {"INVOICE_WITHOUT_ID": "warning"})
    assert (payer(second).expected, payer(second).archived) == (2, 1)
    third = judged(nameless, invoices=[archived("1")], previous=second, as_of=LATER)
    assert third.says_the_same_as(second)


def test_an_invoice_without_an_id_that_is_accepted_excuses_no_other() -> None:
    given = GivenAcknowledgement(ACME, OCTOBER, "It is in the other ledger.", "Dana", LATER.date())
    first = judged(
        outcome(nameless=(NAMELESS,)), invoices=[archived("1")], acknowledgements=[given]
    )
    assert first.verdict == "COMPLETE"
    other = replace(NAMELESS, fingerprint="ba9876543210")
    both = outcome(nameless=(NAMELESS, other))
    open_still = replace(first, closed_at=None)
    second = judged(both, invoices=[archived("1")], previous=open_still, run_id="run-3")
    assert [
        (f.severity, f.subject[-12:])
        for f in payer(second).findings
        if f.code == "INVOICE_WITHOUT_ID"
    ] == [
        ("blocking", "ba9876543210"),
        ("warning", "0123456789ab"),
    ]


@pytest.mark.parametrize("as_of", [BEFORE_DEADLINE, AFTER_DEADLINE])
@pytest.mark.parametrize(
    ("result", "verdict"),
    [(NO_ACCESS, "NO_ACCESS"), (WRONG_ACCOUNT, "NO_ACCESS"), (NOT_CHECKED, "NOT_CHECKED")],
)
def test_a_payer_that_could_not_be_asked_is_not_complete(
    result: str, verdict: str, as_of: datetime
) -> None:
    manifest = judged(outcome(result=result), invoices=[archived("1")], as_of=as_of)
    assert (manifest.verdict, payer(manifest).verdict) == ("ACTION_REQUIRED", verdict)
    assert codes(manifest) == {result: "blocking"}
    assert payer(manifest).checked_at is None


def test_a_payer_of_the_register_that_no_run_asked_is_reported_after_the_deadline() -> None:
    assert payer(judged(as_of=BEFORE_DEADLINE)).verdict == "AWAITING"
    after = judged()
    assert payer(after).verdict == "NOT_CHECKED"
    assert codes(after) == {"NOT_CHECKED": "blocking"}


def test_a_run_for_other_periods_says_nothing_of_this_one() -> None:
    manifest = judged(outcome(periods=(SEPTEMBER,)))
    assert payer(manifest).verdict == "NOT_CHECKED"


def test_nothing_new_says_the_same_and_names_its_predecessor() -> None:
    first = closed()
    second = judged(outcome(), invoices=[archived("1")], previous=first, as_of=NEXT_DAY)
    assert second.says_the_same_as(first)
    assert (second.sequence, second.previous_sha256) == (2, HASH)


def test_a_payer_that_did_not_change_keeps_the_run_that_last_changed_it() -> None:
    names = {ACME: "Acme", BOREAL: "Boreal"}
    first = judged(
        outcome(),
        outcome(BOREAL, listed=("2",), awaited=(outstanding("2", payer=BOREAL),)),
        invoices=[archived("1")],
        names=names,
        run_id="run-1",
    )
    second = judged(
        outcome(),
        outcome(BOREAL, listed=("2",)),
        invoices=[archived("1"), archived("2", payer=BOREAL)],
        names=names,
        previous=first,
        as_of=NEXT_DAY,
    )
    assert payer(second, ACME) == payer(first, ACME)
    assert (payer(first, BOREAL).verdict, payer(second, BOREAL).verdict) == ("PARTIAL", "COMPLETE")
    assert (payer(second, ACME).run_id, payer(second, BOREAL).run_id) == ("run-1", "run-2")
    assert not second.says_the_same_as(first)


def test_a_run_limited_to_some_payers_unsays_nothing_of_the_others() -> None:
    names = {ACME: "Acme", BOREAL: "Boreal"}
    first = judged(
        outcome(awaited=(outstanding(),), listed=("1", "AWAITED-1")),
        outcome(BOREAL, NO_ACCESS),
        invoices=[archived("1")],
        names=names,
        run_id="run-1",
    )
    limited = judged(
        outcome(BOREAL, NO_ACCESS), invoices=[archived("1")], names=names, previous=first
    )
    assert limited.says_the_same_as(first)
    other = judged(
        outcome(listed=("1",)),
        invoices=[archived("1"), archived("AWAITED-1")],
        names=names,
        previous=first,
    )
    assert payer(other, ACME).verdict == "COMPLETE"
    assert payer(other, BOREAL) == payer(first, BOREAL)
    assert codes(other, BOREAL) == {"NO_ACCESS": "blocking"}


def test_expected_is_the_union_of_all_listings_until_now() -> None:
    first = judged(
        outcome(listed=("1", "AWAITED-1"), awaited=(outstanding(),)), invoices=[archived("1")]
    )
    silent = judged(outcome(result=NOT_CHECKED), invoices=[archived("1")], previous=first)
    assert payer(silent).expected == 2
    assert codes(silent) == {"PDF_NOT_READY": "blocking", "NOT_CHECKED": "blocking"}


def test_an_outstanding_invoice_that_is_no_longer_listed_is_missing() -> None:
    first = judged(
        outcome(listed=("1", "AWAITED-1"), awaited=(outstanding(),)), invoices=[archived("1")]
    )
    second = judged(outcome(listed=("1",)), invoices=[archived("1")], previous=first)
    assert payer(second).expected == 2
    assert payer(second).verdict == "MISSING"
    assert codes(second) == {"INVOICE_VANISHED": "blocking"}


def test_what_only_a_role_showed_is_missing_only_where_roles_were_asked_again() -> None:
    by_role = replace(outstanding(), receiver_roles=("SELLER",))
    first = judged(outcome(listed=("1", "AWAITED-1"), awaited=(by_role,)), invoices=[archived("1")])
    for roles_listed, code in ((None, "PDF_NOT_READY"), (True, "INVOICE_VANISHED")):
        again = replace(outcome(listed=("1",)), roles_listed=roles_listed)
        second = judged(again, invoices=[archived("1")], previous=first)
        assert codes(second) == {code: "blocking"}


def test_an_outstanding_invoice_leaves_the_list_when_it_is_archived() -> None:
    first = judged(outcome(listed=("AWAITED-1",), awaited=(outstanding(),)))
    second = judged(
        outcome(listed=("AWAITED-1",)), invoices=[archived("AWAITED-1")], previous=first
    )
    assert payer(second).outstanding == ()
    assert (payer(second).expected, payer(second).verdict) == (1, "COMPLETE")


def test_an_outstanding_invoice_of_another_period_is_not_expected_in_this_one() -> None:
    other = outstanding("2", period=SEPTEMBER)
    manifest = judged(outcome(awaited=(other,)), invoices=[archived("1")])
    assert (payer(manifest).expected, payer(manifest).verdict) == (1, "COMPLETE")


def test_an_awaited_invoice_counts_for_the_payer_account_that_its_row_names() -> None:
    of_boreal = outstanding("2", payer=BOREAL)
    manifest = judged(outcome(listed=("1", "2"), awaited=(of_boreal,)), invoices=[archived("1")])
    assert payer(manifest, ACME).verdict == "COMPLETE"
    assert payer(manifest, BOREAL).verdict == "PARTIAL"
    assert manifest.verdict == "ACTION_REQUIRED"


def test_what_one_observer_awaits_has_not_vanished_because_another_does_not_list_it() -> None:
    names = {ACME: "Acme", BOREAL: "Boreal"}
    of_acme = outstanding("2", payer=ACME, seen_by=BOREAL)
    first = judged(
        outcome(ACME, listed=("1",)),
        outcome(BOREAL, listed=("2", "3"), awaited=(of_acme,)),
        invoices=[archived("1"), archived("3", payer=BOREAL)],
        names=names,
    )
    assert codes(first, ACME) == {"PDF_NOT_READY": "blocking"}
    limited_to_acme = judged(
        outcome(ACME, listed=("1",)),
        invoices=[archived("1"), archived("3", payer=BOREAL)],
        names=names,
        previous=first,
    )
    assert codes(limited_to_acme, ACME) == {"PDF_NOT_READY": "blocking"}


def test_an_account_that_only_others_were_shown_is_judged_by_its_invoices() -> None:
    manifest = judged(outcome(), invoices=[archived("1"), archived("2", payer=BOREAL)])
    assert payer(manifest, BOREAL).verdict == "COMPLETE"
    assert payer(manifest, BOREAL).name == ""


def test_a_payer_that_left_the_register_keeps_its_verdict_and_its_name() -> None:
    first = closed()
    second = judged(invoices=[archived("1")], previous=first, names={}, as_of=LATER)
    assert payer(second) == payer(first)
    assert second.says_the_same_as(first)


def test_a_payer_that_left_the_register_with_a_gap_keeps_the_gap() -> None:
    first = judged(outcome(result=NO_ACCESS))
    second = judged(previous=first, names={}, as_of=LATER)
    assert payer(second).verdict == "NO_ACCESS"
    assert codes(second) == {"NO_ACCESS": "blocking"}


def test_a_payer_that_left_the_register_before_anybody_asked_it_is_not_said_to_have_none() -> None:
    first = judged(names={ACME: "Acme", BOREAL: "Boreal"}, as_of=BEFORE_DEADLINE)
    second = judged(outcome(), invoices=[archived("1")], previous=first, as_of=AFTER_DEADLINE)
    assert "NO_INVOICES_LISTED" not in codes(second, BOREAL)
    assert payer(second, BOREAL).outcome is None


def test_a_period_without_any_payer_account_is_never_complete() -> None:
    manifest = judged(names={})
    assert manifest.verdict != "COMPLETE"
    assert manifest.closed_at is None


@pytest.mark.parametrize("result", [NO_ACCESS, WRONG_ACCOUNT, NOT_CHECKED])
def test_a_closed_period_that_was_complete_stays_so_when_a_later_look_fails(result: str) -> None:
    first = closed()
    second = judged(
        outcome(result=result), invoices=[archived("1")], previous=first, as_of=NEXT_DAY
    )
    assert (second.verdict, payer(second).verdict) == ("COMPLETE", "COMPLETE")
    assert codes(second) == {result: "warning"}
    assert payer(second).checked_at == payer(first).checked_at
    third = judged(invoices=[archived("1")], previous=second, as_of=LATER)
    assert third.says_the_same_as(second)
    cured = judged(outcome(), invoices=[archived("1")], previous=third, as_of=LATER)
    assert codes(cured) == {}


def test_a_closed_period_that_was_not_complete_for_a_payer_is_not_excused() -> None:
    names = {ACME: "Acme", BOREAL: "Boreal"}
    second = judged(
        outcome(BOREAL, NO_ACCESS), invoices=[archived("1")], names=names, previous=closed()
    )
    assert payer(second, BOREAL).verdict == "NO_ACCESS"
    assert second.verdict == "ACTION_REQUIRED"


def test_a_period_closes_once() -> None:
    second = judged(
        outcome(listed=("1", "2")),
        invoices=[archived("1"), archived("2", as_of=NEXT_DAY)],
        previous=closed(),
        as_of=NEXT_DAY,
    )
    assert second.closed_at == closed().closed_at


def test_an_invoice_archived_after_the_closing_is_reported_as_late_and_reopens_nothing() -> None:
    late = archived("2", as_of=NEXT_DAY)
    second = judged(
        outcome(listed=("1", "2")),
        invoices=[archived("1"), late],
        previous=closed(),
        as_of=NEXT_DAY,
    )
    assert (second.verdict, payer(second).verdict) == ("COMPLETE", "COMPLETE")
    (found,) = payer(second).findings
    assert (found.code, found.severity, found.subject) == ("LATE_INVOICE", "info", "2")
    third = judged(
        outcome(listed=("1", "2")), invoices=[archived("1"), late], previous=second, as_of=LATER
    )
    assert third.says_the_same_as(second)


def test_an_invoice_of_the_run_that_closes_the_period_is_not_late() -> None:
    manifest = judged(outcome(), invoices=[archived("1", as_of=AFTER_DEADLINE)])
    again = judged(
        outcome(), invoices=[archived("1", as_of=AFTER_DEADLINE)], previous=manifest, as_of=LATER
    )
    assert codes(again) == {}


def test_damage_to_the_evidence_is_red_even_in_a_closed_period() -> None:
    damage = finding("ARCHIVE_DAMAGED", "invoices/x.pdf", "It is gone.")
    second = judged(
        outcome(), invoices=[archived("1")], previous=closed(), damages={ACME: [damage]}
    )
    assert (second.verdict, payer(second).verdict) == ("ACTION_REQUIRED", "PARTIAL")
    assert codes(second) == {"ARCHIVE_DAMAGED": "blocking"}
    repaired = judged(outcome(), invoices=[archived("1")], previous=second)
    assert repaired.verdict == "COMPLETE"


def test_an_invoice_under_two_payer_accounts_is_reported_on_both() -> None:
    names = {ACME: "Acme", BOREAL: "Boreal"}
    manifest = judged(
        outcome(),
        outcome(BOREAL),
        invoices=[archived("1"), archived("1", payer=BOREAL), archived("2")],
        names=names,
    )
    for account_id, other in ((ACME, BOREAL), (BOREAL, ACME)):
        (found,) = payer(manifest, account_id).findings
        assert (found.code, found.subject) == ("INVOICE_TWICE", "1")
        assert other in found.detail
        assert payer(manifest, account_id).verdict == "COMPLETE"


def test_payers_stand_in_the_order_of_their_accounts_whatever_the_order_of_facts() -> None:
    names = {ACME: "Acme", BOREAL: "Boreal"}
    invoices = [archived("1"), archived("2", payer=BOREAL)]
    one = judged(outcome(), outcome(BOREAL, listed=("2",)), invoices=invoices, names=names)
    other = judged(
        outcome(BOREAL, listed=("2",)),
        outcome(),
        invoices=invoices,
        names=dict(reversed(names.items())),
    )
    assert [state.payer_account_id for state in one.payers] == [BOREAL, ACME]
    assert one.to_data() == other.to_data()


def test_a_renamed_payer_is_something_new() -> None:
    renamed = judged(
        outcome(), invoices=[archived("1")], previous=closed(), names={ACME: "Acme AG"}
    )
    assert payer(renamed).name == "Acme AG"
    assert not renamed.says_the_same_as(closed())


def test_the_findings_of_the_latest_listing_replace_those_of_the_one_before() -> None:
    first = judged(outcome(nameless=(NAMELESS,)), invoices=[archived("1")])
    failed = judged(outcome(result=NO_ACCESS), invoices=[archived("1")], previous=first)
    assert "INVOICE_WITHOUT_ID" in codes(failed)
    cured = judged(outcome(), invoices=[archived("1")], previous=failed)
    assert (codes(cured), payer(cured).verdict) == ({}, "COMPLETE")


def test_a_judgement_reads_back_from_the_archive() -> None:
    first = judged(
        outcome(awaited=(outstanding(),), listed=("1", "AWAITED-1")), invoices=[archived("1")]
    )
    back = Manifest.from_data(json.loads(to_canonical_json(first.to_data())))
    second = judged(
        outcome(awaited=(outstanding(),), listed=("1", "AWAITED-1")),
        invoices=[archived("1")],
        previous=back,
    )
    assert second.says_the_same_as(back)
    assert replace(second, sequence=1, previous_sha256=None) == first


def gap(one: PayerOutcome, *periods: BillingPeriod) -> PayerOutcome:
    return replace(one, unfinished=dict.fromkeys(periods, "A page has no list."))


def test_a_listing_that_is_not_whole_is_not_checked_and_says_why() -> None:
    after = judged(gap(outcome(listed=("1",)), OCTOBER), invoices=[archived("1")])
    (found,) = payer(after).findings
    assert (payer(after).verdict, found.code, found.severity) == (
        "NOT_CHECKED",
        "NOT_CHECKED",
        "blocking",
    )
    assert found.detail == "A page has no list."
    assert found.next_step.startswith("The next daily run asks again.")
    assert payer(after).checked_at is None


def test_another_period_that_is_not_whole_changes_nothing() -> None:
    whole = outcome(listed=("1",))
    after = judged(gap(whole, OCTOBER.shifted(-1)), invoices=[archived("1")])
    assert after == judged(whole, invoices=[archived("1")])


def test_from_a_listing_that_is_not_whole_no_awaited_invoice_has_vanished() -> None:
    first = judged(outcome(listed=("2",), awaited=(outstanding("2"),)))
    for one in (
        gap(outcome(listed=()), OCTOBER),
        outcome(listed=(), nameless=(UnusableRow(OCTOBER, "0123456789ab", "null"),)),
    ):
        after = judged(one, previous=first)
        assert "INVOICE_VANISHED" not in codes(after)
        assert codes(after)["PDF_NOT_READY"] == "blocking"
    assert "INVOICE_VANISHED" in codes(judged(outcome(listed=()), previous=first))


def reworded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release that words every next step otherwise."""
    kinds = {code: replace(kind, step="Another.") for code, kind in KINDS.items()}
    monkeypatch.setattr("lambdas.domain.findings.KINDS", kinds)


def test_other_words_for_what_a_closed_month_lists_and_misses_are_no_news(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = GivenAcknowledgement(ACME, OCTOBER, "It never comes.", "Dana", LATER.date())

    def asked() -> PayerOutcome:
        listed = outcome(awaited=(outstanding(),), nameless=(NAMELESS,))
        refused = finding("LISTING_REFUSED", BOREAL, "AWS refused.")
        estimate = finding("ESTIMATE_LISTED", "estimate-1", "AWS lists an estimate.")
        notes = (ListingNote(OCTOBER, refused), ListingNote(OCTOBER, estimate))
        return replace(listed, notes=notes)

    first = judged(asked(), invoices=[archived("1")], acknowledgements=[given])
    assert first.closed_at
    reworded(monkeypatch)
    again = judged(asked(), invoices=[archived("1")], previous=first, as_of=NEXT_DAY)
    assert again.says_the_same_as(first)
    denied = outcome(result=NO_ACCESS)
    later = judged(denied, invoices=[archived("1")], previous=first, as_of=NEXT_DAY)
    assert not later.says_the_same_as(first)


def test_an_estimate_that_was_accepted_when_the_month_closed_stays_as_it_was() -> None:
    given = GivenAcknowledgement(ACME, OCTOBER, "It is an estimate.", "Dana", LATER.date())
    first = judged(
        outcome(awaited=(outstanding("estimate-1"),)),
        invoices=[archived("1")],
        acknowledgements=[given],
    )
    assert (first.verdict, bool(first.closed_at)) == ("COMPLETE", True)
    second = judged(outcome(), invoices=[archived("1")], previous=first, as_of=NEXT_DAY)
    assert second.says_the_same_as(first)
    over = judged(
        outcome(), invoices=[archived("1")], previous=second, as_of=LATER + timedelta(days=1)
    )
    assert (over.verdict, codes(over)) == ("COMPLETE", {"PDF_NOT_READY": "warning"})
    open_still = replace(first, closed_at=None)
    assert codes(judged(outcome(), invoices=[archived("1")], previous=open_still)) == {
        "ACKNOWLEDGED": "warning"
    }


def test_what_was_accepted_stays_so_where_the_payer_account_can_no_longer_be_judged() -> None:
    given = GivenAcknowledgement(ACME, OCTOBER, "It never comes.", "Dana", LATER.date())
    waits = outcome(awaited=(outstanding(),))
    first = judged(
        waits, invoices=[archived("1")], acknowledgements=[given], names={ACME: "A", BOREAL: "B"}
    )
    odd = replace(archived("1"), documents=None)  # type: ignore[arg-type]
    second = judged(waits, invoices=[odd], previous=first, as_of=LATER + timedelta(days=1))
    assert payer(second).verdict == "NOT_CHECKED"
    assert codes(second) == {
        "ACKNOWLEDGED": "warning",
        "ARCHIVE_DAMAGED": "blocking",
        "PDF_NOT_READY": "warning",
    }


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"InvoiceType": "CREDIT_MEMO", "OriginalInvoiceId": "0"}, "ORIGINAL_NOT_ARCHIVED"),
        ({"CommercialInvoiceId": "0"}, "COMMERCIAL_INVOICE_NOT_ARCHIVED"),
        ({"InvoiceType": "PAYMENT_RECEIPT", "OriginalInvoiceId": "0"}, "RECEIPT_WITHOUT_INVOICE"),
    ],
)
def test_an_invoice_that_refers_to_one_that_the_archive_has_not_is_a_warning(
    row: dict[str, str], code: str
) -> None:
    invoices = [archived("1"), archived("2", **row)]
    manifest = judged(outcome(listed=("1", "2")), invoices=invoices, absent=("0",))
    assert (payer(manifest).verdict, codes(manifest)) == ("COMPLETE", {code: "warning"})


@pytest.mark.parametrize("cause", ["unread", "refused", ""])
def test_an_invoice_of_a_receiver_has_vanished_only_where_the_receiver_was_listed(
    cause: str,
) -> None:
    receiver = "777788889999"
    awaited = outstanding("2", payer=receiver, seen_by=ACME)
    first = judged(outcome(awaited=(awaited,)), invoices=[archived("1")])
    units = InvoiceUnits("run-2", "2026-11-12T06:00:00Z", (receiver,))
    later = outcome(units=replace(units, not_read="AWS denied it." if cause == "unread" else ""))
    refused = finding("LISTING_REFUSED", receiver, "AWS refused.")
    notes = (ListingNote(OCTOBER, refused),) if cause == "refused" else ()
    second = judged(
        replace(later, notes=notes), invoices=[archived("1")], previous=first, as_of=NEXT_DAY
    )
    wanted = "PDF_NOT_READY" if cause else "INVOICE_VANISHED"
    assert codes(second, receiver) == {wanted: "blocking"}


def test_an_estimate_that_an_earlier_release_archived_is_not_the_invoice_of_the_month() -> None:
    estimate = [archived("estimate-1")]
    manifest = judged(outcome(), invoices=estimate)
    assert (payer(manifest).verdict, codes(manifest)) == (
        "MISSING",
        {"NO_INVOICES_LISTED": "blocking"},
    )
    invoices = [*estimate, archived("1")]
    assert judged(outcome(), invoices=invoices).verdict == "COMPLETE"
    closed_month = replace(judged(outcome(), invoices=invoices), run_id="run-1")
    assert judged(outcome(), invoices=invoices, previous=closed_month).says_the_same_as(
        closed_month
    )


def test_a_gap_keeps_the_instant_as_of_which_it_was_first_found() -> None:
    awaited = outcome(awaited=(outstanding("2"),))
    first = judged(awaited, invoices=[archived("1")])
    again = judged(awaited, invoices=[archived("1"), archived("3")], previous=first, as_of=NEXT_DAY)
    assert payer(again).since == payer(first).since == {("", "2"): first.generated_at}
    all_of_them = [archived("1"), archived("2"), archived("3")]
    found = judged(
        outcome(listed=("1", "2", "3")), invoices=all_of_them, previous=again, as_of=LATER
    )
    assert (payer(found).since, payer(found).unarchived) == ({}, 0)


def test_a_gap_of_a_manifest_that_notes_no_instant_was_there_as_of_that_manifest() -> None:
    awaited = outcome(awaited=(outstanding("2"),))
    first = judged(awaited, invoices=[archived("1")])
    bare = replace(first, payers=(replace(payer(first), outstanding_since=(), unarchived=None),))
    again = judged(awaited, invoices=[archived("1"), archived("3")], previous=bare, as_of=NEXT_DAY)
    assert payer(again).since == {("", "2"): first.generated_at}


def test_instants_of_gaps_are_no_news() -> None:
    awaited = outcome(awaited=(outstanding("2"),))
    first = judged(awaited, invoices=[archived("1")])
    bare = replace(first, payers=(replace(payer(first), outstanding_since=(), unarchived=None),))
    again = judged(awaited, invoices=[archived("1")], previous=bare, as_of=NEXT_DAY)
    assert again.says_the_same_as(bare)
    assert payer(again) is payer(bare)


def test_what_a_person_accepted_is_not_outstanding() -> None:
    given = GivenAcknowledgement(ACME, OCTOBER, "It never comes.", "Dana", LATER.date())
    awaited = outcome(awaited=(outstanding("2"),))
    after = judged(awaited, invoices=[archived("1")], acknowledgements=[given])
    assert (payer(after).expected - payer(after).archived, payer(after).unarchived) == (1, 0)


def test_a_gap_that_a_person_accepted_for_a_time_keeps_its_first_instant() -> None:
    awaited = outcome(awaited=(outstanding("2", code="ROWS_DIFFER"),))
    first = judged(awaited, invoices=[archived("1")])
    given = GivenAcknowledgement(ACME, OCTOBER, "It is known.", "Dana", NEXT_DAY.date())
    accepted = judged(
        awaited, invoices=[archived("1")], previous=first, as_of=NEXT_DAY, acknowledgements=[given]
    )
    ended = judged(
        awaited, invoices=[archived("1")], previous=accepted, as_of=NEXT_DAY + timedelta(days=7)
    )
    assert payer(ended).since[("ROWS_DIFFER", "2")] == first.generated_at


def test_another_reason_for_a_missing_document_is_the_same_gap_and_another_gap_is_not() -> None:
    first = judged(outcome(awaited=(outstanding("2"),)), invoices=[archived("1")])
    again = judged(
        outcome(awaited=(outstanding("2", code="DOWNLOAD_FAILED"),)),
        invoices=[archived("1")],
        previous=first,
        as_of=NEXT_DAY,
    )
    assert payer(again).since == payer(first).since
    denied = judged(outcome(result=NO_ACCESS))
    listed = judged(outcome(listed=()), previous=denied, as_of=NEXT_DAY)
    assert [code for code, _ in payer(denied).since] == ["NO_ACCESS"]
    assert payer(listed).since == {("NO_INVOICES_LISTED", ACME): listed.generated_at}


def test_a_nameless_row_is_outstanding() -> None:
    after = judged(outcome(nameless=(NAMELESS,)))
    assert payer(after).unarchived == 1
