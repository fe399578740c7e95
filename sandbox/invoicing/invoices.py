"""Invoices: ListInvoiceSummaries and GetInvoicePDF. The rules of the service over a catalogue,
without HTTP.

The rules are those that AWS documents or that users of the live service reported. Where neither
exists, the strict rule is chosen and listed in README.md.
"""

import calendar
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sandbox.invoicing.catalogue import Catalogue, CatalogueInvoice, Document
from sandbox.invoicing.documents import DocumentKey, DocumentUrls, Refused
from sandbox.invoicing.errors import ServiceError, access_denied, invalid, not_found
from sandbox.invoicing.tokens import PageTokens, Position

DEFAULT_PAGE_SIZE = 20
"""Rows of a page without MaxResults. AWS documents no number; a small one exposes clients that do
not page.
"""

_SERVICE = "invoicing"
_FIRST_RECEIVER_DAY = datetime(2025, 6, 1, tzinfo=UTC)
_RECEIVER_YEARS = 5


@dataclass(frozen=True)
class _View:
    """Rows that a caller may see: the invoices of a payer account without those of some accounts,
    or only the rows of one account.
    """

    payer_account_id: str
    only_account: str | None = None
    without_accounts: Collection[str] = ()

    def shows(self, invoice: CatalogueInvoice) -> bool:
        account = invoice.summary.get("AccountId")
        return self.only_account in (None, account) and account not in self.without_accounts


