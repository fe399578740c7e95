"""Each programmed fault, as an ordinary client meets it."""

import gzip
import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from botocore.exceptions import ClientError

from sandbox.invoicing import Fault, FixedCatalogue, InvoicingEmulator, bad_downloads
from sandbox.invoicing.faults import ANSWERS, DOWNLOADS, ERRORS, KINDS, LISTINGS, OFFERS
from tests.sandbox.invoicing_calls import (
    BY_ACCOUNT,
    FOREIGN,
    NOW,
    OTHER,
    PAYER,
    SEPTEMBER,
    XML_SUPPLEMENT,
    an_invoice,
    client,
    control,
    document_url,
    listed,
    refusal,
    signed,
)

EVERY = (*ERRORS, *ANSWERS, *LISTINGS, *OFFERS, *DOWNLOADS)
pytestmark = pytest.mark.usefixtures("loopback")

CONTENT = bytes(range(256)) * 8
ROWS = [f"100000000{n}" for n in range(1, 6)]
FIRST = ROWS[0]


@pytest.fixture
def emulator() -> Iterator[InvoicingEmulator]:
    invoices = [an_invoice(row, content=CONTENT, InvoiceType="INVOICE") for row in ROWS]
    with InvoicingEmulator(FixedCatalogue({PAYER: invoices, OTHER: [FOREIGN]}), now=NOW) as running:
        yield running


def pages(emulator: InvoicingEmulator, size: int = 2) -> list[list[str]]:
    paginator = client(emulator).get_paginator("list_invoice_summaries")
    asked = paginator.paginate(
        Selector=BY_ACCOUNT, Filter=SEPTEMBER, PaginationConfig={"PageSize": size}
    )
    return [[row["InvoiceId"] for row in page["InvoiceSummaries"]] for page in asked]


def offer(emulator: InvoicingEmulator, invoice_id: str = FIRST) -> dict[str, Any]:
    answer = client(emulator).get_invoice_pdf(InvoiceId=invoice_id)
    return dict(answer["InvoicePDF"])


def got(emulator: InvoicingEmulator, kind: str, **particulars: Any) -> requests.Response:
    """The download of the first invoice under a fault."""
    emulator.faults.add(Fault(PAYER, kind, 1, **particulars))
    return requests.get(document_url(emulator), allow_redirects=False, timeout=5)


def test_each_kind_is_of_one_table_and_each_download_has_its_answer() -> None:
    assert len(set(KINDS)) == len(KINDS) == len(EVERY)
    assert set(bad_downloads.ANSWERS) == set(DOWNLOADS)


# Errors


@pytest.mark.parametrize("error", ["ResourceNotFoundException", "ValidationException"])
def test_a_call_about_one_invoice_fails_as_often_as_set(
    emulator: InvoicingEmulator, error: str
) -> None:
    emulator.faults.add(Fault(PAYER, error, 2, invoice_id=FIRST))
    for _ in range(2):
        assert offer(emulator, ROWS[1])
        answer = refusal(client(emulator).get_invoice_pdf, InvoiceId=FIRST)
        assert answer["Error"]["Code"] == error
    assert offer(emulator)


def test_a_token_can_expire_in_the_middle_of_the_pages(emulator: InvoicingEmulator) -> None:
    emulator.faults.add(Fault(PAYER, "ExpiredNextToken", 1, later_pages=True))
    with pytest.raises(ClientError) as caught:
        pages(emulator)
    assert caught.value.response["reason"] == "expiredNextToken"
    assert emulator.requests.snapshot()["calls"] == {PAYER: {"ListInvoiceSummaries": 2}}


def test_an_error_in_the_middle_of_the_pages_spares_the_first_page(
    emulator: InvoicingEmulator,
) -> None:
    emulator.faults.add(Fault(PAYER, "InternalServerException", None, later_pages=True))
    for _ in range(3):
        assert listed(emulator, SEPTEMBER) == ROWS
        with pytest.raises(ClientError):
            pages(emulator)
    assert control(emulator, "DELETE", "faults")[0] == 200
    assert pages(emulator) == [ROWS[:2], ROWS[2:4], ROWS[4:]]


# Listings


def test_an_empty_page_has_a_token_that_goes_on(emulator: InvoicingEmulator) -> None:
    emulator.faults.add(Fault(PAYER, "empty_page", 2))
    emulator.faults.add(Fault(PAYER, "empty_page", 1, later_pages=True))
    assert pages(emulator) == [[], [], [], ROWS[:2], ROWS[2:4], ROWS[4:]]


