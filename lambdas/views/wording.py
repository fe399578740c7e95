"""Words, names and amounts for readers of pages and spreadsheets."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.json_text import read_instant
from lambdas.domain.money import smallest_unit

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_ROUNDED = Context(prec=240, rounding=ROUND_HALF_UP)
_ABBREVIATIONS = ("AWS", "ID", "PDF", "URL")
PERIOD_VERDICTS: Mapping[str, str] = {
    "COMPLETE": "Complete",
    "AWAITING": "Awaiting invoices",
    "ACTION_REQUIRED": "Action required",
}
PAYER_VERDICTS: Mapping[str, tuple[str, str]] = {
    "COMPLETE": ("Complete", "Every expected invoice has all its documents."),
    "NO_CHARGES": ("No charges", "A witness beside the invoice list says: nothing was charged."),
    "TRANSFERRED": ("Transferred", "Its bills go to another account by billing transfer."),
    "AWAITING": ("Awaiting", "The deadline is not over and nothing needs a person yet."),
    "MISSING": ("Missing", "The deadline is over and AWS does not list an expected invoice."),
    "PARTIAL": ("Partial", "Every expected invoice is listed; a document is missing."),
    "NO_ACCESS": ("No access", "The payer account could not be read."),
    "NOT_CHECKED": ("Not checked", "No run has finished asking this payer account."),
}
"""Name and meaning of each payer verdict."""


def verdict_name(verdict: str) -> str:
    """A verdict in words; an unknown one by the name of its code."""
    if verdict in PERIOD_VERDICTS:
        return PERIOD_VERDICTS[verdict]
    return PAYER_VERDICTS[verdict][0] if verdict in PAYER_VERDICTS else code_name(verdict)


def code_name(code: str) -> str:
    """A finding's code in words: `PDF_NOT_READY` is "PDF not ready"."""
    words = [word if word in _ABBREVIATIONS else word.lower() for word in code.split("_")]
    text = " ".join(words).replace(" e invoice", " e-invoice")
    return text[:1].upper() + text[1:]


def month_name(period: BillingPeriod) -> str:
    """The month alone, for places where the year is known."""
    return _MONTHS[period.month - 1]


def period_name(period: BillingPeriod) -> str:
    return f"{_MONTHS[period.month - 1]} {period.year}"


def day_name(day: date) -> str:
    """`3 November 2026`, in which no country takes the month for the day."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def instant_name(text: str) -> str:
    """An instant of the archive as `3 November 2026, 06:00 UTC`."""
    instant: datetime = read_instant(text)
    return f"{day_name(instant.date())}, {instant:%H:%M} UTC"


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
