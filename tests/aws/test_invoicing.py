import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from lambdas.aws import invoicing
from lambdas.aws.answers import AnswerNotRead, keep_answers
from lambdas.aws.invoicing import (
    DocumentsDenied,
    InvoiceNotReady,
    Invoicing,
    ListedRows,
    OfferedDocument,
)
from lambdas.aws.payer_role import NoAccess
from lambdas.aws.witness_errors import WitnessNotRead
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.documents.document_url import DocumentUrl
from lambdas.domain.errors import ServiceUnavailable
from tests.aws.http_answers import Service
from tests.domain.examples import ACME, INVOICE_ID, OCTOBER

URL = "https://x.s3.amazonaws.com/1?X-Amz-Signature=5ec2e7"
MIDNIGHT = 1793664000  # 2026-11-03T00:00:00Z


def api() -> Service:
    service = Service("invoicing")
    keep_answers(service.client, "invoicing")
    return service


@pytest.fixture
def service() -> Iterator[Service]:
    """The Invoicing API answering what a test says; all answers must be asked for."""
    one = api()
    yield one
    assert one.was_asked_all()


def asked(time_filter: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    question = {
        "Selector": {"ResourceType": "ACCOUNT_ID", "Value": ACME},
        "Filter": time_filter,
        "MaxResults": 100,
    }
    return question | ({"NextToken": token} if token else {})


def of(service: Service, *renewed: Service) -> Invoicing:
    """The API; `renewed` answer one after another once credentials have ended."""
    others = iter(renewed)
    return Invoicing(lambda: service.client, lambda: next(others).client)


def listing(service: Service, period: BillingPeriod = OCTOBER, *renewed: Service) -> ListedRows:
    return of(service, *renewed).summaries_of_period(ACME, period)


def rows(service: Service, period: BillingPeriod = OCTOBER) -> list[Any]:
    found = listing(service, period)
    assert found.unfinished == ""
    return [one.row for one in found.rows]


def documents(service: Service) -> list[OfferedDocument]:
    return of(service).documents(INVOICE_ID)


def offer(service: Service, **members: Any) -> list[OfferedDocument]:
    service.answers({"InvoicePDF": members})
    found = documents(service)
    assert service.asked[-1] == {"InvoiceId": INVOICE_ID}
    return found


def test_a_period_is_asked_for_by_its_month_and_year(service: Service) -> None:
    service.answers({"InvoiceSummaries": [{"InvoiceId": "1"}]})
    assert rows(service, BillingPeriod(2026, 2)) == [{"InvoiceId": "1"}]
    assert service.asked == [asked({"BillingPeriod": {"Month": 2, "Year": 2026}})]


def test_issued_dates_are_asked_for_as_whole_utc_days(service: Service) -> None:
    service.answers({"InvoiceSummaries": []})
    found = of(service).summaries_issued(ACME, date(2026, 1, 31), date(2026, 3, 3))
    assert found == ListedRows()
    days = [datetime(2026, *day, tzinfo=UTC).timestamp() for day in ((1, 31), (3, 3))]
    interval = dict(zip(("StartDate", "EndDate"), days, strict=True))
    assert service.asked == [asked({"TimeInterval": interval})]


def test_every_page_is_read_an_empty_one_with_a_token_too(service: Service) -> None:
    for invoice_ids, following in ((["1", "2"], "a"), ([], "b"), (["3"], None)):
        service.answers(
            {"InvoiceSummaries": [{"InvoiceId": one} for one in invoice_ids]}
            | ({"NextToken": following} if following else {})
        )
    assert [row["InvoiceId"] for row in rows(service)] == ["1", "2", "3"]
    assert [one.get("NextToken") for one in service.asked] == [None, "a", "b"]


def test_an_error_in_the_middle_of_the_pages_ends_the_listing_as_an_error(
    service: Service,
) -> None:
    service.answers({"InvoiceSummaries": [{"InvoiceId": "1"}], "NextToken": "a"})
    service.refuses("ValidationException")
    with pytest.raises(ClientError, match="ValidationException"):
        rows(service)


def test_a_row_is_plain_data_with_instants_as_text_in_utc_and_its_text_as_it_came(
    service: Service,
) -> None:
    row = {
        "InvoiceId": "1",
        "IssuedDate": MIDNIGHT,
        "BillingPeriod": {"Month": 10, "Year": 2026},
        "BillSourceAccounts": [ACME],
        "OfTomorrow": {"x": 1.5},
    }
    service.answers({"InvoiceSummaries": [row]})
    (one,) = listing(service).rows
    assert one.received == json.dumps(row)
    del row["OfTomorrow"]
    assert one.row == row | {"IssuedDate": "2026-11-03T00:00:00Z"}
    assert json.loads(json.dumps(one.row)) == one.row


NO_ANSWERS = [
    b"",
    b"<html>Bad gateway</html>",
    b"{}",
    b"[]",
    b"null",
    b'{"InvoiceSummaries": null}',
]


@pytest.mark.parametrize("body", NO_ANSWERS)
def test_an_answer_that_is_none_is_asked_for_again_and_then_leaves_the_listing_unfinished(
    service: Service, body: bytes
) -> None:
    for _ in range(3):
        service.answers(body)
    found = listing(service)
    assert found.rows == ()
    assert found.unfinished.startswith("on page 1, ")


def test_an_answer_that_is_none_once_does_no_harm(service: Service) -> None:
    service.answers({"NextToken": "t-1"})
    service.answers({"InvoiceSummaries": [{"InvoiceId": "1"}]})
    assert rows(service) == [{"InvoiceId": "1"}]


def test_the_pages_behind_one_that_cannot_be_read_are_read(service: Service) -> None:
    for _ in range(3):
        service.answers({"NextToken": "a"})
    service.answers({"InvoiceSummaries": [{"InvoiceId": "2"}]})
    found = listing(service)
    assert [one.invoice_id for one in found.rows] == ["2"]
    assert found.unfinished == "on page 1, it has no InvoiceSummaries"


def test_a_token_of_a_page_that_cannot_be_read_may_lead_nowhere(service: Service) -> None:
    for _ in range(3):
        service.answers({"NextToken": "t-1"})
    service.refuses("ValidationException", reason="invalidNextToken")
    assert listing(service).unfinished == "on page 1, it has no InvoiceSummaries"


def test_a_page_that_no_try_gives_whole_shows_what_any_of_them_did(service: Service) -> None:
    service.answers({"InvoiceSummaries": [{"InvoiceId": "1"}], "NextToken": 5})
    for _ in range(2):
        service.answers(b"<html>")
    found = listing(service)
    assert [one.invoice_id for one in found.rows] == ["1"]
    assert found.unfinished


def test_bad_pages_without_an_end_are_given_up(service: Service) -> None:
    for page in range(3):
        for _ in range(3):
            service.answers({"NextToken": f"t-{page}"})
    assert listing(service).unfinished.count("on page") == 3


def test_pages_that_lead_back_are_given_up_and_what_they_showed_is_kept(service: Service) -> None:
    for invoice_id, token in (("1", "a"), ("2", "b"), ("3", "a")):
        service.answers({"InvoiceSummaries": [{"InvoiceId": invoice_id}], "NextToken": token})
    found = listing(service)
    assert [one.invoice_id for one in found.rows] == ["1", "2", "3"]
    assert found.unfinished == "page 3 leads back to an earlier one"


def test_pages_without_an_end_are_given_up(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invoicing, "_MOST_PAGES", 2)
    for token in ("a", "b"):
        service.answers({"InvoiceSummaries": [], "NextToken": token})
    assert listing(service).unfinished == "it has no end after 2 pages"


@pytest.mark.parametrize("reason", ["expiredNextToken", "invalidNextToken"])
def test_a_stale_page_token_begins_the_listing_from_its_first_page(
    service: Service, reason: str
) -> None:
    service.answers({"InvoiceSummaries": [{"InvoiceId": "gone"}], "NextToken": "a"})
    service.refuses("ValidationException", reason=reason)
    service.answers({"InvoiceSummaries": [{"InvoiceId": "1"}]})
    assert rows(service) == [{"InvoiceId": "1"}]
    assert [one.get("NextToken") for one in service.asked] == [None, "a", None]


def test_a_page_token_that_is_always_stale_is_left_to_the_workflows_retry(
    service: Service,
) -> None:
    for _ in range(3):
        service.answers({"InvoiceSummaries": [], "NextToken": "a"})
        service.refuses("ValidationException", reason="expiredNextToken")
    with pytest.raises(ServiceUnavailable, match="in the middle"):
        rows(service)


ENDED = [
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
]


@pytest.mark.parametrize("code", ENDED)
def test_ended_credentials_are_renewed_and_the_listing_begins_from_its_first_page(
    service: Service, code: str
) -> None:
    service.answers({"InvoiceSummaries": [{"InvoiceId": "gone"}], "NextToken": "a"})
    service.refuses(code)
    other = api()
    other.answers({"InvoiceSummaries": [{"InvoiceId": "1"}]})
    assert [one.row for one in listing(service, OCTOBER, other).rows] == [{"InvoiceId": "1"}]
    assert "NextToken" not in other.asked[0]


def test_threads_whose_credentials_end_together_renew_them_once(service: Service) -> None:
    other, meeting = api(), Barrier(2, timeout=60)

    def meet(**_: object) -> None:
        meeting.wait()

    service.client.meta.events.register_first("before-send", meet)
    for _ in range(2):
        service.refuses("ExpiredTokenException")
        other.answers({"InvoicePDF": {"InvoiceId": INVOICE_ID, "DocumentUrl": URL}})
    with ThreadPoolExecutor(2) as threads:
        offered = threads.map(of(service, other).documents, [INVOICE_ID] * 2)
        assert [len(documents) for documents in offered] == [1, 1]
    assert other.was_asked_all()


def test_credentials_that_always_end_are_left_to_the_workflows_retry(service: Service) -> None:
    others = [api(), api()]
    for one in (service, *others):
        one.refuses("ExpiredTokenException")
    with pytest.raises(ServiceUnavailable, match="ExpiredTokenException in the middle"):
        of(service, *others).documents(INVOICE_ID)
    assert all(one.was_asked_all() for one in others)


def test_the_invoice_document_comes_first_and_then_its_supplements(service: Service) -> None:
    found = offer(
        service,
        DocumentUrl=URL,
        DocumentUrlExpirationDate=MIDNIGHT,
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
    service: Service,
) -> None:
    kinds = ["SUPPLEMENT", "TAX_E_INVOICE", "SUPPLEMENT", None, None, "SUPPLEMENT"]
    found = offer(
        service,
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
    service: Service,
) -> None:
    found = offer(
        service,
        SupplementalDocuments=[
            {"DocumentType": "SUPPLEMENT", "DocumentId": "", "DocumentUrl": f"{URL}&{n}"}
            for n in range(2)
        ],
    )
    assert len({one.identity for one in found}) == 3


@pytest.mark.parametrize("members", [{}, {"DocumentUrl": ""}, {"InvoiceId": INVOICE_ID}])
def test_an_answer_without_a_url_offers_the_document_without_one(
    service: Service, members: dict[str, Any]
) -> None:
    assert offer(service, **members) == [OfferedDocument(True, None, None, 1, None)]


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", b"[]", b'{"InvoicePDF": null}', b'{"InvoicePDF": 5}', b"\xff"]
)
def test_an_answer_without_its_documents_is_asked_for_again_and_then_none(
    service: Service, body: bytes
) -> None:
    for _ in range(3):
        service.answers(body)
    with pytest.raises(AnswerNotRead, match="invoicing:GetInvoicePDF"):
        documents(service)


