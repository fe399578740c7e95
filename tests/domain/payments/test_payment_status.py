"""The payment status of a month is made of the answers of many runs."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.domain.json_form import checked
from lambdas.domain.json_text import instant_text
from lambdas.domain.payments.financial_record import FinancialRecord
from lambdas.domain.payments.open_payments import OpenPayments, totals_of
from lambdas.domain.payments.payment_status import SCHEMA, PayerPayments, PaymentStatus
from lambdas.domain.payments.payment_words import past_due_text, payment_text
from lambdas.domain.payments.payments_answer import PaymentsAnswer
from tests.domain.examples import ACME, AFTER_DEADLINE, BOREAL, OCTOBER
from tests.domain.payments.records import answer, credit_memo, financial_record, paid
from tests.sizes import examples

NEXT_DAY = AFTER_DEADLINE + timedelta(days=1)
ASKED = {ACME}
DENIED = PaymentsAnswer(not_read="AWS denied payments:ListFinancialRecords.")


def status(*records: FinancialRecord, **given: Any) -> PaymentStatus:
    return PaymentStatus(OCTOBER).updated({ACME: answer(*records, **given)}, ASKED)


def later(before: PaymentStatus, *records: FinancialRecord, **given: Any) -> PaymentStatus:
    one = answer(*records, **{"at": NEXT_DAY, "run_id": "run-3"} | given)
    return before.updated({ACME: one}, ASKED)


def ids(one: PaymentStatus) -> list[str]:
    return [record.invoice_id for record in one.records]


def test_it_reads_back_and_says_which_run_changed_it_last() -> None:
    one = status(financial_record("1"), credit_memo("9"))
    data = one.to_data()

    assert (data["schema"], data["run_id"]) == (SCHEMA, "run-2")
    assert data["as_of"] == instant_text(AFTER_DEADLINE)
    assert checked(PaymentStatus.from_data(data)) == one


def test_another_schema_is_not_understood() -> None:
    data = status(financial_record()).to_data() | {"schema": "invoice-archive/payment_status/2"}

    with pytest.raises(ValueError, match="the view's schema is not"):
        PaymentStatus.from_data(data)


def test_a_run_that_finds_the_same_changes_nothing() -> None:
    before = status(financial_record("1"))

    assert later(before, financial_record("1")) == before


def test_a_payment_is_of_the_run_that_found_it() -> None:
    now = later(status(financial_record("1")), paid("1"))

    assert (now.run_id, now.as_of) == ("run-3", instant_text(NEXT_DAY))
    assert now.by_invoice["1"].is_paid


def test_a_record_that_aws_no_longer_has_is_gone() -> None:
    assert ids(later(status(financial_record("1"), financial_record("2")), paid("1"))) == ["1"]


def test_records_of_an_older_month_are_added_to_what_was_known() -> None:
    before = status(paid("1"), financial_record("2"))
    now = later(before, paid("2"), issued_from=OCTOBER.shifted(2).first_day)

    assert [one.is_paid for one in now.records] == [True, True]


def test_a_backfill_keeps_the_closed_records_that_it_did_not_ask_for() -> None:
    before = status(paid("1"), financial_record("2"))
    until_october = replace(
        answer(financial_record("2"), at=NEXT_DAY, issued_from=OCTOBER.shifted(-5).first_day),
        issued_before=OCTOBER.first_day,
    )

    assert before.updated({ACME: until_october}, ASKED) == before
    assert before.updated({ACME: until_october}, ()) == before


def test_an_old_record_that_aws_no_longer_knows_is_gone() -> None:
    gone = financial_record("2")
    now = status(paid("1"), gone).updated(
        {
            ACME: replace(
                answer(at=NEXT_DAY, issued_from=OCTOBER.shifted(2).first_day),
                gone=(gone.record_id,),
            )
        },
        (),
    )

    assert ids(now) == ["1"]


def test_an_answer_that_is_not_whole_adds_to_what_was_known_and_says_so() -> None:
    before = status(paid("1"), financial_record("2"))
    now = later(before, paid("2"), not_read="1 record was not read.")

    assert ids(now) == ["1", "2"]
    assert now.payers[0].not_read == "1 record was not read."


def test_an_answer_that_does_not_come_keeps_the_records_and_their_run() -> None:
    before = status(financial_record("1"))
    now = before.updated({ACME: DENIED}, ASKED)

    assert (now.records, now.run_id) == (before.records, "run-2")
    assert now.payers[0].not_read == DENIED.not_read
    assert later(now, financial_record("1")).payers[0].not_read == ""


def test_a_payer_account_that_the_run_did_not_ask_keeps_its_part() -> None:
    before = status(financial_record("1"))
    now = before.updated({BOREAL: answer(financial_record("2"), at=NEXT_DAY)}, {BOREAL})

    assert [one.payer_account_id for one in now.payers] == [BOREAL, ACME]
    assert now.payers[1] == before.payers[0]


def test_the_answer_of_an_earlier_run_does_not_replace_a_later_one() -> None:
    before = status(paid("1"), at=NEXT_DAY)

    assert later(before, financial_record("1"), at=AFTER_DEADLINE) == before


def test_of_a_month_that_nobody_asked_for_only_what_is_open_is_known() -> None:
    august = OCTOBER.shifted(-2)
    records = [
        replace(one, billing_period=august) for one in (paid("1"), financial_record("2"), paid("3"))
    ]
    now = PaymentStatus(august).updated({ACME: answer(*records)}, ())

    assert ids(now) == ["2"]
    assert PaymentStatus(august).updated({ACME: answer(records[0])}, ()).payers == ()


def test_a_payer_account_without_a_record_was_asked_all_the_same() -> None:
    assert status().payers == (PayerPayments(ACME, "run-2", instant_text(AFTER_DEADLINE)),)


RECORDS = st.lists(
    st.sampled_from(
        [financial_record("1"), paid("1"), financial_record("2"), paid("2"), credit_memo("9")]
    ),
    unique_by=lambda one: one.record_id,
    max_size=3,
)
RUNS = st.lists(st.tuples(st.sampled_from([ACME, BOREAL]), RECORDS), min_size=1, max_size=6)


@settings(max_examples=examples(30, 300))
@given(RUNS, st.randoms(use_true_random=False))
def test_whatever_order_runs_end_in_the_next_one_says_what_is(runs: Any, order: Any) -> None:
    answers = [
        (account, answer(*records, at=AFTER_DEADLINE + timedelta(hours=number), run_id=f"{number}"))
        for number, (account, records) in enumerate(runs)
    ]
    now = PaymentStatus(OCTOBER)
    for account, answered in order.sample(answers, len(answers)):
        now = now.updated({account: answered}, {account})
    last = dict(answers)
    now = now.updated({one: replace(last[one], at=instant_text(NEXT_DAY)) for one in last}, last)

    assert {one.payer_account_id: set(one.records) for one in now.payers} == {
        account: set(answered.records) for account, answered in last.items()
    }


def seen_by_both(first: FinancialRecord, second: FinancialRecord, at: datetime) -> PaymentStatus:
    """A record as Acme shows it, and as Boreal shows it at another instant."""
    given = {ACME: answer(first), BOREAL: answer(second, at=at)}
    return PaymentStatus(OCTOBER).updated(given, {ACME, BOREAL})


def test_of_a_record_that_two_accounts_show_the_newer_status_counts() -> None:
    for one in (
        seen_by_both(financial_record("1"), paid("1"), NEXT_DAY),
        seen_by_both(paid("1"), financial_record("1"), AFTER_DEADLINE - timedelta(days=1)),
    ):
        assert [record.is_paid for record in one.records] == [True]
        assert OpenPayments.of([one]).payments == ()


DAY = date(2026, 12, 4)


def test_open_payments_are_sorted_by_their_due_dates_over_all_months() -> None:
    september = replace(
        financial_record("7", "5.00"),
        billing_period=OCTOBER.shifted(-1),
        due_date=date(2026, 11, 3),
    )
    payments = OpenPayments.of(
        [
            status(financial_record("1"), paid("2"), credit_memo("9"), at=NEXT_DAY),
            PaymentStatus(OCTOBER.shifted(-1)).updated({ACME: answer(september)}, ASKED),
        ]
    )

    assert [one.record.invoice_id for one in payments.payments] == ["7", "1", "9"]
    assert [one.record.invoice_id for one in payments.past_due(DAY)] == ["7", "1"]
    assert [one.record.invoice_id for one in payments.to_pay(date(2026, 12, 3))] == ["1"]
    assert [one.record.invoice_id for one in payments.credits] == ["9"]
    assert [(str(one.value), one.currency) for one in totals_of(payments.past_due(DAY))] == [
        ("105.00", "USD")
    ]
    assert payments.changed_at == instant_text(NEXT_DAY)


def test_who_could_not_be_read_is_known() -> None:
    nothing = OpenPayments.of([PaymentStatus(OCTOBER).updated({ACME: DENIED}, ASKED)])

    assert (nothing.is_known, nothing.not_read, nothing.changed_at) == (True, (ACME,), None)
    assert not OpenPayments.of([]).is_known


def test_past_due_by_aws_before_its_due_date_names_no_day_to_come() -> None:
    record = financial_record("1", due_status="PAST_DUE", due_date=date(2026, 12, 3))
    assert payment_text(record, date(2026, 12, 3)) == "past due"
    assert payment_text(record, date(2026, 12, 4)) == "past due since 4 December 2026"
    assert payment_text(replace(record, due_date=None), DAY) == "past due"


def test_past_due_amounts_are_added_per_currency() -> None:
    records = [
        financial_record(one, "10.10", code)
        for one, code in zip("123", ("EUR", "USD", "EUR"), strict=True)
    ]

    assert past_due_text(OpenPayments.of([status(*records)]), DAY) == (
        "3 invoices are past due: 20.20 EUR and 10.10 USD."
    )
    assert past_due_text(OpenPayments.of([status(records[0])]), DAY) == (
        "1 invoice is past due: 10.10 EUR."
    )
    in_time = OpenPayments.of([status(*records)])
    assert past_due_text(in_time, date(2026, 12, 3)) == "Nothing is past due."


def test_what_was_not_read_limits_what_is_said_of_the_past_due() -> None:
    payments = OpenPayments((), "2026-11-12T06:00:00Z", not_read=(ACME,))
    for one in (payments, OpenPayments((), "2026-11-12T06:00:00Z", not_asked=(ACME,))):
        assert past_due_text(one, date(2026, 12, 3)) == "Nothing is past due, as far as is known."


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (financial_record(), "past due since 4 December 2026"),
        (financial_record(due_date=date(2026, 12, 4)), "not paid yet"),
        (financial_record(due_date=None, due_status="PAST_DUE"), "past due"),
        (financial_record(due_date=date.max, due_status="PAST_DUE"), "past due"),
        (paid(), "paid 20 November 2026"),
        (paid(on="2026-12-04"), "paid late, 4 December 2026"),
        (credit_memo(), "not applied yet"),
        (paid(record_type="CREDIT_MEMO", due_date=None), "applied 20 November 2026"),
        (financial_record(status="PROCESSING", due_status=""), "in process"),
        (replace(paid(), status="CANCELED"), "canceled 20 November 2026"),
        (financial_record(status="DISPUTED"), "DISPUTED"),
    ],
)
def test_a_payment_is_said_in_a_few_words(record: FinancialRecord, text: str) -> None:
    assert payment_text(record, DAY) == text
