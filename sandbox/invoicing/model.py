"""The contract with clients: botocore's own models of the services, applied to both directions.

botocore checks requests on the client's side only loosely (no enum, pattern or upper bound) and
reads any answer. Here requests and answers must meet every constraint of a model.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.loaders
import botocore.model

from sandbox.invoicing.errors import Problem, ServiceError, broken_request, unreadable_request

LIST, GET, UNITS = "ListInvoiceSummaries", "GetInvoicePDF", "ListInvoiceUnits"
COSTS = "GetCostAndUsage"
RECORDS, RECORD, RECORD_BATCH = (
    "ListFinancialRecords",
    "GetFinancialRecord",
    "BatchGetFinancialRecord",
)
INBOUND, OUTBOUND = "ListInboundResponsibilityTransfers", "ListOutboundResponsibilityTransfers"

SERVICES: Mapping[str, tuple[str, ...]] = {
    "invoicing": (LIST, GET, UNITS),
    "ce": (COSTS,),
    "organizations": (INBOUND, OUTBOUND),
    "payments": (RECORDS, RECORD, RECORD_BATCH),
}
"""botocore's name of each service, and the operations of its model that this emulator answers."""

OPERATIONS = tuple(operation for operations in SERVICES.values() for operation in operations)

_JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "timestamp": (int, float),  # JSON 1.0 and 1.1: seconds since the epoch
}
_REPRESENTATIVES = {"L": "a", "N": "0", "Z": " "}
"""A letter, number or separator of ASCII for each Unicode category that patterns name."""


class OffModel(Exception):
    """An answer that does not fit the service model: a mistake in the catalogue or in the emulator,
    not the client's.
    """


@dataclass(frozen=True)
class AsItStands:
    """JSON text in an answer that need not be any."""

    text: str


def service_of(operation: str) -> str:
    return next(name for name, operations in SERVICES.items() if operation in operations)


@cache
def service_model(service: str) -> Any:
    loader = botocore.loaders.Loader()
    return botocore.model.ServiceModel(loader.load_service_model(service, "service-2"), service)


def target(operation: str) -> str:
    """The X-Amz-Target header of an operation."""
    return f"{service_model(service_of(operation)).metadata['targetPrefix']}.{operation}"


@cache
def operations_by_target() -> Mapping[str, str]:
    return {target(operation): operation for operation in OPERATIONS}


def content_type(service: str) -> str:
    return f"application/x-amz-json-{service_model(service).metadata['jsonVersion']}"


def read_request(operation: str, body: bytes) -> dict[str, Any]:
    """The operation's parameters with timestamps as UTC datetimes. Raises the service's error for a
    bad request, with every problem at once.
    """
    service = service_of(operation)
    try:
        params = json.loads(body)
    except ValueError as error:
        raise unreadable_request(service, f"The request body is not JSON: {error}") from None
    shape = service_model(service).operation_model(operation).input_shape
    problems = list(_problems(params, shape, ""))
    if problems:
        raise broken_request(service, problems)
    parsed: dict[str, Any] = _from_wire(params, shape)
    return parsed


def write_response(operation: str, response: Mapping[str, Any]) -> bytes:
    """The JSON body of an answer given in boto3's form. Raises OffModel if it does not fit the
    operation's output shape.
    """
    model = service_model(service_of(operation))
    return _write(response, model.operation_model(operation).output_shape)


def write_unchecked(response: Mapping[str, Any]) -> bytes:
    """The JSON body of an answer outside the model, such as AWS may send in future."""
    texts: dict[str, str] = {}

    def mark(value: AsItStands) -> str:
        name = f"as-it-stands-{len(texts)}"
        texts[json.dumps(name)] = value.text
        return name

    body = json.dumps(_to_wire(response), default=mark)
    for name, text in texts.items():
        body = body.replace(name, text)
    return body.encode("utf-8", "surrogateescape")


def write_error(service: str, error: ServiceError) -> bytes:
    """The JSON body of an error answer; errors that the model has must fit their shape, general AWS
    errors have none.
    """
    shape = _error_shape(service, error.code)
    if shape is None:
        members = {"message": error.message, **error.members}
        return json.dumps({"__type": error.code, **members}).encode()
    name = next(name for name in shape.members if name.lower() == "message")
    body = json.loads(_write({name: error.message, **error.members}, shape))
    namespace = service_model(service).endpoint_prefix
    return json.dumps({"__type": f"com.amazonaws.{namespace}#{error.code}", **body}).encode()


