"""The financial records of AWS Payments, asked by boto3 and by signed raw requests."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest

from sandbox.invoicing import (
    CatalogueInvoice,
    Fault,
    FixedCatalogue,
    InvoiceUnit,
    InvoicingEmulator,
    Limit,
    Payment,
)
from tests.sandbox.invoicing_calls import (
    ARCHIVE,
    NOW,
    OTHER,
    PAYER,
    an_invoice,
    client,
    control,
    day,
    refusal,
    signed,
)

pytestmark = pytest.mark.usefixtures("loopback")

BOTH = ["INVOICE", "CREDIT_MEMO"]
LINKED, RECEIVER = "111122223334", "111122223335"


def bill(
    invoice_id: str,
    value: str = "100.00",
    *,
    issued: str = "2026-10-03",
    payment: Payment | None = None,
    **row: Any,
) -> CatalogueInvoice:
    amount = {"TotalAmount": value, "CurrencyCode": "EUR"}
    one = an_invoice(invoice_id, issued=issued, PaymentCurrencyAmount=amount, **row)
    return replace(one, payment=payment or Payment())


OPEN = bill("1000000001", "1245.00", Entity={"InvoicingEntity": "Amazon Web Services EMEA SARL"})
PAID = bill("1000000002", payment=Payment(paid_after=timedelta(days=5)))
PROCESSING = bill("1000000003", payment=Payment(paid_after=timedelta(days=10)))
CANCELED = bill("1000000004", payment=Payment(paid_after=None, canceled_after=timedelta(days=1)))
PAST_DUE = bill(
    "1000000005",
    issued="2026-09-02",
    period=(2026, 8),
    payment=Payment(paid_after=None, terms=None),
    Entity={"BillingEntity": "AWS_MARKETPLACE"},
    InvoiceFrequency="ONE_TIME",
)
MEMO = bill("1000000006", "-10.50", InvoiceType="CREDIT_MEMO", payment=Payment(paid_after=None))
NEVER_LISTED = bill("1000000007", "77.70")
WITHOUT = (
    bill("1000000011", InvoiceType="PAYMENT_RECEIPT"),
    bill("1000000012", CommercialInvoiceId="1000000001"),
    bill("estimate-1"),
    replace(bill("1000000013"), payment=None),
    replace(bill("1000000014"), only_as="SELLER"),
    an_invoice("1000000015"),
    bill("1000000016", issued="2026-10-18"),
)
"""A receipt, a tax copy, an estimate, two that a story leaves out, one without an amount, one of
the future.
"""
OF_LINKED = bill("1000000021", AccountId=LINKED)
OF_RECEIVER = bill("1000000022", AccountId=RECEIVER)
LISTED = (OPEN, PAID, PROCESSING, CANCELED, PAST_DUE, MEMO)


@pytest.fixture
def emulator() -> Iterator[InvoicingEmulator]:
    catalogue = FixedCatalogue(
        {
            PAYER: [*LISTED, *WITHOUT, OF_LINKED, OF_RECEIVER],
            OTHER: [bill("2000000001", AccountId=OTHER)],
        },
        {PAYER: [LINKED, RECEIVER]},
        unlisted_invoices={PAYER: [NEVER_LISTED]},
        invoice_units={PAYER: [InvoiceUnit("Unit", RECEIVER, (), day("2026-01-01"))]},
    )
    with InvoicingEmulator(catalogue, now=NOW) as running:
        yield running


def payments(emulator: InvoicingEmulator, account: str = PAYER, **more: Any) -> Any:
    return client(emulator, account, service="payments", **more)


def summaries(
    emulator: InvoicingEmulator, account: str = PAYER, **params: Any
) -> list[dict[str, Any]]:
    """All pages, by boto3's own paginator."""
    pages = payments(emulator, account).get_paginator("list_financial_records")
    found = pages.paginate(**{"types": BOTH} | params)
    return [one for page in found for one in page["financialRecordSummaries"]]


def invoice_id(record: dict[str, Any]) -> str:
    return next(str(one["invoiceId"]) for one in record["details"].values())


