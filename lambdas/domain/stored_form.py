"""Reading what another wrote: as the form that it must have, down to the kind of each member, or
not at all.

What the kinds are is said by the dataclasses of the forms, with their annotations.
"""

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    Protocol,
    Self,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
)
from typing import get_type_hints as type_hints

from lambdas.domain.errors import NOT_UNDERSTOOD

_MOST_MEMORY = 1536 << 20
"""Of the 2 GiB that the largest functions have. 20,000 invoices of one payer account with long rows
weigh 990 MiB by their marks, and less in memory.
"""
_MEMORY = {b"[": 64, b"{": 200, b'"': 30, b":": 50, b",": 20}
"""Bytes that CPython takes for what begins or ends with each mark."""


class NotUnderstood(ValueError):
    """The message is part of a sentence: `it is no Listing (KeyError)`."""


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
        # what stands there is not repeated: it may be a secret, and of any length
        raise NotUnderstood(f"it is no {form.__name__} ({type(error).__name__})") from None
    return found


def read_json(content: bytes) -> Any:
    """JSON as all stored forms have it: without floats, and no more than fits into the memory of a
    function. Raises what NOT_UNDERSTOOD has.
    """
    if memory_of(content) > _MOST_MEMORY:
        raise ValueError("it would fill the memory")
    return json.loads(content, parse_float=_refuse, parse_constant=_refuse)


def demand_memory(contents: Iterable[bytes]) -> None:
    """Raise NotUnderstood where the data of all these files together would fill the memory."""
    if sum(map(memory_of, contents)) > _MOST_MEMORY:
        raise NotUnderstood("its files would fill the memory")


def memory_of(content: bytes) -> int:
    """About as many bytes as the data of a JSON file takes, beside the file itself."""
    return sum(content.count(mark) * size for mark, size in _MEMORY.items())


def one_of(*texts: str) -> Callable[[Any], None]:
    """A check that a text is one of these, for an annotation."""

    def check(text: Any) -> None:
        if text not in texts:
            raise ValueError(f"it is none of {', '.join(texts)}")

    return check


T = TypeVar("T")


def checked(form: T) -> T:
    """The dataclass, each member of which is of the kind that its annotation says. Raises
    TypeError and ValueError.
    """
    check = _check_of(cast("Hashable", type(form)))
    check(form)
    return form


Check = Callable[[Any], None]


@cache
def _check_of(kind: Any) -> Check:
    """What raises for a value that is not of this kind."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _all_of([_check_of(arguments[0]), *arguments[1:]])
    if origin in (Union, UnionType):
        return _any_of(arguments)
    if origin is Literal:
        return one_of(*arguments)
    if origin is not None:
        return _all_of([_of_class(origin), _of_members(origin, arguments)])
    return _of_class(object if kind is Any else kind)


def _of_members(origin: type, kinds: Sequence[Any]) -> Check:
    """What raises for a collection of which a member is of another kind than these."""
    checks = [_check_of(kind) for kind in kinds if kind is not ...]
    if issubclass(origin, Mapping):
        names, members = checks
        return _all_of(
            [lambda value: _each(value, names), lambda value: _each(value.values(), members)]
        )
    if len(checks) == 1:
        return lambda value: _each(value, checks[0])
    return lambda value: _in_order(value, checks)


def _all_of(checks: Sequence[Check]) -> Check:
    def check(value: Any) -> None:
        for one in checks:
            one(value)

    return check


def _any_of(kinds: Sequence[Any]) -> Check:
    may_be_none = NoneType in kinds
    *others, last = [_check_of(kind) for kind in kinds if kind is not NoneType]

    def check(value: Any) -> None:
        if value is None and may_be_none:
            return
        for one in others:
            with suppress(TypeError, ValueError):
                one(value)
                return
        last(value)

    return check


def _of_class(wanted: type) -> Check:
    members: Sequence[tuple[str, Check]] = ()
    if is_dataclass(wanted):
        hints = type_hints(wanted, include_extras=True)
        members = [(field.name, _check_of(hints[field.name])) for field in fields(wanted)]

    def check(value: Any) -> None:
        # a bool is an int to Python, and no number to anybody who reads the archive
        is_right = isinstance(value, wanted) and (type(value) is not bool or wanted is not int)
        _demand(is_right, value, wanted.__name__)
        for name, of_member in members:
            of_member(getattr(value, name))

    return check


def _each(values: Iterable[Any], check: Check) -> None:
    for value in values:
        check(value)


def _in_order(values: Sequence[Any], checks: Sequence[Check]) -> None:
    for value, check in zip(values, checks, strict=True):
        check(value)


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


def _demand(is_right: object, value: Any, wanted: str) -> None:
    if not is_right:
        raise TypeError(f"{type(value).__name__} where {wanted} must be")


def _refuse(text: str) -> Any:
    raise ValueError(f"the number {text[:20]}; amounts and rates are decimal text")
