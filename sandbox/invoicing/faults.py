"""Programmed misbehaviour: what calls and downloads of a payer get instead of the truth.

A fault is data: a kind from the tables below, whom it concerns, and how often. What each kind does
stands in `misbehaviour` (answers of the operations) and in `bad_downloads` (documents).
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.invoicing import model
from sandbox.invoicing.errors import ServiceError, access_denied, internal, invalid, not_found

LIST, GET = model.OPERATIONS

ERRORS = (
    "AccessDeniedException",
    "ThrottlingException",
    "InternalServerException",
    "ResourceNotFoundException",
    "ValidationException",
    "ExpiredNextToken",
)
"""The call answers this error; ExpiredNextToken is ValidationException with that reason."""

LISTINGS = (
    "empty_page",  # no row, but a token that goes on with the same page
    "repeated_row",  # a later page begins with the last row of the page before
    "changed_row",  # `members` replaced in the row, None takes a member away
    "hidden_row",  # listings leave the row out
)
"""ListInvoiceSummaries answers something else than its rows."""

OFFERS = (
    "no_url",
    "no_answer",  # InvoicePDF without any member
    "foreign_host",
    "plain_http",
    "odd_port",
    "metadata_url",
    "unresolvable_host",
    "other_url",  # `url` instead
)
"""GetInvoicePDF offers the document under another URL or under none."""

DOWNLOADS = (
    "html_page",
    "xml_error",
    "empty_body",
    "short_body",  # half of what Content-Length tells
    "cut_chunked",  # half, in chunks that end as they should
    "broken_chunks",  # half, in chunks that break off
    "cut_unlengthed",  # half, then the connection closes; no length is told
    "oversized",  # `size_bytes` as Content-Length tells
    "endless",  # chunks until the client hangs up
    "redirect",  # 302 to `url`, by default a foreign host
    "redirect_to_metadata",
    "expired",  # 403, as S3 does after X-Amz-Expires
    "slow_down",  # 503, as S3 does when it is busy
    "slow_drip",  # a byte every `seconds`
    "reset",  # the connection is reset after half of the body
    "reset_at_once",  # the connection is reset before any answer
    "compressed",  # gzip, whatever the client accepts
)
"""The download of a document goes wrong."""

KINDS = (*ERRORS, *LISTINGS, *OFFERS, *DOWNLOADS)
_ROWS = ("changed_row", "hidden_row")
_TAKES: Mapping[str, tuple[str, ...]] = {
    "operation": ERRORS,
    "later_pages": (*ERRORS, "empty_page", "repeated_row"),
    "invoice_id": (*_ROWS, *OFFERS, *DOWNLOADS, *ERRORS),
    "document_id": (*OFFERS, *DOWNLOADS),
    "retry_after_seconds": ("InternalServerException",),
    "members": ("changed_row",),
    "url": ("other_url", "redirect"),
    "size_bytes": ("oversized",),
    "seconds": ("slow_drip",),
}
_NEEDS = {"changed_row": ("invoice_id", "members"), "hidden_row": ("invoice_id",)}
_NEEDS["other_url"] = ("url",)


@dataclass(frozen=True)
class Fault:
    """What the payer's next `times` fitting calls or downloads get (None: all of them).

    Beside the payer, a fault may be limited to an `operation`, to calls that continue a listing
    (`later_pages`), to an `invoice_id` and to a `document_id` (empty text: the invoice document).
    The other members are particulars of some kinds. `members` are in the form of the wire, a dotted
    name reaches into structures: {"Entity.BillingEntity": "AWS_2"}. Raises ValueError with every
    problem at once.
    """

    payer_account_id: str
    kind: str
    times: int | None
    operation: str | None = None
    later_pages: bool = False
    invoice_id: str | None = None
    document_id: str | None = None
    retry_after_seconds: int | None = None
    members: Mapping[str, Any] = field(default_factory=dict)
    url: str | None = None
    size_bytes: int = 0
    seconds: float = 0

    def __post_init__(self) -> None:
        problems = []
        if self.kind not in KINDS:
            problems.append(f"kind '{self.kind}' is not one of {', '.join(KINDS)}")
        if self.operation not in (None, *model.OPERATIONS):
            problems.append(
                f"operation '{self.operation}' is not one of {', '.join(model.OPERATIONS)}"
            )
        if self.times is not None and (not isinstance(self.times, int) or self.times < 1):
            problems.append(f"times is {self.times!r}, not a positive number or null")
        for name, kinds in _TAKES.items():
            is_given = getattr(self, name) != getattr(type(self), name, {})
            if is_given and self.kind in KINDS and self.kind not in kinds:
                problems.append(f"{self.kind} takes no {name}; {', '.join(kinds)} do")
        problems += [
            f"{self.kind} needs {name}"
            for name in _NEEDS.get(self.kind, ())
            if not getattr(self, name)
        ]
        if problems:
            raise ValueError("; ".join(problems))

    def error(self) -> ServiceError:
        """The answer of a kind that is an error."""
        if self.kind == "AccessDeniedException":
            return access_denied(
                f"User is not authorized to perform this action in account {self.payer_account_id}."
            )
        if self.kind == "ThrottlingException":
            return ServiceError(self.kind, "Rate exceeded")
        if self.kind == "ResourceNotFoundException":
            return not_found("The requested resource was not found.")
        if self.kind == "ValidationException":
            return invalid("other", "The request is not valid.")
        if self.kind == "ExpiredNextToken":
            return invalid("expiredNextToken", "The NextToken has expired.")
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
        self._pending: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._pending.append((fault, fault.times))

    def clear(self) -> None:
        with self._lock:
            self._pending.clear()

    def error(
        self, payer_account_id: str, operation: str, *, continues: bool, invoice_id: str | None
    ) -> ServiceError | None:
        """The error that this call must answer."""
        fault = self._next(
            lambda fault: (
                fault.kind in ERRORS
                and fault.payer_account_id == payer_account_id
                and fault.operation in (None, operation)
                and fault.invoice_id in (None, invoice_id)
                and (continues or not fault.later_pages)
            )
        )
        return fault.error() if fault else None

    def page(self, payer_account_id: str, kind: str, *, continues: bool) -> bool:
        """Whether this page of a listing must misbehave in this way."""
        fault = self._next(
            lambda fault: (
                fault.kind == kind
                and fault.payer_account_id == payer_account_id
                and (continues or not fault.later_pages)
            )
        )
        return fault is not None

    def rows(self, payer_account_id: str, invoice_id: str) -> list[Fault]:
        """Everything that must be done to this row, in order."""
        done: list[Fault] = []
        while fault := self._next(
            lambda fault: (
                fault.kind in _ROWS
                and fault.payer_account_id == payer_account_id
                and fault.invoice_id == invoice_id
                and fault not in done
            )
        ):
            done.append(fault)
        return done

    def document(
        self, kinds: tuple[str, ...], payer_account_id: str, invoice_id: str, document_id: str
    ) -> Fault | None:
        """The OFFERS or DOWNLOADS kind that a document must show; `document_id` is empty text for
        the invoice document.
        """
        return self._next(
            lambda fault: (
                fault.kind in kinds
                and fault.payer_account_id == payer_account_id
                and fault.invoice_id in (None, invoice_id)
                and fault.document_id in (None, document_id)
            )
        )

    def _next(self, concerned: Callable[[Fault], bool]) -> Fault | None:
        """The first fault that fits, and one time fewer left of it."""
        with self._lock:
            for index, (fault, left) in enumerate(self._pending):
                if concerned(fault):
                    if left is not None:
                        self._pending[index : index + 1] = [(fault, left - 1)] if left > 1 else []
                    return fault
        return None
