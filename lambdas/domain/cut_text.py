"""Text that is longer than a service or a reader takes: cut by its bytes, between characters, and
told.
"""

_LONGEST_SENTENCE = 8_000
"""A row of AWS's whose every member has changed takes 5,000 or so."""
_CUT = "… [Cut here.]"


def within_bytes(text: str, most: int, note: str) -> str:
    """The text in at most so many bytes of UTF-8. Where it is cut, `note` stands for the rest and
    says where that is.
    """
    encoded = text.encode(errors="replace")
    if len(encoded) <= most:
        return encoded.decode()
    room = most - len(note.encode())
    return encoded[:room].decode(errors="ignore") + note


def short(text: str, most: int = _LONGEST_SENTENCE) -> str:
    """What others wrote, as far as a sentence has room for it."""
    return within_bytes(text, most, _CUT)
