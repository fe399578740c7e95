"""Input from people and programs, read value by value, with every problem at once.

A rule reads one value, or refuses it with a sentence that continues the value's name. No rule of
this module repeats a possible secret.
"""

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.secret_text import has_signed_url, quoted

T = TypeVar("T")
D = TypeVar("D")
Rule = Callable[[Any], T]
"""Reads a value. Raises ValueError for one that it refuses."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_SUBSCRIBER = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])",
    re.ASCII | re.IGNORECASE,
)
_LONGEST_LOCAL_PART, _LONGEST_ADDRESS = 64, 254
SIGNED_URL = "has a signed URL, which is a secret; write what stands there"

_ACCOUNT_ID = re.compile(r"\d{12}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PLAIN_NAME = re.compile(r"\w{1,60}", re.ASCII)


class WrongValue(ValueError):
    """A value refused by its rule, with at least one problem."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class InputValues:
    """Named values, with their errors in `problems`.

    A problem begins with `path`, the value's name and `joint`.
    """

    def __init__(self, values: Mapping[str, Any], *, path: str = "", joint: str = " ") -> None:
        self.problems: list[str] = []
        self._values = values
        self._path = path
        self._joint = joint
        self._known: list[str] = []
        self._sections: list[InputValues] = []

    def value(self, name: str, rule: Rule[T], default: D) -> T | D:
        """The value as the rule reads it; the default if it is absent or refused."""
        self._known.append(name)
        if name not in self._values:
            return default
        return self.check(f"{self._path}{name}", self._values[name], rule, default)

    def required(
        self,
        name: str,
        rule: Rule[T],
        placeholder: D,
        absent: str = "is missing; it has no default",
    ) -> T | D:
        """The value as the rule reads it; the placeholder if a problem was noted."""
        if name not in self._values:
            self.problems.append(f"{self._path}{name} {absent}")
        return self.value(name, rule, placeholder)

    def section(self, name: str) -> "InputValues":
        """The values of an object within this one; empty if there is no such object."""
        values = self.value(name, json_object, {})
        section = InputValues(values, path=f"{self._path}{name}.", joint=self._joint)
        section.problems = self.problems
        self._sections.append(section)
        return section

    def check(self, name: str, value: object, rule: Rule[T], default: D) -> T | D:
        """Read a value with the rule; `name` is its name in problems."""
        read, problems = read_each(rule, [value])
        self.problems += (f"{name}{self._joint}{problem}" for problem in problems)
        return read[0] if read else default

    def refuse_unknown(self) -> None:
        """Note each name that was never read, here and in the sections."""
        for name in self._values:
            if name not in self._known:
                hint = nearest(name, self._known) or f"; the keys are {', '.join(self._known)}"
                safe_name = name if _PLAIN_NAME.fullmatch(name) else quoted(name)
                self.problems.append(f"{self._path}{safe_name} is unknown{hint}")
        for section in self._sections:
            section.refuse_unknown()

    def raise_problems(self, error: Callable[[Sequence[str]], Exception]) -> None:
        """Raise the error with all problems, if there are any."""
        if self.problems:
            raise error(self.problems)


def read_each(rule: Rule[T], values: Iterable[object]) -> tuple[list[T], list[str]]:
    """Read these values with the rule, and return them with every problem."""
    read: list[T] = []
    problems: list[str] = []
    for value in values:
        try:
            read.append(rule(value))
        except WrongValue as wrong:
            problems += wrong.problems
        except ValueError as error:
            problems.append(str(error))
    return read, problems


def each(rule: Rule[T], values: Iterable[object]) -> tuple[T, ...]:
    """Read these values with the rule. Raises WrongValue with every problem."""
    read, problems = read_each(rule, values)
    if problems:
        raise WrongValue(*problems)
    return tuple(read)


def text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise WrongValue(f"{quoted(value)} is not text")
    if has_signed_url(value):
        raise WrongValue(f"it {SIGNED_URL}")
    return value


def email(value: object) -> str:
    found = text(value)
    if not _EMAIL.fullmatch(found):
        raise WrongValue(f"'{found}' is not an e-mail address")
    return found


def subscriber(value: object) -> str:
    """An address that SNS subscribes, and whose letters mean themselves in a filter policy."""
    found = email(value)
    is_short = len(found) <= _LONGEST_ADDRESS and found.index("@") <= _LONGEST_LOCAL_PART
    if not is_short or not _SUBSCRIBER.fullmatch(found):
        raise WrongValue(
            f"'{found}' is no address that Amazon SNS sends e-mail to; write one such as "
            "dana@example.com, in ASCII"
        )
    return found


def texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise WrongValue(f'{quoted(value)} is not a list of texts; write ["…", "…"]')
    repeated = sorted({item for item in value if value.count(item) > 1})
    if repeated:
        raise WrongValue(f"{quoted(repeated[0])} is listed more than once; keep one")
    return each(text, value)


def whole_number(least: int, most: int | None = None) -> Rule[int]:
    """A rule for whole numbers within these limits, both included."""
    limits = f"from {least} on" if most is None else f"from {least} to {most}"

    def rule(value: object) -> int:
        # bool is an int in Python, not in JSON
        if type(value) is int and least <= value <= (value if most is None else most):
            return value
        raise WrongValue(f"{quoted(value)} is not a whole number {limits}")

    return rule


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise WrongValue(f"{quoted(value)} is neither true nor false")
    return value


def day(value: object) -> date:
    try:
        # fromisoformat also reads other forms, such as weeks
        is_day = isinstance(value, str) and _DAY.fullmatch(value)
        return date.fromisoformat(str(value) if is_day else "")
    except ValueError:
        raise WrongValue(
            f"{quoted(value)} is not a day; write year-month-day, such as 2026-12-31"
        ) from None


def period(value: object) -> BillingPeriod:
    return BillingPeriod.parse(value)


def account_id(value: object) -> str:
    if not isinstance(value, str) or not _ACCOUNT_ID.fullmatch(value):
        raise WrongValue(f"{quoted(value)} is not twelve digits as text")
    return value


def choice(*options: T) -> Rule[T]:
    """A rule for one of these options."""

    def rule(value: object) -> T:
        for option in options:
            if value == option:
                return option
        raise WrongValue(f"{quoted(value)} is not one of {', '.join(map(str, options))}")

    return rule


def json_object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise WrongValue(f'{quoted(value)} is not an object; write {{"key": value}}')
    return value


def nearest(word: str, words: Collection[str]) -> str:
    """A question that suggests the nearest of these words; empty if none is near."""
    close = difflib.get_close_matches(word, sorted(words), 1)
    return f"; did you mean '{close[0]}'?" if close else ""
