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


class NotUnderstood(ValueError):
    """The message is part of a sentence: `it is no Listing (KeyError: 'outcome')`."""


class Form(Protocol):
    """A dataclass that is stored as JSON."""

    @classmethod
    def from_data(cls, data: Any) -> Self:
        """Read it from plain data. Raises whatever NOT_UNDERSTOOD has for anything else."""


F = TypeVar("F", bound=Form)


def read_form(form: type[F], content: bytes) -> F:
    """Read a stored file as this form. Raises NotUnderstood."""
    try:
        return checked(form.from_data(read_json(content)))
    except NOT_UNDERSTOOD as error:
        reason = f"{type(error).__name__}: {error}"[:_MOST_SHOWN]
        raise NotUnderstood(f"it is no {form.__name__} ({reason})") from None


def read_json(content: bytes) -> Any:
    """JSON as all stored forms have it: without floats. Raises what NOT_UNDERSTOOD has."""
    return json.loads(content, parse_float=_refuse, parse_constant=_refuse)


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
