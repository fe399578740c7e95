"""People's text made safe for spreadsheets, pages and messages: no control or hidden characters."""

import re
import unicodedata

_SPACES = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
_NOT_TEXT = re.compile(
    "[\x00-\x1b\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(chr(plane << 16 | end) for plane in range(1, 17) for end in (0xFFFE, 0xFFFF))
    + "]"
)
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
_AS_TEXT, _AS_PICTURE = "\N{VARIATION SELECTOR-15}", "\N{VARIATION SELECTOR-16}"
_KEYCAP, _KEYS = "\N{COMBINING ENCLOSING KEYCAP}", tuple("0123456789#*")
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Characters that show nothing, or turn or replace their neighbours: marks and overrides of
direction, zero width, fillers, selectors and tags. Unicode calls most of them default-ignorable.
"""


def visible(text: str) -> str:
    """The text without line breaks and the characters that XML and HTML forbid.

    Breaks and tabs become a space; control characters, halves of surrogate pairs and code points
    that are no characters become U+FFFD. The raw text stays in the records. Never change this form:
    every release has written `ledger.csv` in it.
    """
    if text.isascii() and text.isprintable():
        return text
    return _NOT_TEXT.sub("\N{REPLACEMENT CHARACTER}", _SPACES.sub(" ", text))


def shown(text: str) -> str:
    """The text as people read it: as `visible`, with `INVISIBLE` characters as numbers, `\\u202e`.

    Joiners stay between letters of scripts that join, Persian or Hindi for example, and within
    emoji; a selector stays after its emoji.
    """
    if text.isascii() and text.isprintable():
        return text
    return INVISIBLE.sub(_number_unless_it_belongs, visible(text))


def _number_unless_it_belongs(match: re.Match[str]) -> str:
    return match[0] if _belongs(match.string, match.start()) else _number(match[0])


def _number(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _belongs(text: str, at: int) -> bool:
    character, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if character in (_AS_TEXT, _AS_PICTURE):
        return _is_symbol(before) or (before in _KEYS and after == _KEYCAP)
    if character not in _JOINERS:
        return False
    if before == _AS_PICTURE and at > 1:
        before = text[at - 2]
    is_emoji = _is_symbol(before) and _is_symbol(after)
    return is_emoji or (_joins(before) and _joins(after))


def _is_symbol(character: str) -> bool:
    """True if it is a pictograph or its skin colour."""
    return (
        not character.isascii()
        and unicodedata.category(character) in ("So", "Sk", "Sm")
        and not INVISIBLE.match(character)
    )


def _joins(character: str) -> bool:
    """True if it is a letter or a sign of a script without capitals that is not East Asian."""
    return (
        not character.isascii()
        and unicodedata.category(character) in ("Lo", "Mn", "Mc")
        and unicodedata.east_asian_width(character) == "N"
        and not INVISIBLE.match(character)
    )
