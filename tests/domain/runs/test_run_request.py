import re
from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import InvalidExecutionInput
from lambdas.domain.runs.payer_register import Payer, PayerRegister
from lambdas.domain.runs.run_request import RunInput, RunRequest
from tests.domain.examples import ACME, BOREAL

STARTED = datetime(2026, 11, 5, 9, 30, tzinfo=UTC)
REGISTER = PayerRegister((Payer(ACME, "Acme"), Payer(BOREAL, "Boreal")), "sha")
LATER = datetime(2027, 3, 1, tzinfo=UTC)
SCHEDULED = {"scheduled_time": "2026-11-03T06:00:00Z"}


def parse(given: object, name: str = "run-1", started: datetime = STARTED) -> RunRequest:
    return RunInput(given, started, REGISTER).request(name, 1, judged={})


def problems(given: object, started: datetime = STARTED) -> list[str]:
    with pytest.raises(InvalidExecutionInput) as refused:
        parse(given, started=started)
    return list(refused.value.problems)


def test_the_schedules_instant_is_what_the_run_counts_as() -> None:
    request = parse(SCHEDULED)
    assert request.as_of == datetime(2026, 11, 3, 6, tzinfo=UTC)
    assert request.billing_period == BillingPeriod(2026, 10)
    assert request.is_scheduled
    assert request.payer_account_ids is None
    assert not request.dry_run


def test_a_persons_empty_input_counts_from_the_executions_start() -> None:
    request = parse({})
    assert request.as_of == STARTED
    assert request.billing_period == BillingPeriod(2026, 10)
    assert not request.is_scheduled


@pytest.mark.parametrize(
    ("instant", "period"),
    [
        ("2027-01-03T06:00:00Z", "2026-12"),
        ("2027-02-28T23:59:59Z", "2027-01"),
        ("2028-03-01T00:00:00Z", "2028-02"),
        ("2026-11-01T00:00:00Z", "2026-10"),
        ("2026-10-31T23:59:59Z", "2026-09"),
        ("2026-11-01T05:00:00+09:00", "2026-09"),
    ],
)
def test_the_target_is_the_utc_month_before_the_scheduled_instant(
    instant: str, period: str
) -> None:
    started = datetime.fromisoformat(instant)
    assert str(parse({"scheduled_time": instant}, started=started).billing_period) == period
    assert str(parse({}, started=started).billing_period) == period


def test_one_scheduled_time_gives_one_run_whoever_delivers_it() -> None:
    one = parse(SCHEDULED, name="first", started=STARTED)
    other = parse({"scheduled_time": "2026-11-03T07:00:00+01:00"}, name="second", started=LATER)
    assert one == other
    assert one.run_id == "scheduled-20261103T060000Z"


def test_two_scheduled_times_and_two_executions_are_runs_of_their_own() -> None:
    run_ids = {
        parse(SCHEDULED).run_id,
        parse({"scheduled_time": "2026-11-04T06:00:00Z"}).run_id,
        parse({}, name="run-1").run_id,
        parse({}, name="run-2").run_id,
        parse({}, name="run_2").run_id,
        parse({}, name="run.2").run_id,
        parse({}, name="x" * 80).run_id,
        parse({}, name="x" * 79 + "y").run_id,
        parse({}, started=datetime(2026, 11, 5, 9, 31, tzinfo=UTC)).run_id,
    }
    assert len(run_ids) == 9


@pytest.mark.parametrize("name", ["run-1", "x" * 80, "with space/../slash", "\u00fc" * 80])
def test_a_run_id_can_be_part_of_a_key(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9-]{1,90}", parse({}, name=name).run_id)


def test_a_person_names_period_payers_and_dry_run() -> None:
    request = parse(
        {"billing_period": "2026-03", "payer_account_ids": [BOREAL, ACME, BOREAL], "dry_run": True}
    )
    assert request.billing_period == BillingPeriod(2026, 3)
    assert request.payer_account_ids == (BOREAL, ACME)
    assert request.dry_run
    assert request.as_of == STARTED


def test_the_current_period_may_be_asked_for_and_the_next_may_not() -> None:
    assert parse({"billing_period": "2026-11"}).billing_period == BillingPeriod(2026, 11)
    assert problems({"billing_period": "2026-12"}) == [
        "billing_period 2026-12 has not begun by 2026-11-05"
    ]


