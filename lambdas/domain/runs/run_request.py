"""What a run is asked to do: the execution input, read without looking at any clock."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import InvalidExecutionInput
from lambdas.domain.json_text import instant_text, read_instant, sha256_hex
from lambdas.domain.runs.acknowledgement_input import Acknowledgeable, read_acknowledgements
from lambdas.domain.runs.payer_register import PayerRegister
from lambdas.domain.secret_text import quoted
from lambdas.domain.witnesses.acknowledgements import GivenAcknowledgement

_KEYS = ("scheduled_time", "billing_period", "payer_account_ids", "dry_run", "acknowledgements")
_ACCOUNT_ID = re.compile(r"\d{12}", re.ASCII)


@dataclass(frozen=True)
class RunRequest:
    """A run's target and the instant that it counts as.

    The schedule's instant is what a doubled delivery shares.
    """

    run_id: str
    as_of: datetime
    billing_period: BillingPeriod
    is_scheduled: bool
    payer_account_ids: tuple[str, ...] | None
    """None: all of the register."""
    dry_run: bool
    acknowledgements: tuple[GivenAcknowledgement, ...] = ()


def parse_run_request(
    execution_input: object,
    execution_name: str,
    start_time: datetime,
    register: PayerRegister,
    lookback_periods: int,
    *,
    judged: Callable[[BillingPeriod], Collection[str]],
) -> RunRequest:
    """Read the execution input of the schedule or of a person.

    `{"scheduled_time": …}` is the schedule's; a person's `billing_period`, `payer_account_ids`,
    `dry_run` and `acknowledgements` are all optional. `judged` names the payer accounts of a
    period's verdict. Raises InvalidExecutionInput with every problem at once.
    """
    if not isinstance(execution_input, Mapping):
        raise InvalidExecutionInput(
            ['it is not a JSON object; start with {} or {"billing_period": "2026-10"}']
        )
    reader = _Reader(execution_input)
    scheduled_time = reader.scheduled_time(start_time)
    as_of = scheduled_time or start_time
    period = reader.billing_period(as_of) or BillingPeriod.containing(as_of).shifted(-1)
    payer_account_ids = reader.payer_account_ids(register)
    dry_run = reader.dry_run()
    acknowledgements = reader.acknowledgements(
        Acknowledgeable(as_of, period, lookback_periods, register, judged)
    )
    if reader.problems:
        raise InvalidExecutionInput(reader.problems)
    stamp = f"{as_of:%Y%m%dT%H%M%SZ}"
    run_id = f"scheduled-{stamp}" if scheduled_time else f"manual-{stamp}-{_plain(execution_name)}"
    return RunRequest(
        run_id,
        as_of,
        period,
        scheduled_time is not None,
        payer_account_ids,
        dry_run,
        acknowledgements,
    )


class _Reader:
    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given
        self.problems = [
            f"{quoted(key)} is unknown; the keys are {', '.join(_KEYS)}"
            for key in given
            if key not in _KEYS
        ]
        if "scheduled_time" in given:
            self.problems += [
                f"scheduled_time is the schedule's own; leave it out to give {key}"
                for key in _KEYS[1:]
                if key in given
            ]

    def scheduled_time(self, start_time: datetime) -> datetime | None:
        """The schedule's instant. It lies before the execution's start, or the run would judge
        months that are not over, and sign and lock what it says of them.
        """
        value = self._given.get("scheduled_time")
        if value is None:
            return None
        try:
            instant = read_instant(value)
            # its target must be a period that AWS knows
            BillingPeriod.parse(str(BillingPeriod.containing(instant).shifted(-1)))
        except (ValueError, TypeError, OverflowError):
            self.problems.append(
                f"scheduled_time {quoted(value)} is not an instant such as 2026-11-03T06:00:00Z"
            )
            return None
        if instant > start_time:
            self.problems.append(
                f"scheduled_time {value!r} lies beyond the start of this execution, "
                f"{instant_text(start_time)}; start it when that time has come"
            )
            return None
        return instant

    def billing_period(self, as_of: datetime) -> BillingPeriod | None:
        value = self._given.get("billing_period")
        if value is None:
            return None
        try:
            period = BillingPeriod.parse(value)
        except (ValueError, TypeError):
            self.problems.append(
                f"billing_period {quoted(value)} is not a billing period; write year and month "
                "as 2026-10"
            )
            return None
        if period > BillingPeriod.containing(as_of):
            self.problems.append(f"billing_period {period} has not begun by {as_of:%Y-%m-%d}")
        return period

    def payer_account_ids(self, register: PayerRegister) -> tuple[str, ...] | None:
        value = self._given.get("payer_account_ids")
        if value is None:
            return None
        if not isinstance(value, list) or not value:
            self.problems.append(
                f"payer_account_ids {quoted(value)} is not a list of account ids; leave it out to "
                "ask all"
            )
            return None
        registered = {payer.account_id for payer in register.payers}
        for account_id in value:
            if not isinstance(account_id, str) or not _ACCOUNT_ID.fullmatch(account_id):
                self.problems.append(
                    f"payer account {quoted(account_id)} is not twelve digits as text"
                )
            elif account_id not in registered:
                self.problems.append(
                    f"payer account {account_id} is not in the payer register; add it and deploy, "
                    "or correct it"
                )
        return tuple(dict.fromkeys(map(str, value)))

    def dry_run(self) -> bool:
        value = self._given.get("dry_run", False)
        if not isinstance(value, bool):
            self.problems.append(f"dry_run {quoted(value)} is neither true nor false")
        return value is True

    def acknowledgements(self, run: Acknowledgeable) -> tuple[GivenAcknowledgement, ...]:
        value = self._given.get("acknowledgements")
        if value is None:
            return ()
        if self._given.get("dry_run") is True:
            self.problems.append("a dry run acknowledges nothing; leave out one of the two")
        acknowledgements, problems = read_acknowledgements(value, run)
        self.problems += problems
        return acknowledgements


def _plain(execution_name: str) -> str:
    """The execution's name as part of a key; a name that does not fit is told apart by its hash."""
    plain = re.sub(r"[^A-Za-z0-9-]", "-", execution_name)[:40]
    return (
        plain if plain == execution_name else f"{plain}-{sha256_hex(execution_name.encode())[:8]}"
    )
