import io
import random
import re
import tempfile
import time
import tracemalloc
import zipfile
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pypdf
import pytest
from fpdf import FPDF
from pypdf import PdfWriter
from pypdf.actions import JavaScript
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    NullObject,
    NumberObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

from lambdas.domain.documents.document_refused import DocumentRefused
from lambdas.domain.documents.document_text import ListedIds, Others
from lambdas.parsers.parser_processes import ParserProcesses
from lambdas.steps.archiving.document_checks import Checked, check_document

ROOT = Path(__file__).parents[3]
INVOICE_ID, ACCOUNT, OTHER_ACCOUNT = "2609293185", "111122223333", "999988887777"
HTML = b"<!DOCTYPE html>\n<html><body>Sign in</body></html>"
S3_ERROR = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
)
XML = b'<?xml version="1.0" encoding="UTF-8"?><Invoice><ID>1</ID></Invoice>'
OTHERS = Others(ListedIds(["4711471147"]), frozenset({ACCOUNT, OTHER_ACCOUNT}))


def pdf(*lines: str, pages: int = 1) -> bytes:
    paper = FPDF()
    paper.set_creation_date(datetime(2025, 1, 1, tzinfo=UTC))
    for _ in range(pages):
        paper.add_page()
        paper.set_font("helvetica", size=11)
        for line in lines:
            paper.cell(0, 8, line, new_x="LMARGIN", new_y="NEXT")
    return bytes(paper.output())


GOOD = pdf(f"Invoice Number: {INVOICE_ID}", f"Account number: {ACCOUNT}")


def rewritten(writer: PdfWriter) -> bytes:
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def clone(content: bytes = GOOD) -> PdfWriter:
    return PdfWriter(clone_from=io.BytesIO(content))


def encrypted(
    algorithm: str,
    user_password: str = "user",  # noqa: S107 - made up
    content: bytes = GOOD,
) -> bytes:
    writer = clone(content)
    writer.encrypt(user_password, "owner", algorithm=algorithm)
    return rewritten(writer)


def with_javascript() -> bytes:
    writer = clone()
    writer.add_open_action(JavaScript("app.alert(1)"))
    return rewritten(writer)


def with_named_javascript() -> bytes:
    writer = clone()
    writer._root_object[NameObject("/Names")] = writer._add_object(
        DictionaryObject({NameObject("/JavaScript"): DictionaryObject()})
    )
    return rewritten(writer)


def javascript() -> DictionaryObject:
    return DictionaryObject(
        {
            NameObject("/S"): NameObject("/JavaScript"),
            NameObject("/JS"): TextStringObject("app.alert(1)"),
        }
    )


def with_javascript_on_a_page() -> bytes:
    writer = clone()
    writer.pages[0][NameObject("/AA")] = DictionaryObject({NameObject("/O"): javascript()})
    return rewritten(writer)


def with_javascript_behind_a_link() -> bytes:
    writer = clone()
    link = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Link"),
            NameObject("/Rect"): ArrayObject(NumberObject(n) for n in (0, 0, 9, 9)),
            NameObject("/A"): javascript(),
        }
    )
    writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(link)])
    return rewritten(writer)


def check(
    content: bytes,
    *,
    is_invoice_document: bool = True,
    invoice_id: str = INVOICE_ID,
    accounts: Collection[str] = (ACCOUNT,),
    others: Others = OTHERS,
    is_whole: bool = False,
) -> Checked:
    return check_document(
        io.BytesIO(content),
        len(content),
        is_invoice_document=is_invoice_document,
        invoice_id=invoice_id,
        accounts=accounts,
        others=others,
        is_whole=is_whole,
    )


def flags(content: bytes, **arguments: object) -> list[str]:
    return [code for code, _ in check(content, **arguments).flags]  # type: ignore[arg-type]


def refusal(content: bytes, **arguments: object) -> str:
    with pytest.raises(DocumentRefused) as refused:
        check(content, **arguments)  # type: ignore[arg-type]
    return refused.value.code


def test_a_good_pdf_has_no_flag() -> None:
    assert check(GOOD) == Checked("pdf")
    assert check(GOOD, is_invoice_document=False) == Checked("pdf")


@pytest.mark.parametrize(
    "content",
    [b"", b"   \r\n", HTML, b"\xef\xbb\xbf\n<HTML>", S3_ERROR, XML, b"plain", b"\0" * 2000, b"PK"],
    ids=["empty", "blank", "HTML", "HTML BOM", "S3 error", "XML", "text", "zeros", "archive"],
)
def test_an_invoice_document_that_is_no_pdf_is_refused(content: bytes) -> None:
    assert refusal(content) == "NOT_A_DOCUMENT"