def test_an_empty_page_can_be_kept_for_the_later_pages(emulator: InvoicingEmulator) -> None:
    emulator.faults.add(Fault(PAYER, "empty_page", 1, later_pages=True))
    assert pages(emulator) == [ROWS[:2], [], ROWS[2:4], ROWS[4:]]


def test_an_empty_page_is_only_for_whoever_may_ask(emulator: InvoicingEmulator) -> None:
    emulator.faults.add(Fault(PAYER, "empty_page", 1))
    answer = refusal(
        client(emulator).list_invoice_summaries,
        Selector={"ResourceType": "ACCOUNT_ID", "Value": OTHER},
        Filter=SEPTEMBER,
    )
    assert answer["Error"]["Code"] == "AccessDeniedException"


def test_an_invoice_can_stand_on_two_pages(emulator: InvoicingEmulator) -> None:
    emulator.faults.add(Fault(PAYER, "repeated_row", 1))
    assert pages(emulator) == [ROWS[:2], ROWS[1:4], ROWS[4:]]


def test_a_row_can_be_hidden_while_its_document_stays(emulator: InvoicingEmulator) -> None:
    emulator.faults.add(Fault(PAYER, "hidden_row", None, invoice_id=ROWS[2]))
    for _ in range(2):
        assert listed(emulator, SEPTEMBER) == [*ROWS[:2], *ROWS[3:]]
    assert offer(emulator, ROWS[2])["InvoiceId"] == ROWS[2]


def test_a_row_can_say_what_the_model_does_not_know(emulator: InvoicingEmulator) -> None:
    members = {
        "InvoiceType": "DEBIT_MEMO",
        "TaxAuthorityStatus": "CANCELLED",
        "Entity.BillingEntity": "AWS_QUANTUM",
        "Entity.Region": "moon",
        "BillingPeriod": None,
        "AccountId": None,
    }
    emulator.faults.add(Fault(PAYER, "changed_row", 1, invoice_id=FIRST, members=members))
    changed, whole = (
        client(emulator).list_invoice_summaries(Selector=BY_ACCOUNT, Filter=SEPTEMBER)[
            "InvoiceSummaries"
        ][0]
        for _ in range(2)
    )
    assert changed["InvoiceType"] == "DEBIT_MEMO"
    assert changed["TaxAuthorityStatus"] == "CANCELLED"
    assert changed["Entity"]["BillingEntity"] == "AWS_QUANTUM"
    assert {"BillingPeriod", "AccountId"} & set(changed) == set()
    assert whole["InvoiceType"] == "INVOICE"
    assert whole["BillingPeriod"] == {"Year": 2026, "Month": 9}


def test_a_member_that_is_taken_away_is_not_even_null(emulator: InvoicingEmulator) -> None:
    emulator.faults.add(
        Fault(PAYER, "changed_row", 1, invoice_id=FIRST, members={"AccountId": None, "X.Y": None})
    )
    body = json.dumps({"Selector": BY_ACCOUNT, "Filter": SEPTEMBER}).encode()
    row = signed(emulator, body)[1]["InvoiceSummaries"][0]
    assert "AccountId" not in row
    assert row["X"] == {}


def test_several_changes_of_a_row_add_up(emulator: InvoicingEmulator) -> None:
    for members in ({"InvoiceType": "A", "BillType": "B"}, {"BillType": "C"}):
        emulator.faults.add(Fault(PAYER, "changed_row", None, invoice_id=FIRST, members=members))
    for _ in range(2):
        row = client(emulator).list_invoice_summaries(Selector=BY_ACCOUNT, Filter=SEPTEMBER)[
            "InvoiceSummaries"
        ][0]
        assert (row["InvoiceType"], row["BillType"]) == ("A", "C")


def test_a_faultless_answer_is_held_to_the_model_while_faults_wait() -> None:
    catalogue = FixedCatalogue({PAYER: [an_invoice(FIRST, InvoiceType="REMINDER")]})
    with InvoicingEmulator(catalogue, now=NOW) as emulator:
        emulator.faults.add(
            Fault(PAYER, "changed_row", 1, invoice_id=FIRST, members={"InvoiceType": "ODD"})
        )
        call = client(emulator).list_invoice_summaries
        answer = refusal(call, Selector=BY_ACCOUNT, Filter=SEPTEMBER)
    assert answer["Error"]["Code"] == "InternalServerException"


