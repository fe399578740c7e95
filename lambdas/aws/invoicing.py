"""The calls of AWS Invoicing, as plain data and named errors."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from botocore.exceptions import ClientError

from lambdas.aws.answers import AS_SENT, AnswerNotRead, read_object
from lambdas.aws.busy import busy_is_unavailable, pages_are_stale
from lambdas.aws.payer_role import NoAccess, PayerClient
from lambdas.aws.witness_errors import witness
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.documents.document_url import DocumentUrl
from lambdas.domain.invoices.received_rows import ReceivedPage, problems_text, read_page
from lambdas.domain.invoices.summary import InvoiceSummary

_LIST, _GET, _UNITS = (
    "invoicing:ListInvoiceSummaries",
    "invoicing:GetInvoicePDF",
    "invoicing:ListInvoiceUnits",
)
_LARGEST_PAGE = 100
_LARGEST_UNITS_PAGE = 500
_MOST_PAGES = 2_000
_MOST_PAGES_OF_A_ROLE = 100
_MOST_BAD_PAGES = 3
_TRIES = 3
"""Requests until an unusable answer is an error; often only one of AWS's hosts gives such ones."""


class InvoiceNotReady(Exception):
    """AWS lists the invoice but has no document for it yet (ResourceNotFoundException)."""


class DocumentsDenied(Exception):
    """AWS lists the invoice but does not give its documents: it does not accept the id, or denies
    them alone.
    """


class ListingRefused(Exception):
    """AWS refuses a listing's request; the message has its code and reason."""


@dataclass(frozen=True)
class ListedRows:
    """The rows of one listing. `unfinished` is the reason why rows may be missing; else empty."""

    rows: tuple[InvoiceSummary, ...] = ()
    unfinished: str = ""


@dataclass(frozen=True)
class OfferedDocument:
    """A document that AWS offers now.

    `url` is None if the answer had none; `problem` is a sentence if it had something else instead.
    """

    is_invoice_document: bool
    document_type: str | None
    document_id: str | None
    ordinal: int
    url: DocumentUrl | None
    problem: str = ""

    @property
    def identity(self) -> tuple[bool, str | None, str | None, int]:
        """The same members as `ArchivedDocument.identity`."""
        return (self.is_invoice_document, self.document_type, self.document_id, self.ordinal)


class Invoicing:
    """The Invoicing API with the credentials of one payer account.

    `client` makes a client that returns answers as they were sent, at its first use: a pass that
    has nothing to ask needs none. `renewed` makes another client with newly assumed credentials,
    for use when the first ones expire. Methods may run in several threads. They raise NoAccess if
    AWS denies the call, and ServiceUnavailable if it keeps throttling or failing.
    """

    def __init__(self, client: Callable[[], Any], renewed: Callable[[], Any]) -> None:
        self._client = PayerClient(client, renewed)

    def summaries_of_period(self, account_id: str, period: BillingPeriod) -> ListedRows:
        """All rows of a billing month, whatever their issue date."""
        return self._summaries(
            account_id, {"BillingPeriod": {"Month": period.month, "Year": period.year}}
        )

    def summaries_issued(self, account_id: str, start: date, end: date) -> ListedRows:
        """All rows issued from `start` (included) to `end` (excluded), in UTC days.

        AWS must accept the length of the span.
        """
        interval = {"StartDate": _midnight(start), "EndDate": _midnight(end)}
        return self._summaries(account_id, {"TimeInterval": interval})

    def summaries_by_role(self, account_id: str, role: str, start: date, end: date) -> ListedRows:
        """The rows that an account receives in a role, issued from `start` (included) to `end`
        (excluded): five years at most, and only the first 10,000.
        """
        interval = {"StartDate": _midnight(start), "EndDate": _midnight(end)}
        return self._summaries(account_id, {"TimeInterval": interval, "ReceiverRole": role})

    def invoice_unit_receivers(self, as_of: datetime | None) -> set[str]:
        """The receivers of the payer account's invoice units, as of an instant or as of now.

        Raises WitnessNotRead.
        """
        request = {"MaxResults": _LARGEST_UNITS_PAGE, **({"AsOf": as_of} if as_of else {})}
        with witness(_UNITS):
            return self._client.retried(lambda client: _receivers(client, request))

    def documents(self, invoice_id: str) -> list[OfferedDocument]:
        """Ask for fresh URLs: the invoice document first, then the supplemental ones.

        Raises InvoiceNotReady, DocumentsDenied, and AnswerNotRead for an unusable answer.
        """
        for attempt in range(1, _TRIES + 1):
            with _named_errors(_GET):
                body = self._client.retried(lambda client: _get_invoice_pdf(client, invoice_id))
            try:
                return _offers(read_object(_GET, body))
            except AnswerNotRead:
                if attempt == _TRIES:
                    raise
        raise AssertionError("unreachable")

    def _summaries(self, account_id: str, row_filter: Mapping[str, Any]) -> ListedRows:
        request = {
            "Selector": {"ResourceType": "ACCOUNT_ID", "Value": account_id},
            "Filter": row_filter,
            "MaxResults": _LARGEST_PAGE,
        }
        most_pages = _MOST_PAGES_OF_A_ROLE if "ReceiverRole" in row_filter else _MOST_PAGES
        with _named_errors(_LIST):
            return self._client.retried(lambda client: _all_pages(client, request, most_pages))


