"""The payer accounts that a run asks, and the periods it asks them for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.invoices.listing_spans import OVERLAP
from lambdas.domain.invoices.receiver_roles import asked_from
from lambdas.domain.json_text import read_instant
from lambdas.domain.runs.close_calendar import LATE_SWEEP_WEEKDAY, CloseCalendar, is_asked_on
from lambdas.domain.runs.outcome import OUTCOME_CODES
from lambdas.domain.runs.payer_register import Payer, PayerRegister
from lambdas.domain.runs.payer_run import PayerRun
from lambdas.domain.runs.run_request import RunRequest
from lambdas.domain.verdict_words import is_complete

_ISSUED_UNTIL_MONTHS = 3
"""A run asks by issued date up to this many months after its target period began, so that a
backfill does not reach today.
"""


@dataclass(frozen=True)
class LastSeen:
    """A payer account's last verdict in a period, and the instant of its last complete listings."""

    verdict: str
    checked_at: datetime | None
    check_failed: bool = False
    """True if its last check failed, whatever its verdict."""

    @property
    def is_asked_daily(self) -> bool:
        """True if it is asked every day, even after the deadline."""
        return self.check_failed or not is_complete(self.verdict)


@dataclass(frozen=True)
class PeriodSeen:
    """The part of a period's `completeness.json` that decides who is asked and what is judged."""

    is_complete: bool = False
    is_accepted: bool = False
    """True if a person accepted a gap for a time."""
    payers: Mapping[str, LastSeen] = field(default_factory=dict)

    @classmethod
    def of(cls, view: Mapping[str, Any], period: BillingPeriod) -> "PeriodSeen":
        """Read a view. Raises LookupError, TypeError, ValueError, AttributeError or OverflowError
        for one that no run wrote.
        """
        payers, is_accepted = {}, False
        for payer in view["payers"]:
            codes = {found["code"] for found in payer["findings"]}
            is_accepted = is_accepted or "ACKNOWLEDGED" in codes
            checked_at = read_instant(payer["checked_at"]) if payer["checked_at"] else None
            if checked_at and checked_at.date() < period.first_day:
                raise ValueError(f"a payer account was checked before {period} began")
            payers[payer["payer_account_id"]] = LastSeen(
                payer["verdict"],
                checked_at,
                not codes.isdisjoint(OUTCOME_CODES),
            )
        return cls(view["verdict"] == "COMPLETE", is_accepted, payers)

    @property
    def is_judged_daily(self) -> bool:
        """True if its verdict may change without any news."""
        return self.is_accepted or not self.is_complete

    def asks(self, account_id: str, *, weekly: bool) -> bool:
        """True if a payer account is asked for this older period: until the period is complete,
        incomplete payer accounts daily and all others weekly.
        """
        last = self.payers.get(account_id)
        return last is not None and not self.is_complete and (weekly or last.is_asked_daily)


def payer_runs(
    request: RunRequest,
    register: PayerRegister,
    close: CloseCalendar,
    lookback_periods: int,
    payer_role_name: str,
    *,
    last_seen: Callable[[BillingPeriod], Mapping[str, LastSeen]],
    older: Mapping[BillingPeriod, PeriodSeen],
) -> list[PayerRun]:
    """The run's list: payer accounts of the register that are active in one of its periods and
    asked today.

    A person's run asks all payer accounts that it names. The daily run follows `is_asked_on`; for
    `older` periods, those before the look-back that are judged daily, it follows `PeriodSeen.asks`.
    """
    weekly = request.as_of.weekday() == LATE_SWEEP_WEEKDAY
    periods = request.billing_period.with_earlier(lookback_periods)
    seen = {period: _before(request.as_of, last_seen(period)) for period in periods}
    runs = []
    for payer in register.payers:
        if request.payer_account_ids and payer.account_id not in request.payer_account_ids:
            continue
        active = [period for period in periods if payer.is_active_in(period)]
        open_for_it = [
            period
            for period, view in older.items()
            if view.is_judged_daily
            and payer.is_active_in(period)
            and view.asks(payer.account_id, weekly=weekly)
        ]
        if not (active or open_for_it):
            continue
        last = [seen[period].get(payer.account_id) for period in active]
        daily = any(one is None or one.is_asked_daily for one in last)
        if (
            request.is_scheduled
            and not open_for_it
            and not is_asked_on(request.as_of, request.billing_period, close, daily=daily)
        ):
            continue
        # older periods are asked for by period: later issued dates were swept already
        issued_from = _issued_from(active or [request.billing_period], last)
        asked_for = [*active, *sorted(open_for_it, reverse=True)]
        run = _payer_run(request, payer, asked_for, payer_role_name, issued_from)
        is_late = daily and request.as_of >= close.overdue_from(request.billing_period)
        if request.is_scheduled and active and (weekly or is_late):
            covered = _covered_from(payer.account_id, min(active), older)
            run = replace(run, roles_from=asked_from(covered, run.issued_to))
        runs.append(run)
    return runs


def _covered_from(
    account_id: str, earliest: BillingPeriod, older: Mapping[BillingPeriod, PeriodSeen]
) -> date:
    """The first day after the earliest period in the unbroken row of periods, up to `earliest`, in
    which the archive has the payer account. Invoices issued before are mostly of months that nobody
    asked about.
    """
    while (before := older.get(earliest.shifted(-1))) and account_id in before.payers:
        earliest = earliest.shifted(-1)
    return earliest.first_day_after


def _issued_from(periods: Sequence[BillingPeriod], last: Sequence[LastSeen | None]) -> date:
    """The first day of the listing by issued date: OVERLAP before the last good sweep of all
    periods.
    """
    # the invoices issued within the earliest period are mostly the bills of the month before it
    earliest = min(periods).first_day_after
    swept_at = [one.checked_at for one in last if one and one.checked_at]
    if len(swept_at) < len(periods):
        return earliest
    return max(earliest, min(swept_at).date() - OVERLAP)


def _before(as_of: datetime, seen: Mapping[str, LastSeen]) -> Mapping[str, LastSeen]:
    """The payer accounts not checked after the run's own instant: a later check would keep it from
    asking.
    """
    return {
        account_id: one
        for account_id, one in seen.items()
        if one.checked_at is None or one.checked_at <= as_of
    }


def _payer_run(
    request: RunRequest,
    payer: Payer,
    periods: Sequence[BillingPeriod],
    payer_role_name: str,
    issued_from: date,
) -> PayerRun:
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
