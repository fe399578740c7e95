"""Error answers in the words and shapes of each service. Invoicing's ThrottlingException is
LimitExceededException in Cost Explorer and TooManyRequestsException in Organizations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

_THROTTLED: Mapping[str, tuple[str, str]] = {
    "invoicing": ("ThrottlingException", "Rate exceeded"),
    "ce": ("LimitExceededException", "Rate exceeded"),
    "organizations": (
        "TooManyRequestsException",
        "AWS Organizations can't complete your request because too many calls were made.",
    ),
    "payments": ("ThrottlingException", "Rate exceeded"),
}
_INTERNAL = {
    "invoicing": "InternalServerException",
    "ce": "InternalFailure",
    "organizations": "ServiceException",
    "payments": "InternalServerException",
}
_INPUT_REASONS = {
    "required": "INPUT_REQUIRED",
    "enum": "INVALID_ENUM",
    "pattern": "INVALID_PATTERN",
    "min value": "MIN_VALUE_EXCEEDED",
    "max value": "MAX_VALUE_EXCEEDED",
    "min length": "MIN_LENGTH_EXCEEDED",
    "max length": "MAX_LENGTH_EXCEEDED",
}
"""Organizations' word for each kind of Problem; a wrong type has no word of its own."""


_LONGEST_MESSAGE = 1024

TokenRefusal = Literal["invalid", "changed", "expired"]
"""Reasons: a page token was not issued here, belongs to another query, or is too old."""

_TOKEN_REFUSALS: Mapping[TokenRefusal, str] = {
    "invalid": "The token of the next page is not one that this service issued.",
    "changed": "The token of the next page belongs to another query; repeat that one unchanged.",
    "expired": "The token of the next page has expired; start again with the first page.",
}


class ServiceError(Exception):
    """An error answer: the exception's name, its message, HTTP status, and the further members of
    its shape.
    """

    def __init__(self, code: str, message: str, *, status: int = 400, **members: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = members

    @property
    def is_throttle(self) -> bool:
        return any(self.code == code for code, _ in _THROTTLED.values())


@dataclass(frozen=True)
class Problem:
    """One member of a request or answer that breaks its shape. `kind` is a key of _INPUT_REASONS or
    "type".
    """

    path: str
    text: str
    kind: str


def broken_request(service: str, problems: Sequence[Problem]) -> ServiceError:
    """The answer to a request that breaks the service model."""
    count = "1 validation error" if len(problems) == 1 else f"{len(problems)} validation errors"
    listed = "; ".join(f"Value at '{problem.path}' {problem.text}" for problem in problems)
    message = f"{count} detected: {listed}"[:_LONGEST_MESSAGE]
    if service == "invoicing":
        fields = [(problem.path, problem.text) for problem in problems]
        return invalid("fieldValidationFailed", message, fields)
    if service == "payments":
        return invalid(
            "FIELD_VALIDATION_FAILED", message, [(one.path, one.text) for one in problems]
        )
    if service == "ce":
        return ServiceError("ValidationException", message)
    reasons = (_INPUT_REASONS.get(problem.kind) for problem in problems)
    return invalid_input(message, next((reason for reason in reasons if reason), None))


def unreadable_request(service: str, message: str) -> ServiceError:
    """The answer to a body or a content type that the service cannot read."""
    if service == "invoicing":
        return invalid("cannotParse", message)
    if service == "payments":
        return invalid("CANNOT_PARSE", message)
    return ServiceError("SerializationException", message)


def throttled(service: str) -> ServiceError:
    return ServiceError(*_THROTTLED[service])


def internal(service: str, message: str, **members: Any) -> ServiceError:
    return ServiceError(_INTERNAL[service], message, status=500, **members)


def bad_token(service: str, why: TokenRefusal) -> ServiceError:
    """The answer to a page token that continues nothing."""
    if service == "organizations":
        return invalid_input(_TOKEN_REFUSALS[why], "INVALID_NEXT_TOKEN")
    if service == "ce":
        code = "RequestChangedException" if why == "changed" else "InvalidNextTokenException"
        return ServiceError(code, _TOKEN_REFUSALS[why])
    if service == "payments":
        return invalid("INVALID_PAGINATION_TOKEN", _TOKEN_REFUSALS[why])
    reason = "expiredNextToken" if why == "expired" else "invalidNextToken"
    return invalid(reason, _TOKEN_REFUSALS[why])


def bad_request(service: str) -> ServiceError:
    """The answer to a request that the service refuses without a reason."""
    message = "The request is not valid."
    if service == "invoicing":
        return invalid("other", message)
    if service == "payments":
        return invalid("OTHER", message)
    if service == "ce":
        return ServiceError("ValidationException", message)
    return invalid_input(message, None)


def access_denied(message: str, **members: Any) -> ServiceError:
    return ServiceError("AccessDeniedException", message, **members)


def bad_credentials(code: str) -> ServiceError:
    """The answer to credentials that have ended or that nobody knows."""
    return ServiceError(code, "The security token included in the request is not valid.")


def not_authorized(service: str, operation: str, account_id: str) -> ServiceError:
    """The answer to a session whose policies do not allow the operation."""
    action = f"{service}:{operation}"
    resource = {
        "invoicing": "",
        "ce": f" on resource: arn:aws:ce:us-east-1:{account_id}:/{operation}",
        "organizations": " on resource: *",
        "payments": "",
    }[service]
    reason = {"reason": "NOT_AUTHORIZED"} if service == "payments" else {}
    return access_denied(
        f"User: arn:aws:sts::{account_id}:assumed-role/reader/session is not authorized to "
        f"perform: {action}{resource} because no identity-based policy allows the {action} action",
        **reason,
    )


def invalid(reason: str, message: str, fields: Sequence[tuple[str, str]] = ()) -> ServiceError:
    """ValidationException of Invoicing and Payments; `reason` is a value of the service's
    ValidationExceptionReason, `fields` are (path, fault).
    """
    members: dict[str, Any] = {"reason": reason}
    if fields:
        members["fieldList"] = [{"name": name, "message": text} for name, text in fields]
    return ServiceError("ValidationException", message, **members)


def invalid_input(message: str, reason: str | None) -> ServiceError:
    """Organizations' InvalidInputException; `reason` is a value of InvalidInputExceptionReason."""
    members: dict[str, Any] = {"Reason": reason} if reason else {}
    return ServiceError("InvalidInputException", message, **members)


def not_found(message: str) -> ServiceError:
    return ServiceError("ResourceNotFoundException", message)


def data_unavailable() -> ServiceError:
    return ServiceError(
        "DataUnavailableException",
        "Data is not available. Please try to adjust the time period. If just enabled Cost "
        "Explorer, data might not be ingested yet",
    )


def not_in_use() -> ServiceError:
    return ServiceError(
        "AWSOrganizationsNotInUseException", "Your account is not a member of an organization."
    )


def transfer_not_found(transfer_id: str) -> ServiceError:
    return ServiceError(
        "ResponsibilityTransferNotFoundException", f"Transfer {transfer_id} was not found."
    )
