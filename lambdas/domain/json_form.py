"""Frozen dataclasses as JSON data: written, read back and checked by their fields.

A member has the name of its field and the kind that the annotation says. Where JSON has it
otherwise, the field's `metadata` says so, by the marks below; a value that is no plain data has
`As` in its annotation. How that is done for a class is worked out once.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import Field, dataclass, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from operator import itemgetter
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Self, TypeVar, Union, get_args, get_origin
from typing import get_type_hints as type_hints

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.json_text import instant_text, read_instant

Convert = Callable[[Any], Any]
Check = Callable[[Any], object]
"""Raises TypeError or ValueError for a value that is not what it must be."""
Mark = dict[str, Any]

ADDED_LATER: Mark = {"may_be_missing": True}
"""Earlier releases did not write it: where it is missing, the field's default holds. The fields
that may be missing come last.
"""
OMITTED: Mark = {"may_be_missing": True, "is_omitted": True}
"""It is written only where it is not the field's default."""
INLINE: Mark = {"is_inline": True}
"""The members of this form stand among those of the one around it."""
NOT_STORED: Mark = {"is_stored": False}


def named(member: str) -> Mark:
    """The mark of a field whose member has another name."""
    return {"member": member}


class Form:
    """A dataclass that is stored as JSON. One with members that follow from its fields adds them in
    a `to_data` of its own.
    """

    def to_data(self) -> dict[str, Any]:
        """The plain data."""
        form: Any = type(self)
        data: dict[str, Any] = _of_fields(form).to_json(self)
        return data

    @classmethod
    def from_data(cls, data: Any) -> Self:
        """Read it from plain data; `checked` looks at the kinds. Raises what NOT_UNDERSTOOD has."""
        form: Any = cls
        found: Self = _of_fields(form).from_json(data)
        return found


@dataclass(frozen=True)
class As:
    """In an annotation: how the value is read from plain data, and written as it."""

    from_json: Convert
    to_json: Convert


def as_object(*names: str) -> As:
    """A tuple as an object with these members."""
    return As(itemgetter(*names), lambda values: dict(zip(names, values, strict=True)))


def one_of(*texts: str) -> Check:
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
    kind: Any = type(form)
    _of_fields(kind).check(form)
    return form


def demand(is_right: object, value: Any, wanted: str) -> None:
    """Raise TypeError for a value that is not what it must be."""
    if not is_right:
        raise TypeError(f"{type(value).__name__} where {wanted} must be")


@dataclass(frozen=True)
class _Codec:
    """Check and conversion of values of one kind."""

    check: Check
    from_json: Any = None
    to_json: Any = None
    """None, both: plain data is taken and written as it is."""


@cache
def _codec_of(kind: Any) -> _Codec:
    if origin := get_origin(kind):
        return _GENERIC[origin](*get_args(kind))
    if kind in _TEXTS:
        return _Codec(_of_class(kind), _TEXTS[kind].from_json, _TEXTS[kind].to_json)
    if is_dataclass(kind):
        return _of_form(kind)
    return _Codec(_of_class(object if kind is Any else kind))


def _of_class(wanted: type) -> Check:
    def check(value: Any) -> None:
        # a bool is an int to Python, and no number to anybody who reads the archive
        is_right = isinstance(value, wanted) and (type(value) is not bool or wanted is not int)
        demand(is_right, value, wanted.__name__)

    return check


def _of_annotation(kind: Any, *additions: Any) -> _Codec:
    codec = _codec_of(kind)
    checks = [codec.check, *(one for one in additions if callable(one))]

    def check(value: Any) -> None:
        for one in checks:
            one(value)

    by: Any = next((one for one in additions if isinstance(one, As)), codec)
    return _Codec(check, by.from_json, by.to_json)


def _of_union(*kinds: Any) -> _Codec:
    """A kind or None, or one of several kinds of plain data."""
    may_be_none = NoneType in kinds
    *others, last = [_codec_of(kind) for kind in kinds if kind is not NoneType]
    if others and any(one.from_json for one in (*others, last)):
        raise TypeError(f"JSON does not say which of {kinds} it has")

    def check(value: Any) -> None:
        if value is None and may_be_none:
            return
        for one in others:
            with suppress(TypeError, ValueError):
                one.check(value)
                return
        last.check(value)

    return _Codec(check, _unless_none(last.from_json), _unless_none(last.to_json))


def _unless_none(convert: Convert | None) -> Convert | None:
    return convert and (lambda value: None if value is None else convert(value))


