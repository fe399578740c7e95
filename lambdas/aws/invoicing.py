"""The two calls of AWS Invoicing, as plain data and named errors."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from botocore import exceptions as botocore

from lambdas.aws.payer_role import NoAccess
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.document_url import DocumentUrl
from lambdas.domain.errors import ServiceUnavailable
from lambdas.domain.json_text import instant_text

_LARGEST_PAGE = 100
_BUSY = ("ThrottlingException", "TooManyRequestsException", "InternalServerException")


class InvoiceNotReady(Exception):
    """AWS lists the invoice but has no document for it yet (ResourceNotFoundException means "not
    yet").
    """


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
        """All rows issued from `start` (included) to `end` (excluded), UTC days;

        the span must be a legal one.
        """
        interval = {"StartDate": _midnight(start), "EndDate": _midnight(end)}
        return self._summaries(account_id, {"TimeInterval": interval})

    def documents(self, invoice_id: str) -> list[OfferedDocument]:
        """Ask for fresh URLs:

        the invoice document first, then the supplemental ones. Raises InvoiceNotReady.
        """
        with _named_errors("invoicing:GetInvoicePDF"):
            try:
                answer = self._client.get_invoice_pdf(InvoiceId=invoice_id).get("InvoicePDF", {})
            except self._client.exceptions.ResourceNotFoundException:
                raise InvoiceNotReady("AWS has no document for this invoice yet.") from None
        offered = [OfferedDocument(True, None, None, 1, _url(answer))]
        without_id: dict[str | None, int] = {}
        for supplement in answer.get("SupplementalDocuments", ()):
            document_type, document_id = (
                supplement.get("DocumentType"),
                supplement.get("DocumentId"),
            )
            ordinal = 1
            if document_id is None:
                ordinal = without_id[document_type] = without_id.get(document_type, 0) + 1
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


class _named_errors:  # noqa: N801 - reads as a statement: with _named_errors(action)
    """Turn the client's errors into the named ones.

    Nothing of the answer is kept, for it may hold a document URL.
    """

    def __init__(self, action: str) -> None:
        self._action = action

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, botocore.ClientError):
            code = error.response["Error"]["Code"]
            if code in ("AccessDeniedException", "AccessDenied"):
                raise NoAccess(f"AWS denied {self._action} ({code}).") from error
            if code in _BUSY:
                raise ServiceUnavailable(
                    f"{self._action} answers {code} after all retries"
                ) from error
        elif isinstance(error, botocore.ConnectionError | botocore.HTTPClientError):
            raise ServiceUnavailable(f"{self._action} cannot be reached") from error


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
