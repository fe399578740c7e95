"""Financial records of AWS Payments that a test names."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from lambdas.domain.json_text import instant_text
from lambdas.domain.money import Amount
from lambdas.domain.payments.financial_record import Balances, FinancialRecord
from lambdas.domain.payments.payments_answer import PaymentsAnswer
from tests.domain.examples import AFTER_DEADLINE, OCTOBER

NOTHING = Decimal(0)


def financial_record(
    invoice_id: str = "1", value: str = "100.00", currency: str = "USD", **members: Any
) -> FinancialRecord:
    """An outstanding invoice of October, due on 3 December."""
    amount = Amount(currency, Decimal(value))
    record = FinancialRecord(
        record_id=f"INV-0000-0000-0000-{invoice_id.zfill(4)[-4:]}",
        invoice_id=invoice_id,
        record_type="INVOICE",
        billing_period=OCTOBER,
        seller="Amazon Web Services EMEA SARL",
        line_of_business="AWS_CLOUD_SERVICES",
        amount=amount,
        balances=Balances(amount.value, NOTHING, NOTHING, NOTHING),
        settlement_status="OPEN",
        status="OUTSTANDING",
        issued_at="2026-11-03T00:00:00Z",
        closed_at=None,
        due_date=date(2026, 12, 3),
        due_status="DUE",
        payment_terms="Net30",
        frequency="RECURRING",
    )
    return replace(record, **members)


def paid(invoice_id: str = "1", on: str = "2026-11-20", **members: Any) -> FinancialRecord:
    one = financial_record(invoice_id, **members)
    return replace(
        one,
        balances=Balances(NOTHING, NOTHING, one.amount.value, NOTHING),
        settlement_status="CLOSED",
        status="SETTLED",
        closed_at=f"{on}T10:00:00Z",
        due_status="",
    )


def credit_memo(invoice_id: str = "9", value: str = "10.00", **members: Any) -> FinancialRecord:
    given = {"record_type": "CREDIT_MEMO", "due_date": None, "due_status": ""}
    more = {"payment_terms": "", "frequency": "", "record_id": f"CM-0000-0000-{invoice_id:0>4}"}
    return financial_record(invoice_id, value, **given | more | members)


def answer(
    *records: FinancialRecord,
    at: datetime = AFTER_DEADLINE,
    run_id: str = "run-2",
    issued_from: date = OCTOBER.first_day,
    not_read: str = "",
) -> PaymentsAnswer:
    return PaymentsAnswer(run_id, instant_text(at), issued_from, records, not_read)
