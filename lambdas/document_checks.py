"""Whether downloaded bytes are the document they are said to be. What fails is not stored; what is
merely odd is flagged.

No single check of a PDF is enough (a parser accepts a file cut in half, a magic number accepts an
HTML page behind it), so a PDF must begin and end as one, parse strictly and have a page. A parser's
own limit is no verdict on the paper.
"""

import logging
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import IO, Any
from xml.parsers import expat

from pypdf import PdfReader
from pypdf.errors import (
    DependencyError,
    DeprecationError,
    FileNotDecryptedError,
    LimitReachedError,
)

from lambdas.aws.document_download import DownloadRefused
from lambdas.domain.document_text import NOBODY_ELSE, Others, whose_paper

_HEAD_BYTES = 1024
_TAIL_BYTES = 1024
_TEXT_BYTES = 32 << 20
"""A larger PDF is checked in structure only: taking the text out of it would need many times its
size in memory.
"""
_TEXT_PAGES = 5
_NOT_A_DOCUMENT = re.compile(rb"^(?:\xef\xbb\xbf)?\s*(?:<!doctype\s+html|<html)", re.IGNORECASE)

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings quote the document


@dataclass(frozen=True)
class Checked:
    """A document that may be stored: its file-name extension and what is to be flagged, as finding
    codes with details.
    """

    extension: str
    flags: tuple[tuple[str, str], ...] = ()


_ENCRYPTED = Checked("pdf", (("PDF_ENCRYPTED", "The PDF is encrypted."),))
_NOT_READ = Checked("pdf", (("PDF_TEXT_NOT_READ", "The PDF is beyond the parser's limits."),))
_PARSER_LIMITS = (LimitReachedError, DependencyError, DeprecationError, NotImplementedError)


def check_document(
    stream: IO[bytes],
    size_bytes: int,
    *,
    is_invoice_document: bool,
    invoice_id: str,
    accounts: Collection[str],
    others: Others = NOBODY_ELSE,
) -> Checked:
    """Check a downloaded document; `accounts` are those whose name it may carry, `others` what is
    known to be another's. Raises DownloadRefused.
    """
    stream.seek(0)
    head = stream.read(_HEAD_BYTES)
    if not head.strip():
        raise DownloadRefused("NOT_A_DOCUMENT", "The server sent an empty body.")
    if head.startswith(b"%PDF-"):
        return _check_pdf(
            stream, size_bytes, is_invoice_document, invoice_id, accounts, others=others
        )
    if _NOT_A_DOCUMENT.match(head):
        raise DownloadRefused("NOT_A_DOCUMENT", "The server sent an HTML page.")
    if is_invoice_document:
        raise DownloadRefused("NOT_A_DOCUMENT", "The invoice document does not begin as a PDF.")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _check_xml(stream)
    return Checked("bin", (("UNKNOWN_FILE_TYPE", "Neither PDF nor XML; kept as it came."),))


def pdf_text(stream: IO[bytes], size_bytes: int) -> str | None:
    """The text of a PDF's first pages without its white space, or None where it cannot be read."""
    text = _text(stream, size_bytes)
    return re.sub(r"\s+", "", text) if text else text


def _check_pdf(
    stream: IO[bytes],
    size_bytes: int,
    is_invoice_document: bool,
    invoice_id: str,
    accounts: Collection[str],
    *,
    others: Others,
) -> Checked:
    stream.seek(max(0, size_bytes - _TAIL_BYTES))
    _, marker, rest = stream.read().rpartition(b"%%EOF")
    if not marker or b"<" in rest:
        raise DownloadRefused(
            "DOCUMENT_DAMAGED", "The PDF does not end as one: it was cut or extended."
        )
    stream.seek(0)
    try:
        reader = PdfReader(stream, strict=True)
        if reader.is_encrypted:
            return _ENCRYPTED
        has_pages = len(reader.pages) > 0
        has_scripts = any(_is_script(action) for action in _actions(reader))
    except FileNotDecryptedError:
        return _ENCRYPTED
    except _PARSER_LIMITS as limit:
        return _ENCRYPTED if "encrypt" in str(limit).lower() else _NOT_READ
    except Exception as error:  # noqa: BLE001 - whatever a parser raises on hostile bytes
        raise DownloadRefused(
            "DOCUMENT_DAMAGED", f"The PDF cannot be parsed ({type(error).__name__})."
        ) from None
    if not has_pages:
        raise DownloadRefused("DOCUMENT_DAMAGED", "The PDF has no page.")
    flags = [("PDF_WITH_SCRIPTS", "The PDF contains JavaScript.")] if has_scripts else []
    if is_invoice_document:
        flags += _check_text(_text(stream, size_bytes), invoice_id, accounts, others)
    return Checked("pdf", tuple(flags))


def _check_text(
    text: str | None, invoice_id: str, accounts: Collection[str], others: Others
) -> list[tuple[str, str]]:
    if not text or not text.strip():
        return [("PDF_TEXT_NOT_READ", "The PDF has no text that can be read.")]
    whose = whose_paper(text, invoice_id, accounts, others)
    if whose.is_own:
        return []
    if whose.other and not others.is_copy:
        raise DownloadRefused("OTHER_INVOICE", whose.other)
    if whose.other:
        return [("OTHER_INVOICE", whose.other)]
    return [("INVOICE_ID_NOT_IN_TEXT", "The text of the PDF does not contain the invoice id.")]


def _text(stream: IO[bytes], size_bytes: int) -> str | None:
    if size_bytes > _TEXT_BYTES:
        return None
    stream.seek(0)
    try:
        pages = PdfReader(stream).pages
        count = min(len(pages), _TEXT_PAGES)
        return "\n".join(pages[index].extract_text() for index in range(count))
    except Exception:  # noqa: BLE001 - whatever a parser raises on hostile bytes
        return None


def _actions(reader: PdfReader) -> Iterator[Any]:
    """Every action of the document, its pages and their links, and named scripts."""
    root = reader.root_object
    yield root.get("/OpenAction")
    names = _resolved(root.get("/Names"))
    if isinstance(names, dict) and "/JavaScript" in names:
        yield {"/S": "/JavaScript"}
    for holder in (root, *reader.pages):
        yield from _triggered(holder)
    for page in reader.pages:
        annotations = _resolved(page.get("/Annots"))
        for annotation in annotations if isinstance(annotations, list) else ():
            link = _resolved(annotation)
            if isinstance(link, dict):
                yield link.get("/A")
                yield from _triggered(link)


def _triggered(holder: Any) -> Iterator[Any]:
    triggers = _resolved(holder.get("/AA"))
    if isinstance(triggers, dict):
        yield from triggers.values()


def _is_script(action: Any) -> bool:
    resolved = _resolved(action)
    return isinstance(resolved, dict) and (resolved.get("/S") == "/JavaScript" or "/JS" in resolved)


def _resolved(value: Any) -> Any:
    return value.get_object() if hasattr(value, "get_object") else value


def _check_xml(stream: IO[bytes]) -> Checked:
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
    except (ValueError, LookupError):
        return Checked("xml", (("UNKNOWN_FILE_TYPE", "XML in an encoding that is not known."),))
    if root == ["Error"]:
        raise DownloadRefused("NOT_A_DOCUMENT", "The server sent an XML error answer.")
    if root and root[0].lower() == "html":
        raise DownloadRefused("NOT_A_DOCUMENT", "The server sent an HTML page.")
    return Checked("xml")
