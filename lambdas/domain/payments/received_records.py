"""Financial records read from the answers of AWS Payments, as AWS sent them."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.invoices.sent_members import INSTANT, TEXT, read_members
from lambdas.domain.json_text import read_instant
from lambdas.domain.money import Amount, AmountNotRead, read_decimal
from lambdas.domain.payments.financial_record import Balances, FinancialRecord
from lambdas.domain.raw_json import JsonObject

_AMOUNT = {"value": TEXT, "currency": TEXT}
_PERIOD = {"startDate": INSTANT}
_RECORD = {
    "id": TEXT,
    "type": TEXT,
    "businessUnit": {"merchantOfRecord": TEXT, "lineOfBusiness": TEXT},
    "amount": _AMOUNT,
    "balances": dict.fromkeys(("outstanding", "processing", "settled", "canceled"), _AMOUNT),
    "settlementStatus": TEXT,
    "status": TEXT,
    "issuedAt": INSTANT,
    "closedAt": INSTANT,
    "details": {
        "invoiceDetails": {
            "invoiceId": TEXT,
            "billingPeriod": _PERIOD,
            "dueDate": INSTANT,
            "dueStatus": TEXT,
            "paymentTerms": TEXT,
            "invoiceFrequency": TEXT,
        },
        "creditMemoDetails": {"invoiceId": TEXT, "billingPeriod": _PERIOD},
    },
}


_RECORD_ID = re.compile(r"[A-Z0-9-]{17,64}", re.ASCII)
"""AWS's ids have four or three groups of digits; botocore refuses to send a shorter one."""
_LONGEST_TEXT = 1_024
"""Characters; AWS's own longest text is the invoice id."""


class RecordNotRead(ValueError):
    """A financial record that cannot be read; the message is part of a sentence that names the
    place and no value.
    """


def read_record(value: object) -> FinancialRecord:
    """Read one full record, as `raw_json.read` gives it. Raises RecordNotRead."""
    if not isinstance(value, JsonObject):
        raise RecordNotRead("it is no object")
    problems: list[str] = []
    sent = read_members(value, _RECORD, "", problems)
    details = _details(sent)
    if problems:
        place, _, _ = problems[0].partition(" ")
        raise RecordNotRead(f"its {place} cannot be read")
    if place := _too_long(sent, ""):
        raise RecordNotRead(f"its {place} is too long")
    try:
        return _record(sent, details)
    except KeyError as error:
        raise RecordNotRead(f"it has no {error.args[0]}") from None


def record_id_of(value: object) -> str:
    """The id of a summary or a record. Raises RecordNotRead."""
    record_id = value.get("id") if isinstance(value, JsonObject) else None
    if not is_record_id(record_id):
        raise RecordNotRead("it has no id")
    return str(record_id)


def is_record_id(value: object) -> bool:
    """True for any text that AWS Payments may accept as the id of a record."""
    return isinstance(value, str) and _RECORD_ID.fullmatch(value) is not None


def _details(sent: Mapping[str, Any]) -> Mapping[str, Any]:
    """The member of the union that AWS filled in; of a type that nobody knows, nothing."""
    details = sent.get("details", {})
    return next((one for one in details.values() if one), {})


def _record(sent: Mapping[str, Any], details: Mapping[str, Any]) -> FinancialRecord:
    amount = _amount(sent["amount"], "amount")
    unit = sent["businessUnit"]
    due = details.get("dueDate")
    return FinancialRecord(
        record_id=sent["id"],
        invoice_id=_text(details["invoiceId"], "invoiceId"),
        record_type=sent["type"],
        billing_period=_period(details["billingPeriod"]["startDate"]),
        seller=unit["merchantOfRecord"],
        line_of_business=unit.get("lineOfBusiness", ""),
        amount=amount,
        balances=_balances(sent["balances"], amount.currency),
        settlement_status=sent["settlementStatus"],
        status=sent["status"],
        issued_at=sent["issuedAt"],
        closed_at=sent.get("closedAt"),
        due_date=_day(due) if due else None,
        due_status=details.get("dueStatus", ""),
        payment_terms=details.get("paymentTerms", ""),
        frequency=details.get("invoiceFrequency", ""),
    )


def _text(text: str, place: str) -> str:
    if not text.strip():
        raise RecordNotRead(f"its {place} is empty")
    return text


def _too_long(members: Mapping[str, Any], path: str) -> str:
    """The place of the first text that is longer than any of AWS's; else empty."""
    for name, value in members.items():
        place = f"{path}.{name}" if path else name
        if isinstance(value, Mapping):
            if found := _too_long(value, place):
                return found
        elif len(value) > _LONGEST_TEXT:
            return place
    return ""


def _period(first_day: str) -> BillingPeriod:
    """The month in which the record's billing period begins."""
    try:
        return BillingPeriod.parse(str(BillingPeriod.containing(read_instant(first_day))))
    except ValueError:
        raise RecordNotRead("its billingPeriod is outside the years that AWS knows") from None


def _day(instant: str) -> date:
    return read_instant(instant).date()


def _balances(sent: Mapping[str, Any], currency: str) -> Balances:
    names = ("outstanding", "processing", "settled", "canceled")
    return Balances(*(_balance(sent[name], f"balances.{name}", currency) for name in names))


def _balance(sent: Mapping[str, Any], place: str, currency: str) -> Decimal:
    balance = _amount(sent, place)
    if balance.currency != currency:
        raise RecordNotRead(f"its {place} is in another currency than its amount")
    return balance.value


def _amount(sent: Mapping[str, Any], place: str) -> Amount:
    currency = _text(sent["currency"], f"{place}.currency")
    try:
        return Amount(currency, read_decimal(sent["value"], place))
    except AmountNotRead:
        raise RecordNotRead(f"its {place} is no amount of money") from None
