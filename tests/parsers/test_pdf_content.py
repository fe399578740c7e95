import io
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

import pytest
from fpdf import FPDF
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DecodedStreamObject,
    DictionaryObject,
    EncodedStreamObject,
    NameObject,
    NumberObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

from lambdas.domain.documents.renderings import is_update
from lambdas.parsers import pdf_content
from lambdas.parsers.pdf_content import content_digest
from sandbox.organization.typefaces import typeface_for

DAYS = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))


@cache
def pdf(text: str = "Invoice 2609293185", *, day: datetime = DAYS[0], shade: int = 9) -> bytes:
    """A paper with text, an image, an embedded font, a link and an attachment."""
    paper = FPDF()
    paper.set_creation_date(day)
    paper.set_keywords(f"rendered on {day}")
    paper.add_page()
    paper.set_font("helvetica", size=11)
    paper.cell(0, 8, text, link="https://aws.amazon.com")
    paper.image(Image.new("L", (8, 8), shade), w=20)
    typeface = typeface_for("請求書")
    assert typeface
    paper.add_font(typeface.family, "", typeface.file(""))
    paper.set_font(typeface.family, size=11)
    paper.cell(0, 8, "請求書")
    paper.add_page()
    return bytes(paper.output())


PAPER = pdf()


def digest(content: bytes) -> str | None:
    return content_digest(io.BytesIO(content))


def rewritten(change: Callable[[PdfWriter], object], content: bytes = PAPER) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(content))
    change(writer)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def streams(writer: PdfWriter) -> list[StreamObject]:
    return [one for one in writer._objects if isinstance(one, StreamObject)]


def pack(writer: PdfWriter, level: int) -> None:
    for stream in streams(writer):
        if stream.get("/Filter") == "/FlateDecode":
            stream._data = zlib.compress(zlib.decompress(stream._data), level)


def unpack(writer: PdfWriter) -> None:
    for stream in streams(writer):
        if stream.get("/Filter") == "/FlateDecode":
            stream._data = zlib.decompress(stream._data)
            del stream[NameObject("/Filter")]


def name_fonts(prefix: str) -> Callable[[PdfWriter], None]:
    def change(writer: PdfWriter) -> None:
        for one in writer._objects:
            for key in ("/BaseFont", "/FontName"):
                if isinstance(one, dict) and key in one:
                    name = str(one[key]).rpartition("+")[2].removeprefix("/")
                    one[NameObject(key)] = NameObject(f"/{prefix}+{name}")

    return change


def describe(writer: PdfWriter) -> None:
    writer.add_metadata({"/Producer": "another", "/ModDate": "D:20260101000000Z"})
    xmp = DecodedStreamObject()
    xmp.set_data(b"<x:xmpmeta/>")
    writer._root_object[NameObject("/Metadata")] = writer._add_object(xmp)


def split_the_page(writer: PdfWriter) -> None:
    page = writer.pages[0]
    whole = page["/Contents"].get_object().get_data()
    parts = ArrayObject()
    middle = whole.index(b"\n", len(whole) // 2)
    for data in (whole[:middle], whole[middle + 1 :]):
        part = DecodedStreamObject()
        part.set_data(data)
        parts.append(writer._add_object(part))
    page[NameObject("/Contents")] = parts


@pytest.mark.parametrize(
    "other",
    [
        lambda: PAPER,
        lambda: pdf(day=DAYS[1]),
        lambda: rewritten(PdfWriter.get_fields),
        lambda: rewritten(describe),
        lambda: rewritten(lambda writer: pack(writer, 1)),
        lambda: rewritten(unpack),
        lambda: rewritten(name_fonts("QWERTY")),
        lambda: rewritten(split_the_page),
    ],
    ids=[
        "the same",
        "rendered on another day",
        "other object numbers",
        "other metadata",
        "packed less",
        "not packed",
        "other prefixes of fonts",
        "a page in two parts",
    ],
)
def test_two_renderings_of_a_paper_have_one_digest(other: Callable[[], bytes]) -> None:
    assert digest(other()) == digest(PAPER) is not None


def annotate(writer: PdfWriter) -> None:
    note = DictionaryObject(
        {
            NameObject("/Subtype"): NameObject("/Text"),
            NameObject("/Contents"): TextStringObject("paid"),
        }
    )
    writer.pages[1][NameObject("/Annots")] = ArrayObject([writer._add_object(note)])


def lead_elsewhere(writer: PdfWriter) -> None:
    (link,) = writer.pages[0]["/Annots"]
    link.get_object()["/A"][NameObject("/URI")] = TextStringObject("https://evil.example")


def sign(contents: bytes) -> Callable[[PdfWriter], None]:
    def change(writer: PdfWriter) -> None:
        signature = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Sig"),
                NameObject("/M"): TextStringObject("D:20260101000000Z"),
                NameObject("/Contents"): ByteStringObject(contents),
            }
        )
        field = DictionaryObject({NameObject("/V"): writer._add_object(signature)})
        writer._root_object[NameObject("/AcroForm")] = DictionaryObject(
            {NameObject("/Fields"): ArrayObject([writer._add_object(field)])}
        )

    return change