def _error_shape(service: str, code: str) -> Any:
    return next((s for s in service_model(service).error_shapes if s.name == code), None)


def _write(value: Mapping[str, Any], shape: Any) -> bytes:
    wire = _to_wire(value)
    problems = list(_problems(wire, shape, ""))
    if problems:
        listed = "; ".join(f"'{problem.path}' {problem.text}" for problem in problems)
        raise OffModel(f"the answer does not fit {shape.name}: {listed}")
    return json.dumps(wire).encode()


def _problems(value: Any, shape: Any, path: str) -> Iterator[Problem]:
    """Problems of a JSON value with its shape."""
    is_typed = isinstance(value, _JSON_TYPES[shape.type_name])
    if not is_typed or isinstance(value, bool) is not (shape.type_name == "boolean"):
        text = f"must be a {shape.type_name}, not {json.dumps(value)[:100]}"
        yield Problem(path or "input", text, "type")
    elif shape.type_name in _CHECKS:
        yield from _CHECKS[shape.type_name](value, shape, path)


def _structure_problems(value: dict[str, Any], shape: Any, path: str) -> Iterator[Problem]:
    for name in shape.required_members:
        if name not in value:
            yield Problem(_joined(path, name), "is missing; the member is required", "required")
    for name, member in value.items():
        if name in shape.members:
            yield from _problems(member, shape.members[name], _joined(path, name))
        else:
            text = f"is no member of {shape.name}; its members are {', '.join(shape.members)}"
            yield Problem(_joined(path, name), text, "type")


def _map_problems(value: dict[str, Any], shape: Any, path: str) -> Iterator[Problem]:
    for name, item in value.items():
        yield from _problems(name, shape.key, _joined(path, name))
        yield from _problems(item, shape.value, _joined(path, name))


def _list_problems(value: Sequence[Any], shape: Any, path: str) -> Iterator[Problem]:
    yield from _bound_problems(len(value), shape, path, "length")
    for index, item in enumerate(value):
        yield from _problems(item, shape.member, f"{path}[{index}]")


def _string_problems(value: str, shape: Any, path: str) -> Iterator[Problem]:
    yield from _bound_problems(len(value), shape, path, "length")
    if shape.enum and value not in shape.enum:
        yield Problem(path, f"must be one of {', '.join(shape.enum)}, not '{value[:100]}'", "enum")
    pattern = shape.metadata.get("pattern")
    if pattern and not _fits(value, pattern):
        yield Problem(path, f"must satisfy the pattern {pattern}", "pattern")


def _integer_problems(value: int, shape: Any, path: str) -> Iterator[Problem]:
    return _bound_problems(value, shape, path, "value")


def _timestamp_problems(value: float, shape: Any, path: str) -> Iterator[Problem]:  # noqa: ARG001
    try:
        datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        yield Problem(path, f"must be seconds since 1970, not {value}", "type")


_CHECKS: Mapping[str, Callable[[Any, Any, str], Iterator[Problem]]] = {
    "structure": _structure_problems,
    "map": _map_problems,
    "list": _list_problems,
    "string": _string_problems,
    "integer": _integer_problems,
    "timestamp": _timestamp_problems,
}


def _bound_problems(size: int, shape: Any, path: str, what: str) -> Iterator[Problem]:
    lowest, highest = shape.metadata.get("min"), shape.metadata.get("max")
    if lowest is not None and size < lowest:
        yield Problem(path, f"must have a {what} of at least {lowest}, not {size}", f"min {what}")
    if highest is not None and size > highest:
        yield Problem(path, f"must have a {what} of at most {highest}, not {size}", f"max {what}")


def _fits(value: str, pattern: str) -> bool:
    """True if a value satisfies a pattern of a model, which may name categories as Java does."""
    if r"\p{" in pattern:
        value = "".join(
            character
            if character.isascii()
            else _REPRESENTATIVES.get(unicodedata.category(character)[0], character)
            for character in value
        )
        # A category in a set is followed by a hyphen that stands for itself.
        for category, ascii_set in (("L", "A-Za-z"), ("N", "0-9"), ("Z", " ")):
            pattern = pattern.replace(rf"\p{{{category}}}-", ascii_set + r"\-")
            pattern = pattern.replace(rf"\p{{{category}}}", ascii_set)
    return re.fullmatch(pattern, value, re.ASCII) is not None


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
