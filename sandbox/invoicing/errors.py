"""Answers that are errors, in the shapes of the service model."""

from collections.abc import Sequence
from typing import Any


class ServiceError(Exception):
    """An error answer: the exception's name, what it says, HTTP status, and the members its shape
    has beside `message`.
    """

    def __init__(self, code: str, message: str, *, status: int = 400, **members: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = members


def invalid(reason: str, message: str, fields: Sequence[tuple[str, str]] = ()) -> ServiceError:
    """ValidationException; `reason` is a value of ValidationExceptionReason, `fields` are (path,
    what is wrong with it).
    """
    members: dict[str, Any] = {"reason": reason}
    if fields:
        members["fieldList"] = [{"name": name, "message": text} for name, text in fields]
    return ServiceError("ValidationException", message, **members)


def access_denied(message: str) -> ServiceError:
    return ServiceError("AccessDeniedException", message)


def not_found(message: str) -> ServiceError:
    return ServiceError("ResourceNotFoundException", message)


def internal(message: str, **members: Any) -> ServiceError:
    return ServiceError("InternalServerException", message, status=500, **members)
