"""Programmed misbehaviour: false answers to a payer's calls and downloads.

A fault is data: a kind from the tables below, its payer, and a number of times. Each kind is
implemented in `misbehaviour` (answers of the operations) or in `bad_downloads` (documents).
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.invoicing import model
from sandbox.invoicing.errors import (
    ServiceError,
    bad_credentials,
    bad_request,
    bad_token,
    data_unavailable,
    internal,
    not_authorized,
    not_found,
    not_in_use,
    throttled,
    transfer_not_found,
)
from sandbox.invoicing.model import (
    COSTS,
    GET,
    INBOUND,
    LIST,
    OPERATIONS,
    OUTBOUND,
    RECORD,
    RECORD_BATCH,
    RECORDS,
    UNITS,
)

ERRORS: Mapping[str, tuple[str, ...]] = {
    "AccessDeniedException": OPERATIONS,
    "ThrottlingException": OPERATIONS,
    "InternalServerException": OPERATIONS,
    "ValidationException": OPERATIONS,
    "ExpiredNextToken": OPERATIONS,
    "ResourceNotFoundException": (LIST, GET, INBOUND, RECORD),
    "DataUnavailableException": (COSTS,),
    "AWSOrganizationsNotInUseException": (INBOUND, OUTBOUND),
    "ExpiredTokenException": OPERATIONS,
    "UnrecognizedClientException": OPERATIONS,
}
"""The call answers this error, in the words of its service; these operations can."""

ANSWERS: Mapping[str, tuple[str, ...]] = {
    # status 200 with `body`, whatever it is
    "raw_answer": OPERATIONS,
    # `members` replaced in the answer, None takes a member away
    "changed_answer": OPERATIONS,
}
"""These operations give answers that the service model does not know."""

LISTINGS: Mapping[str, tuple[str, ...]] = {
    # no row, but a token that goes on with the same page
    "empty_page": (LIST, UNITS, COSTS, INBOUND, OUTBOUND, RECORDS),
    # a later page begins with the last row of the page before
    "repeated_row": (LIST,),
    # `members` replaced in the row, None takes a member away
    "changed_row": (LIST,),
    # `body` in place of the row
    "raw_row": (LIST,),
    # listings leave the row out
    "hidden_row": (LIST,),
    # groups by BILLING_ENTITY are refused, which AWS documents for filters alone
    "refused_grouping": (COSTS,),
    # the charges of `linked_account_id` or `billing_entity`, else all, are left out
    "hidden_charges": (COSTS,),
    # groups by LINKED_ACCOUNT leave out Support, which accounts share; the total has it
    "ungrouped_support": (COSTS,),
    # `code` in place of the record
    "batch_error": (RECORD_BATCH,),
    # `members` replaced in the full record, None takes a member away
    "changed_record": (RECORD_BATCH,),
    # neither the record nor an error
    "hidden_record": (RECORD_BATCH,),
}
"""These operations give answers that differ from the catalogue."""

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
    "short_body",  # half of the Content-Length
    "cut_chunked",  # half, in chunks that end as they should
    "broken_chunks",  # half, in chunks that break off
    "cut_unlengthed",  # half, then the connection closes; no Content-Length
    "oversized",  # `size_bytes` as its Content-Length
    "endless",  # chunks until the client hangs up
    "redirect",  # 302 to `url`, by default a foreign host
    "redirect_to_metadata",
    "expired",  # 403, as S3 does after X-Amz-Expires
    "slow_down",  # 503, as S3 does when it is busy
    "slow_drip",  # a byte every `seconds`
    "reset",  # the connection is reset after half of the body
    "reset_at_once",  # the connection is reset before any answer
    "compressed",  # gzip, whatever the client accepts
    "named_coding",  # as it is, with `coding` as its Content-Encoding
)
"""The download of a document goes wrong."""

KINDS = (*ERRORS, *ANSWERS, *LISTINGS, *OFFERS, *DOWNLOADS)
_ROWS = ("changed_row", "raw_row", "hidden_row")
_RECORDS = ("batch_error", "changed_record", "hidden_record")
_TAKES: Mapping[str, tuple[str, ...]] = {
    "operation": (*ERRORS, *ANSWERS, "empty_page"),
    "later_pages": (*ERRORS, *ANSWERS, "empty_page", "repeated_row"),
    "filters": (*ERRORS, *ANSWERS),
    "invoice_id": (*_ROWS, *_RECORDS, *OFFERS, *DOWNLOADS, *ERRORS, *ANSWERS),
    "document_id": (*OFFERS, *DOWNLOADS),
    "retry_after_seconds": ("InternalServerException",),
    "members": ("changed_row", "changed_answer", "changed_record"),
    "code": ("batch_error",),
    "body": ("raw_answer", "raw_row"),
    "url": ("other_url", "redirect"),
    "size_bytes": ("oversized",),
    "seconds": ("slow_drip",),
    "coding": ("named_coding",),
    "linked_account_id": ("hidden_charges",),
    "billing_entity": ("hidden_charges",),
}
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "changed_answer": ("members",),
    "changed_row": ("invoice_id", "members"),
    "raw_row": ("invoice_id", "body"),
    "hidden_row": ("invoice_id",),
    "batch_error": ("invoice_id", "code"),
    "changed_record": ("invoice_id", "members"),
    "hidden_record": ("invoice_id",),
    "other_url": ("url",),
}


@dataclass(frozen=True)
class Fault:
    """Fault of the payer's next `times` fitting calls or downloads (None: all of them).

    Beside the payer, a fault may be limited to an `operation`, to calls that continue a listing
    (`later_pages`), to an `invoice_id` and to a `document_id` (empty text: the invoice document).
    Without `operation` it concerns all that can show it. `filters` limit an error or an answer to
    calls whose Filter has these members: {"BillingPeriod": {"Year": 2026, "Month": 8}}, or of a
    structure only some: {"TimeInterval": {"StartDate": "2026-07-01"}}. The other members are
    particulars of some kinds. `members` are in the form of the wire, a dotted name reaches into
    structures: {"Entity.BillingEntity": "AWS_2"}. Raises ValueError with every problem at once.
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
    body: str = ""
    url: str | None = None
    size_bytes: int = 0
    seconds: float = 0
    coding: str = ""
    linked_account_id: str | None = None
    billing_entity: str | None = None
    filters: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""

    def __post_init__(self) -> None:
        problems = []
        if self.kind not in KINDS:
            problems.append(f"kind '{self.kind}' is not one of {', '.join(KINDS)}")
        if self.operation not in (None, *OPERATIONS):
            problems.append(f"operation '{self.operation}' is not one of {', '.join(OPERATIONS)}")
        elif self.operation and self.operation not in self.operations:
            problems.append(f"{self.operation} cannot show {self.kind}")
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

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that can show a fault of ERRORS, ANSWERS or LISTINGS."""
        return {**ERRORS, **ANSWERS, **LISTINGS}.get(self.kind, OPERATIONS)

    def concerns(self, payer_account_id: str, operation: str, *, continues: bool) -> bool:
        """True if a call, which may continue a listing, can show it."""
        return (
            self.payer_account_id == payer_account_id
            and operation in self.operations
            and self.operation in (None, operation)
            and (continues or not self.later_pages)
        )

    def asks_for(self, invoice_id: str | None, filters: Mapping[str, Any] | None) -> bool:
        """True if it concerns a call with this InvoiceId and Filter."""
        return self.invoice_id in (None, invoice_id) and _names(self.filters, filters or {})

    def error(self, operation: str) -> ServiceError:
        """The answer of a kind that is an error, in the words of the operation's service."""
        return _ERROR_ANSWERS[self.kind](self, model.service_of(operation), operation)


