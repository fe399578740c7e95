"""What goes wrong while fetching, row by row (docs/faults.md), and that the month survives it."""

import errno
import gzip
import io
import itertools
import logging
import os
import socket
import tempfile
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import IO, Any

import pytest
import urllib3
from botocore.response import StreamingBody
from fpdf import FPDF
from PIL import Image
from pypdf import PdfWriter
from pypdf.actions import JavaScript
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
)

from lambdas.aws import document_download
from lambdas.aws.archive import Archive
from lambdas.domain.errors import ServiceUnavailable
from lambdas.parsers import parser_processes
from lambdas.steps.archiving import document_fetcher
from lambdas.steps.archiving.document_checks import Checked
from lambdas.steps.archiving.stored_documents import StoredDocuments
from sandbox.invoicing.faults import GET, Fault
from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BOREAL,
    BUCKET,
    TARGET,
    Month,
    World,
    invoice,
    pdf,
    supplement,
)

DAMAGED = {"DOCUMENT_DAMAGED": "blocking"}
FAILED = {"DOWNLOAD_FAILED": "blocking"}
NO_DOCUMENT = {"NOT_A_DOCUMENT": "blocking"}
REFUSED = {"DOCUMENT_URL_REFUSED": "blocking"}
TOO_LARGE = {"DOCUMENT_TOO_LARGE": "blocking"}
OTHER = {"OTHER_INVOICE": "blocking"}
LATE_DOCUMENT = {"LATE_DOCUMENT": "info"}
CODING_UNKNOWN = {"DOCUMENT_CODING_UNKNOWN": "blocking"}
DECODED = {"DOCUMENT_DECODED": "info"}
IRREGULAR = {"DOCUMENT_IRREGULAR": "info"}
TEXT_NOT_READ = {"PDF_TEXT_NOT_READ": "info"}
XML = b"<?xml version='1.0' encoding='UTF-8'?>\r\n<NFe><chave>3526</chave></NFe>\n"
A2 = f"invoices/2026-10/{ACME}/2026-10_{ACME}_INVOICE_A2.pdf"
A2_XML = A2.replace(".pdf", "_TAX_E_INVOICE_E-1.xml")


def asked(world: World) -> int:
    return int(world.requests()["calls"][ACME][GET])


def downloads(world: World) -> int:
    return int(world.requests()["downloads"][ACME])


def documents(world: World) -> list[str]:
    return [key for key in world.keys("invoices/") if "_A2" in key]


def record(world: World, number: int = 1) -> dict[str, Any]:
    return dict(world.read(f"records/2026-10/{ACME}/A2/{number:04d}.json"))


def details(world: World) -> str:
    return " ".join(one["detail"] for one in world.payer()["findings"])


def meets(month: Month, kind: str, times: int | None = None, **particulars: Any) -> None:
    """AWS lists A2, and the fault concerns nothing but its invoice document."""
    if len(month.world.catalogue.payers[ACME]) == 1:
        month.lists(invoice("A2"))
    particulars = {"invoice_id": "A2"} | particulars
    month.world.emulator.faults.add(Fault(ACME, kind, times, **particulars))


def meets_each(month: Month, *kinds: str, **particulars: Any) -> None:
    """AWS lists A2, A3 and so on; each meets another fault, for ever."""
    ids = [f"A{number}" for number, _ in enumerate(kinds, 2)]
    month.lists(*map(invoice, ids))
    for invoice_id, kind in zip(ids, kinds, strict=True):
        month.world.emulator.faults.add(
            Fault(ACME, kind, None, invoice_id=invoice_id, **particulars)
        )


def told(world: World) -> dict[str, str]:
    """Subject to code of the findings."""
    return {one["subject"]: one["code"] for one in world.payer()["findings"]}


def recovers_with_the_document(month: Month) -> None:
    month.recovers()
    assert documents(month.world) == [A2]
    assert month.world.content(A2) == month.world.catalogue.payers[ACME][1].document.read()


def no_url_is_told(world: World, caplog: pytest.LogCaptureFixture) -> None:
    texts = [key for key in world.keys("") if key.endswith("json")]
    written = "".join(world.content(key).decode() for key in texts)
    for text in (written, caplog.text):
        assert "X-Amz" not in text
        assert "/documents/" not in text


def test_f01_a_document_that_is_not_ready_is_fetched_by_a_later_run(month: Month) -> None:
    month.lists(invoice("A2", ready_from=AFTER_DEADLINE + timedelta(hours=1)))
    month.suffers("PARTIAL", {"PDF_NOT_READY": "blocking"})
    assert documents(month.world) == []
    recovers_with_the_document(month)


def test_f01_before_the_deadline_a_document_that_is_not_ready_is_awaited(month: Month) -> None:
    month.lists(invoice("A2", ready_from=AFTER_DEADLINE))
    month.at = datetime(2026, 11, 9, 6, tzinfo=UTC)
    month.suffers("AWAITING", {"PDF_NOT_READY": "blocking"}, other="AWAITING")
    month.at = AFTER_DEADLINE
    recovers_with_the_document(month)


@pytest.mark.parametrize("kind", ["no_url", "no_answer"])
def test_f02_an_answer_without_a_url_is_a_finding(month: Month, kind: str) -> None:
    meets(month, kind)
    month.suffers("PARTIAL", {"NO_DOCUMENT_URL": "blocking"})
    assert documents(month.world) == []
    recovers_with_the_document(month)


def test_f03_an_expired_url_is_asked_for_anew(month: Month) -> None:
    before = asked(month.world)
    meets(month, "expired", 2)
    month.suffers("COMPLETE", {})
    assert asked(month.world) == before + 3
    recovers_with_the_document(month)


def test_f03_a_url_that_is_always_expired_is_asked_for_a_bounded_number_of_times(
    month: Month,
) -> None:
    before = asked(month.world)
    meets(month, "expired")
    month.suffers("PARTIAL", FAILED)
    assert asked(month.world) == before + 3
    recovers_with_the_document(month)


def test_f04_a_page_an_error_or_nothing_with_status_200_is_not_stored(month: Month) -> None:
    meets_each(month, "html_page", "xml_error", "empty_body")
    month.suffers("PARTIAL", NO_DOCUMENT)
    assert told(month.world) == dict.fromkeys(["A2", "A3", "A4"], "NOT_A_DOCUMENT")
    assert month.world.payer()["archived"] == 1
    month.recovers()
    assert month.world.payer()["archived"] == 4


def test_f05_a_body_that_is_cut_is_not_stored_and_is_tried_again(month: Month) -> None:
    meets_each(month, "short_body", "broken_chunks", "reset", "cut_chunked", "cut_unlengthed")
    before = downloads(month.world)
    month.suffers("PARTIAL", FAILED | DAMAGED)
    assert told(month.world) == {
        **dict.fromkeys(["A2", "A3", "A4"], "DOWNLOAD_FAILED"),
        **dict.fromkeys(["A5", "A6"], "DOCUMENT_DAMAGED"),  # nothing but its end tells
    }
    assert month.world.payer()["archived"] == 1
    assert downloads(month.world) == before + 5 * 3
    month.recovers()
    assert month.world.payer()["archived"] == 6


