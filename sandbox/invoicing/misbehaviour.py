"""The operations as clients see them: the service's answer, or what was programmed instead."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sandbox.invoicing import model
from sandbox.invoicing.faults import LIST, OFFERS, Faults
from sandbox.invoicing.service import InvoicingService

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


class Operations:
    """Answers the bodies of calls. Raises the ServiceError of whoever refuses, service or fault."""

    def __init__(self, service: InvoicingService, faults: Faults) -> None:
        self._service = service
        self._faults = faults

    def answer(
        self, caller: str, operation: str, body: bytes, now: datetime, base_url: str
    ) -> bytes:
        """The JSON answer. It fits the service model unless a fault made it. Raises OffModel."""
        params = model.read_request(operation, body)
        error = self._faults.error(
            caller,
            operation,
            continues="NextToken" in params,
            invoice_id=params.get("InvoiceId"),
        )
        if error:
            raise error
        if operation == LIST:
            truth, told = self._listing(caller, params, now)
        else:
            truth, told = self._offer(caller, params, now, base_url)
        fits = model.write_response(operation, truth)
        return fits if told == truth else model.write_unchecked(told)

    def _listing(
        self, caller: str, params: Mapping[str, Any], now: datetime
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The service's answer, and the one to be told."""
        continues = "NextToken" in params
        if self._faults.page(caller, "empty_page", continues=continues):
            empty = self._service.empty_page(caller, params, now)
            return empty, empty
        repeats = continues and self._faults.page(caller, "repeated_row", continues=True)
        truth = self._service.list_invoice_summaries(caller, params, now, repeats=int(repeats))
        rows = []
        for row in truth["InvoiceSummaries"]:
            faults = self._faults.rows(caller, row["InvoiceId"])
            if not any(fault.kind == "hidden_row" for fault in faults):
                for fault in faults:
                    row = _changed(row, fault.members)  # noqa: PLW2901 - one change after another
                rows.append(row)
        return truth, {**truth, "InvoiceSummaries": rows}

    def _offer(
        self, caller: str, params: Mapping[str, Any], now: datetime, base_url: str
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The service's answer, and the one to be told."""
        truth = self._service.get_invoice_pdf(caller, params, now, base_url)
        told = deepcopy(truth)
        paper = told["InvoicePDF"]
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
        return truth, told


def _changed(row: Mapping[str, Any], members: Mapping[str, Any]) -> dict[str, Any]:
    """The row with members replaced; None takes one away. Dotted names make what they lead
    through.
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
