"""Financial records are read as AWS Payments sent them."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.money import Amount
from lambdas.domain.payments.financial_record import Balances, FinancialRecord
from lambdas.domain.payments.received_records import RecordNotRead, read_record, record_id_of
from lambdas.domain.raw_json import read
from tests.domain.payments.records import full_record, seconds, sent


def test_an_invoice_is_read_with_all_its_members() -> None:
    assert read_record(sent(full_record())) == FinancialRecord(
        record_id="INV-5364-6253-7364-1342",
        invoice_id="2609293185",
        record_type="INVOICE",
        billing_period=BillingPeriod(2026, 10),
        seller="Amazon Web Services EMEA SARL",
        line_of_business="AWS_CLOUD_SERVICES",
        amount=Amount("EUR", Decimal("1245.00")),
        balances=Balances(Decimal("1245.00"), Decimal(0), Decimal(0), Decimal(0)),
        settlement_status="OPEN",
        status="OUTSTANDING",
        issued_at="2026-11-03T00:00:00Z",
        closed_at=None,
        due_date=date(2026, 12, 3),
        due_status="DUE",
        payment_terms="Net30",
        frequency="RECURRING",
    )


def test_a_credit_memo_has_no_due_date() -> None:
    period = {"startDate": seconds(2026, 10, 1), "endDate": seconds(2026, 11, 1)}
    memo = {"invoiceId": "77", "billingPeriod": period}
    one = read_record(
        sent(
            full_record(
                type="CREDIT_MEMO",
                details={"creditMemoDetails": memo},
                status="SETTLED",
                settlementStatus="CLOSED",
                closedAt=seconds(2026, 11, 5) + 3600,
            )
        )
    )

    assert (one.record_type, one.invoice_id, one.due_date) == ("CREDIT_MEMO", "77", None)
    assert (one.due_status, one.payment_terms, one.frequency) == ("", "", "")
    assert one.closed_on == date(2026, 11, 5)


def test_values_and_members_that_nobody_knows_are_kept_or_passed_over() -> None:
    one = read_record(
        sent(full_record(status="DISPUTED", settlementStatus="HELD", type="DEBIT_MEMO", more=[1]))
    )

    assert (one.status, one.settlement_status, one.record_type) == (
        "DISPUTED",
        "HELD",
        "DEBIT_MEMO",
    )
    assert not one.is_open
    assert not one.is_past_due_on(date(2027, 1, 1))


def test_what_aws_may_leave_out_is_empty() -> None:
    record = full_record(businessUnit={"merchantOfRecord": "Amazon Web Services, Inc."})
    for name in ("dueStatus", "paymentTerms", "invoiceFrequency"):
        del record["details"]["invoiceDetails"][name]

    one = read_record(sent(record))

    assert (one.line_of_business, one.due_status, one.payment_terms, one.frequency) == ("",) * 4


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"id": None}, "it has no id"),
        ({"id": 7}, "id is the number 7, not a text"),
        ({"details": None}, "it has no invoiceId"),
        ({"details": {}}, "it has no invoiceId"),
        ({"details": {"somethingNew": {"invoiceId": "1"}}}, "it has no invoiceId"),
        ({"details": {"invoiceDetails": {"invoiceId": " "}}}, "its invoiceId is empty"),
        ({"details": {"invoiceDetails": {"invoiceId": "1"}}}, "it has no billingPeriod"),
        ({"amount": {"value": "1e999999999", "currency": "EUR"}}, "amount is "),
        ({"amount": {"value": "ten", "currency": "EUR"}}, "amount is 'ten', not a decimal number"),
        ({"amount": {"value": 10, "currency": "EUR"}}, "amount.value is the number 10, not a text"),
        ({"amount": {"value": "10"}}, "it has no currency"),
        ({"balances": {}}, "it has no outstanding"),
        ({"issuedAt": "never"}, ", not an instant"),
        ({"settlementStatus": None}, "it has no settlementStatus"),
    ],
)
def test_a_record_that_cannot_be_read_is_named_by_its_place(
    members: dict[str, Any], reason: str
) -> None:
    with pytest.raises(RecordNotRead) as error:
        read_record(sent(full_record(**members)))

    assert reason in str(error.value)


def test_balances_are_in_the_currency_of_the_amount() -> None:
    record = full_record()
    record["balances"] = record["balances"] | {"settled": {"value": "1", "currency": "USD"}}

    with pytest.raises(RecordNotRead, match=r"balances\.settled is in another currency"):
        read_record(sent(record))


def test_a_billing_period_beyond_the_years_that_aws_knows_is_not_read() -> None:
    record = full_record()
    record["details"]["invoiceDetails"]["billingPeriod"]["startDate"] = seconds(1999, 1, 1)

    with pytest.raises(RecordNotRead, match="outside the years"):
        read_record(sent(record))


@pytest.mark.parametrize("value", ["[]", '"x"', "null", "7"])
def test_a_record_is_an_object(value: str) -> None:
    with pytest.raises(RecordNotRead, match="not an object"):
        read_record(read(value))
    with pytest.raises(RecordNotRead, match="a record has no id"):
        record_id_of(read(value))


def test_a_summary_has_the_id_of_its_record() -> None:
    assert record_id_of(read('{"id": "INV-1"}')) == "INV-1"
    with pytest.raises(RecordNotRead, match="a record has no id"):
        record_id_of(read('{"id": ""}'))
