"""The currencies in which a period's totals may still change, and how that is said."""

from collections.abc import Collection
from dataclasses import dataclass

from lambdas.domain.words import counted
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
    now: PeriodDigest, before: PeriodDigest | None = None, account_id: str | None = None
) -> OpenCurrencies:
    """The currencies in which an invoice of the period may be missing: of one payer account, or of
    all of them.

    A listed invoice that is outstanding has its currency. An account that is not complete for
    another reason may get invoices in the currencies that it has now or had in the month before.
    """
    if account_id is not None:
        return _of_account(now, before, account_id)
    accounts = {payer.payer_account_id for payer in now.payers if not payer.is_complete}
    if now.is_in_progress and before:
        accounts |= before.payer_of.keys() - now.payer_of.keys()
    if not accounts and not now.is_complete:
        return _ANY  # the archive itself needs a person
    found = _NONE
    for one in accounts:
        found |= _of_account(now, before, one)
    return found


def _of_account(now: PeriodDigest, before: PeriodDigest | None, account_id: str) -> OpenCurrencies:
    earlier = before.payer_of.get(account_id) if before else None
    payer = now.payer_of.get(account_id)
    if payer is None:
        return _these(earlier.totals if earlier else ()) if now.is_in_progress else _NONE
    if payer.is_complete:
        return _NONE
    if payer.verdict == "PARTIAL" and not now.is_in_progress:  # everything expected is listed
        if not payer.outstanding:
            return _NONE
        if payer.outstanding_totals:
            return _these(payer.outstanding_totals)
    usual = earlier.totals if earlier else ()
    return _these({*payer.totals, *payer.outstanding_totals, *usual})


def _these(currencies: Collection[str]) -> OpenCurrencies:
    return OpenCurrencies(frozenset(currencies)) if currencies else _ANY


def provisional(one: PeriodDigest | PayerDigest) -> str:
    """The remark beside totals that are not whole."""
    if not one.outstanding:
        return "provisional"
    verb = "is" if one.outstanding == 1 else "are"
    return f"provisional: {counted(one.outstanding, 'invoice')} {verb} outstanding"
