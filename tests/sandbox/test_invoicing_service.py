"""The Invoicing emulator, asked by boto3 and, where boto3 is too polite, by signed raw requests."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import boto3
import pytest
import pytest_socket
from botocore.validate import ParamValidator

from sandbox import invoicing_emulator
from sandbox.invoicing import (
    CatalogueInvoice,
    Fault,
    FixedCatalogue,
    InvoicingEmulator,
    PortInUse,
)
from sandbox.invoicing.model import LIST, service_model
from tests.sandbox.invoicing_calls import (
    ARCHIVE,
    BY_ACCOUNT,
    FOREIGN,
    INVOICES,
    JSON,
    NOW,
    OTHER,
    PAYER,
    SEPTEMBER,
    an_invoice,
    between,
    client,
    control,
    day,
    document_url,
    listed,
    opened,
    refusal,
    sent,
    signed,
)

pytestmark = pytest.mark.usefixtures("loopback")


@pytest.fixture
def emulator() -> Iterator[InvoicingEmulator]:
    catalogue = FixedCatalogue({PAYER: INVOICES, OTHER: [FOREIGN]})
    with InvoicingEmulator(catalogue, now=NOW, signature_marker="MARK") as running:
        yield running


# What a request must be


def test_boto3_reaches_the_service_through_its_own_endpoint_variable(
    emulator: InvoicingEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_INVOICING", emulator.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", PAYER)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    invoicing = boto3.session.Session().client("invoicing", region_name="us-east-1")
    answer = invoicing.list_invoice_summaries(Selector=BY_ACCOUNT, Filter=SEPTEMBER)
    assert [row["InvoiceId"] for row in answer["InvoiceSummaries"]] == [
        "1000000001",
        "1000000002",
        "1000000005",
    ]
    assert answer["InvoiceSummaries"][0]["IssuedDate"] == day("2026-10-03")


def query(**changes: Any) -> dict[str, Any]:
    wire = {"Selector": BY_ACCOUNT, "Filter": SEPTEMBER, **changes}
    return {name: value for name, value in wire.items() if value is not None}


BROKEN = {
    "an unknown member": (query(Sort="up"), "Sort"),
    "an unknown nested member": (query(Filter={**SEPTEMBER, "Status": "PAID"}), "Filter.Status"),
    "no selector": (query(Selector=None), "Selector"),
    "half a selector": (query(Selector={"ResourceType": "ACCOUNT_ID"}), "Selector.Value"),
    "a period without its year": (
        query(Filter={"BillingPeriod": {"Month": 9}}),
        "Filter.BillingPeriod.Year",
    ),
    "a number as text": (query(MaxResults="10"), "MaxResults"),
    "text as a number": (query(Selector={**BY_ACCOUNT, "Value": 111122223333}), "Selector.Value"),
    "an object as text": (query(Selector="ACCOUNT_ID"), "Selector"),
    "a list as the whole": ([], "input"),
    "null": (query() | {"NextToken": None}, "NextToken"),
    "an empty token": (query(NextToken=""), "NextToken"),
    "no row a page": (query(MaxResults=0), "MaxResults"),
}
BROKEN_UNSEEN_BY_BOTO3 = {
    "too many rows a page": (query(MaxResults=101), "MaxResults"),
    "true as a number": (query(MaxResults=True), "MaxResults"),
    "month 13": (
        query(Filter={"BillingPeriod": {"Month": 13, "Year": 2026}}),
        "Filter.BillingPeriod.Month",
    ),
    "the year 2051": (
        query(Filter={"BillingPeriod": {"Month": 1, "Year": 2051}}),
        "Filter.BillingPeriod.Year",
    ),
    "a resource type of another time": (
        query(Selector={**BY_ACCOUNT, "ResourceType": "PO"}),
        "Selector.ResourceType",
    ),
    "an unknown receiver": (
        query(Filter={**SEPTEMBER, "ReceiverRole": "PAYER"}),
        "Filter.ReceiverRole",
    ),
    "a line break": (
        query(Selector={"ResourceType": "INVOICE_ID", "Value": "1\n2"}),
        "Selector.Value",
    ),
    "a value of 1,025 characters": (
        query(Selector={**BY_ACCOUNT, "Value": "1" * 1025}),
        "Selector.Value",
    ),
    "an instant as text": (
        query(Filter={"TimeInterval": {"StartDate": "2026-10-01", "EndDate": 1790000000}}),
        "Filter.TimeInterval.StartDate",
    ),
    "an instant beyond the calendar": (
        query(Filter={"TimeInterval": {"StartDate": 1e30, "EndDate": 1790000000}}),
        "Filter.TimeInterval.StartDate",
    ),
}


@pytest.mark.parametrize("case", [*BROKEN, *BROKEN_UNSEEN_BY_BOTO3])
def test_a_request_that_breaks_the_service_model_is_refused_with_the_place(
    emulator: InvoicingEmulator, case: str
) -> None:
    body, field = (BROKEN | BROKEN_UNSEEN_BY_BOTO3)[case]
    status, answer = signed(emulator, json.dumps(body).encode())
    assert (status, answer["__type"].rpartition("#")[2]) == (400, "ValidationException")
    assert answer["reason"] == "fieldValidationFailed"
    assert [named["name"] for named in answer["fieldList"]] == [field]
    assert field in answer["message"]


@pytest.mark.parametrize("case", BROKEN)
def test_botocores_own_validator_refuses_the_same(case: str) -> None:
    shape = service_model("invoicing").operation_model("ListInvoiceSummaries").input_shape
    assert ParamValidator().validate(BROKEN[case][0], shape).has_errors()


def test_every_problem_of_a_request_is_reported_at_once(emulator: InvoicingEmulator) -> None:
    _, answer = signed(emulator, b'{"MaxResults": 101, "Sort": "up"}')
    assert [named["name"] for named in answer["fieldList"]] == ["Selector", "MaxResults", "Sort"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"Selector=1"])
def test_a_body_that_is_not_json_is_refused(emulator: InvoicingEmulator, body: bytes) -> None:
    status, answer = signed(emulator, body)
    assert (status, answer["reason"]) == (400, "cannotParse")


def test_another_content_type_is_refused(emulator: InvoicingEmulator) -> None:
    status, answer = signed(emulator, json.dumps(query()).encode(), content_type="application/json")
    assert (status, answer["reason"]) == (400, "cannotParse")


@pytest.mark.parametrize("operation", ["GetInvoiceUnit", "listInvoiceSummaries", ""])
def test_an_operation_that_it_does_not_have_is_unknown(
    emulator: InvoicingEmulator, operation: str
) -> None:
    status, answer = signed(emulator, b"{}", operation=operation)
    assert (status, answer["__type"]) == (400, "UnknownOperationException")


def test_timestamps_are_json_numbers(emulator: InvoicingEmulator) -> None:
    status, answer = signed(emulator, json.dumps(query()).encode())
    assert status == 200
    assert answer["InvoiceSummaries"][0]["IssuedDate"] == 1790985600


def test_the_last_page_has_no_token_member_and_no_empty_members(
    emulator: InvoicingEmulator,
) -> None:
    _, answer = signed(emulator, json.dumps(query()).encode())
    assert set(answer) == {"InvoiceSummaries"}


def test_a_catalogue_row_that_the_model_does_not_allow_is_the_servers_error() -> None:
    row = an_invoice("1", InvoiceType="REMINDER", Colour="red")
    with InvoicingEmulator(FixedCatalogue({PAYER: [row]}), now=NOW) as emulator:
        call = client(emulator).list_invoice_summaries
        answer = refusal(call, Selector=BY_ACCOUNT, Filter=SEPTEMBER)
    assert answer["Error"]["Code"] == "InternalServerException"
    assert "InvoiceSummaries[0].InvoiceType" in answer["Error"]["Message"]
    assert "InvoiceSummaries[0].Colour" in answer["Error"]["Message"]


# Which rows a query selects


def test_an_account_query_needs_a_time_filter(emulator: InvoicingEmulator) -> None:
    invoicing = client(emulator)
    with pytest.raises(invoicing.exceptions.ValidationException) as caught:
        invoicing.list_invoice_summaries(Selector=BY_ACCOUNT)
    assert str(caught.value).endswith("BillingPeriod and TimePeriod cannot both be null")
    assert (
        refusal(
            invoicing.list_invoice_summaries, Selector=BY_ACCOUNT, Filter={"InvoicingEntity": "AWS"}
        )["reason"]
        == "invalidInput"
    )


def test_an_account_id_is_twelve_digits(emulator: InvoicingEmulator) -> None:
    selector = {"ResourceType": "ACCOUNT_ID", "Value": "11112222333"}
    answer = refusal(client(emulator).list_invoice_summaries, Selector=selector, Filter=SEPTEMBER)
    assert answer["fieldList"][0]["name"] == "Selector.Value"


def test_billing_period_and_time_interval_exclude_each_other(emulator: InvoicingEmulator) -> None:
    answer = refusal(
        client(emulator).list_invoice_summaries,
        Selector=BY_ACCOUNT,
        Filter=SEPTEMBER | between("2026-10-01", "2026-10-02"),
    )
    assert answer["reason"] == "mutualExclusionError"


def test_an_invoice_query_needs_no_time_filter(emulator: InvoicingEmulator) -> None:
    selector = {"ResourceType": "INVOICE_ID", "Value": "1000000003"}
    answer = client(emulator).list_invoice_summaries(Selector=selector)
    assert [row["InvoiceId"] for row in answer["InvoiceSummaries"]] == ["1000000003"]


@pytest.mark.parametrize("invoice_id", ["3000000000", "1000000004", ""])
def test_an_invoice_that_is_not_there_yet_is_not_found(
    emulator: InvoicingEmulator, invoice_id: str
) -> None:
    invoicing = client(emulator)
    selector = {"ResourceType": "INVOICE_ID", "Value": invoice_id}
    with pytest.raises(invoicing.exceptions.ResourceNotFoundException):
        invoicing.list_invoice_summaries(Selector=selector)
    with pytest.raises(invoicing.exceptions.ResourceNotFoundException):
        invoicing.get_invoice_pdf(InvoiceId=invoice_id)


def test_billing_period_selects_by_usage_and_time_interval_by_day_of_issue(
    emulator: InvoicingEmulator,
) -> None:
    assert listed(emulator, SEPTEMBER) == ["1000000001", "1000000002", "1000000005"]
    assert listed(emulator, between("2026-09-01", "2026-10-01")) == ["1000000002"]
    assert listed(emulator, between("2026-10-01", "2026-11-01")) == [
        "1000000001",
        "1000000003",
        "1000000005",
    ]


def test_an_interval_includes_its_start_and_excludes_its_end(emulator: InvoicingEmulator) -> None:
    assert listed(emulator, between("2026-10-02", "2026-10-03")) == ["1000000003"]
    assert listed(emulator, between("2026-10-03", "2026-10-04")) == ["1000000001", "1000000005"]


@pytest.mark.parametrize(
    ("start", "end"),
    [("2026-01-31", "2026-03-03"), ("2026-02-01", "2026-03-01"), ("2028-02-10", "2028-03-10")],
)
def test_an_interval_may_be_as_long_as_the_month_it_starts_in(
    emulator: InvoicingEmulator, start: str, end: str
) -> None:
    assert listed(emulator, between(start, end)) == []
    a_day_more = (day(end) + timedelta(days=1)).date().isoformat()
    answer = refusal(
        client(emulator).list_invoice_summaries,
        Selector=BY_ACCOUNT,
        Filter=between(start, a_day_more),
    )
    assert answer["reason"] == "fieldValidationFailed"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-10-01", "2026-10-01"),
        ("2026-10-02", "2026-10-01"),
        ("2026-10-01T01:00", "2026-10-02"),
        ("2026-10-01", "2026-10-02T00:00:01"),
    ],
)
def test_an_interval_is_of_whole_utc_days_and_not_empty(
    emulator: InvoicingEmulator, start: str, end: str
) -> None:
    answer = refusal(
        client(emulator).list_invoice_summaries, Selector=BY_ACCOUNT, Filter=between(start, end)
    )
    assert answer["fieldList"][0]["name"].startswith("Filter.TimeInterval")


def test_a_receiver_role_lengthens_the_interval_to_five_years(emulator: InvoicingEmulator) -> None:
    assert listed(emulator, between("2025-06-01", "2030-06-01", ReceiverRole="BUYER")) == [
        "1000000002"
    ]
    for interval in (("2025-06-01", "2030-06-02"), ("2025-05-31", "2025-06-02")):
        answer = refusal(
            client(emulator).list_invoice_summaries,
            Selector=BY_ACCOUNT,
            Filter=between(*interval, ReceiverRole="BUYER"),
        )
        assert answer["reason"] == "fieldValidationFailed"


def test_a_receiver_role_knows_nothing_before_june_2025(emulator: InvoicingEmulator) -> None:
    june, may = (
        {"BillingPeriod": {"Month": month, "Year": 2025}, "ReceiverRole": "BUYER"}
        for month in (6, 5)
    )
    assert listed(emulator, june) == []
    answer = refusal(client(emulator).list_invoice_summaries, Selector=BY_ACCOUNT, Filter=may)
    assert answer["fieldList"][0]["name"] == "Filter.BillingPeriod"


def test_a_receiver_role_lifts_no_other_rule(emulator: InvoicingEmulator) -> None:
    both = SEPTEMBER | between("2026-10-01", "2026-10-02")
    for filters, reason in (
        ({"ReceiverRole": "BUYER"}, "invalidInput"),
        ({**both, "ReceiverRole": "BUYER"}, "mutualExclusionError"),
        (between("2026-10-02", "2026-10-01", ReceiverRole="BUYER"), "fieldValidationFailed"),
        (between("2026-10-01T01:00", "2026-10-02", ReceiverRole="BUYER"), "fieldValidationFailed"),
    ):
        answer = refusal(
            client(emulator).list_invoice_summaries, Selector=BY_ACCOUNT, Filter=filters
        )
        assert answer["reason"] == reason


def test_five_years_from_a_leap_day_end_on_the_last_of_february(
    emulator: InvoicingEmulator,
) -> None:
    assert listed(emulator, between("2028-02-29", "2033-02-28", ReceiverRole="BUYER")) == []
    answer = refusal(
        client(emulator).list_invoice_summaries,
        Selector=BY_ACCOUNT,
        Filter=between("2028-02-29", "2033-03-01", ReceiverRole="BUYER"),
    )
    assert answer["reason"] == "fieldValidationFailed"


def test_an_invoice_query_holds_its_filter_to_the_same_limits(
    emulator: InvoicingEmulator,
) -> None:
    selector = {"ResourceType": "INVOICE_ID", "Value": "1000000002"}
    asked = client(emulator).list_invoice_summaries
    early = {"BillingPeriod": {"Month": 5, "Year": 2025}, "ReceiverRole": "BUYER"}
    assert refusal(asked, Selector=selector, Filter=early)["reason"] == "fieldValidationFailed"
    buyer, seller = ({"ReceiverRole": role} for role in ("BUYER", "SELLER"))
    assert len(asked(Selector=selector, Filter=buyer)["InvoiceSummaries"]) == 1
    assert asked(Selector=selector, Filter=seller)["InvoiceSummaries"] == []


def test_rows_can_be_filtered_by_who_invoices_and_who_receives(emulator: InvoicingEmulator) -> None:
    assert listed(emulator, {**SEPTEMBER, "InvoicingEntity": "Amazon Web Services, Inc."}) == [
        "1000000001"
    ]
    assert listed(emulator, {**SEPTEMBER, "InvoicingEntity": "Amazon"}) == []
    assert listed(emulator, {**SEPTEMBER, "ReceiverRole": "BUYER"}) == ["1000000002"]


def test_the_clock_decides_what_is_visible(emulator: InvoicingEmulator) -> None:
    assert "1000000004" not in listed(emulator, SEPTEMBER)
    assert control(emulator, "POST", "clock", {"now": "2026-10-18T02:00:00+02:00"})[0] == 200
    assert "1000000004" in listed(emulator, SEPTEMBER)


# Pages


@pytest.fixture
def long_listing() -> Iterator[InvoicingEmulator]:
    invoices = [an_invoice(str(5_000_000_000 + number)) for number in range(45)]
    late = an_invoice("4999999999", issued="2026-10-13")
    with InvoicingEmulator(FixedCatalogue({PAYER: [late, *invoices]}), now=NOW) as emulator:
        yield emulator


def test_a_page_has_twenty_rows_unless_asked_otherwise(long_listing: InvoicingEmulator) -> None:
    invoicing = client(long_listing)
    assert (
        len(
            invoicing.list_invoice_summaries(Selector=BY_ACCOUNT, Filter=SEPTEMBER)[
                "InvoiceSummaries"
            ]
        )
        == 20
    )
    page = invoicing.list_invoice_summaries(Selector=BY_ACCOUNT, Filter=SEPTEMBER, MaxResults=7)
    assert len(page["InvoiceSummaries"]) == 7


@pytest.mark.parametrize("page_size", [1, 9, 44, 45, 100])
def test_the_paginator_of_boto3_sees_every_row_once(
    long_listing: InvoicingEmulator, page_size: int
) -> None:
    paginator = client(long_listing).get_paginator("list_invoice_summaries")
    pages = list(
        paginator.paginate(
            Selector=BY_ACCOUNT, Filter=SEPTEMBER, PaginationConfig={"PageSize": page_size}
        )
    )
    rows = [row["InvoiceId"] for page in pages for row in page["InvoiceSummaries"]]
    assert rows == [str(5_000_000_000 + number) for number in range(45)]
    assert len(pages) == -(-45 // page_size)


def first_token(emulator: InvoicingEmulator) -> str:
    answer = client(emulator).list_invoice_summaries(Selector=BY_ACCOUNT, Filter=SEPTEMBER)
    return str(answer["NextToken"])


def test_an_invoice_that_appears_between_two_pages_does_not_shift_them(
    long_listing: InvoicingEmulator,
) -> None:
    token = first_token(long_listing)
    long_listing.now = NOW + timedelta(days=2)
    page = client(long_listing).list_invoice_summaries(
        Selector=BY_ACCOUNT, Filter=SEPTEMBER, NextToken=token
    )
    assert page["InvoiceSummaries"][0]["InvoiceId"] == "5000000020"


@pytest.mark.parametrize("token", ["next", "AAAA", "ÄÖ", "x" * 5000])
def test_a_token_that_was_not_issued_is_invalid(
    long_listing: InvoicingEmulator, token: str
) -> None:
    call = client(long_listing).list_invoice_summaries
    answer = refusal(call, Selector=BY_ACCOUNT, Filter=SEPTEMBER, NextToken=token)
    assert (answer["Error"]["Code"], answer["reason"]) == (
        "ValidationException",
        "invalidNextToken",
    )


def test_a_changed_token_is_invalid(long_listing: InvoicingEmulator) -> None:
    token = first_token(long_listing)
    changed = token[:60] + ("A" if token[60] != "A" else "B") + token[61:]
    call = client(long_listing).list_invoice_summaries
    answer = refusal(call, Selector=BY_ACCOUNT, Filter=SEPTEMBER, NextToken=changed)
    assert answer["reason"] == "invalidNextToken"


def test_a_token_is_bound_to_its_query(long_listing: InvoicingEmulator) -> None:
    other = {"BillingPeriod": {"Month": 8, "Year": 2026}}
    call = client(long_listing).list_invoice_summaries
    answer = refusal(call, Selector=BY_ACCOUNT, Filter=other, NextToken=first_token(long_listing))
    assert answer["reason"] == "invalidNextToken"


def test_the_page_size_may_change_between_pages(long_listing: InvoicingEmulator) -> None:
    page = client(long_listing).list_invoice_summaries(
        Selector=BY_ACCOUNT, Filter=SEPTEMBER, NextToken=first_token(long_listing), MaxResults=100
    )
    assert len(page["InvoiceSummaries"]) == 25


def test_a_token_expires() -> None:
    catalogue = FixedCatalogue({PAYER: [an_invoice(str(number)) for number in range(21)]})
    with InvoicingEmulator(catalogue, now=NOW, token_lifetime_seconds=0) as emulator:
        call = client(emulator).list_invoice_summaries
        answer = refusal(
            call, Selector=BY_ACCOUNT, Filter=SEPTEMBER, NextToken=first_token(emulator)
        )
    assert answer["reason"] == "expiredNextToken"


# Documents


def test_a_document_url_opens_the_document_for_fifteen_minutes(emulator: InvoicingEmulator) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    paper = client(emulator).get_invoice_pdf(InvoiceId="1000000005")["InvoicePDF"]
    assert paper["InvoiceId"] == "1000000005"
    assert "SupplementalDocuments" not in paper
    lifetime = paper["DocumentUrlExpirationDate"] - before
    assert timedelta(minutes=15) <= lifetime < timedelta(minutes=16)
    assert "X-Amz-Expires=900&" in paper["DocumentUrl"]
    assert "X-Amz-Signature=MARK" in paper["DocumentUrl"]
    status, headers, body = opened(emulator, paper["DocumentUrl"])
    assert (status, headers["Content-Type"], headers["Content-Length"]) == (
        200,
        "application/pdf",
        "6",
    )
    assert body == b"%PDF-5"


def test_a_document_that_is_not_ready_is_not_found_although_its_row_is_listed(
    emulator: InvoicingEmulator,
) -> None:
    invoicing = client(emulator)
    assert "1000000003" in listed(emulator, between("2026-10-01", "2026-11-01"))
    with pytest.raises(invoicing.exceptions.ResourceNotFoundException):
        invoicing.get_invoice_pdf(InvoiceId="1000000003")
    emulator.now = day("2026-10-15")
    assert opened(emulator, document_url(emulator, "1000000003"))[0] == 200


def test_a_supplemental_document_is_offered_once_it_is_ready(emulator: InvoicingEmulator) -> None:
    emulator.now = day("2026-10-14")
    paper = client(emulator).get_invoice_pdf(InvoiceId="1000000005")["InvoicePDF"]
    (supplement,) = paper["SupplementalDocuments"]
    assert (supplement["DocumentType"], supplement["DocumentId"]) == ("TAX_E_INVOICE", "K1")
    assert supplement["DocumentUrlExpirationDate"] == paper["DocumentUrlExpirationDate"]
    status, headers, body = opened(emulator, supplement["DocumentUrl"])
    assert (status, headers["Content-Type"], body) == (200, "application/xml", b"<nfse/>")


def test_a_document_may_be_made_anew_at_each_download() -> None:
    renderings = iter((b"first", b"second"))
    invoice = an_invoice("1", content=lambda: next(renderings))
    with InvoicingEmulator(FixedCatalogue({PAYER: [invoice]}), now=NOW) as emulator:
        url = document_url(emulator, "1")
        assert [opened(emulator, url)[2] for _ in range(2)] == [b"first", b"second"]


def test_the_longest_invoice_id_fits_the_model_of_the_answer() -> None:
    invoice_id = "é/../" * 204 + "=cmd"
    with InvoicingEmulator(FixedCatalogue({PAYER: [an_invoice(invoice_id)]}), now=NOW) as emulator:
        assert len(invoice_id) == 1024
        assert opened(emulator, document_url(emulator, invoice_id))[0] == 200


def error_code(answer: tuple[int, http.client.HTTPMessage, bytes]) -> tuple[int, str]:
    status, headers, body = answer
    assert headers["Content-Type"] == "application/xml"
    return status, body.decode().partition("<Code>")[2].partition("</Code>")[0]


def test_an_expired_document_url_answers_like_s3() -> None:
    catalogue = FixedCatalogue({PAYER: INVOICES})
    with InvoicingEmulator(catalogue, now=NOW, url_lifetime_seconds=0) as emulator:
        answer = opened(emulator, document_url(emulator))
        assert error_code(answer) == (403, "AccessDenied")
        assert b"Request has expired" in answer[2]
        assert emulator.requests.snapshot()["downloads"] == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Signature=MARK", "Signature=MARKA"),
        ("Expires=900", "Expires=9000"),
        ("/documents/", "/documents/0"),
    ],
)
def test_a_changed_document_url_is_refused(emulator: InvoicingEmulator, old: str, new: str) -> None:
    changed = document_url(emulator).replace(old, new)
    assert error_code(opened(emulator, changed)) == (403, "SignatureDoesNotMatch")


def test_a_document_without_its_query_is_refused(emulator: InvoicingEmulator) -> None:
    path = document_url(emulator).partition("?")[0]
    assert error_code(opened(emulator, path)) == (403, "AccessDenied")


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_a_document_can_only_be_got(emulator: InvoicingEmulator, method: str) -> None:
    assert error_code(opened(emulator, document_url(emulator), method)) == (
        403,
        "SignatureDoesNotMatch",
    )


def test_head_of_a_document_is_refused(emulator: InvoicingEmulator) -> None:
    status, _, body = opened(emulator, document_url(emulator), "HEAD")
    assert (status, body) == (403, b"")


def test_a_document_that_left_the_catalogue_is_404() -> None:
    class Emptied(FixedCatalogue):
        is_empty = False

        def invoices(
            self, payer_account_id: str, until: datetime
        ) -> Mapping[str, CatalogueInvoice]:
            return {} if self.is_empty else super().invoices(payer_account_id, until)

    catalogue = Emptied({PAYER: INVOICES})
    with InvoicingEmulator(catalogue, now=NOW) as emulator:
        url = document_url(emulator)
        catalogue.is_empty = True
        assert error_code(opened(emulator, url)) == (404, "NoSuchKey")


@pytest.mark.parametrize(("method", "target"), [("GET", "/"), ("GET", "/other"), ("POST", "/x")])
def test_there_is_nothing_elsewhere(emulator: InvoicingEmulator, method: str, target: str) -> None:
    assert sent(emulator, method, target)[0] == 404


# Who may see what


def test_another_accounts_invoices_are_denied(emulator: InvoicingEmulator) -> None:
    for key in (OTHER, ARCHIVE):
        invoicing = client(emulator, key)
        with pytest.raises(invoicing.exceptions.AccessDeniedException) as caught:
            invoicing.list_invoice_summaries(Selector=BY_ACCOUNT, Filter=SEPTEMBER)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_another_accounts_single_invoice_is_denied(emulator: InvoicingEmulator) -> None:
    invoicing = client(emulator)
    with pytest.raises(invoicing.exceptions.AccessDeniedException):
        invoicing.get_invoice_pdf(InvoiceId=FOREIGN.invoice_id)
    selector = {"ResourceType": "INVOICE_ID", "Value": FOREIGN.invoice_id}
    with pytest.raises(invoicing.exceptions.AccessDeniedException):
        invoicing.list_invoice_summaries(Selector=selector)


def test_an_account_that_is_no_payer_sees_no_invoice_of_its_own(
    emulator: InvoicingEmulator,
) -> None:
    selector = {"ResourceType": "ACCOUNT_ID", "Value": ARCHIVE}
    answer = client(emulator, ARCHIVE).list_invoice_summaries(Selector=selector, Filter=SEPTEMBER)
    assert answer["InvoiceSummaries"] == []


LINKED, OTHER_LINKED = "222233334444", "333344445555"
ITS_OWN = an_invoice("1000000009", AccountId=LINKED)


@pytest.fixture
def family() -> Iterator[InvoicingEmulator]:
    """A payer with two linked accounts, one of which is invoiced itself, and a stranger."""
    catalogue = FixedCatalogue(
        {PAYER: (*INVOICES, ITS_OWN), OTHER: [FOREIGN]}, {PAYER: [LINKED, OTHER_LINKED]}
    )
    with InvoicingEmulator(catalogue, now=NOW) as emulator:
        yield emulator


def rows_of(emulator: InvoicingEmulator, caller: str, account: str) -> list[str]:
    selector = {"ResourceType": "ACCOUNT_ID", "Value": account}
    answer = client(emulator, caller).list_invoice_summaries(Selector=selector, Filter=SEPTEMBER)
    return [row["InvoiceId"] for row in answer["InvoiceSummaries"]]


def test_a_payer_may_ask_for_a_linked_account(family: InvoicingEmulator) -> None:
    assert rows_of(family, PAYER, LINKED) == [ITS_OWN.invoice_id]
    assert rows_of(family, PAYER, OTHER_LINKED) == []
    assert ITS_OWN.invoice_id in rows_of(family, PAYER, PAYER)


def test_a_linked_account_sees_its_own_rows_and_documents_only(family: InvoicingEmulator) -> None:
    assert rows_of(family, LINKED, LINKED) == [ITS_OWN.invoice_id]
    linked = client(family, LINKED)
    url = linked.get_invoice_pdf(InvoiceId=ITS_OWN.invoice_id)["InvoicePDF"]["DocumentUrl"]
    assert opened(family, url)[0] == 200
    assert family.requests.snapshot()["downloads"] == {PAYER: 1}
    by_id = {"ResourceType": "INVOICE_ID", "Value": "1000000001"}
    for call in (
        lambda: linked.get_invoice_pdf(InvoiceId="1000000001"),
        lambda: linked.list_invoice_summaries(Selector=by_id),
        lambda: rows_of(family, LINKED, PAYER),
        lambda: rows_of(family, LINKED, OTHER_LINKED),
        lambda: rows_of(family, OTHER, LINKED),
        lambda: rows_of(family, OTHER, PAYER),
    ):
        assert refusal(call)["Error"]["Code"] == "AccessDeniedException"


def test_an_unsigned_request_is_refused(emulator: InvoicingEmulator) -> None:
    headers = {"X-Amz-Target": "Invoicing.ListInvoiceSummaries", "Content-Type": JSON}
    status, _, body = sent(emulator, body=json.dumps(query()).encode(), headers=headers)
    assert (status, json.loads(body)["__type"]) == (403, "MissingAuthenticationTokenException")
    assert emulator.requests.snapshot()["calls"] == {}


def test_a_half_signed_request_is_refused(emulator: InvoicingEmulator) -> None:
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={PAYER}",
        "X-Amz-Date": "20261012T060000Z",
    }
    status, _, body = sent(emulator, body=b"{}", headers=headers)
    assert (status, json.loads(body)["__type"]) == (403, "IncompleteSignatureException")


def test_a_signature_for_another_service_is_refused(emulator: InvoicingEmulator) -> None:
    status, answer = signed(emulator, json.dumps(query()).encode(), service="s3")
    assert (status, answer["__type"]) == (403, "SignatureDoesNotMatch")


def test_a_key_that_nobody_knows_is_refused(emulator: InvoicingEmulator) -> None:
    call = client(emulator, "ASIAEXAMPLEEXAMPLE00").list_invoice_summaries
    answer = refusal(call, Selector=BY_ACCOUNT, Filter=SEPTEMBER)
    assert answer["Error"]["Code"] == "UnrecognizedClientException"


@pytest.fixture
def sts() -> Iterator[tuple[str, list[str]]]:
    """A stand-in for STS that knows one session of the payer, and the bodies that it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            known = "AccessKeyId=ASIAPAYERSESSION0001" in asked[-1]
            body = (
                f"<GetAccessKeyInfoResponse><GetAccessKeyInfoResult><Account>{PAYER}</Account>"
                "</GetAccessKeyInfoResult></GetAccessKeyInfoResponse>"
                if known
                else "<ErrorResponse><Error><Code>ValidationError</Code></Error></ErrorResponse>"
            )
            self.send_response(200 if known else 400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    ).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    server.server_close()


