"""Checks of downloaded bytes: are they the expected document?

A document that arrived whole is kept and its oddities flagged: readers forgive much, and so must an
archive. Refused are other things (a web page, an error answer), documents cut or extended, and
documents without a page. Parsers only flag: their failures and limits do not decide.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import IO

from lambdas.domain.documents.document_marks import (
    PADDING,
    PdfBeginning,
    has_pdf_behind_markup,
    is_closed,
    is_error_answer,
    is_markup,
    is_web_page,
    pdf_beginning,
    pdf_remainder,
    root_element,
)
from lambdas.domain.documents.document_refused import DocumentRefused
from lambdas.domain.documents.document_text import NOBODY_ELSE, Others, whose_paper
from lambdas.domain.documents.renderings import is_update
from lambdas.parsers.parser_processes import UNKNOWN_ENCODING, BeyondLimits, ParserProcesses

_HEAD_BYTES = _TAIL_BYTES = 1 << 18
_END_WITHIN = 1024
"""Bytes that a PDF may have behind its end mark, by the rules of the format."""
_TEXT_BYTES = 32 << 20
"""Only the structure of a larger PDF is checked: extracting its text would take many times its size
in memory.
"""
_PARSERS = ParserProcesses()


@dataclass(frozen=True)
class Checked:
    """A document that may be stored: its file-name extension, and its flags as finding codes with
    details.
    """

    extension: str
    flags: tuple[tuple[str, str], ...] = ()


_NOT_READ = ("PDF_TEXT_NOT_READ", "The PDF is beyond the parser's limits.")


def check_document(
    stream: IO[bytes],
    size_bytes: int,
    *,
    is_invoice_document: bool,
    invoice_id: str,
    accounts: Collection[str],
    others: Others = NOBODY_ELSE,
    is_whole: bool = False,
) -> Checked:
    """Check a downloaded document. Raises DocumentRefused.

    `accounts`: those that the document may name. `others`: papers known to be another invoice's.
    `is_whole`: it has the length that the server stated.
    """
    stream.seek(0)
    head = stream.read(_HEAD_BYTES)
    if not head.strip():
        raise DocumentRefused("NOT_A_DOCUMENT", "The server sent an empty body.")
    beginning = pdf_beginning(head)
    if beginning and (is_invoice_document or beginning.before is not None):
        flags = _check_pdf(stream, size_bytes, beginning)
        if is_invoice_document and not {"PDF_ENCRYPTED", "PDF_TEXT_NOT_READ"} & {*dict(flags)}:
            flags += _check_text(_text(stream, size_bytes), invoice_id, accounts, others)
        return Checked("pdf", tuple(flags))
    root = root_element(head)
    _refuse_other_things(root)
    if has_pdf_behind_markup(head):
        raise DocumentRefused("NOT_A_DOCUMENT", "Markup stands before the PDF.")
    if is_invoice_document:
        raise DocumentRefused("NOT_A_DOCUMENT", "The invoice document does not begin as a PDF.")
    if is_markup(head):
        return _check_xml(stream, size_bytes, root, is_whole)
    return Checked("bin", (("UNKNOWN_FILE_TYPE", "Neither PDF nor XML; kept as it came."),))


def is_rendered_anew(
    first: IO[bytes], first_size_bytes: int, second: IO[bytes], second_size_bytes: int
) -> bool:
    """True if two PDFs are renderings of one paper; false if they cannot be compared."""
    if is_update(first, second):
        return False
    content = _content(first, first_size_bytes)
    return content is not None and content == _content(second, second_size_bytes)


def _refuse_other_things(root: str | None) -> None:
    if is_web_page(root):
        raise DocumentRefused("NOT_A_DOCUMENT", "The server sent an HTML page.")
    if is_error_answer(root):
        raise DocumentRefused("NOT_A_DOCUMENT", "The server sent an XML error answer.")


def _check_pdf(
    stream: IO[bytes], size_bytes: int, beginning: PdfBeginning
) -> list[tuple[str, str]]:
    """The flags of the PDF's structure. Raises DocumentRefused."""
    tail, padding = _tail(stream, size_bytes)
    remainder = pdf_remainder(tail)
    if remainder is None or beginning.is_of_more(size_bytes):
        raise DocumentRefused(
            "DOCUMENT_DAMAGED", "The PDF does not end as one: it was cut or extended."
        )
    try:
        structure = _PARSERS.ask("pdf_structure", stream, size_bytes - padding - len(remainder))
    except BeyondLimits:
        structure = None
    if beginning.before is None and not (structure and structure["pages"]):
        raise DocumentRefused("NOT_A_DOCUMENT", "The invoice document does not begin as a PDF.")
    if structure and not (structure["may_have_pages"] or structure["is_encrypted"]):
        raise DocumentRefused("DOCUMENT_DAMAGED", "The PDF has no page.")
    flags = []
    if structure and structure["is_encrypted"]:
        flags.append(("PDF_ENCRYPTED", "The PDF is encrypted."))
    if structure and structure["has_scripts"]:
        flags.append(("PDF_WITH_SCRIPTS", "The PDF contains JavaScript."))
    behind = len(remainder) + (padding if padding > _END_WITHIN else 0)
    is_forgiven = bool(structure and structure["is_irregular"] and not structure["is_encrypted"])
    irregular = _irregularities(beginning, behind, is_forgiven=is_forgiven)
    if irregular:
        flags.append(("DOCUMENT_IRREGULAR", f"The PDF breaks rules of its format: {irregular}."))
    return flags if structure else [*flags, _NOT_READ]


