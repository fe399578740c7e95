import time

import pytest

from lambdas.domain.documents.document_marks import (
    has_markup,
    is_closed,
    is_error_answer,
    is_markup,
    is_web_page,
    pdf_beginning,
    pdf_remainder,
    root_element,
)

PDF = b"%PDF-1.7\n1 0 obj\n<< /ID [<FEFF00> <A1>] >>\nendobj\n"


@pytest.mark.parametrize(
    ("head", "before"),
    [(PDF, 0), (b"\n" + PDF, 1), (b"\0" * 9000 + b"ab" + PDF, 9002), (b"a" * 1024 + PDF, 1024)],
)
def test_a_pdf_begins_within_1024_bytes_behind_padding(head: bytes, before: int) -> None:
    beginning = pdf_beginning(head)
    assert beginning
    assert beginning.before == before


@pytest.mark.parametrize(
    "head", [b"a" * 1025 + PDF, b"<p>" + PDF, b"<\0!\0-\0-\0" + PDF, b"PK\x03\x04" + PDF, b"text"]
)
def test_another_beginning_is_none_of_a_pdf(head: bytes) -> None:
    assert pdf_beginning(head) is None


def test_a_pdf_without_a_header_begins_with_an_object() -> None:
    beginning = pdf_beginning(PDF.partition(b"\n")[2])
    assert beginning
    assert beginning.before is None


@pytest.mark.parametrize("rest", [b"", b"\r\n", b"\0" * 70_000, b" \n\t\x0c "])
def test_padding_behind_the_end_mark_does_not_count(rest: bytes) -> None:
    assert pdf_remainder(PDF + b"%%EOF" + rest) == b""


@pytest.mark.parametrize("rest", [b"SomeData", b"w" * 2000, b"% a comment", bytes(range(128, 256))])
def test_what_stands_behind_the_end_mark_is_shown(rest: bytes) -> None:
    assert pdf_remainder(PDF + b"%%EOF\n" + rest + b"\0\0") == rest


@pytest.mark.parametrize(
    "rest",
    [
        b"1",
        b"12 0",
        b"12 0 ob",
        b"12 0 obj <<",
        b"xre",
        b"xref\n0 1",
        b"\x01\x02 endstream \x01",
        b"x\n4 0 obj\x01",
        b"<html",
        b"</p>",
        b"<a href='x'>",
        b"<\0b\0o\0d\0y\0",
        b"x" * 9 + b"<?xml",
    ],
)
def test_a_later_part_of_a_pdf_or_markup_behind_the_end_mark_is_seen(rest: bytes) -> None:
    assert pdf_remainder(PDF + b"%%EOF\n" + rest) is None


@pytest.mark.parametrize("tag", [b"<b>", b"</x9>", b"<a\t\x80>"])
def test_binary_bytes_in_which_a_tag_turns_up_are_no_markup(tag: bytes) -> None:
    junk = bytes(range(1, 48)) * 9
    assert pdf_remainder(PDF + b"%%EOF" + junk + tag + junk) == junk + tag + junk
    assert pdf_remainder(PDF + b"%%EOF" + junk + b"words " * 12 + tag + junk) is None


@pytest.mark.parametrize("linearized", [b"/Linearized 1 /L 90000 ", b"/L 90000/Linearized 1.0"])
def test_a_linearized_file_says_how_long_it_is(linearized: bytes) -> None:
    beginning = pdf_beginning(b"%PDF-1.6\n9 0 obj <</H [1 2] " + linearized + b" /N 2>> endobj")
    assert beginning
    assert beginning.is_of_more(4_000)
    assert not beginning.is_of_more(89_999)


def test_any_other_file_says_nothing_of_its_length() -> None:
    beginning = pdf_beginning(b"%PDF-1.6\n9 0 obj <</L 90000>> endobj <</Linearized 1>>")
    assert beginning
    assert not beginning.is_of_more(9)


def test_a_file_without_an_end_mark_does_not_end_as_a_pdf() -> None:
    assert pdf_remainder(PDF + b"startxref\n9\n%%EO") is None


@pytest.mark.parametrize(
    ("head", "root"),
    [
        (b"<Invoice>", "Invoice"),
        (b"\n<?xml version='1.0'?>\n<!-- a > b --><ns2:Invoice x='<html>'>", "Invoice"),
        (b'<!DOCTYPE NFe [<!ENTITY e "<html>">]>\n<NFe>', "NFe"),
        ("<?xml version='1.0'?><Rechnung/>".encode("utf-16-le"), "Rechnung"),
        (b"<!doctype HTML><x>", "html"),
        (b"{}", None),
        (b"<", None),
        (b"<!-- without an end <html>", None),
    ],
)
def test_the_root_is_the_first_element(head: bytes, root: str | None) -> None:
    assert root_element(head) == root


def test_web_pages_and_error_answers_are_known_by_their_root() -> None:
    assert all(map(is_web_page, ("html", "HTML", "Body", "h1")))
    assert not any(map(is_web_page, (None, "Invoice", "htmlx", "Error")))
    assert all(map(is_error_answer, ("Error", "ErrorResponse")))
    assert not any(map(is_error_answer, (None, "error", "Errors", "Invoice")))


@pytest.mark.parametrize(
    "tail", [b"</a>", b"</x:a >\n\0\0", b"<a/>", b"</a><!-- b --><?c?>\n", b"<\0/\0a\0>\0"]
)
def test_a_root_is_closed_at_the_end(tail: bytes) -> None:
    assert is_closed(tail, "a")


@pytest.mark.parametrize("tail", [b"", b"</a", b"</b>", b"</a><b>", b"</ab>", b"</a>text"])
def test_a_root_that_is_not_closed_is_seen(tail: bytes) -> None:
    assert not is_closed(tail, "a")
    assert not is_closed(tail, None)


@pytest.mark.parametrize(
    "piece",
    [
        b"<?a>",
        b"<!--",
        b"<!-->",
        b"<!a[",
        b"<a ",
        b"<a",
        b"1 ",
        b"1 1",
        b"<!DOCTYPE a [",
        b" ",
        b"\0<",
    ],
)
def test_hostile_repetition_takes_no_time(piece: bytes) -> None:
    content = piece * ((1 << 18) // len(piece))
    began = time.process_time()
    for look in (pdf_beginning, root_element, is_markup, has_markup):
        look(content)
    pdf_remainder(b"%%EOF" + content)
    is_closed(content, "a")
    assert time.process_time() - began < 3
