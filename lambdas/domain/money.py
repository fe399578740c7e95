"""Exact amounts of money in one currency, and the smallest unit of each currency."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Annotated

from lambdas.domain.json_form import As, Form, named

_MOST_DIGITS = 60
_MOST_SHOWN = 40
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
"""AWS writes 1433.81; Cost Explorer may write an exponent too."""
_STORED = re.compile(rf"-?\d{{1,{4 * _MOST_DIGITS}}}(?:\.\d{{1,{4 * _MOST_DIGITS}}})?", re.ASCII)
EXACT = Context(prec=4 * _MOST_DIGITS, traps=[Inexact, InvalidOperation])
"""Arithmetic that never rounds: its precision exceeds that of any month's sum."""


class AmountNotRead(ValueError):
    """An amount of the row is not a decimal number."""


def decimal_text(value: Decimal) -> str:
    """Decimal text without exponent and without a negative zero."""
    return f"{value if value else value.copy_abs():f}"


def stored_decimal(text: str) -> Decimal:
    """Read an amount or a sum written by `decimal_text`. Raises AmountNotRead for anything else, so
    that no stored number expands without limit when it is written again.
    """
    if not isinstance(text, str) or not _STORED.fullmatch(text):
        raise AmountNotRead(f"'{text!s:.40}' is no amount as the archive stores them")
    return Decimal(text)


@dataclass(frozen=True)
class Amount(Form):
    """An amount of money in one currency; amounts in other currencies are never added to it."""

    currency: str
    value: Annotated[Decimal, As(stored_decimal, decimal_text)] = field(metadata=named("amount"))


def sums(amounts: Iterable[Amount]) -> list[Amount]:
    """The sum of each currency, in the order of their codes."""
    found: dict[str, Decimal] = {}
    for amount in amounts:
        found[amount.currency] = EXACT.add(found.get(amount.currency, Decimal(0)), amount.value)
    return [Amount(currency, value) for currency, value in sorted(found.items())]


def read_decimal(text: str, place: str) -> Decimal:
    """Read AWS's decimal text. Raises AmountNotRead with the place and the beginning of the text.

    Only ASCII digits are accepted. Python also reads digits of other scripts, `1_000`, spaces
    around the number, and infinity.
    """
    if not isinstance(text, str) or not _DECIMAL.fullmatch(text):
        raise _not_read(text, place, "not a decimal number")
    try:
        value = Decimal(text)
    except InvalidOperation:  # its exponent is beyond arithmetic
        raise _not_read(text, place, "not a decimal number") from None
    _, digits, exponent = value.as_tuple()
    if max(len(digits), abs(int(exponent))) > _MOST_DIGITS:
        raise _not_read(text, place, "beyond any amount of money")
    return value


def _not_read(text: object, place: str, why: str) -> AmountNotRead:
    begins = str(text)[:_MOST_SHOWN] + ("…" if len(str(text)) > _MOST_SHOWN else "")
    return AmountNotRead(f"{place} is '{begins}', {why}")


_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"), 0),
    **dict.fromkeys(("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""Digits after the point of currencies that do not have two (ISO 4217)."""


def smallest_unit(currency: str) -> Decimal:
    """The smallest unit of a currency: 0.01 USD, 1 JPY, 0.001 KWD."""
    return Decimal(1).scaleb(-_DIGITS.get(currency, 2))


def is_money(amount: Amount) -> bool:
    """True if the amount is at least half of its currency's smallest unit; less rounds to zero."""
    return amount.value.copy_abs() * 2 >= smallest_unit(amount.currency)
