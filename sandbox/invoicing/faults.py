"""Programmed misbehaviour: what the next calls for a payer answer instead of the truth."""

import threading
from dataclasses import dataclass

from sandbox.invoicing import model
from sandbox.invoicing.errors import ServiceError, access_denied, internal

ERRORS = ("AccessDeniedException", "ThrottlingException", "InternalServerException")


@dataclass(frozen=True)
class Fault:
    """The payer's next `times` calls (of one operation, or of any) answer `error`.

    `retry_after_seconds` goes into the body of InternalServerException. Raises ValueError with
    every problem at once.
    """

    payer_account_id: str
    error: str
    times: int
    operation: str | None = None
    retry_after_seconds: int | None = None

    def __post_init__(self) -> None:
        problems = []
        if self.error not in ERRORS:
            problems.append(f"error '{self.error}' is not one of {', '.join(ERRORS)}")
        if self.operation not in (None, *model.OPERATIONS):
            problems.append(
                f"operation '{self.operation}' is not one of {', '.join(model.OPERATIONS)}"
            )
        if not isinstance(self.times, int) or self.times < 1:
            problems.append(f"times is {self.times!r}, not a positive number")
        if self.retry_after_seconds is not None and self.error != "InternalServerException":
            problems.append("retry_after_seconds is told only by InternalServerException")
        if problems:
            raise ValueError("; ".join(problems))

    def concerns(self, payer_account_id: str, operation: str) -> bool:
        same_operation = self.operation in (None, operation)
        return self.payer_account_id == payer_account_id and same_operation

    def answer(self) -> ServiceError:
        if self.error == "AccessDeniedException":
            return access_denied(
                f"User is not authorized to perform this action in account {self.payer_account_id}."
            )
        if self.error == "ThrottlingException":
            return ServiceError(self.error, "Rate exceeded")
        told = (
            {}
            if self.retry_after_seconds is None
            else {"retryAfterSeconds": self.retry_after_seconds}
        )
        return internal("The processing request failed because of an unknown error.", **told)


class Faults:
    """The faults still to come, in the order in which they were programmed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: list[tuple[Fault, int]] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._pending.append((fault, fault.times))

    def next_answer(self, payer_account_id: str, operation: str) -> ServiceError | None:
        """The error that this call must answer, and one time fewer left of it."""
        with self._lock:
            for index, (fault, left) in enumerate(self._pending):
                if fault.concerns(payer_account_id, operation):
                    self._pending[index : index + 1] = [(fault, left - 1)] if left > 1 else []
                    return fault.answer()
        return None