def test_a_sessions_account_is_asked_of_sts_once(sts: tuple[str, list[str]]) -> None:
    endpoint, asked = sts
    with InvoicingEmulator(
        FixedCatalogue({PAYER: INVOICES}), now=NOW, sts_endpoint=endpoint
    ) as emulator:
        for _ in range(2):
            answer = client(emulator, "ASIAPAYERSESSION0001").list_invoice_summaries(
                Selector=BY_ACCOUNT, Filter=SEPTEMBER
            )
            assert len(answer["InvoiceSummaries"]) == 3
        assert len(asked) == 1
        call = client(emulator, "ASIASOMEBODYELSE0001").list_invoice_summaries
        answer = refusal(call, Selector=BY_ACCOUNT, Filter=SEPTEMBER)
        assert answer["Error"]["Code"] == "UnrecognizedClientException"


def test_an_sts_that_does_not_answer_is_reported_as_such() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        nobody = f"http://127.0.0.1:{held.getsockname()[1]}"
    with InvoicingEmulator(FixedCatalogue({}), now=NOW, sts_endpoint=nobody) as emulator:
        call = client(emulator, "ASIAPAYERSESSION0001").get_invoice_pdf
        answer = refusal(call, InvoiceId="1")
    assert answer["Error"]["Code"] == "InternalServerException"
    assert nobody in answer["Error"]["Message"]


