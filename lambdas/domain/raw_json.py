"""JSON as it was sent: its parts as they stand in it, so that one that cannot be read costs itself
alone.
"""

import json
import re
from typing import Any, NamedTuple

from lambdas.domain.visible_text import visible

_MARK = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["{}\[\],]', re.DOTALL)
"""A whole string, or a character that means something outside of strings."""
_MOST_DIGITS = 18
_MOST_SHOWN = 40


class NotJson(ValueError):
    """No JSON value; the message says so without telling what it holds."""


class JsonObject(dict[str, Any]):
    """An object, of which `repeated` members stand there more than once; the last one counts."""

    repeated: frozenset[str] = frozenset()


class Parts(NamedTuple):
    """The parts between two brackets; `is_whole` is false where brackets are left open or something
    follows them.
    """

    texts: list[str]
    is_whole: bool


def parts(text: str, brackets: str) -> Parts:
    """Cut an object (`{}`) or a list (`[]`) at its commas, without reading what stands between.

    What is broken off ends with the part that is broken. Raises NotJson for anything else.
    """
    text = text.strip()
    if not text.startswith(brackets[0]):
        raise NotJson(f"it is {described(text)}")
    found, depth, begin = [], 0, 1
    for mark in _MARK.finditer(text):
        sign = mark.group()
        if sign == '"':  # a string without an end takes in all that follows
            break
        if sign in "{[":
            depth += 1
        elif sign in "}]":
            depth -= 1
        if (depth == 1 and sign == ",") or depth == 0:
            found.append(text[begin : mark.start()].strip())
            begin = mark.end()
        if depth == 0:
            is_whole = begin == len(text) and sign == brackets[1]
            return Parts([] if found == [""] else found, is_whole)
    return Parts([*found, text[begin:].strip()], is_whole=False)


def member(text: str) -> tuple[str, str]:
    """Name and value of a part of an object, the value as it stands there. Raises NotJson."""
    name = _MARK.match(text)
    if name is None or len(name.group()) < 2:
        raise NotJson("a member has no name")
    colon, value = text[name.end() :].lstrip()[:1], text[name.end() :].lstrip()[1:]
    if colon != ":":
        raise NotJson("a member has no value")
    return str(read(name.group())), value.strip()


def read(text: str) -> Any:
    """The value of a JSON text. Numbers beyond all measure come as infinity. Raises NotJson."""
    try:
        return json.loads(text, object_pairs_hook=_object, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise NotJson(f"it is no JSON from its {error.pos + 1}. character on") from None
    except RecursionError:
        raise NotJson("it is nested too deeply") from None


def described(value: object) -> str:
    """What a value is, in words of a finding; a text is cut and can do no harm."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            shown = visible(value[:_MOST_SHOWN]) + ("…" if len(value) > _MOST_SHOWN else "")
            return f"the text '{shown}'"
        case int() | float():
            return f"the number {value}"
        case dict():
            return "an object"
        case _:
            return "a list"


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    found = JsonObject(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        found.repeated = frozenset(name for name in names if names.count(name) > 1)
    return found
