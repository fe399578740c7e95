"""Billing transfers: a payer account of another organization gets and pays the invoices.

Source: the botocore model `organizations` 2016-11-28 and the AWS Billing user guide.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Annotated

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.json_form import Form, one_of
from lambdas.domain.json_text import Instant, read_instant

_ROUNDING = timedelta(seconds=1)
"""AWS ends a transfer within the last second of a month."""


Nothing = Annotated[str, one_of("")]


@dataclass(frozen=True)
class BillingTransfer:
    """The bills of the organization of payer account `source` go to payer account `target`."""

    transfer_id: str
    source: str
    target: str
    status: str
    starts_at: Instant | Nothing
    """Empty if AWS does not give it."""
    ends_at: Instant | None
    """None: no end is set."""

    @property
    def identity(self) -> tuple[str, ...]:
        """The identity of a transfer, which stays when its other members change: its id or, if AWS
        gives none, source, target and start.
        """
        return (
            (self.transfer_id,) if self.transfer_id else (self.source, self.target, self.starts_at)
        )

    @property
    def is_in_effect(self) -> bool:
        """True if the transfer is in effect between its start and its end.

        A withdrawn transfer goes on until its end; without an end it counts for nothing.
        """
        return bool(self.starts_at) and (
            self.status == "ACCEPTED" or (self.status == "WITHDRAWN" and bool(self.ends_at))
        )

    def covers(self, period: BillingPeriod) -> bool:
        """True if it is in effect during the whole period."""
        first, after = _instants(period)
        return (
            self.is_in_effect
            and read_instant(self.starts_at) <= first
            and (self.ends_at is None or read_instant(self.ends_at) >= after - _ROUNDING)
        )

    def touches(self, period: BillingPeriod) -> bool:
        """True if it is in effect during some of the period."""
        first, after = _instants(period)
        return (
            self.is_in_effect
            and read_instant(self.starts_at) < after
            and (self.ends_at is None or read_instant(self.ends_at) > first)
        )


@dataclass(frozen=True)
class Transfers(Form):
    """AWS's answers to a payer account on its transfers, in and out.

    `run_id` and `at` are None as long as Organizations never answered.
    """

    run_id: str | None = None
    at: str | None = None
    transfers: tuple[BillingTransfer, ...] = ()
    not_read: str = ""
    """The reason why the last read failed; empty if it succeeded."""

    @property
    def was_read(self) -> bool:
        return self.at is not None


def in_order(transfers: Iterable[BillingTransfer]) -> tuple[BillingTransfer, ...]:
    """Each transfer once, in an order that depends only on them; one without an end comes first."""
    return tuple(sorted(set(transfers), key=lambda one: (*astuple(one)[:-1], one.ends_at or "")))


def united(before: Transfers | None, now: Transfers, period: BillingPeriod) -> Transfers:
    """All transfers that touch the period, from earlier answers and this one; an answer that was
    not read adds none.

    AWS stops listing transfers that are over, and lists none to an account that left its
    organization. So only a new answer on the same transfer replaces an earlier one.
    """
    if not now.was_read:
        return now
    new_identities = {one.identity for one in now.transfers}
    kept = [one for one in before.transfers if one.identity not in new_identities] if before else []
    touching = (one for one in now.transfers if one.touches(period))
    return replace(now, transfers=in_order([*kept, *touching]))


def _instants(period: BillingPeriod) -> tuple[datetime, datetime]:
    """The first instant of the period and the first one after it."""
    return (
        datetime.combine(period.first_day, time(), UTC),
        datetime.combine(period.first_day_after, time(), UTC),
    )