# Programmed misbehaviour and the control plane


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("AccessDeniedException", 400),
        ("ThrottlingException", 400),
        ("InternalServerException", 500),
    ],
)
def test_a_fault_answers_as_often_as_set_and_parses_as_the_modelled_exception(
    emulator: InvoicingEmulator, error: str, status: int
) -> None:
    fault = {"payer_account_id": PAYER, "kind": error, "times": 2}
    assert control(emulator, "POST", "faults", fault)[0] == 200
    invoicing = client(emulator)
    for _ in range(2):
        with pytest.raises(getattr(invoicing.exceptions, error)) as caught:
            invoicing.list_invoice_summaries(Selector=BY_ACCOUNT, Filter=SEPTEMBER)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert len(listed(emulator, SEPTEMBER)) == 3


def test_a_fault_spares_other_payers_and_other_operations(emulator: InvoicingEmulator) -> None:
    emulator.faults.add(Fault(PAYER, "ThrottlingException", 1, operation="GetInvoicePDF"))
    assert client(emulator, OTHER).get_invoice_pdf(InvoiceId=FOREIGN.invoice_id)
    assert len(listed(emulator, SEPTEMBER)) == 3
    answer = refusal(client(emulator).get_invoice_pdf, InvoiceId="1000000001")
    assert answer["Error"]["Code"] == "ThrottlingException"


