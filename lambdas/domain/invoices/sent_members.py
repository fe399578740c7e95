"""Members of an object that AWS sent, read by a table of their names and kinds.

A table has the names of a structure's members with TEXT, INTEGER, INSTANT, a table, or a list of
one of these. Members outside the table are left out.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from lambdas.domain.json_text import instant_text
from lambdas.domain.raw_json import JsonObject, described

TEXT, INTEGER, INSTANT = "a text", "a whole number", "an instant"
_NOT_READ = object()


def read_members(
    value: JsonObject, table: Mapping[str, Any], path: str, problems: list[str]
) -> dict[str, Any]:
    """The members as plain data: instants as text in UTC. One that cannot be read, or stands there
    twice, is added to the problems as part of a sentence; `path` begins the names of places.
    """
    row = {}
    for name, form in table.items():
        place = f"{path}.{name}" if path else name
        if name in value.repeated:
            problems.append(f"{place} stands there more than once")
        if value.get(name) is None:
            continue
        one = _member(value[name], form, place, problems)
        if one is not _NOT_READ:
            row[name] = one
    return row


def _member(value: Any, form: Any, path: str, problems: list[str]) -> Any:
    """The member's value as plain data, or _NOT_READ after adding a problem."""
    if isinstance(form, dict):
        if isinstance(value, JsonObject):
            return read_members(value, form, path, problems)
        wanted = "an object"
    elif isinstance(form, list):
        if isinstance(value, list):
            return list(_items(value, form[0], path, problems))
        wanted = "a list"
    else:
        wanted = str(form)
        one = _scalar(value, wanted)
        if one is not None:
            return one
    problems.append(f"{path} is {described(value)}, not {wanted}")
    return _NOT_READ


def _items(value: list[Any], form: Any, path: str, problems: list[str]) -> Iterator[Any]:
    for number, item in enumerate(value, 1):
        one = _member(item, form, f"{path}[{number}]", problems)
        if one is not _NOT_READ:
            yield one


def _scalar(value: Any, form: str) -> Any:
    if form == TEXT:
        return value if isinstance(value, str) else None
    if isinstance(value, bool):
        return None
    if form == INTEGER:
        if isinstance(value, float) and value.is_integer():
            return int(value)  # 2026.0 is the year 2026
        return value if isinstance(value, int) else None
    return _instant(value)


def _instant(value: Any) -> str | None:
    """An instant in any form that botocore accepts: seconds since 1970 as a number or a text, ISO
    8601, or the date form of mail. Without a zone it is UTC. Digits of other scripts and `1_000`,
    which Python reads as numbers, are refused.
    """
    if isinstance(value, str) and ("_" in value or not value.isascii()):
        return None
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return _instant_in_words(value) if isinstance(value, str) else None
    if not math.isfinite(seconds):
        return None
    try:
        return instant_text(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def _instant_in_words(text: str) -> str | None:
    for reads in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            instant = reads(text)
            return instant_text(instant if instant.tzinfo else instant.replace(tzinfo=UTC))
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
    return None
