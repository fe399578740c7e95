"""Financial records as AWS Payments sends them."""

from datetime import UTC, datetime
from typing import Any

OCTOBER_1, NOVEMBER_1, DECEMBER_2, NOVEMBER_2 = (
    datetime(2026, month, day, tzinfo=UTC).timestamp()
    for month, day in ((10, 1), (11, 1), (12, 2), (11, 2))
)


def record_id(number: int) -> str:
    return f"INV-5364-6253-7364-{number:04}"


def amount(value: str, currency: str = "EUR") -> dict[str, Any]:
    return {"value": value, "currency": currency}


def summary(number: int = 1, **members: Any) -> dict[str, Any]:
    """The summary of an outstanding invoice; members that are None are left out."""
    balances = dict.fromkeys(("processing", "settled", "canceled"), amount("0.0"))
    sent = {
        "id": record_id(number),
        "type": "INVOICE",
        "businessUnit": {
            "merchantOfRecord": "Amazon Web Services EMEA SARL",
            "lineOfBusiness": "AWS_CLOUD_SERVICES",
        },
        "amount": amount("119.00"),
        "balances": {"outstanding": amount("119.00"), **balances},
        "settlementStatus": "OPEN",
        "status": "OUTSTANDING",
        "issuedAt": NOVEMBER_2,
    } | members
    return {name: value for name, value in sent.items() if value is not None}


def record(number: int = 1, **members: Any) -> dict[str, Any]:
    """The same with its details."""
    details = {
        "invoiceId": f"EUINDE26-{number}",
        "billingPeriod": {"startDate": OCTOBER_1, "endDate": NOVEMBER_1},
        "dueDate": DECEMBER_2,
        "dueStatus": "DUE",
        "paymentTerms": "Net30",
        "invoiceFrequency": "RECURRING",
    }
    return summary(number, **({"details": {"invoiceDetails": details}} | members))
