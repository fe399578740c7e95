"""The `acknowledgements` of an execution input, read with all problems at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.input_values import (
    InputValues,
    Rule,
    WrongValue,
    account_id,
    day,
    period,
    read_each,
)
from lambdas.domain.runs.payer_register import PayerRegister
from lambdas.domain.secret_text import has_url, quoted
from lambdas.domain.witnesses.acknowledgements import GivenAcknowledgement

_LONGEST_TEXT = 500
_MOST_MONTHS = 13
"""A yearly close and a month: an acknowledgement that should last longer is given again."""


@dataclass(frozen=True)
class Acknowledgeable:
    """The payer accounts and periods that a run can acknowledge."""

    as_of: datetime
    target: BillingPeriod
    """The period of an acknowledgement that names none."""
    lookback_periods: int
    register: PayerRegister
    judged: Mapping[BillingPeriod, Collection[str]]
    """The payer accounts that a period's status names; none if it was never judged."""

    def refusal(self, account_id: str, period: BillingPeriod) -> str | None:
        """The reason why this payer account cannot be acknowledged in this period, or None."""
        if period > BillingPeriod.containing(self.as_of):
            return f"billing_period {period} has not begun by {self.as_of:%Y-%m-%d}"
        known = self.judged.get(period, ())
        if not known and period not in self.target.with_earlier(self.lookback_periods):
            return (
                f"billing_period {period} was never judged; start a run with billing_period "
                f"{period} and acknowledge in its input"
            )
        active = (p.account_id for p in self.register.payers if p.is_active_in(period))
        if account_id not in (*known, *active):
            return (
                f"payer account {account_id} is unknown in {period}: neither the payer register "
                "nor the period's status names it"
            )
        return None


def acknowledged_periods(value: object, target: BillingPeriod) -> set[BillingPeriod]:
    """The periods that acknowledgements name, whatever else is wrong with them."""
    each = [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
    periods, _ = read_each(period, (one.get("billing_period", str(target)) for one in each))
    return set(periods)


def read_acknowledgements(
    value: object, run: Acknowledgeable
) -> tuple[tuple[GivenAcknowledgement, ...], list[str]]:
    """The acknowledgements, and every problem. With any problem none of them may be used."""
    if not isinstance(value, list) or not value:
        return (), [f"acknowledgements {quoted(value)} is not a list of at least one"]
    found: dict[tuple[str, BillingPeriod], GivenAcknowledgement] = {}
    problems: list[str] = []
    for number, one in enumerate(value, 1):
        path = f"acknowledgement {number}: "
        if not isinstance(one, Mapping):
            problems.append(f"{path}{quoted(one)} is not a JSON object")
            continue
        given, of_one = read_acknowledgement(one, run, path)
        problems += of_one
        if given and (given.payer_account_id, given.billing_period) in found:
            problems.append(
                f"{path}payer account {given.payer_account_id} is acknowledged twice in "
                f"{given.billing_period}; keep one"
            )
        elif given:
            found[given.payer_account_id, given.billing_period] = given
    return tuple(found.values()), problems


def read_acknowledgement(
    value: Mapping[str, Any], run: Acknowledgeable, path: str = ""
) -> tuple[GivenAcknowledgement | None, list[str]]:
    """One acknowledgement, and every problem; each problem begins with `path`."""
    given = InputValues({"billing_period": str(run.target)} | dict(value), path=path)
    account = given.required("payer_account_id", account_id, None)
    place = given.required("billing_period", period, None)
    if account and place and (refusal := run.refusal(account, place)):
        given.problems.append(f"{path}{refusal}")
    reason, by = (given.required(name, _line, None) for name in ("reason", "by"))
    until = given.required("until", _until(run.as_of.date()), None)
    given.refuse_unknown()
    if account and place and reason and by and until:
        return GivenAcknowledgement(account, place, reason, by, until), given.problems
    return None, given.problems


def _line(value: object) -> str:
    """One line of text, which is shown with the verdict."""
    if not isinstance(value, str) or not value.strip():
        raise WrongValue(
            f"{quoted(value)} is no text; it is kept as evidence, so write who and why"
        )
    if has_url(value):
        raise WrongValue("has a URL, which may be a secret; write what stands there")
    if len(value) > _LONGEST_TEXT or not value.isprintable():
        raise WrongValue(f"{quoted(value)} is not one line of up to {_LONGEST_TEXT} characters")
    return value.strip()


def _until(today: date) -> Rule[date]:
    latest = _same_day_later(today, _MOST_MONTHS)

    def rule(value: object) -> date:
        until = day(value)
        if until < today:
            raise WrongValue(
                f"{until} is before the day of this run, {today}; "
                "write the last day on which it shall count"
            )
        if until > latest:
            raise WrongValue(
                f"{until} is more than {_MOST_MONTHS} months after the day of this run; "
                f"write {latest} at the latest, and accept it again then"
            )
        return until

    return rule


def _same_day_later(day: date, months: int) -> date:
    """The same day `months` later, or that month's last day."""
    month = BillingPeriod.containing(day).shifted(months)
    return min(month.first_day + timedelta(day.day - 1), month.first_day_after - timedelta(1))