def ids(emulator: InvoicingEmulator, account: str = PAYER, **params: Any) -> list[str]:
    """The invoice ids behind the summaries, in their order."""
    keys = [{"identifier": one["id"]} for one in summaries(emulator, account, **params)]
    if not keys:
        return []
    answer = payments(emulator, account).batch_get_financial_record(keys=keys)
    known = {one["id"]: invoice_id(one) for one in answer["financialRecords"]}
    assert answer["errors"] == []
    return [known[key["identifier"]] for key in keys]


def full(
    emulator: InvoicingEmulator, wanted: CatalogueInvoice, account: str = PAYER
) -> dict[str, Any]:
    answer = payments(emulator, account).get_financial_record(invoiceIdentifier=wanted.invoice_id)
    return dict(answer["financialRecord"])


def test_boto3_reaches_it_through_its_own_endpoint_variable(
    emulator: InvoicingEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_PAYMENTS", emulator.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", OTHER)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    asked = boto3.session.Session().client("payments", region_name="eu-central-1")
    page = asked.list_financial_records(types=BOTH)
    assert len(page["financialRecordSummaries"]) == 1


def test_a_summary_has_neither_the_invoice_nor_its_period(emulator: InvoicingEmulator) -> None:
    [one] = summaries(
        emulator, issuedAfter=day("2026-10-03"), settlementStatuses=["OPEN"], types=["CREDIT_MEMO"]
    )
    assert one.keys() == {
        *("id", "type", "businessUnit", "amount", "balances"),
        *("settlementStatus", "status", "issuedAt"),
    }
    assert one["amount"] == {"value": "10.50", "currency": "EUR"}
    assert one["balances"]["outstanding"] == one["amount"]


def test_an_open_invoice_has_its_details(emulator: InvoicingEmulator) -> None:
    nothing = {"value": "0", "currency": "EUR"}
    amount = {"value": "1245.00", "currency": "EUR"}
    record = full(emulator, OPEN)
    assert record == {
        "id": record["id"],
        "type": "INVOICE",
        "businessUnit": {
            "merchantOfRecord": "Amazon Web Services EMEA SARL",
            "lineOfBusiness": "AWS_CLOUD_SERVICES",
        },
        "amount": amount,
        "balances": {
            "outstanding": amount,
            "processing": nothing,
            "settled": nothing,
            "canceled": nothing,
        },
        "settlementStatus": "OPEN",
        "status": "OUTSTANDING",
        "issuedAt": day("2026-10-03"),
        "details": {
            "invoiceDetails": {
                "invoiceId": "1000000001",
                "billingPeriod": {"startDate": day("2026-09-01"), "endDate": day("2026-10-01")},
                "dueDate": day("2026-11-02"),
                "dueStatus": "DUE",
                "paymentTerms": "Net30",
                "invoiceFrequency": "RECURRING",
            }
        },
    }


@pytest.mark.parametrize(
    ("one", "settlement", "status", "closed"),
    [
        (PAID, "CLOSED", "SETTLED", "2026-10-08"),
        (PROCESSING, "OPEN", "PROCESSING", None),
        (CANCELED, "CLOSED", "CANCELED", "2026-10-04"),
        (PAST_DUE, "OPEN", "OUTSTANDING", None),
    ],
)
def test_status_balance_and_end_follow_from_the_payment(
    emulator: InvoicingEmulator, one: CatalogueInvoice, settlement: str, status: str, closed: str
) -> None:
    record = full(emulator, one)
    assert (record["settlementStatus"], record["status"]) == (settlement, status)
    assert record["balances"][status.lower()] == record["amount"]
    assert record.get("closedAt") == (day(closed) if closed else None)
    assert ("dueStatus" in record["details"]["invoiceDetails"]) is (status == "OUTSTANDING")


