"""Who is asked in a run, and for what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close_calendar import CloseCalendar, is_asked_on
from lambdas.domain.listing_spans import OVERLAP
from lambdas.domain.payer_register import Payer, PayerRegister
from lambdas.domain.payer_run import PayerRun
from lambdas.domain.run_request import RunRequest
from lambdas.domain.verdicts import SETTLED_VERDICTS

_ISSUED_UNTIL_MONTHS = 3
"""A run asks by issued date up to this many months after its target period began, so that a
backfill stays one.
"""


@dataclass(frozen=True)
class LastSeen:
    """A payer account's last verdict in a period, and when its listings were last complete."""

    verdict: str
    checked_at: datetime | None


def payer_runs(
    request: RunRequest,
    register: PayerRegister,
    close: CloseCalendar,
    lookback_periods: int,
    payer_role_name: str,
    *,
    last_seen: Callable[[BillingPeriod], Mapping[str, LastSeen]],
) -> list[PayerRun]:
    """The run's list: payer accounts of the register that are active in one of its periods and are
    asked today.

    A person's run asks everybody whom it names; the daily run asks as `is_asked_on` says.
    """
    periods = request.billing_period.with_earlier(lookback_periods)
    seen = {period: _before(request.as_of, last_seen(period)) for period in periods}
    runs = []
    for payer in register.payers:
        if request.payer_account_ids and payer.account_id not in request.payer_account_ids:
            continue
        active = [period for period in periods if payer.is_active_in(period)]
        if not active:
            continue
        last = [seen[period].get(payer.account_id) for period in active]
        settled = all(one is not None and one.verdict in SETTLED_VERDICTS for one in last)
        if request.is_scheduled and not is_asked_on(
            request.as_of, request.billing_period, close, settled=settled
        ):
            continue
        swept_at = [one.checked_at for one in last if one and one.checked_at]
        last_sweep = min(swept_at) if len(swept_at) == len(active) else None
        runs.append(_payer_run(request, payer, active, payer_role_name, last_sweep))
    return runs


def _before(as_of: datetime, seen: Mapping[str, LastSeen]) -> Mapping[str, LastSeen]:
    """What was not checked after the run's own instant, for that would keep it from asking."""
    return {
        account_id: one
        for account_id, one in seen.items()
        if one.checked_at is None or one.checked_at <= as_of
    }


def _payer_run(
    request: RunRequest,
    payer: Payer,
    periods: list[BillingPeriod],
    payer_role_name: str,
    last_sweep: datetime | None,
) -> PayerRun:
    # what was issued within the earliest period itself are mostly the bills of the month before it
    earliest = min(periods).first_day_after
    issued_from = max(earliest, last_sweep.date() - OVERLAP) if last_sweep else earliest
    issued_to = min(
        request.as_of.date() + timedelta(days=1),
        request.billing_period.shifted(_ISSUED_UNTIL_MONTHS).first_day,
    )
    return PayerRun(
        run_id=request.run_id,
        as_of=request.as_of,
        dry_run=request.dry_run,
        payer_account_id=payer.account_id,
        name=payer.name,
        role_arn=payer.role_arn or f"arn:aws:iam::{payer.account_id}:role/{payer_role_name}",
        billing_periods=tuple(periods),
        issued_from=issued_from,
        issued_to=issued_to,
    )
