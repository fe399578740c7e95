"""Amounts as people read them."""

from decimal import ROUND_HALF_UP, Context, Decimal

from lambdas.domain.money import smallest_unit

_ROUNDED = Context(prec=240, rounding=ROUND_HALF_UP)


def money(value: Decimal, currency: str) -> str:
    """An amount with all its decimals, at least those of its currency, with digits grouped by three
    and a real minus sign.
    """
    unit = smallest_unit(currency)
    finer = int(value.as_tuple().exponent) < int(unit.as_tuple().exponent)
    amount = value if finer else value.quantize(unit, context=_ROUNDED)
    return f"{amount if amount else amount.copy_abs():,f}".replace("-", "\N{MINUS SIGN}")


def rounded_money(value: Decimal, currency: str) -> str:
    """An amount rounded to its currency's smallest unit, for amounts that are not paid exactly."""
    return money(value.quantize(smallest_unit(currency), context=_ROUNDED), currency)


def money_change(value: Decimal, currency: str) -> str:
    """A difference with its sign, or `no change`."""
    if not value:
        return "no change"
    amount = money(value, currency)
    return f"+{amount}" if value > 0 else amount
