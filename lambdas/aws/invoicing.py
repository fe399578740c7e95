"""The calls of AWS Invoicing, as plain data and named errors."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from botocore.exceptions import ClientError

from lambdas.aws.busy import busy_is_unavailable
from lambdas.aws.payer_role import NoAccess
from lambdas.aws.witness import witness
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.document_url import DocumentUrl
from lambdas.domain.json_text import instant_text

_LARGEST_PAGE = 100
_LARGEST_UNITS_PAGE = 500


class InvoiceNotReady(Exception):
    """AWS lists the invoice but has no document for it yet (ResourceNotFoundException means "not
    yet").
    """


class DocumentsRefused(Exception):
    """AWS lists the invoice and does not accept its id when it is asked for the documents."""


class ListingRefused(Exception):
    """AWS does not take the question of a listing; the message has its answer."""


@dataclass(frozen=True)
class OfferedDocument:
    """A document that AWS offers now. `url` is None when the answer had none."""

    is_invoice_document: bool
    document_type: str | None
    document_id: str | None
    ordinal: int
    url: DocumentUrl | None

    @property
    def identity(self) -> tuple[bool, str | None, str | None, int]:
        """As `ArchivedDocument.identity`."""
        return (self.is_invoice_document, self.document_type, self.document_id, self.ordinal)


class Invoicing:
    """The Invoicing API with the credentials of one payer account.

    Raises NoAccess when AWS denies the call and ServiceUnavailable when it keeps throttling or
    failing.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def summaries_of_period(
        self, account_id: str, period: BillingPeriod
    ) -> Iterator[Mapping[str, Any]]:
        """All rows of a billing month, whenever they were issued."""
        return self._summaries(
            account_id, {"BillingPeriod": {"Month": period.month, "Year": period.year}}
        )

    def summaries_issued(
        self, account_id: str, start: date, end: date
    ) -> Iterator[Mapping[str, Any]]:
        """All rows issued from `start` (included) to `end` (excluded), UTC days; the span must be a
        legal one.
        """
        interval = {"StartDate": _midnight(start), "EndDate": _midnight(end)}
        return self._summaries(account_id, {"TimeInterval": interval})

    def summaries_by_role(
        self, account_id: str, role: str, start: date, end: date
    ) -> Iterator[Mapping[str, Any]]:
        """All rows that an account receives in a role, issued from `start` (included) to `end`
        (excluded): at most five years.
        """
        interval = {"StartDate": _midnight(start), "EndDate": _midnight(end)}
        return self._summaries(account_id, {"TimeInterval": interval, "ReceiverRole": role})

    def invoice_unit_receivers(self, as_of: datetime | None) -> set[str]:
        """The accounts that get the invoices of the payer account's invoice units, as the units
        were at an instant, or are now.

        Raises WitnessNotRead.
        """
        pages = self._client.get_paginator("list_invoice_units").paginate(
            PaginationConfig={"PageSize": _LARGEST_UNITS_PAGE},
            **({"AsOf": as_of} if as_of else {}),
        )
        with witness("invoicing:ListInvoiceUnits"):
            units = [unit for page in pages for unit in page.get("InvoiceUnits", ())]
        return {unit["InvoiceReceiver"] for unit in units if unit.get("InvoiceReceiver")}

    def documents(self, invoice_id: str) -> list[OfferedDocument]:
        """Ask for fresh URLs: the invoice document first, then the supplemental ones.

        Raises InvoiceNotReady and DocumentsRefused.
        """
        with _named_errors("invoicing:GetInvoicePDF"):
            try:
                answer = self._client.get_invoice_pdf(InvoiceId=invoice_id).get("InvoicePDF", {})
            except self._client.exceptions.ResourceNotFoundException:
                raise InvoiceNotReady("AWS has no document for this invoice yet.") from None
            except self._client.exceptions.ValidationException:
                raise DocumentsRefused("AWS does not accept the id of this invoice.") from None
        offered = [OfferedDocument(True, None, None, 1, _url(answer))]
        count: Counter[tuple[str | None, str | None]] = Counter()
        for supplement in answer.get("SupplementalDocuments", ()):
            document_type = supplement.get("DocumentType")
            document_id = supplement.get("DocumentId") or None
            count[document_type, document_id] += 1
            ordinal = count[document_type, document_id]
            offered.append(
                OfferedDocument(False, document_type, document_id, ordinal, _url(supplement))
            )
        return offered

    def _summaries(
        self, account_id: str, time_filter: Mapping[str, Any]
    ) -> Iterator[Mapping[str, Any]]:
        pages = self._client.get_paginator("list_invoice_summaries").paginate(
            Selector={"ResourceType": "ACCOUNT_ID", "Value": account_id},
            Filter=time_filter,
            PaginationConfig={"PageSize": _LARGEST_PAGE},
        )
        with _named_errors("invoicing:ListInvoiceSummaries"):
            for page in pages:
                for row in page["InvoiceSummaries"]:
                    yield _plain(row)


def whole(rows: Iterator[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """All rows of a listing. Raises ListingRefused where AWS refuses before the first one: what it
    breaks off in the middle is another fault.
    """
    read = []
    try:
        for row in rows:
            read.append(row)  # noqa: PERF402 - what was read before an error counts
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if read or code != "ValidationException":
            raise
        reason = error.response.get("reason")
        raise ListingRefused(f"{code}, {reason}" if reason else code) from None
    return read


@contextmanager
def _named_errors(action: str) -> Iterator[None]:
    """Tell a denied call by its code: Invoicing denies with HTTP 400."""
    try:
        with busy_is_unavailable(action):
            yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("AccessDeniedException", "AccessDenied"):
            raise NoAccess(f"AWS denied {action} ({code}).") from error
        raise


def _url(document: Mapping[str, Any]) -> DocumentUrl | None:
    value = document.get("DocumentUrl")
    return DocumentUrl(value) if value else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _plain(value: Any) -> Any:
    """boto3's data as JSON data: instants become ISO 8601 text in UTC."""
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, Mapping):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return value
