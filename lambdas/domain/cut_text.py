"""Text cut to the bytes that a service or a reader takes, between characters, with a note."""

_LONGEST_SENTENCE = 8_000
"""Bytes. The changes of a row in which every member changed take about 5,000."""
_CUT = "… [Cut here.]"


def within_bytes(text: str, most: int, note: str) -> str:
    """The text in at most `most` bytes of UTF-8. If it is cut, `note` replaces the rest."""
    encoded = text.encode(errors="replace")
    if len(encoded) <= most:
        return encoded.decode()
    room = most - len(note.encode())
    return encoded[:room].decode(errors="ignore") + note


def short(text: str, most: int = _LONGEST_SENTENCE) -> str:
    """Foreign text, cut to what fits into a sentence."""
    return within_bytes(text, most, _CUT)