# Offers


@pytest.mark.parametrize(
    ("kind", "scheme", "place"),
    [
        ("foreign_host", "https", "statement-documents.example.com"),
        ("plain_http", "http", "invoice-statement-documents.s3.us-east-1.amazonaws.com"),
        ("odd_port", "https", "invoice-statement-documents.s3.us-east-1.amazonaws.com:8443"),
        ("metadata_url", "http", "169.254.169.254"),
        ("unresolvable_host", "https", "statement-documents.s3.invalid.amazonaws.com"),
    ],
)
def test_an_offer_can_lead_elsewhere(
    emulator: InvoicingEmulator, kind: str, scheme: str, place: str
) -> None:
    emulator.faults.add(Fault(PAYER, kind, 1))
    url = urlsplit(offer(emulator)["DocumentUrl"])
    assert (url.scheme, url.netloc) == (scheme, place)
    assert ("X-Amz-Signature" in url.query) is (kind != "metadata_url")
    assert offer(emulator)["DocumentUrl"].startswith(f"{emulator.url}/documents/")


def test_an_offer_can_lead_to_any_url_and_break_the_model(emulator: InvoicingEmulator) -> None:
    url = "https://user:word@host\n/" + "x" * 2000
    emulator.faults.add(Fault(PAYER, "other_url", 1, url=url))
    assert offer(emulator)["DocumentUrl"] == url


def test_an_offer_can_come_without_its_url_or_anything(emulator: InvoicingEmulator) -> None:
    emulator.faults.add(Fault(PAYER, "no_url", 1))
    emulator.faults.add(Fault(PAYER, "no_answer", 1))
    assert offer(emulator) == {"InvoiceId": FIRST}
    assert offer(emulator) == {}


def test_a_fault_can_be_about_one_document_of_an_invoice() -> None:
    invoice = an_invoice(FIRST)
    both = type(invoice)(invoice.summary, NOW, invoice.document, (XML_SUPPLEMENT,))
    with InvoicingEmulator(FixedCatalogue({PAYER: [both]}), now=XML_SUPPLEMENT.ready_from) as here:
        here.faults.add(Fault(PAYER, "no_url", 1, document_id="K1"))
        paper = offer(here)
        assert "DocumentUrl" in paper
        assert "DocumentUrl" not in paper["SupplementalDocuments"][0]
        here.faults.add(Fault(PAYER, "html_page", None, document_id=""))
        paper = offer(here)
        kinds = [
            requests.get(each["DocumentUrl"], timeout=5).headers["Content-Type"]
            for each in (paper, paper["SupplementalDocuments"][0])
        ]
        assert kinds == ["text/html", "application/xml"]


# Downloads


def test_a_page_an_error_or_nothing_can_come_with_status_200(emulator: InvoicingEmulator) -> None:
    for kind, beginning in (
        ("html_page", b"<!DOCTYPE"),
        ("xml_error", b"<?xml"),
        ("empty_body", b""),
    ):
        response = got(emulator, kind)
        assert response.status_code == 200
        assert response.content.startswith(beginning)
        assert len(response.content) < 400
        assert bool(response.content) is bool(beginning)
        assert b"%PDF" not in response.content


@pytest.mark.parametrize("kind", ["short_body", "broken_chunks", "reset"])
def test_a_body_can_break_off_in_a_way_that_shows(emulator: InvoicingEmulator, kind: str) -> None:
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)) as why:
        got(emulator, kind)
    assert ("reset" in repr(why.value).lower()) is (kind == "reset")


@pytest.mark.parametrize("kind", ["cut_chunked", "cut_unlengthed"])
def test_a_body_can_be_cut_in_a_way_that_does_not_show(
    emulator: InvoicingEmulator, kind: str
) -> None:
    response = got(emulator, kind)
    assert response.content == CONTENT[:1024]
    assert "Content-Length" not in response.headers
    assert ("Transfer-Encoding" in response.headers) is (kind == "cut_chunked")


def test_the_connection_can_be_reset_before_any_answer(emulator: InvoicingEmulator) -> None:
    with pytest.raises(requests.ConnectionError, match="reset"):
        got(emulator, "reset_at_once")
    assert emulator.requests.snapshot()["downloads"] == {PAYER: 1}


