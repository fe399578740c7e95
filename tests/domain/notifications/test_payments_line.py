"""The line on payments in e-mails and chat messages."""

from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.domain.notifications.payments_line import payments_line
from lambdas.domain.payments.open_payments import OpenPayments
from lambdas.domain.payments.payment_status import PaymentStatus
from sandbox.organization import HOSTILE_PAYERS
from tests.domain.examples import ACME, OCTOBER
from tests.domain.notifications.test_chat import MARKDOWN
from tests.domain.payments.records import answer, financial_record, paid

DAY = datetime(2026, 12, 4, 6, tzinfo=UTC)


def payments(*currencies: str) -> OpenPayments:
    """An invoice of 12,450.10 in each of these, due on 3 December, and one that is paid."""
    records = [
        financial_record(str(number), "12450.10", currency)
        for number, currency in enumerate(currencies, 1)
    ]
    status = PaymentStatus(OCTOBER).updated({ACME: answer(*records, paid("9"))}, {ACME})
    return OpenPayments.of([status])


def test_it_counts_invoices_and_adds_amounts_per_currency() -> None:
    assert payments_line(payments("EUR", "USD", "EUR"), DAY) == (
        "As AWS Payments shows it on 4 December 2026, 3 invoices are past due: 24,900.20 EUR and "
        "12,450.10 USD."
    )


@pytest.mark.parametrize(
    "given", [None, OpenPayments(), payments(), OpenPayments(not_read=(ACME,))]
)
def test_there_is_none_if_nothing_is_past_due(given: OpenPayments | None) -> None:
    assert payments_line(given, DAY) == ""
    assert payments_line(payments("EUR"), DAY.replace(day=3)) == ""


@pytest.mark.parametrize("payer", HOSTILE_PAYERS, ids=lambda payer: payer.account_id)
def test_no_code_of_a_currency_becomes_markdown_a_mention_or_a_link(
    payer: Any,
) -> None:
    hostile = f"_{payer.name}_ `c` [d](https://e.example) <!channel> @here"
    line = payments_line(payments(hostile), DAY)

    before, _, after = line.partition(": 12,450.10 ")
    assert before == "As AWS Payments shows it on 4 December 2026, 1 invoice is past due"
    assert not MARKDOWN.search(after)
    assert "e.example" not in line