@pytest.mark.parametrize(
    "value", ["2026-13", "2026-00", "10/2026", "", 202610, ["2026-10"], 2026.1]
)
def test_what_is_no_billing_period_is_reported(value: object) -> None:
    assert problems({"billing_period": value}) == [
        f"billing_period {value!r} is not a billing period; write year and month as 2026-10"
    ]


@pytest.mark.parametrize("value", ["1999-01", "2051-01"])
def test_a_period_of_a_year_without_data_is_refused(value: str) -> None:
    (problem,) = problems({"billing_period": value})
    assert value in problem


@pytest.mark.parametrize(
    "value",
    [
        "<aws.scheduler.scheduled-time>",
        "2026-11-03",
        "2026-11-03T06:00:00",
        "",
        1793685600,
        ["2026-11-03T06:00:00Z"],
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_what_is_no_instant_is_reported(value: object) -> None:
    assert problems({"scheduled_time": value}) == [
        f"scheduled_time {value!r} is not an instant such as 2026-11-03T06:00:00Z"
    ]


@pytest.mark.parametrize("instant", ["1999-01-05T06:00:00Z", "2060-01-05T06:00:00Z"])
def test_a_scheduled_time_whose_period_aws_does_not_know_is_refused(instant: str) -> None:
    (problem,) = problems({"scheduled_time": instant}, datetime(2061, 1, 1, tzinfo=UTC))
    assert problem.endswith("is not an instant such as 2026-11-03T06:00:00Z")


@pytest.mark.parametrize(
    "instant", ["2026-11-05T09:30:01Z", "2026-11-05T09:30:00.000001Z", "2027-11-03T06:00:00Z"]
)
def test_a_scheduled_time_beyond_the_executions_start_is_refused(instant: str) -> None:
    assert problems({"scheduled_time": instant}) == [
        f"scheduled_time {instant!r} lies beyond the start of this execution, "
        "2026-11-05T09:30:00Z; start it when that time has come"
    ]
    assert parse({"scheduled_time": "2026-11-05T09:30:00Z"}).as_of == STARTED


def test_what_a_person_gives_does_not_go_with_the_schedules_time() -> None:
    assert problems({**SCHEDULED, "billing_period": "2026-10"}) == [
        "scheduled_time is the schedule's own; leave it out to give billing_period"
    ]
    for key, value in (("dry_run", True), ("payer_account_ids", ["111122223333"])):
        assert problems({**SCHEDULED, key: value}) == [
            f"scheduled_time is the schedule's own; leave it out to give {key}"
        ]


def test_an_unknown_key_is_reported_with_the_known_ones() -> None:
    assert problems({"name": "2026-10", "period": "2026-10"}) == [
        "name is unknown; the keys are scheduled_time, billing_period, payer_account_ids, "
        "dry_run, acknowledgements",
        "period is unknown; did you mean 'billing_period'?",
    ]


@pytest.mark.parametrize("value", [ACME, [], {}, {ACME: True}, 111122223333, True])
def test_payer_account_ids_must_be_a_list_that_names_somebody(value: object) -> None:
    assert problems({"payer_account_ids": value}) == [
        f"payer_account_ids {value!r} is not a list of account ids; leave it out to ask all"
    ]


@pytest.mark.parametrize("value", [111122223333, "44455556666", "", None, ["x"], {}, "1" * 13])
def test_an_account_id_must_be_twelve_digits_as_text(value: object) -> None:
    assert problems({"payer_account_ids": [ACME, value]}) == [
        f"payer account {value!r} is not twelve digits as text"
    ]


@pytest.mark.parametrize("value", ["true", 1, 0, "", []])
def test_dry_run_must_be_true_or_false(value: object) -> None:
    assert problems({"dry_run": value}) == [f"dry_run {value!r} is neither true nor false"]


def test_every_problem_is_reported_at_once() -> None:
    assert (
        len(
            problems(
                {
                    "Billing_Period": "2026-10",
                    "scheduled_time": "now",
                    "billing_period": "2026-13",
                    "payer_account_ids": ["1", 2],
                    "dry_run": "yes",
                }
            )
        )
        == 9
    )


@pytest.mark.parametrize("given", [None, [], "2026-10", 5, True, '{"dry_run": true}'])
def test_an_input_that_is_no_object_is_refused(given: Any) -> None:
    assert problems(given) == [
        'it is not a JSON object; start with {} or {"billing_period": "2026-10"}'
    ]