def rotate(writer: PdfWriter) -> None:
    writer.pages[0][NameObject("/Rotate")] = NumberObject(180)


def swap_glyphs(writer: PdfWriter) -> None:
    (font,) = (s for s in streams(writer) if "/Length1" in s)
    data = bytearray(zlib.decompress(font._data))
    data[len(data) // 2] ^= 1
    font._data = zlib.compress(bytes(data))


@pytest.mark.parametrize(
    "other",
    [
        lambda: pdf("Invoice 2609293186"),
        lambda: pdf(shade=10),
        lambda: rewritten(annotate),
        lambda: rewritten(lead_elsewhere),
        lambda: rewritten(sign(b"\x30")),
        lambda: rewritten(rotate),
        lambda: rewritten(swap_glyphs),
        lambda: rewritten(lambda writer: writer.add_attachment("a.xml", b"<a/>")),
        lambda: rewritten(lambda writer: writer.add_blank_page()),
        lambda: rewritten(lambda writer: writer.encrypt("", "owner", algorithm="RC4-128")),
    ],
    ids=[
        "text",
        "image",
        "annotation",
        "link",
        "signature",
        "rotation",
        "font",
        "attachment",
        "page",
        "encryption",
    ],
)
def test_what_a_reader_can_see_or_open_makes_another_digest(other: Callable[[], bytes]) -> None:
    assert len({digest(other()), digest(PAPER), None}) == 3


def test_two_signatures_and_two_attachments_are_told_apart() -> None:
    signed = {digest(rewritten(sign(content))) for content in (b"\x30", b"\x31")}
    attached = {
        digest(rewritten(lambda writer, data=data: writer.add_attachment("a.xml", data)))
        for data in (b"<a/>", b"<b/>")
    }
    assert len(signed) == len(attached) == 2


def test_an_encrypted_paper_that_opens_without_a_password_is_compared() -> None:
    once, again = (
        rewritten(lambda writer, owner=owner: writer.encrypt("", owner, algorithm="RC4-128"))
        for owner in ("one", "two")
    )
    assert once != again
    assert digest(once) == digest(again) is not None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7\n%%EOF",
        b"<html></html>",
        rewritten(lambda writer: writer.encrypt("user", "owner", algorithm="RC4-128")),
    ],
)
def test_what_cannot_be_read_has_no_digest(content: bytes) -> None:
    assert digest(content) is None


@pytest.mark.parametrize("bound", ["_MOST_OBJECTS", "_MOST_UNPACKED_IN_ALL"])
def test_what_is_beyond_a_bound_has_no_digest(bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_content, bound, 20)
    assert digest(PAPER) is None


def test_a_stream_that_unpacks_to_more_than_is_compared_counts_as_it_is_packed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = digest(PAPER)
    monkeypatch.setattr(pdf_content, "_MOST_UNPACKED", 20)
    assert len({whole, digest(PAPER), digest(rewritten(lambda w: pack(w, 1))), None}) == 4