def test_an_answer_without_its_documents_once_does_no_harm(service: Service) -> None:
    service.answers(b"{}")
    assert len(offer(service, DocumentUrl=URL)) == 1


@pytest.mark.parametrize("supplements", ["x", {}, 5, [None], [5], [{"DocumentType": 5}]])
def test_supplements_that_cannot_be_read_are_offered_with_the_reason_and_without_a_url(
    service: Service, supplements: Any
) -> None:
    paper, other = offer(service, DocumentUrl=URL, SupplementalDocuments=supplements)
    assert paper.url == DocumentUrl(URL)
    assert (other.is_invoice_document, other.url) == (False, None)
    assert "cannot be read" in other.problem


@pytest.mark.parametrize("url", [5, {}, ["x"], True])
def test_a_url_that_is_no_text_is_none_and_is_reported(service: Service, url: Any) -> None:
    (paper,) = offer(service, DocumentUrl=url)
    assert paper.url is None
    assert "something else than a text" in paper.problem


def test_an_expiration_date_that_cannot_be_read_does_no_harm(service: Service) -> None:
    (paper,) = offer(service, DocumentUrl=URL, DocumentUrlExpirationDate="soon")
    assert paper.url == DocumentUrl(URL)


def test_what_is_offered_prints_no_url(service: Service) -> None:
    assert "5ec2e7" not in repr(offer(service, DocumentUrl=URL))