def _all_pages(client: Any, request: Mapping[str, Any], most_pages: int) -> ListedRows:
    """A listing from its first page to its last, as far as its pages can be read.

    Raises ListingRefused if AWS refuses the first page; a refusal of a later page is another fault.
    """
    rows: list[InvoiceSummary] = []
    problems: list[str] = []
    tokens: set[str] = set()
    token: dict[str, str] = {}
    page = ReceivedPage()
    for number in range(1, most_pages + 1):
        try:
            page = _page(client, {**request, **token})
        except ClientError as error:
            if page.problems and pages_are_stale(error):
                break  # the token of an unusable answer leads nowhere
            if number == 1 and not pages_are_stale(error):
                _raise_if_refused(error)
            raise
        rows += (InvoiceSummary(row.row, row.text) for row in page.rows)
        if page.problems:
            problems.append(f"on page {number}, {problems_text(page.problems)}")
        if page.next_token is None or len(problems) == _MOST_BAD_PAGES:
            break
        if page.next_token in tokens:
            problems.append(f"page {number} leads back to an earlier one")
            break
        tokens.add(page.next_token)
        token = {"NextToken": page.next_token}
    else:
        problems.append(f"it has no end after {most_pages} pages")
    return ListedRows(tuple(rows), problems_text(tuple(problems)))


def _raise_if_refused(error: ClientError) -> None:
    code = error.response["Error"]["Code"]
    if code == "ValidationException":
        reason = error.response.get("reason")
        raise ListingRefused(f"{code}, {reason}" if isinstance(reason, str) else code) from None


def _page(client: Any, request: Mapping[str, Any]) -> ReceivedPage:
    """One page without problems; if no try gives one, all rows of the tries."""
    pages = []
    for _ in range(_TRIES):
        page = read_page(client.list_invoice_summaries(**request)[AS_SENT])
        if not page.problems:
            return page
        pages.append(page)
    rows = tuple(row for page in pages for row in page.rows)
    token = next((page.next_token for page in pages if page.next_token), None)
    return ReceivedPage(rows, token, pages[-1].problems)


def _receivers(client: Any, request: Mapping[str, Any]) -> set[str]:
    """Raises AnswerNotRead for an answer without a list of units; that is not an empty list."""
    accounts: set[str] = set()
    token: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        page = read_object(_UNITS, client.list_invoice_units(**request, **token)[AS_SENT])
        units = page.get("InvoiceUnits")
        if not isinstance(units, list) or not all(isinstance(unit, dict) for unit in units):
            raise AnswerNotRead(f"AWS's answer to {_UNITS} has no list of InvoiceUnits.")
        receivers = [unit.get("InvoiceReceiver") or "" for unit in units]
        next_token = page.get("NextToken") or ""
        if not all(isinstance(one, str) for one in (*receivers, next_token)):
            raise AnswerNotRead(f"AWS's answer to {_UNITS} has something else than a text.")
        accounts.update(filter(None, receivers))
        if not next_token:
            return accounts
        token = {"NextToken": next_token}
    raise AnswerNotRead(f"{_UNITS} has no end after {_MOST_PAGES} pages.")


def _get_invoice_pdf(client: Any, invoice_id: str) -> bytes:
    try:
        body: bytes = client.get_invoice_pdf(InvoiceId=invoice_id)[AS_SENT]
    except client.exceptions.ResourceNotFoundException:
        raise InvoiceNotReady("AWS has no document for this invoice yet.") from None
    except client.exceptions.ValidationException:
        raise DocumentsDenied("AWS does not accept the id of this invoice.") from None
    return body


def _offers(answer: Mapping[str, Any]) -> list[OfferedDocument]:
    """Raises AnswerNotRead for an answer without its InvoicePDF."""
    paper = answer.get("InvoicePDF")
    if not isinstance(paper, dict):
        raise AnswerNotRead(f"AWS's answer to {_GET} has no InvoicePDF.")
    offers = [OfferedDocument(True, None, None, 1, *_url(paper))]
    supplements = paper.get("SupplementalDocuments")
    if supplements is None:
        return offers
    if not isinstance(supplements, list):
        problem = "AWS names its supplemental documents in a form that cannot be read."
        return [*offers, OfferedDocument(False, None, None, 1, None, problem)]
    count: Counter[tuple[str | None, str | None]] = Counter()
    for supplement in supplements:
        members = supplement if isinstance(supplement, dict) else {}
        document_type, document_id = members.get("DocumentType"), members.get("DocumentId") or None
        url, problem = _url(members)
        if members is not supplement or not _are_texts(document_type, document_id):
            document_type = document_id = url = None
            problem = "AWS names a supplemental document in a form that cannot be read."
        count[document_type, document_id] += 1
        ordinal = count[document_type, document_id]
        offers.append(OfferedDocument(False, document_type, document_id, ordinal, url, problem))
    return offers


@contextmanager
def _named_errors(action: str) -> Iterator[None]:
    """Raise NoAccess for a denied call, known by its code: Invoicing denies with HTTP 400."""
    try:
        with busy_is_unavailable(action):
            yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("AccessDeniedException", "AccessDenied"):
            raise NoAccess(f"AWS denied {action} ({code}).") from error
        raise


def _url(document: Mapping[str, Any]) -> tuple[DocumentUrl | None, str]:
    """The document's URL, or a sentence on what the answer has instead."""
    value = document.get("DocumentUrl")
    if not _are_texts(value):
        return None, "AWS gave something else than a text as the document's URL."
    return (DocumentUrl(value) if value else None), ""


def _are_texts(*values: object) -> bool:
    return all(value is None or isinstance(value, str) for value in values)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
