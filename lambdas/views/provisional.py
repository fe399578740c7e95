"""The currencies in which a period's totals may still change, and how that is said."""

from collections.abc import Collection
from dataclasses import dataclass

from lambdas.domain.findings import DOCUMENT_GAPS
from lambdas.domain.words import counted, listed
from lambdas.views.digest import PayerDigest, PeriodDigest


@dataclass(frozen=True)
class OpenCurrencies:
    """The open currencies; any of them if nobody can say which."""

    known: frozenset[str] = frozenset()
    may_be_any: bool = False

    def __contains__(self, currency: object) -> bool:
        return self.may_be_any or currency in self.known

    def __or__(self, other: "OpenCurrencies") -> "OpenCurrencies":
        return OpenCurrencies(self.known | other.known, self.may_be_any or other.may_be_any)


_NONE, _ANY = OpenCurrencies(), OpenCurrencies(may_be_any=True)


def open_currencies(
    one: PeriodDigest, other: PeriodDigest | None = None, account_id: str | None = None
) -> OpenCurrencies:
    """The currencies in which an invoice of the period may be missing: of one payer account, or of
    all of them.

    A listed invoice that is outstanding has its currency. An account that is not complete for
    another reason may get invoices in the currencies that it has in this or in the `other` month.
    """
    if one.blocking:
        return _ANY  # the archive itself needs a person
    if account_id is not None:
        return _of_account(one, other, account_id)
    accounts = {payer.payer_account_id for payer in one.payers if not payer.is_complete}
    if one.is_in_progress and other:
        accounts |= other.payer_of.keys() - one.payer_of.keys()
    if not accounts and not one.is_complete:
        return _ANY
    found = _NONE
    for account in accounts:
        found |= _of_account(one, other, account)
    return found


def _of_account(one: PeriodDigest, other: PeriodDigest | None, account_id: str) -> OpenCurrencies:
    elsewhere = other.payer_of.get(account_id) if other else None
    usual = elsewhere.totals if elsewhere else ()
    payer = one.payer_of.get(account_id)
    if payer is None:
        return _these(usual) if one.is_in_progress else _NONE
    if payer.is_complete:
        return _NONE
    if not one.is_in_progress:
        if payer.open_currencies is not None:
            return OpenCurrencies(frozenset(payer.open_currencies))
        codes = {found.code for found in payer.blocking}
        if codes and not payer.outstanding and codes <= DOCUMENT_GAPS:
            return _NONE  # documents of archived invoices are missing, whose amounts are known
    return _these({*payer.totals, *payer.outstanding_totals, *usual})


def _these(currencies: Collection[str]) -> OpenCurrencies:
    return OpenCurrencies(frozenset(currencies)) if currencies else _ANY


def provisional(one: PeriodDigest | PayerDigest) -> str:
    """The remark beside totals that are not whole."""
    if not one.outstanding:
        return "provisional"
    verb = "is" if one.outstanding == 1 else "are"
    return f"provisional: {counted(one.outstanding, 'invoice')} {verb} outstanding"


def provisional_in(one: PeriodDigest, before: PeriodDigest | None = None) -> str | None:
    """The remark beside the totals of a period, with the currencies that may still change; None if
    none can.
    """
    currencies = {*one.totals, *one.outstanding_totals, *(before.totals if before else ())}
    opened = open_currencies(one, before)
    changing = sorted(currency for currency in currencies if currency in opened)
    if one.is_complete or (currencies and not changing):
        return None
    where = f" in {listed(changing)}" if len(changing) < len(currencies) else ""
    return provisional(one).replace("provisional", f"provisional{where}", 1)