def _names(members: Mapping[str, Any], selector: Mapping[str, Any]) -> bool:
    """True if a Filter has all these members; an instant is named by its UTC day."""
    for name, value in members.items():
        there = selector.get(name)
        if isinstance(value, Mapping):
            if not isinstance(there, Mapping) or not _names(value, there):
                return False
        elif value != (there.date().isoformat() if isinstance(there, datetime) else there):
            return False
    return True


def _internal(fault: Fault, service: str, _operation: str) -> ServiceError:
    extra = {}
    if service in ("invoicing", "payments") and fault.retry_after_seconds is not None:
        extra["retryAfterSeconds"] = fault.retry_after_seconds
    message = "The processing request failed because of an unknown error."
    return internal(service, message, **extra)


def _not_found(_fault: Fault, _service: str, operation: str) -> ServiceError:
    if operation == INBOUND:
        return transfer_not_found("rt-00000000")
    return not_found("The requested resource was not found.")


_ERROR_ANSWERS: Mapping[str, Callable[[Fault, str, str], ServiceError]] = {
    "AccessDeniedException": lambda fault, service, operation: not_authorized(
        service, operation, fault.payer_account_id
    ),
    "ThrottlingException": lambda _fault, service, _operation: throttled(service),
    "InternalServerException": _internal,
    "ValidationException": lambda _fault, service, _operation: bad_request(service),
    "ExpiredNextToken": lambda _fault, service, _operation: bad_token(service, "expired"),
    "ResourceNotFoundException": _not_found,
    "DataUnavailableException": lambda *_: data_unavailable(),
    "AWSOrganizationsNotInUseException": lambda *_: not_in_use(),
    "ExpiredTokenException": lambda *_: bad_credentials("ExpiredTokenException"),
    "UnrecognizedClientException": lambda *_: bad_credentials("UnrecognizedClientException"),
}