def test_an_internal_error_can_say_when_to_come_back(emulator: InvoicingEmulator) -> None:
    emulator.faults.add(Fault(PAYER, "InternalServerException", 1, retry_after_seconds=7))
    answer = refusal(client(emulator).get_invoice_pdf, InvoiceId="1000000001")
    assert answer["retryAfterSeconds"] == 7


def test_boto3_itself_rides_out_a_short_storm_of_throttling(emulator: InvoicingEmulator) -> None:
    emulator.faults.add(Fault(PAYER, "ThrottlingException", 1))
    answer = client(emulator, attempts=2).get_invoice_pdf(InvoiceId="1000000001")
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ({"kind": "Boom", "times": 1}, "kind 'Boom' is not one of"),
        ({"kind": "ThrottlingException", "times": 0}, "times is 0"),
        ({"kind": "ThrottlingException", "times": 1, "operation": "Pay"}, "operation 'Pay'"),
        (
            {"kind": "ThrottlingException", "times": 1, "retry_after_seconds": 3},
            "retry_after_seconds",
        ),
        ({"kind": "ThrottlingException"}, "times"),
        ({"kind": "ThrottlingException", "times": 1.5}, "times is 1.5"),
        (
            {"kind": "changed_row", "times": 1},
            "changed_row needs invoice_id; changed_row needs mem",
        ),
        ({"kind": "hidden_row", "times": 1}, "hidden_row needs invoice_id"),
        ({"kind": "other_url", "times": 1}, "other_url needs url"),
        ({"kind": "html_page", "times": 1, "url": "https://x/"}, "html_page takes no url"),
        ({"kind": "reset", "times": 1, "operation": "GetInvoicePDF"}, "reset takes no operation"),
        ({"kind": "no_url", "times": 1, "later_pages": True}, "no_url takes no later_pages"),
        ({"kind": "empty_page", "times": 1, "invoice_id": "1"}, "empty_page takes no invoice_id"),
        ({"kind": "hidden_row", "times": 1, "invoice_id": "1", "members": {"A": 1}}, "no members"),
        ({"kind": "endless", "times": 1, "size_bytes": 5}, "endless takes no size_bytes"),
        ({"kind": "reset", "times": 1, "seconds": 5}, "reset takes no seconds"),
        ({"kind": "hidden_row", "times": 1, "document_id": "A"}, "hidden_row takes no document_id"),
        (
            {"kind": "DataUnavailableException", "times": 1, "operation": "GetInvoicePDF"},
            "GetInvoicePDF cannot show DataUnavailableException",
        ),
        ({"kind": "empty_page", "times": 1, "operation": "GetInvoicePDF"}, "cannot show empty_pag"),
        ({"kind": "hidden_row", "times": 1, "billing_entity": "AWS"}, "no billing_entity"),
        ({"kind": "reset", "times": 1, "linked_account_id": "1"}, "takes no linked_account_id"),
    ],
)
def test_a_fault_that_means_nothing_is_refused(
    emulator: InvoicingEmulator, fault: dict[str, Any], problem: str
) -> None:
    status, answer = control(emulator, "POST", "faults", {"payer_account_id": PAYER, **fault})
    assert status == 400
    assert problem in answer["error"]


