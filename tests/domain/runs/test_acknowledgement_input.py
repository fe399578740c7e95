from collections.abc import Callable, Collection
from datetime import UTC, date, datetime
from typing import Any

import pytest

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import InvalidExecutionInput
from lambdas.domain.runs.acknowledgement_input import Acknowledgeable, read_acknowledgements
from lambdas.domain.runs.payer_register import Payer, PayerRegister
from lambdas.domain.runs.run_request import RunInput, RunRequest
from lambdas.domain.witnesses.acknowledgements import GivenAcknowledgement
from tests.domain.examples import ACME, BOREAL, OCTOBER

STARTED = datetime(2026, 11, 12, 9, 30, tzinfo=UTC)
NEW, GONE = "999988887777", "777788889999"
REGISTER = PayerRegister(
    (
        Payer(ACME, "Acme"),
        Payer(BOREAL, "Boreal"),
        Payer(NEW, "New", active_from=OCTOBER.shifted(1)),
    ),
    "sha",
)
GOOD = {
    "payer_account_id": ACME,
    "reason": "The account has no workload any more.",
    "by": "Dana Whitlock",
    "until": "2026-12-31",
}
Judged = Callable[[BillingPeriod], Collection[str]]


def nobody(_: BillingPeriod) -> Collection[str]:
    return ()


def parse(*acknowledgements: Any, judged: Judged = nobody, **given: Any) -> RunRequest:
    return read({"acknowledgements": list(acknowledgements)} | given, judged)


def read(given: dict[str, Any], judged: Judged = nobody) -> RunRequest:
    read = RunInput(given, STARTED, REGISTER)
    return read.request("run-1", 1, {one: judged(one) for one in read.acknowledged_periods})


def problems(*acknowledgements: Any, judged: Judged = nobody, **given: Any) -> list[str]:
    with pytest.raises(InvalidExecutionInput) as refused:
        parse(*acknowledgements, judged=judged, **given)
    return list(refused.value.problems)


def test_an_acknowledgement_is_for_the_target_period_unless_it_names_another() -> None:
    request = parse(GOOD, GOOD | {"billing_period": "2026-09", "by": " Luis "})
    assert request.acknowledgements == (
        GivenAcknowledgement(ACME, OCTOBER, GOOD["reason"], "Dana Whitlock", date(2026, 12, 31)),
        GivenAcknowledgement(ACME, OCTOBER.shifted(-1), GOOD["reason"], "Luis", date(2026, 12, 31)),
    )
    assert parse(GOOD, billing_period="2026-03").acknowledgements[0].billing_period == (
        BillingPeriod(2026, 3)
    )


def test_an_acknowledgement_reads_back() -> None:
    (given,) = parse(GOOD).acknowledgements
    assert GivenAcknowledgement.from_data(given.to_data()) == given


def test_a_run_without_acknowledgements_has_none() -> None:
    assert read({}).acknowledgements == ()


def test_it_counts_until_the_end_of_the_runs_own_day_at_least() -> None:
    assert parse(GOOD | {"until": "2026-11-12"}).acknowledgements
    assert problems(GOOD | {"until": "2026-11-11"}) == [
        "acknowledgement 1: until 2026-11-11 is before the day of this run, 2026-11-12; "
        "write the last day on which it shall count"
    ]


def test_it_counts_for_thirteen_months_at_most() -> None:
    assert parse(GOOD | {"until": "2027-12-12"}).acknowledgements
    assert problems(GOOD | {"until": "2027-12-13"}) == [
        "acknowledgement 1: until 2027-12-13 is more than 13 months after the day of this run; "
        "write 2027-12-12 at the latest, and accept it again then"
    ]