def _irregularities(beginning: PdfBeginning, behind: int, *, is_forgiven: bool) -> str:
    parts = []
    if beginning.before is None:
        parts.append("it has no header")
    elif beginning.before:
        parts.append(f"{beginning.before} bytes stand before its header")
    if behind:
        parts.append(f"{behind} bytes stand behind its end")
    if is_forgiven:
        parts.append("its objects or their table are damaged")
    return ", ".join(parts)


def _tail(stream: IO[bytes], size_bytes: int) -> tuple[bytes, int]:
    """The last bytes before the padding, and the length of the padding."""
    end = size_bytes
    while end > 0:
        start = max(0, end - _TAIL_BYTES)
        stream.seek(start)
        block = stream.read(end - start).rstrip(PADDING)
        end = start + len(block)
        if block:
            break
    start = max(0, end - _TAIL_BYTES)
    stream.seek(start)
    return stream.read(end - start), size_bytes - end


def _check_text(
    text: str | None, invoice_id: str, accounts: Collection[str], others: Others
) -> list[tuple[str, str]]:
    if not text or not text.strip():
        return [("PDF_TEXT_NOT_READ", "The PDF has no text that can be read.")]
    whose = whose_paper(text, invoice_id, accounts, others)
    if whose.is_own:
        return []
    if whose.other and not others.is_copy:
        raise DocumentRefused("OTHER_INVOICE", whose.other)
    if whose.other:
        return [("OTHER_INVOICE", whose.other)]
    return [("INVOICE_ID_NOT_IN_TEXT", "The text of the PDF does not contain the invoice id.")]


def _text(stream: IO[bytes], size_bytes: int) -> str | None:
    if size_bytes > _TEXT_BYTES:
        return None
    try:
        # without the bytes behind the end, over which parsers are slow
        tail, padding = _tail(stream, size_bytes)
        end = size_bytes - padding - len(pdf_remainder(tail) or b"")
        text: str | None = _PARSERS.ask("pdf_text", stream, end)
    except BeyondLimits:
        return None
    return text


def _content(stream: IO[bytes], size_bytes: int) -> str | None:
    """The hash of a PDF's content, or None if it cannot be read."""
    if size_bytes > _TEXT_BYTES:
        return None
    try:
        content: str | None = _PARSERS.ask("pdf_content", stream, size_bytes)
    except BeyondLimits:
        return None
    return content


def _check_xml(stream: IO[bytes], size_bytes: int, root: str | None, is_whole: bool) -> Checked:
    """Refuse other things and a cut XML; only flag one that is not well-formed."""
    try:
        structure = _PARSERS.ask("xml_structure", stream, size_bytes)
    except BeyondLimits:
        structure = {"root": None, "error": "beyond the parser's limits"}
    root = root or structure["root"]
    _refuse_other_things(root)
    if structure["error"] is None:
        return Checked("xml")
    if not is_whole and not is_closed(_tail(stream, size_bytes)[0], root):
        raise DocumentRefused(
            "DOCUMENT_DAMAGED", f"The XML does not end as one ({structure['error']})."
        )
    if structure["error"] == UNKNOWN_ENCODING:
        return Checked("xml", (("UNKNOWN_FILE_TYPE", "XML in an encoding that is not known."),))
    return Checked(
        "xml", (("DOCUMENT_IRREGULAR", f"The XML is not well-formed: {structure['error']}."),)
    )
