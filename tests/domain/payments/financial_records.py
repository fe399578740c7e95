"""Financial records as the archive stores them."""

from datetime import date
from decimal import Decimal
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.money import Amount
from lambdas.domain.payments.financial_record import Balances, FinancialRecord
from tests.domain.payments.sent_records import record_id


def financial_record(number: int = 1, **members: Any) -> FinancialRecord:
    """An outstanding invoice of 119.00 EUR."""
    nothing = Decimal("0.0")
    sent: dict[str, Any] = {
        "record_id": record_id(number),
        "invoice_id": f"EUINDE26-{number}",
        "record_type": "INVOICE",
        "billing_period": BillingPeriod(2026, 10),
        "seller": "Amazon Web Services EMEA SARL",
        "line_of_business": "AWS_CLOUD_SERVICES",
        "amount": Amount("EUR", Decimal("119.00")),
        "balances": Balances(Decimal("119.00"), nothing, nothing, nothing),
        "settlement_status": "OPEN",
        "status": "OUTSTANDING",
        "issued_at": "2026-11-02T00:00:00Z",
        "closed_at": None,
        "due_date": date(2026, 12, 2),
        "due_status": "DUE",
        "payment_terms": "Net30",
        "frequency": "RECURRING",
    }
    return FinancialRecord(**{**sent, **members})