def test_objects_that_hold_each_other_are_walked_once() -> None:
    def tie(writer: PdfWriter) -> None:
        ring = [DictionaryObject({NameObject("/N"): NumberObject(n)}) for n in range(3_000)]
        references = [writer._add_object(one) for one in ring]
        for one, following in zip(ring, [*references[1:], references[0]], strict=True):
            one[NameObject("/Next")] = following
        writer._root_object[NameObject("/Outlines")] = references[0]

    assert digest(rewritten(tie)) not in (None, digest(PAPER))


def sfnt(day: bytes, glyphs: bytes = b"glyphs", name: bytes = b"ABCDEF+Arial") -> bytes:
    tables = {
        b"glyf": glyphs,
        b"head": b"version." + day[:4] + b"magic..." + day * 2 + b"rest",
        b"name": name,
    }
    head = struct.pack(">4sHHHH", b"\0\1\0\0", len(tables), 0, 0, 0)
    start = len(head) + 16 * len(tables)
    for tag, table in tables.items():
        head += struct.pack(">4sLLL", tag, hash(table) % 2**32, start, len(table))
        start += len(table)
    return head + b"".join(tables.values())


def test_a_font_that_was_made_again_is_the_same_and_another_one_is_not() -> None:
    def with_font(data: bytes) -> bytes:
        def change(writer: PdfWriter) -> None:
            font = DecodedStreamObject()
            font.set_data(data)
            described = DictionaryObject({NameObject("/FontFile2"): writer._add_object(font)})
            writer._root_object[NameObject("/Described")] = described

        return rewritten(change)

    first = digest(with_font(sfnt(b"20260101")))
    assert digest(with_font(sfnt(b"20260202", name=b"GHIJKL+Arial"))) == first
    assert digest(with_font(sfnt(b"20260101", b"others"))) != first
    assert digest(with_font(b"/FontName /ABCDEF+Arial def")) == digest(
        with_font(b"/FontName /GHIJKL+Arial def")
    )


def with_stream(data: bytes, **members: PdfObject) -> bytes:
    """The paper with one more stream."""

    def change(writer: PdfWriter) -> None:
        stream = EncodedStreamObject()
        stream._data = data
        for name, value in members.items():
            stream[NameObject(f"/{name}")] = value
        writer._root_object[NameObject("/More")] = writer._add_object(stream)

    return rewritten(change)


def test_an_empty_stream_is_empty_however_it_is_packed() -> None:
    packed = with_stream(b"", Filter=NameObject("/FlateDecode"))
    assert digest(packed) == digest(with_stream(b"")) is not None


def test_what_has_to_be_done_to_a_stream_beside_unpacking_it_counts() -> None:
    def with_globals(shared: bytes) -> bytes:
        def change(writer: PdfWriter) -> None:
            dictionary = DecodedStreamObject()
            dictionary.set_data(shared)
            stream = EncodedStreamObject()
            stream._data = b"image"
            stream[NameObject("/Filter")] = ArrayObject([NameObject("/JBIG2Decode")])
            stream[NameObject("/DecodeParms")] = DictionaryObject(
                {NameObject("/JBIG2Globals"): writer._add_object(dictionary)}
            )
            writer._root_object[NameObject("/More")] = writer._add_object(stream)

        return rewritten(change)

    assert digest(with_globals(b"one")) == digest(with_globals(b"one")) is not None
    assert digest(with_globals(b"one")) != digest(with_globals(b"two"))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (PAPER, PAPER + b"9 0 obj", True),
        (PAPER, PAPER + bytes(200_000) + b"x", True),
        (PAPER, PAPER, False),
        (PAPER, PAPER + b"\r\n" + bytes(200_000), False),
        (PAPER, pdf(day=DAYS[1]), False),
        (PAPER[:-1] + b"x", PAPER + b"9 0 obj", False),
        (b"", b"", False),
    ],
)
def test_a_file_with_more_behind_it_is_an_update_and_padding_is_none(
    first: bytes, second: bytes, expected: bool
) -> None:
    assert is_update(io.BytesIO(first), io.BytesIO(second)) is expected
    assert is_update(io.BytesIO(second), io.BytesIO(first)) is expected


def test_the_paper_of_these_tests_has_all_that_they_change() -> None:
    reader = PdfReader(io.BytesIO(PAPER))
    assert len(reader.pages) == 2
    assert len(reader.pages[0].images) == 1
    assert b"/FontFile3" in PAPER
