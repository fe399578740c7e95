"""The invoice summary: one row of ListInvoiceSummaries, as AWS gave it.

Every member is optional and its enumerations grow, so a row is kept whole and read through here.
Source: the botocore model `invoicing` 2024-12-01.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Annotated, Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.invoices.received_rows import Row, read_row
from lambdas.domain.invoices.types import INVOICE_TYPES
from lambdas.domain.json_form import ADDED_LATER, NOT_STORED, As, named
from lambdas.domain.json_text import read_instant, sha256_hex, to_hashed_json
from lambdas.domain.money import Amount, AmountNotRead, decimal_text, read_decimal

_KNOWN_VALUES: Mapping[str, tuple[str, ...]] = {
    "InvoiceType": INVOICE_TYPES,
    "BillType": ("ANNIVERSARY", "PURCHASE", "REFUND"),
    "InvoiceFrequency": ("ONE_TIME", "RECURRING"),
    "TaxAuthorityStatus": ("ISSUED", "CANCELLED"),
    "EinvoiceDeliveryStatus": ("DELIVERED", "NOT_DELIVERED"),
    "ReceiverRole": ("SELLER", "RESELLER", "BUYER"),
    "Entity.BillingEntity": ("AWS", "AWS_MARKETPLACE"),
}
_ESTIMATE = "estimate-"
_ACCOUNT_ID = re.compile(r"\d{12}", re.ASCII)


@dataclass(frozen=True)
class InvoiceSummary:
    """One row. `row` is plain JSON data: instants as ISO 8601 text in UTC, amounts as AWS's decimal
    text.
    """

    row: Row = field(metadata=named("summary"))
    received: str | None = field(
        default=None, compare=False, repr=False, metadata=ADDED_LATER | named("row_received")
    )
    """The row's own JSON text as AWS sent it; None if it was not kept."""
    differing: tuple[Row, ...] = field(default=(), metadata=NOT_STORED)
    """Differing rows of the same id in the same listing."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Problems in reading the row as AWS sent it, each as part of a sentence."""
        return () if self.received is None else read_row(self.received).problems

    @property
    def is_estimate(self) -> bool:
        """True if AWS has not issued the invoice yet: such rows are listed in the first days of a
        month and then disappear.
        """
        return (self.invoice_id or "").lower().startswith(_ESTIMATE)

    @property
    def invoice_id(self) -> str | None:
        return self._word("InvoiceId")

    @property
    def account_id(self) -> str | None:
        """The row's account; None unless it is twelve digits, since it becomes part of keys."""
        value = self.row.get("AccountId")
        return value if isinstance(value, str) and _ACCOUNT_ID.fullmatch(value) else None

    @property
    def invoice_type(self) -> str | None:
        return self._word("InvoiceType")

    @property
    def original_invoice_id(self) -> str | None:
        """The invoice that this one corrects or acknowledges the payment of."""
        return self._word("OriginalInvoiceId")

    @property
    def commercial_invoice_id(self) -> str | None:
        """The invoice of which this one is the copy for the tax office."""
        return self._word("CommercialInvoiceId")

    @property
    def is_own_invoice(self) -> bool:
        """True if it is an invoice: no tax copy, receipt, credit memo or estimate.

        A row of no type or an unknown one counts as an invoice.
        """
        return not (self.repeats_another or self.is_credit_memo or self.is_estimate)

    @property
    def is_credit_memo(self) -> bool:
        return self.invoice_type == "CREDIT_MEMO"

    @property
    def is_receipt(self) -> bool:
        return self.invoice_type == "PAYMENT_RECEIPT"

    @property
    def repeats_another(self) -> bool:
        """True if it adds no amount of its own: a tax copy repeats its commercial invoice, a
        payment receipt its invoice.
        """
        return bool(self.commercial_invoice_id) or self.is_receipt

    @property
    def issued_at(self) -> datetime | None:
        return self._instant_at("IssuedDate")

    @property
    def bill_source_accounts(self) -> tuple[str, ...]:
        """The payer accounts of other organizations billed here by billing transfer, as far as the
        row names them.
        """
        return tuple(sorted(one for one in self._bill_sources if one != self.account_id))

    @property
    def unnamed_bill_sources(self) -> int:
        """The number of bill sources that AWS counts and does not name."""
        total = self.row.get("BillSourceAccountsTotalCount")
        return max(0, total - len(self._bill_sources)) if isinstance(total, int) else 0

    @property
    def _bill_sources(self) -> list[str]:
        accounts = self.row.get("BillSourceAccounts")
        if not isinstance(accounts, list | tuple):
            return []
        return [one for one in accounts if isinstance(one, str)]

    @property
    def invoicing_entity(self) -> str:
        """The issuer's name as AWS writes it; empty if the row has none."""
        return str(_at(self.row, "Entity.InvoicingEntity") or "")

    @property
    def billing_entity(self) -> str:
        return str(_at(self.row, "Entity.BillingEntity") or "")

    @property
    def bill_type(self) -> str:
        return str(self.row.get("BillType") or "")

    @property
    def is_cancelled(self) -> bool:
        return self.row.get("TaxAuthorityStatus") == "CANCELLED"

    def _word(self, name: str) -> str | None:
        """A text member; None for anything else."""
        value = self.row.get(name)
        return value if isinstance(value, str) else None

    def text_at(self, path: str) -> str | None:
        """A member of the row as text, `Entity.BillingEntity` for example."""
        value = _at(self.row, path)
        return None if value is None else str(value)

    def amount_at(self, path: str) -> Decimal | None:
        """A decimal member of the row. Raises AmountNotRead."""
        text = self.text_at(path)
        return None if text is None else read_decimal(text, path)

    def day_at(self, path: str) -> date | None:
        """The UTC day of an instant of the row; None if it is absent or no instant."""
        instant = self._instant_at(path)
        return instant.date() if instant else None

    def billing_period(self, asked: BillingPeriod | None) -> BillingPeriod | None:
        """The row's billing period; else the period asked for, else the month before the issued
        date.
        """
        year, month = (_at(self.row, f"BillingPeriod.{name}") for name in ("Year", "Month"))
        with suppress(ValueError, TypeError):  # half a period, or a month 13, is none
            return BillingPeriod.parse(f"{year:04d}-{month:02d}")
        if asked:
            return asked
        if self.issued_at is None:
            return None
        before = BillingPeriod.containing(self.issued_at).shifted(-1)
        with suppress(ValueError):  # AWS has no bills of the year 1
            return BillingPeriod.parse(str(before))
        return None

    def fingerprint(self) -> str:
        """SHA-256 of the row with its lists sorted: the order of a list does not change it."""
        return sha256_hex(to_hashed_json(_sorted(self.row)))

    def mark(self) -> str:
        """The identity of a row without an id: the hash of its text if some of it was not read."""
        if self.received is not None and self.problems:
            return sha256_hex(self.received.encode("utf-8", "surrogatepass"))
        return self.fingerprint()

    def same_fingerprints(self) -> frozenset[str]:
        """The fingerprints of this row with and without each receiver's role."""
        rows = [dict(self.row)]
        if "ReceiverRole" in self.row:
            rows.append({k: v for k, v in self.row.items() if k != "ReceiverRole"})
        else:
            rows += [{**self.row, "ReceiverRole": role} for role in _KNOWN_VALUES["ReceiverRole"]]
        return frozenset(InvoiceSummary(row).fingerprint() for row in rows)

    def fingerprint_without_role(self) -> str:
        """A fingerprint equal for rows that differ only in the receiver's role."""
        row = {name: value for name, value in self.row.items() if name != "ReceiverRole"}
        return InvoiceSummary(row).fingerprint()

    def unknown_values(self) -> Iterator[str]:
        """`member=value` for each enumeration value unknown to this release and each invalid
        day.
        """
        for path, known in _KNOWN_VALUES.items():
            value = _at(self.row, path)
            if value is not None and value not in known:
                yield f"{path}={value}"
        for path in ("IssuedDate", "DueDate"):
            if self.text_at(path) and self.day_at(path) is None:
                yield f"{path}={self.text_at(path)}"

    def _instant_at(self, path: str) -> datetime | None:
        text = self.text_at(path)
        with suppress(ValueError):  # it is shown as AWS sent it, and flagged
            return read_instant(text) if text else None
        return None

    def amount_due(self) -> Amount | None:
        """The amount that the row adds to the total to be paid, or None if it adds nothing.

        It is the total in the payment currency, else in the base currency. A credit memo counts as
        negative whatever its sign. Raises AmountNotRead.
        """
        return None if self.repeats_another else self.stated_amount()

    @property
    def amount_due_or_none(self) -> Amount | None:
        """The amount that the row adds; None if it adds nothing or cannot be read."""
        with suppress(AmountNotRead):
            return self.amount_due()
        return None

    def stated_amount(self) -> Amount:
        """The row's total, even if it adds to no other. Raises AmountNotRead."""
        return self._amount(self.stated_member())

    def stated_member(self) -> str:
        """The member with the row's total. Raises AmountNotRead."""
        for member in ("PaymentCurrencyAmount", "BaseCurrencyAmount"):
            total = _at(self.row, f"{member}.TotalAmount")
            currency = _at(self.row, f"{member}.CurrencyCode")
            if total is not None and isinstance(currency, str):
                return member
        raise AmountNotRead("the row has no total with its currency")

    def amount_in(self, currency: str) -> Amount | None:
        """The amount that the row adds in this currency, whatever the payment currency; None if it
        adds nothing or has no readable amount in it.
        """
        if self.repeats_another:
            return None
        for member in ("BaseCurrencyAmount", "PaymentCurrencyAmount"):
            if (
                _at(self.row, f"{member}.CurrencyCode") == currency
                and _at(self.row, f"{member}.TotalAmount") is not None
            ):
                with suppress(AmountNotRead):
                    return self._amount(member)
        return None

    def _amount(self, member: str) -> Amount:
        value = read_decimal(self.row[member]["TotalAmount"], f"{member}.TotalAmount")
        return Amount(
            self.row[member]["CurrencyCode"],
            value.copy_abs().copy_negate() if self.is_credit_memo else value,
        )


