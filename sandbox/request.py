"""A person's request to `make month-end`.

The billing period and the instant at which the schedule fires.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from lambdas.domain.billing_period import BillingPeriod
from sandbox.errors import SandboxError

_DAY = 12
"""Day of the following month for a month end without AT.

Past the usual deadline.
"""


@dataclass(frozen=True)
class MonthEndRequest:
    """A run as the schedule would start it. Its target is the month before `scheduled_time`."""

    billing_period: BillingPeriod
    scheduled_time: datetime

    @property
    def scheduled_text(self) -> str:
        """The instant as EventBridge Scheduler writes it: UTC, whole seconds."""
        return self.scheduled_time.strftime("%Y-%m-%dT%H:%M:%SZ")


def month_end_request(period: str, at: str, now: datetime) -> MonthEndRequest:
    """Read PERIOD and AT; empty text means the default. `now` is an aware instant.

    A day without a time gets now's time of day, so that each run has a scheduled time of its own.
    Raises SandboxError.
    """
    now = now.astimezone(UTC).replace(microsecond=0)
    month = _period(period) if period else None
    moment = _moment(at, now) if at else None
    if month and moment and BillingPeriod.containing(moment).shifted(-1) != month:
        raise SandboxError(
            f"PERIOD={month} and AT={at} do not belong together: a run looks at the month before "
            f"AT, so AT must be in {month.shifted(1)}; leave one of the two out"
        )
    last_finished = BillingPeriod.containing(now).shifted(-1)
    # day 12 has come: before that most of a month is not there yet
    latest = last_finished if now.day >= _DAY else last_finished.shifted(-1)
    target = month or (BillingPeriod.containing(moment).shifted(-1) if moment else latest)
    if target > last_finished:
        raise SandboxError(
            f"billing period {target} is not over; the last finished one is {last_finished}"
        )
    if moment and moment > now:
        raise SandboxError(
            f"AT={at} is in the future, and no run can be ahead of its time; "
            f"write {now:%Y-%m-%d} or a day before it"
        )
    if not moment:
        following = target.shifted(1)
        day = datetime.combine(date(following.year, following.month, _DAY), now.timetz())
        moment = min(day, now)
    return MonthEndRequest(target, moment)


def _period(text: str) -> BillingPeriod:
    try:
        return BillingPeriod.parse(text)
    except ValueError as error:
        raise SandboxError(f"PERIOD: {error}") from None


def _moment(text: str, now: datetime) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        pass
    else:
        return datetime.combine(day, now.timetz())
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SandboxError(
            f"AT={text} is neither a day nor an instant; write 2026-11-12 or 2026-11-12T06:00:00Z"
        ) from None
    return (
        (moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        .astimezone(UTC)
        .replace(microsecond=0)
    )
