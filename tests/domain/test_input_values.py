"""What reads all input: rules, and the collector of what they refuse."""

import math
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import InvalidSettings
from lambdas.domain.input_values import (
    InputValues,
    Rule,
    WrongValue,
    account_id,
    choice,
    day,
    each,
    flag,
    json_object,
    period,
    subscriber,
    text,
    texts,
    whole_number,
)

PROJECT = Path(__file__).parent.parent.parent
READERS = (
    "lambdas/domain/runs/run_request.py",
    "lambdas/domain/runs/acknowledgement_input.py",
    "lambdas/domain/runs/payer_register.py",
    "lambdas/settings.py",
    "infra/deploy_settings.py",
)
RULES: Mapping[str, tuple[Rule[Any], Any, str]] = {
    "text": (text, "x", "is not text"),
    "texts": (texts, ["x", "y"], 'is not a list of texts; write ["…", "…"]'),
    "whole_number": (whole_number(0, 9), 9, "is not a whole number from 0 to 9"),
    "flag": (flag, False, "is neither true nor false"),
    "day": (day, "2026-12-31", "is not a day; write year-month-day, such as 2026-12-31"),
    "period": (period, "2026-10", "is not a billing period; write year and month as 2026-10"),
    "account_id": (account_id, "0" * 12, "is not twelve digits as text"),
    "choice": (choice("A", "B"), "B", "is not one of A, B"),
    "json_object": (json_object, {}, 'is not an object; write {"key": value}'),
}
SIGNED = "https://b.s3.amazonaws.com/x.pdf?X-Amz-Signature=5ec2e7"
DEEP: Any = []
for _ in range(50_000):
    DEEP = [DEEP]
ODD: Mapping[str, Any] = {
    "null": None,
    "true": True,
    "a float": 1.0,
    "NaN": math.nan,
    "infinity": math.inf,
    "an account id as a number": 111122223333,
    "a negative number": -1,
    "a number beyond printing": 10**5000,
    "no text": " ",
    "a lone surrogate": "\ud800",
    "a NUL": "\0",
    "digits of another script": "\uff11" * 12,
    "a day with a line break": "2026-12-31\n",
    "a day of a week": "2026-W50-1",
    "no day": "2026-02-30",
    "a huge text": "1" * 50_000,
    "a list of no texts": [1],
    "the same text twice": ["x", "x"],
    "a list in 50,000 lists": DEEP,
    "a signed URL": SIGNED,
    "a list with a signed URL": [SIGNED],
    "bytes": b"x",
}
RIGHT = {
    *(("text", odd) for odd in ("a lone surrogate", "a NUL", "digits of another script")),
    *(("text", odd) for odd in ("a day with a line break", "a day of a week", "no day")),
    ("text", "a huge text"),
    ("flag", "true"),
}


@pytest.mark.parametrize("name", RULES)
def test_each_rule_reads_what_is_right_and_says_what_else_it_wants(name: str) -> None:
    rule, right, problem = RULES[name]
    expected = {"day": date(2026, 12, 31), "period": BillingPeriod(2026, 10), "texts": ("x", "y")}
    assert rule(right) == expected.get(name, right)
    values = InputValues({})
    values.check("it", (), rule, None)
    assert values.problems == [f"it () {problem}"]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", RULES)
def test_an_odd_value_is_one_short_problem_that_repeats_no_secret(name: str, odd: str) -> None:
    values = InputValues({"it": ODD[odd]})
    values.value("it", RULES[name][0], None)
    assert len(values.problems) == ((name, odd) not in RIGHT)
    assert all(len(problem) < 250 and "5ec2e7" not in problem for problem in values.problems)
    assert all(problem.startswith("it ") and problem.isprintable() for problem in values.problems)


@given(st.text(st.characters(exclude_categories=())) | st.integers() | st.floats() | st.none())
def test_any_value_is_read_or_refused_by_every_rule(value: object) -> None:
    for rule, _, _ in RULES.values():
        values = InputValues({"it": value})
        read = values.value("it", rule, values)
        assert (read is values) == bool(values.problems)


def test_every_problem_is_gathered_and_raised_at_once() -> None:
    values = InputValues({"a": 1, "b": {"c": "x", "cc": 2}, "e": [], "sea": 1}, joint=": ")
    assert values.value("a", flag, True) is True
    section = values.section("b")
    assert section.value("c", whole_number(1), 5) == 5
    assert values.section("e").value("f", text, "default") == "default"
    assert values.required("g", text, "") == ""
    values.refuse_unknown()
    with pytest.raises(InvalidSettings) as refused:
        values.raise_problems(InvalidSettings)
    assert refused.value.problems == (
        "a: 1 is neither true nor false",
        "b.c: 'x' is not a whole number from 1 on",
        'e: [] is not an object; write {"key": value}',
        "g is missing; it has no default",
        "sea is unknown; the keys are a, b, e, g",
        "b.cc is unknown; did you mean 'c'?",
    )


def test_without_a_problem_nothing_is_raised() -> None:
    values = InputValues({"a": "x"}, path="line 2: ")
    assert values.required("a", text, "") == "x"
    values.refuse_unknown()
    values.raise_problems(InvalidSettings)


def test_a_name_that_may_be_a_secret_is_not_repeated() -> None:
    values = InputValues({SIGNED: 1, "two words": 2}, path="line 2: ")
    values.refuse_unknown()
    assert [problem.split(";")[0] for problem in values.problems] == [
        "line 2: (it has a URL, which is not repeated here) is unknown",
        "line 2: 'two words' is unknown",
    ]


def test_each_refuses_a_list_with_the_problem_of_every_item() -> None:
    assert each(flag, [True, False]) == (True, False)
    with pytest.raises(WrongValue) as refused:
        each(flag, ["x", True, "y"])
    assert refused.value.problems == tuple(f"'{one}' is neither true nor false" for one in "xy")


@pytest.mark.parametrize("place", READERS)
def test_every_reader_of_input_uses_it(place: str) -> None:
    assert "InputValues(" in (PROJECT / place).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "sentence",
    [
        "is neither true",
        "is not twelve digits",
        "is not a whole number",
        "is not a day",
        "is no day",
    ],
)
def test_what_it_says_is_said_nowhere_else(sentence: str) -> None:
    sources = [path for top in ("lambdas", "infra") for path in (PROJECT / top).rglob("*.py")]
    places = {path.name for path in sources if f"}} {sentence}" in path.read_text("utf-8")}
    assert places <= {"input_values.py"}


@pytest.mark.parametrize(
    "address", ["a@b.example", "Dana.O'Neil+aws_1@mail.Example-Corp.com", "x" * 64 + "@b.example"]
)
def test_an_address_that_sns_subscribes_is_taken_as_it_is(address: str) -> None:
    assert subscriber(address) == address


@pytest.mark.parametrize(
    "address",
    [
        *("jörg@b.example", "a@bücher.example", "a,b@c.example", '"a"@b.example', "a\\b@c.example"),
        *(".a@b.example", "a.@b.example", "a..b@c.example", "a@-b.example", "a@b-.example"),
        *("a@b.1", "a@127.0.0.1", "x" * 65 + "@b.example", "a@" + "b" * 260 + ".example"),
        *("a@b", "a", "a@b@c.example", "a @b.example", ""),
    ],
)
def test_an_address_that_sns_or_its_filter_policies_would_misread_is_refused(address: str) -> None:
    with pytest.raises(WrongValue):
        subscriber(address)
