"""`find.json`: a period's invoices in few bytes, for the search over all billing periods.

Rows are arrays, and a text that many rows share is stored once. The file follows from the manifest
alone, so that anybody can compare it; owners come from the payer register when a page is made.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close.invoice_lines import InvoiceLine, invoice_lines
from lambdas.domain.close.owners import Owners
from lambdas.domain.evidence.archive_layout import document_names_prefix
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.json_text import to_compact_json
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.money import Amount, AmountNotRead, decimal_text, stored_decimal

FIND_SCHEMA = "invoice-archive/find/1"
SHARED = ("types", "sellers", "orders", "documents", "statuses")
"""The lists of shared texts, in the order of a row's numbers after its payer account."""
_ID = "*"
"""In place of the invoice's id in the name of its document; no key has this character."""
_AMOUNTS = ("PaymentCurrencyAmount", "BaseCurrencyAmount", "TaxCurrencyAmount")

Row = tuple[Any, ...]
"""The invoice's id; the numbers of its payer account and of each text in `SHARED`; then the amounts
that its row states, each as decimal text and the number of its currency.
"""
_Payer = tuple[str, str, str, str]
"""Account id, name, legal entity, and the payer account that the last two come from if they are not
its own.
"""


@dataclass(frozen=True)
class FindFile:
    """One `find.json`."""

    billing_period: BillingPeriod
    manifest: str
    """Key of the manifest that it was made from."""
    payers: tuple[_Payer, ...]
    """Those that have an invoice."""
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
    return find_file_of(manifest, invoice_lines(manifest, Owners(())))


def find_file_of(manifest: Manifest, lines: Iterable[InvoiceLine]) -> FindFile:
    """The file of a manifest, which may be without invoices, and of the lines of its invoices."""
    rows = _Rows(manifest.billing_period)
    for line in lines:
        rows.add(line)
    return FindFile(
        manifest.billing_period,
        manifest.key,
        tuple(rows.payers),
        {name: tuple(texts) for name, texts in rows.shared.items()},
        tuple(rows.currencies),
        tuple(rows.invoices),
    )


class _Rows:
    """The rows, and what they name by number."""

    def __init__(self, period: BillingPeriod) -> None:
        self._period = period
        self.payers: dict[_Payer, int] = {}
        self.shared: dict[str, dict[str, int]] = {name: {} for name in SHARED}
        self.currencies: dict[str, int] = {}
        self.invoices: list[Row] = []

    def add(self, line: InvoiceLine) -> None:
        who, summary = line.who, line.summary
        payer = who.account_id, who.name, who.legal_entity, who.inherited_from
        texts = (
            summary.invoice_type or "",
            summary.invoicing_entity,
            summary.text_at("PurchaseOrderNumber") or "",
            self._document(line),
            line.status,
        )
        amounts = dict.fromkeys(_amounts(summary))
        self.invoices.append(
            (
                line.invoice.invoice_id,
                _number(self.payers, payer),
                *(_number(self.shared[name], one) for name, one in zip(SHARED, texts, strict=True)),
                *(part for amount in amounts for part in self._amount(amount)),
            )
        )

    def _amount(self, amount: Amount) -> tuple[str, int]:
        return decimal_text(amount.value), _number(self.currencies, amount.currency)

    def _document(self, line: InvoiceLine) -> str:
        """The name of its invoice document, without the beginning that all documents of the payer
        account share; empty if there is none.
        """
        if line.document is None:
            return ""
        prefix = document_names_prefix(self._period, line.who.account_id)
        name = line.document.stored.key.removeprefix(prefix)
        return name.replace(line.invoice.invoice_id, _ID, 1)


T = TypeVar("T", bound=Hashable)


def _number(known: dict[T, int], one: T) -> int:
    return known.setdefault(one, len(known))


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
