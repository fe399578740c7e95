"""The line on payments in e-mails and chat messages: how much is past due over all months."""

from datetime import datetime

from lambdas.domain.day_names import day_name
from lambdas.domain.notifications.report import plain_name
from lambdas.domain.payments.open_payments import OpenPayments
from lambdas.domain.payments.payment_words import past_due_text


def payments_line(payments: OpenPayments | None, as_of: datetime) -> str:
    """`As AWS Payments shows it on 12 November 2026, 3 invoices are past due: 12,450.10 EUR.`;
    empty if nothing is past due.
    """
    day = as_of.date()
    if payments is None or not payments.past_due(day):
        return ""
    text = past_due_text(payments, day, plain_name)
    return f"As AWS Payments shows it on {day_name(day)}, {text}"
