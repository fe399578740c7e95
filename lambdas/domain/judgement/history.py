"""The usual invoices of a payer account, from the manifests of earlier billing periods."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median_high
from typing import TypeVar

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.invoices.issuers import Issuer
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.runs.close_calendar import day_of_close
from lambdas.domain.witnesses.statements import History

HISTORY_PERIODS = 3
"""Earlier billing periods that define what is usual."""
_LEAST = 2
"""The fewest earlier periods: in one alone, recurring invoices look like single ones."""
_LAST_DAY = 31
"""Later days come from backfills and do not show when invoices usually arrive."""
Listed = TypeVar("Listed", bound=ArchivedInvoice | OutstandingInvoice)


@dataclass(frozen=True)
class PastPayer:
    """One payer account in an earlier period, with the issuers of its archived and missing
    invoices.
    """

    issuers: frozenset[Issuer]
    archived_day: int | None


@dataclass(frozen=True)
class PastPeriod:
    """The part of an earlier period's manifest that history needs: the payer accounts asked
    in it.
    """

    billing_period: BillingPeriod
    payers: Mapping[str, PastPayer]

    @classmethod
    def of(cls, manifest: Manifest) -> "PastPeriod":
        period = manifest.billing_period
        asked = {one.payer_account_id for one in manifest.payers if one.checked_at}
        every: list[ArchivedInvoice | OutstandingInvoice] = [*manifest.invoices]
        every += (one for state in manifest.payers for one in state.outstanding)
        listed = invoices_of(every, asked)
        return cls(
            period,
            {
                state.payer_account_id: PastPayer(
                    frozenset({*issuers(listed[state.payer_account_id]), *_still_missing(state)}),
                    day_of_close(period, read_instant(state.settled_at))
                    if state.settled_at
                    else None,
                )
                for state in manifest.payers
                if state.payer_account_id in asked
            },
        )


def _still_missing(state: PayerState) -> Iterable[Issuer]:
    """The usual invoices that were missing and that nobody accepted as missing."""
    missing_subjects = {
        found.subject for found in state.blocking if found.code == "USUAL_INVOICE_MISSING"
    }
    return (issuer for issuer in state.witnesses.history.usual if str(issuer) in missing_subjects)


def invoices_of(
    invoices: Iterable[Listed], asked: Collection[str]
) -> defaultdict[str, list[Listed]]:
    """The invoices of each payer account that is asked: those filed under it, and those that it
    lists and that are filed under an account that is not asked (a receiver of its invoice units).
    """
    found: defaultdict[str, list[Listed]] = defaultdict(list)
    for invoice in invoices:
        if invoice.payer_account_id in asked:
            found[invoice.payer_account_id].append(invoice)
        else:
            for account_id in invoice.seen_by:
                found[account_id].append(invoice)
    return found


def issuers(invoices: Iterable[ArchivedInvoice | OutstandingInvoice]) -> Iterable[Issuer]:
    for invoice in invoices:
        issuer = Issuer.of(invoice.payer_account_id, invoice.summary)
        if issuer:
            yield issuer


def history_of(account_id: str, past: Sequence[PastPeriod]) -> History:
    """The history of the payer account; `past` are the periods right before, latest first."""
    known = [(one.billing_period, payer) for one in past if (payer := one.payers.get(account_id))]
    count = Counter(issuer for _, payer in known for issuer in payer.issuers)
    days = [
        payer.archived_day
        for _, payer in known
        if payer.archived_day is not None and payer.archived_day <= _LAST_DAY
    ]
    return History(
        tuple(period for period, _ in known),
        tuple(sorted(issuer for issuer, times in count.items() if _LEAST <= times == len(known))),
        median_high(days) if len(days) >= _LEAST else None,
    )