class Closed(FixedCatalogue):
    """Nobody may list before the 13th."""

    def faults(self, now: datetime) -> list[Fault]:
        is_closed = now < day("2026-10-13")
        return [Fault(PAYER, "AccessDeniedException", None, operation=LIST)] if is_closed else []


def test_a_catalogue_can_have_the_service_misbehave_for_a_time() -> None:
    with InvoicingEmulator(Closed({PAYER: INVOICES}), now=NOW) as emulator:
        for _ in range(2):
            call = client(emulator).list_invoice_summaries
            answer = refusal(call, Selector=BY_ACCOUNT, Filter=SEPTEMBER)
            assert "invoicing:ListInvoiceSummaries" in answer["Error"]["Message"]
            emulator.faults.clear()
        assert document_url(emulator)
        emulator.now = day("2026-10-13")
        assert listed(emulator, SEPTEMBER)


def test_calls_and_downloads_are_counted_by_payer(emulator: InvoicingEmulator) -> None:
    assert control(emulator, "GET", "requests") == (
        200,
        {"calls": {}, "refused": {}, "downloads": {}, "cost_usd": "0.00"},
    )
    listed(emulator, SEPTEMBER)
    listed(emulator, SEPTEMBER)
    opened(emulator, document_url(emulator))
    refusal(client(emulator, OTHER).get_invoice_pdf, InvoiceId="none")
    _, told = control(emulator, "GET", "requests")
    assert told == {
        "calls": {
            PAYER: {"ListInvoiceSummaries": 2, "GetInvoicePDF": 1},
            OTHER: {"GetInvoicePDF": 1},
        },
        "refused": {},
        "downloads": {PAYER: 1},
        "cost_usd": "0.00",
    }


