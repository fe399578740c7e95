"""The request for a run, from the execution input and without a clock."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import InvalidExecutionInput
from lambdas.domain.input_values import InputValues, Rule, WrongValue, account_id, flag
from lambdas.domain.json_text import instant_text, read_instant, sha256_hex
from lambdas.domain.runs.acknowledgement_input import (
    Acknowledgeable,
    acknowledged_periods,
    read_acknowledgements,
)
from lambdas.domain.runs.payer_register import PayerRegister
from lambdas.domain.secret_text import quoted
from lambdas.domain.witnesses.acknowledgements import GivenAcknowledgement

_OF_A_PERSON = ("billing_period", "payer_account_ids", "dry_run", "acknowledgements")
_MAY_BE_NULL = ("scheduled_time", "billing_period", "payer_account_ids", "acknowledgements")


@dataclass(frozen=True)
class RunRequest:
    """A run's target period and its instant.

    A doubled delivery of the schedule has the same instant.
    """

    run_id: str
    as_of: datetime
    billing_period: BillingPeriod
    is_scheduled: bool
    payer_account_ids: tuple[str, ...] | None
    """None: all payer accounts of the register."""
    dry_run: bool
    acknowledgements: tuple[GivenAcknowledgement, ...] = ()


class RunInput:
    """The execution input of the schedule or of a person.

    `{"scheduled_time": …}` is the schedule's; a person's `billing_period`, `payer_account_ids`,
    `dry_run` and `acknowledgements` are all optional. It is read in two stages, because
    acknowledgements are checked against the status of the periods that they name.
    """

    def __init__(
        self, execution_input: object, start_time: datetime, register: PayerRegister
    ) -> None:
        """Raises InvalidExecutionInput if it is no JSON object."""
        if not isinstance(execution_input, Mapping):
            raise InvalidExecutionInput(
                ['it is not a JSON object; start with {} or {"billing_period": "2026-10"}']
            )
        absent = {key for key in _MAY_BE_NULL if execution_input.get(key) is None}
        given = InputValues({k: value for k, value in execution_input.items() if k not in absent})
        self._input = execution_input
        self._given = given
        self._register = register
        self._scheduled_time = given.value("scheduled_time", _scheduled_time(start_time), None)
        self._as_of = self._scheduled_time or start_time
        before = BillingPeriod.containing(self._as_of).shifted(-1)
        self._period = given.value("billing_period", _begun_by(self._as_of), before)
        account_ids = given.value("payer_account_ids", _account_ids, ())
        registered = _registered(register)
        checked = (given.check("payer account", one, registered, None) for one in account_ids)
        self._account_ids = tuple(dict.fromkeys(one for one in checked if one))
        self._dry_run = given.value("dry_run", flag, False)

    @property
    def acknowledged_periods(self) -> set[BillingPeriod]:
        """The periods whose status `request` has to know."""
        return acknowledged_periods(self._input.get("acknowledgements"), self._period)

    def request(
        self,
        execution_name: str,
        lookback_periods: int,
        judged: Mapping[BillingPeriod, Collection[str]],
    ) -> RunRequest:
        """The request; `judged` has the payer accounts that the status of each of
        `acknowledged_periods` names. Raises InvalidExecutionInput with every problem at once.
        """
        given = self._given
        run = Acknowledgeable(self._as_of, self._period, lookback_periods, self._register, judged)
        acknowledgements, problems = given.value(
            "acknowledgements", lambda value: read_acknowledgements(value, run), ((), [])
        )
        given.problems += problems
        given.problems += _contradictions(self._input)
        given.refuse_unknown()
        given.raise_problems(InvalidExecutionInput)
        return RunRequest(
            run_id=self._run_id(execution_name),
            as_of=self._as_of,
            billing_period=self._period,
            is_scheduled=self._scheduled_time is not None,
            payer_account_ids=self._account_ids or None,
            dry_run=self._dry_run,
            acknowledgements=acknowledgements,
        )

    def _run_id(self, execution_name: str) -> str:
        stamp = f"{self._as_of:%Y%m%dT%H%M%SZ}"
        if self._scheduled_time:
            return f"scheduled-{stamp}"
        return f"manual-{stamp}-{_plain(execution_name)}"


def _contradictions(given: Mapping[str, object]) -> list[str]:
    """Problems of values that contradict each other."""
    problems = [
        f"scheduled_time is the schedule's own; leave it out to give {key}"
        for key in _OF_A_PERSON
        if key in given and "scheduled_time" in given
    ]
    if given.get("dry_run") is True and given.get("acknowledgements") is not None:
        problems.append("a dry run acknowledges nothing; leave out one of the two")
    return problems


def _scheduled_time(start_time: datetime) -> Rule[datetime]:
    """A rule for the schedule's instant. It must not be after the execution's start, or the run
    would judge months that are not over, and sign and lock the result.
    """

    def rule(value: Any) -> datetime:
        try:
            instant = read_instant(value)
            # its target must be a period that AWS knows
            BillingPeriod.parse(str(BillingPeriod.containing(instant).shifted(-1)))
        except (ValueError, TypeError, OverflowError):
            raise WrongValue(
                f"{quoted(value)} is not an instant such as 2026-11-03T06:00:00Z"
            ) from None
        if instant > start_time:
            raise WrongValue(
                f"{value!r} lies beyond the start of this execution, {instant_text(start_time)}; "
                "start it when that time has come"
            )
        return instant

    return rule


def _begun_by(as_of: datetime) -> Rule[BillingPeriod]:
    def rule(value: object) -> BillingPeriod:
        period = BillingPeriod.parse(value)
        if period > BillingPeriod.containing(as_of):
            raise WrongValue(f"{period} has not begun by {as_of:%Y-%m-%d}")
        return period

    return rule


def _account_ids(value: object) -> tuple[object, ...]:
    if not isinstance(value, list) or not value:
        raise WrongValue(f"{quoted(value)} is not a list of account ids; leave it out to ask all")
    return tuple(value)


def _registered(register: PayerRegister) -> Rule[str]:
    registered = {payer.account_id for payer in register.payers}

    def rule(value: object) -> str:
        if account_id(value) not in registered:
            raise WrongValue(
                f"{value} is not in the payer register; add it and deploy, or correct it"
            )
        return str(value)

    return rule


def _plain(execution_name: str) -> str:
    """The execution's name as part of a key; a name that does not fit is made distinct by its
    hash.
    """
    plain = re.sub(r"[^A-Za-z0-9-]", "-", execution_name)[:40]
    return (
        plain if plain == execution_name else f"{plain}-{sha256_hex(execution_name.encode())[:8]}"
    )
