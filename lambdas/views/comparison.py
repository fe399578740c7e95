"""What is different: from the period before, and in what was archived already."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.money import EXACT
from lambdas.views.digest import PayerDigest, PeriodDigest

PAYER_NEW = "PAYER_NEW"
PAYER_GONE = "PAYER_GONE"
TOTAL_CHANGED = "TOTAL_CHANGED"
TOLD_CODES = (
    "INVOICE_CHANGED",
    "INVOICE_CANCELLED",
    "INVOICE_VANISHED",
    "LATE_INVOICE",
    "LATE_DOCUMENT",
    "DOCUMENT_REVISED",
)
"""Codes of the findings that tell of something that happened to what was archived already."""


@dataclass(frozen=True)
class Change:
    """One difference. `before` and `now` are of the currency; None where there was or is none."""

    code: str
    payer_account_id: str
    payer_name: str
    subject: str
    """An invoice id or archive key; empty where the payer account as a whole changed."""
    detail: str
    currency: str = ""
    before: Decimal | None = None
    now: Decimal | None = None
    next_step: str = ""

    @property
    def difference(self) -> Decimal | None:
        """Now less before; None for a change that is not one of money."""
        if self.before is None and self.now is None:
            return None
        return difference(self.before, self.now)


def difference(before: Decimal | None, now: Decimal | None) -> Decimal:
    """Exactly; nothing counts as zero."""
    return EXACT.subtract(now or Decimal(0), before or Decimal(0))


def total_changes(
    before: Mapping[str, Decimal], now: Mapping[str, Decimal]
) -> Iterator[tuple[str, Decimal | None, Decimal | None]]:
    """Each currency of either with its totals then and now, also where they are equal."""
    for currency in sorted(before.keys() | now.keys()):
        yield currency, before.get(currency), now.get(currency)


def since_period_before(before: PeriodDigest, now: PeriodDigest) -> Iterator[Change]:
    """How the payer accounts and their totals differ from the period before, per currency."""
    for account_id in sorted(before.payer_of.keys() | now.payer_of.keys()):
        old, new = before.payer_of.get(account_id), now.payer_of.get(account_id)
        if old is None and new is not None:
            detail = f"The payer account is new: {before.billing_period} does not have it."
            yield from _whole(PAYER_NEW, new, detail, {}, new.totals)
        elif new is None and old is not None:
            detail = (
                f"The payer account is in {before.billing_period}, not in {now.billing_period}."
            )
            yield from _whole(PAYER_GONE, old, detail, old.totals, {})
        elif old is not None and new is not None:
            for currency, then, today in total_changes(old.totals, new.totals):
                if then != today:
                    detail = f"The total differs from that of {before.billing_period}."
                    yield Change(
                        TOTAL_CHANGED, account_id, new.name, "", detail, currency, then, today
                    )


def told(manifest: Manifest) -> Iterator[Change]:
    """What happened to what the period had archived already, as its findings tell."""
    for payer in manifest.payers:
        for found in payer.findings:
            if found.code in TOLD_CODES:
                yield Change(
                    found.code,
                    payer.payer_account_id,
                    payer.name,
                    found.subject,
                    found.detail,
                    next_step=found.next_step,
                )


def _whole(
    code: str,
    payer: PayerDigest,
    detail: str,
    before: Mapping[str, Decimal],
    now: Mapping[str, Decimal],
) -> Iterator[Change]:
    """One change for each currency of a payer account that came or went; at least one."""
    for currency, then, today in list(total_changes(before, now)) or [("", None, None)]:
        yield Change(code, payer.payer_account_id, payer.name, "", detail, currency, then, today)