def test_f05_a_body_that_is_cut_once_is_whole_in_the_same_run(month: Month) -> None:
    meets(month, "cut_unlengthed", 1)
    month.suffers("COMPLETE", {})
    recovers_with_the_document(month)


def test_f06_an_endless_or_oversized_body_is_cut_off_and_not_stored(month: Month) -> None:
    meets_each(month, "oversized", "endless")
    before = downloads(month.world)
    month.suffers("PARTIAL", TOO_LARGE)
    assert set(told(month.world)) == {"A2", "A3"}
    assert month.world.payer()["archived"] == 1
    assert downloads(month.world) == before + 2
    month.recovers()
    assert month.world.payer()["archived"] == 3


def test_f07_a_redirect_is_not_followed(month: Month) -> None:
    with socket.create_server(("127.0.0.1", 0)) as target:
        target.settimeout(0.05)
        meets(month, "redirect", url=f"http://127.0.0.1:{target.getsockname()[1]}/document.pdf")
        month.suffers("PARTIAL", REFUSED)
        with pytest.raises(TimeoutError):
            target.accept()
    recovers_with_the_document(month)


def test_f07_a_redirect_to_the_metadata_address_is_not_followed(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        connected.append(address[0])
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    meets(month, "redirect_to_metadata")
    month.suffers("PARTIAL", REFUSED)
    assert set(connected) == {"127.0.0.1"}
    recovers_with_the_document(month)


def refuses_all_without_opening(month: Month, monkeypatch: pytest.MonkeyPatch) -> None:
    """No URL of Acme's is handed to what opens connections; Boreal's is."""
    opened = []
    whole = document_download._download

    def noted(url: Any, *arguments: Any) -> Any:
        opened.append(url.value)
        return whole(url, *arguments)

    expected = len(month.world.catalogue.payers[ACME])
    with monkeypatch.context() as patch:
        patch.setattr(document_download, "_download", noted)
        month.suffers("PARTIAL", REFUSED)
    assert len(told(month.world)) == expected - 1
    assert [url.split("/")[2] for url in opened] == [month.world.emulator.url.split("/")[2]]
    assert month.world.payer()["archived"] == 1


def test_f08_another_scheme_port_or_host_is_refused_before_connecting(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCUMENT_HOSTS", "127.0.0.1,*.s3.*.amazonaws.com")
    meets_each(month, "plain_http", "odd_port", "foreign_host", "metadata_url")
    refuses_all_without_opening(month, monkeypatch)
    month.recovers()


def test_f08_a_hostile_url_is_refused_before_connecting(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCUMENT_HOSTS", "127.0.0.1,*.s3.amazonaws.com")
    urls = (
        "https://documents.s3.amazonaws.com:8443/a.pdf",
        "https://documents.s3.amazonaws.com@evil.example/a.pdf",
        "https://documents.s3.amazonaws.com.evil.example/a.pdf",
        "file:///proc/self/environ",
        "https://[::1]/a.pdf",
        "https://2130706433/a.pdf",
        "gopher://127.0.0.1/a.pdf",
        "https://documents.s3.amazonaws.com/a.pdf#b",
        "https://127.0.0.1./a.pdf",
    )
    month.lists(*(invoice(f"A{number}") for number, _ in enumerate(urls, 2)))
    for number, url in enumerate(urls, 2):
        meets(month, "other_url", url=url, invoice_id=f"A{number}")
    refuses_all_without_opening(month, monkeypatch)
    month.recovers()


def test_f09_a_slow_drip_ends_at_the_total_deadline(
    month: Month, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    meets(month, "slow_drip", seconds=0.05)
    with monkeypatch.context() as patch:
        patch.setattr(document_download, "TOTAL_TIMEOUT_SECONDS", 0.5)
        begun = time.monotonic()
        month.suffers("PARTIAL", FAILED)
    assert time.monotonic() - begun < 5
    assert "Not complete after 0.5 seconds" in details(month.world)
    no_url_is_told(month.world, caplog)
    recovers_with_the_document(month)


def test_f09_a_reset_is_a_finding_that_shows_no_url(
    month: Month, caplog: pytest.LogCaptureFixture
) -> None:
    meets_each(month, "reset", "reset_at_once")
    with caplog.at_level(logging.DEBUG):
        month.suffers("PARTIAL", FAILED)
    assert details(month.world).count("The connection failed") == 2
    no_url_is_told(month.world, caplog)
    month.recovers()


def test_f09_a_host_without_an_address_is_a_finding_that_shows_no_url(
    month: Month, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    resolve = socket.getaddrinfo

    def unresolved(host: str, *arguments: Any, **named: Any) -> Any:
        if host != "127.0.0.1":
            raise socket.gaierror(socket.EAI_NONAME, f"{host} is not known")
        return resolve(host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", unresolved)
    monkeypatch.setenv("DOCUMENT_HOSTS", "127.0.0.1,*.example.com")
    meets(month, "foreign_host")  # one of AWS's would be answered by the S3 in memory
    with caplog.at_level(logging.DEBUG):
        month.suffers("PARTIAL", FAILED)
    assert "The connection failed" in details(month.world)
    no_url_is_told(month.world, caplog)
    recovers_with_the_document(month)


def rewritten(change: Callable[[PdfWriter], object]) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(pdf("Invoice Number: A2", f"Account number: {ACME}")))
    change(writer)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def test_f10_an_encrypted_pdf_and_one_with_scripts_are_kept_byte_for_byte_and_flagged(
    month: Month,
) -> None:
    odd = {
        "A2": rewritten(lambda writer: writer.encrypt("user", "owner", algorithm="RC4-128")),
        "A3": rewritten(lambda writer: writer.encrypt("", "owner", algorithm="RC4-128")),
        "A4": rewritten(lambda writer: writer.add_open_action(JavaScript("app.alert(1)"))),
    }
    month.lists(*(invoice(name, document=document) for name, document in odd.items()))
    flags = {"PDF_ENCRYPTED": "warning", "PDF_WITH_SCRIPTS": "warning"}
    month.suffers("COMPLETE", flags | {"INVOICE_ID_NOT_IN_TEXT": "info"})
    for name, document in odd.items():
        assert month.world.content(A2.replace("A2", name)) == document
    month.recovers(findings=flags | {"INVOICE_ID_NOT_IN_TEXT": "info"})


def test_f11_a_pdf_that_names_another_account_and_not_this_invoice_is_not_stored(
    month: Month,
) -> None:
    month.lists(invoice("A2", document=pdf("Invoice Number: B7", "Account number: 0444-5555-6666")))
    month.suffers("PARTIAL", OTHER)
    assert f"names account {BOREAL}" in details(month.world)
    assert documents(month.world) == []
    month.lists(invoice("A2"))
    recovers_with_the_document(month)


def test_f11_a_text_merely_without_the_number_is_archived_and_flagged(month: Month) -> None:
    nota = pdf("Nota Fiscal 000.123.456", "Valor total R$ 100,00")
    month.lists(invoice("A2", document=nota))
    month.suffers("COMPLETE", {"INVOICE_ID_NOT_IN_TEXT": "info"})
    assert month.world.content(A2) == nota
    month.recovers(findings={"INVOICE_ID_NOT_IN_TEXT": "info"})


def with_content(packed: bytes) -> bytes:
    """A PDF whose page has this deflated content."""
    content = StreamObject()
    content._data = packed
    content[NameObject("/Filter")] = NameObject("/FlateDecode")

    def put(writer: PdfWriter) -> None:
        writer.pages[0][NameObject("/Contents")] = writer._add_object(content)

    return rewritten(put)


def test_f11_a_parsers_limit_is_no_verdict_on_the_document(month: Month) -> None:
    swollen = with_content(zlib.compress(bytes(80_000_000), 9))  # more than the parser inflates
    month.lists(invoice("A2", document=swollen))
    month.suffers("COMPLETE", TEXT_NOT_READ)
    assert month.world.content(A2) == swollen
    month.recovers(findings=TEXT_NOT_READ)


def test_f12_an_xml_supplement_is_kept_as_it_came(month: Month) -> None:
    month.lists(invoice("A2", supplements=(supplement("E-1", XML),)))
    month.suffers("COMPLETE", {})
    assert documents(month.world) == [A2, A2_XML]
    assert month.world.content(A2_XML) == XML
    month.recovers()


@pytest.mark.parametrize(
    ("kind", "findings"), [("html_page", NO_DOCUMENT), ("no_url", {"NO_DOCUMENT_URL": "blocking"})]
)
def test_f12_a_supplement_that_fails_makes_the_invoice_partial_until_it_comes(
    month: Month, kind: str, findings: dict[str, str]
) -> None:
    month.lists(invoice("A2", supplements=(supplement("E-1", XML),)))
    meets(month, kind, document_id="E-1")
    month.suffers("PARTIAL", findings)
    assert documents(month.world) == [A2]
    (found,) = month.world.payer()["findings"]
    assert found["subject"] == "A2 TAX_E_INVOICE E-1"
    before = downloads(month.world)
    month.recovers(findings=LATE_DOCUMENT)
    assert documents(month.world) == [A2, A2_XML]
    assert downloads(month.world) == before + 1  # the invoice document is not fetched again
    assert record(month.world, 2)["lacks"] == []


def test_f13_a_pdf_that_differs_at_every_download_is_no_revision(month: Month) -> None:
    count = itertools.count()

    def rendered_anew() -> bytes:
        return pdf("Invoice Number: A2", rendered_at=AFTER_DEADLINE + timedelta(next(count)))

    month.lists(invoice("A2", document=rendered_anew))
    month.suffers("COMPLETE", {})
    first, before = month.world.content(A2), downloads(month.world)
    month.lists(invoice("A2", document=rendered_anew, TaxAuthorityStatus="ISSUED"))
    month.suffers("COMPLETE", {"INVOICE_CHANGED": "warning"})
    assert downloads(month.world) == before + 1
    assert documents(month.world) == [A2]
    assert month.world.content(A2) == first
    month.recovers(findings={"INVOICE_CHANGED": "warning"})


def test_f13_a_changed_row_with_a_new_text_is_a_revision_beside_the_first(month: Month) -> None:
    month.lists(invoice("A2"))
    month.suffers("COMPLETE", {})
    first = month.world.content(A2)
    corrected = pdf("Invoice Number: A2", "corrected address")
    month.lists(invoice("A2", document=corrected, amount="120.00"))
    told = {"INVOICE_CHANGED": "warning", "DOCUMENT_REVISED": "warning"}
    month.suffers("COMPLETE", told)
    revision = A2.replace(".pdf", "_r2.pdf")
    assert documents(month.world) == [A2, revision]
    assert (month.world.content(A2), month.world.content(revision)) == (first, corrected)
    assert month.world.payer()["totals"] == [{"currency": "USD", "amount": "220.00"}]
    assert "PaymentCurrencyAmount.TotalAmount: 100.00 → 120.00" in details(month.world)
    chain = f"records/2026-10/{ACME}/A2/"
    assert record(month.world, 2)["previous_sha256"] == month.world.evidence()[f"{chain}0001.json"]
    month.recovers(findings=told)


def test_f14_hostile_ids_get_safe_unique_keys_and_stay_whole_in_the_records(
    month: Month,
) -> None:
    ids = ["../../etc/passwd", "a/b", "=cmd|' /C calc'!A0", "x" * 1024, "🧾-1", "CON", "a2", "A2"]
    papers = [pdf(f"Account number: {ACME}", f"Nota {number}") for number, _ in enumerate(ids)]
    month.lists(*map(lambda one, paper: invoice(one, document=paper), ids, papers))
    month.suffers("COMPLETE", {"INVOICE_ID_NOT_IN_TEXT": "info"})
    keys = [key for key in month.world.keys("invoices/") if ACME in key]
    assert len({key.lower() for key in keys}) == 1 + len(ids)
    for key in keys:
        assert set(key) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/")
        assert max(map(len, key.split("/"))) <= 120
        assert len(key.split("/")) == 4
    records = [month.world.read(key) for key in month.world.keys(f"records/2026-10/{ACME}/")]
    assert {one["invoice_id"] for one in records} == {"A1", *ids}
    month.recovers(findings={"INVOICE_ID_NOT_IN_TEXT": "info"})


def test_f14_an_id_with_a_line_break_which_the_api_takes_from_nobody_holds_up_no_other(
    month: Month,
) -> None:
    month.lists(invoice("A2"), invoice("line\nbreak"))
    refused = {"NO_DOCUMENT_URL": "blocking"}
    month.suffers("PARTIAL", refused)
    assert documents(month.world) == [A2]
    subjects = [one["subject"] for one in month.world.payer()["findings"]]
    assert subjects == ["line\nbreak"]
    month.recovers("PARTIAL", refused)


def filled_pdf(size: int) -> bytes:
    """A PDF with a stream of about `size` bytes that no parser has to read."""
    page = FPDF()
    page.set_creation_date(AFTER_DEADLINE)
    page.add_page()
    page.set_font("helvetica", size=11)
    page.cell(0, 8, "Invoice Number: A2")
    page.embed_file(bytes=bytes(size), basename="filling.bin", compress=False)
    return bytes(page.output())


def test_f15_a_large_document_takes_no_more_memory_than_a_small_one(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a few MB; bench/fetch_memory.py measures the whole at 100 MB."""
    size = 6_000_000
    monkeypatch.setenv("MAX_DOCUMENT_BYTES", str(2 * size))
    monkeypatch.setenv("FETCH_THREADS", "1")
    large = filled_pdf(size)
    peaks = []

    def measured(whole: Callable[..., Any]) -> Callable[..., Any]:
        def measure(*arguments: Any, **named: Any) -> Any:
            tracemalloc.start()
            try:
                return whole(*arguments, **named)
            finally:
                peaks.append(tracemalloc.get_traced_memory()[1])
                tracemalloc.stop()

        return measure

    put, bodies = Archive.put_evidence, []

    def put_noted(self: Archive, key: str, body: bytes | IO[bytes], **named: Any) -> Any:
        bodies.append(body)
        return put(self, key, body, **named)

    monkeypatch.setattr(document_fetcher, "download", measured(document_fetcher.download))
    monkeypatch.setattr(
        document_fetcher, "check_document", measured(document_fetcher.check_document)
    )
    monkeypatch.setattr(Archive, "put_evidence", put_noted)
    month.lists(invoice("A2", document=large))
    month.suffers("COMPLETE", {})
    assert month.world.content(A2) == large
    assert max(peaks) < size / 3
    assert not any(isinstance(body, bytes) and len(body) > size for body in bodies)
    month.recovers()


def test_f16_a_body_in_a_coding_nobody_asked_for_is_stored_decoded(month: Month) -> None:
    month.lists(invoice("A2", supplements=(supplement("E-1", XML),)))
    meets(month, "compressed", document_id="E-1")
    month.suffers("COMPLETE", DECODED)
    assert month.world.content(A2_XML) == XML
    month.recovers(findings=DECODED)


def test_f17_a_url_that_is_not_ascii_is_refused(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCUMENT_HOSTS", "127.0.0.1,*.s3.amazonaws.com")
    meets(month, "other_url", url="https://documents.s3.amaz\u043enaws.com/a.pdf")
    refuses_all_without_opening(month, monkeypatch)
    recovers_with_the_document(month)


def test_f18_two_supplements_with_one_id_are_both_kept(month: Month) -> None:
    twice = (supplement("E-1", XML), supplement("E-1", XML))
    month.lists(invoice("A2", supplements=twice))
    month.suffers("COMPLETE", {})
    assert len(documents(month.world)) == 3
    assert [one["ordinal"] for one in record(month.world)["documents"]] == [1, 1, 2]
    month.recovers()


@pytest.mark.parametrize("is_hidden", [True, False], ids=["hidden", "destroyed"])
def test_f19_a_document_that_is_gone_when_a_revision_comes_is_damage_and_is_not_made_again(
    month: Month, is_hidden: bool
) -> None:
    month.lists(invoice("A2"))
    month.suffers("COMPLETE", {})
    version = {"VersionId": record(month.world)["documents"][0]["version_id"]}
    month.world.s3.delete_object(
        Bucket=BUCKET,
        Key=A2,
        **({} if is_hidden else version | {"BypassGovernanceRetention": True}),
    )
    corrected = pdf("Invoice Number: A2", "corrected address")
    month.lists(invoice("A2", document=corrected, amount="120.00"))
    told = {
        "ARCHIVE_DAMAGED": "blocking",
        "DOCUMENT_REVISED": "warning",
        "INVOICE_CHANGED": "warning",
    }
    month.suffers("PARTIAL", told)
    assert documents(month.world) == [A2.replace(".pdf", "_r2.pdf")]
    month.recovers("PARTIAL", told)


def test_f20_a_pdf_with_markup_appended_is_not_stored(month: Month) -> None:
    extended = (b"<html>Sign in</html>", b"\n<?xml version='1.0'?><Error/>\n", bytes(9000) + b"<p>")
    names = ("A2", "A3", "A4")
    whole = [pdf(f"Invoice Number: {name}") for name in names]
    broken = [document + more for document, more in zip(whole, extended, strict=True)]
    month.lists(*map(lambda name, document: invoice(name, document=document), names, broken))
    month.suffers("PARTIAL", DAMAGED)
    assert month.world.payer()["archived"] == 1
    month.lists(*map(lambda name, document: invoice(name, document=document), names, whole))
    month.recovers()


def bomb() -> bytes:
    entities = "".join(
        f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x" * 100}">' for n in range(9)
    )
    return f"<?xml version='1.0'?><!DOCTYPE NFe [{entities}]><NFe>&e8;</NFe>".encode()


def test_f21_an_xml_bomb_is_kept_as_it_came_and_not_expanded(month: Month) -> None:
    month.lists(invoice("A2", supplements=(supplement("E-1", bomb()),)))
    begun = time.monotonic()
    month.suffers("COMPLETE", IRREGULAR)
    assert time.monotonic() - begun < 5
    assert month.world.content(A2_XML) == bomb()
    month.recovers(findings=IRREGULAR)


def test_f22_a_busy_document_server_is_tried_again_and_later(month: Month) -> None:
    meets(month, "slow_down")
    month.suffers("PARTIAL", FAILED)
    assert "The server answered 503" in details(month.world)
    recovers_with_the_document(month)


def test_f23_a_document_that_is_offered_and_gone_at_the_download_is_a_finding(
    month: Month,
) -> None:
    meets(month, "other_url", url=f"{month.world.emulator.url}/nothing/here")
    month.suffers("PARTIAL", FAILED)
    assert "The server answered 404" in details(month.world)
    recovers_with_the_document(month)


def test_f24_an_invoice_that_aws_refuses_to_serve_holds_up_no_other(month: Month) -> None:
    month.lists(invoice("A2"), invoice("A3"))
    meets(month, "ValidationException", operation=GET)
    month.suffers("PARTIAL", {"NO_DOCUMENT_URL": "blocking"})
    assert documents(month.world) == []
    assert month.world.payer()["archived"] == 2
    recovers_with_the_document(month)


def test_f24_a_refusal_to_serve_again_what_is_archived_takes_nothing_from_it(
    month: Month,
) -> None:
    month.lists(invoice("A2"))
    month.suffers("COMPLETE", {})
    month.at = datetime(2026, 11, 17, 6, tzinfo=UTC)  # 14 days after issue it is asked once more
    meets(month, "ValidationException", operation=GET)
    month.suffers("COMPLETE", {})
    recovers_with_the_document(month)


def meets_codings(month: Month, *codings: str) -> None:
    """The documents of A2, A3 and so on come each with another Content-Encoding."""
    for number, coding in enumerate(codings, 2):
        meets(month, "named_coding", invoice_id=f"A{number}", document_id="", coding=coding)


def test_f25_a_header_that_names_no_coding_stops_no_download(month: Month) -> None:
    codings = ("", "aws-chunked", "identity", "Identity, AWS-chunked")
    month.lists(*(invoice(f"A{number}") for number in range(2, 6)))
    meets_codings(month, *codings)
    month.suffers("COMPLETE", {})
    assert month.world.payer()["archived"] == 5
    recovers_with_the_document(month)


def test_f25_a_packed_document_is_stored_unpacked_and_noted(month: Month) -> None:
    plain = pdf("Invoice Number: A2", "Invoice Number: A3")
    month.lists(
        invoice("A2", document=gzip.compress(plain)), invoice("A3", document=zlib.compress(plain))
    )
    meets_codings(month, "x-gzip, aws-chunked", "deflate")
    month.suffers("COMPLETE", DECODED)
    assert month.world.content(A2) == month.world.content(A2.replace("A2", "A3")) == plain
    assert record(month.world)["documents"][0]["size_bytes"] == len(plain)
    month.recovers(findings=DECODED)


def test_f25_a_packed_document_that_is_cut_is_not_stored_and_is_tried_again(month: Month) -> None:
    packed = gzip.compress(pdf("Invoice Number: A2"))
    month.lists(invoice("A2", document=packed[:-9]))
    meets_codings(month, "gzip")
    before = downloads(month.world)
    month.suffers("PARTIAL", DAMAGED)
    assert downloads(month.world) == before + 3
    month.lists(invoice("A2"))
    recovers_with_the_document(month)


def test_f25_a_packed_document_is_unpacked_up_to_the_limit(month: Month) -> None:
    month.lists(invoice("A2", document=gzip.compress(bytes(50_000_000))))
    meets_codings(month, "gzip")
    month.suffers("PARTIAL", TOO_LARGE)
    assert documents(month.world) == []
    month.lists(invoice("A2"))
    recovers_with_the_document(month)


def test_f25_a_coding_that_is_not_known_is_reported_with_a_step_that_helps(month: Month) -> None:
    month.lists(invoice("A2"), invoice("A3"))
    meets_codings(month, "br", "zstd")
    before = downloads(month.world)
    month.suffers("PARTIAL", CODING_UNKNOWN)
    assert "'br'" in details(month.world)
    assert "Billing console" in month.world.payer()["findings"][0]["next_step"]
    assert downloads(month.world) == before + 2  # the same answer would come again
    recovers_with_the_document(month)


def test_f26_odd_papers_are_kept_as_they_came_and_flagged(month: Month) -> None:
    names = [f"A{number}" for number in range(2, 7)]
    plain = pdf("".join(f"Invoice Number: {name} " for name in names))
    odd = (
        b"\n\xa0\xa4\x03" + plain,
        plain + b"\0" * 80_508,
        plain + b" " * 400_000,
        plain[:9] + b"% offsets are off\n" + plain[9:],
        plain.replace(b"/Type /Catalog", b"/Type /Catalog /Type /Catalog"),
    )
    month.lists(*map(lambda name, document: invoice(name, document=document), names, odd))
    month.suffers("COMPLETE", IRREGULAR)
    for name, document in zip(names, odd, strict=True):
        assert month.world.content(A2.replace("A2", name)) == document
    month.recovers(findings=IRREGULAR)


def test_f26_what_is_cut_or_has_no_page_is_refused_however_much_is_forgiven(month: Month) -> None:
    plain = pdf("Invoice Number: A2")
    empty = io.BytesIO()
    PdfWriter().write(empty)
    broken = (plain[: len(plain) // 2], plain[:-30], plain + plain[:-30], empty.getvalue())
    month.lists(*(invoice(f"A{n}", document=document) for n, document in enumerate(broken, 2)))
    month.suffers("PARTIAL", DAMAGED)
    assert month.world.payer()["archived"] == 1
    month.lists(*(invoice(f"A{n}") for n, _ in enumerate(broken, 2)))
    month.recovers()


def test_f26_a_linearized_paper_that_is_cut_behind_its_first_page_is_refused(month: Month) -> None:
    told = b"9 0 obj <</Linearized 1/L 90000>> endobj\n"
    header, rest = pdf("Invoice Number: A2").split(b"\n", 1)
    month.lists(invoice("A2", document=header + b"\n" + told + rest))
    month.suffers("PARTIAL", DAMAGED)
    month.lists(invoice("A2"))
    recovers_with_the_document(month)


def test_f26_binary_bytes_behind_a_paper_are_no_markup_though_a_tag_turns_up_in_them(
    month: Month,
) -> None:
    junk = bytes(range(1, 48))
    paper = pdf("Invoice Number: A2") + junk * 9 + b"<b>" + junk * 9
    month.lists(invoice("A2", document=paper))
    month.suffers("COMPLETE", IRREGULAR)
    assert month.world.content(A2) == paper
    month.recovers(findings=IRREGULAR)


def test_f30_a_supplement_that_is_not_well_formed_is_kept_as_it_came(month: Month) -> None:
    odd = (
        XML.replace(b"3526", b"caf\xe9"),
        XML.replace(b"3526", b"R&D"),
        b"\n" + XML,
        XML + bytes(5000),
        XML[:-9],
    )
    supplements = tuple(supplement(f"E-{n}", content) for n, content in enumerate(odd, 1))
    month.lists(invoice("A2", supplements=supplements))
    month.suffers("COMPLETE", IRREGULAR)
    for number, content in enumerate(odd, 1):
        assert month.world.content(A2_XML.replace("E-1", f"E-{number}")) == content
    month.recovers(findings=IRREGULAR)


def test_f30_a_supplement_that_is_cut_without_a_sign_of_its_length_is_not_stored(
    month: Month,
) -> None:
    month.lists(invoice("A2", supplements=(supplement("E-1", XML),)))
    meets(month, "cut_unlengthed", document_id="E-1")
    month.suffers("PARTIAL", DAMAGED)
    assert documents(month.world) == [A2]
    month.recovers(findings=LATE_DOCUMENT)


def test_f30_a_web_page_or_an_error_is_no_supplement_however_it_is_written(month: Month) -> None:
    others = (
        b"<?xml version='1.0'?><!-- moved -- again --><HTML><p>Sign in & wait",
        b"\xef\xbb\xbf\n<!doctype html><p>Sign in",
        "<!DOCTYPE html>\n<p>Sign in".encode("utf-16"),
        b"\n<Error><Code>AccessDenied</Code><Message>R&D",
    )
    supplements = tuple(supplement(f"E-{n}", content) for n, content in enumerate(others, 1))
    month.lists(invoice("A2", supplements=supplements))
    month.suffers("PARTIAL", NO_DOCUMENT)
    assert documents(month.world) == [A2]
    month.lists(invoice("A2", supplements=(supplement("E-1", XML),)))
    month.recovers(findings=LATE_DOCUMENT)


def test_f31_a_paper_that_needs_no_password_is_opened_and_checked(month: Month) -> None:
    def locked(*lines: str) -> bytes:
        writer, target = PdfWriter(clone_from=io.BytesIO(pdf(*lines))), io.BytesIO()
        writer.encrypt("", "owner", algorithm="RC4-128")
        writer.write(target)
        return target.getvalue()

    own, foreign = locked("Invoice Number: A2"), locked(f"Account number: {BOREAL}")
    month.lists(invoice("A2", document=own), invoice("A3", document=foreign))
    month.suffers("PARTIAL", {"OTHER_INVOICE": "blocking"})
    assert month.world.content(A2) == own
    month.lists(invoice("A2", document=own), invoice("A3"))
    month.recovers()


def test_f32_a_paper_that_costs_the_parser_minutes_is_kept_and_flagged(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parser_processes, "SECONDS", 2)
    costly = with_content(zlib.compress(b"BT " + b"(a) Tj 1 0 0 1 1 1 Tm " * 900_000 + b"ET", 9))
    month.lists(invoice("A2", document=costly), invoice("A3"))
    begun = time.monotonic()
    month.suffers("COMPLETE", TEXT_NOT_READ)
    assert time.monotonic() - begun < 12
    assert month.world.content(A2) == costly
    month.recovers(findings=TEXT_NOT_READ)


NUMBER, NEXT_NUMBER = "2609293185", "2609293186"
UNNAMED = {"INVOICE_ID_NOT_IN_TEXT": "info"}
NO_TEXT = {"PDF_TEXT_NOT_READ": "info"}
REVISED = {"DOCUMENT_REVISED": "warning"}
CHANGED = {"INVOICE_CHANGED": "warning"}


def in_doubt(world: World, account_id: str = ACME) -> list[str]:
    """The subjects of the findings that an invoice has the paper of another one."""
    found = world.payer(account_id)["findings"]
    return [one["subject"] for one in found if one["code"] == "OTHER_INVOICE"]


@contextmanager
def stored_by_v1() -> Iterator[None]:
    """Runs store one paper for several invoices."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StoredDocuments, "hold_alone", lambda *_, **__: [])
        yield


def test_f27_one_paper_for_several_invoices_is_kept_for_the_one_that_it_names(
    month: Month,
) -> None:
    paper = pdf("Invoice Number: A2", f"Account number: {ACME}")
    month.lists(*(invoice(one, document=paper) for one in ("A2", "A3", "A4")))
    month.suffers("PARTIAL", OTHER)
    assert [key for key in month.world.keys("invoices/") if ACME in key and "A1" not in key] == [A2]
    assert in_doubt(month.world) == ["A3", "A4"]
    assert "byte for byte the document of invoice A2" in details(month.world)
    month.lists(*map(invoice, ("A2", "A3", "A4")))
    recovers_with_the_document(month)


def test_f27_a_paper_that_an_earlier_run_stored_for_another_invoice_is_not_stored_again(
    month: Month,
) -> None:
    paper = month.world.catalogue.payers[ACME][0].document.read()
    month.lists(invoice("A2", document=paper))
    month.suffers("PARTIAL", OTHER)
    assert documents(month.world) == []
    assert in_doubt(month.world) == ["A2"]
    month.lists(invoice("A2"))
    recovers_with_the_document(month)


def test_f27_a_paper_that_names_another_listed_invoice_is_not_stored_however_it_is_rendered(
    month: Month,
) -> None:
    count = itertools.count()

    def rendered_anew() -> bytes:
        return pdf(f"Invoice{NUMBER}Date", rendered_at=AFTER_DEADLINE + timedelta(next(count)))

    month.lists(*(invoice(one, document=rendered_anew) for one in (NUMBER, NEXT_NUMBER)))
    month.suffers("PARTIAL", OTHER)
    assert in_doubt(month.world) == [NEXT_NUMBER]
    assert f"The PDF names invoice {NUMBER} and not this one" in details(month.world)
    month.lists(invoice(NUMBER, document=rendered_anew), invoice(NEXT_NUMBER))
    month.recovers()


def test_f27_a_paper_that_names_its_own_invoice_is_its_own_whatever_it_names_beside(
    month: Month,
) -> None:
    statement = pdf(f"Statement of {NUMBER}", NEXT_NUMBER, f"{BOREAL[:4]}-5555-6666")
    memo = pdf(f"Credit for {NUMBER}")
    month.lists(
        invoice(NUMBER, document=statement),
        invoice(NEXT_NUMBER, document=statement),
        invoice("2609293187", document=memo, OriginalInvoiceId=NUMBER),
    )
    month.suffers("COMPLETE", UNNAMED)
    month.recovers(findings=UNNAMED)


def test_f27_a_tax_copy_and_a_receipt_with_the_paper_of_their_invoice_are_kept_and_flagged(
    month: Month,
) -> None:
    paper = month.world.catalogue.payers[ACME][0].document.read()
    month.lists(
        invoice("A2", document=paper, CommercialInvoiceId="A1"),
        invoice("A3", document=paper, OriginalInvoiceId="A1", InvoiceType="PAYMENT_RECEIPT"),
    )
    flagged = UNNAMED | {"OTHER_INVOICE": "warning"}
    month.suffers("COMPLETE", flagged)
    receipt = A2.replace("INVOICE_A2", "PAYMENT_RECEIPT_A3")
    assert in_doubt(month.world) == [A2, receipt]
    assert month.world.content(receipt) == month.world.content(A2) == paper
    month.recovers(findings=flagged)


def test_f27_an_invoice_is_no_other_than_its_copy_that_came_first(month: Month) -> None:
    nota = pdf("Nota Fiscal 000.123.456")
    month.lists(
        invoice("A3", document=nota, CommercialInvoiceId="A2"), invoice("A2", document=nota)
    )
    month.suffers("COMPLETE", UNNAMED)
    month.recovers(findings=UNNAMED)


def test_f27_of_invoices_with_one_paper_that_names_none_it_is_always_the_first_that_gets_it(
    month: Month,
) -> None:
    def slowly() -> bytes:
        time.sleep(0.3)
        return pdf()

    ids = [f"A{number}" for number in range(2, 8)]
    month.lists(invoice("A2", document=slowly), *(invoice(i, document=pdf()) for i in ids[1:]))
    month.suffers("PARTIAL", OTHER | NO_TEXT)
    assert documents(month.world) == [A2]
    assert in_doubt(month.world) == ids[1:]
    month.lists(invoice("A2", document=pdf()), *map(invoice, ids[1:]))
    month.recovers(findings=NO_TEXT)


def test_f27_a_paper_that_names_none_and_that_the_wrong_one_got_goes_to_the_right_one_later(
    month: Month,
) -> None:
    month.lists(invoice("A2", document=scan(3)), invoice("A3", document=scan(3)))
    month.suffers("PARTIAL", OTHER | NO_TEXT)
    assert in_doubt(month.world) == ["A3"]
    month.lists(invoice("A2", document=scan(2)), invoice("A3", document=scan(3)))
    month.suffers("PARTIAL", OTHER | NO_TEXT | REVISED)
    assert month.world.content(A2.replace(".pdf", "_r2.pdf")) == scan(2)
    month.recovers(findings=NO_TEXT | REVISED)
    assert month.world.content(A2.replace("A2", "A3")) == scan(3)


def test_f27_a_paper_that_is_archived_under_several_invoices_is_found_and_replaced_beside_it(
    month: Month,
) -> None:
    paper = pdf("Invoice Number: A2")
    month.lists(*(invoice(one, document=paper) for one in ("A2", "A3")))
    with stored_by_v1():
        month.suffers("PARTIAL", OTHER | UNNAMED)
    assert in_doubt(month.world) == ["A3"]
    month.suffers("PARTIAL", OTHER | UNNAMED)
    month.lists(*map(invoice, ("A2", "A3")))
    before = downloads(month.world)
    month.recovers(findings=REVISED | UNNAMED)
    assert downloads(month.world) == before + 1
    assert documents(month.world) == [A2]
    revision = A2.replace("A2.pdf", "A3_r2.pdf")
    assert month.world.content(revision) == invoice("A3").document.read()


def test_f27_one_paper_of_two_payer_accounts_that_names_neither_counts_for_none(
    month: Month,
) -> None:
    month.lists(invoice("A2", document=pdf()))
    boreals = month.world.catalogue.payers[BOREAL]
    month.world.catalogue.payers[BOREAL] = [boreals[0], invoice("B2", BOREAL, document=pdf())]
    month.suffers("PARTIAL", OTHER | NO_TEXT, other="PARTIAL")
    assert (in_doubt(month.world), in_doubt(month.world, BOREAL)) == (["A2"], ["B2"])
    month.world.catalogue.payers[BOREAL] = boreals
    month.recovers(findings=NO_TEXT)


LOOK_ALIKES = (
    "Bank account number: 987654321098",
    "Remittance: account no. 1234-5678-9012",
    "Beneficiary account 1234 5678 9012",
    "IBAN GB29 NWBK 0444 5555 6666 19, account with us",
    "Card on account 1111 0444 5555 6666",
    "Questions on your account? +1 206 266 4064 99",
    f"Account 9{BOREAL}",
    f"Account {ACME}, bank of {BOREAL}",
)


def test_f28_a_number_that_only_looks_like_another_account_refuses_no_paper(month: Month) -> None:
    papers = {f"A{number}": pdf("Nota Fiscal", line) for number, line in enumerate(LOOK_ALIKES, 2)}
    month.lists(*(invoice(name, document=paper) for name, paper in papers.items()))
    month.suffers("COMPLETE", UNNAMED)
    for name, paper in papers.items():
        assert month.world.content(A2.replace("A2", name)) == paper
    month.recovers(findings=UNNAMED)


def test_f28_an_account_of_the_register_refuses_a_paper_although_the_run_did_not_ask_it(
    month: Month,
) -> None:
    ways = (BOREAL, "0444-5555-6666", "0444 5555 6666")
    names = [f"A{number}" for number, _ in enumerate(ways, 2)]
    papers = [pdf("Invoice", way) for way in ways]
    month.lists(*map(lambda name, paper: invoice(name, document=paper), names, papers))
    month.world.run({"payer_account_ids": [ACME]}, at=month.at)
    assert month.world.findings() == OTHER
    assert in_doubt(month.world) == names
    assert month.world.payer()["archived"] == 1
    month.lists(*map(invoice, names))
    month.recovers()


def scan(shade: int) -> bytes:
    """A paper that is an image alone."""
    page = FPDF()
    page.set_creation_date(AFTER_DEADLINE)
    page.add_page()
    page.image(Image.new("L", (20, 20), shade), w=50)
    return bytes(page.output())


def updated(content: bytes, change: Callable[[PdfWriter], object]) -> bytes:
    """The document with an incremental update behind it."""
    writer = PdfWriter(io.BytesIO(content), incremental=True)
    change(writer)
    target = io.BytesIO()
    writer.write(target)
    assert target.getvalue().startswith(content)
    return target.getvalue()


def sign(writer: PdfWriter) -> None:
    signature = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Sig"),
            NameObject("/Filter"): NameObject("/Adobe.PPKLite"),
            NameObject("/Contents"): ByteStringObject(b"\x30\x82" * 20),
        }
    )
    widget = DictionaryObject(
        {
            NameObject("/FT"): NameObject("/Sig"),
            NameObject("/Subtype"): NameObject("/Widget"),
            NameObject("/V"): writer._add_object(signature),
        }
    )
    fields = ArrayObject([writer._add_object(widget)])
    writer._root_object[NameObject("/AcroForm")] = DictionaryObject(
        {NameObject("/Fields"): fields, NameObject("/SigFlags"): NumberObject(3)}
    )


def test_f29_a_paper_that_differs_in_more_than_its_text_is_a_revision_beside_the_first(
    month: Month,
) -> None:
    papers = [*(pdf(f"Invoice Number: A{number}") for number in (2, 3, 4)), scan(10), pdf()]
    newer = [
        updated(papers[0], sign),
        updated(papers[1], lambda writer: writer.add_attachment("factura.xml", XML)),
        updated(papers[2], lambda writer: writer.add_metadata({"/Title": "approved"})),
        scan(20),
        scan(30),
    ]
    names = ("A2", "A3", "A4", "A5", "A6")
    month.lists(*map(lambda name, paper: invoice(name, document=paper), names, papers))
    month.suffers("COMPLETE", NO_TEXT)
    month.lists(
        *(
            invoice(name, document=paper, TaxAuthorityStatus="ISSUED")
            for name, paper in zip(names, newer, strict=True)
        )
    )
    month.suffers("COMPLETE", NO_TEXT | CHANGED | REVISED)
    for name, first, second in zip(names, papers, newer, strict=True):
        key = A2.replace("A2", name)
        revision = key.replace(".pdf", "_r2.pdf")
        assert (month.world.content(key), month.world.content(revision)) == (first, second)
    month.recovers(findings=NO_TEXT | CHANGED | REVISED)


def test_f29_papers_that_cannot_be_compared_are_both_kept(month: Month) -> None:
    first, second = (
        rewritten(lambda writer, owner=owner: writer.encrypt("user", owner, algorithm="RC4-128"))
        for owner in ("one", "two")
    )
    month.lists(invoice("A2", document=first))
    month.suffers("COMPLETE", {"PDF_ENCRYPTED": "warning"})
    month.lists(invoice("A2", document=second, TaxAuthorityStatus="ISSUED"))
    told = {"PDF_ENCRYPTED": "warning"} | CHANGED | REVISED
    month.suffers("COMPLETE", told)
    assert len(documents(month.world)) == 2
    month.recovers(findings=told)


# F33 to F36: a full storage, a body that breaks off, XML in XML, flags without end

NOT_FETCHED = {"NOT_FETCHED": "blocking"}
NOT_COMPARED = {"REVISION_NOT_CHECKED": "warning"}
ROOM = 20_000


class SmallFile(io.BufferedRandom):
    """A file on a storage with room for no more than small documents."""

    def __init__(self, at: str, error: int) -> None:
        with tempfile.TemporaryFile() as real:
            super().__init__(io.FileIO(os.dup(real.fileno()), "r+b"))
        self._at, self._error, self._written = at, error, 0

    def _refuse(self, at: str) -> None:
        if at in (self._at, "close") and self._written > ROOM:
            raise OSError(self._error, "no room")

    def write(self, block: Any) -> int:
        self._written += len(block)
        self._refuse("write")
        return super().write(block)

    def flush(self) -> None:
        self._refuse("flush")
        super().flush()

    def close(self) -> None:
        if not self.closed:
            self._at = "closed"
            super().close()
            self._refuse("close")  # what was left in its buffer has no room either


@contextmanager
def full_storage(at: str, error: int) -> Iterator[None]:
    def opened() -> SmallFile:
        if at == "open":
            raise OSError(error, "no room")
        return SmallFile(at, error)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(document_download, "tempfile", SimpleNamespace(TemporaryFile=opened))
        yield


def large(*lines: str) -> bytes:
    """A paper that a small storage does not take."""
    paper = FPDF()
    paper.set_compression(False)
    paper.set_font("helvetica", size=11)
    for _ in range(8):
        paper.add_page()
        for line in (*lines, *("x" * 40 for _ in range(50))):
            paper.cell(0, 5, line, new_x="LMARGIN", new_y="NEXT")
    return bytes(paper.output())


@pytest.mark.parametrize(("at", "error"), [("write", errno.ENOSPC), ("flush", errno.EDQUOT)])
def test_f33_a_full_storage_is_reported_as_that_and_costs_no_other_invoice(
    month: Month, at: str, error: int
) -> None:
    month.lists(invoice("A2", document=large("Invoice Number: A2")), invoice("A3"))
    with full_storage(at, error):
        month.suffers("PARTIAL", NOT_FETCHED)
    assert (documents(month.world), month.world.errors) == ([], [])
    assert month.world.payer()["archived"] == 2
    assert f"own storage (/tmp) does not take it ({os.strerror(error)})" in details(month.world)
    recovers_with_the_document(month)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EMFILE])
def test_f33_a_storage_that_opens_no_file_is_reported_as_that(month: Month, error: int) -> None:
    month.lists(invoice("A2"))
    with full_storage("open", error):
        month.suffers("PARTIAL", NOT_FETCHED, other="PARTIAL")
    assert os.strerror(error) in details(month.world)
    recovers_with_the_document(month)


def test_f33_a_storage_that_takes_no_archived_paper_leaves_the_revision_to_a_later_run(
    month: Month,
) -> None:
    month.lists(invoice("A2", document=large("Invoice Number: A2")))
    month.suffers("COMPLETE", {})
    revised = pdf("Invoice Number: A2", "corrected address")
    month.lists(invoice("A2", document=revised, amount="120.00"))
    with full_storage("write", errno.ENOSPC):
        month.suffers("COMPLETE", CHANGED | NOT_COMPARED)
    assert "own storage (/tmp) does not take it" in details(month.world)
    assert documents(month.world) == [A2]
    month.recovers(findings=CHANGED | REVISED)
    assert len(documents(month.world)) == 2


class BreakingBody(io.BytesIO):
    """A body of S3 that breaks off in its middle."""

    def __init__(self, content: bytes, error: Exception | None) -> None:
        super().__init__(content[: len(content) // 2])
        self._error = error

    def read(self, amount: int | None = -1, **_: Any) -> bytes:
        block = super().read(-1 if amount is None else amount)
        if not block and self._error:
            raise self._error
        return block


BREAKS = {
    "it times out": urllib3.exceptions.ReadTimeoutError(None, "", "timed out"),  # type: ignore[arg-type]
    "the connection is reset": urllib3.exceptions.ProtocolError("Connection broken"),
    "it is cut": None,
    "it is no TLS": urllib3.exceptions.SSLError("bad record"),
    "it is reset below urllib3": ConnectionResetError("reset"),
}


def breaks_once(world: World, key: str, error: Exception | None) -> None:
    """The next body of this object breaks off."""
    get_object = world.s3.get_object
    left = [key]

    def broken(**request: Any) -> Any:
        answer = get_object(**request)
        if request["Key"] in left:
            left.remove(request["Key"])
            content = answer["Body"].read()
            body = BreakingBody(content, error)
            answer["Body"] = StreamingBody(body, len(content))
        return answer

    world.s3.get_object = broken


@pytest.mark.parametrize("how", BREAKS)
def test_f34_an_archived_paper_that_breaks_off_while_it_is_compared_is_read_anew(
    month: Month, how: str
) -> None:
    month.lists(invoice("A2"))
    month.suffers("COMPLETE", {})
    again = pdf("Invoice Number: A2", f"Account number: {ACME}", rendered_at=AFTER_DEADLINE)
    month.lists(invoice("A2", document=again, TaxAuthorityStatus="ISSUED"))
    breaks_once(month.world, A2, BREAKS[how])
    month.world.attempts = 2
    month.suffers("COMPLETE", CHANGED)
    (error,) = month.world.errors
    assert isinstance(error, ServiceUnavailable)
    assert documents(month.world) == [A2]
    month.recovers(findings=CHANGED)


@pytest.mark.parametrize("how", BREAKS)
def test_f34_a_record_or_a_listing_that_breaks_off_is_read_anew(month: Month, how: str) -> None:
    month.lists(invoice("A2"))
    month.suffers("COMPLETE", {})
    month.lists(invoice("A2"), invoice("A3"))
    breaks_once(month.world, f"records/{TARGET}/{ACME}/A2/0001.json", BREAKS[how])
    month.world.attempts = 2
    month.suffers("COMPLETE", {})
    (error,) = month.world.errors
    assert isinstance(error, ServiceUnavailable)
    month.recovers()


def test_f35_xml_that_is_nested_a_hundred_thousand_deep_is_kept_and_flagged(month: Month) -> None:
    deep = b"<e>" * 100_000 + b"</e>" * 100_000
    month.lists(invoice("A2", supplements=(supplement("E-1", deep),)))
    month.suffers("COMPLETE", IRREGULAR)
    assert "nested too deeply" in details(month.world)
    assert month.world.content(A2_XML) == deep
    month.recovers(findings=IRREGULAR)


def test_f36_flags_that_the_metadata_of_an_object_has_no_room_for_are_cut(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    most: list[int] = []
    check = document_fetcher.check_document

    def count(params: dict[str, Any], **_: Any) -> None:
        most.append(sum(len(name) + len(text) for name, text in params.get("Metadata", {}).items()))

    def checked(*given: Any, **named: Any) -> Checked:
        long = "\N{KATAKANA LETTER A}" * 5_000
        return replace(check(*given, **named), flags=(("PDF_WITH_SCRIPTS", long),) * 5)

    monkeypatch.setattr(document_fetcher, "check_document", checked)
    month.world.s3.meta.events.register("provide-client-params.s3.PutObject", count)
    month.lists(invoice("A2"))
    month.suffers("COMPLETE", {"PDF_WITH_SCRIPTS": "warning"}, other="COMPLETE")
    assert 1_000 < max(most) <= 2_048
    month.recovers(findings={"PDF_WITH_SCRIPTS": "warning"})
