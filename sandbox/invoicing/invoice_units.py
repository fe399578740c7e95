"""Invoicing's ListInvoiceUnits: the rules of the service over a catalogue, without HTTP."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.invoicing.catalogue import Catalogue, InvoiceUnit
from sandbox.invoicing.errors import access_denied, invalid
from sandbox.invoicing.invoices import DEFAULT_PAGE_SIZE
from sandbox.invoicing.tokens import PageTokens, Position


class InvoiceUnits:
    """Parameters and answers are in boto3's form, already checked against the model."""

    def __init__(self, catalogue: Catalogue, tokens: PageTokens) -> None:
        self._catalogue = catalogue
        self._tokens = tokens

    def list_invoice_units(
        self, caller: str, params: Mapping[str, Any], now: datetime, *, is_empty: bool = False
    ) -> dict[str, Any]:
        """The caller's units as of AsOf, by default now; `is_empty` requests a page without rows
        and a token that goes on with the same page.
        """
        as_of = params.get("AsOf", now)
        if as_of > now:
            message = f"{as_of.isoformat()} is in the future"
            raise invalid("fieldValidationFailed", message, [("AsOf", message)])
        for payer in self._catalogue.payer_account_ids():
            if caller in self._catalogue.linked_accounts(payer):
                raise access_denied(f"Account {caller} has no invoice units; account {payer} has.")
        filters = params.get("Filters", {})
        query = {"caller": caller, "Filters": filters, "AsOf": params.get("AsOf")}
        position = self._tokens.position("invoicing", params.get("NextToken"), query, now)
        rows = [
            _row(caller, unit)
            for unit in self._catalogue.invoice_units(caller)
            if _holds(unit, params.get("AsOf", position.as_of)) and _matches(unit, filters)
        ]
        begin = position.offset
        end = begin if is_empty else begin + params.get("MaxResults", DEFAULT_PAGE_SIZE)
        answer: dict[str, Any] = {"InvoiceUnits": rows[begin:end]}
        if end < len(rows) or is_empty:
            answer["NextToken"] = self._tokens.issue(query, Position(end, position.as_of))
        return answer


def _holds(unit: InvoiceUnit, instant: datetime) -> bool:
    return unit.since <= instant and (unit.until is None or instant < unit.until)


def _matches(unit: InvoiceUnit, filters: Mapping[str, Any]) -> bool:
    """True if a unit fits every filter; it fits one if it has any of its values."""
    has = {
        "Names": {unit.name},
        "InvoiceReceivers": {unit.receiver},
        "Accounts": {unit.receiver, *unit.linked_accounts},
        "BillSourceAccounts": set(unit.bill_source_accounts),
    }
    return all(has[name] & set(values) for name, values in filters.items())


def _row(payer: str, unit: InvoiceUnit) -> dict[str, Any]:
    rule: dict[str, Any] = {"LinkedAccounts": list(unit.linked_accounts)}
    if unit.bill_source_accounts:
        rule["BillSourceAccounts"] = list(unit.bill_source_accounts)
    unit_id = hashlib.sha256(f"{payer} {unit.name}".encode()).hexdigest()[:10]
    return {
        "InvoiceUnitArn": f"arn:aws:invoicing::{payer}:invoice-unit/{unit_id}",
        "InvoiceReceiver": unit.receiver,
        "Name": unit.name,
        "Description": unit.description,
        "TaxInheritanceDisabled": unit.tax_inheritance_disabled,
        "Rule": rule,
        "LastModified": unit.since,
    }