def test_it_is_past_due_from_the_day_after_its_due_date(emulator: InvoicingEmulator) -> None:
    record = full(emulator, PAST_DUE)
    assert record["businessUnit"]["lineOfBusiness"] == "AWS_MARKETPLACE"
    details = record["details"]["invoiceDetails"]
    assert (details["dueDate"], details["dueStatus"]) == (day("2026-10-02"), "PAST_DUE")
    assert (details["invoiceFrequency"], "paymentTerms" in details) == ("ONE_TIME", False)
    emulator.now = day("2026-10-02T23:00:00")
    assert full(emulator, PAST_DUE)["details"]["invoiceDetails"]["dueStatus"] == "DUE"


def test_what_is_paid_later_is_open_until_then(emulator: InvoicingEmulator) -> None:
    emulator.now = day("2026-10-07")
    assert full(emulator, PAID)["status"] == "PROCESSING"
    emulator.now = day("2026-10-05")
    assert full(emulator, PAID)["status"] == "OUTSTANDING"


def test_nothing_is_to_be_paid_of_nothing() -> None:
    zero = bill("1000000001", "0.00", payment=Payment(paid_after=None))
    with InvoicingEmulator(FixedCatalogue({PAYER: [zero]}), now=NOW) as running:
        assert full(running, zero)["status"] == "SETTLED"


def test_a_payer_account_has_the_records_of_its_own_invoices(emulator: InvoicingEmulator) -> None:
    expected = [one.invoice_id for one in (*LISTED, NEVER_LISTED, OF_LINKED)]
    assert sorted(ids(emulator)) == expected


def test_a_receiver_has_its_own_and_a_stranger_none(emulator: InvoicingEmulator) -> None:
    assert ids(emulator, RECEIVER) == ["1000000022"]
    assert ids(emulator, OTHER) == ["2000000001"]
    assert ids(emulator, ARCHIVE) == []


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"types": ["CREDIT_MEMO"]}, ["1000000006"]),
        ({"settlementStatuses": ["CLOSED"]}, ["1000000002", "1000000004"]),
        ({"issuedBefore": day("2026-10-03")}, ["1000000005"]),
        ({"issuedAfter": day("2026-09-02"), "issuedBefore": day("2026-09-03")}, ["1000000005"]),
        ({"issuedAfter": day("2026-10-04")}, []),
    ],
)
def test_filters_are_by_type_settlement_and_issue(
    emulator: InvoicingEmulator, params: dict[str, Any], expected: list[str]
) -> None:
    assert sorted(ids(emulator, **params)) == expected


def test_the_newest_come_first_unless_the_oldest_are_asked_for(emulator: InvoicingEmulator) -> None:
    assert ids(emulator)[-1] == PAST_DUE.invoice_id
    oldest_first = ids(emulator, sortBy="ISSUED_AT", sortOrder="ASCENDING")
    assert oldest_first == list(reversed(ids(emulator)))


def test_pages_go_on_where_the_last_one_ended(emulator: InvoicingEmulator) -> None:
    assert ids(emulator, PaginationConfig={"PageSize": 3}) == ids(emulator)


def test_a_page_has_a_hundred_rows(emulator: InvoicingEmulator) -> None:
    many = FixedCatalogue({PAYER: [bill(f"3{number:09}") for number in range(101)]})
    with InvoicingEmulator(many, now=NOW) as running:
        page = payments(running).list_financial_records(types=BOTH)
        assert (len(page["financialRecordSummaries"]), "nextToken" in page) == (100, True)
        rows = summaries(running, PaginationConfig={"PageSize": 50})
        assert len({one["id"] for one in rows}) == len(rows) == 101


def test_a_token_belongs_to_its_query_and_its_account(emulator: InvoicingEmulator) -> None:
    ask = payments(emulator).list_financial_records
    token = ask(types=BOTH, maxResults=1)["nextToken"]
    for call, params in [
        (ask, {"types": ["INVOICE"]}),
        (payments(emulator, OTHER).list_financial_records, {"types": BOTH}),
        (ask, {"types": BOTH, "nextToken": "x" + token}),
    ]:
        refused = refusal(call, **{"nextToken": token} | params)
        assert (refused["Error"]["Code"], refused["reason"]) == (
            "ValidationException",
            "INVALID_PAGINATION_TOKEN",
        )


