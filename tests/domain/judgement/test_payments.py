"""AWS Payments as a witness: every id that it has is archived, or is named."""

import time
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from lambdas.domain.findings import finding
from lambdas.domain.judgement.judge import charges_wanted, judge_payers
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.payments.payments_answer import PaymentsAnswer
from lambdas.domain.runs.payer_run import ListingNote, UnusableRow
from lambdas.domain.witnesses.acknowledgements import GivenAcknowledgement
from lambdas.domain.witnesses.payments import PaymentRecords
from tests.domain.examples import (
    ACME,
    AFTER_DEADLINE,
    BEFORE_DEADLINE,
    BOREAL,
    OCTOBER,
    archived,
    outstanding,
)
from tests.domain.judgement.test_judged_witnesses import bill, issuer, past
from tests.domain.judging import codes, facts_of, judged, outcome, payer
from tests.domain.payments.records import answer, credit_memo, financial_record, paid

UNLISTED = "FINANCIAL_RECORD_WITHOUT_INVOICE"
NEXT_DAY = AFTER_DEADLINE + timedelta(days=1)
BOTH = {ACME: "Acme", BOREAL: "Boreal"}


def asked(payments: PaymentsAnswer | None, account_id: str = ACME, **given: Any) -> Any:
    return outcome(account_id, payments=payments, **given)


def stated(manifest: Manifest, account_id: str = ACME) -> PaymentRecords:
    statement = payer(manifest, account_id).witnesses.payments
    assert statement
    return statement


def found(manifest: Manifest, code: str = UNLISTED, account_id: str = ACME) -> list[str]:
    return [one.subject for one in payer(manifest, account_id).findings if one.code == code]


def details(manifest: Manifest, code: str) -> list[str]:
    return [one.detail for one in payer(manifest).findings if one.code == code]


def test_l33_an_invoice_that_invoicing_never_lists_blocks_and_is_named() -> None:
    manifest = judged(
        asked(answer(financial_record("1"), financial_record("7", "12450.10", "EUR"))),
        invoices=[archived("1")],
    )

    state = payer(manifest)
    assert (state.verdict, state.expected, state.unarchived) == ("MISSING", 2, 1)
    [one] = state.blocking
    assert (one.code, one.subject) == (UNLISTED, "7")
    assert one.detail == (
        "AWS Payments shows invoice 7 of Amazon Web Services EMEA SARL for 12,450.10 EUR, issued "
        "3 November 2026, due 3 December 2026. AWS Invoicing does not list it."
    )
    assert one.next_step == (
        "No action until the deadline; we retry daily. After it: Look for it in the Billing "
        "console. If AWS Invoicing does not list it, open an AWS Billing case."
    )


def test_a_credit_memo_that_invoicing_never_lists_blocks_too() -> None:
    manifest = judged(asked(answer(credit_memo("9"))), invoices=[archived("1")])

    assert payer(manifest).verdict == "MISSING"
    assert details(manifest, UNLISTED) == [
        "AWS Payments shows credit memo 9 of Amazon Web Services EMEA SARL for 10.00 USD, issued "
        "3 November 2026. AWS Invoicing does not list it."
    ]


def test_a_paid_invoice_that_was_never_listed_blocks_too() -> None:
    assert found(judged(asked(answer(paid("7"))), invoices=[archived("1")])) == ["7"]


def test_before_the_deadline_it_is_awaited() -> None:
    manifest = judged(
        asked(answer(financial_record("7"))), invoices=[archived("1")], as_of=BEFORE_DEADLINE
    )

    assert payer(manifest).verdict == "AWAITING"
    assert payer(manifest).settled_at is None


def test_once_it_is_archived_the_payer_account_is_complete() -> None:
    first = judged(asked(answer(financial_record("7"))), invoices=[archived("1")])
    second = judged(
        asked(answer(financial_record("7")), listed=("1", "7")),
        invoices=[archived("1"), archived("7")],
        previous=first,
        as_of=NEXT_DAY,
    )

    assert payer(second).verdict == "COMPLETE"
    assert stated(second).vouches