def _of_tuple(kind: Any, *more: Any) -> _Codec:
    if more != (...,):
        return _of_places(kind, *more)
    of_tuple, of_each = _of_class(tuple), _codec_of(kind)

    def check(values: Any) -> None:
        of_tuple(values)
        for value in values:
            of_each.check(value)

    read, write = of_each.from_json, of_each.to_json
    return _Codec(
        check,
        (lambda data: tuple(map(read, data))) if read else tuple,
        (lambda values: list(map(write, values))) if write else list,
    )


def _of_places(*kinds: Any) -> _Codec:
    """A tuple with a kind for each place. Its annotation has `as_object`."""
    of_tuple, of_places = _of_class(tuple), [_codec_of(kind) for kind in kinds]

    def check(values: Any) -> None:
        of_tuple(values)
        for one, value in zip(of_places, values, strict=True):
            one.check(value)

    return _Codec(check)


def _of_mapping(names: Any, members: Any) -> _Codec:
    """Of plain data; the names may be other than text."""
    of_mapping, of_name, of_member = _of_class(Mapping), _codec_of(names), _codec_of(members)

    def check(value: Any) -> None:
        of_mapping(value)
        for name, member in value.items():
            of_name.check(name)
            of_member.check(member)

    read, write = of_name.from_json, of_name.to_json
    return _Codec(
        check,
        read and (lambda data: {read(name): member for name, member in data.items()}),
        write and (lambda value: {write(name): member for name, member in value.items()}),
    )


def _of_form(form: Any) -> _Codec:
    """By its own `to_data` and `from_data` where it has them."""
    codec, own = _of_fields(form), vars(form)
    return _Codec(
        codec.check,
        form.from_data if "from_data" in own else codec.from_json,
        own.get("to_data", codec.to_json),
    )


@cache
def _of_fields(form: Any) -> _Codec:
    hints = type_hints(form, include_extras=True)
    codecs = {field.name: _codec_of(hints[field.name]) for field in fields(form)}
    stored = [field for field in fields(form) if field.metadata.get("is_stored", True)]
    of_class, checks = _of_class(form), [(name, one.check) for name, one in codecs.items()]

    def check(value: Any) -> None:
        of_class(value)
        for name, check_member in checks:
            check_member(getattr(value, name))

    return _Codec(check, _reader(form, stored, codecs), _writer(stored, codecs))


def _reader(form: type, stored: Sequence[Field[Any]], codecs: Mapping[str, _Codec]) -> Convert:
    members, converted, inline, optional = [], [], [], []
    for place, field in enumerate(stored):
        member, read = _member(field), codecs[field.name].from_json
        if "may_be_missing" in field.metadata:
            optional.append((field.name, member, read))
        elif "is_inline" in field.metadata:
            inline.append((place, read))
        else:
            members.append(member)
            converted += [(place, read)] if read else []
    # by far the quickest way to several members, and for one it gives no tuple
    get = itemgetter(*members) if members[1:] else lambda data: [data[one] for one in members]

    def from_json(data: Mapping[str, Any]) -> Any:
        values = list(get(data))
        for place, read in inline:
            values.insert(place, read(data))
        for place, read in converted:
            values[place] = read(values[place])
        later = {
            name: read(data[member]) if read else data[member]
            for name, member, read in optional
            if member in data
        }
        return form(*values, **later)

    return from_json if inline or converted or optional else lambda data: form(*get(data))


def _writer(stored: Sequence[Field[Any]], codecs: Mapping[str, _Codec]) -> Convert:
    always, omitted, inline = [], [], []
    for field in stored:
        member, write = _member(field), codecs[field.name].to_json
        if "is_inline" in field.metadata:
            inline.append((field.name, write))
        else:
            always.append((field.name, member, write))
        if "is_omitted" in field.metadata:
            omitted.append((field.name, member, field.default))

    def to_json(form: Any) -> dict[str, Any]:
        held = vars(form)
        data = {name: write(held[of]) if write else held[of] for of, name, write in always}
        for of, name, default in omitted:
            if held[of] == default:
                del data[name]
        for of, write in inline:
            data |= write(held[of])
        return data

    return to_json


def _member(field: Field[Any]) -> str:
    return str(field.metadata.get("member", field.name))


_TEXTS: Mapping[Any, As] = {
    BillingPeriod: As(BillingPeriod.parse, str),
    datetime: As(read_instant, instant_text),
    date: As(date.fromisoformat, date.isoformat),
}
"""Kinds that are texts in JSON."""
_GENERIC: Mapping[Any, Callable[..., _Codec]] = {
    Annotated: _of_annotation,
    Union: _of_union,
    UnionType: _of_union,
    Literal: lambda *texts: _Codec(one_of(*texts)),
    tuple: _of_tuple,
    Mapping: _of_mapping,
}
"""By what stands before the bracket of an annotation."""
