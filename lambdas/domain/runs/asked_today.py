"""The payer accounts that a run asks, and the periods it asks them for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.invoices.listing_spans import OVERLAP
from lambdas.domain.invoices.receiver_roles import asked_from
from lambdas.domain.json_text import read_instant
from lambdas.domain.runs.close_calendar import LATE_SWEEP_WEEKDAY, CloseCalendar, is_asked_on
from lambdas.domain.runs.outcome import OUTCOME_CODES
from lambdas.domain.runs.payer_register import Payer
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


@dataclass(frozen=True)
class AskedToday:
    """The rules by which a run asks payer accounts of the register.

    A person's run asks all payer accounts that it names. The daily run follows `is_asked_on`; for
    older periods, those before the look-back that are judged daily, it follows `PeriodSeen.asks`.
    """

    request: RunRequest
    payers: Sequence[Payer]
    """Of the register."""
    close: CloseCalendar
    lookback_periods: int
    payer_role_name: str
    seen: Mapping[BillingPeriod, PeriodSeen]
    """The views of the look-back periods and, in a daily run, of all older ones."""

    @cached_property
    def periods(self) -> list[BillingPeriod]:
        """The target and the look-back periods, the latest first."""
        return self.request.billing_period.with_earlier(self.lookback_periods)

    @cached_property
    def older(self) -> Mapping[BillingPeriod, PeriodSeen]:
        """The views of the periods before the look-back."""
        oldest = min(self.periods)
        return {period: view for period, view in self.seen.items() if period < oldest}

    @cached_property
    def open_periods(self) -> tuple[BillingPeriod, ...]:
        """The older periods that are judged daily."""
        return tuple(sorted(one for one, view in self.older.items() if view.is_judged_daily))

    @property
    def is_weekly(self) -> bool:
        return self.request.as_of.weekday() == LATE_SWEEP_WEEKDAY

    def runs(self) -> list[PayerRun]:
        """The run's list: payer accounts that are active in one of its periods and asked today."""
        payers = (_PayerToday(self, payer) for payer in self.payers)
        return [one.run for one in payers if one.is_asked]

    def last_seen(self, account_id: str, period: BillingPeriod) -> LastSeen | None:
        """None if it was checked after the run's own instant: a later check would keep the run from
        asking.
        """
        one = self.seen[period].payers.get(account_id) if period in self.seen else None
        is_later = one and one.checked_at and one.checked_at > self.request.as_of
        return None if is_later else one


@dataclass(frozen=True)
class _PayerToday:
    """One payer account of the register in a run."""

    today: AskedToday
    payer: Payer

    @cached_property
    def active(self) -> list[BillingPeriod]:
        """The periods of the run in which it is active."""
        return [period for period in self.today.periods if self.payer.is_active_in(period)]

    @cached_property
    def older_periods(self) -> list[BillingPeriod]:
        """The older periods for which it is asked, the latest first."""
        return [
            period
            for period in reversed(self.today.open_periods)
            if self.payer.is_active_in(period)
            and self.today.older[period].asks(self.payer.account_id, weekly=self.today.is_weekly)
        ]

    @cached_property
    def last(self) -> list[LastSeen | None]:
        return [self.today.last_seen(self.payer.account_id, period) for period in self.active]

    @property
    def is_asked_daily(self) -> bool:
        return any(one is None or one.is_asked_daily for one in self.last)

    @property
    def is_asked(self) -> bool:
        request = self.today.request
        if request.payer_account_ids and self.payer.account_id not in request.payer_account_ids:
            return False
        if self.older_periods:
            return True
        return bool(self.active) and (
            not request.is_scheduled
            or is_asked_on(
                request.as_of, request.billing_period, self.today.close, daily=self.is_asked_daily
            )
        )

    @property
    def run(self) -> PayerRun:
        payer, request = self.payer, self.today.request
        role = f"arn:aws:iam::{payer.account_id}:role/{self.today.payer_role_name}"
        return PayerRun(
            run_id=request.run_id,
            as_of=request.as_of,
            dry_run=request.dry_run,
            payer_account_id=payer.account_id,
            name=payer.name,
            role_arn=payer.role_arn or role,
            billing_periods=(*self.active, *self.older_periods),
            issued_from=self._issued_from,
            issued_to=self._issued_to,
            roles_from=self._roles_from,
        )

    @property
    def _issued_from(self) -> date:
        """The first day of the listing by issued date: OVERLAP before the last good sweep of all
        periods. Older periods are asked for by period: later issued dates were swept already.
        """
        periods = self.active or [self.today.request.billing_period]
        # the invoices issued within the earliest period are mostly the bills of the month before it
        earliest = min(periods).first_day_after
        swept_at = [one.checked_at for one in self.last if one and one.checked_at]
        if len(swept_at) < len(periods):
            return earliest
        return max(earliest, min(swept_at).date() - OVERLAP)

    @property
    def _issued_to(self) -> date:
        request = self.today.request
        last = request.billing_period.shifted(_ISSUED_UNTIL_MONTHS).first_day
        return min(request.as_of.date() + timedelta(days=1), last)

    @property
    def _roles_from(self) -> date | None:
        request = self.today.request
        overdue = self.today.close.overdue_from(request.billing_period)
        is_late = self.is_asked_daily and request.as_of >= overdue
        if request.is_scheduled and self.active and (self.today.is_weekly or is_late):
            return asked_from(self._covered_from, self._issued_to)
        return None

    @property
    def _covered_from(self) -> date:
        """The first day after the earliest period in the unbroken row of periods, up to the
        earliest of the run, in which the archive has the payer account. Invoices issued before are
        mostly of months that nobody asked about.
        """
        earliest, account_id = min(self.active), self.payer.account_id
        while (view := self.today.older.get(earliest.shifted(-1))) and account_id in view.payers:
            earliest = earliest.shifted(-1)
        return earliest.first_day_after
