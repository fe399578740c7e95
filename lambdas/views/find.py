"""`find.json`: a period's invoices in few bytes, for the search over all billing periods.

Rows are arrays, and a text that many rows share is stored once. The file follows from the manifest
alone, so that anybody can compare it; owners come from the payer register when a page is made.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close.identities import Identity, identities
from lambdas.domain.close.owners import Owners
from lambdas.domain.evidence.archive_layout import document_names_prefix
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.json_text import to_compact_json
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.money import Amount, AmountNotRead, decimal_text, stored_decimal

FIND_SCHEMA = "invoice-archive/find/1"
ARCHIVED, OUTSTANDING, NOT_ARCHIVED = "ARCHIVED", "OUTSTANDING", "NOT_ARCHIVED"
"""Statuses of an invoice; one that is only NOT_ARCHIVED was accepted as missing."""
SHARED = ("types", "sellers", "orders", "documents", "statuses")
"""The lists of shared texts, in the order of a row's numbers after its payer account."""
_ID = "*"
"""In place of the invoice's id in the name of its document; no key has this character."""
_AMOUNTS = ("PaymentCurrencyAmount", "BaseCurrencyAmount", "TaxCurrencyAmount")

Row = tuple[Any, ...]
"""The invoice's id; the numbers of its payer account and of each text in `SHARED`; then the amounts
that its row states, each as decimal text and the number of its currency.
"""
Part = tuple[PayerState, Iterable[ArchivedInvoice]]
"""A payer account and its archived invoices."""


@dataclass(frozen=True)
class FindFile:
    """One `find.json`."""

    billing_period: BillingPeriod
    manifest: str
    """Key of the manifest that it was made from."""
    payers: tuple[tuple[str, str, str, str], ...]
    """Of each: account id, name, legal entity, and the payer account that these come from if they
    are not its own.
    """
    shared: Mapping[str, tuple[str, ...]]
    currencies: tuple[str, ...]
    invoices: tuple[Row, ...]

    def to_json(self) -> bytes:
        return to_compact_json(
            {
                "schema": FIND_SCHEMA,
                "billing_period": str(self.billing_period),
                "manifest": self.manifest,
                "payers": self.payers,
                **self.shared,
                "currencies": self.currencies,
                "invoices": self.invoices,
            }
        )

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "FindFile":
        """Read a `find.json`. Raises the errors in NOT_UNDERSTOOD for anything else: any writer to
        the bucket can write that file.
        """
        if data.get("schema") != FIND_SCHEMA:
            raise ValueError(f"its schema is {data.get('schema')!r}, not {FIND_SCHEMA!r}")
        shared = {name: _texts(data[name]) for name in SHARED}
        payers = tuple(_texts(payer) for payer in data["payers"])
        currencies = _texts(data["currencies"])
        sizes = [len(payers), *map(len, shared.values())]
        for row in data["invoices"]:
            _check(row, sizes, len(currencies))
        return cls(
            BillingPeriod.parse(data["billing_period"]),
            _text(data["manifest"]),
            tuple((account_id, name, entity, by) for account_id, name, entity, by in payers),
            shared,
            currencies,
            tuple(map(tuple, data["invoices"])),
        )


def find_file(manifest: Manifest) -> FindFile:
    """The file of a manifest with its invoices."""
    parts = ((payer, payer.invoices) for payer in manifest.payers)
    return find_file_of(manifest, identities(manifest, Owners(())), parts)


def find_file_of(
    manifest: Manifest, who: Mapping[str, Identity], parts: Iterable[Part]
) -> FindFile:
    """The same of a manifest whose archived invoices are in `parts`, one payer account a time."""
    rows = _Rows(manifest.billing_period)
    payers = []
    for number, (payer, invoices) in enumerate(parts):
        one = who[payer.payer_account_id]
        payers.append((one.account_id, one.name, one.legal_entity, one.inherited_from))
        blocking = {found.subject for found in payer.blocking}
        for archived in invoices:
            rows.add(number, archived, blocking)
        for outstanding in payer.outstanding:
            rows.add(number, outstanding, blocking)
    return FindFile(
        manifest.billing_period,
        manifest.key,
        tuple(payers),
        {name: tuple(texts) for name, texts in rows.shared.items()},
        tuple(rows.currencies),
        tuple(rows.invoices),
    )


