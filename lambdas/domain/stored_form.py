"""Reading what another wrote: as the form that it must have, down to the kind of each member, or
not at all.

What the kinds are is said by the dataclasses of the forms, with their annotations.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Protocol, Self, TypeVar, Union, get_args, get_origin
from typing import get_type_hints as type_hints

from lambdas.domain.errors import NOT_UNDERSTOOD

_MOST_SHOWN = 100
_MOST_MEMORY = 1 << 30
"""Of the 2 GiB that the largest functions have; 20,000 invoices of one payer account take less than
half of it.
"""
_MEMORY = {b"[": 64, b"{": 200, b'"': 30, b":": 50, b",": 20}
"""Bytes that CPython takes for what begins or ends with each mark."""


class NotUnderstood(ValueError):
    """The message is part of a sentence: `it is no Listing (KeyError: 'outcome')`."""


class Form(Protocol):
    """A dataclass that is stored as JSON."""

    @classmethod
    def from_data(cls, data: Any) -> Self:
        """Read it from plain data. Raises whatever NOT_UNDERSTOOD has for anything else."""

    def to_data(self) -> Mapping[str, Any]:
        """The plain data."""


F = TypeVar("F", bound=Form)


def read_form(form: type[F], content: bytes) -> F:
    """Read a stored file as this form. Raises NotUnderstood."""
    try:
        data = read_json(content)
        found = checked(form.from_data(data))
        _compare(found.to_data(), data, form.__name__)
    except NOT_UNDERSTOOD as error:
        reason = f"{type(error).__name__}: {error}"[:_MOST_SHOWN]
        raise NotUnderstood(f"it is no {form.__name__} ({reason})") from None
    return found


def read_json(content: bytes) -> Any:
    """JSON as all stored forms have it: without floats, and no more than fits into the memory of a
    function. Raises what NOT_UNDERSTOOD has.
    """
    if memory_of(content) > _MOST_MEMORY:
        raise ValueError("it would fill the memory")
    return json.loads(content, parse_float=_refuse, parse_constant=_refuse)


def memory_of(content: bytes) -> int:
    """About as many bytes as the data of a JSON file takes, beside the file itself."""
    return sum(content.count(mark) * size for mark, size in _MEMORY.items())


def one_of(*texts: str) -> Callable[[str], None]:
    """A check that a text is one of these, for an annotation."""

    def check(text: str) -> None:
        if text not in texts:
            raise ValueError(f"it is none of {', '.join(texts)}")

    return check


T = TypeVar("T")


def checked(form: T) -> T:
    """The dataclass, each member of which is of the kind that its annotation says. Raises
    TypeError and ValueError.
    """
    _check(form, type(form), type(form).__name__)
    return form


def _check(value: Any, kind: Any, place: str) -> None:
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return
    if origin is Annotated:
        _check(value, arguments[0], place)
        for check in arguments[1:]:
            check(value)
    elif origin in (Union, UnionType):
        _check_one_of(value, arguments, place)
    elif origin is Literal:
        _demand(value in arguments, value, place)
    elif origin is None:
        _check_plain(value, kind, place)
    elif issubclass(origin, Mapping):
        _demand(isinstance(value, Mapping), value, place)
        for name, member in value.items():
            _check(name, arguments[0], place)
            _check(member, arguments[1], place)
    else:
        _demand(isinstance(value, origin), value, place)
        for member, member_kind in _members(value, arguments, place):
            _check(member, member_kind, place)


def _check_plain(value: Any, kind: Any, place: str) -> None:
    wanted = NoneType if kind is None else kind
    # a bool is an int to Python, and no number to anybody who reads the archive
    _demand(isinstance(value, wanted) and (wanted is bool or type(value) is not bool), value, place)
    if is_dataclass(wanted):
        for name, member_kind in _kinds(wanted):
            _check(getattr(value, name), member_kind, f"{wanted.__name__}.{name}")


def _check_one_of(value: Any, kinds: Collection[Any], place: str) -> None:
    if value is None and NoneType in kinds:
        return None
    wanted = [kind for kind in kinds if kind is not NoneType]
    for kind in wanted[:-1]:
        try:
            return _check(value, kind, place)
        except (TypeError, ValueError):
            continue
    return _check(value, wanted[-1], place)


def _compare(said: Any, data: Any, place: str) -> None:
    """Refuse data in which something else stands than what was read of it. It may have less, as an
    earlier release wrote it, or more, as a later one does.
    """
    if isinstance(said, Mapping):
        _demand(isinstance(data, Mapping), data, place)
        for name in said:
            if name in data:
                _compare(said[name], data[name], f"{place}.{name}")
    elif isinstance(said, list | tuple):
        _demand(isinstance(data, list) and len(said) == len(data), data, place)
        for one, other in zip(said, data, strict=True):
            _compare(one, other, place)
    else:
        _demand(said == data and type(said) is type(data), data, place)


def _members(value: Any, kinds: tuple[Any, ...], place: str) -> Iterator[tuple[Any, Any]]:
    """The members of a sequence or set with the kind of each."""
    if len(kinds) == 1 or kinds[1:] == (...,):
        return ((member, kinds[0]) for member in value)
    _demand(len(value) == len(kinds), value, place)
    return zip(value, kinds, strict=True)


@cache
def _kinds(form: type) -> tuple[tuple[str, Any], ...]:
    hints = type_hints(form, include_extras=True)
    return tuple((field.name, hints[field.name]) for field in fields(form))


def _demand(is_right: object, value: Any, place: str) -> None:
    if not is_right:
        raise TypeError(f"{place} is {type(value).__name__}")


def _refuse(text: str) -> Any:
    raise ValueError(f"the number {text[:_MOST_SHOWN]}; amounts and rates are decimal text")
