"""The JSON forms of all stored files: sorted keys, UTF-8, a newline at the end."""

import hashlib
import json
from datetime import UTC, datetime
from json.encoder import encode_basestring
from typing import Annotated

_WORDS = {None: "null", True: "true", False: "false"}


def to_json(value: object) -> bytes:
    """Serialise plain data, indented by two spaces for people; the same data gives the same bytes.

    Refuses floats: money and rates are text. Half of a surrogate pair, which is no UTF-8, is
    written as AWS sends it, `\\ud800`.
    """
    return _indented(value).encode(errors="backslashreplace")


def to_compact_json(value: object) -> bytes:
    """The same in one line without spaces."""
    return _in_one_line(value).encode(errors="backslashreplace")


def to_canonical_json(value: object) -> bytes:
    """The signed form: one line without spaces. Every release writes and checks it with halves of
    surrogate pairs unescaped.
    """
    return _in_one_line(value).encode(errors="surrogatepass")


def to_hashed_json(value: object) -> bytes:
    """The form for fingerprints, as in the first release; never stored."""
    return _indented(value).encode(errors="surrogatepass")


def _in_one_line(value: object) -> str:
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n"


def _indented(value: object) -> str:
    return _lines(value, "\n") + "\n"


def _lines(value: object, line: str) -> str:
    """The text that json.dumps gives with an indent of two spaces, in half its time. `line` begins
    a line around it.
    """
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, bool | None):
        return _WORDS[value]
    if isinstance(value, int):
        return int.__repr__(value)
    inner = f"{line}  "
    parts = []
    if isinstance(value, dict):
        for name in sorted(value):
            member = _lines(value[name], inner)  # in a loop, it is one call a level
            parts.append(f"{encode_basestring(name)}: {member}")
        return f"{{{inner}{f',{inner}'.join(parts)}{line}}}" if parts else "{}"
    if isinstance(value, list | tuple):
        for item in value:
            parts.append(_lines(item, inner))  # noqa: PERF401 - it is one call a level
        return f"[{inner}{f',{inner}'.join(parts)}{line}]" if parts else "[]"
    _refuse_floats(value)
    raise TypeError(f"{type(value).__name__} is no plain data")


def sha256_hex(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def instant_text(instant: datetime) -> str:
    """`2026-11-03T06:00:00Z`, with the fraction of a second if there is one."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_instant(text: str) -> datetime:
    """Read an ISO 8601 instant with its offset, as UTC. Raises ValueError, also for one beyond the
    years 1 to 9999 in UTC.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"'{text}' has no time zone; write an instant as 2026-11-03T06:00:00Z")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"'{text}' is beyond the years 1 to 9999") from None


Instant = Annotated[str, read_instant]
"""The text of an instant in the form of `instant_text`."""


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError(f"{value!r} is a float; amounts and rates are decimal text")
    if isinstance(value, dict):
        for member in value.values():
            _refuse_floats(member)
    elif isinstance(value, list | tuple):
        for member in value:
            _refuse_floats(member)
