"""AWS Payments' financial records: the rules of the service over a catalogue, without HTTP."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal, InvalidOperation
from functools import cached_property, lru_cache
from typing import Any

from sandbox.invoicing.catalogue import Catalogue, CatalogueInvoice, Payment
from sandbox.invoicing.errors import ServiceError, invalid
from sandbox.invoicing.invoices import Invoices
from sandbox.invoicing.tokens import PageTokens, Position

DEFAULT_PAGE_SIZE = 100
_SERVICE = "payments"
_TYPES = {"INVOICE": "INV", "CREDIT_MEMO": "CM"}
"""Types of rows that have a financial record, with the beginning of its id."""
_LINES = {"AWS_MARKETPLACE": "AWS_MARKETPLACE"}
_BATCH_MESSAGES = {
    "NOT_FOUND": "No financial record matches this key.",
    "INTERNAL_ERROR": "This record could not be retrieved.",
}


class Payments:
    """Parameters and answers are in boto3's form, already checked against the model."""

    def __init__(self, catalogue: Catalogue, invoices: Invoices, tokens: PageTokens) -> None:
        self._catalogue = catalogue
        self._invoices = invoices
        self._tokens = tokens

    def list_financial_records(
        self, caller: str, params: Mapping[str, Any], now: datetime, *, is_empty: bool = False
    ) -> dict[str, Any]:
        """Summaries without ids of invoices; `is_empty` requests a page without rows and a token
        that goes on with the same page.
        """
        after, before = params.get("issuedAfter"), params.get("issuedBefore")
        if after and before and before <= after:
            text = "must be later than issuedAfter"
            raise invalid(
                "FIELD_VALIDATION_FAILED", f"issuedBefore {text}", [("issuedBefore", text)]
            )
        leaves_out = ("nextToken", "maxResults")
        query = {"caller": caller, **{k: v for k, v in params.items() if k not in leaves_out}}
        position = self._tokens.position(_SERVICE, params.get("nextToken"), query, now)
        found = [one for one in self._of(caller, position.as_of) if one.is_wanted(params)]
        newest_first = params.get("sortOrder", "DESCENDING") == "DESCENDING"
        found.sort(key=lambda one: (one.issued, one.record_id), reverse=newest_first)
        begin = position.offset
        end = begin if is_empty else begin + params.get("maxResults", DEFAULT_PAGE_SIZE)
        answer: dict[str, Any] = {
            "financialRecordSummaries": [one.summary for one in found[begin:end]]
        }
        if end < len(found) or is_empty:
            answer["nextToken"] = self._tokens.issue(query, Position(end, position.as_of))
        return answer

    def get_financial_record(
        self, caller: str, params: Mapping[str, Any], now: datetime
    ) -> dict[str, Any]:
        key = {k: params[k] for k in ("identifier", "invoiceIdentifier") if k in params}
        if len(key) != 1:
            raise invalid("OTHER", "Exactly one of identifier and invoiceIdentifier must be given.")
        one = self._by_key(caller, now).get(next(iter(key.items())))
        if one is None:
            resource = {"resourceId": next(iter(key.values())), "resourceType": "FinancialRecord"}
            message = "No financial record matches this key."
            raise ServiceError("ResourceNotFoundException", message, **resource)
        return {"financialRecord": one.full}

    def batch_get_financial_record(
        self,
        caller: str,
        params: Mapping[str, Any],
        now: datetime,
        *,
        errors: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The full records in the order of their ids; `errors` are codes by invoice id, of records
        that fail.
        """
        by_key, records, failed = self._by_key(caller, now), {}, []
        for key in params["keys"]:
            if len(key) != 1:
                raise invalid("OTHER", "Each key must have exactly one member.")
            one = by_key.get(next(iter(key.items())))
            code = (errors or {}).get(one.invoice_id) if one else "NOT_FOUND"
            if code:
                failed.append({"key": key, "code": code, "message": _BATCH_MESSAGES[code]})
            elif one:
                records[one.record_id] = one.full
        return {"financialRecords": [full for _, full in sorted(records.items())], "errors": failed}

    def _by_key(self, caller: str, now: datetime) -> Mapping[tuple[str, str], "_Record"]:
        found = {}
        for one in self._of(caller, now):
            found["identifier", one.record_id] = one
            found["invoiceIdentifier", one.invoice_id] = one
        return found

    def _of(self, caller: str, now: datetime) -> Iterator["_Record"]:
        """The records of the account that calls."""
        unlisted = self._catalogue.unlisted_invoices(caller)
        for invoice in (*self._invoices.own(caller, now), *unlisted):
            if (payment := _payment(invoice)) and invoice.visible_from <= now:
                yield _Record(invoice, payment, now)


def _payment(invoice: CatalogueInvoice) -> Payment | None:
    """The payment of a row that has a financial record: an invoice or a credit memo with an amount
    that is no copy, no estimate, and not listed by a receiver role alone.
    """
    row = invoice.summary
    has_record = (
        row.get("InvoiceType", "INVOICE") in _TYPES
        and "CommercialInvoiceId" not in row
        and not invoice.only_as
        and not invoice.invoice_id.startswith("estimate-")
        and _is_amount(row.get("PaymentCurrencyAmount", {}))
        and {"IssuedDate", "BillingPeriod"} <= row.keys()
    )
    return invoice.payment if has_record else None


@lru_cache(1 << 16)
def _record_id(invoice_type: str, invoice_id: str) -> str:
    """The record's own id, made once: a page of a large payer account sorts all of them."""
    digits = f"{int(hashlib.sha256(invoice_id.encode()).hexdigest(), 16):016d}"[-16:]
    parts = (digits[begin : begin + 4] for begin in range(0, 16, 4))
    return "-".join((_TYPES[invoice_type], *parts))


def _is_amount(member: Mapping[str, str]) -> bool:
    """True if it has a currency and a number, which rows of Invoicing need not have."""
    try:
        return "CurrencyCode" in member and Decimal(member["TotalAmount"]).is_finite()
    except (KeyError, InvalidOperation):
        return False


@dataclass(frozen=True)
class _Record:
    """The financial record of one invoice as of an instant."""

    invoice: CatalogueInvoice
    payment: Payment
    now: datetime

    @property
    def invoice_id(self) -> str:
        return self.invoice.invoice_id

    @property
    def record_id(self) -> str:
        return _record_id(self._type, self.invoice_id)

    @property
    def _type(self) -> str:
        return str(self.invoice.summary.get("InvoiceType", "INVOICE"))

    @property
    def issued(self) -> datetime:
        issued: datetime = self.invoice.summary["IssuedDate"]
        return issued

    @property
    def _due(self) -> datetime:
        due = self.invoice.summary.get("DueDate", self.issued + self.payment.due_after)
        return datetime.combine(due.date(), time(), UTC)

    @cached_property
    def _value(self) -> Decimal:
        """The amount without its sign: a credit memo is an amount to apply."""
        return abs(Decimal(self.invoice.summary["PaymentCurrencyAmount"]["TotalAmount"]))

    @cached_property
    def _closed(self) -> tuple[str, datetime] | None:
        """The status and instant of its end, if it has come; nothing is to be paid of nothing."""
        paid, canceled = self.payment.paid_after, self.payment.canceled_after
        if not self._value:
            return "SETTLED", self.issued
        ends = [("SETTLED", paid), ("CANCELED", canceled)]
        reached = [
            (self.issued + after, status)
            for status, after in ends
            if after is not None and self.issued + after <= self.now
        ]
        if not reached:
            return None
        at, status = min(reached)
        return status, at

    @property
    def _status(self) -> str:
        if self._closed:
            return self._closed[0]
        paid = self.payment.paid_after
        is_processing = paid is not None and self.issued + paid - self.payment.processes <= self.now
        return "PROCESSING" if is_processing else "OUTSTANDING"

    @property
    def _settlement(self) -> str:
        return "CLOSED" if self._closed else "OPEN"

    def is_wanted(self, params: Mapping[str, Any]) -> bool:
        """True if a request's filters select it."""
        return (
            self._type in params["types"]
            and self._settlement in params.get("settlementStatuses", ("OPEN", "CLOSED"))
            and ("issuedAfter" not in params or self.issued >= params["issuedAfter"])
            and ("issuedBefore" not in params or self.issued < params["issuedBefore"])
        )

    @property
    def summary(self) -> dict[str, Any]:
        entity = self.invoice.summary.get("Entity", {})
        summary: dict[str, Any] = {
            "id": self.record_id,
            "type": self._type,
            "businessUnit": {
                "merchantOfRecord": entity.get("InvoicingEntity", "Amazon Web Services, Inc."),
                "lineOfBusiness": _LINES.get(entity.get("BillingEntity", ""), "AWS_CLOUD_SERVICES"),
            },
            "amount": self._amount(self._value),
            "balances": {
                name: self._amount(self._value if name == _BALANCES[self._status] else Decimal(0))
                for name in _BALANCES.values()
            },
            "settlementStatus": self._settlement,
            "status": self._status,
            "issuedAt": self.issued,
        }
        if self._closed:
            summary["closedAt"] = self._closed[1]
        return summary

    @property
    def full(self) -> dict[str, Any]:
        details: dict[str, Any] = {"invoiceId": self.invoice_id, "billingPeriod": self._period}
        if self._type == "CREDIT_MEMO":
            return {**self.summary, "details": {"creditMemoDetails": details}}
        details["dueDate"] = self._due
        details["invoiceFrequency"] = self.invoice.summary.get("InvoiceFrequency", "RECURRING")
        if self.payment.terms:
            details["paymentTerms"] = self.payment.terms
        if self._status == "OUTSTANDING":
            is_past = self.now.date() > self._due.date()
            details["dueStatus"] = "PAST_DUE" if is_past else "DUE"
        return {**self.summary, "details": {"invoiceDetails": details}}

    @property
    def _period(self) -> dict[str, datetime]:
        period = self.invoice.summary["BillingPeriod"]
        year, month = period["Year"], period["Month"]
        return {
            "startDate": datetime(year, month, 1, tzinfo=UTC),
            "endDate": datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC),
        }

    def _amount(self, value: Decimal) -> dict[str, str]:
        currency = self.invoice.summary["PaymentCurrencyAmount"]["CurrencyCode"]
        return {"value": f"{value or Decimal(0):f}", "currency": currency}


_BALANCES = {
    "OUTSTANDING": "outstanding",
    "PROCESSING": "processing",
    "SETTLED": "settled",
    "CANCELED": "canceled",
}
"""The balance that has the whole amount, by status: nothing is paid in parts."""
