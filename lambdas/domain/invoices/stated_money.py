"""Net, tax and gross of a row in one of its currencies, with the tax that AWS lists."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.money import EXACT, AmountNotRead, read_decimal, smallest_unit


@dataclass(frozen=True)
class StatedMoney:
    """The amounts of one member of a row; None where AWS states none.

    Net and tax are as AWS states them. If it states only one, the other is the difference to gross.
    All three are negative for a credit memo, whatever the sign in its row.
    """

    currency: str
    net: Decimal | None
    tax: Decimal | None
    gross: Decimal
    exchange_rate: Decimal | None
    """The rate with which AWS came to this currency."""
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
    gross = _decimal(_in(amount, "TotalAmount"))
    if gross is None or not isinstance(currency, str):
        raise AmountNotRead(f"{member} has no total with its currency")
    net = _decimal(_in(amount, "TotalAmountBeforeTax"))
    listed = _in(_in(amount, "AmountBreakdown"), "Taxes")
    tax = _decimal(_in(listed, "TotalAmount"))
    if net is None and tax is not None:
        net = EXACT.subtract(gross, tax)
    elif tax is None and net is not None:
        tax = EXACT.subtract(gross, net)
    taxes = list(_taxes(_in(listed, "Breakdown")))
    is_turned = summary.is_credit_memo and gross > 0
    return StatedMoney(
        currency,
        _turned(net) if is_turned else net,
        _turned(tax) if is_turned else tax,
        gross.copy_negate() if is_turned else gross,
        _decimal(_in(_in(amount, "CurrencyExchangeDetails"), "Rate")),
        " + ".join(dict.fromkeys(name for name, _ in taxes if name)),
        _rate([rate for _, rate in taxes], net, tax, smallest_unit(currency)),
    )


def _turned(value: Decimal | None) -> Decimal | None:
    return None if value is None else EXACT.minus(value)


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
    known = [rate for rate in rates if rate is not None]
    if len(known) < len(rates) or not known:
        return None
    if len(known) == 1:
        return known[0]
    if net is None or tax is None:
        return None
    total = Decimal(0)
    for rate in known:
        total = EXACT.add(total, rate)
    for rate in (total, *known[: len(set(known)) == 1]):
        of_net = EXACT.multiply(net, rate).scaleb(-2, EXACT)
        # each tax was rounded by itself
        if EXACT.subtract(of_net, tax).copy_abs() <= unit * len(known):
            return rate
    return None
