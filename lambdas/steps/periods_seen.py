"""Reading the `completeness.json` of billing periods before a run judges them again.

Views are not locked: an unreadable one counts as missing, and ValidateCompleteness writes it again.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

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

T = TypeVar("T")
_READ_THREADS = 16


def period_seen(archive: Archive, period: BillingPeriod) -> PeriodSeen:
    """The payer accounts complete in the period. Without a view none is, so more are asked."""
    view = read_if_understood(
        archive, completeness_key(period), lambda data: PeriodSeen.of(data, period)
    )
    return view or PeriodSeen()


def periods_seen_before(archive: Archive, oldest: BillingPeriod) -> dict[BillingPeriod, PeriodSeen]:
    """The same of every period before `oldest` that was ever judged."""
    return of_each_period(archive, period_seen, before=oldest)


def of_each_period(
    archive: Archive,
    read: Callable[[Archive, BillingPeriod], T],
    *,
    before: BillingPeriod | None = None,
) -> dict[BillingPeriod, T]:
    """The answer of `read` for every period that was ever judged, or only for those before one."""
    keys = (item.key for item in archive.list(PERIODS_PREFIX))
    periods = sorted(one for one in judged_periods(keys) if before is None or one < before)
    with ThreadPoolExecutor(_READ_THREADS) as pool:
        answers = pool.map(lambda period: read(archive, period), periods)
        return dict(zip(periods, answers, strict=True))


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