class _Rows:
    """The rows, and the shared texts that they name by number."""

    def __init__(self, period: BillingPeriod) -> None:
        self._period = period
        self.shared: dict[str, dict[str, int]] = {name: {} for name in SHARED}
        self.currencies: dict[str, int] = {}
        self.invoices: list[Row] = []

    def add(
        self, payer: int, invoice: ArchivedInvoice | OutstandingInvoice, blocking: set[str]
    ) -> None:
        summary = invoice.summary
        texts = (
            summary.invoice_type or "",
            summary.invoicing_entity,
            summary.text_at("PurchaseOrderNumber") or "",
            self._document(invoice),
            _status(invoice, blocking),
        )
        amounts = dict.fromkeys(_amounts(summary))
        self.invoices.append(
            (
                invoice.invoice_id,
                payer,
                *(_number(self.shared[name], one) for name, one in zip(SHARED, texts, strict=True)),
                *(part for amount in amounts for part in self._amount(amount)),
            )
        )

    def _amount(self, amount: Amount) -> tuple[str, int]:
        return decimal_text(amount.value), _number(self.currencies, amount.currency)

    def _document(self, invoice: ArchivedInvoice | OutstandingInvoice) -> str:
        """The name of the newest revision of the invoice document, without the beginning that all
        documents of the payer account share; empty if there is none.
        """
        documents = invoice.documents if isinstance(invoice, ArchivedInvoice) else ()
        own = [one for one in documents if one.is_invoice_document]
        if not own:
            return ""
        newest = max(own, key=lambda one: one.revision).stored.key
        name = newest.removeprefix(document_names_prefix(self._period, invoice.payer_account_id))
        return name.replace(invoice.invoice_id, _ID, 1)


def _number(known: dict[str, int], text: str) -> int:
    return known.setdefault(text, len(known))


def _amounts(summary: InvoiceSummary) -> Iterator[Amount]:
    """The amount that the row states, then its totals in other currencies."""
    with suppress(AmountNotRead):
        yield summary.stated_amount()
    for member in _AMOUNTS:
        with suppress(AmountNotRead):
            value = summary.amount_at(f"{member}.TotalAmount")
            currency = summary.text_at(f"{member}.CurrencyCode")
            if value is not None and currency:
                credit = value.copy_abs().copy_negate()
                yield Amount(currency, credit if summary.is_credit_memo else value)


def _status(invoice: ArchivedInvoice | OutstandingInvoice, blocking: set[str]) -> str:
    if isinstance(invoice, ArchivedInvoice) and invoice.has_invoice_document:
        return ARCHIVED
    about = {invoice.invoice_id, *(found.subject for found in invoice.findings)}
    return NOT_ARCHIVED if about.isdisjoint(blocking) else OUTSTANDING


def _texts(values: Iterable[object]) -> tuple[str, ...]:
    if isinstance(values, str):
        raise TypeError("it has a text in place of a list")
    return tuple(map(_text, values))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _check(row: list[Any], sizes: list[int], currencies: int) -> None:
    """Raise ValueError or TypeError for anything but a row."""
    invoice_id, numbers, amounts = row[0], row[1 : 1 + len(sizes)], row[1 + len(sizes) :]
    _texts([invoice_id, *amounts[::2]])
    every = [*zip(numbers, sizes, strict=True), *((one, currencies) for one in amounts[1::2])]
    if len(amounts) % 2 or not all(type(n) is int and 0 <= n < size for n, size in every):
        raise ValueError("a row has numbers of nothing")
    for amount in amounts[::2]:
        stored_decimal(amount)
