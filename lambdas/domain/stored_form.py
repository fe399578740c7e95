"""Reading what another wrote: as the form that it must have, down to the kind of each member, or
not at all.

What the kinds are is said by the dataclasses of the forms, with their annotations.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.json_form import Form, checked, demand

_MOST_MEMORY = 1536 << 20
"""Of the 2 GiB that the largest functions have. 20,000 invoices of one payer account with long rows
weigh 990 MiB by their marks, and less in memory.
"""
_MEMORY = {b"[": 64, b"{": 200, b'"': 30, b":": 50, b",": 20}
"""Bytes that CPython takes for what begins or ends with each mark."""


class NotUnderstood(ValueError):
    """The message is part of a sentence: `it is no Listing (KeyError)`."""


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


def _compare(said: Any, data: Any, place: str) -> None:
    """Refuse data in which something else stands than what was read of it. It may have less, as an
    earlier release wrote it, or more, as a later one does.
    """
    if isinstance(said, Mapping):
        demand(isinstance(data, Mapping), data, place)
        for name in said:
            if name in data:
                _compare(said[name], data[name], f"{place}.{name}")
    elif isinstance(said, list | tuple):
        demand(isinstance(data, list) and len(said) == len(data), data, place)
        for one, other in zip(said, data, strict=True):
            _compare(one, other, place)
    else:
        demand(said == data and type(said) is type(data), data, place)


def _refuse(text: str) -> Any:
    raise ValueError(f"the number {text[:20]}; amounts and rates are decimal text")
