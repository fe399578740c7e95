"""Whether the parts of an invoice summary add up, and the smallest unit of each currency."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from lambdas.domain.invoice_summary import EXACT, Amount, AmountNotRead, read_decimal

AMOUNT_MEMBERS = ("BaseCurrencyAmount", "TaxCurrencyAmount", "PaymentCurrencyAmount")
_PARTS = (("Discounts", "discounts"), ("Fees", "fees"), ("Taxes", "taxes"))
_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"), 0),
    **dict.fromkeys(("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""Digits after the point, where they are not two (ISO 4217)."""


def smallest_unit(currency: str) -> Decimal:
    """The smallest unit of a currency: 0.01 USD, 1 JPY, 0.001 KWD."""
    return Decimal(1).scaleb(-_DIGITS.get(currency, 2))


def is_money(amount: Amount) -> bool:
    """Whether the amount is at least half of its currency's smallest unit: less is rounded away."""
    return amount.value.copy_abs() * 2 >= smallest_unit(amount.currency)


def contradictions(row: Mapping[str, Any]) -> Iterator[str]:
    """What does not add up in a row of ListInvoiceSummaries, a sentence part each.

    In each of its currencies, subtotal - discounts + fees + taxes must be the total, and so must
    total before tax + taxes. Each number was rounded by itself, so half a smallest unit of the
    currency for each of them is let pass. AWS does not say which sign a discount has: either will
    do. What the row does not tell is not guessed.
    """
    for member in AMOUNT_MEMBERS:
        amount = row.get(member)
        if isinstance(amount, Mapping) and amount.get("TotalAmount") is not None:
            try:
                yield from _contradictions(amount, member)
            except AmountNotRead as error:
                yield str(error)


def _contradictions(amount: Mapping[str, Any], member: str) -> Iterator[str]:
    breakdown = amount.get("AmountBreakdown") or {}
    told = {
        word: str(breakdown[part]["TotalAmount"])
        for part, word in _PARTS
        if (breakdown.get(part) or {}).get("TotalAmount") is not None
    }
    subtotal, before_tax = breakdown.get("SubTotalAmount"), amount.get("TotalAmountBeforeTax")
    if subtotal is None and (before_tax is None or "taxes" not in told):
        return
    unit = smallest_unit(str(amount.get("CurrencyCode")))
    total = read_decimal(amount["TotalAmount"], f"{member}.TotalAmount")
    parts = {word: read_decimal(text, f"{member}, {word}") for word, text in told.items()}
    nothing = Decimal(0)
    if subtotal is not None:
        gross = EXACT.add(
            read_decimal(subtotal, f"{member}, subtotal"),
            EXACT.add(parts.get("fees", nothing), parts.get("taxes", nothing)),
        )
        discounts = parts.get("discounts", nothing)
        sums = (EXACT.subtract(gross, discounts), EXACT.add(gross, discounts))
        if not any(_is_within(one, total, unit * (2 + len(parts)) / 2) for one in sums):
            shown = "".join(f", {word} {text}" for word, text in told.items())
            yield f"{member} has subtotal {subtotal}{shown} and total {amount['TotalAmount']}"
    if before_tax is not None and "taxes" in parts:
        net = EXACT.add(read_decimal(before_tax, f"{member}.TotalAmountBeforeTax"), parts["taxes"])
        if not _is_within(net, total, unit * 3 / 2):
            yield (
                f"{member} has {before_tax} before tax, taxes {told['taxes']} and total "
                f"{amount['TotalAmount']}"
            )


def _is_within(one: Decimal, other: Decimal, tolerance: Decimal) -> bool:
    return EXACT.subtract(one, other).copy_abs() <= tolerance