def test_it_stays_a_gap_on_a_day_on_which_nobody_is_asked() -> None:
    first = judged(asked(answer(financial_record("7"))), invoices=[archived("1")])
    second = judged(invoices=[archived("1")], previous=first, as_of=NEXT_DAY)

    assert payer(second) == payer(first)
    assert found(second) == ["7"]


def test_an_id_is_known_under_any_account_in_any_listing_and_in_any_period() -> None:
    records = [financial_record(one) for one in ("1", "2", "3", "4", "5")]
    manifest = judged(
        asked(answer(*records), listed=("1", "4"), awaited=(outstanding("3"),)),
        invoices=[archived("1"), archived("2", payer=BOREAL)],
        recorded_elsewhere=["5"],
    )

    assert found(manifest) == []
    assert stated(manifest).records == 5


def test_an_id_in_a_row_that_cannot_be_archived_is_listed_and_one_gap() -> None:
    row = UnusableRow(OCTOBER, "0123456789ab", '{"InvoiceId": "7"}')
    manifest = judged(
        asked(answer(financial_record("7")), nameless=(row,)), invoices=[archived("1")]
    )

    assert (found(manifest), codes(manifest)["INVOICE_WITHOUT_ID"]) == ([], "blocking")
    assert payer(manifest).unarchived == 1


def test_records_of_other_periods_say_nothing_about_this_one() -> None:
    old = financial_record("7", billing_period=OCTOBER.shifted(-4))
    manifest = judged(asked(answer(old)), invoices=[archived("1")])

    assert (payer(manifest).verdict, stated(manifest).records) == ("COMPLETE", 0)


def test_an_id_that_a_payer_account_and_a_receiver_have_is_one_gap() -> None:
    records = answer(financial_record("1"), financial_record("7"))
    manifest = judged(
        asked(records),
        asked(records, BOREAL, listed=("2",)),
        invoices=[archived("1"), archived("2", payer=BOREAL)],
        names=BOTH,
    )

    assert [found(manifest, account_id=one) for one in sorted(BOTH)] == [["7"], []]
    assert sum(state.unarchived or 0 for state in manifest.payers) == 1


def test_what_aws_payments_has_not_is_a_note_after_the_deadline() -> None:
    rows = [
        archived("1"),
        archived("2"),
        archived("3", CommercialInvoiceId="1"),
        archived("4", InvoiceType="PAYMENT_RECEIPT", OriginalInvoiceId="1"),
    ]
    listed = ("1", "2", "3", "4")
    early = judged(
        asked(answer(financial_record("1")), listed=listed), invoices=rows, as_of=BEFORE_DEADLINE
    )
    late = judged(asked(answer(financial_record("1")), listed=listed), invoices=rows)

    assert "WITNESSES_DISAGREE" not in codes(early)
    assert codes(late)["WITNESSES_DISAGREE"] == "info"
    assert details(late, "WITNESSES_DISAGREE") == [
        "AWS Payments has no record of 1 listed invoice: 2."
    ]
    assert payer(late).verdict == "COMPLETE"


def test_what_was_issued_outside_the_days_that_were_asked_for_is_not_missed() -> None:
    rows = [
        archived("1"),
        archived("2", IssuedDate="2027-02-01T00:00:00Z"),
        archived("3", IssuedDate=None),
    ]
    short = replace(answer(financial_record("1")), issued_before=date(2027, 1, 1))
    manifest = judged(asked(short, listed=("1", "2", "3")), invoices=rows)

    assert "WITNESSES_DISAGREE" not in codes(manifest)


def test_a_witness_that_cannot_be_read_is_named_and_the_others_decide() -> None:
    denied = PaymentsAnswer(not_read="AWS denied payments:ListFinancialRecords.")
    manifest = judged(asked(denied), invoices=[archived("1")])

    assert codes(manifest) == {"WITNESS_NOT_READ": "warning"}
    assert payer(manifest).verdict == "COMPLETE"
    assert not stated(manifest).vouches