def test_resource_not_found_means_not_yet(service: Service) -> None:
    service.refuses("ResourceNotFoundException")
    with pytest.raises(InvoiceNotReady) as error:
        documents(service)
    assert error.value.__cause__ is None


@pytest.mark.parametrize("code", ["AccessDeniedException", "AccessDenied"])
@pytest.mark.parametrize("status", [400, 403])
def test_a_denied_call_is_reported_by_its_code_with_the_missing_action(
    service: Service, code: str, status: int
) -> None:
    service.refuses(code, status)
    service.refuses(code, status)
    with pytest.raises(NoAccess, match="invoicing:ListInvoiceSummaries"):
        rows(service)
    with pytest.raises(NoAccess, match="invoicing:GetInvoicePDF"):
        documents(service)


def test_an_id_that_aws_does_not_accept_is_not_taken_for_a_denied_call(service: Service) -> None:
    service.refuses("ValidationException")
    with pytest.raises(DocumentsDenied, match="does not accept the id"):
        documents(service)


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
    service: Service, code: str, status: int
) -> None:
    service.refuses(code, status)
    with pytest.raises(ServiceUnavailable, match="invoicing:ListInvoiceSummaries"):
        rows(service)


@pytest.mark.parametrize(("code", "status"), BUSY)
def test_documents_of_a_busy_or_broken_service_are_left_to_the_workflows_retry(
    service: Service, code: str, status: int
) -> None:
    service.refuses(code, status)
    with pytest.raises(ServiceUnavailable, match="invoicing:GetInvoicePDF"):
        documents(service)


