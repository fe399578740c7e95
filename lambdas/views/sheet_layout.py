"""The order of columns in the workbook's sheets, and the rarely used ones, which are folded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic

from lambdas.domain.close.invoice_lines import InvoiceLine
from lambdas.views.cells import Column, Line
from lambdas.views.invoices_csv import INVOICE_COLUMNS
from lambdas.views.ledger import COLUMNS, EXCLUDED, LedgerLine
from lambdas.views.sheets import Frozen, Heading, Link


@dataclass(frozen=True)
class Layout(Generic[Line]):
    """One sheet. `folded` are names of `columns`, which stand in the order of the sheet."""

    columns: Sequence[Column[Line]]
    folded: frozenset[str]
    last_frozen: str
    last_printed: str
    shown_link: str
    """The column that opens the file."""
    key: str
    """The column of archive keys."""
    full: str
    """The sentence below the last row that a worksheet holds."""

    @property
    def headings(self) -> list[Heading]:
        return [
            Heading(one.heading, one.kind, one.width, one.name in self.folded)
            for one in self.columns
        ]

    @property
    def link(self) -> Link:
        return Link(self._place(self.shown_link), self._place(self.key))

    @property
    def frozen(self) -> Frozen:
        frozen, printed = self._place(self.last_frozen), self._place(self.last_printed)
        return Frozen(frozen + 1, printed + 1, pages_wide=2)

    def _place(self, name: str) -> int:
        return [one.name for one in self.columns].index(name)


_AMOUNT = ("before_tax", "discounts", "fees", "tax", "rate", "rate_source_currency", "currency")
_AMOUNTS = {
    prefix: [f"{prefix}_{part}" for part in _AMOUNT] for prefix in ("base", "tax", "payment")
}
_OF_LISTING = (
    *("bill_type", "commercial_invoice_id", "receiver_role", "bill_source_accounts"),
    *("tax_authority_status", "einvoice_status", "billing_entity"),
)
_TECHNICAL = (
    *("billing_period", "document_id", "archive_key", "sha256", "retrieved_at", "run_id"),
    "manifest",
)
_DOCUMENTS = (
    *("payer_account_id", "payer_name", "legal_entity", "invoice_id"),
    *("invoice_type", "invoicing_entity", "issued_date", "due_date", "purchase_order"),
    *("currency", "amount_due", EXCLUDED.name, "original_invoice_id", "document_kind"),
    "file_name",
    # the column after folded ones has the sign that opens them; the first and the last of each are
    # seldom empty
    *(*_AMOUNTS["base"], "base_total"),
    *(*_AMOUNTS["tax"], "tax_total"),
    *(*_AMOUNTS["payment"], "payment_total"),
    *(*_OF_LISTING, "verdict"),
    *("findings", *_TECHNICAL),
)
_LEDGER: dict[str, Column[LedgerLine]] = {column.name: column for column in (*COLUMNS, EXCLUDED)}
DOCUMENTS = Layout(
    [_LEDGER[name] for name in _DOCUMENTS],
    frozenset((*(one for names in _AMOUNTS.values() for one in names), *_OF_LISTING, *_TECHNICAL)),
    last_frozen="invoice_id",
    last_printed=EXCLUDED.name,
    shown_link="file_name",
    key="archive_key",
    full="A worksheet holds no more rows; ledger.csv has all.",
)
_INVOICE_NAMES = [column.name for column in INVOICE_COLUMNS]
INVOICES: Layout[InvoiceLine] = Layout(
    INVOICE_COLUMNS,
    frozenset(_INVOICE_NAMES[_INVOICE_NAMES.index("file") + 1 :]),
    last_frozen="invoice_id",
    last_printed="outstanding_since",
    shown_link="file",
    key="file",
    full="A worksheet holds no more rows; invoices.csv has all.",
)
