import json
from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lambdas.domain import raw_json
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.json_form import checked
from lambdas.domain.money import Amount
from lambdas.domain.payments.financial_record import FinancialRecord
from lambdas.domain.payments.payments_answer import PaymentsAnswer
from lambdas.domain.payments.received_records import (
    RecordNotRead,
    is_record_id,
    read_record,
    record_id_of,
)
from lambdas.domain.stored_form import read_form
from tests.domain.payments.sent_records import OCTOBER_1, amount, record, record_id

OCTOBER = BillingPeriod(2026, 10)
SECRET = "not-to-be-repeated"


def read(sent: Any) -> FinancialRecord:
    return read_record(raw_json.read(sent if isinstance(sent, str) else json.dumps(sent)))


def changed(path: str, value: Any) -> dict[str, Any]:
    """A record with another value at the place; None removes it."""
    sent = deepcopy(record())
    *above, name = path.split(".")
    place = sent
    for one in above:
        place = place[one]
    if value is None:
        del place[name]
    else:
        place[name] = value
    return sent


def not_read(sent: Any) -> str:
    with pytest.raises(RecordNotRead) as failed:
        read(sent)
    assert SECRET not in str(failed.value)
    return str(failed.value)


def test_an_outstanding_invoice_is_read_with_exact_amounts_and_days() -> None:
    found = read(record())
    assert found.record_id == record_id(1)
    assert (found.invoice_id, found.billing_period) == ("EUINDE26-1", OCTOBER)
    assert found.amount == Amount("EUR", Decimal("119.00"))
    assert found.outstanding == Amount("EUR", Decimal("119.00"))
    assert (found.issued_at, found.closed_at) == ("2026-11-02T00:00:00Z", None)
    assert (found.due_date, found.due_status) == (date(2026, 12, 2), "DUE")
    assert (found.payment_terms, found.frequency) == ("Net30", "RECURRING")
    assert found.is_open


def test_a_credit_memo_has_neither_due_date_nor_terms() -> None:
    period = {"startDate": OCTOBER_1, "endDate": OCTOBER_1}
    details = {"creditMemoDetails": {"invoiceId": "CM-1", "billingPeriod": period}}
    found = read(record(type="CREDIT_MEMO", details=details))
    assert (found.record_type, found.invoice_id) == ("CREDIT_MEMO", "CM-1")
    assert (found.due_date, found.due_status, found.payment_terms) == (None, "", "")


@pytest.mark.parametrize("member", ["type", "status", "settlementStatus"])
def test_a_value_that_nobody_knows_yet_is_kept_and_an_unknown_member_ignored(member: str) -> None:
    sent = changed(member, "OF_TOMORROW") | {"ofTomorrow": {"x": [1.5, None]}}
    assert "OF_TOMORROW" in read(sent).to_data().values()


def test_members_that_aws_may_leave_out_are_empty() -> None:
    sent = changed("businessUnit.lineOfBusiness", None)
    for name in ("dueStatus", "paymentTerms"):
        del sent["details"]["invoiceDetails"][name]
    found = read(sent)
    assert (found.line_of_business, found.due_status, found.payment_terms) == ("", "", "")


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("amount", None, "it has no amount"),
        ("balances.settled", None, "it has no settled"),
        ("details", None, "it has no invoiceId"),
        ("details", {"ofTomorrow": {"invoiceId": SECRET}}, "it has no invoiceId"),
        ("details.invoiceDetails.billingPeriod", None, "it has no billingPeriod"),
        ("details.invoiceDetails.invoiceId", " ", "its invoiceId is empty"),
        ("details.invoiceDetails.invoiceId", "x" * 1_025, "is too long"),
        ("businessUnit.merchantOfRecord", "x" * 2_000_000, "is too long"),
        ("amount.value", SECRET, "its amount is no amount of money"),
        ("amount.value", "1e99", "its amount is no amount of money"),
        ("amount.value", 119.0, "its amount.value cannot be read"),
        ("balances.processing.value", "NaN", "its balances.processing is no amount of money"),
        ("balances.settled", amount("0.0", "USD"), "another currency than its amount"),
        ("issuedAt", SECRET, "its issuedAt cannot be read"),
        ("status", {"x": SECRET}, "its status cannot be read"),
        ("details.invoiceDetails.billingPeriod.startDate", 0, "outside the years that AWS knows"),
        ("details.invoiceDetails.dueDate", [SECRET], "dueDate cannot be read"),
    ],
)
def test_a_record_that_cannot_be_read_is_refused_with_its_place_and_none_of_its_texts(
    path: str, value: Any, reason: str
) -> None:
    assert reason in not_read(changed(path, value))


@pytest.mark.parametrize("sent", [5, [], SECRET, None])
def test_something_else_than_an_object_is_no_record(sent: Any) -> None:
    assert not_read(json.dumps(sent)) == "it is no object"


def test_a_member_that_stands_there_twice_is_refused() -> None:
    text = json.dumps(record()).replace('"status": ', f'"status": "{SECRET}", "status": ', 1)
    assert not_read(text) == "its status cannot be read"


@pytest.mark.parametrize(
    "sent",
    [
        record(),
        changed("amount.value", "1E+2"),
        changed("amount.value", "-0.00"),
        changed("businessUnit.merchantOfRecord", "\ud800 \u202e <script>"),
        changed("issuedAt", -62135596800),
        changed("issuedAt", "2026-11-02T00:00:00.123456+02:00"),
        record(closedAt=253402300799, status="OF_TOMORROW"),
    ],
)
def test_what_is_read_can_be_stored_and_read_again(sent: Any) -> None:
    answer = PaymentsAnswer("run-1", "2026-11-12T06:00:00Z", date(2026, 10, 1), (read(sent),))
    assert checked(answer)
    stored = json.dumps(answer.to_data()).encode()
    assert read_form(PaymentsAnswer, stored) == answer


@pytest.mark.parametrize("wanted", ["INV-5364-6253-7364-1342", "CM-1234-1234-1234"])
def test_an_id_is_read_from_a_summary(wanted: str) -> None:
    assert record_id_of(raw_json.read(json.dumps({"id": wanted}))) == wanted
    assert is_record_id(wanted)


@pytest.mark.parametrize("value", [None, 5, "", "INV-1", "x" * 65, "INV-5364-6253 7364-1342"])
def test_what_aws_would_not_accept_as_an_id_is_none(value: Any) -> None:
    assert not is_record_id(value)
    with pytest.raises(RecordNotRead, match=r"^it has no id$"):
        record_id_of(raw_json.read(json.dumps({"id": value})))
