"""The listings of billing transfers, asked by boto3 and by signed raw requests."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from sandbox.invoicing import BillingTransfer, Fault, FixedCatalogue, InvoicingEmulator, Limit
from tests.sandbox.invoicing_calls import (
    ARCHIVE,
    NOW,
    OTHER,
    PAYER,
    client,
    control,
    day,
    refusal,
    signed,
)

pytestmark = pytest.mark.usefixtures("loopback")

ALONE, LINKED = "777788889999", "111122223334"
ACTIVE = BillingTransfer(
    "rt-active01",
    "Other's bills",
    OTHER,
    PAYER,
    day("2026-02-01"),
    None,
    ((day("2026-01-10"), "REQUESTED"), (day("2026-01-12"), "ACCEPTED")),
)
ENDED = BillingTransfer(
    "rt-ended001",
    "A month of other's bills",
    OTHER,
    PAYER,
    day("2025-12-01"),
    day("2025-12-31T23:59:59"),
    ((day("2025-11-20"), "ACCEPTED"), (day("2025-12-18"), "WITHDRAWN")),
)
OTHERS = tuple(
    BillingTransfer(
        f"rt-{number:08d}",
        f"Bills {number}",
        f"{300000000000 + number}",
        PAYER,
        day("2026-03-01"),
        None,
        ((day("2026-02-10"), "DECLINED"),),
    )
    for number in range(21)
)


@pytest.fixture
def emulator() -> Iterator[InvoicingEmulator]:
    catalogue = FixedCatalogue(
        {PAYER: [], OTHER: [], ALONE: []},
        {PAYER: [LINKED]},
        standalone=[ALONE],
        transfers=(ACTIVE, ENDED, *OTHERS),
    )
    with InvoicingEmulator(catalogue, now=NOW) as running:
        yield running


def organizations(emulator: InvoicingEmulator, account: str = PAYER) -> Any:
    return client(emulator, account, service="organizations")


def inbound(emulator: InvoicingEmulator, **params: Any) -> list[dict[str, Any]]:
    """All pages."""
    found: list[dict[str, Any]] = []
    while True:
        page = organizations(emulator).list_inbound_responsibility_transfers(
            Type="BILLING", **params
        )
        found += page["ResponsibilityTransfers"]
        if "NextToken" not in page:
            return found
        params["NextToken"] = page["NextToken"]


def outbound(emulator: InvoicingEmulator, account: str = OTHER) -> list[dict[str, Any]]:
    page = organizations(emulator, account).list_outbound_responsibility_transfers(Type="BILLING")
    return list(page["ResponsibilityTransfers"])


def refused(emulator: InvoicingEmulator, account: str = PAYER, **params: Any) -> dict[str, Any]:
    call = organizations(emulator, account).list_inbound_responsibility_transfers
    return refusal(call, **{"Type": "BILLING"} | params)


def test_boto3_reaches_it_through_its_own_endpoint_variable(
    emulator: InvoicingEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_ORGANIZATIONS", emulator.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", OTHER)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    asked = boto3.session.Session().client("organizations", region_name="eu-central-1")
    page = asked.list_outbound_responsibility_transfers(Type="BILLING")
    assert [one["Id"] for one in page["ResponsibilityTransfers"]] == ["rt-active01", "rt-ended001"]


def test_the_source_and_the_target_see_the_same_transfer_from_their_sides(
    emulator: InvoicingEmulator,
) -> None:
    (seen_by_target,) = inbound(emulator, Id="rt-active01")
    seen_by_source = outbound(emulator)[0]
    arns = [transfer.pop("Arn") for transfer in (seen_by_target, seen_by_source)]
    assert f"::{PAYER}:transfer/o-" in arns[0]
    assert "/billing/inbound/rt-active01" in arns[0]
    assert f"::{OTHER}:transfer/o-" in arns[1]
    assert "/billing/outbound/rt-active01" in arns[1]
    assert seen_by_target == seen_by_source
    assert seen_by_source["Source"]["ManagementAccountId"] == OTHER
    assert seen_by_source["Target"]["ManagementAccountId"] == PAYER
    assert seen_by_source["Status"] == "ACCEPTED"
    assert seen_by_source["StartTimestamp"] == day("2026-02-01")
    assert "EndTimestamp" not in seen_by_source


def test_a_withdrawn_transfer_shows_its_end(emulator: InvoicingEmulator) -> None:
    ended = outbound(emulator)[1]
    assert (ended["Status"], ended["EndTimestamp"]) == ("WITHDRAWN", day("2025-12-31T23:59:59"))
    emulator.now = day("2025-12-17")
    (before,) = outbound(emulator)
    assert before["Status"] == "ACCEPTED"
    assert "EndTimestamp" not in before


def test_the_clock_decides_the_status(emulator: InvoicingEmulator) -> None:
    told = []
    for text in ("2026-01-09", "2026-01-10", "2026-01-12", "2025-12-17", "2025-12-18"):
        emulator.now = day(text)
        told.append([(one["Id"], one["Status"]) for one in outbound(emulator)])
    active, ended = "rt-active01", "rt-ended001"
    assert told == [
        [(ended, "WITHDRAWN")],
        [(active, "REQUESTED"), (ended, "WITHDRAWN")],
        [(active, "ACCEPTED"), (ended, "WITHDRAWN")],
        [(ended, "ACCEPTED")],
        [(ended, "WITHDRAWN")],
    ]


def test_only_the_invitation_has_a_handshake(emulator: InvoicingEmulator) -> None:
    emulator.now = day("2026-01-10")
    active, ended = outbound(emulator)
    assert active["ActiveHandshakeId"].startswith("h-")
    assert "ActiveHandshakeId" not in ended


@pytest.mark.parametrize(("size", "pages"), [(None, 5), (1, 23), (20, 2)])
def test_every_transfer_comes_once_whatever_the_pages(
    emulator: InvoicingEmulator, size: int | None, pages: int
) -> None:
    found = inbound(emulator, **({} if size is None else {"MaxResults": size}))
    assert [one["Id"] for one in found] == [one.transfer_id for one in (ACTIVE, ENDED, *OTHERS)]
    calls = emulator.requests.snapshot()["calls"]
    assert calls == {PAYER: {"ListInboundResponsibilityTransfers": pages}}


def test_an_organization_without_transfers_has_an_empty_list(emulator: InvoicingEmulator) -> None:
    assert outbound(emulator, PAYER) == []


def test_an_id_that_is_not_there_or_leads_elsewhere_is_not_found(
    emulator: InvoicingEmulator,
) -> None:
    asked = organizations(emulator, OTHER)
    with pytest.raises(asked.exceptions.ResponsibilityTransferNotFoundException):
        asked.list_inbound_responsibility_transfers(Type="BILLING", Id="rt-active01")


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({}, "INPUT_REQUIRED"),
        ({"Type": "SECURITY"}, "INVALID_ENUM"),
        ({"Type": "BILLING", "MaxResults": 21}, "MAX_VALUE_EXCEEDED"),
        ({"Type": "BILLING", "MaxResults": 0}, "MIN_VALUE_EXCEEDED"),
        ({"Type": "BILLING", "Id": "transfer-1"}, "INVALID_PATTERN"),
        ({"Type": "BILLING", "NextToken": "next"}, "INVALID_NEXT_TOKEN"),
        ({"Type": "BILLING", "Sort": "up"}, None),
        ({"Type": 5}, None),
    ],
)
def test_a_request_that_breaks_the_service_model_is_refused_with_its_reason(
    emulator: InvoicingEmulator, params: dict[str, Any], reason: str | None
) -> None:
    status, answer = signed(
        emulator,
        json.dumps(params).encode(),
        operation="ListInboundResponsibilityTransfers",
        target="AWSOrganizationsV20161128",
        service="organizations",
        content_type="application/x-amz-json-1.1",
    )
    assert (status, answer["__type"]) == (400, "com.amazonaws.organizations#InvalidInputException")
    assert answer.get("Reason") == reason
    assert answer["Message"]


def test_an_outbound_listing_takes_no_id(emulator: InvoicingEmulator) -> None:
    _, answer = signed(
        emulator,
        b'{"Type": "BILLING", "Id": "rt-active01"}',
        operation="ListOutboundResponsibilityTransfers",
        target="AWSOrganizationsV20161128",
        service="organizations",
        content_type="application/x-amz-json-1.1",
    )
    assert "'Id' is no member" in answer["Message"]


def test_a_token_is_for_its_own_listing_only(emulator: InvoicingEmulator) -> None:
    page = organizations(emulator).list_inbound_responsibility_transfers(Type="BILLING")
    call = organizations(emulator).list_outbound_responsibility_transfers
    answer = refusal(call, Type="BILLING", NextToken=page["NextToken"])
    assert answer["Reason"] == "INVALID_NEXT_TOKEN"


def test_only_the_management_account_of_an_organization_may_ask(
    emulator: InvoicingEmulator,
) -> None:
    assert refused(emulator, LINKED)["Error"]["Code"] == "AccessDeniedException"
    for account in (ALONE, ARCHIVE):
        answer = refused(emulator, account)
        assert answer["Error"]["Code"] == "AWSOrganizationsNotInUseException"


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("AccessDeniedException", "AccessDeniedException", 400),
        ("ThrottlingException", "TooManyRequestsException", 400),
        ("InternalServerException", "ServiceException", 500),
        ("ValidationException", "InvalidInputException", 400),
        ("ExpiredNextToken", "InvalidInputException", 400),
        ("ResourceNotFoundException", "ResponsibilityTransferNotFoundException", 400),
        ("AWSOrganizationsNotInUseException", "AWSOrganizationsNotInUseException", 400),
    ],
)
def test_a_fault_answers_in_the_words_of_organizations(
    emulator: InvoicingEmulator, kind: str, code: str, status: int
) -> None:
    operation = "ListInboundResponsibilityTransfers"
    fault = {"payer_account_id": PAYER, "kind": kind, "times": 1, "operation": operation}
    assert control(emulator, "POST", "faults", fault)[0] == 200
    asked = organizations(emulator)
    with pytest.raises(getattr(asked.exceptions, code)) as caught:
        asked.list_inbound_responsibility_transfers(Type="BILLING")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert inbound(emulator)


def test_an_empty_page_has_a_token_that_goes_on(emulator: InvoicingEmulator) -> None:
    for later in (False, True):
        emulator.faults.add(Fault(PAYER, "empty_page", 1, later_pages=later))
    assert len(inbound(emulator, MaxResults=20)) == 23
    assert sum(emulator.requests.snapshot()["calls"][PAYER].values()) == 4


def test_calls_beyond_a_limit_are_throttled(emulator: InvoicingEmulator) -> None:
    emulator.limits.set(Limit(0.001, operation="ListInboundResponsibilityTransfers"))
    assert organizations(emulator).list_inbound_responsibility_transfers(Type="BILLING")
    assert refused(emulator)["Error"]["Code"] == "TooManyRequestsException"
    assert outbound(emulator, PAYER) == []
    assert emulator.requests.snapshot()["refused"] == {
        PAYER: {"ListInboundResponsibilityTransfers": 1}
    }