def test_a_batch_has_each_key_once_as_a_record_or_as_an_error(emulator: InvoicingEmulator) -> None:
    foreign, unknown = {"invoiceIdentifier": "2000000001"}, {"identifier": "INV-0000-0000-0000"}
    known = {"identifier": full(emulator, OPEN)["id"]}
    answer = payments(emulator).batch_get_financial_record(keys=[known, foreign, unknown])
    assert [invoice_id(one) for one in answer["financialRecords"]] == ["1000000001"]
    assert [(one["key"], one["code"]) for one in answer["errors"]] == [
        (foreign, "NOT_FOUND"),
        (unknown, "NOT_FOUND"),
    ]


def test_a_record_of_another_account_is_not_found(emulator: InvoicingEmulator) -> None:
    refused = refusal(payments(emulator).get_financial_record, invoiceIdentifier="2000000001")
    assert refused["Error"]["Code"] == "ResourceNotFoundException"
    assert refused["resourceType"] == "FinancialRecord"


@pytest.mark.parametrize(
    ("operation", "body", "named"),
    [
        ("ListFinancialRecords", {}, "types"),
        ("ListFinancialRecords", {"types": []}, "types"),
        ("ListFinancialRecords", {"types": ["RECEIPT"]}, "types[0]"),
        ("ListFinancialRecords", {"types": BOTH, "maxResults": 101}, "maxResults"),
        ("ListFinancialRecords", {"types": BOTH, "sortBy": "DUE_DATE"}, "sortBy"),
        ("ListFinancialRecords", {"types": BOTH, "more": 1}, "more"),
        (
            "ListFinancialRecords",
            {"types": BOTH, "issuedAfter": 1_790_000_000, "issuedBefore": 1_790_000_000},
            "issuedBefore",
        ),
        ("BatchGetFinancialRecord", {"keys": []}, "keys"),
        (
            "BatchGetFinancialRecord",
            {"keys": [{"invoiceIdentifier": str(number)} for number in range(101)]},
            "keys",
        ),
        ("BatchGetFinancialRecord", {"keys": [{"identifier": "7"}]}, "keys[0].identifier"),
        ("GetFinancialRecord", {"identifier": "7"}, "identifier"),
    ],
)
def test_a_request_that_breaks_the_model_is_refused_with_the_member(
    emulator: InvoicingEmulator, operation: str, body: dict[str, Any], named: str
) -> None:
    status, answer = asked(emulator, operation, body)
    assert (status, answer["reason"]) == (400, "FIELD_VALIDATION_FAILED")
    assert named in [one["name"] for one in answer["fieldList"]]


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("GetFinancialRecord", {}),
        (
            "GetFinancialRecord",
            {"identifier": "INV-0000-0000-0000", "invoiceIdentifier": "1000000001"},
        ),
        ("BatchGetFinancialRecord", {"keys": [{}]}),
    ],
)
def test_a_key_has_exactly_one_member(
    emulator: InvoicingEmulator, operation: str, body: dict[str, Any]
) -> None:
    status, answer = asked(emulator, operation, body)
    assert (status, answer["reason"]) == (400, "OTHER")


def asked(
    emulator: InvoicingEmulator, operation: str, body: dict[str, Any] | None = None
) -> tuple[int, dict[str, Any]]:
    content = b"[" if body is None else json.dumps(body).encode()
    return signed(emulator, content, operation=operation, service="payments", target="AWSPayments")


def test_a_body_that_is_no_json_cannot_be_parsed(emulator: InvoicingEmulator) -> None:
    status, answer = asked(emulator, "ListFinancialRecords")
    assert (status, answer["reason"]) == (400, "CANNOT_PARSE")


@pytest.mark.parametrize("operation", ["ListPaymentInstruments", "GetAccountBalance"])
def test_nothing_but_records_is_answered(emulator: InvoicingEmulator, operation: str) -> None:
    status, answer = asked(emulator, operation, {})
    assert status >= 400, answer


