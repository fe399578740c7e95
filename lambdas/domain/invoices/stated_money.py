"""Net, tax and gross of a row in one of its currencies, with the tax that AWS lists."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from typing import Any

from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.money import EXACT, AmountNotRead, read_decimal, smallest_unit


@dataclass(frozen=True)
class StatedMoney:
    """The amounts of one member of a row; None where AWS states none.

    Net and tax are as AWS states them. If it states only one, the other is the difference to gross.
    Each is negative for a credit memo, whatever its sign in the row.
    """

    currency: str
    net: Decimal | None
    tax: Decimal | None
    gross: Decimal
    exchange_rate: Decimal | None
    """The rate with which AWS came to this currency."""
    source_currency: str
    """The currency that the rate converts to this one."""
    tax_name: str
    """The names of the taxes, joined by a plus sign."""
    tax_rate: Decimal | None
    """In per cent. Of several taxes, the one rate by which net gives their sum, if there is one."""


def stated_money(summary: InvoiceSummary) -> StatedMoney | None:
    """The money of a row in the currency of the totals, even if it adds to none of them."""
    with suppress(AmountNotRead):
        return _money(summary, summary.stated_member())
    return None


def tax_money(summary: InvoiceSummary) -> StatedMoney | None:
    """The money of a row in the currency in which its tax is reported."""
    with suppress(AmountNotRead):
        return _money(summary, "TaxCurrencyAmount")
    return None


def _money(summary: InvoiceSummary, member: str) -> StatedMoney:
    """Raises AmountNotRead for a member without a total in a currency."""
    amount = summary.row.get(member)
    currency = _in(amount, "CurrencyCode")
    listed = _in(_in(amount, "AmountBreakdown"), "Taxes")
    sign = -1 if summary.is_credit_memo else 1
    gross = _signed(_in(amount, "TotalAmount"), sign)
    if gross is None or not isinstance(currency, str):
        raise AmountNotRead(f"{member} has no total with its currency")
    net = _signed(_in(amount, "TotalAmountBeforeTax"), sign)
    tax = _signed(_in(listed, "TotalAmount"), sign)
    if net is None and tax is not None:
        net = EXACT.subtract(gross, tax)
    elif tax is None and net is not None:
        tax = EXACT.subtract(gross, net)
    taxes = list(_taxes(_in(listed, "Breakdown")))
    exchange = _in(amount, "CurrencyExchangeDetails")
    source = _in(exchange, "SourceCurrencyCode")
    return StatedMoney(
        currency=currency,
        net=net,
        tax=tax,
        gross=gross,
        exchange_rate=_decimal(_in(exchange, "Rate")),
        source_currency=source if isinstance(source, str) else "",
        tax_name=" + ".join(dict.fromkeys(name for name, _ in taxes if name)),
        tax_rate=_rate([rate for _, rate in taxes], net, tax, smallest_unit(currency)),
    )


def _signed(text: Any, sign: int) -> Decimal | None:
    """The number as it stands; for a credit memo less than zero."""
    value = _decimal(text)
    if value is None or sign > 0:
        return value
    return EXACT.minus(EXACT.abs(value))


def _in(value: Any, name: str) -> Any:
    """A member of a part of the row; None if the part has none, or is none."""
    return value.get(name) if isinstance(value, dict) else None


def _decimal(text: Any) -> Decimal | None:
    """The number; None for anything else, for which the row has a finding."""
    if text is None:
        return None
    try:
        return read_decimal(text, "")
    except AmountNotRead:
        return None


def _taxes(listed: Any) -> Iterator[tuple[str, Decimal | None]]:
    """The name and rate of each tax that AWS lists."""
    for one in listed if isinstance(listed, list | tuple) else ():
        name, rate = _in(one, "Description"), _in(one, "Rate")
        if isinstance(one, dict):
            per_cent = rate.removesuffix("%") if isinstance(rate, str) else None
            yield name if isinstance(name, str) else "", _decimal(per_cent)


def _rate(
    rates: list[Decimal | None], net: Decimal | None, tax: Decimal | None, unit: Decimal
) -> Decimal | None:
    """The only one of several taxes, or the one rate of them all, or of one of them, that fits."""
    known = [rate for rate in rates if rate is not None]
    if len(known) < len(rates) or not known:
        return None
    if len(known) == 1:
        return known[0]
    if net is None or tax is None:
        return None
    total = reduce(EXACT.add, known)
    # each tax was rounded by itself; fractions are exact, however long a number is
    rounded = Fraction(unit) * len(known) / 2
    fitting = {
        rate
        for rate in (total, *known)
        if abs(Fraction(net) * Fraction(rate) / 100 - Fraction(tax)) <= rounded
    }
    return fitting.pop() if len(fitting) == 1 else None
