from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from lambdas.aws import responsibility_transfers
from lambdas.aws.responsibility_transfers import ResponsibilityTransfers
from lambdas.aws.witness_errors import WitnessNotRead
from lambdas.domain.witnesses.billing_transfers import BillingTransfer, Transfers
from tests.domain.examples import ACME, BOREAL

START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC)
OUT, IN = "list_outbound_responsibility_transfers", "list_inbound_responsibility_transfers"
ASKED = {"Type": "BILLING", "MaxResults": 20}


@pytest.fixture
def stubber() -> Iterator[Stubber]:
    client = boto3.client(
        "organizations", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def row(number: int = 1, **members: Any) -> dict[str, Any]:
    account = {"ManagementAccountEmail": "owner@example.com"}
    found = {
        "Arn": f"arn:aws:organizations::{ACME}:transfer/o-1/billing/inbound/rt-{number:08}",
        "Id": f"rt-{number:08}",
        "Name": "Group billing",
        "Type": "BILLING",
        "Status": "ACCEPTED",
        "Source": account | {"ManagementAccountId": ACME},
        "Target": account | {"ManagementAccountId": BOREAL},
        "StartTimestamp": START,
    } | members
    return {name: value for name, value in found.items() if value is not None}


def asked(stub: Stubber) -> tuple[BillingTransfer, ...]:
    return ResponsibilityTransfers(stub.client).transfers()


def not_read(stub: Stubber) -> str:
    with pytest.raises(WitnessNotRead) as failed:
        asked(stub)
    return str(failed.value)


def test_transfers_in_and_out_are_read_without_addresses_and_names(stubber: Stubber) -> None:
    withdrawn = row(2, Status="WITHDRAWN", EndTimestamp=END)
    stubber.add_response(OUT, {"ResponsibilityTransfers": [row(1)]}, ASKED)
    stubber.add_response(IN, {"ResponsibilityTransfers": [withdrawn]}, ASKED)
    found = asked(stubber)
    assert found == (
        BillingTransfer("rt-00000001", ACME, BOREAL, "ACCEPTED", "2026-01-01T00:00:00Z", None),
        BillingTransfer(
            "rt-00000002",
            ACME,
            BOREAL,
            "WITHDRAWN",
            "2026-01-01T00:00:00Z",
            "2026-10-31T23:59:59Z",
        ),
    )
    of_run = Transfers("run-1", "2026-11-12T12:00:00Z", found)
    assert Transfers.from_data(of_run.to_data()) == of_run


def test_all_pages_are_read_and_an_empty_one_is_not_the_end(stubber: Stubber) -> None:
    stubber.add_response(OUT, {"ResponsibilityTransfers": [], "NextToken": "a"}, ASKED)
    stubber.add_response(
        OUT,
        {"ResponsibilityTransfers": [row(1)], "NextToken": "b"},
        ASKED | {"NextToken": "a"},
    )
    stubber.add_response(OUT, {"ResponsibilityTransfers": [row(2)]}, ASKED | {"NextToken": "b"})
    stubber.add_response(IN, {"ResponsibilityTransfers": []}, ASKED)
    assert [one.transfer_id for one in asked(stubber)] == ["rt-00000001", "rt-00000002"]


def test_a_row_without_its_optional_members_is_kept_and_in_effect_never(stubber: Stubber) -> None:
    stubber.add_response(OUT, {"ResponsibilityTransfers": [{"Id": "rt-00000001"}]}, ASKED)
    stubber.add_response(IN, {"ResponsibilityTransfers": []}, ASKED)
    (found,) = asked(stubber)
    assert not found.is_in_effect


def test_an_account_in_no_organization_has_none(stubber: Stubber) -> None:
    for call in (OUT, IN):
        stubber.add_client_error(call, "AWSOrganizationsNotInUseException", "", 400)
    assert asked(stubber) == ()


@pytest.mark.parametrize("fails", [OUT, IN])
def test_a_call_that_is_denied_is_named_and_nothing_half_is_said(
    stubber: Stubber, fails: str
) -> None:
    if fails == IN:
        stubber.add_response(OUT, {"ResponsibilityTransfers": [row(1)]}, ASKED)
    stubber.add_client_error(fails, "AccessDeniedException", "", 400)
    action = "Outbound" if fails == OUT else "Inbound"
    assert not_read(stubber) == (
        f"AWS denied organizations:List{action}ResponsibilityTransfers (AccessDeniedException)."
    )


def test_pages_that_go_in_circles_end(stubber: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responsibility_transfers, "_MOST_PAGES", 2)
    page = {"ResponsibilityTransfers": [], "NextToken": "a"}
    stubber.add_response(OUT, page, ASKED)
    stubber.add_response(OUT, page, ASKED | {"NextToken": "a"})
    assert "has no end after 2 pages" in not_read(stubber)


@pytest.mark.parametrize("fails", [OUT, IN])
def test_an_answer_without_its_list_is_not_taken_for_none(stubber: Stubber, fails: str) -> None:
    if fails == IN:
        stubber.add_response(OUT, {"ResponsibilityTransfers": []}, ASKED)
    stubber.add_response(fails, {}, ASKED)
    assert "has no ResponsibilityTransfers" in not_read(stubber)
