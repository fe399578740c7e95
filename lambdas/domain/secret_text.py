"""Detection of signed URLs, which open a document to everybody who reads them, in people's texts.

Texts of an input are kept as evidence and shown to everybody. They are searched in every spelling
in which a signed URL can be copied: escaped once or twice, in capitals or full-width letters,
broken by spaces, line breaks or invisible characters.
"""

import html
import re
import unicodedata
from urllib.parse import unquote

from lambdas.domain.visible_text import INVISIBLE

_ESCAPE = re.compile(
    r"\\(?:u([0-9a-f]{4})|u\{([0-9a-f]{1,6})\}|x([0-9a-f]{2})|[nrtfv])", re.IGNORECASE
)
_BREAKS = re.compile(r"[\s\\\"'`<>|^]+")
_NOT_ALPHANUMERIC = re.compile(r"[^a-z0-9]+")
_SIGNED = (
    "xamzsignature",
    "xamzsecuritytoken",
    "xamzcredential",
    "xamzalgorithm",
    "awsaccesskeyid",  # version 2
)
"""Names of parameters that only sign URLs, without the characters between their words."""
_PARAMETER = re.compile(r"(?:signature|security-?token|key-?pair-?id)=")
"""Words that people also write about: only the sign after them makes them a parameter."""
_MOST_ROUNDS = 300
"""A text escaped more often than this hides something."""
_MOST_QUOTED = 60


def has_signed_url(text: str) -> bool:
    """True if the text has a parameter that signs a URL, in any spelling."""
    plain = _plain(text)
    words = _NOT_ALPHANUMERIC.sub("", plain)
    return any(one in words for one in _SIGNED) or bool(_PARAMETER.search(plain))


def has_url(text: str) -> bool:
    """True if the text has a URL of any kind, in any spelling."""
    return "://" in _plain(text) or has_signed_url(text)


def quoted(value: object) -> str:
    """The beginning of a value for an error message; nothing of a text with a URL."""
    try:
        if has_url(repr(value)):
            return "(it has a URL, which is not repeated here)"
        return repr(value[:_MOST_QUOTED] if isinstance(value, str) else value)[: 2 * _MOST_QUOTED]
    except (ValueError, RecursionError):
        return "(it is too large to be shown)"


def _plain(text: str) -> str:
    """The text in small letters, with every escape undone and without spaces, breaks and quotes."""
    for _ in range(_MOST_ROUNDS):
        before = text
        text = unicodedata.normalize("NFKC", text)
        text = unquote(html.unescape(_ESCAPE.sub(_character, text)), errors="ignore")
        text = _BREAKS.sub("", INVISIBLE.sub("", text))
        if text == before:
            return text.casefold()
    return _SIGNED[0]


def _character(match: re.Match[str]) -> str:
    """The character of an escape; empty for a line break."""
    digits = match[1] or match[2] or match[3]
    if digits is None:
        return ""
    code = int(digits, 16)
    return chr(code) if code <= 0x10FFFF else ""
