"""What goes wrong with AWS Payments, row by row (docs/faults.md): it never costs the listing, it is
said, and what could be read counts.
"""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest
from botocore.exceptions import ClientError
from botocore.retries.bucket import TokenBucket

from lambdas.aws import clients, payments
from lambdas.aws.clients import RoleCredentials
from lambdas.handlers import list_invoice_summaries
from sandbox.invoicing.faults import RECORD_BATCH, RECORDS, Fault
from sandbox.invoicing.tokens import PageTokens
from tests.handlers.conftest import ACME, TARGET, Month, invoice
from tests.handlers.conftest import Context as WithTime
from tests.sizes import sample

LIST, GET = "payments:ListFinancialRecords", "payments:BatchGetFinancialRecord"
NOT_READ = {"WITNESS_NOT_READ": "warning"}
DEBT = {"FINANCIAL_RECORD_WITHOUT_INVOICE": "blocking"}
SECRET = "not-to-be-repeated"


@pytest.fixture
def paid(month: Month, monkeypatch: pytest.MonkeyPatch) -> Month:
    """A month end that asks AWS Payments; Acme has four invoices."""
    monkeypatch.setenv("PAYMENTS", "true")
    month.lists(*(invoice(f"A{number}") for number in (2, 3, 4)))
    return month


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payments, "_LARGEST_PAGE", 2)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that botocore waits between tries, kept instead of waited, as is its pace."""
    noted: list[float] = []
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=noted.append))
    monkeypatch.setattr(TokenBucket, "acquire", lambda *_, **__: True)
    return noted


def fails(month: Month, kind: str, times: int | None = None, **limits: Any) -> None:
    month.world.emulator.faults.add(Fault(ACME, kind, times, **limits))


def owes(month: Month, *ids: str) -> None:
    """Invoices of Acme that AWS Payments has and Invoicing never lists."""
    month.world.catalogue.debts[ACME] = [invoice(one) for one in ids]


def reason(month: Month) -> str:
    """The detail of the warning."""
    [detail] = [
        one["detail"]
        for one in month.world.payer()["findings"]
        if one["code"] == "WITNESS_NOT_READ"
    ]
    assert SECRET not in detail
    return str(detail)


def answer(month: Month) -> dict[str, Any]:
    """AWS Payments' answer in the newest listing."""
    of_run = f"-run-{month.world.runs}/payers/{ACME}/listing.json"
    [key] = [key for key in month.world.keys("runs/") if key.endswith(of_run)]
    return dict(month.world.read(key)["aws_payments"])


def recorded(month: Month) -> list[str]:
    return [one["invoice_id"] for one in answer(month)["records"]]


def calls(month: Month, operation: str = RECORDS) -> int:
    return int(month.world.requests()["calls"][ACME].get(operation, 0))


# L33: AWS Payments names an invoice that Invoicing never listed


def test_l33_an_invoice_that_invoicing_never_listed_blocks_and_is_named(paid: Month) -> None:
    owes(paid, "OWED")
    paid.suffers("MISSING", DEBT)
    [one] = [found for found in paid.world.payer()["findings"] if found["severity"] == "blocking"]
    assert one["subject"] == "OWED"
    assert one["detail"] == (
        "AWS Payments shows invoice OWED of Amazon Web Services, Inc. for 100.00 USD, issued "
        "3 November 2026, due 3 December 2026. AWS Invoicing does not list it."
    )
    # a day later it is listed at last
    owes(paid)
    paid.world.catalogue.payers[ACME].append(invoice("OWED"))
    paid.recovers()
    assert paid.world.payer()["archived"] == 5


def test_l33_an_invoice_that_another_account_has_or_another_month_is_none(paid: Month) -> None:
    paid.world.catalogue.debts[ACME] = [
        invoice("B1"),
        invoice("OWED", period="2026-08", issued="2026-09-03"),
    ]
    paid.suffers("COMPLETE", {})
    paid.recovers()


# L42: throttling and failures of the service


@pytest.mark.parametrize("operation", [RECORDS, RECORD_BATCH])
def test_l42_a_short_storm_at_aws_payments_is_waited_out(
    paid: Month, waits: list[float], operation: str
) -> None:
    fails(paid, "ThrottlingException", 2, operation=operation)
    paid.suffers("COMPLETE", {})
    assert len(waits) == 2
    assert recorded(paid) == ["A1", "A2", "A3", "A4"]
    paid.recovers()


def test_l42_the_wait_that_aws_payments_asks_for_is_kept(paid: Month, waits: list[float]) -> None:
    fails(paid, "InternalServerException", 1, operation=RECORDS, retry_after_seconds=37)
    paid.suffers("COMPLETE", {})
    assert waits == [37]
    paid.recovers()


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("kind", ["ThrottlingException", "InternalServerException"])
def test_l42_a_storm_at_aws_payments_that_does_not_end_costs_no_invoice(
    paid: Month, kind: str
) -> None:
    fails(paid, kind, operation=RECORDS)
    paid.suffers("COMPLETE", NOT_READ)
    assert calls(paid) == clients._PAYMENTS_ATTEMPTS
    assert reason(paid) == f"AWS did not answer {LIST} ({kind})."
    assert (paid.world.payer()["archived"], paid.world.errors) == (4, [])
    paid.recovers()


