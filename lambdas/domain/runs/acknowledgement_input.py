"""The `acknowledgements` of an execution input, read with all their problems at once."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.runs.payer_register import PayerRegister
from lambdas.domain.secret_text import has_url, quoted
from lambdas.domain.witnesses.acknowledgements import GivenAcknowledgement

_KEYS = ("payer_account_id", "billing_period", "reason", "by", "until")
_ACCOUNT_ID = re.compile(r"\d{12}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LONGEST_TEXT = 500
_MOST_MONTHS = 13
"""A yearly close and a month: what lasts longer is looked at again."""


@dataclass(frozen=True)
class Acknowledgeable:
    """What a run can acknowledge."""

    as_of: datetime
    target: BillingPeriod
    """The period of an acknowledgement that names none."""
    lookback_periods: int
    register: PayerRegister
    judged: Callable[[BillingPeriod], Collection[str]]
    """The payer accounts that a period's verdict names; none where it was never judged."""

    def refusal(self, account_id: str, period: BillingPeriod) -> str | None:
        """Why nothing of this payer account in this period can be acknowledged."""
        if period > BillingPeriod.containing(self.as_of):
            return f"billing_period {period} has not begun by {self.as_of:%Y-%m-%d}"
        known = self.judged(period)
        if not known and period not in self.target.with_earlier(self.lookback_periods):
            return (
                f"billing_period {period} was never judged; start a run with billing_period "
                f"{period} and acknowledge in its input"
            )
        active = (p.account_id for p in self.register.payers if p.is_active_in(period))
        if account_id not in (*known, *active):
            return (
                f"payer account {account_id} is unknown in {period}: neither the payer register "
                "nor the period's verdict names it"
            )
        return None


def read_acknowledgements(
    value: object, run: Acknowledgeable
) -> tuple[tuple[GivenAcknowledgement, ...], list[str]]:
    """The acknowledgements, and every problem; with a problem none of them is to be used."""
    if not isinstance(value, list) or not value:
        return (), [f"acknowledgements {quoted(value)} is not a list of at least one"]
    found: dict[tuple[str, BillingPeriod], GivenAcknowledgement] = {}
    problems: list[str] = []
    for number, one in enumerate(value, 1):
        reader = _Reader(one, run)
        given = reader.read()
        if given and (given.payer_account_id, given.billing_period) in found:
            reader.problems.append(
                f"payer account {given.payer_account_id} is acknowledged twice in "
                f"{given.billing_period}; keep one"
            )
        elif given:
            found[given.payer_account_id, given.billing_period] = given
        problems += (f"acknowledgement {number}: {problem}" for problem in reader.problems)
    return tuple(found.values()), problems


class _Reader:
    def __init__(self, value: object, run: Acknowledgeable) -> None:
        self._value = value
        self._run = run
        self.problems: list[str] = []

    def read(self) -> GivenAcknowledgement | None:
        value = self._value
        if not isinstance(value, Mapping):
            self.problems.append(f"{quoted(value)} is not a JSON object")
            return None
        self.problems += (
            f"{quoted(key)} is unknown; the keys are {', '.join(_KEYS)}"
            for key in value
            if key not in _KEYS
        )
        account_id = self._account_id(value.get("payer_account_id"))
        period = self._period(value.get("billing_period", str(self._run.target)))
        if account_id and period and (refusal := self._run.refusal(account_id, period)):
            self.problems.append(refusal)
        reason, by = (self._line(key, value.get(key)) for key in ("reason", "by"))
        until = self._until(value.get("until"))
        if account_id and period and reason and by and until:
            return GivenAcknowledgement(account_id, period, reason, by, until)
        return None

    def _account_id(self, value: object) -> str | None:
        if isinstance(value, str) and _ACCOUNT_ID.fullmatch(value):
            return value
        self.problems.append(f"payer_account_id {quoted(value)} is not twelve digits as text")
        return None

    def _period(self, value: object) -> BillingPeriod | None:
        try:
            return BillingPeriod.parse(value if isinstance(value, str) else "")
        except ValueError:
            self.problems.append(
                f"billing_period {quoted(value)} is not a billing period; write year and month "
                "as 2026-10"
            )
            return None

    def _line(self, key: str, value: object) -> str | None:
        """One line of text; it is shown wherever the verdict is."""
        problem = _line_problem(key, value)
        self.problems += filter(None, [problem])
        return None if problem else str(value).strip()

    def _until(self, value: object) -> date | None:
        try:
            # fromisoformat reads other forms too, of weeks for one
            until = date.fromisoformat(str(value) if _DAY.fullmatch(str(value)) else "")
        except ValueError:
            self.problems.append(
                f"until {quoted(value)} is not a day; write year-month-day, such as 2026-12-31"
            )
            return None
        if until < self._run.as_of.date():
            self.problems.append(
                f"until {until} is before the day of this run, {self._run.as_of:%Y-%m-%d}; "
                "write the last day on which it shall count"
            )
            return None
        latest = _same_day_later(self._run.as_of.date(), _MOST_MONTHS)
        if until > latest:
            self.problems.append(
                f"until {until} is more than {_MOST_MONTHS} months after the day of this run; "
                f"write {latest} at the latest, and accept it again then"
            )
            return None
        return until


def _same_day_later(day: date, months: int) -> date:
    """The same day so many months later, or that month's last day."""
    month = BillingPeriod.containing(day).shifted(months)
    return min(month.first_day + timedelta(day.day - 1), month.first_day_after - timedelta(1))


def _line_problem(key: str, value: object) -> str | None:
    """Why it is no line that may be kept; of what may be a secret, nothing is repeated."""
    if not isinstance(value, str) or not value.strip():
        return f"{key} {quoted(value)} is no text; it is kept as evidence, so write who and why"
    if has_url(value):
        return f"{key} has a URL, which may be a secret; write what stands there"
    if len(value) > _LONGEST_TEXT or not value.isprintable():
        return f"{key} {quoted(value)} is not one line of up to {_LONGEST_TEXT} characters"
    return None
