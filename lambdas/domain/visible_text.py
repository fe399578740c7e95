"""Text that people gave, made fit for a spreadsheet or a page: no character in it acts."""

import re

_SPACES = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
_NOT_TEXT = re.compile(
    "[\x00-\x1b\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(chr(plane << 16 | end) for plane in range(1, 17) for end in (0xFFFE, 0xFFFF))
    + "]"
)


def visible(text: str) -> str:
    """The text without what XML and HTML forbid and without line breaks.

    Breaks and tabs become a space; control characters, halves of surrogate pairs and code points
    that are no characters become U+FFFD. The raw text stays in the records.
    """
    if text.isascii() and text.isprintable():
        return text
    return _NOT_TEXT.sub("\N{REPLACEMENT CHARACTER}", _SPACES.sub(" ", text))