class Invoices:
    """ListInvoiceSummaries and GetInvoicePDF. Parameters and answers are in boto3's form, already
    checked against the model.
    """

    def __init__(self, catalogue: Catalogue, urls: DocumentUrls, tokens: PageTokens) -> None:
        self._catalogue = catalogue
        self._urls = urls
        self._tokens = tokens

    def list_invoice_summaries(
        self, caller: str, params: Mapping[str, Any], now: datetime, *, repeats: int = 0
    ) -> dict[str, Any]:
        """A page of rows; `repeats` rows of the last one come again, as AWS should never do."""
        query, position = self._asked(caller, params, now)
        rows = [
            row
            for invoice in self._visible(caller, query["Selector"], position.as_of)
            for row in (invoice.summary, *invoice.more_rows)
            if _matches(row, query["Selector"], query["Filter"], only_as=invoice.only_as)
        ]
        begin = position.offset
        end = begin + params.get("MaxResults", DEFAULT_PAGE_SIZE)
        response: dict[str, Any] = {"InvoiceSummaries": rows[max(0, begin - repeats) : end]}
        if end < len(rows):
            response["NextToken"] = self._tokens.issue(query, Position(end, position.as_of))
        return response

    def own(self, caller: str, now: datetime) -> list[CatalogueInvoice]:
        """The invoices of the caller's query for itself."""
        return self._visible(caller, {"ResourceType": "ACCOUNT_ID", "Value": caller}, now)

    def _visible(
        self, caller: str, selector: Mapping[str, str], now: datetime
    ) -> list[CatalogueInvoice]:
        view = self._selected(caller, selector, now)
        return [
            invoice
            for invoice in self._catalogue.invoices(view.payer_account_id, now).values()
            if view.shows(invoice) and invoice.visible_from <= now
        ]

    def empty_page(self, caller: str, params: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """A page without rows, with a token that requests the same page again."""
        query, position = self._asked(caller, params, now)
        self._selected(caller, query["Selector"], position.as_of)
        return {"InvoiceSummaries": [], "NextToken": self._tokens.issue(query, position)}

    def get_invoice_pdf(
        self, caller: str, params: Mapping[str, Any], now: datetime, base_url: str
    ) -> dict[str, Any]:
        payer = self._view(caller).payer_account_id
        invoice = self._visible_invoice(caller, params["InvoiceId"], now)
        if invoice.document.ready_from > now:
            raise not_found(f"The document of invoice {invoice.invoice_id} is not available.")
        supplements = [
            {
                "DocumentType": supplement.document_type,
                "DocumentId": supplement.document_id,
                **self._presigned(
                    DocumentKey(payer, invoice.invoice_id, supplement.document_id), base_url
                ),
            }
            for supplement in invoice.supplements
            if supplement.ready_from <= now
        ]
        return {
            "InvoicePDF": {
                "InvoiceId": invoice.invoice_id,
                **self._presigned(DocumentKey(payer, invoice.invoice_id, None), base_url),
                **({"SupplementalDocuments": supplements} if supplements else {}),
            }
        }

    def document(self, key: DocumentKey, now: datetime) -> Document:
        """The document behind a valid URL. Raises Refused if the catalogue no longer has it."""
        invoice = self._catalogue.invoices(key.payer_account_id, now).get(key.invoice_id)
        if invoice and key.document_id is None:
            return invoice.document
        for supplement in invoice.supplements if invoice else ():
            if supplement.document_id == key.document_id:
                return supplement
        raise Refused(404, "NoSuchKey", "The specified key does not exist.")

    def _asked(
        self, caller: str, params: Mapping[str, Any], now: datetime
    ) -> tuple[dict[str, Any], Position]:
        """The checked query, and the page's first place in its listing."""
        selector, filters = params["Selector"], params.get("Filter", {})
        _check_filter(selector, filters)
        query = {"caller": caller, "Selector": selector, "Filter": filters}
        return query, self._tokens.position(_SERVICE, params.get("NextToken"), query, now)

    def _view(self, caller: str) -> _View:
        """A linked account sees its own rows among its payer's, any other account those it pays."""
        for payer in self._catalogue.payer_account_ids():
            if caller in self._catalogue.linked_accounts(payer):
                return _View(payer, caller)
        return _View(caller)

    def _selected(self, caller: str, selector: Mapping[str, str], now: datetime) -> _View:
        """The view that the caller selects. Raises AccessDeniedException and
        ResourceNotFoundException.
        """
        view, value = self._view(caller), selector["Value"]
        if selector["ResourceType"] == "INVOICE_ID":
            self._visible_invoice(caller, value, now)
            return view
        if value == caller:
            hidden = self._hidden_receivers(caller)
            return _View(view.payer_account_id, view.only_account, hidden)
        if value in self._catalogue.linked_accounts(caller):
            return _View(caller, value)
        raise access_denied(f"Account {caller} may not see the invoices of account {value}.")

    def _hidden_receivers(self, caller: str) -> Collection[str]:
        """Receivers whose invoices the caller's query for itself leaves out."""
        if self._catalogue.shows_receivers(caller):
            return ()
        return {unit.receiver for unit in self._catalogue.invoice_units(caller)} - {caller}

    def _visible_invoice(self, caller: str, invoice_id: str, now: datetime) -> CatalogueInvoice:
        view = self._view(caller)
        invoice = self._catalogue.invoices(view.payer_account_id, now).get(invoice_id)
        if invoice and view.shows(invoice) and invoice.visible_from <= now:
            return invoice
        is_anothers = not view.shows(invoice) if invoice else self._is_any(invoice_id, now)
        if is_anothers:
            raise access_denied(f"Account {caller} may not see this invoice.")
        raise not_found(f"Invoice {invoice_id} was not found.")

    def _is_any(self, invoice_id: str, now: datetime) -> bool:
        payers = self._catalogue.payer_account_ids()
        return any(invoice_id in self._catalogue.invoices(payer, now) for payer in payers)

    def _presigned(self, key: DocumentKey, base_url: str) -> dict[str, Any]:
        presigned = self._urls.presign(key)
        return {
            "DocumentUrl": base_url + presigned.target,
            "DocumentUrlExpirationDate": presigned.expires,
        }


def _check_filter(selector: Mapping[str, str], filters: Mapping[str, Any]) -> None:
    """Raises ValidationException for a query that the service refuses."""
    by_account = selector["ResourceType"] == "ACCOUNT_ID"
    if by_account and not re.fullmatch(r"\d{12}", selector["Value"], re.ASCII):
        raise _field("Selector.Value", f"'{selector['Value'][:100]}' is not a 12-digit account ID")
    if by_account and "BillingPeriod" not in filters and "TimeInterval" not in filters:
        raise invalid("invalidInput", "BillingPeriod and TimePeriod cannot both be null")
    if "BillingPeriod" in filters and "TimeInterval" in filters:
        raise invalid(
            "mutualExclusionError", "Filter takes BillingPeriod or TimeInterval, not both"
        )
    if "TimeInterval" in filters:
        _check_interval(filters["TimeInterval"], with_receiver_role="ReceiverRole" in filters)
    elif "BillingPeriod" in filters and "ReceiverRole" in filters:
        period = filters["BillingPeriod"]
        if datetime(period["Year"], period["Month"], 1, tzinfo=UTC) < _FIRST_RECEIVER_DAY:
            raise _field(
                "Filter.BillingPeriod",
                f"with ReceiverRole there is no data before {_FIRST_RECEIVER_DAY:%Y-%m-%d}",
            )


def _check_interval(interval: Mapping[str, datetime], *, with_receiver_role: bool) -> None:
    start, end = interval["StartDate"], interval["EndDate"]
    for name, instant in interval.items():
        if instant.timetz().replace(tzinfo=None) != time.min:
            raise _field(
                f"Filter.TimeInterval.{name}",
                f"{instant.isoformat()} is not the beginning of a UTC day",
            )
    if end <= start:
        raise _field(
            "Filter.TimeInterval",
            f"EndDate {end:%Y-%m-%d} is exclusive and must be after StartDate {start:%Y-%m-%d}",
        )
    if with_receiver_role:
        if start < _FIRST_RECEIVER_DAY:
            raise _field(
                "Filter.TimeInterval.StartDate",
                f"with ReceiverRole there is no data before {_FIRST_RECEIVER_DAY:%Y-%m-%d}",
            )
        if (end.year - _RECEIVER_YEARS, end.month, end.day) > (start.year, start.month, start.day):
            raise _field(
                "Filter.TimeInterval",
                f"with ReceiverRole the interval may span up to {_RECEIVER_YEARS} years",
            )
        return
    longest = calendar.monthrange(start.year, start.month)[1]
    if end - start > timedelta(days=longest):
        raise _field(
            "Filter.TimeInterval",
            f"the interval may span up to one month, {longest} days from {start:%Y-%m-%d}",
        )


def _field(name: str, message: str) -> ServiceError:
    return invalid("fieldValidationFailed", f"Value at '{name}': {message}", [(name, message)])


def _matches(
    summary: Mapping[str, Any],
    selector: Mapping[str, str],
    filters: Mapping[str, Any],
    *,
    only_as: str | None,
) -> bool:
    """True if the query selects the row: BillingPeriod is the month of usage, TimeInterval the day
    of issue. A row listed `only_as` a receiver is in no other listing.
    """
    if selector["ResourceType"] == "INVOICE_ID" and summary["InvoiceId"] != selector["Value"]:
        return False
    if "BillingPeriod" in filters and summary.get("BillingPeriod") != filters["BillingPeriod"]:
        return False
    if "TimeInterval" in filters:
        interval, issued = filters["TimeInterval"], summary.get("IssuedDate")
        if issued is None or not interval["StartDate"] <= issued < interval["EndDate"]:
            return False
    if (
        "InvoicingEntity" in filters
        and summary.get("Entity", {}).get("InvoicingEntity") != filters["InvoicingEntity"]
    ):
        return False
    role = filters.get("ReceiverRole")
    if only_as:
        return role == only_as or selector["ResourceType"] == "INVOICE_ID"
    return role is None or summary.get("ReceiverRole") == role
