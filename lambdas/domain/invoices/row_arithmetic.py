"""Checks that the parts of an invoice summary add up."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from lambdas.domain.money import EXACT, AmountNotRead, read_decimal, smallest_unit

AMOUNT_MEMBERS = ("BaseCurrencyAmount", "TaxCurrencyAmount", "PaymentCurrencyAmount")
_PARTS = (("Discounts", "discounts"), ("Fees", "fees"), ("Taxes", "taxes"))


def contradictions(row: Mapping[str, Any]) -> Iterator[str]:
    """Contradictions in a row of ListInvoiceSummaries, each as part of a sentence.

    In each of its currencies, subtotal - discounts + fees + taxes must be the total, and so must
    total before tax + taxes. Each number was rounded by itself, so each adds half of the currency's
    smallest unit to the tolerance. AWS does not document the sign of a discount: either is
    accepted. Numbers missing in the row are not guessed.
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
    stated_parts = {
        word: str(breakdown[part]["TotalAmount"])
        for part, word in _PARTS
        if (breakdown.get(part) or {}).get("TotalAmount") is not None
    }
    subtotal, before_tax = breakdown.get("SubTotalAmount"), amount.get("TotalAmountBeforeTax")
    if subtotal is None and (before_tax is None or "taxes" not in stated_parts):
        return
    unit = smallest_unit(str(amount.get("CurrencyCode")))
    total = read_decimal(amount["TotalAmount"], f"{member}.TotalAmount")
    parts = {word: read_decimal(text, f"{member}, {word}") for word, text in stated_parts.items()}
    nothing = Decimal(0)
    if subtotal is not None:
        gross = EXACT.add(
            read_decimal(subtotal, f"{member}, subtotal"),
            EXACT.add(parts.get("fees", nothing), parts.get("taxes", nothing)),
        )
        discounts = parts.get("discounts", nothing)
        sums = (EXACT.subtract(gross, discounts), EXACT.add(gross, discounts))
        if not any(_is_within(one, total, unit * (2 + len(parts)) / 2) for one in sums):
            parts_text = "".join(f", {word} {text}" for word, text in stated_parts.items())
            yield f"{member} has subtotal {subtotal}{parts_text} and total {amount['TotalAmount']}"
    if before_tax is not None and "taxes" in parts:
        net = EXACT.add(read_decimal(before_tax, f"{member}.TotalAmountBeforeTax"), parts["taxes"])
        if not _is_within(net, total, unit * 3 / 2):
            yield (
                f"{member} has {before_tax} before tax, taxes {stated_parts['taxes']} and total "
                f"{amount['TotalAmount']}"
            )


def _is_within(one: Decimal, other: Decimal, tolerance: Decimal) -> bool:
    return EXACT.subtract(one, other).copy_abs() <= tolerance
