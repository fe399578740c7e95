"""Faults of the workflow around the steps: whatever of a run is lost, its verdict is given and told
on the same day, or it fails with a sentence.
"""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from lambdas.domain.errors import InvalidExecutionInput
from lambdas.handlers import enumerate_payer_accounts, validate_completeness
from lambdas.run_list import RunFileLost
from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BEFORE_DEADLINE,
    BOREAL,
    BUCKET,
    Context,
    World,
    invoice,
)
from tests.handlers.test_telling import COMPLETE, RED, subjects

ONE_DAY = timedelta(days=1)


@pytest.fixture
def month(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """October alone, an invoice for each payer account."""
    monkeypatch.setenv("LOOKBACK_PERIODS", "0")
    world.catalogue.payers = {ACME: [invoice("A1")], BOREAL: [invoice("B1", BOREAL)]}
    return world


def scheduled(at: datetime) -> dict[str, str]:
    return {"scheduled_time": at.isoformat()}


def enumerated(
    world: World, given: dict[str, Any] | None = None, at: datetime = AFTER_DEADLINE
) -> dict[str, Any]:
    """The first step of a run, with whatever the next ones read of it in place."""
    world.runs += 1
    execution = {
        "id": f"arn:aws:states:us-east-1:111111111111:execution:m:{world.runs}",
        "name": f"run-{world.runs}",
        "start_time": at.isoformat(),
    }
    return enumerate_payer_accounts.handler(
        {"input": scheduled(at) if given is None else given, "execution": execution}, Context()
    )


def lose(world: World, key: str, content: bytes | None) -> None:
    """Remove a file of a run, or leave these bytes of it."""
    if content is None:
        world.s3.delete_object(Bucket=BUCKET, Key=key)
    else:
        world.s3.put_object(Bucket=BUCKET, Key=key, Body=content)


def instead(world: World, started: dict[str, Any], content: bytes | str | None) -> bytes | None:
    """The bytes in place of a run's list. The other run, whose list it may be, read everybody."""
    if isinstance(content, bytes | None):
        return content
    if content == "one twice":
        first, _ = world.read(started["payers_key"])
        return json.dumps([first, first]).encode()
    other = enumerated(world, {"dry_run": True}, BEFORE_DEADLINE)
    items = world.read(other["payers_key"])
    for item in items:
        world.run_payer(item)
    return json.dumps(items).encode()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="gone"),
        pytest.param(b"[{", id="cut"),
        pytest.param(b"[]", id="a list of nobody"),
        pytest.param(b"[7, null]", id="no payer accounts"),
        pytest.param(b"[" * 100_000, id="too deep"),
        pytest.param(b"null", id="no list"),
        pytest.param("of another run", id="of another run"),
        pytest.param("one twice", id="one twice"),
    ],
)
def test_r14_a_list_that_is_lost_leaves_everybody_not_checked_red_and_mailed_the_same_day(
    month: World, content: bytes | str | None
) -> None:
    started = enumerated(month)
    lose(month, started["payers_key"], instead(month, started, content))
    ended = validate_completeness.handler(started, Context())
    assert ended["verdict"] == "ACTION_REQUIRED"
    for payer in (ACME, BOREAL):
        assert month.payer(payer)["verdict"] == "NOT_CHECKED"
        (found,) = month.payer(payer)["findings"]
        assert (found["code"], found["severity"]) == ("NOT_CHECKED", "blocking")
        assert "left no outcome" in found["detail"]
    assert subjects(month) == [RED]
    assert month.run(scheduled(AFTER_DEADLINE + ONE_DAY), AFTER_DEADLINE + ONE_DAY)["verdict"] == (
        "COMPLETE"
    )
    assert subjects(month) == [RED, COMPLETE]


def test_r14_a_map_that_fails_whole_before_the_deadline_is_red_and_mailed_too(
    month: World,
) -> None:
    started = enumerated(month, at=BEFORE_DEADLINE)
    assert validate_completeness.handler(started, Context())["verdict"] == "ACTION_REQUIRED"
    assert subjects(month) == [RED]


def test_r14_of_a_map_that_fails_halfway_the_payer_accounts_that_were_read_keep_their_verdict(
    month: World,
) -> None:
    started = enumerated(month)
    month.run_payer(month.read(started["payers_key"])[0])
    lose(month, started["payers_key"], None)
    assert validate_completeness.handler(started, Context())["verdict"] == "ACTION_REQUIRED"
    verdicts = {payer: month.payer(payer)["verdict"] for payer in (ACME, BOREAL)}
    assert sorted(verdicts.values()) == ["COMPLETE", "NOT_CHECKED"]


def test_r14_a_list_that_is_lost_after_it_was_worked_off_blames_nobody_who_was_not_due(
    month: World,
) -> None:
    month.roles.denied.add(ACME)
    month.run()
    month.roles.denied.clear()
    started = enumerated(month, at=AFTER_DEADLINE + 6 * ONE_DAY)
    (item,) = month.read(started["payers_key"])
    month.run_payer(item)
    lose(month, started["payers_key"], None)
    assert validate_completeness.handler(started, Context())["verdict"] == "COMPLETE"


def test_r14_a_lost_list_of_some_payer_accounts_says_nothing_of_the_others(month: World) -> None:
    month.run()
    started = enumerated(month, {"payer_account_ids": [ACME]}, AFTER_DEADLINE + ONE_DAY)
    lose(month, started["payers_key"], None)
    validate_completeness.handler(started, Context())
    assert "left no outcome" in json.dumps(month.payer())
    assert month.payer(BOREAL)["findings"] == []


@pytest.mark.parametrize(
    "content", [None, b'{"register": 7}', b'{"register": [], "run_id": "manual-of-another-day"}']
)
def test_r14_without_list_and_register_the_run_fails_with_a_sentence_and_another_one_mends_it(
    month: World, content: bytes | None
) -> None:
    started = enumerated(month)
    request = f"runs/{started['run_id']}/request.json"
    lose(month, started["payers_key"], None)
    lose(month, request, content)
    with pytest.raises(RunFileLost, match=f"{request} .*; start a new run"):
        validate_completeness.handler(started, Context())
    assert subjects(month) == []  # the alarm of this step tells it
    assert enumerated(month)["already_claimed"]
    assert month.run({})["verdict"] == "COMPLETE"  # a person's run is not held up by the claim
    assert subjects(month) == [COMPLETE]


def test_r14_a_dry_run_whose_list_is_lost_names_everybody_as_not_readable(month: World) -> None:
    started = enumerated(month, {"dry_run": True})
    lose(month, started["payers_key"], None)
    assert validate_completeness.handler(started, Context())["verdict"] == "PLANNED"
    result = month.read(f"runs/{started['run_id']}/result.json")
    assert result["payer_accounts_not_readable"] == [BOREAL, ACME]


def test_r17_an_instant_beyond_the_executions_start_is_refused_before_any_work(
    month: World,
) -> None:
    before = month.keys()
    for ahead in (timedelta(seconds=1), timedelta(days=365)):
        with pytest.raises(InvalidExecutionInput, match="lies beyond the start of this execution"):
            enumerated(month, scheduled(AFTER_DEADLINE + ahead))
    assert month.keys() == before
    assert month.run(scheduled(AFTER_DEADLINE))["verdict"] == "COMPLETE"
