"""The line on payments in an e-mail: how much is past due over all months."""

from datetime import datetime

from lambdas.domain.day_names import day_name
from lambdas.domain.payments.open_payments import OpenPayments
from lambdas.domain.payments.payment_words import past_due_text


def payments_line(payments: OpenPayments | None, as_of: datetime) -> str:
    """`AWS Payments: 3 invoices past due: 12,450.10 EUR (on 12 November 2026).`; empty if nothing
    is past due.
    """
    text = past_due_text(payments, as_of.date()) if payments else ""
    return f"AWS Payments: {text} (on {day_name(as_of.date())})." if text else ""