class Faults:
    """The faults still to come, in the order in which they were programmed, and then the `standing`
    ones that the catalogue has at every call.
    """

    def __init__(self, standing: Callable[[], Iterable[Fault]] = tuple) -> None:
        self._lock = threading.Lock()
        self._pending: list[tuple[Fault, int | None]] = []
        self._standing = standing

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._pending.append((fault, fault.times))

    def clear(self) -> None:
        with self._lock:
            self._pending.clear()

    def error(
        self,
        payer_account_id: str,
        operation: str,
        *,
        continues: bool,
        invoice_id: str | None,
        filters: Mapping[str, Any] | None = None,
    ) -> ServiceError | None:
        """The error that this call must answer."""
        fault = self._next(
            lambda fault: (
                fault.kind in ERRORS
                and fault.asks_for(invoice_id, filters)
                and fault.concerns(payer_account_id, operation, continues=continues)
            )
        )
        return fault.error(operation) if fault else None

    def answers(
        self,
        payer_account_id: str,
        operation: str,
        *,
        continues: bool,
        invoice_id: str | None,
        filters: Mapping[str, Any] | None = None,
    ) -> list[Fault]:
        """Everything that must be done to this answer, in order."""
        return self._all(
            lambda fault: (
                fault.kind in ANSWERS
                and fault.asks_for(invoice_id, filters)
                and fault.concerns(payer_account_id, operation, continues=continues)
            )
        )

    def page(self, payer_account_id: str, operation: str, kind: str, *, continues: bool) -> bool:
        """True if this page of a listing must misbehave in this way."""
        fault = self._next(
            lambda fault: (
                fault.kind == kind
                and fault.concerns(payer_account_id, operation, continues=continues)
            )
        )
        return fault is not None

    def hidden_charges(self, payer_account_id: str, *, is_by_account: bool) -> list[Fault]:
        """Everything that this answer of GetCostAndUsage must leave out."""
        kinds = ("hidden_charges", "ungrouped_support")[: 2 if is_by_account else 1]
        return self._all(
            lambda fault: fault.kind in kinds and fault.payer_account_id == payer_account_id
        )

    def rows(self, payer_account_id: str, invoice_id: str) -> list[Fault]:
        """Everything that must be done to this row, in order."""
        return self._all(
            lambda fault: (
                fault.kind in _ROWS
                and fault.payer_account_id == payer_account_id
                and fault.invoice_id == invoice_id
            )
        )

    def records(self, payer_account_id: str, invoice_id: str) -> list[Fault]:
        """Everything that must be done to the financial record of this invoice, in order."""
        return self._all(
            lambda fault: (
                fault.kind in _RECORDS
                and fault.payer_account_id == payer_account_id
                and fault.invoice_id == invoice_id
            )
        )

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

    def _all(self, concerned: Callable[[Fault], bool]) -> list[Fault]:
        done: list[Fault] = []
        while fault := self._next(lambda fault: fault not in done and concerned(fault)):
            done.append(fault)
        return done

    def _next(self, concerned: Callable[[Fault], bool]) -> Fault | None:
        """The first fault that fits; one time fewer is left of it."""
        with self._lock:
            for index, (fault, left) in enumerate(self._pending):
                if concerned(fault):
                    if left is not None:
                        self._pending[index : index + 1] = [(fault, left - 1)] if left > 1 else []
                    return fault
        return next((fault for fault in self._standing() if concerned(fault)), None)
