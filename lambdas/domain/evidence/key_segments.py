"""Any text as a part of an archive key.

A key becomes a file name when people download it: segments are `A-Za-z0-9._-`, at most 120 bytes,
without a trailing dot, and unique even without regard to case. An id that does not fit is escaped
injectively; the raw id stays in the record.
"""

import base64
import hashlib
import re

_LONGEST_TYPE = 18
_LONGEST_ID = 28
_PLAIN = re.compile(rb"[A-Za-z0-9-]")
_WORD = re.compile(r"[A-Z0-9]+(?:_[A-Z0-9]+)*")
_WINDOWS_DEVICES = re.compile(r"CON|PRN|AUX|NUL|(?:COM|LPT)[0-9]", re.IGNORECASE)


def safe_segment(text: str, longest: int = _LONGEST_ID) -> str:
    """Turn any text into a file-name part, injectively even without regard to case.

    Letters, digits and `-` stay. Every other byte of the UTF-8 form becomes `_` and two hex digits.
    Lower-case letters are kept; an ending `_l` has the positions of the capitals as a hex number. A
    segment that would be longer than `longest` (at least 22) ends in `_h` and 100 bits of the
    text's SHA-256.
    """
    raw = text.encode("utf-8", "surrogatepass")
    escaped = "".join(chr(b) if _PLAIN.match(bytes([b])) else f"_{b:02X}" for b in raw) or "_e"
    if _WINDOWS_DEVICES.fullmatch(text):
        escaped = f"_{raw[0]:02X}{escaped[1:]}"
    if any("a" <= character <= "z" for character in text):
        capitals = "".join("1" if c.isupper() else "0" for c in text if c.isascii() and c.isalpha())
        escaped += f"_l{int(capitals, 2):X}"
    if len(escaped) <= longest:
        return escaped
    return f"{re.sub('[^A-Za-z0-9]', '-', escaped)[: longest - 22]}_h{_digest(raw, 20)}"


def _digest(raw: bytes, characters: int) -> str:
    return base64.b32encode(hashlib.sha256(raw).digest()).decode()[:characters]


def type_word(value: str | None, known: tuple[str, ...]) -> str:
    """The word for an invoice or document type.

    An unknown type is marked, so that it cannot imitate another name.
    """
    if value is None:
        return "UNTYPED"
    if value in known:
        return value
    marked = f"OTHER-{value.replace('_', '-')}"
    if _WORD.fullmatch(value) and len(marked) <= _LONGEST_TYPE:
        return marked
    return f"OTHER--{_digest(value.encode('utf-8', 'surrogatepass'), _LONGEST_TYPE - 7)}"