def test_a_denied_call_has_its_reason(emulator: InvoicingEmulator) -> None:
    emulator.faults.add(Fault(PAYER, "AccessDeniedException", 1, operation="ListFinancialRecords"))
    refused = refusal(payments(emulator).list_financial_records, types=BOTH)
    assert (refused["Error"]["Code"], refused["reason"]) == (
        "AccessDeniedException",
        "NOT_AUTHORIZED",
    )
    assert "payments:ListFinancialRecords" in refused["Error"]["Message"]


def test_botocore_tries_again_when_it_is_throttled_or_fails(emulator: InvoicingEmulator) -> None:
    for kind in ("ThrottlingException", "InternalServerException"):
        emulator.faults.add(Fault(PAYER, kind, 1, operation="ListFinancialRecords"))
    patient = payments(emulator, attempts=3)
    assert patient.list_financial_records(types=BOTH)["financialRecordSummaries"]
    _, counts = control(emulator, "GET", "requests")
    assert counts["calls"][PAYER]["ListFinancialRecords"] == 3


def test_a_rate_limit_throttles(emulator: InvoicingEmulator) -> None:
    emulator.limits.set(Limit(0.001, burst=1, operation="ListFinancialRecords"))
    ask = payments(emulator).list_financial_records
    ask(types=BOTH)
    assert refusal(ask, types=BOTH)["Error"]["Code"] == "ThrottlingException"


def test_an_empty_page_goes_on(emulator: InvoicingEmulator) -> None:
    emulator.faults.add(Fault(PAYER, "empty_page", 1, operation="ListFinancialRecords"))
    page = payments(emulator).list_financial_records(types=BOTH)
    assert (page["financialRecordSummaries"], "nextToken" in page) == ([], True)
    emulator.faults.add(Fault(PAYER, "empty_page", 1, operation="ListFinancialRecords"))
    assert len(ids(emulator)) == 8


def batch(emulator: InvoicingEmulator) -> dict[str, Any]:
    keys = [{"invoiceIdentifier": one} for one in ("1000000001", "1000000002")]
    return dict(payments(emulator).batch_get_financial_record(keys=keys))


@pytest.mark.parametrize("code", ["NOT_FOUND", "INTERNAL_ERROR"])
def test_a_record_of_a_batch_may_fail_alone(emulator: InvoicingEmulator, code: str) -> None:
    emulator.faults.add(Fault(PAYER, "batch_error", 1, invoice_id="1000000001", code=code))
    answer = batch(emulator)
    assert [one["code"] for one in answer["errors"]] == [code]
    assert [invoice_id(one) for one in answer["financialRecords"]] == ["1000000002"]
    assert batch(emulator)["errors"] == []


def test_a_record_may_be_changed_or_hidden(emulator: InvoicingEmulator) -> None:
    members = {"status": "DISPUTED", "details.invoiceDetails.dueDate": None}
    emulator.faults.add(Fault(PAYER, "changed_record", 1, invoice_id="1000000001", members=members))
    emulator.faults.add(Fault(PAYER, "hidden_record", 1, invoice_id="1000000002"))
    [one] = batch(emulator)["financialRecords"]
    assert one["status"] == "DISPUTED"
    assert "dueDate" not in one["details"]["invoiceDetails"]
    assert len(batch(emulator)["financialRecords"]) == 2


@pytest.mark.parametrize(
    ("particulars", "fault"),
    [
        ({"kind": "batch_error", "invoice_id": "1"}, "batch_error needs code"),
        ({"kind": "changed_record", "invoice_id": "1"}, "changed_record needs members"),
        ({"kind": "hidden_record"}, "hidden_record needs invoice_id"),
        ({"kind": "hidden_row", "invoice_id": "1", "code": "x"}, "hidden_row takes no code"),
    ],
)
def test_a_fault_of_records_that_says_too_little_or_too_much_is_refused(
    particulars: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ValueError, match=fault):
        Fault(PAYER, times=1, **particulars)


def test_records_keep_their_ids(emulator: InvoicingEmulator) -> None:
    before = {one["id"] for one in summaries(emulator)}
    emulator.now = datetime(2027, 1, 1, tzinfo=NOW.tzinfo)
    assert before < {one["id"] for one in summaries(emulator)}