def test_the_last_day_of_a_month_that_is_too_short_is_the_latest() -> None:
    as_of = datetime(2027, 1, 31, 6, tzinfo=UTC)
    run = Acknowledgeable(as_of, OCTOBER, 0, REGISTER, {OCTOBER: (ACME,)})
    assert read_acknowledgements([GOOD | {"until": "2028-02-29"}], run)[0]
    assert read_acknowledgements([GOOD | {"until": "2028-03-01"}], run)[1]


@pytest.mark.parametrize(
    "until", ["31.12.2026", "2026-13-01", "2026-W50-1", "20261231", "", None, 20261231, "2026-2-30"]
)
def test_what_is_no_day_is_reported_with_its_value(until: object) -> None:
    assert problems(GOOD | {"until": until}) == [
        f"acknowledgement 1: until {until!r} is not a day; write year-month-day, such as 2026-12-31"
    ]


@pytest.mark.parametrize("key", ["reason", "by"])
@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "is no text"),
        ("   ", "is no text"),
        (None, "is no text"),
        (7, "is no text"),
        ("two\nlines", "is not one line"),
        ("x" * 501, "is not one line"),
        ("see https://example.com/?token=1", "has a URL"),
    ],
)
def test_reason_and_name_are_a_line_of_text_each(key: str, value: object, problem: str) -> None:
    (told,) = problems(GOOD | {key: value})
    assert told.startswith(f"acknowledgement 1: {key} ")
    assert problem in told


def test_an_unknown_payer_account_is_refused() -> None:
    assert problems(GOOD | {"payer_account_id": GONE}) == [
        f"acknowledgement 1: payer account {GONE} is unknown in 2026-10: neither the payer "
        "register nor the period's status names it"
    ]
    assert parse(GOOD | {"payer_account_id": GONE}, judged=lambda _: (GONE,)).acknowledgements


def test_a_payer_account_that_was_not_active_yet_is_unknown_in_that_period() -> None:
    (told,) = problems(GOOD | {"payer_account_id": NEW})
    assert f"{NEW} is unknown in 2026-10" in told


def test_an_unknown_period_is_refused() -> None:
    assert problems(GOOD | {"billing_period": "2026-01"}) == [
        "acknowledgement 1: billing_period 2026-01 was never judged; start a run with "
        "billing_period 2026-01 and acknowledge in its input"
    ]
    january = parse(GOOD | {"billing_period": "2026-01"}, judged=lambda _: (ACME,))
    assert january.acknowledgements[0].billing_period == BillingPeriod(2026, 1)
    assert problems(GOOD | {"billing_period": "2026-12"}) == [
        "acknowledgement 1: billing_period 2026-12 has not begun by 2026-11-12"
    ]
    assert problems(GOOD | {"billing_period": "2026-13"}) == [
        "acknowledgement 1: billing_period '2026-13' is not a billing period; "
        "write year and month as 2026-10"
    ]


def test_every_problem_of_every_acknowledgement_is_reported_at_once() -> None:
    told = problems(
        {"payer_account_id": GONE, "reason": "", "by": "", "until": "soon", "note": "x"},
        "yes",
        {},
        GOOD,
        GOOD,
        billing_period="2026-10",
    )
    assert [one.split(":")[0] for one in told] == [
        *["acknowledgement 1"] * 5,
        "acknowledgement 2",
        *["acknowledgement 3"] * 4,
        "acknowledgement 5",
    ]
    assert "acknowledged twice in 2026-10" in told[-1]


@pytest.mark.parametrize("value", [[], {}, GOOD, "yes", True])
def test_acknowledgements_are_a_list(value: object) -> None:
    with pytest.raises(InvalidExecutionInput, match="is not a list of at least one"):
        read({"acknowledgements": value})


def test_neither_the_schedule_nor_a_dry_run_acknowledges() -> None:
    assert problems(GOOD, dry_run=True) == [
        "a dry run acknowledges nothing; leave out one of the two"
    ]
    assert problems(GOOD, scheduled_time="2026-11-03T06:00:00Z") == [
        "scheduled_time is the schedule's own; leave it out to give acknowledgements"
    ]
