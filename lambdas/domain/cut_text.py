"""Text that is longer than a service takes: cut by its bytes, between characters, and told."""


def within_bytes(text: str, most: int, note: str) -> str:
    """The text in at most so many bytes of UTF-8. Where it is cut, `note` stands for the rest and
    says where that is.
    """
    encoded = text.encode(errors="replace")
    if len(encoded) <= most:
        return text
    room = most - len(note.encode())
    return encoded[:room].decode(errors="ignore") + note