def test_a_gap_outlives_an_answer_that_does_not_come() -> None:
    first = judged(asked(answer(financial_record("7"))), invoices=[archived("1")])
    denied = PaymentsAnswer(not_read="AWS denied payments:ListFinancialRecords.")
    second = judged(asked(denied), invoices=[archived("1")], previous=first, as_of=NEXT_DAY)

    assert found(second) == ["7"]
    assert "WITNESS_NOT_READ" in codes(second)


def test_a_gap_outlives_an_answer_that_is_not_whole() -> None:
    first = judged(asked(answer(financial_record("7"))), invoices=[archived("1")])
    part = answer(financial_record("8"), not_read="1 record was not read.", at=NEXT_DAY)
    second = judged(asked(part), invoices=[archived("1")], previous=first, as_of=NEXT_DAY)

    assert found(second) == ["7", "8"]
    assert not stated(second).vouches


def test_a_gap_ends_when_aws_payments_no_longer_has_it() -> None:
    first = judged(asked(answer(financial_record("7"))), invoices=[archived("1")])
    second = judged(
        asked(answer(financial_record("1"), at=NEXT_DAY)),
        invoices=[archived("1")],
        previous=first,
        as_of=NEXT_DAY,
    )

    assert payer(second).verdict == "COMPLETE"


@pytest.mark.parametrize(
    "days",
    [
        {"issued_from": date(2026, 8, 1), "issued_before": date(2026, 11, 1)},
        {"issued_from": date(2026, 11, 4)},
    ],
)
def test_a_gap_outlives_an_answer_that_does_not_reach_its_day(days: dict[str, date]) -> None:
    first = judged(asked(answer(paid("7"))), invoices=[archived("1")])
    backfill = replace(answer(financial_record("1"), at=NEXT_DAY), **days)
    second = judged(asked(backfill), invoices=[archived("1")], previous=first, as_of=NEXT_DAY)

    assert found(second) == ["7"]
    assert payer(second).verdict == "MISSING"


def test_a_month_that_invoicing_refuses_to_list_has_what_aws_payments_shows() -> None:
    refused = replace(
        asked(answer(financial_record("7")), listed=(), periods=(OCTOBER.shifted(1), OCTOBER)),
        refused={OCTOBER: "AWS refused to list 2026-10."},
        notes=(ListingNote(OCTOBER, finding("LISTING_REFUSED", ACME, "AWS refused it.")),),
    )
    nothing = judged(replace(refused, payments=answer()))
    owed = judged(refused)

    assert payer(nothing).verdict == "COMPLETE"
    assert (payer(owed).verdict, found(owed)) == ("MISSING", ["7"])


def test_a_payment_changes_nothing_in_the_manifest() -> None:
    first = judged(asked(answer(financial_record("1"))), invoices=[archived("1")])
    second = judged(
        asked(answer(paid("1"), at=NEXT_DAY, run_id="run-3")),
        invoices=[archived("1")],
        previous=first,
        as_of=NEXT_DAY,
        run_id="run-3",
    )

    assert second.says_the_same_as(first)


def closed_without_payments() -> Manifest:
    manifest = judged(asked(None), invoices=[archived("1")])
    assert manifest.closed_at
    return manifest


def test_a_month_that_closed_before_payments_were_asked_stays_as_it_is() -> None:
    before = closed_without_payments()
    for payments in (
        answer(financial_record("1"), financial_record("7")),
        PaymentsAnswer(not_read="AWS denied payments:ListFinancialRecords."),
    ):
        now = judged(asked(payments), invoices=[archived("1")], previous=before, as_of=NEXT_DAY)

        assert now.says_the_same_as(before)
        assert payer(now).witnesses.payments is None


def test_a_debt_that_appears_after_the_close_is_a_warning() -> None:
    before = judged(asked(answer(financial_record("1"))), invoices=[archived("1")])
    now = judged(
        asked(answer(financial_record("1"), financial_record("7"), at=NEXT_DAY)),
        invoices=[archived("1")],
        previous=before,
        as_of=NEXT_DAY,
    )

    assert before.closed_at == now.closed_at
    assert codes(now)[UNLISTED] == "warning"
    assert (payer(now).verdict, now.verdict) == ("COMPLETE", "COMPLETE")


