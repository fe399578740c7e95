"""The payment status of one financial record on a day."""

from dataclasses import replace
from datetime import date

import pytest

from lambdas.domain.payments.financial_record import FinancialRecord
from tests.domain.payments.records import credit_memo, financial_record, paid


@pytest.mark.parametrize(
    ("day", "is_past_due"), [(date(2026, 12, 3), False), (date(2026, 12, 4), True)]
)
def test_an_invoice_is_past_due_from_the_day_after_its_due_date(
    day: date, is_past_due: bool
) -> None:
    assert financial_record().is_past_due_on(day) is is_past_due


def test_an_invoice_is_past_due_if_aws_says_so() -> None:
    assert financial_record(due_status="PAST_DUE").is_past_due_on(date(2026, 11, 30))


@pytest.mark.parametrize(
    "one",
    [
        paid(),
        financial_record(status="PROCESSING", due_status=""),
        financial_record(status="CANCELED", settlement_status="CLOSED", due_status=""),
        credit_memo(),
    ],
)
def test_what_is_paid_in_payment_canceled_or_a_credit_memo_is_never_past_due(
    one: FinancialRecord,
) -> None:
    assert not one.is_past_due_on(date(2030, 1, 1))


def test_an_invoice_was_paid_late_if_it_was_paid_after_its_due_date() -> None:
    assert not paid(on="2026-12-03").was_paid_late
    assert paid(on="2026-12-04").was_paid_late
    assert not replace(paid(on="2026-12-04"), status="CANCELED").was_paid_late
    assert not financial_record().was_paid_late