@pytest.mark.parametrize("content", [b"", HTML, S3_ERROR, b"<html xmlns='x'><body/></html>"])
def test_a_supplement_that_is_an_error_or_a_web_page_is_refused(content: bytes) -> None:
    assert refusal(content, is_invoice_document=False) == "NOT_A_DOCUMENT"


def test_a_web_page_behind_a_comment_is_no_xml_supplement() -> None:
    page = b"<!-- moved --><html><body><p>Sign in<br></body></html>"
    assert refusal(page, is_invoice_document=False) == "NOT_A_DOCUMENT"


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"\0" * 70 + b" \n",
        b"<!-- a -- b --><!--> <!---> ",
        b"<!-- " + b"moved " * 10_000 + b"-->",
        b'<?xml version="1.0"?>\n<?php echo ?><!-- > -->',
        b"<!DOCTYPE  HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'>",
        b"<![if !IE]>",
    ],
)
@pytest.mark.parametrize("page", [b"<HTML lang=en><p>In<br>", b"<head>", b"<title>503</title>"])
@pytest.mark.parametrize(
    "encoding", ["latin-1", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_a_web_page_is_known_whatever_stands_before_it_and_in_any_encoding(
    before: bytes, page: bytes, encoding: str
) -> None:
    content = (before + page).decode("latin-1").encode(encoding)
    for is_invoice_document in (True, False):
        found = refusal(content, is_invoice_document=is_invoice_document, is_whole=True)
        assert found == "NOT_A_DOCUMENT"


@pytest.mark.parametrize(
    "content",
    [
        S3_ERROR + b"\0\0",
        b"\n" + S3_ERROR,
        S3_ERROR.replace(b"expired", b"expired & gone \xe9"),
        S3_ERROR[:-30],
        S3_ERROR.partition(b"\n")[2].decode().encode("utf-16-le"),
        b'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error/>',
        b"<s:Error xmlns:s='x'><Code>AccessDenied</Code></s:Error>",
    ],
)
def test_an_error_answer_is_known_also_where_it_is_not_well_formed(content: bytes) -> None:
    assert refusal(content, is_invoice_document=False, is_whole=True) == "NOT_A_DOCUMENT"


def without_pages() -> bytes:
    """An empty tree of pages beside a page that is in none, and offsets that are off."""
    return re.sub(rb"/Kids \[[^]]*\]", b"/Kids []", GOOD).replace(b"/Count 1", b"/Count 0")


@pytest.mark.parametrize(
    "content",
    [
        GOOD[: len(GOOD) // 2],
        GOOD[:-30],
        GOOD[:-6],
        GOOD[:-3],
        GOOD + HTML,
        GOOD + b"\n" * 10 + b"<script>",
        GOOD + b"\0" * 70_000 + HTML,
        GOOD + S3_ERROR,
        GOOD + HTML.decode().encode("utf-16"),
        GOOD + GOOD[: len(GOOD) // 2],
        GOOD + b"12 0 ob",
        b"%PDF-1.7\n%%EOF",
        b"%PDF-1.7\n" + b"garbage\n" * 100 + b"startxref\n12\n%%EOF\n",
        rewritten(PdfWriter()),
        without_pages(),
    ],
    ids=[
        "half",
        "30 bytes cut",
        "6 bytes cut",
        "3 bytes cut",
        "HTML appended",
        "script appended",
        "HTML behind padding",
        "S3 error appended",
        "HTML in wide characters appended",
        "half of another appended",
        "the first bytes of an update",
        "only the marks",
        "garbage between the marks",
        "no pages",
        "no pages and no order",
    ],
)
@pytest.mark.parametrize("is_invoice_document", [True, False])
def test_a_damaged_pdf_is_refused(content: bytes, is_invoice_document: bool) -> None:
    found = refusal(content, is_invoice_document=is_invoice_document, is_whole=True)
    assert found == "DOCUMENT_DAMAGED"


@pytest.mark.parametrize(
    "content",
    [
        b"\n\xa0\xa4\x03" + GOOD,
        b"\xef\xbb\xbf" + GOOD,
        b"\r\n" + GOOD,
        b"j" * 1024 + GOOD,
        b"\0" * 5000 + GOOD,
        b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n" + GOOD,
        GOOD + b"\0" * 80_508,
        GOOD + b" \r\n" * 300_000,
        GOOD + b"x" * 2000,
        GOOD + bytes(range(128, 256)) * 100,
        GOOD.replace(b"%PDF-1.3", b"%\xe2\xe3\xcf\xd3"),
        GOOD[: len(GOOD) // 2] + GOOD[len(GOOD) // 2 + 20 :],
        GOOD[:9] + b"% slipped in\n" + GOOD[9:],
        GOOD[:-40] + b"startxref\n99999999999999999999\n%%EOF\n",
        GOOD.replace(b"startxref", b"startxxxx"),
        GOOD.replace(b"/Type /Catalog", b"/Type /Catalog /Type /Catalog"),
        GOOD.replace(b"xref\n0 ", b"xrxx\nx "),
    ],
    ids=[
        "odd bytes before",
        "BOM before",
        "line before",
        "1,024 bytes before",
        "zeros before",
        "headers before",
        "zeros behind",
        "spaces behind",
        "letters behind",
        "bytes behind",
        "no header",
        "a hole",
        "offsets off",
        "a start beyond any file",
        "no start",
        "a key twice",
        "no table",
    ],
)
def test_what_arrived_whole_is_kept_and_flagged_however_odd(content: bytes) -> None:
    assert flags(content)[0] == "DOCUMENT_IRREGULAR"


def test_the_parser_reads_the_text_of_odd_papers_too() -> None:
    foreign = pdf("Invoice Number: 4711471147", f"Account number: {OTHER_ACCOUNT}")
    assert refusal(b"\n\xa0\xa4\x03" + foreign) == "OTHER_INVOICE"
    assert refusal(foreign + b"\0" * 80_508) == "OTHER_INVOICE"
    assert flags(b"junk\n" + GOOD) == ["DOCUMENT_IRREGULAR"]


def test_a_pdf_that_the_parser_cannot_read_and_that_has_a_page_is_kept() -> None:
    """Its objects are there and no table leads to them, as readers that search for them forgive."""
    table = GOOD.index(b"xref\n0 ")
    content = GOOD[:table] + b"trailer\n<< /Root 1 0 R >>\n%%EOF\n"
    assert flags(content) == ["DOCUMENT_IRREGULAR", "PDF_TEXT_NOT_READ"]
    assert flags(content, is_invoice_document=False) == ["DOCUMENT_IRREGULAR"]


@pytest.mark.parametrize("before", [HTML, S3_ERROR, b"\xef\xbb\xbf\n" + HTML, b"<a>b</a>"])
@pytest.mark.parametrize("is_invoice_document", [True, False])
def test_markup_before_the_header_is_refused(before: bytes, is_invoice_document: bool) -> None:
    assert refusal(before + GOOD, is_invoice_document=is_invoice_document) == "NOT_A_DOCUMENT"


def test_an_archive_that_holds_a_pdf_is_none() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("invoice.pdf", GOOD)
    content = target.getvalue()
    assert refusal(content) == "NOT_A_DOCUMENT"
    assert check(content, is_invoice_document=False).extension == "bin"


def test_the_updated_half_of_a_pdf_that_was_cut_is_refused() -> None:
    writer = PdfWriter(io.BytesIO(GOOD), incremental=True)
    writer.add_metadata({"/Title": "Updated"})
    updated = rewritten(writer)
    assert updated.startswith(GOOD)
    assert check(updated).extension == "pdf"
    assert refusal(updated[: len(GOOD) + 60]) == "DOCUMENT_DAMAGED"


@pytest.mark.parametrize("algorithm", ["RC4-40", "RC4-128", "AES-128", "AES-256"])
def test_an_encrypted_pdf_is_kept_and_flagged(algorithm: str) -> None:
    assert flags(encrypted(algorithm)) == ["PDF_ENCRYPTED"]


@pytest.mark.parametrize("algorithm", ["RC4-40", "RC4-128"])
def test_a_pdf_that_needs_no_password_is_opened_and_checked_like_any_other(algorithm: str) -> None:
    assert flags(encrypted(algorithm, "")) == []
    foreign = pdf("Invoice Number: 4711471147", f"Account number: {OTHER_ACCOUNT}")
    assert refusal(encrypted(algorithm, "", foreign)) == "OTHER_INVOICE"
    scripts = encrypted(algorithm, "", with_javascript())
    assert flags(scripts) == ["PDF_WITH_SCRIPTS"]


@pytest.mark.parametrize("algorithm", ["AES-128", "AES-256-R5", "AES-256"])
def test_a_pdf_in_aes_is_flagged_even_without_a_password(algorithm: str) -> None:
    assert flags(encrypted(algorithm, "")) == ["PDF_ENCRYPTED"]
    assert flags(encrypted(algorithm, ""), is_invoice_document=False) == ["PDF_ENCRYPTED"]


def test_the_packages_of_the_zip_open_rc4_and_not_aes(tmp_path: Path) -> None:
    """The environment of the tests has more packages than the zip, which could open AES."""
    pinned = (ROOT / "lambdas" / "requirements.txt").read_text()
    assert "pypdf==" in pinned
    assert not re.search("^(cryptography|pycryptodome)", pinned, re.MULTILINE)
    (tmp_path / "lambdas").symlink_to(ROOT / "lambdas")
    (tmp_path / "pypdf").symlink_to(Path(pypdf.__file__).parent)
    parsers = ParserProcesses(1, (str(tmp_path),))
    for algorithm, is_closed in (("RC4-128", False), ("AES-128", True), ("AES-256", True)):
        content = encrypted(algorithm, "")
        asked = (io.BytesIO(content), len(content))
        assert parsers.ask("pdf_structure", *asked)["is_encrypted"] == is_closed
        assert (parsers.ask("pdf_text", *asked) is None) == is_closed


def test_a_pdf_that_is_encrypted_for_certificates_is_kept_and_flagged() -> None:
    for_certificates = encrypted("RC4-128").replace(b"/Standard", b"/Adobe.PS")
    assert flags(for_certificates) == ["PDF_ENCRYPTED"]


@pytest.mark.parametrize(
    "content",
    [
        with_javascript(),
        with_named_javascript(),
        with_javascript_on_a_page(),
        with_javascript_behind_a_link(),
    ],
    ids=["on opening", "named", "on a page", "behind a link"],
)
def test_a_pdf_with_scripts_is_kept_and_flagged(content: bytes) -> None:
    assert flags(content) == ["PDF_WITH_SCRIPTS"]


def test_opening_on_a_certain_page_is_no_script() -> None:
    writer = clone()
    writer._root_object[NameObject("/OpenAction")] = ArrayObject(
        [writer.pages[0].indirect_reference, NameObject("/Fit")]
    )
    assert flags(rewritten(writer)) == []


def test_a_pdf_without_text_is_kept_and_flagged() -> None:
    assert flags(pdf()) == ["PDF_TEXT_NOT_READ"]


@pytest.mark.parametrize("name", [b"/FlateDecodX", b"/Fl", b"/JBIG2Decode"])
def test_a_pdf_whose_text_cannot_be_unpacked_is_kept_and_flagged(name: bytes) -> None:
    content = GOOD.replace(b"/FlateDecode", name + b" " * (len(b"/FlateDecode") - len(name)))
    assert flags(content) == ["PDF_TEXT_NOT_READ"]


def test_a_pdf_without_the_invoice_id_is_kept_and_flagged() -> None:
    assert flags(pdf("Nota Fiscal 000.123.456", f"Account: {ACCOUNT}")) == [
        "INVOICE_ID_NOT_IN_TEXT"
    ]
    assert flags(pdf("Nota Fiscal 000.123.456")) == ["INVOICE_ID_NOT_IN_TEXT"]


@pytest.mark.parametrize(
    "line",
    [
        f"Account number: {OTHER_ACCOUNT}",
        f"Account Number {OTHER_ACCOUNT}",
        "Account ID: 9999-8888-7777",
        f"AWS Account ({OTHER_ACCOUNT})",
        f"ACCOUNT NO. {OTHER_ACCOUNT}",
    ],
)
def test_a_pdf_of_another_account_without_the_invoice_id_is_refused(line: str) -> None:
    assert refusal(pdf("Invoice Number: 5711471147", line)) == "OTHER_INVOICE"


def test_a_pdf_that_names_another_listed_invoice_and_not_its_own_is_refused() -> None:
    content = pdf("Invoice Number: 4711471147", f"Account number: {ACCOUNT}")
    assert refusal(content) == "OTHER_INVOICE"
    assert flags(content, others=replace(OTHERS, named_by_row=frozenset({"4711471147"}))) == [
        "INVOICE_ID_NOT_IN_TEXT"
    ]


def test_a_copy_with_the_paper_of_another_invoice_is_kept_and_flagged() -> None:
    content = pdf("Invoice Number: 4711471147")
    assert flags(content, others=replace(OTHERS, is_copy=True)) == ["OTHER_INVOICE"]


def test_another_accounts_pdf_is_refused_whatever_follows_its_account_number() -> None:
    content = pdf(f"Account number: {OTHER_ACCOUNT}", "410 Terry Avenue North", "2026-10-01")
    assert refusal(content) == "OTHER_INVOICE"


def test_a_pdf_whose_own_account_number_is_followed_by_digits_is_no_other_invoice() -> None:
    content = pdf(f"Account number: {ACCOUNT}", "410 Terry Avenue North")
    assert flags(content) == ["INVOICE_ID_NOT_IN_TEXT"]


def test_an_invoice_id_within_a_longer_number_is_not_this_invoice() -> None:
    content = pdf(f"Invoice Number: {INVOICE_ID}77", f"Account number: {OTHER_ACCOUNT}.")
    assert refusal(content) == "OTHER_INVOICE"


@pytest.mark.parametrize(
    ("line", "invoice_id"),
    [
        (f"Invoice Number{INVOICE_ID}Invoice Date", INVOICE_ID),
        ("InvoiceEUINAE26-1234567Date", "EUINAE26-1234567"),
        (f"No.{INVOICE_ID}, page 1", INVOICE_ID),
    ],
)
def test_an_invoice_id_is_found_where_the_words_of_the_text_run_together(
    line: str, invoice_id: str
) -> None:
    content = pdf(line, f"Linked account: {OTHER_ACCOUNT}.")
    assert flags(content, invoice_id=invoice_id) == []


@pytest.mark.parametrize("empty", [NullObject(), ArrayObject(), ArrayObject([NullObject()])])
def test_a_page_with_nothing_where_links_could_be_is_in_order(empty: PdfObject) -> None:
    writer = clone()
    writer.pages[0][NameObject("/Annots")] = empty
    writer.pages[0][NameObject("/AA")] = NullObject()
    for name in ("/AA", "/Names", "/OpenAction"):
        writer._root_object[NameObject(name)] = NullObject()
    assert flags(rewritten(writer)) == []


def test_a_pdf_that_names_this_invoice_is_accepted_whatever_accounts_it_lists() -> None:
    content = pdf(f"Invoice Number: {INVOICE_ID}", f"Linked account: {OTHER_ACCOUNT}.")
    assert flags(content) == []


def test_a_pdf_of_an_account_that_may_be_named_is_no_other_invoice() -> None:
    content = pdf(f"Account number: {OTHER_ACCOUNT}.")
    assert flags(content, accounts=(ACCOUNT, OTHER_ACCOUNT)) == ["INVOICE_ID_NOT_IN_TEXT"]


def test_the_text_of_a_supplement_is_not_held_against_it() -> None:
    content = pdf("Payment receipt", f"Account number: {OTHER_ACCOUNT}.")
    assert flags(content, is_invoice_document=False) == []


def test_an_invoice_id_is_found_across_line_breaks_and_within_letters() -> None:
    assert flags(pdf("Invoice: EUINAE26-", "1234567"), invoice_id="EUINAE26-1234567") == []


def test_the_id_is_looked_for_on_the_first_pages() -> None:
    assert flags(pdf(f"Invoice Number: {INVOICE_ID}", pages=40)) == []


@pytest.mark.parametrize(
    "content",
    [
        XML,
        b"\xef\xbb\xbf" + XML,
        b"\n " + XML.partition(b"?>")[2],
        b"<Invoice/>",
        '<?xml version="1.0" encoding="ISO-8859-1"?><I>é</I>'.encode("latin-1"),
    ],
)
def test_an_xml_supplement_is_kept_as_it_came(content: bytes) -> None:
    assert check(content, is_invoice_document=False) == Checked("xml")


@pytest.mark.parametrize("encoding", ["GBK", "GB2312", "Shift_JIS", "EUC-KR", "Big5", "x-unknown"])
def test_an_xml_in_an_encoding_that_the_parser_does_not_know_is_kept(encoding: str) -> None:
    content = f'<?xml version="1.0" encoding="{encoding}"?><Invoice/>'.encode()
    assert check(content, is_invoice_document=False).extension in ("xml", "bin")


def test_an_xml_in_wide_characters_is_kept() -> None:
    content = '<?xml version="1.0" encoding="UTF-16"?><I>é</I>'.encode("utf-16")
    assert check(content, is_invoice_document=False).extension in ("xml", "bin")


NOT_WELL_FORMED = (
    b'<?xml version="1.0" encoding="UTF-8"?><I>caf\xe9</I>',
    b"<I>caf\xe9 & more</I>",
    b"<I>R&D, 2 < 3</I>",
    b"\n" + XML,
    XML + b"\0" * 5000,
    XML.replace(b"UTF-8", b"UTF-16"),
    XML.decode().encode("utf-16-le") + b"\0",
    XML.replace(b"UTF-8", b"UTF-16").decode().encode("utf-16-be").replace(b"1", b"&"),
    b"<a><b></a>",
    b"<a>&undefined;</a>",
    b"<a/><b/>",
    b"<a x=1></a><!-- made by -->\n",
)


@pytest.mark.parametrize("content", NOT_WELL_FORMED)
def test_an_xml_supplement_that_is_not_well_formed_is_kept_as_it_came_and_flagged(
    content: bytes,
) -> None:
    found = check(content, is_invoice_document=False)
    assert found.extension == "xml"
    assert [code for code, _ in found.flags] == ["DOCUMENT_IRREGULAR"]


@pytest.mark.parametrize("content", [XML[:-5], XML[:-9], XML + b"<p>", b"<I>R&D", b"<"])
def test_an_xml_that_looks_cut_is_kept_only_if_its_length_shows_that_it_is_whole(
    content: bytes,
) -> None:
    assert refusal(content, is_invoice_document=False) == "DOCUMENT_DAMAGED"
    assert flags(content, is_invoice_document=False, is_whole=True) == ["DOCUMENT_IRREGULAR"]


def test_xml_that_explodes_is_kept_at_once_and_never_expanded() -> None:
    entities = b'<!ENTITY e0 "ha">' + b"".join(
        b'<!ENTITY e%d "%s">' % (n + 1, b"&e%d;" % n * 10) for n in range(12)
    )
    bomb = b"<!DOCTYPE a [" + entities + b"]><a>&e12;</a>"
    began = time.monotonic()
    assert flags(bomb, is_invoice_document=False) == ["DOCUMENT_IRREGULAR"]
    assert time.monotonic() - began < 5


def test_xml_that_is_nested_without_end_is_kept_and_the_next_is_parsed_as_ever() -> None:
    assert flags(b"<a>" * 5_000_000 + b"</a>", is_invoice_document=False) == ["DOCUMENT_IRREGULAR"]
    assert check(XML, is_invoice_document=False) == Checked("xml")


def test_a_large_pdf_is_checked_in_little_memory_and_its_text_is_left_alone() -> None:
    writer, attachment = clone(), StreamObject()
    attachment.set_data(bytes(40 << 20))
    writer._root_object[NameObject("/Attachment")] = writer._add_object(attachment)
    content = rewritten(writer)
    with tempfile.TemporaryFile() as stream:
        stream.write(content)
        tracemalloc.start()
        found = check_document(
            stream, len(content), is_invoice_document=True, invoice_id="1", accounts=()
        )
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert [code for code, _ in found.flags] == ["PDF_TEXT_NOT_READ"]
    assert peak < 10_000_000


def test_xml_never_reads_another_file() -> None:
    content = b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'
    assert check(content, is_invoice_document=False) == Checked("xml")


@pytest.mark.parametrize("content", [b"PK\x03\x04zip", b"\x89PNG", b"a,b\n1,2\n", b"{}"])
def test_a_supplement_of_another_type_is_kept_and_flagged(content: bytes) -> None:
    found = check(content, is_invoice_document=False)
    assert found.extension == "bin"
    assert [code for code, _ in found.flags] == ["UNKNOWN_FILE_TYPE"]


def test_whatever_bytes_arrive_they_are_kept_or_refused_and_nothing_else_happens() -> None:
    """Mutations of small PDFs: an error that is no verdict would end the payer's whole pass."""
    seeds = (GOOD, encrypted("RC4-128"), encrypted("AES-256"), with_javascript())
    words = (b"<<", b">>", b"[", b"]", b"0", b"-1", b"99999999999999999999", b"null", b"/Kids")
    words += (b"/Fl", b"/LZWDecode", b"/Pages", b"/Length", b"obj", b"R", b"(", b"\xff\xfe", b"/V")
    chance = random.Random(2609293185)
    for _ in range(600):
        content = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 4)):
            place, word = chance.randrange(5, len(content) - 6), chance.choice(words)
            content[place : place + chance.choice((0, len(word)))] = word
        try:
            assert check(bytes(content)).extension == "pdf"
        except DocumentRefused:
            continue
