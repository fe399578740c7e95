"""Strict reading of stored files: exactly as their form, down to the kind of each member.

The dataclasses of the forms define the kinds by their annotations.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.json_form import Form, checked, demand

_MOST_MEMORY = 1536 << 20
"""Bytes, of the 2 GiB of the largest functions. 20,000 invoices of one payer account with long rows
are estimated at 990 MiB by their marks, and take less memory.
"""
_MEMORY = {b"[": 64, b"{": 200, b'"': 30, b":": 50, b",": 20}
"""Bytes that CPython takes for the value at each mark."""


class NotUnderstood(ValueError):
    """A file that is not of its form. The message is part of a sentence: `it is no Listing
    (KeyError)`.
    """


F = TypeVar("F", bound=Form)


def read_form(form: type[F], content: bytes) -> F:
    """Read a stored file as this form. Raises NotUnderstood."""
    try:
        data = read_json(content)
        found = checked(form.from_data(data))
        _compare(found.to_data(), data, form.__name__)
    except NOT_UNDERSTOOD as error:
        # the content is not repeated: it may be a secret, and of any length
        raise NotUnderstood(f"it is no {form.__name__} ({type(error).__name__})") from None
    return found


def read_json(content: bytes) -> Any:
    """Read the JSON of a stored form: without floats, and no larger than a function's memory.
    Raises the errors of NOT_UNDERSTOOD.
    """
    if memory_of(content) > _MOST_MEMORY:
        raise ValueError("it would fill the memory")
    return json.loads(content, parse_float=_refuse, parse_constant=_refuse)


def demand_memory(contents: Iterable[bytes]) -> None:
    """Raise NotUnderstood if the data of all these files together would fill the memory."""
    if sum(map(memory_of, contents)) > _MOST_MEMORY:
        raise NotUnderstood("its files would fill the memory")


def memory_of(content: bytes) -> int:
    """The estimated bytes of a JSON file's data in memory, without the file itself."""
    return sum(content.count(mark) * size for mark, size in _MEMORY.items())


def _compare(written: Any, data: Any, place: str) -> None:
    """Refuse data that differs from the form read from it. It may have fewer members, as an earlier
    release wrote them, or more, as a later one does.
    """
    if isinstance(written, Mapping):
        demand(isinstance(data, Mapping), data, place)
        for name in written:
            if name in data:
                _compare(written[name], data[name], f"{place}.{name}")
    elif isinstance(written, list | tuple):
        demand(isinstance(data, list) and len(written) == len(data), data, place)
        for one, other in zip(written, data, strict=True):
            _compare(one, other, place)
    else:
        demand(written == data and type(written) is type(data), data, place)


def _refuse(text: str) -> Any:
    raise ValueError(f"the number {text[:20]}; amounts and rates are decimal text")
