"""Whether a text that people give has a URL in it that lets whoever reads it into a document.

Texts of an input are kept as evidence and shown to everybody, so they are looked at in every
spelling in which such a URL can be copied: escaped once or twice, in capitals or full-width
letters, broken by spaces, line breaks or what shows nothing.
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
_NO_LETTER = re.compile(r"[^a-z0-9]+")
_SIGNED = (
    "xamzsignature",
    "xamzsecuritytoken",
    "xamzcredential",
    "xamzalgorithm",
    "awsaccesskeyid",  # version 2
)
"""What parameters are called that sign a URL and nothing else, without what stands between words.
"""
_PARAMETER = re.compile(r"(?:signature|security-?token|key-?pair-?id)=")
"""What people write about too, so that only the sign behind it makes a parameter of it."""
_MOST_ROUNDS = 300
"""A text that is escaped more often than that hides something."""
_MOST_QUOTED = 60


def has_signed_url(text: str) -> bool:
    """Whether a parameter that signs a URL stands in it, in whatever spelling."""
    plain = _plain(text)
    words = _NO_LETTER.sub("", plain)
    return any(one in words for one in _SIGNED) or bool(_PARAMETER.search(plain))


def has_url(text: str) -> bool:
    """Whether there is a URL of any kind in it, in whatever spelling."""
    return "://" in _plain(text) or has_signed_url(text)


def quoted(value: object) -> str:
    """The value as an error message shows what it is about: how it begins, or nothing of a URL."""
    try:
        if has_url(repr(value)):
            return "(it has a URL, which is not repeated here)"
        return repr(value[:_MOST_QUOTED] if isinstance(value, str) else value)[: 2 * _MOST_QUOTED]
    except (ValueError, RecursionError):
        return "(it is too large to be shown)"


def _plain(text: str) -> str:
    """The text in small letters with every escape undone, and without what may break it up."""
    for _ in range(_MOST_ROUNDS):
        before = text
        text = unicodedata.normalize("NFKC", text)
        text = unquote(html.unescape(_ESCAPE.sub(_character, text)), errors="ignore")
        text = _BREAKS.sub("", INVISIBLE.sub("", text))
        if text == before:
            return text.casefold()
    return _SIGNED[0]


def _character(match: re.Match[str]) -> str:
    """What the escape stands for; nothing for a line break."""
    digits = match[1] or match[2] or match[3]
    if digits is None:
        return ""
    code = int(digits, 16)
    return chr(code) if code <= 0x10FFFF else ""
