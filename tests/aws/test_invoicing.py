import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.stub import Stubber

from lambdas.aws.invoicing import DocumentsRefused, InvoiceNotReady, Invoicing, OfferedDocument
from lambdas.aws.payer_role import NoAccess
from lambdas.aws.witness import WitnessNotRead
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.document_url import DocumentUrl
from lambdas.domain.errors import ServiceUnavailable
from tests.domain.examples import ACME, INVOICE_ID, OCTOBER

URL = "https://x.s3.amazonaws.com/1?X-Amz-Signature=5ec2e7"


def api() -> Any:
    return boto3.client(
        "invoicing", "us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    )


@pytest.fixture
def stubber() -> Iterator[Stubber]:
    """The Invoicing API answering what a test says; all answers must be asked for."""
    with Stubber(api()) as stub:
        yield stub
        stub.assert_no_pending_responses()


def asked(time_filter: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    question = {
        "Selector": {"ResourceType": "ACCOUNT_ID", "Value": ACME},
        "Filter": time_filter,
        "MaxResults": 100,
    }
    return question | ({"NextToken": token} if token else {})


def rows(stub: Stubber, period: BillingPeriod = OCTOBER) -> list[Any]:
    return list(Invoicing(stub.client).summaries_of_period(ACME, period))


def documents(stub: Stubber) -> list[OfferedDocument]:
    return Invoicing(stub.client).documents(INVOICE_ID)


def offer(stub: Stubber, **members: Any) -> list[OfferedDocument]:
    stub.add_response("get_invoice_pdf", {"InvoicePDF": members}, {"InvoiceId": INVOICE_ID})
    return documents(stub)


def test_a_period_is_asked_for_by_its_month_and_year(stubber: Stubber) -> None:
    stubber.add_response(
        "list_invoice_summaries",
        {"InvoiceSummaries": [{"InvoiceId": "1"}]},
        asked({"BillingPeriod": {"Month": 2, "Year": 2026}}),
    )
    assert rows(stubber, BillingPeriod(2026, 2)) == [{"InvoiceId": "1"}]


def test_issued_dates_are_asked_for_as_whole_utc_days(stubber: Stubber) -> None:
    interval = {
        "StartDate": datetime(2026, 1, 31, tzinfo=UTC),
        "EndDate": datetime(2026, 3, 3, tzinfo=UTC),
    }
    stubber.add_response(
        "list_invoice_summaries", {"InvoiceSummaries": []}, asked({"TimeInterval": interval})
    )
    found = Invoicing(stubber.client).summaries_issued(ACME, date(2026, 1, 31), date(2026, 3, 3))
    assert list(found) == []


def test_every_page_is_read_an_empty_one_with_a_token_too(stubber: Stubber) -> None:
    period = {"BillingPeriod": {"Month": 10, "Year": 2026}}
    for invoice_ids, token, following in (
        (["1", "2"], None, "a"),
        ([], "a", "b"),
        (["3"], "b", None),
    ):
        stubber.add_response(
            "list_invoice_summaries",
            {"InvoiceSummaries": [{"InvoiceId": one} for one in invoice_ids]}
            | ({"NextToken": following} if following else {}),
            asked(period, token),
        )
    assert [row["InvoiceId"] for row in rows(stubber)] == ["1", "2", "3"]


def test_an_error_in_the_middle_of_the_pages_ends_the_listing_as_an_error(
    stubber: Stubber,
) -> None:
    stubber.add_response(
        "list_invoice_summaries",
        {"InvoiceSummaries": [{"InvoiceId": "1"}], "NextToken": "a"},
    )
    stubber.add_client_error("list_invoice_summaries", "ValidationException", http_status_code=400)
    with pytest.raises(ClientError, match="ValidationException"):
        rows(stubber)


def test_a_row_is_plain_data_with_instants_as_text_in_utc(stubber: Stubber) -> None:
    row = {
        "InvoiceId": "1",
        "IssuedDate": datetime(2026, 11, 3, 2, tzinfo=timezone(timedelta(hours=2))),
        "BillingPeriod": {"Month": 10, "Year": 2026},
        "BillSourceAccounts": [ACME],
        "TaxCurrencyAmount": {
            "TotalAmount": "-0.00",
            "AmountBreakdown": {"Taxes": {"Breakdown": [{"Rate": "19", "Amount": "1.10"}]}},
        },
    }
    stubber.add_response("list_invoice_summaries", {"InvoiceSummaries": [row]})
    (plain,) = rows(stubber)
    assert plain == row | {"IssuedDate": "2026-11-03T00:00:00Z"}
    assert json.loads(json.dumps(plain)) == plain


def test_the_invoice_document_comes_first_and_then_its_supplements(stubber: Stubber) -> None:
    found = offer(
        stubber,
        DocumentUrl=URL,
        DocumentUrlExpirationDate=datetime(2026, 11, 3, tzinfo=UTC),
        SupplementalDocuments=[
            {"DocumentType": "TAX_E_INVOICE", "DocumentId": "T-1", "DocumentUrl": f"{URL}&t"},
            {"DocumentType": "SUPPLEMENT", "DocumentId": "S-1"},
        ],
    )
    assert found == [
        OfferedDocument(True, None, None, 1, DocumentUrl(URL)),
        OfferedDocument(False, "TAX_E_INVOICE", "T-1", 1, DocumentUrl(f"{URL}&t")),
        OfferedDocument(False, "SUPPLEMENT", "S-1", 1, None),
    ]


def test_supplements_without_an_id_are_told_apart_by_their_position_within_their_type(
    stubber: Stubber,
) -> None:
    kinds = ["SUPPLEMENT", "TAX_E_INVOICE", "SUPPLEMENT", None, None, "SUPPLEMENT"]
    found = offer(
        stubber,
        SupplementalDocuments=[
            {"DocumentUrl": URL} | ({"DocumentType": kind} if kind else {}) for kind in kinds
        ],
    )
    assert [(one.document_type, one.ordinal) for one in found[1:]] == [
        ("SUPPLEMENT", 1),
        ("TAX_E_INVOICE", 1),
        ("SUPPLEMENT", 2),
        (None, 1),
        (None, 2),
        ("SUPPLEMENT", 3),
    ]
    assert len({one.identity for one in found}) == 7


def test_every_supplement_has_an_identity_of_its_own_even_with_an_empty_id(
    stubber: Stubber,
) -> None:
    found = offer(
        stubber,
        SupplementalDocuments=[
            {"DocumentType": "SUPPLEMENT", "DocumentId": "", "DocumentUrl": f"{URL}&{n}"}
            for n in range(2)
        ],
    )
    assert len({one.identity for one in found}) == 3


@pytest.mark.parametrize("members", [{}, {"DocumentUrl": ""}, {"InvoiceId": INVOICE_ID}])
def test_an_answer_without_a_url_offers_the_document_without_one(
    stubber: Stubber, members: dict[str, Any]
) -> None:
    assert offer(stubber, **members) == [OfferedDocument(True, None, None, 1, None)]


def test_an_answer_without_any_member_offers_the_document_without_a_url(stubber: Stubber) -> None:
    stubber.add_response("get_invoice_pdf", {})
    assert [one.url for one in documents(stubber)] == [None]


def test_what_is_offered_prints_no_url(stubber: Stubber) -> None:
    assert "5ec2e7" not in repr(offer(stubber, DocumentUrl=URL))


def test_resource_not_found_means_not_yet(stubber: Stubber) -> None:
    stubber.add_client_error("get_invoice_pdf", "ResourceNotFoundException", http_status_code=400)
    with pytest.raises(InvoiceNotReady) as error:
        documents(stubber)
    assert error.value.__cause__ is None


@pytest.mark.parametrize("code", ["AccessDeniedException", "AccessDenied"])
@pytest.mark.parametrize("status", [400, 403])
def test_a_denied_call_is_told_by_its_code_with_the_missing_action(
    stubber: Stubber, code: str, status: int
) -> None:
    stubber.add_client_error("list_invoice_summaries", code, http_status_code=status)
    stubber.add_client_error("get_invoice_pdf", code, http_status_code=status)
    with pytest.raises(NoAccess, match="invoicing:ListInvoiceSummaries"):
        rows(stubber)
    with pytest.raises(NoAccess, match="invoicing:GetInvoicePDF"):
        documents(stubber)


def test_an_id_that_aws_does_not_accept_is_not_taken_for_a_denied_call(stubber: Stubber) -> None:
    stubber.add_client_error("get_invoice_pdf", "ValidationException", http_status_code=400)
    with pytest.raises(DocumentsRefused, match="does not accept the id"):
        documents(stubber)


BUSY = [
    ("ThrottlingException", 400),
    ("InternalServerException", 500),
    ("TooManyRequestsException", 429),
    ("ServiceUnavailable", 503),
    ("502", 502),
    ("504", 504),
    ("InternalFailure", 500),
]


@pytest.mark.parametrize(("code", "status"), BUSY)
def test_a_listing_of_a_busy_or_broken_service_is_left_to_the_workflows_retry(
    stubber: Stubber, code: str, status: int
) -> None:
    stubber.add_client_error("list_invoice_summaries", code, http_status_code=status)
    with pytest.raises(ServiceUnavailable, match="invoicing:ListInvoiceSummaries"):
        rows(stubber)


@pytest.mark.parametrize(("code", "status"), BUSY)
def test_documents_of_a_busy_or_broken_service_are_left_to_the_workflows_retry(
    stubber: Stubber, code: str, status: int
) -> None:
    stubber.add_client_error("get_invoice_pdf", code, http_status_code=status)
    with pytest.raises(ServiceUnavailable, match="invoicing:GetInvoicePDF"):
        documents(stubber)


@pytest.mark.parametrize(
    "kind", [EndpointConnectionError, ConnectTimeoutError, ReadTimeoutError, ConnectionClosedError]
)
def test_a_service_that_cannot_be_reached_is_left_to_the_workflows_retry(
    kind: Callable[..., Exception],
) -> None:
    def fail(**_: object) -> None:
        raise kind(endpoint_url="https://invoicing.us-east-1.api.aws")

    client = api()
    client.meta.events.register("before-call.invoicing", fail)
    with pytest.raises(ServiceUnavailable, match="invoicing:GetInvoicePDF cannot be reached"):
        Invoicing(client).documents(INVOICE_ID)
    with pytest.raises(ServiceUnavailable, match="ListInvoiceSummaries cannot be reached"):
        list(Invoicing(client).summaries_of_period(ACME, OCTOBER))


def receivers(stub: Stubber, as_of: datetime | None = None) -> set[str]:
    return Invoicing(stub.client).invoice_unit_receivers(as_of)


def test_the_receivers_of_all_invoice_units_are_read_page_by_page(stubber: Stubber) -> None:
    first = {"InvoiceUnits": [{"InvoiceReceiver": "1" * 12}, {"Name": "x"}], "NextToken": "a"}
    second = {"InvoiceUnits": [{"InvoiceReceiver": "2" * 12}, {"InvoiceReceiver": "1" * 12}]}
    stubber.add_response("list_invoice_units", first, {"MaxResults": 500})
    stubber.add_response("list_invoice_units", second, {"MaxResults": 500, "NextToken": "a"})
    assert receivers(stubber) == {"1" * 12, "2" * 12}


def test_invoice_units_are_asked_for_as_they_were_at_an_instant(stubber: Stubber) -> None:
    instant = datetime(2026, 11, 1, tzinfo=UTC)
    stubber.add_response("list_invoice_units", {}, {"MaxResults": 500, "AsOf": instant})
    assert receivers(stubber, instant) == set()


@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException", "Throttling"])
def test_invoice_units_that_cannot_be_read_name_the_permission(stubber: Stubber, code: str) -> None:
    stubber.add_client_error("list_invoice_units", code, "", 400)
    with pytest.raises(WitnessNotRead, match=rf"invoicing:ListInvoiceUnits \({code}\)"):
        receivers(stubber)
