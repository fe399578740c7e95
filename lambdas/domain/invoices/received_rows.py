"""The rows of ListInvoiceSummaries, read from the bytes that AWS sent.

A row is read by the table below, not by the service model of the deployed botocore: the same bytes
always give the same row and the same fingerprint. Members outside the table stay in the row's own
text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from lambdas.domain.invoices.sent_members import INSTANT, INTEGER, TEXT, read_members
from lambdas.domain.raw_json import JsonObject, NotJson, described, member, parts, read

_CHARGES = {
    "Breakdown": [{"Description": TEXT, "Amount": TEXT, "Rate": TEXT}],
    "TotalAmount": TEXT,
}
_AMOUNT = {
    "TotalAmount": TEXT,
    "TotalAmountBeforeTax": TEXT,
    "CurrencyCode": TEXT,
    "AmountBreakdown": {
        "SubTotalAmount": TEXT,
        "Discounts": _CHARGES,
        "Taxes": _CHARGES,
        "Fees": _CHARGES,
    },
    "CurrencyExchangeDetails": {
        "SourceCurrencyCode": TEXT,
        "TargetCurrencyCode": TEXT,
        "Rate": TEXT,
    },
}
MEMBERS: Mapping[str, Any] = {
    "AccountId": TEXT,
    "InvoiceId": TEXT,
    "IssuedDate": INSTANT,
    "DueDate": INSTANT,
    "BillSourceAccounts": [TEXT],
    "BillSourceAccountsTotalCount": INTEGER,
    "ReceiverRole": TEXT,
    "Entity": {"InvoicingEntity": TEXT, "BillingEntity": TEXT},
    "BillingPeriod": {"Month": INTEGER, "Year": INTEGER},
    "InvoiceFrequency": TEXT,
    "BillType": TEXT,
    "InvoiceType": TEXT,
    "CommercialInvoiceId": TEXT,
    "OriginalInvoiceId": TEXT,
    "PurchaseOrderNumber": TEXT,
    "EinvoiceDeliveryStatus": TEXT,
    "TaxAuthorityStatus": TEXT,
    "BaseCurrencyAmount": _AMOUNT,
    "TaxCurrencyAmount": _AMOUNT,
    "PaymentCurrencyAmount": _AMOUNT,
}
"""The members of an InvoiceSummary as botocore 1.43.106 knows them. Never change them: a member
added or read differently changes the row of every invoice that has it, and its documents are then
asked for again.
"""
_LIST, _TOKEN = "InvoiceSummaries", "NextToken"
_REPLACED = "\N{REPLACEMENT CHARACTER}"
"""Replaces bytes that are no UTF-8 in a row's text."""
_MOST_PROBLEMS = 3
_DEEPEST = 20


@dataclass(frozen=True)
class ReceivedRow:
    """A row as sent and as read. An unreadable member is left out and named in `problems`."""

    text: str
    row: Mapping[str, Any]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReceivedPage:
    """A page of a listing. One with `problems` may not be whole."""

    rows: tuple[ReceivedRow, ...] = ()
    next_token: str | None = None
    problems: tuple[str, ...] = ()


def read_row(text: str) -> ReceivedRow:
    """Read one row from its own JSON text."""
    try:
        value = read(text)
    except NotJson as error:
        return ReceivedRow(text, {}, (f"the row cannot be read: {error}",))
    if not isinstance(value, JsonObject):
        return ReceivedRow(text, {}, (f"the row is {described(value)}, not an object",))
    problems = ["it has bytes that are not UTF-8"] if _REPLACED in text else []
    row = read_members(value, MEMBERS, "", problems)
    return ReceivedRow(text, row, tuple(problems))


def check_row(row: Mapping[str, Any]) -> None:
    """Raise TypeError for a stored row with a member of another kind than the table's.

    Members outside the table may be any plain data, as deep as answers of AWS are.
    """
    _check_member(row, MEMBERS, "row")


Row = Annotated[Mapping[str, Any], check_row]
"""A row as stored: plain data."""


def read_page(body: bytes) -> ReceivedPage:
    """Read as much of an answer of ListInvoiceSummaries as possible."""
    problems: list[str] = []
    try:
        members, is_whole = parts(body.decode(errors="replace"), "{}")
        found = [member(one) for one in members]
    except NotJson as error:
        return ReceivedPage(problems=(f"AWS's answer cannot be read: {error}",))
    if not is_whole:
        problems.append("it is broken off, or something follows it")
    rows: list[str] = []
    lists = [value for name, value in found if name == _LIST]
    if not lists:
        problems.append(f"it has no {_LIST}")
    for one in lists:
        try:
            more, is_whole_list = parts(one, "[]")
        except NotJson:
            problems.append(f"its {_LIST} is {_kind(one)}, not a list")
        else:
            rows += more
            if not is_whole_list:
                problems.append(f"its {_LIST} is broken off")
    tokens = [_read_token(value, problems) for name, value in found if name == _TOKEN]
    if max(len(lists), len(tokens)) > 1:
        problems.append("it has a member twice")
    return ReceivedPage(tuple(map(read_row, rows)), next(iter(tokens), None), tuple(problems))


def problems_text(problems: tuple[str, ...]) -> str:
    """The first few problems, and the number of the rest, as part of a sentence."""
    more = len(problems) - _MOST_PROBLEMS
    return "; ".join(problems[:_MOST_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")


def _read_token(text: str, problems: list[str]) -> str | None:
    try:
        value = read(text)
    except NotJson as error:
        problems.append(f"its {_TOKEN} cannot be read: {error}")
        return None
    if value is None or isinstance(value, str):
        return value or None
    problems.append(f"its {_TOKEN} is {described(value)}, not a text")
    return None


def _kind(text: str) -> str:
    try:
        return described(read(text))
    except NotJson:
        return "no JSON"


def _check_member(value: Any, form: Any, path: str, depth: int = 0) -> None:
    kind: Any = int if form == INTEGER else str
    if isinstance(form, dict | list):
        kind = Mapping if isinstance(form, dict) else list | tuple
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{path} is {type(value).__name__}")
    if isinstance(form, dict):
        for name, one in value.items():
            if name in form:
                _check_member(one, form[name], f"{path}.{name}", depth + 1)
            else:
                _check_depth(one, f"{path}.{name}", depth + 1)
    elif isinstance(form, list):
        for one in value:
            _check_member(one, form[0], path, depth + 1)


def _check_depth(value: Any, path: str, depth: int) -> None:
    if depth > _DEEPEST:
        raise TypeError(f"{path} is nested too deeply")
    if isinstance(value, Mapping | list | tuple):
        for one in value.values() if isinstance(value, Mapping) else value:
            _check_depth(one, path, depth + 1)
