"""Answers of AWS before botocore reads them: kept as sent, or checked against their shape.

botocore drops members that its model does not know, and fails with any Python error on a member of
another type than the model's. Its event `before-parse` lets a client read or change an answer
first.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lambdas.domain.cut_text import short
from lambdas.domain.visible_text import shown

AS_SENT = "AnswerAsSent"
"""Member of a parsed answer that holds the bytes of its body."""
_OF_ERRORS = ("__type", "message", "Message", "reason", "Reason", "retryAfterSeconds")
"""Members of an error answer that are read."""
_LONGEST_CODE, _LONGEST_MESSAGE = 100, 1_000
"""In bytes. An error's text goes into details, logs and states. A state of more than 256 KiB ends
the whole run, and nothing catches that."""
_SCALARS = (str, int, float, type(None))
_NUMBERS = (int, float)
_KINDS: Mapping[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": _NUMBERS,
    "double": _NUMBERS,
    "timestamp": _NUMBERS,
}


class AnswerNotRead(Exception):
    """AWS's answer is not usable; the message names the place and never a value."""


def keep_answers(client: Any, service: str) -> None:
    """Make the client return each answer unread, as it was sent, under AS_SENT."""
    client.meta.events.register(f"before-parse.{service}", _keep)


def demand_shapes(client: Any, service: str) -> None:
    """Make the client raise AnswerNotRead for an answer that does not have its model's shape."""
    client.meta.events.register(f"before-parse.{service}", _demand)


def shorten_errors(client: Any) -> None:
    """Make the client cut the texts of its service's errors."""
    client.meta.events.register("after-call", _shorten)


def read_object(action: str, body: bytes) -> dict[str, Any]:
    """Read the answer as a JSON object. Raises AnswerNotRead."""
    try:
        value = json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        raise AnswerNotRead(f"AWS's answer to {action} is no JSON ({_name(error)}).") from None
    if not isinstance(value, dict):
        raise AnswerNotRead(f"AWS's answer to {action} is no JSON object.")
    return value


def _keep(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object
) -> None:
    if response_dict["status_code"] >= 300:
        response_dict["body"] = _plain_error(response_dict["body"])
        return
    customized_response_dict[AS_SENT] = response_dict["body"]
    response_dict["body"] = b"{}"


def _demand(operation_model: Any, response_dict: dict[str, Any], **_: object) -> None:
    if response_dict["status_code"] >= 300:
        response_dict["body"] = _plain_error(response_dict["body"])
        return
    action = f"{operation_model.service_model.service_name}:{operation_model.name}"
    answer = read_object(action, response_dict["body"])
    try:
        wrong = _wrong_place(answer, operation_model.output_shape, "")
    except RecursionError:
        wrong = "something nested too deeply"
    if wrong:
        raise AnswerNotRead(f"AWS's answer to {action} cannot be read: {wrong}.")


def _shorten(http_response: Any, parsed: dict[str, Any], **_: object) -> None:
    if http_response.status_code < 300:
        return
    for members in (parsed, parsed.get("Error", {})):
        for name, text in members.items():
            if isinstance(text, str):
                most = _LONGEST_CODE if name == "Code" else _LONGEST_MESSAGE
                members[name] = short(shown(text), most)


def _plain_error(body: bytes) -> bytes:
    """The members of an error answer that are read; empty if unreadable: the status is enough."""
    try:
        error = json.loads(body.decode())
    except (ValueError, RecursionError):
        return b""
    if not isinstance(error, dict) or not isinstance(error.get("__type", ""), str):
        return b""
    plain = {name: error[name] for name in _OF_ERRORS if isinstance(error.get(name, []), _SCALARS)}
    return json.dumps(plain).encode()


def _wrong_place(value: Any, shape: Any, path: str) -> str:
    """The first member of another type than the model's, as a part of a sentence; else empty."""
    if not _is_of_kind(value, shape.type_name):
        return f"{path or 'it'} is {_kind(value)}, not a {shape.type_name}"
    if shape.type_name == "timestamp" and not _is_instant(value):
        return f"{path} is no instant"
    inner: list[tuple[Any, Any, str]] = []
    if shape.type_name == "structure":
        known = shape.members.items()
        inner = [(value[n], one, n) for n, one in known if value.get(n) is not None]
    elif shape.type_name == "map":
        inner = [(one, shape.value, name) for name, one in value.items() if one is not None]
    elif shape.type_name == "list":
        inner = [(one, shape.member, f"[{number}]") for number, one in enumerate(value, 1)]
    wrong = (_wrong_place(one, form, f"{path}.{name}".strip(".")) for one, form, name in inner)
    return next(filter(None, wrong), "")


def _is_of_kind(value: object, kind: str) -> bool:
    is_bool = isinstance(value, bool)
    return is_bool is (kind == "boolean") and isinstance(value, _KINDS.get(kind, (object,)))


def _is_instant(seconds: float) -> bool:
    try:
        datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return False
    return True


def _kind(value: object) -> str:
    return "null" if value is None else type(value).__name__


def _name(error: Exception) -> str:
    return type(error).__name__