def test_a_closed_month_hears_nothing_else_from_aws_payments() -> None:
    before = judged(asked(answer(financial_record("1"))), invoices=[archived("1")])
    for payments in (
        None,
        answer(at=NEXT_DAY),
        PaymentsAnswer(not_read="AWS denied payments:ListFinancialRecords."),
    ):
        now = judged(asked(payments), invoices=[archived("1")], previous=before, as_of=NEXT_DAY)

        assert now.says_the_same_as(before)


@pytest.mark.parametrize("payments", [answer(financial_record("1"), at=NEXT_DAY), None])
def test_the_warning_of_a_closed_month_ends_when_aws_payments_answers_or_is_not_asked_any_more(
    payments: PaymentsAnswer | None,
) -> None:
    denied = PaymentsAnswer(not_read="AWS denied payments:ListFinancialRecords.")
    before = judged(asked(denied), invoices=[archived("1")])
    assert before.closed_at
    assert codes(before)["WITNESS_NOT_READ"] == "warning"
    now = judged(asked(payments), invoices=[archived("1")], previous=before, as_of=NEXT_DAY)

    assert "WITNESS_NOT_READ" not in codes(now)
    assert now.closed_at == before.closed_at
    statement = payer(now).witnesses.payments
    assert (statement and statement.records) == (1 if payments else None)


def test_an_answer_that_was_not_whole_does_not_become_whole_by_switching_off() -> None:
    part = answer(financial_record("1"), not_read="1 record was not read.")
    late = financial_record("7")
    both = {"names": BOTH, "invoices": [archived("1")]}  # Boreal keeps the month open
    first = judged(asked(replace(part, records=(*part.records, late))), **both)
    off = judged(asked(None), previous=first, as_of=NEXT_DAY, **both)

    assert (codes(off)[UNLISTED], found(off)) == ("blocking", ["7"])
    assert "WITNESS_NOT_READ" not in codes(off)
    assert not stated(off).was_read
    again = judged(
        asked(answer(financial_record("1"), at=NEXT_DAY)),
        previous=off,
        as_of=NEXT_DAY,
        **both,
    )
    assert (stated(again).vouches, found(again)) == (True, [])


@pytest.mark.parametrize(("payments", "is_asked"), [(answer(paid("1")), False), (None, True)])
def test_cost_explorer_is_asked_again_once_aws_payments_is_switched_off(
    payments: PaymentsAnswer | None, is_asked: bool
) -> None:
    given: Any = {"names": BOTH, "invoices": [bill()], "past": past(issuer())}
    before = judged(asked(answer(paid("1"))), **given)
    facts = facts_of(asked(payments), previous=before, as_of=NEXT_DAY, **given)

    assert bool(charges_wanted(facts, judge_payers(facts))) is is_asked


def test_an_acknowledgement_covers_it() -> None:
    first = judged(asked(answer(financial_record("7"))), invoices=[archived("1")])
    given = GivenAcknowledgement(ACME, OCTOBER, "Paid twice.", "Dana", date(2026, 12, 31))
    second = judged(
        asked(answer(financial_record("7"))),
        invoices=[archived("1")],
        previous=first,
        as_of=NEXT_DAY,
        acknowledgements=[given],
    )

    assert payer(second).verdict == "COMPLETE"
    assert codes(second)[UNLISTED] == "warning"


def test_thousands_of_unlisted_records_are_compared_within_a_second() -> None:
    records = [financial_record(f"P{n}", record_id=f"INV-{n:019}") for n in range(4_000)]
    listed = tuple(f"L{number}" for number in range(20_000))
    facts = facts_of(asked(answer(*records), listed=listed), invoices=[archived("1")])
    begun = time.process_time()

    assert len(facts.unlisted_ids) == 4_000
    assert time.process_time() - begun < 1
