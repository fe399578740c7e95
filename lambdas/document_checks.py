"""Whether downloaded bytes are the document they are said to be. What fails is not stored; what is
merely odd is flagged.

No single check of a PDF is enough (a parser accepts a file cut in half, a magic number accepts an
HTML page behind it), so a PDF must begin and end as one, parse strictly and have a page. A parser's
own limit is no verdict on the paper.
"""

import logging
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import IO
from xml.parsers import expat

from pypdf import PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError, PyPdfError

from lambdas.aws.document_download import DownloadRefused

_HEAD_BYTES = 1024
_TAIL_BYTES = 1024
_TEXT_BYTES = 32 << 20
"""A larger PDF is checked in structure only:

taking the text out of it would need many times its size in memory.
"""
_TEXT_PAGES = 5
_ACCOUNT_IN_TEXT = re.compile(
    r"account\W{0,3}(?:number|id|no)?\D{0,20}?(\d{12}|\d{4}-\d{4}-\d{4})(?!\d)", re.IGNORECASE
)
_NOT_A_DOCUMENT = re.compile(rb"^(?:\xef\xbb\xbf)?\s*(?:<!doctype\s+html|<html)", re.IGNORECASE)

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings quote the document


@dataclass(frozen=True)
class Checked:
    """A document that may be stored:

    its file-name extension and what is to be flagged, as finding codes with details.
    """

    extension: str
    flags: tuple[tuple[str, str], ...] = ()


_ENCRYPTED = Checked("pdf", (("PDF_ENCRYPTED", "The PDF is encrypted."),))


def check_document(
    stream: IO[bytes],
    size_bytes: int,
    *,
    is_invoice_document: bool,
    invoice_id: str,
    accounts: Collection[str],
) -> Checked:
    """Check a downloaded document;

    `accounts` are those whose name it may carry. Raises DownloadRefused.
    """
    stream.seek(0)
    head = stream.read(_HEAD_BYTES)
    if not head.strip():
        raise DownloadRefused("NOT_A_DOCUMENT", "The server sent an empty body.")
    if head.startswith(b"%PDF-"):
        return _check_pdf(stream, size_bytes, is_invoice_document, invoice_id, accounts)
    if _NOT_A_DOCUMENT.match(head):
        raise DownloadRefused("NOT_A_DOCUMENT", "The server sent an HTML page.")
    if is_invoice_document:
        raise DownloadRefused("NOT_A_DOCUMENT", "The invoice document does not begin as a PDF.")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        _check_xml(stream)
        return Checked("xml")
    return Checked("bin", (("UNKNOWN_FILE_TYPE", "Neither PDF nor XML; kept as it came."),))


def pdf_text(stream: IO[bytes], size_bytes: int) -> str | None:
    """The text of a PDF's first pages without its white space, or None where it cannot be read."""
    if size_bytes > _TEXT_BYTES:
        return None
    stream.seek(0)
    try:
        pages = PdfReader(stream).pages
        text = "".join(pages[index].extract_text() for index in range(min(len(pages), _TEXT_PAGES)))
    except (PyPdfError, *_PARSER_ERRORS):
        return None
    return re.sub(r"\s+", "", text)


_PARSER_ERRORS = (
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    OSError,
    RecursionError,
)
"""What pypdf lets through from a document that it does not understand."""


def _check_pdf(
    stream: IO[bytes],
    size_bytes: int,
    is_invoice_document: bool,
    invoice_id: str,
    accounts: Collection[str],
) -> Checked:
    stream.seek(max(0, size_bytes - _TAIL_BYTES))
    tail = stream.read()
    _, marker, rest = tail.rpartition(b"%%EOF")
    if not marker or b"<" in rest:
        raise DownloadRefused(
            "DOCUMENT_DAMAGED", "The PDF does not end as one: it was cut or extended."
        )
    stream.seek(0)
    try:
        reader = PdfReader(stream, strict=True)
        if reader.is_encrypted:
            return _ENCRYPTED
        if len(reader.pages) == 0:
            raise DownloadRefused("DOCUMENT_DAMAGED", "The PDF has no page.")
        scripts = _has_scripts(reader)
    except (FileNotDecryptedError, DependencyError):
        return _ENCRYPTED
    except LimitReachedError:
        return Checked("pdf", (("PDF_TEXT_NOT_READ", "The PDF is beyond the parser's limits."),))
    except (PyPdfError, *_PARSER_ERRORS) as error:
        raise DownloadRefused(
            "DOCUMENT_DAMAGED", f"The PDF cannot be parsed ({type(error).__name__})."
        ) from None
    flags = [("PDF_WITH_SCRIPTS", "The PDF contains JavaScript.")] if scripts else []
    if is_invoice_document:
        flags += _check_text(pdf_text(stream, size_bytes), invoice_id, accounts)
    return Checked("pdf", tuple(flags))


def _check_text(
    text: str | None, invoice_id: str, accounts: Collection[str]
) -> list[tuple[str, str]]:
    if not text:
        return [("PDF_TEXT_NOT_READ", "The PDF has no text that can be read.")]
    if re.sub(r"\s+", "", invoice_id) in text:
        return []
    named = {number.replace("-", "") for number in _ACCOUNT_IN_TEXT.findall(text)}
    if named and not named & set(accounts):
        raise DownloadRefused(
            "OTHER_INVOICE",
            f"The PDF names account {', '.join(sorted(named))} and not this invoice.",
        )
    return [("INVOICE_ID_NOT_IN_TEXT", "The text of the PDF does not contain the invoice id.")]


def _has_scripts(reader: PdfReader) -> bool:
    root = reader.root_object
    names = root.get("/Names")
    action = root.get("/OpenAction")
    return (
        "/AA" in root
        or (names is not None and "/JavaScript" in names.get_object())
        or (action is not None and "/JS" in (action.get_object() or ()))
    )


def _check_xml(stream: IO[bytes]) -> None:
    """Refuse what is not well-formed and the error answers of S3.

    Entities are never expanded from outside.
    """
    root: list[str] = []
    parser = expat.ParserCreate()

    def start(name: str, _attributes: dict[str, str]) -> None:
        if not root:
            root.append(name)

    parser.StartElementHandler = start
    stream.seek(0)
    try:
        parser.ParseFile(stream)
    except expat.ExpatError as error:
        raise DownloadRefused(
            "DOCUMENT_DAMAGED", f"The XML is not well-formed ({expat.ErrorString(error.code)})."
        ) from None
    if root == ["Error"]:
        raise DownloadRefused("NOT_A_DOCUMENT", "The server sent an XML error answer.")
    if root and root[0].lower() == "html":
        raise DownloadRefused("NOT_A_DOCUMENT", "The server sent an HTML page.")
