"""JSON cut into its parts as sent, so that an unreadable part does not affect the others."""

import json
import re
from typing import Any, NamedTuple

from lambdas.domain.visible_text import visible

_MARK = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["{}\[\],]', re.DOTALL)
"""A whole string, or a character with a meaning outside of strings."""
_MOST_DIGITS = 18
_MOST_SHOWN = 40


class NotJson(ValueError):
    """Text that is no JSON value; the message does not repeat it."""


class JsonObject(dict[str, Any]):
    """An object. `repeated` names the members that it has more than once; the last one counts."""

    repeated: frozenset[str] = frozenset()


class Parts(NamedTuple):
    """The parts between two brackets. `is_whole` is false if brackets are left open or something
    follows them.
    """

    texts: list[str]
    is_whole: bool


def parts(text: str, brackets: str) -> Parts:
    """Cut an object (`{}`) or a list (`[]`) at its commas, without reading its parts.

    The last part of a truncated text is the truncated one. Raises NotJson for anything else.
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
    """Name and value of a part of an object, the value as sent. Raises NotJson."""
    name = _MARK.match(text)
    if name is None or len(name.group()) < 2:
        raise NotJson("a member has no name")
    colon, value = text[name.end() :].lstrip()[:1], text[name.end() :].lstrip()[1:]
    if colon != ":":
        raise NotJson("a member has no value")
    return str(read(name.group())), value.strip()


def read(text: str) -> Any:
    """The value of a JSON text. Numbers of too many digits become floats or infinity. Raises
    NotJson.
    """
    try:
        return json.loads(text, object_pairs_hook=_object, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise NotJson(f"it is no JSON from its {error.pos + 1}. character on") from None
    except RecursionError:
        raise NotJson("it is nested too deeply") from None


def described(value: object) -> str:
    """A description of a value for a finding; a text is cut and made harmless."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            excerpt = visible(value[:_MOST_SHOWN]) + ("…" if len(value) > _MOST_SHOWN else "")
            return f"the text '{excerpt}'"
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
