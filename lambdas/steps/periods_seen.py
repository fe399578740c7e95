"""Reading the `completeness.json` of billing periods before a run judges them again.

Views are not locked: an unreadable one counts as missing, and ValidateCompleteness writes it again.
"""

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lambdas.aws.archive import Archive
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import (
    PERIODS_PREFIX,
    completeness_key,
    judged_periods,
)
from lambdas.domain.evidence.shared_documents import invoices_in_doubt
from lambdas.domain.runs.asked_today import PeriodSeen
from lambdas.steps.read_if_understood import read_if_understood

_READ_THREADS = 16


def period_seen(archive: Archive, period: BillingPeriod) -> PeriodSeen:
    """The payer accounts complete in the period. Without a view none is, so more are asked."""
    view = read_if_understood(
        archive, completeness_key(period), lambda data: PeriodSeen.of(data, period)
    )
    return view or PeriodSeen()


def periods_seen_before(archive: Archive, oldest: BillingPeriod) -> dict[BillingPeriod, PeriodSeen]:
    """The same for every judged period before `oldest`."""
    periods = [one for one in judged_periods(archive.folders(PERIODS_PREFIX)) if one < oldest]
    with ThreadPoolExecutor(_READ_THREADS) as pool:
        views = pool.map(lambda period: period_seen(archive, period), periods)
        return dict(zip(periods, views, strict=True))


def doubts_and_closed(
    archive: Archive, periods: Iterable[BillingPeriod]
) -> tuple[set[str], set[BillingPeriod]]:
    """The invoices of the periods whose document was found to be another's, and the periods whose
    archive is closed.
    """
    in_doubt: set[str] = set()
    closed: set[BillingPeriod] = set()
    for period in sorted(periods):
        if state := read_if_understood(archive, completeness_key(period), _doubts_and_is_closed):
            doubts, is_closed = state
            in_doubt |= set(doubts)
            closed |= {period} if is_closed else set()
    return in_doubt, closed


def _doubts_and_is_closed(view: Mapping[str, Any]) -> tuple[Collection[str], bool]:
    return invoices_in_doubt(view), bool(view["closed_at"])