RowAlone = Annotated[InvoiceSummary, As(InvoiceSummary, attrgetter("row"))]
"""A summary stored as its row, without the text that it was read from."""


def one_a_listing(rows: Iterable[InvoiceSummary]) -> list[InvoiceSummary]:
    """One row for each id of a listing, with the differing rows of that id in `differing`. A
    repeated row counts once, and so do rows that differ only in the receiver's role.
    """
    found: dict[object, dict[str, InvoiceSummary]] = {}
    for number, summary in enumerate(rows):
        of_id = found.setdefault(summary.invoice_id or number, {})
        of_id.setdefault(summary.fingerprint_without_role(), summary)
    return [
        replace(first, differing=tuple(other.row for other in others))
        for first, *others in (list(of_id.values()) for of_id in found.values())
    ]


def stated_text(row: Mapping[str, Any]) -> str:
    """The row's total for people."""
    try:
        amount = InvoiceSummary(row).stated_amount()
    except AmountNotRead:
        return "an amount that cannot be read"
    return f"{decimal_text(amount.value)} {amount.currency}"


def row_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Differences between two rows of one invoice, each as part of a sentence: `TaxAuthorityStatus:
    ISSUED → CANCELLED`.
    """
    old, new = dict(_leaves(_sorted(before))), dict(_leaves(_sorted(after)))
    return [
        f"{path}: {old.get(path, 'absent')} → {new.get(path, 'absent')}"
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    ]


def _at(row: Mapping[str, Any], path: str) -> Any:
    value: Any = row
    for name in _names(path):
        # a ledger asks a million times, and most of these are plain dictionaries
        if type(value) is not dict and not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


@cache
def _names(path: str) -> list[str]:
    return path.split(".")


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _sorted(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return sorted((_sorted(member) for member in value), key=to_hashed_json)
    return value


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for name, member in value.items():
            yield from _leaves(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        for index, member in enumerate(value, 1):
            yield from _leaves(member, f"{path}[{index}]")
    else:
        yield path, str(value)
