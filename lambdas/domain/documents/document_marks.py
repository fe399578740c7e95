"""Marks in the first and last bytes of a file: of a whole PDF, a web page or an error answer.

Markup is searched for in bytes, since it may be broken and in any encoding: without its NULs a text
in wide characters reads like ASCII.
"""

import re
from dataclasses import dataclass

PADDING = b"\0\t\n\x0c\r "
_HEADER_WITHIN = 1024
"""Bytes that Adobe's reader and browsers allow before a PDF's header."""
_BYTE_ORDER_MARKS = re.compile(rb"\A(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)+")
_OBJECT = re.compile(rb"\b\d{1,10}\s+\d{1,5}\s+obj\b")
_MORE_OF_A_PDF = re.compile(
    rb"\d\s+\d+\s+obj\b|\b(?:endobj|endstream|xref|trailer)\b|\A\s*(?:\d[\d\s]*o?b?|x|xr|xre)\Z"
)
"""A later part of a PDF, or its first bytes: the file was cut."""
_MARKUP = re.compile(
    rb"<(?:!doctype|!--|\?xml|\?php|/?(?:html|head|body|script|error|title|meta|div)\b)",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(rb"</?[a-z][a-z0-9:._-]*(?:\s[^<>]*)?/?>", re.IGNORECASE)
_NO_TEXT = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]+")
_TEXT_WITHIN_BINARY = 64
"""Bytes without control characters that count as text: random bytes hold `<a>` now and then."""
_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")
"""Formats that may hold a PDF and are none."""
_PROLOGUE = re.compile(
    rb"""\s*(?:
        <\?[^>]*>
      | <!--(?:>|->|.*?-->)
      | <!(?!doctype\s+html)[^>\[]*(?:\[.*?\]\s*)?>
    )""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_LINEARIZED = re.compile(rb"<<[^>]*/Linearized\b[^>]*>>")
_LENGTH_OF_FILE = re.compile(rb"/L\s+(\d{1,12})")
_HTML_DOCTYPE = re.compile(rb"\s*<!doctype\s+html", re.IGNORECASE)
_ROOT = re.compile(rb"\s*<([A-Za-z_][A-Za-z0-9_:.-]*)")
_HTML_ROOTS = re.compile(
    r"html|head|body|title|meta|script|noscript|style|iframe|frameset|center|p|div|br|hr|h[1-3]",
    re.IGNORECASE,
)
_ERROR_ROOTS = frozenset({"Error", "ErrorResponse"})


_MOST_SHORT = 1024


@dataclass(frozen=True)
class PdfBeginning:
    """The beginning of a file that may be a PDF."""

    before: int | None
    """Bytes before the header; None if the file begins with an object instead."""
    stated_length: int | None = None
    """The length that a linearized file states for itself."""

    def is_of_more(self, size_bytes: int) -> bool:
        """True if the file was cut: an end mark also follows its first page. A small difference is
        allowed, for converted line ends.
        """
        return self.stated_length is not None and size_bytes + _MOST_SHORT < self.stated_length


def pdf_beginning(head: bytes) -> PdfBeginning | None:
    """The beginning of a file that may be a PDF; None for any other file."""
    content = head.lstrip(PADDING)
    before, header, _ = _beginning(content)
    first_object = None if header else _OBJECT.search(before)
    if first_object:
        before = before[: first_object.start()]
    if content.startswith(_ARCHIVES) or has_markup(before) or not (header or first_object):
        return None
    behind = len(head) - len(content) + len(before)
    return PdfBeginning(behind if header else None, _stated_length(content))


def has_pdf_behind_markup(head: bytes) -> bool:
    before, header, _ = _beginning(head.lstrip(PADDING))
    return bool(header) and has_markup(before)


def _beginning(content: bytes) -> tuple[bytes, bytes, bytes]:
    return content[: _HEADER_WITHIN + len(b"%PDF-")].partition(b"%PDF-")


def pdf_remainder(tail: bytes) -> bytes | None:
    """The bytes after the last end mark, without padding; None if the file was cut or extended."""
    _, mark, rest = tail.rpartition(b"%%EOF")
    remainder = rest.strip(PADDING)
    if not mark or has_markup(remainder) or _MORE_OF_A_PDF.search(remainder):
        return None
    return remainder


def _stated_length(head: bytes) -> int | None:
    linearized = _LINEARIZED.search(head[: 2 * _HEADER_WITHIN])
    length = _LENGTH_OF_FILE.search(linearized[0]) if linearized else None
    return int(length[1]) if length else None


def has_markup(content: bytes) -> bool:
    plain = content.replace(b"\0", b"")
    if _MARKUP.search(plain):
        return True
    pieces = _NO_TEXT.split(plain)
    least = _TEXT_WITHIN_BINARY if len(pieces) > 1 else 0
    return any(len(piece) >= least and _ANY_TAG.search(piece) for piece in pieces)


def is_markup(head: bytes) -> bool:
    """True if the file begins with a tag, a declaration or a comment."""
    return _plain(head).lstrip().startswith(b"<")


def root_element(head: bytes) -> str | None:
    """The name of the first element behind declarations and comments, without its prefix."""
    content, place = _plain(head), 0
    while prologue := _PROLOGUE.match(content, place):
        place = prologue.end()
    if _HTML_DOCTYPE.match(content, place):
        return "html"
    root = _ROOT.match(content, place)
    return root[1].decode("ascii").rpartition(":")[2] if root else None


def is_web_page(root: str | None) -> bool:
    return root is not None and bool(_HTML_ROOTS.fullmatch(root))


def is_error_answer(root: str | None) -> bool:
    """True if S3 and other AWS services report errors in documents with that root."""
    return root in _ERROR_ROOTS


def is_closed(tail: bytes, root: str | None) -> bool:
    """True if the root element is closed at the end of the file, as far as bytes show it."""
    if root is None:
        return False
    name = re.escape(root).encode()
    closed = rb"(?:</(?:[\w.-]+:)?" + name + rb"\s*|/)>\s*(?:<(?:!--|\?)[^<]*>\s*)*\Z"
    return bool(re.search(closed, tail.replace(b"\0", b"").strip(PADDING)))


def _plain(head: bytes) -> bytes:
    return _BYTE_ORDER_MARKS.sub(b"", head.lstrip(PADDING)).replace(b"\0", b"")