def test_health_shows_the_emulated_time(emulator: InvoicingEmulator) -> None:
    assert control(emulator, "GET", "health") == (
        200,
        {"status": "ok", "now": "2026-10-12T06:00:00+00:00"},
    )


@pytest.mark.parametrize("told", [{"now": "2026-10-12"}, {"now": "soon"}, {}, [], {"now": 5}])
def test_a_clock_setting_that_is_no_instant_is_refused(
    emulator: InvoicingEmulator, told: Any
) -> None:
    assert control(emulator, "POST", "clock", told)[0] == 400
    assert emulator.now == NOW


def test_a_control_that_does_not_exist_is_404(emulator: InvoicingEmulator) -> None:
    assert control(emulator, "POST", "reset")[0] == 404


# The server and the program


def test_many_clients_are_served_at_once(emulator: InvoicingEmulator) -> None:
    url = document_url(emulator)
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: opened(emulator, url)[0], range(200)))
    assert answers == [200] * 200


def test_only_the_loopback_address_is_bound(emulator: InvoicingEmulator) -> None:
    port = urlsplit(emulator.url).port or 0
    pytest_socket.socket_allow_hosts(["127.0.0.2"])
    with pytest.raises((ConnectionRefusedError, TimeoutError)):
        socket.create_connection(("127.0.0.2", port), timeout=1)


