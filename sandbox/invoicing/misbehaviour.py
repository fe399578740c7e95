"""The operations as clients see them: the service's answer, or a programmed one."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sandbox.invoicing import model
from sandbox.invoicing.billing_transfers import BillingTransfers, Direction
from sandbox.invoicing.catalogue import CostLine
from sandbox.invoicing.cost_explorer import BY_ACCOUNT, UNDOCUMENTED_KEY, CostExplorer
from sandbox.invoicing.faults import OFFERS, Fault, Faults
from sandbox.invoicing.invoice_units import InvoiceUnits
from sandbox.invoicing.invoices import Invoices
from sandbox.invoicing.model import (
    COSTS,
    GET,
    INBOUND,
    LIST,
    OUTBOUND,
    RECORD,
    RECORD_BATCH,
    RECORDS,
    UNITS,
)
from sandbox.invoicing.payments import Payments

_BUCKET = "invoice-statement-documents.s3.us-east-1.amazonaws.com"


def _moved(scheme: str, host: str) -> Callable[[str], str]:
    return lambda url: urlunsplit((scheme, host, *urlsplit(url)[2:]))


_URLS: Mapping[str, Callable[[str], str]] = {
    "foreign_host": _moved("https", "statement-documents.example.com"),
    "plain_http": _moved("http", _BUCKET),
    "odd_port": _moved("https", f"{_BUCKET}:8443"),
    "metadata_url": lambda _: "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    "unresolvable_host": _moved("https", "statement-documents.s3.invalid.amazonaws.com"),
}


_DIRECTIONS: Mapping[str, Direction] = {INBOUND: "inbound", OUTBOUND: "outbound"}

_TOKENS = {"NextToken", "NextPageToken", "nextToken"}

_Answer = dict[str, Any]


@dataclass(frozen=True)
class Services:
    """The services with their true answers."""

    invoices: Invoices
    units: InvoiceUnits
    costs: CostExplorer
    transfers: BillingTransfers
    payments: Payments


class Operations:
    """Answers the bodies of calls. Raises the ServiceError of a service or a fault."""

    def __init__(self, services: Services, faults: Faults) -> None:
        self._services = services
        self._faults = faults

    def answer(
        self, caller: str, operation: str, body: bytes, now: datetime, base_url: str
    ) -> bytes:
        """The JSON answer. It fits the service model unless a fault made it. Raises OffModel."""
        params = model.read_request(operation, body)
        continues = not _TOKENS.isdisjoint(params)
        error = self._faults.error(
            caller,
            operation,
            continues=continues,
            invoice_id=params.get("InvoiceId"),
            filters=params.get("Filter"),
        )
        if error:
            raise error
        if operation in (RECORD, RECORD_BATCH):
            truth, answer = self._records(operation, caller, params, now)
        elif operation == GET:
            truth, answer = self._offer(caller, params, now, base_url)
        else:
            is_empty = self._faults.page(caller, operation, "empty_page", continues=continues)
            truth, answer = self._page(operation, caller, params, now, is_empty=is_empty)
        fits = model.write_response(operation, truth)
        faults = self._faults.answers(
            caller,
            operation,
            continues=continues,
            invoice_id=params.get("InvoiceId"),
            filters=params.get("Filter"),
        )
        for fault in faults:
            if fault.kind == "raw_answer":
                return fault.body.encode("utf-8", "surrogateescape")
            answer = _changed(answer, fault.members)
        return fits if answer == truth else model.write_unchecked(answer)

    def _page(
        self,
        operation: str,
        caller: str,
        params: Mapping[str, Any],
        now: datetime,
        *,
        is_empty: bool,
    ) -> tuple[_Answer, _Answer]:
        """The service's answer, and the one to send."""
        if operation == LIST and not is_empty:
            return self._listing(caller, params, now)
        if operation == LIST:
            page = self._services.invoices.empty_page(caller, params, now)
        elif operation == UNITS:
            page = self._services.units.list_invoice_units(caller, params, now, is_empty=is_empty)
        elif operation == COSTS:
            keys = [one.get("Key") for one in params.get("GroupBy", ())]
            hidden = self._faults.hidden_charges(caller, is_by_account=BY_ACCOUNT in keys)
            page = self._services.costs.get_cost_and_usage(
                caller,
                params,
                now,
                refused_key=self._refused_key(caller, params),
                is_hidden=lambda line: any(_hides(fault, line) for fault in hidden),
                is_empty=is_empty,
            )
        elif operation == RECORDS:
            page = self._services.payments.list_financial_records(
                caller, params, now, is_empty=is_empty
            )
        else:
            direction = _DIRECTIONS[operation]
            page = self._services.transfers.transfers(
                direction, caller, params, now, is_empty=is_empty
            )
        return page, page

    def _records(
        self, operation: str, caller: str, params: Mapping[str, Any], now: datetime
    ) -> tuple[_Answer, _Answer]:
        """Full records; those that faults hide come neither as a record nor as an error."""
        payments = self._services.payments
        if operation == RECORD:
            page = payments.get_financial_record(caller, params, now)
            return page, page
        truth = payments.batch_get_financial_record(caller, params, now)
        asked = {_invoice_id(one): one["id"] for one in truth["financialRecords"]}
        faults = {one: self._faults.records(caller, one) for one in asked}
        codes = {key: one.code for key, all_of in faults.items() for one in all_of if one.code}
        truth = payments.batch_get_financial_record(caller, params, now, errors=codes)
        records = []
        for record in truth["financialRecords"]:
            of_record = faults[_invoice_id(record)]
            if not any(fault.kind == "hidden_record" for fault in of_record):
                changes = (fault.members for fault in of_record)
                records.append(reduce(_changed, changes, record))
        return truth, {**truth, "financialRecords": records}

    def _refused_key(self, caller: str, params: Mapping[str, Any]) -> str:
        """The key that groups may not have now; empty if every known key is allowed."""
        groups = any(one.get("Key") == UNDOCUMENTED_KEY for one in params.get("GroupBy", ()))
        is_refused = groups and self._faults.page(
            caller, COSTS, "refused_grouping", continues="NextPageToken" in params
        )
        return UNDOCUMENTED_KEY if is_refused else ""

    def _listing(
        self, caller: str, params: Mapping[str, Any], now: datetime
    ) -> tuple[_Answer, _Answer]:
        repeats = "NextToken" in params and self._faults.page(
            caller, LIST, "repeated_row", continues=True
        )
        truth = self._services.invoices.list_invoice_summaries(
            caller, params, now, repeats=int(repeats)
        )
        rows = []
        for row in truth["InvoiceSummaries"]:
            faults = self._faults.rows(caller, row["InvoiceId"])
            if not any(fault.kind == "hidden_row" for fault in faults):
                rows.append(_changed_row(row, faults))
        return truth, {**truth, "InvoiceSummaries": rows}

    def _offer(
        self, caller: str, params: Mapping[str, Any], now: datetime, base_url: str
    ) -> tuple[_Answer, _Answer]:
        truth = self._services.invoices.get_invoice_pdf(caller, params, now, base_url)
        answer = deepcopy(truth)
        paper = answer["InvoicePDF"]
        for document in (paper, *paper.get("SupplementalDocuments", ())):
            document_id = document.get("DocumentId", "")
            fault = self._faults.document(OFFERS, caller, params["InvoiceId"], document_id)
            if fault is None:
                continue
            if fault.kind == "no_answer":
                document.clear()
            elif fault.kind == "no_url":
                del document["DocumentUrl"], document["DocumentUrlExpirationDate"]
            elif fault.url is not None:
                document["DocumentUrl"] = fault.url
            else:
                document["DocumentUrl"] = _URLS[fault.kind](document["DocumentUrl"])
        return truth, answer


def _invoice_id(record: Mapping[str, Any]) -> str:
    return next(str(one["invoiceId"]) for one in record["details"].values())


def _changed_row(row: Mapping[str, Any], faults: Sequence[Fault]) -> Any:
    """The row as faults change it; one that gives it as a text is the last word."""
    for fault in faults:
        if fault.kind == "raw_row":
            return model.AsItStands(fault.body)
        row = _changed(row, fault.members)
    return row


def _hides(fault: Fault, line: CostLine) -> bool:
    if fault.kind == "ungrouped_support":
        return line.record_type == "Support"
    return fault.linked_account_id in (
        None,
        line.linked_account_id,
    ) and fault.billing_entity in (None, line.billing_entity)


def _changed(row: Mapping[str, Any], members: Mapping[str, Any]) -> dict[str, Any]:
    """The row with members replaced; None takes one away. Dotted names make the structures on their
    path.
    """
    changed = deepcopy(dict(row))
    for path, value in members.items():
        *through, last = path.split(".")
        place = changed
        for name in through:
            place = place.setdefault(name, {})
        if value is None:
            place.pop(last, None)
        else:
            place[last] = value
    return changed
