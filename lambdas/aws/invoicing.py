"""The calls of AWS Invoicing, as plain data and named errors."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from lambdas.aws.answers import AS_SENT, AnswerNotRead, read_object
from lambdas.aws.busy import busy_is_unavailable, credentials_have_ended, pages_are_stale
from lambdas.aws.payer_role import NoAccess
from lambdas.aws.witness import witness
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.documents.document_url import DocumentUrl
from lambdas.domain.invoices.received_rows import ReceivedPage, read_page, told
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
"""How often an answer is asked for that is none: often only one of AWS's hosts gives it so."""
_BEGINNINGS = 3
"""How often a listing or a call begins, first and anew, in one invocation."""
_Done = TypeVar("_Done")


class InvoiceNotReady(Exception):
    """AWS lists the invoice but has no document for it yet (ResourceNotFoundException means "not
    yet").
    """


class DocumentsRefused(Exception):
    """AWS lists the invoice and does not accept its id when it is asked for the documents."""


class ListingRefused(Exception):
    """AWS does not take the question of a listing; the message has its answer."""


@dataclass(frozen=True)
class ListedRows:
    """The rows of one listing. `unfinished` says why they may not be all; empty: they are."""

    rows: tuple[InvoiceSummary, ...] = ()
    unfinished: str = ""


@dataclass(frozen=True)
class OfferedDocument:
    """A document that AWS offers now. `url` is None when the answer had none, and `problem` says
    so where something else stood in its place.
    """

    is_invoice_document: bool
    document_type: str | None
    document_id: str | None
    ordinal: int
    url: DocumentUrl | None
    problem: str = ""

    @property
    def identity(self) -> tuple[bool, str | None, str | None, int]:
        """As `ArchivedDocument.identity`."""
        return (self.is_invoice_document, self.document_type, self.document_id, self.ordinal)


class Invoicing:
    """The Invoicing API with the credentials of one payer account.

    `client` gives its answers as they were sent. `renewed` makes another one with credentials that
    are assumed anew, for when those of the first end. Methods may run in several threads. They
    raise NoAccess when AWS denies the call and ServiceUnavailable when it keeps throttling or
    failing.
    """

    def __init__(self, client: Any, renewed: Callable[[], Any]) -> None:
        self._client = client
        self._renewed = renewed
        self._renewing = threading.Lock()

    def summaries_of_period(self, account_id: str, period: BillingPeriod) -> ListedRows:
        """All rows of a billing month, whenever they were issued."""
        return self._summaries(
            account_id, {"BillingPeriod": {"Month": period.month, "Year": period.year}}
        )

    def summaries_issued(self, account_id: str, start: date, end: date) -> ListedRows:
        """All rows issued from `start` (included) to `end` (excluded), UTC days; the span must be a
        legal one.
        """
        interval = {"StartDate": _midnight(start), "EndDate": _midnight(end)}
        return self._summaries(account_id, {"TimeInterval": interval})

    def summaries_by_role(self, account_id: str, role: str, start: date, end: date) -> ListedRows:
        """The rows that an account receives in a role, issued from `start` (included) to `end`
        (excluded): at most five years, and no more than the first 10,000.
        """
        interval = {"StartDate": _midnight(start), "EndDate": _midnight(end)}
        asked = {"TimeInterval": interval, "ReceiverRole": role}
        return self._summaries(account_id, asked)

    def invoice_unit_receivers(self, as_of: datetime | None) -> set[str]:
        """The accounts that get the invoices of the payer account's invoice units, as the units
        were at an instant, or are now.

        Raises WitnessNotRead.
        """
        asked = {"MaxResults": _LARGEST_UNITS_PAGE, **({"AsOf": as_of} if as_of else {})}
        with witness(_UNITS):
            return self._begun_anew(lambda client: _receivers(client, asked))

    def documents(self, invoice_id: str) -> list[OfferedDocument]:
        """Ask for fresh URLs: the invoice document first, then the supplemental ones.

        Raises InvoiceNotReady, DocumentsRefused, and AnswerNotRead for an answer that is none.
        """
        for tried in range(1, _TRIES + 1):
            with _named_errors(_GET):
                body = self._begun_anew(lambda client: _get_invoice_pdf(client, invoice_id))
            try:
                return _offers(read_object(_GET, body))
            except AnswerNotRead:
                if tried == _TRIES:
                    raise
        raise AssertionError("unreachable")

    def _summaries(self, account_id: str, wanted: Mapping[str, Any]) -> ListedRows:
        asked = {
            "Selector": {"ResourceType": "ACCOUNT_ID", "Value": account_id},
            "Filter": wanted,
            "MaxResults": _LARGEST_PAGE,
        }
        most_pages = _MOST_PAGES_OF_A_ROLE if "ReceiverRole" in wanted else _MOST_PAGES
        with _named_errors(_LIST):
            return self._begun_anew(lambda client: _listed(client, asked, most_pages))

    def _begun_anew(self, do: Callable[[Any], _Done]) -> _Done:
        """Do it with the client; and from its beginning again, a bounded number of times, where
        credentials or a page token end in the middle.
        """
        for _ in range(_BEGINNINGS - 1):
            client = self._client
            try:
                return do(client)
            except ClientError as error:
                if credentials_have_ended(error):
                    self._renew(client)
                elif not pages_are_stale(error):
                    raise
        return do(self._client)

    def _renew(self, ended: Any) -> None:
        """Take a client with other credentials, unless another thread did so since."""
        with self._renewing:
            if self._client is ended:
                self._client = self._renewed()