@pytest.mark.parametrize(
    "kind", [EndpointConnectionError, ConnectTimeoutError, ReadTimeoutError, ConnectionClosedError]
)
def test_a_service_that_cannot_be_reached_is_left_to_the_workflows_retry(
    kind: Callable[..., Exception],
) -> None:
    def fail(**_: object) -> None:
        raise kind(endpoint_url="https://invoicing.us-east-1.api.aws")

    client = api().client
    client.meta.events.register("before-call.invoicing", fail)
    broken = Invoicing(lambda: client, lambda: client)
    with pytest.raises(ServiceUnavailable, match="invoicing:GetInvoicePDF cannot be reached"):
        broken.documents(INVOICE_ID)
    with pytest.raises(ServiceUnavailable, match="ListInvoiceSummaries cannot be reached"):
        broken.summaries_of_period(ACME, OCTOBER)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'"x"', b'{"__type": 5}', b"\xff", b"[" * 9999])
@pytest.mark.parametrize("status", [500, 503])
def test_an_error_answer_that_is_none_is_known_by_its_status(
    service: Service, body: bytes, status: int
) -> None:
    service.answers(body, status)
    with pytest.raises(ServiceUnavailable, match=f"answers {status} after all retries"):
        rows(service)


def test_what_an_error_answer_carries_beside_its_code_does_no_harm(service: Service) -> None:
    service.refuses("ValidationException", reason=["x"], fieldList="soon")
    with pytest.raises(invoicing.ListingRefused, match=r"^ValidationException$"):
        rows(service)


def receivers(service: Service, as_of: datetime | None = None) -> set[str]:
    return of(service).invoice_unit_receivers(as_of)


def test_the_receivers_of_all_invoice_units_are_read_page_by_page(service: Service) -> None:
    service.answers(
        {"InvoiceUnits": [{"InvoiceReceiver": "1" * 12}, {"Name": "x"}], "NextToken": "a"}
    )
    service.answers(
        {"InvoiceUnits": [{"InvoiceReceiver": "2" * 12}, {"InvoiceReceiver": "1" * 12}]}
    )
    assert receivers(service) == {"1" * 12, "2" * 12}
    assert service.asked == [{"MaxResults": 500}, {"MaxResults": 500, "NextToken": "a"}]


def test_invoice_units_are_asked_for_as_they_were_at_an_instant(service: Service) -> None:
    service.answers({"InvoiceUnits": []})
    assert receivers(service, datetime(2026, 11, 3, tzinfo=UTC)) == set()
    assert service.asked == [{"MaxResults": 500, "AsOf": MIDNIGHT}]


@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException", "Throttling"])
def test_invoice_units_that_cannot_be_read_name_the_permission(service: Service, code: str) -> None:
    service.refuses(code)
    with pytest.raises(WitnessNotRead, match=rf"invoicing:ListInvoiceUnits \({code}\)"):
        receivers(service)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"InvoiceUnits": None},
        {"InvoiceUnits": {}},
        {"InvoiceUnits": [None]},
        {"InvoiceUnits": [{"InvoiceReceiver": 5}]},
        {"InvoiceUnits": [], "NextToken": 5},
        b"<html>",
        b"",
    ],
)
def test_an_answer_without_invoice_units_is_a_witness_that_was_not_read(
    service: Service, body: object
) -> None:
    service.answers(body)
    with pytest.raises(WitnessNotRead, match="invoicing:ListInvoiceUnits"):
        receivers(service)