# L43: what breaks off in the middle


@pytest.mark.usefixtures("waits", "small_pages")
def test_l43_records_read_before_an_error_in_mid_pages_count(paid: Month) -> None:
    fails(paid, "InternalServerException", operation=RECORDS, later_pages=True)
    paid.suffers("COMPLETE", NOT_READ)
    assert len(recorded(paid)) == 2
    paid.recovers()
    assert recorded(paid) == ["A1", "A2", "A3", "A4"]


@pytest.mark.usefixtures("waits", "small_pages")
def test_l43_a_debt_that_was_read_before_an_error_blocks(paid: Month) -> None:
    paid.world.catalogue.debts[ACME] = [invoice("D1", issued="2026-10-01")]
    fails(paid, "ThrottlingException", operation=RECORDS, later_pages=True)
    paid.suffers("MISSING", NOT_READ | DEBT)
    paid.recovers("MISSING", DEBT)


def test_l43_without_time_aws_payments_does_not_cost_the_listing(
    paid: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(WithTime, "get_remaining_time_in_millis", lambda _: 0)
        paid.suffers("COMPLETE", NOT_READ)
    assert reason(paid) == f"{LIST} was not read to its end: the time was over."
    assert calls(paid) == 0
    paid.recovers()


# L44: denied


@pytest.mark.parametrize("operation", [RECORDS, RECORD_BATCH])
def test_l44_a_role_without_the_permissions_goes_on_working(paid: Month, operation: str) -> None:
    fails(paid, "AccessDeniedException", operation=operation)
    paid.suffers("COMPLETE", NOT_READ)
    assert reason(paid) == (
        f"AWS denied payments:{operation} (AccessDeniedException), which needs the permission "
        "payments:GetPaymentStatus too."
    )
    assert paid.world.payer()["archived"] == 4
    paid.recovers()


def test_l44_a_dry_run_shows_that_the_permission_is_missing(paid: Month) -> None:
    fails(paid, "AccessDeniedException", operation=RECORDS)
    paid.world.run({"dry_run": True}, at=paid.at)
    assert answer(paid)["not_read"].startswith(f"AWS denied {LIST} ")
    paid.recovers()


# L45: answers that are none


NO_ANSWERS = (
    "{}",
    '{"financialRecordSummaries": null}',
    f"<html>{SECRET}",
    "",
    "\udcff\udcfe",
    "[" * 100_000,
)


@pytest.mark.sized
@pytest.mark.parametrize("body", sample(NO_ANSWERS, 3))
@pytest.mark.parametrize("operation", [RECORDS, RECORD_BATCH])
def test_l45_an_answer_without_its_list_is_no_empty_list(
    paid: Month, operation: str, body: str
) -> None:
    fails(paid, "raw_answer", operation=operation, body=body)
    paid.suffers("COMPLETE", NOT_READ)
    assert f"AWS's answer to payments:{operation} " in reason(paid)
    paid.recovers()


def test_l45_an_answer_that_is_none_once_is_asked_for_again(paid: Month) -> None:
    fails(paid, "raw_answer", 2, operation=RECORDS, body="{}")
    fails(paid, "raw_answer", 2, operation=RECORD_BATCH, body="[]")
    paid.suffers("COMPLETE", {})
    paid.recovers()


# L46: a batch that has errors in it


@pytest.mark.parametrize("code", ["INTERNAL_ERROR", "NOT_FOUND"])
def test_l46_a_record_that_aws_fails_to_give_once_is_asked_for_again(
    paid: Month, code: str
) -> None:
    fails(paid, "batch_error", 1, invoice_id="A2", code=code)
    paid.suffers("COMPLETE", {})
    assert (recorded(paid), calls(paid, RECORD_BATCH)) == (["A1", "A2", "A3", "A4"], 2)
    paid.recovers()


@pytest.mark.parametrize("code", ["INTERNAL_ERROR", "NOT_FOUND"])
def test_l46_a_record_that_aws_never_gives_is_named_and_the_others_count(
    paid: Month, code: str
) -> None:
    owes(paid, "D1")
    fails(paid, "batch_error", invoice_id="A2", code=code)
    paid.suffers("MISSING", NOT_READ | DEBT)
    assert recorded(paid) == ["A1", "A3", "A4", "D1"]
    assert reason(paid).startswith(f"{GET} gave no details of 1 financial record: INV-")
    assert reason(paid).endswith(f" ({code}).")
    assert calls(paid, RECORD_BATCH) == payments._TRIES
    paid.recovers("MISSING", DEBT)


def test_l46_a_key_that_comes_back_neither_as_a_record_nor_as_an_error_is_named(
    paid: Month,
) -> None:
    fails(paid, "hidden_record", invoice_id="A3")
    paid.suffers("COMPLETE", NOT_READ)
    assert recorded(paid) == ["A1", "A2", "A4"]
    assert reason(paid).endswith(" (no answer).")
    paid.recovers()


# L47: records that cannot be read, and values that nobody knows


@pytest.mark.parametrize(
    ("members", "place"),
    [
        ({"amount.value": SECRET}, "its amount is no amount of money"),
        ({"balances.settled.currency": SECRET}, "its balances.settled is in another currency"),
        ({"details": None}, "it has no invoiceId"),
        ({"details": {"ofTomorrow": {}}}, "it has no invoiceId"),
        ({"details.invoiceDetails.invoiceId": {SECRET: 1}}, "invoiceId cannot be read"),
        ({"details.invoiceDetails.billingPeriod.startDate": 0}, "outside the years"),
        ({"businessUnit.merchantOfRecord": SECRET * 100_000}, "merchantOfRecord is too long"),
        ({"issuedAt": "soon"}, "its issuedAt cannot be read"),
    ],
)
def test_l47_a_record_that_cannot_be_read_is_counted_and_the_others_count(
    paid: Month, members: dict[str, Any], place: str
) -> None:
    owes(paid, "D1")
    fails(paid, "changed_record", invoice_id="A2", members=members)
    paid.suffers("MISSING", NOT_READ | DEBT)
    assert recorded(paid) == ["A1", "A3", "A4", "D1"]
    assert reason(paid).startswith("1 financial record cannot be read, the first because ")
    assert place in reason(paid)
    paid.recovers("MISSING", DEBT)


@pytest.mark.parametrize("member", ["type", "status", "settlementStatus"])
def test_l47_a_value_that_nobody_knows_is_kept_and_warns_nobody(paid: Month, member: str) -> None:
    fails(paid, "changed_record", invoice_id="A2", members={member: "OF_TOMORROW"})
    fails(paid, "changed_record", invoice_id="A3", members={"ofTomorrow": {"x": 1.5}})
    paid.suffers("COMPLETE", {})
    assert "OF_TOMORROW" in json.dumps(answer(paid))
    paid.recovers()


# L48: pages and credentials that end


@pytest.mark.usefixtures("small_pages")
def test_l48_a_page_token_that_expires_begins_the_records_again(paid: Month) -> None:
    fails(paid, "ExpiredNextToken", 1, operation=RECORDS, later_pages=True)
    paid.suffers("COMPLETE", {})
    assert recorded(paid) == ["A1", "A2", "A3", "A4"]
    paid.recovers()


@pytest.mark.usefixtures("small_pages")
def test_l48_an_empty_page_of_records_with_a_token_is_not_the_end(paid: Month) -> None:
    fails(paid, "empty_page", 1, operation=RECORDS)
    paid.suffers("COMPLETE", {})
    assert recorded(paid) == ["A1", "A2", "A3", "A4"]
    paid.recovers()


@pytest.mark.usefixtures("small_pages")
def test_l48_records_whose_pages_lead_back_are_not_taken_for_the_whole(
    paid: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue = PageTokens.issue
    first: dict[str, str] = {}

    def same_again(self: PageTokens, query: Any, position: Any) -> str:
        return first.setdefault(str(query), issue(self, query, position))

    paid.lists(*(invoice(f"A{number}") for number in range(2, 8)))
    with monkeypatch.context() as patch:
        patch.setattr(PageTokens, "issue", same_again)
        paid.suffers("COMPLETE", NOT_READ)
    assert f"{LIST} leads back to an earlier page." in reason(paid)
    paid.recovers()


@pytest.mark.parametrize("operation", [RECORDS, RECORD_BATCH])
def test_l48_credentials_that_end_while_records_are_read_are_renewed(
    paid: Month, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    ended: list[str] = []

    def ends_once(**_: Any) -> None:
        if not ended:
            ended.append(ACME)
            raise ClientError({"Error": {"Code": "ExpiredTokenException"}}, operation)

    whole: Callable[[RoleCredentials], Any] = list_invoice_summaries.payments_client

    def client(credentials: RoleCredentials) -> Any:
        made = whole(credentials)
        if credentials.access_key_id == ACME:
            made.meta.events.register(f"before-call.payments.{operation}", ends_once)
        return made

    monkeypatch.setattr(list_invoice_summaries, "payments_client", client)
    paid.suffers("COMPLETE", {})
    assert ended == [ACME]
    assert recorded(paid) == ["A1", "A2", "A3", "A4"]
    paid.recovers()


def test_l48_a_record_that_was_not_asked_for_is_of_no_account(paid: Month) -> None:
    other = {"id": "INV-9999-9999-9999-9999", "details.invoiceDetails.invoiceId": "X1"}
    fails(paid, "changed_record", invoice_id="A2", members=other)
    paid.suffers("COMPLETE", NOT_READ)
    assert "X1" not in recorded(paid)
    assert f"records/{TARGET}/{ACME}/X1/" not in "".join(paid.world.keys())
    paid.recovers()