def _listed(client: Any, asked: Mapping[str, Any], most_pages: int) -> ListedRows:
    """A listing from its first page to its last, as far as its pages can be read.

    Raises ListingRefused where AWS refuses the first page: what it breaks off later is another
    fault.
    """
    rows: list[InvoiceSummary] = []
    problems: list[str] = []
    tokens: set[str] = set()
    token: dict[str, str] = {}
    page = ReceivedPage()
    for number in range(1, most_pages + 1):
        try:
            page = _page(client, {**asked, **token})
        except ClientError as error:
            if page.problems and pages_are_stale(error):
                break  # a token of an answer that is none leads nowhere
            if number == 1 and not pages_are_stale(error):
                _raise_if_refused(error)
            raise
        rows += (InvoiceSummary(row.row, row.text) for row in page.rows)
        if page.problems:
            problems.append(f"on page {number}, {told(page.problems)}")
        if page.next_token is None or len(problems) == _MOST_BAD_PAGES:
            break
        if page.next_token in tokens:
            problems.append(f"page {number} leads back to an earlier one")
            break
        tokens.add(page.next_token)
        token = {"NextToken": page.next_token}
    else:
        problems.append(f"it has no end after {most_pages} pages")
    return ListedRows(tuple(rows), told(tuple(problems)))


def _raise_if_refused(error: ClientError) -> None:
    code = error.response["Error"]["Code"]
    if code == "ValidationException":
        reason = error.response.get("reason")
        raise ListingRefused(f"{code}, {reason}" if isinstance(reason, str) else code) from None


def _page(client: Any, asked: Mapping[str, Any]) -> ReceivedPage:
    """One page. Where no try gives a good one, what any of them showed."""
    seen = []
    for _ in range(_TRIES):
        page = read_page(client.list_invoice_summaries(**asked)[AS_SENT])
        if not page.problems:
            return page
        seen.append(page)
    rows = tuple(row for page in seen for row in page.rows)
    token = next((page.next_token for page in seen if page.next_token), None)
    return ReceivedPage(rows, token, seen[-1].problems)


def _receivers(client: Any, asked: Mapping[str, Any]) -> set[str]:
    """Raises AnswerNotRead for an answer without its units: they are not none."""
    found: set[str] = set()
    token: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        page = read_object(_UNITS, client.list_invoice_units(**asked, **token)[AS_SENT])
        units = page.get("InvoiceUnits")
        if not isinstance(units, list) or not all(isinstance(unit, dict) for unit in units):
            raise AnswerNotRead(f"AWS's answer to {_UNITS} has no list of InvoiceUnits.")
        receivers = [unit.get("InvoiceReceiver") or "" for unit in units]
        next_token = page.get("NextToken") or ""
        if not all(isinstance(one, str) for one in (*receivers, next_token)):
            raise AnswerNotRead(f"AWS's answer to {_UNITS} has something else than a text.")
        found.update(filter(None, receivers))
        if not next_token:
            return found
        token = {"NextToken": next_token}
    raise AnswerNotRead(f"{_UNITS} has no end after {_MOST_PAGES} pages.")


def _get_invoice_pdf(client: Any, invoice_id: str) -> bytes:
    try:
        body: bytes = client.get_invoice_pdf(InvoiceId=invoice_id)[AS_SENT]
    except client.exceptions.ResourceNotFoundException:
        raise InvoiceNotReady("AWS has no document for this invoice yet.") from None
    except client.exceptions.ValidationException:
        raise DocumentsRefused("AWS does not accept the id of this invoice.") from None
    return body


def _offers(answer: Mapping[str, Any]) -> list[OfferedDocument]:
    """Raises AnswerNotRead for an answer without its InvoicePDF."""
    paper = answer.get("InvoicePDF")
    if not isinstance(paper, dict):
        raise AnswerNotRead(f"AWS's answer to {_GET} has no InvoicePDF.")
    offered = [OfferedDocument(True, None, None, 1, *_url(paper))]
    supplements = paper.get("SupplementalDocuments")
    if supplements is None:
        return offered
    if not isinstance(supplements, list):
        problem = "AWS names its supplemental documents in a form that cannot be read."
        return [*offered, OfferedDocument(False, None, None, 1, None, problem)]
    count: Counter[tuple[str | None, str | None]] = Counter()
    for supplement in supplements:
        named = supplement if isinstance(supplement, dict) else {}
        document_type, document_id = named.get("DocumentType"), named.get("DocumentId") or None
        url, problem = _url(named)
        if named is not supplement or not _are_texts(document_type, document_id):
            document_type = document_id = url = None
            problem = "AWS names a supplemental document in a form that cannot be read."
        count[document_type, document_id] += 1
        ordinal = count[document_type, document_id]
        offered.append(OfferedDocument(False, document_type, document_id, ordinal, url, problem))
    return offered


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


def _url(document: Mapping[str, Any]) -> tuple[DocumentUrl | None, str]:
    """The document's URL, or why something else stands in its place."""
    value = document.get("DocumentUrl")
    if not _are_texts(value):
        return None, "AWS gave something else than a text as the document's URL."
    return (DocumentUrl(value) if value else None), ""


def _are_texts(*values: object) -> bool:
    return all(value is None or isinstance(value, str) for value in values)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
