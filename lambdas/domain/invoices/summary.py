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
    """One row: `row` is plain JSON data, instants as ISO 8601 text in UTC, amounts as AWS's decimal
    text.
    """

    row: Row = field(metadata=named("summary"))
    received: str | None = field(
        default=None, compare=False, repr=False, metadata=ADDED_LATER | named("row_received")
    )
    """The row's own JSON text as AWS sent it; None where it was not kept."""
    differing: tuple[Row, ...] = field(default=(), metadata=NOT_STORED)
    """Other rows of the same id in the same listing that say something else."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What of the row as AWS sent it could not be read, a sentence part each."""
        return () if self.received is None else read_row(self.received).problems

    @property
    def is_estimate(self) -> bool:
        """Whether it stands for an invoice that AWS has not issued yet: such rows are listed in the
        first days of a month and go away.
        """
        return (self.invoice_id or "").lower().startswith(_ESTIMATE)

    @property
    def invoice_id(self) -> str | None:
        return self._word("InvoiceId")

    @property
    def account_id(self) -> str | None:
        """The row's account; None for anything but twelve digits, for it becomes part of keys."""
        value = self.row.get("AccountId")
        return value if isinstance(value, str) and _ACCOUNT_ID.fullmatch(value) else None

    @property
    def invoice_type(self) -> str | None:
        return self._word("InvoiceType")

    @property
    def original_invoice_id(self) -> str | None:
        """The invoice that this one corrects, or whose payment it acknowledges."""
        return self._word("OriginalInvoiceId")

    @property
    def commercial_invoice_id(self) -> str | None:
        """The invoice that this one, a copy for the tax office, repeats."""
        return self._word("CommercialInvoiceId")

    @property
    def is_own_invoice(self) -> bool:
        """Whether it is an invoice: no copy of one for the tax office, no receipt, no credit memo,
        no estimate.

        A row without a type, or of one that this deployment does not know, counts as one.
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
        """Whether it adds nothing of its own: a tax document repeats its commercial invoice, a
        payment receipt its invoice.
        """
        return bool(self.commercial_invoice_id) or self.is_receipt

    @property
    def issued_at(self) -> datetime | None:
        return self._instant_at("IssuedDate")

    @property
    def bill_source_accounts(self) -> tuple[str, ...]:
        """The payer accounts of other organizations whose bill it is under a billing transfer, as
        far as the row names them.
        """
        return tuple(sorted(one for one in self._bill_sources if one != self.account_id))

    @property
    def unnamed_bill_sources(self) -> int:
        """How many accounts AWS counts and does not list."""
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
        """Who issues it, as AWS writes the name; empty where the row does not say."""
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
        """A member that is a text; None for anything else."""
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
        """The UTC day of an instant of the row; None where there is none, or what stands there is
        none.
        """
        instant = self._instant_at(path)
        return instant.date() if instant else None

    def billing_period(self, asked: BillingPeriod | None) -> BillingPeriod | None:
        """The row's billing period; without one the period that was asked for, else the month
        before the issued date.
        """
        year, month = (_at(self.row, f"BillingPeriod.{name}") for name in ("Year", "Month"))
        with suppress(ValueError, TypeError):  # half a period, or a month 13, says nothing
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
        """SHA-256 of the row with its lists sorted: equal as long as AWS says the same, in whatever
        order.
        """
        return sha256_hex(to_hashed_json(_sorted(self.row)))

    def mark(self) -> str:
        """What tells a row without an id from others: its text where less than that was read."""
        if self.received is not None and self.problems:
            return sha256_hex(self.received.encode("utf-8", "surrogatepass"))
        return self.fingerprint()

    def same_fingerprints(self) -> frozenset[str]:
        """The fingerprints of all rows that say the same, whether or not they name the receiver's
        role.
        """
        rows = [dict(self.row)]
        if "ReceiverRole" in self.row:
            rows.append({k: v for k, v in self.row.items() if k != "ReceiverRole"})
        else:
            rows += [{**self.row, "ReceiverRole": role} for role in _KNOWN_VALUES["ReceiverRole"]]
        return frozenset(InvoiceSummary(row).fingerprint() for row in rows)

    def fingerprint_without_role(self) -> str:
        """Equal for rows that differ in the receiver's role alone."""
        row = {name: value for name, value in self.row.items() if name != "ReceiverRole"}
        return InvoiceSummary(row).fingerprint()

    def unknown_values(self) -> Iterator[str]:
        """`member=value` for each enumeration value that the service model of this deployment does
        not name, and for each day that is none.
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
        with suppress(ValueError):  # it is shown as AWS gave it, and flagged
            return read_instant(text) if text else None
        return None

    def amount_due(self) -> Amount | None:
        """What the row adds to the total that is to be paid, or None when it adds nothing.

        The total in the payment currency, or in the base currency where there is none. A credit
        memo counts as negative whatever its sign. Raises AmountNotRead.
        """
        return None if self.repeats_another else self.stated_amount()

    def stated_amount(self) -> Amount:
        """The row's total, whether it adds to any or not. Raises AmountNotRead."""
        for member in ("PaymentCurrencyAmount", "BaseCurrencyAmount"):
            total = _at(self.row, f"{member}.TotalAmount")
            currency = _at(self.row, f"{member}.CurrencyCode")
            if total is not None and isinstance(currency, str):
                return self._amount(member)
        raise AmountNotRead("the row has no total with its currency")

    def amount_in(self, currency: str) -> Amount | None:
        """What the row adds in this currency, whatever is to be paid in; None when it adds nothing
        or tells no readable amount in it.
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
"""Stored as its row, without the text that it was read from."""


def one_a_listing(rows: Iterable[InvoiceSummary]) -> list[InvoiceSummary]:
    """The rows of one listing with one for each id, which has the others of that id that differ
    with it. A row that comes twice is one; so are two of which only the receiver's role differs.
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
    """The row's total as people read it."""
    try:
        amount = InvoiceSummary(row).stated_amount()
    except AmountNotRead:
        return "an amount that cannot be read"
    return f"{decimal_text(amount.value)} {amount.currency}"


def row_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What differs between two rows of one invoice, a sentence part each: `TaxAuthorityStatus:
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
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


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