def test_a_body_can_be_as_large_as_set(emulator: InvoicingEmulator) -> None:
    response = got(emulator, "oversized", size_bytes=300_000)
    assert len(response.content) == int(response.headers["Content-Length"]) == 300_000
    assert response.content.startswith(CONTENT)


def test_an_oversized_body_is_a_gibibyte_by_default(emulator: InvoicingEmulator) -> None:
    emulator.faults.add(Fault(PAYER, "oversized", 1))
    with requests.get(document_url(emulator), stream=True, timeout=5) as response:
        assert response.headers["Content-Length"] == str(1 << 30)


def test_an_endless_body_ends_with_the_client(emulator: InvoicingEmulator) -> None:
    before = threading.active_count()
    emulator.faults.add(Fault(PAYER, "endless", 1))
    with requests.get(document_url(emulator), stream=True, timeout=5) as response:
        assert "Content-Length" not in response.headers
        assert len(response.raw.read(5_000_000)) == 5_000_000
    for _ in range(100):
        if threading.active_count() <= before + 1:
            break
        time.sleep(0.02)
    assert threading.active_count() <= before + 1


def test_a_download_can_be_redirected(emulator: InvoicingEmulator) -> None:
    told = [
        got(emulator, "redirect"),
        got(emulator, "redirect_to_metadata"),
        got(emulator, "redirect", url="http://127.0.0.1:1/x"),
    ]
    assert [response.status_code for response in told] == [302, 302, 302]
    assert [urlsplit(response.headers["Location"]).netloc for response in told] == [
        "statement-documents.example.com",
        "169.254.169.254",
        "127.0.0.1:1",
    ]


def test_a_url_can_be_refused_like_s3_refuses(emulator: InvoicingEmulator) -> None:
    expired, busy = got(emulator, "expired"), got(emulator, "slow_down")
    assert (expired.status_code, busy.status_code) == (403, 503)
    assert b"<Message>Request has expired</Message>" in expired.content
    assert b"<Code>SlowDown</Code>" in busy.content


def test_a_slow_drip_sends_byte_after_byte(emulator: InvoicingEmulator) -> None:
    emulator.faults.add(Fault(PAYER, "slow_drip", 1, seconds=0.05))
    url = document_url(emulator)
    began = time.monotonic()
    with requests.get(url, stream=True, timeout=5) as response:
        assert response.headers["Content-Length"] == "2048"
        assert [response.raw.read1(100) for _ in range(5)] == [CONTENT[n : n + 1] for n in range(5)]
    assert 0.2 <= time.monotonic() - began < 2


def test_a_body_can_be_compressed_although_nobody_asked(emulator: InvoicingEmulator) -> None:
    emulator.faults.add(Fault(PAYER, "compressed", 1))
    headers = {"Accept-Encoding": "identity"}
    with requests.get(document_url(emulator), headers=headers, stream=True, timeout=5) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(response.raw.read(decode_content=False)) == CONTENT


def test_a_download_fault_spares_other_invoices_and_other_payers(
    emulator: InvoicingEmulator,
) -> None:
    emulator.faults.add(Fault(PAYER, "expired", None, invoice_id=FIRST))
    foreign = client(emulator, OTHER).get_invoice_pdf(InvoiceId=FOREIGN.invoice_id)["InvoicePDF"]
    urls = (foreign["DocumentUrl"], document_url(emulator, ROWS[1]), document_url(emulator))
    statuses = [requests.get(url, timeout=5).status_code for url in (*urls, urls[2])]
    assert statuses == [200, 200, 403, 403]


def test_every_fault_can_be_set_through_the_control_plane(emulator: InvoicingEmulator) -> None:
    needs: dict[str, dict[str, Any]] = {
        "changed_answer": {"members": {"InvoiceSummaries": None}},
        "changed_row": {"invoice_id": FIRST, "members": {"BillType": "B"}},
        "raw_row": {"invoice_id": FIRST, "body": "null"},
        "hidden_row": {"invoice_id": FIRST},
        "batch_error": {"invoice_id": FIRST, "code": "NOT_FOUND"},
        "changed_record": {"invoice_id": FIRST, "members": {"status": "B"}},
        "hidden_record": {"invoice_id": FIRST},
        "other_url": {"url": "https://x/"},
    }
    for kind in KINDS:
        fault = {"payer_account_id": PAYER, "kind": kind, "times": None, **needs.get(kind, {})}
        assert control(emulator, "POST", "faults", fault)[0] == 200, kind
