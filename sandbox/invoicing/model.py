"""The contract with clients: botocore's own model of the service, applied to both directions.

botocore checks requests on the client's side only loosely (no enum, pattern or upper bound) and
reads whatever an answer carries. Here every constraint of the model is demanded of what comes in
and of what goes out.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.loaders
import botocore.model

from sandbox.invoicing.errors import ServiceError, invalid

OPERATIONS = ("ListInvoiceSummaries", "GetInvoicePDF")
"""What this emulator answers, of all that the model has."""

_JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "structure": (dict,),
    "list": (list,),
    "string": (str,),
    "integer": (int,),
    "timestamp": (int, float),  # JSON 1.0: seconds since the epoch
}


class OffModel(Exception):
    """An answer that does not fit the service model: a mistake in the catalogue or in the emulator,
    not the client's.
    """


@cache
def service_model() -> Any:
    loader = botocore.loaders.Loader()
    return botocore.model.ServiceModel(
        loader.load_service_model("invoicing", "service-2"), "invoicing"
    )


def target(operation: str) -> str:
    """The X-Amz-Target header of an operation."""
    return f"{service_model().metadata['targetPrefix']}.{operation}"


def content_type() -> str:
    return f"application/x-amz-json-{service_model().metadata['jsonVersion']}"


def read_request(operation: str, body: bytes) -> dict[str, Any]:
    """The operation's parameters with timestamps as UTC datetimes. Raises ValidationException with
    every problem at once.
    """
    try:
        params = json.loads(body)
    except ValueError as error:
        raise invalid("cannotParse", f"The request body is not JSON: {error}") from None
    shape = service_model().operation_model(operation).input_shape
    problems = list(_problems(params, shape, ""))
    if problems:
        count = "1 validation error" if len(problems) == 1 else f"{len(problems)} validation errors"
        text = "; ".join(f"Value at '{name}' {message}" for name, message in problems)
        raise invalid("fieldValidationFailed", f"{count} detected: {text}", problems)
    parsed: dict[str, Any] = _from_wire(params, shape)
    return parsed


def write_response(operation: str, response: Mapping[str, Any]) -> bytes:
    """The JSON body of an answer given in boto3's form. Raises OffModel where it does not fit the
    operation's output shape.
    """
    return _write(response, service_model().operation_model(operation).output_shape)


def write_unchecked(response: Mapping[str, Any]) -> bytes:
    """The JSON body of an answer that need not fit the model: what AWS may send tomorrow."""
    return json.dumps(_to_wire(response)).encode()


def write_error(error: ServiceError) -> bytes:
    """The JSON body of an error answer; errors that the model has must fit their shape, general AWS
    errors have none.
    """
    members = {"message": error.message, **error.members}
    shapes = {shape.name: shape for shape in service_model().error_shapes}
    if error.code not in shapes:
        return json.dumps({"__type": error.code, **members}).encode()
    body = json.loads(_write(members, shapes[error.code]))
    return json.dumps({"__type": f"com.amazonaws.invoicing#{error.code}", **body}).encode()


def _write(value: Mapping[str, Any], shape: Any) -> bytes:
    wire = _to_wire(value)
    problems = list(_problems(wire, shape, ""))
    if problems:
        listed = "; ".join(f"'{name}' {message}" for name, message in problems)
        raise OffModel(f"the answer does not fit {shape.name}: {listed}")
    return json.dumps(wire).encode()


def _problems(value: Any, shape: Any, path: str) -> Iterator[tuple[str, str]]:
    """Where a JSON value breaks its shape, as (path, what is wrong)."""
    if not isinstance(value, _JSON_TYPES[shape.type_name]) or isinstance(value, bool):
        yield path or "input", f"must be a {shape.type_name}, not {json.dumps(value)[:100]}"
    else:
        yield from _CHECKS[shape.type_name](value, shape, path)


def _structure_problems(value: dict[str, Any], shape: Any, path: str) -> Iterator[tuple[str, str]]:
    for name in shape.required_members:
        if name not in value:
            yield _joined(path, name), "is missing; the member is required"
    for name, member in value.items():
        if name in shape.members:
            yield from _problems(member, shape.members[name], _joined(path, name))
        else:
            known = ", ".join(shape.members)
            yield _joined(path, name), f"is no member of {shape.name}; its members are {known}"


def _list_problems(value: list[Any], shape: Any, path: str) -> Iterator[tuple[str, str]]:
    for index, item in enumerate(value):
        yield from _problems(item, shape.member, f"{path}[{index}]")


def _string_problems(value: str, shape: Any, path: str) -> Iterator[tuple[str, str]]:
    yield from _bound_problems(len(value), shape, path, "length")
    if shape.enum and value not in shape.enum:
        yield path, f"must be one of {', '.join(shape.enum)}, not '{value[:100]}'"
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value, re.ASCII):
        yield path, f"must satisfy the pattern {pattern}"


def _integer_problems(value: int, shape: Any, path: str) -> Iterator[tuple[str, str]]:
    return _bound_problems(value, shape, path, "value")


def _timestamp_problems(value: float, shape: Any, path: str) -> Iterator[tuple[str, str]]:  # noqa: ARG001
    try:
        datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        yield path, f"must be seconds since 1970, not {value}"


_CHECKS: Mapping[str, Callable[[Any, Any, str], Iterator[tuple[str, str]]]] = {
    "structure": _structure_problems,
    "list": _list_problems,
    "string": _string_problems,
    "integer": _integer_problems,
    "timestamp": _timestamp_problems,
}


def _bound_problems(size: int, shape: Any, path: str, what: str) -> Iterator[tuple[str, str]]:
    lowest, highest = shape.metadata.get("min"), shape.metadata.get("max")
    if lowest is not None and size < lowest:
        yield path, f"must have a {what} of at least {lowest}, not {size}"
    if highest is not None and size > highest:
        yield path, f"must have a {what} of at most {highest}, not {size}"


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _from_wire(value: Any, shape: Any) -> Any:
    if shape.type_name == "timestamp":
        return datetime.fromtimestamp(value, UTC)
    if shape.type_name == "structure":
        return {name: _from_wire(member, shape.members[name]) for name, member in value.items()}
    if shape.type_name == "list":
        return [_from_wire(item, shape.member) for item in value]
    return value


def _to_wire(value: Any) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise OffModel(f"the instant {value.isoformat()} has no time zone")
        seconds = value.timestamp()
        return int(seconds) if seconds.is_integer() else seconds
    if isinstance(value, Mapping):
        return {name: _to_wire(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_to_wire(item) for item in value]
    return value
