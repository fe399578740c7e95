"""What the first and the last bytes of a file say: whether it begins and ends as a PDF, and whether
it is a web page or an error answer instead.

Markup is looked for in bytes, since it may be in any encoding and broken: without its NULs a text
in wide characters reads like one in ASCII.
"""

import re
from dataclasses import dataclass

PADDING = b"\0\t\n\x0c\r "
_HEADER_WITHIN = 1024
"""How many bytes may stand before a PDF's header, by Adobe's own reader and by browsers."""
_BYTE_ORDER_MARKS = re.compile(rb"\A(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)+")
_OBJECT = re.compile(rb"\b\d{1,10}\s+\d{1,5}\s+obj\b")
_MORE_OF_A_PDF = re.compile(
    rb"\d\s+\d+\s+obj\b|\b(?:endobj|endstream|xref|trailer)\b|\A\s*(?:\d[\d\s]*o?b?|x|xr|xre)\Z"
)
"""A later part of a PDF, also if only its first bytes are there: the file was cut."""
_MARKUP = re.compile(
    rb"<(?:!doctype|!--|\?xml|\?php|/?(?:html|head|body|script|error|title|meta|div)\b)",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(rb"</?[a-z][a-z0-9:._-]*(?:\s[^<>]*)?/?>", re.IGNORECASE)
_NO_TEXT = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]+")
_TEXT_WITHIN_BINARY = 64
"""How long a piece without control characters is text: random bytes hold `<a>` now and then."""
_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")
"""A file of one of these formats may hold a PDF and is none."""
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
    """How a file begins that may be a PDF."""

    before: int | None
    """How many bytes stand before the header; None where there is no header, but an object."""
    told_length: int | None = None
    """How long the file is by its own word, if it is linearized."""

    def is_of_more(self, size_bytes: int) -> bool:
        """Whether the file was longer: where its first page ends there is an end mark too. A little
        may be missing where line ends were converted.
        """
        return self.told_length is not None and size_bytes + _MOST_SHORT < self.told_length


def pdf_beginning(head: bytes) -> PdfBeginning | None:
    """How a file begins that may be a PDF; None for any other."""
    content = head.lstrip(PADDING)
    before, header, _ = _beginning(content)
    first_object = None if header else _OBJECT.search(before)
    if first_object:
        before = before[: first_object.start()]
    if content.startswith(_ARCHIVES) or has_markup(before) or not (header or first_object):
        return None
    behind = len(head) - len(content) + len(before)
    return PdfBeginning(behind if header else None, _length_told(content))


def has_pdf_behind_markup(head: bytes) -> bool:
    before, header, _ = _beginning(head.lstrip(PADDING))
    return bool(header) and has_markup(before)


def _beginning(content: bytes) -> tuple[bytes, bytes, bytes]:
    return content[: _HEADER_WITHIN + len(b"%PDF-")].partition(b"%PDF-")


def pdf_remainder(tail: bytes) -> bytes | None:
    """What follows the last end mark but padding; None where the file does not end as a PDF, but
    was cut or extended.
    """
    _, mark, rest = tail.rpartition(b"%%EOF")
    remainder = rest.strip(PADDING)
    if not mark or has_markup(remainder) or _MORE_OF_A_PDF.search(remainder):
        return None
    return remainder


def _length_told(head: bytes) -> int | None:
    linearized = _LINEARIZED.search(head[: 2 * _HEADER_WITHIN])
    told = _LENGTH_OF_FILE.search(linearized[0]) if linearized else None
    return int(told[1]) if told else None


def has_markup(content: bytes) -> bool:
    plain = content.replace(b"\0", b"")
    if _MARKUP.search(plain):
        return True
    pieces = _NO_TEXT.split(plain)
    least = _TEXT_WITHIN_BINARY if len(pieces) > 1 else 0
    return any(len(piece) >= least and _ANY_TAG.search(piece) for piece in pieces)


def is_markup(head: bytes) -> bool:
    """Whether the file begins with a tag, a declaration or a comment."""
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
    """Whether a document with that root is how S3 and other services of AWS tell an error."""
    return root in _ERROR_ROOTS


def is_closed(tail: bytes, root: str | None) -> bool:
    """Whether the root element is closed where the file ends, as far as bytes show it."""
    if root is None:
        return False
    name = re.escape(root).encode()
    closed = rb"(?:</(?:[\w.-]+:)?" + name + rb"\s*|/)>\s*(?:<(?:!--|\?)[^<]*>\s*)*\Z"
    return bool(re.search(closed, tail.replace(b"\0", b"").strip(PADDING)))


def _plain(head: bytes) -> bytes:
    return _BYTE_ORDER_MARKS.sub(b"", head.lstrip(PADDING)).replace(b"\0", b"")
