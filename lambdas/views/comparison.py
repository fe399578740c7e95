"""Differences from the period before, and changes of archived invoices.

A total is compared only after the month, and only if it is whole in both months.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Context, Decimal

from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.money import EXACT
from lambdas.views.digest import PeriodDigest
from lambdas.views.provisional import open_currencies

PAYER_NEW = "PAYER_NEW"
PAYER_GONE = "PAYER_GONE"
TOTAL_CHANGED = "TOTAL_CHANGED"
_PERCENT = Context(prec=9)
CHANGE_CODES = (
    "INVOICE_CHANGED",
    "INVOICE_CANCELLED",
    "INVOICE_VANISHED",
    "LATE_INVOICE",
    "LATE_DOCUMENT",
    "DOCUMENT_REVISED",
)
"""Codes of the findings on changes of archived invoices."""


@dataclass(frozen=True)
class Total:
    """The total of a currency, before and now; None if there was or is none."""

    currency: str
    before: Decimal | None
    now: Decimal | None
    is_provisional: bool
    """True if an outstanding invoice may change the total of now."""
    is_comparable: bool

    @property
    def difference(self) -> Decimal | None:
        """Now minus before; None if either is provisional."""
        return difference(self.before, self.now) if self.is_comparable else None


@dataclass(frozen=True)
class Change:
    """One difference. `before` and `now` are in the currency; None if there was or is none."""

    code: str
    payer_account_id: str
    payer_name: str
    subject: str
    """An invoice id or archive key; empty if the payer account as a whole changed."""
    detail: str
    currency: str = ""
    before: Decimal | None = None
    now: Decimal | None = None
    next_step: str = ""
    is_comparable: bool = True

    @property
    def difference(self) -> Decimal | None:
        """Now minus before; None if either is provisional, or if the change has no amounts."""
        if not self.is_comparable or (self.before is None and self.now is None):
            return None
        return difference(self.before, self.now)

    @property
    def percent(self) -> Decimal | None:
        """The difference in per cent of before; None if there is none, or nothing before or now."""
        if self.difference is None or not self.before or self.now is None:
            return None
        return _PERCENT.divide(self.difference, abs(self.before)).scaleb(2)


def difference(before: Decimal | None, now: Decimal | None) -> Decimal:
    """The exact difference; None counts as zero."""
    return EXACT.subtract(now or Decimal(0), before or Decimal(0))


def total_changes(
    before: PeriodDigest | None, now: PeriodDigest, account_id: str | None = None
) -> Iterator[Total]:
    """The totals per currency, equal ones too, of one payer account or of all of them.

    A month in progress is compared with nothing. After it, a currency is compared if its totals are
    whole in both months.
    """
    open_now = open_currencies(now, before, account_id)
    earlier = None if now.is_in_progress else before
    open_before = open_currencies(earlier, now, account_id) if earlier else None
    totals_before = earlier.totals_of(account_id) if earlier else {}
    totals_now = now.totals_of(account_id)
    for currency in sorted(totals_before.keys() | totals_now.keys()):
        is_whole = currency not in open_now
        yield Total(
            currency,
            totals_before.get(currency),
            totals_now.get(currency),
            is_provisional=not is_whole,
            is_comparable=is_whole and open_before is not None and currency not in open_before,
        )


def since_period_before(before: PeriodDigest, now: PeriodDigest) -> list[Change]:
    """Differences of the payer accounts and their totals from the period before, per currency: new
    and missing ones first, then by size in per cent. A month in progress has none.

    A payer account that is new or gone without any total counts too.
    """
    return sorted(_changes(before, now), key=_new_and_missing_first)


def _new_and_missing_first(change: Change) -> tuple[object, ...]:
    is_in_both = change.before is not None and change.now is not None
    percent = change.percent
    return (
        is_in_both,
        percent is None,
        -abs(percent or Decimal(0)),
        change.payer_account_id,
        change.currency,
    )


def _changes(before: PeriodDigest, now: PeriodDigest) -> Iterator[Change]:
    if now.is_in_progress:
        return
    for account_id in sorted(before.payer_of.keys() | now.payer_of.keys()):
        totals = [one for one in total_changes(before, now, account_id) if one.before != one.now]
        if account_id not in before.payer_of:
            code = PAYER_NEW
            detail = f"The payer account is new: {before.billing_period} does not have it."
        elif account_id not in now.payer_of:
            code = PAYER_GONE
            detail = (
                f"The payer account is in {before.billing_period}, not in {now.billing_period}."
            )
        else:
            code = TOTAL_CHANGED
            detail = f"The total differs from that of {before.billing_period}."
        payer = now.payer_of.get(account_id) or before.payer_of[account_id]
        if code != TOTAL_CHANGED and not totals:
            yield Change(code, account_id, payer.name, "", detail)
        for one in totals:
            amounts = one.currency, one.before, one.now
            yield Change(
                code, account_id, payer.name, "", detail, *amounts, is_comparable=one.is_comparable
            )


def archive_changes(manifest: Manifest) -> Iterator[Change]:
    """Changes of the period's archived invoices, from its findings."""
    for payer in manifest.payers:
        for found in payer.findings:
            if found.code in CHANGE_CODES:
                yield Change(
                    found.code,
                    payer.payer_account_id,
                    payer.name,
                    found.subject,
                    found.detail,
                    next_step=found.next_step,
                )
