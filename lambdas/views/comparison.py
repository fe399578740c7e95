"""Differences from the period before, and changes of archived invoices.

A total is compared only if it is whole in both months.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.money import EXACT
from lambdas.domain.words import counted
from lambdas.views.digest import PayerDigest, PeriodDigest

PAYER_NEW = "PAYER_NEW"
PAYER_GONE = "PAYER_GONE"
TOTAL_CHANGED = "TOTAL_CHANGED"
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


def difference(before: Decimal | None, now: Decimal | None) -> Decimal:
    """The exact difference; None counts as zero."""
    return EXACT.subtract(now or Decimal(0), before or Decimal(0))


def is_comparable(
    before: PeriodDigest | None, now: PeriodDigest, account_id: str | None = None
) -> bool:
    """True if the totals of both months are whole: of one payer account, or of all of them.

    A payer account that is not complete may get an invoice in any currency, so either all
    currencies of a month are compared or none.
    """
    return all(one is not None and one.has_whole_totals(account_id) for one in (before, now))


def total_changes(
    before: PeriodDigest | None, now: PeriodDigest, account_id: str | None = None
) -> Iterator[Total]:
    """The totals of every currency of either month, equal ones too, of one payer account or of all
    of them.
    """
    totals_before = before.totals_of(account_id) if before else {}
    totals_now = now.totals_of(account_id)
    comparable = is_comparable(before, now, account_id)
    for currency in sorted(totals_before.keys() | totals_now.keys()):
        yield Total(currency, totals_before.get(currency), totals_now.get(currency), comparable)


def since_period_before(before: PeriodDigest, now: PeriodDigest) -> Iterator[Change]:
    """Differences of the payer accounts and their totals from the period before, per currency. A
    payer account that is new or gone without any total counts too.
    """
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


def provisional(one: PeriodDigest | PayerDigest) -> str:
    """The remark beside totals that are not whole."""
    if not one.unarchived:
        return "provisional"
    verb = "is" if one.unarchived == 1 else "are"
    return f"provisional: {counted(one.unarchived, 'invoice')} {verb} outstanding"


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