def test_a_body_of_untold_length_is_refused(emulator: InvoicingEmulator) -> None:
    assert sent(emulator, headers={"Transfer-Encoding": "chunked"}, body=b"")[0] == 413
    assert sent(emulator, headers={"Content-Length": "1000001"})[0] == 413


def test_a_port_in_use_is_reported_with_a_remedy(emulator: InvoicingEmulator) -> None:
    port = urlsplit(emulator.url).port or 0
    with pytest.raises(PortInUse, match=f"port {port} on 127.0.0.1 is in use; stop the program"):
        InvoicingEmulator(FixedCatalogue({}), port=port).__enter__()


def test_a_catalogue_with_an_invoice_id_twice_is_refused() -> None:
    with pytest.raises(ValueError, match=f"payer {PAYER} has the same InvoiceId twice"):
        FixedCatalogue({PAYER: [INVOICES[0], INVOICES[0]]})


@contextmanager
def program(port: int, register: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    """The emulator's program; it ends with the block, whatever happens there."""
    command = [
        sys.executable,
        "-m",
        "sandbox.invoicing_emulator",
        "--port",
        str(port),
        "--register",
        str(register),
    ]
    with subprocess.Popen(
        [*command, *more],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


@pytest.fixture
def register(tmp_path: Path) -> Path:
    path = tmp_path / "payers.csv"
    path.write_text(f"account_id,name\n{PAYER},Somebody\n")
    return path


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_the_program_serves_a_register_and_ends_cleanly_on_sigterm(register: Path) -> None:
    port = free_port()
    with program(
        port, register, "--now", "2026-10-12T06:00:00Z", "--signature-marker", "LEAK"
    ) as running:
        assert running.stdout is not None
        assert (
            running.stdout.readline()
            == f"The Invoicing emulator listens on http://127.0.0.1:{port}\n"
        )
        emulator = InvoicingEmulator(FixedCatalogue({}), port=port)
        (invoice_id,) = listed(emulator, SEPTEMBER)
        assert "X-Amz-Signature=LEAK" in document_url(emulator, invoice_id)
        began = time.monotonic()
        running.send_signal(signal.SIGTERM)
        assert running.wait(5) == 0
        assert time.monotonic() - began < 2
        assert running.stderr is not None
        assert running.stderr.read() == ""


def refused_start(
    capsys: pytest.CaptureFixture[str], port: int, register: Path, *more: str
) -> tuple[object, str]:
    """Exit code and message of the program, which ends before it serves: in this process."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    command = ["invoicing_emulator", "--port", str(port), "--register", str(register), *more]
    try:
        with patch.object(sys, "argv", command):
            code: object = invoicing_emulator.main()
    except SystemExit as ended:
        code = ended.code
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code, capsys.readouterr().err


def test_the_program_says_in_one_line_that_its_port_is_in_use(
    emulator: InvoicingEmulator, register: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = urlsplit(emulator.url).port or 0
    code, complaint = refused_start(capsys, port, register)
    assert code == 1
    assert complaint.count("\n") == 1
    assert f"port {port} on 127.0.0.1 is in use" in complaint


def test_the_program_throttles_as_set(register: Path) -> None:
    port = free_port()
    with program(port, register, "--limit", "GetInvoicePDF=0.01") as running:
        assert running.stdout is not None
        running.stdout.readline()
        emulator = InvoicingEmulator(FixedCatalogue({}), port=port)
        codes = [
            refusal(client(emulator).get_invoice_pdf, InvoiceId="none")["Error"]["Code"]
            for _ in range(2)
        ]
        assert codes == ["ResourceNotFoundException", "ThrottlingException"]
        running.send_signal(signal.SIGTERM)
        assert running.wait(5) == 0


@pytest.mark.parametrize("text", ["GetInvoicePDF", "Pay=3", "GetInvoicePDF=-1"])
def test_the_program_refuses_a_limit_that_means_nothing(
    register: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = refused_start(capsys, 0, register, "--limit", text)
    assert code == 2
    assert f"'{text}' is no OPERATION=N" in told


def test_the_program_refuses_a_broken_register(
    tmp_path: Path, register: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    register.write_text("account_id,name\n11112222333,Short\n")
    for path, complaint in ((register, "line 2"), (tmp_path / "none.csv", "none.csv")):
        code, told = refused_start(capsys, 0, path)
        assert code == 1
        assert complaint in told
        assert "Traceback" not in told
