"""Faults of the workflow around the steps: whatever of a run is lost, its verdict is given and told
on the same day, or it fails with a sentence.
"""

import errno
import json
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import xlsxwriter.packager
import xlsxwriter.worksheet

from lambdas.domain.errors import InvalidExecutionInput, InvalidRegister
from lambdas.handlers import enumerate_payer_accounts, validate_completeness
from lambdas.steps.stored_run import RunFileLost
from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BEFORE_DEADLINE,
    BOREAL,
    BUCKET,
    Context,
    World,
    two_invoices,
)
from tests.handlers.test_notifying import COMPLETE, subjects

BOTH = "AWS invoices October 2026: 2 payer accounts need action"
ONE_DAY = timedelta(days=1)


@pytest.fixture
def month(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """October alone, an invoice for each payer account."""
    monkeypatch.setenv("LOOKBACK_PERIODS", "0")
    two_invoices(world)
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


def fetched(world: World) -> dict[str, Any]:
    """A run up to its last step."""
    started = enumerated(world)
    for item in world.read(started["payers_key"]):
        world.run_payer(item)
    return started


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
    assert subjects(month) == [f"{BOTH}, overdue"]
    assert month.run(scheduled(AFTER_DEADLINE + ONE_DAY), AFTER_DEADLINE + ONE_DAY)["verdict"] == (
        "COMPLETE"
    )
    assert subjects(month) == [f"{BOTH}, overdue", COMPLETE]


def test_r14_a_map_that_fails_whole_before_the_deadline_is_red_and_mailed_too(
    month: World,
) -> None:
    started = enumerated(month, at=BEFORE_DEADLINE)
    assert validate_completeness.handler(started, Context())["verdict"] == "ACTION_REQUIRED"
    assert subjects(month) == [BOTH]


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


@pytest.mark.parametrize(
    "odd",
    [
        {"acknowledgements": [7]},
        {"open_periods": ["2026-13"]},
        {"input": []},
        {"input": 5},
        {"register": [{"account_id": None, "name": "Acme"}]},
        {"register": [{"account_id": ACME, "name": ""}]},
    ],
)
def test_r14_a_request_of_which_a_part_cannot_be_understood_is_reported_before_any_verdict(
    month: World, odd: dict[str, Any]
) -> None:
    started = fetched(month)
    request = f"runs/{started['run_id']}/request.json"
    lose(month, request, json.dumps(month.read(request) | odd).encode())
    with pytest.raises(RunFileLost, match=f"{request} cannot be read .*; start a new run"):
        validate_completeness.handler(started, Context())
    assert month.run({})["verdict"] == "COMPLETE"


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


# R22: no room for a workbook


@pytest.mark.parametrize("part", [xlsxwriter.worksheet, xlsxwriter.packager])
def test_r22_a_workbook_that_the_storage_has_no_room_for_costs_no_verdict(
    month: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, part: Any
) -> None:
    def full(**_: Any) -> Any:
        raise OSError(errno.ENOSPC, "no room")

    with monkeypatch.context() as patch:
        patch.setattr(part, "tempfile", SimpleNamespace(mkstemp=full))
        assert month.run()["verdict"] == "COMPLETE"
    assert subjects(month) == [COMPLETE]
    (record,) = [one for one in caplog.records if one.message == "made no workbook"]
    assert "no room" in record.reason  # type: ignore[attr-defined]
    assert not [key for key in month.keys("periods/") if key.endswith("xlsx")]
    assert month.run(at=AFTER_DEADLINE + ONE_DAY)["verdict"] == "COMPLETE"
    assert [key for key in month.keys("periods/") if key.endswith("xlsx")]


# R23: a signed URL where people write a reason, a name or a key

SECRET = "5ec2e7"
SIGNED = {
    "version 4": "https://b.s3.amazonaws.com/x.pdf?X-Amz-Signature=5ec2e7",
    "in capitals": "X-AMZ-SIGNATURE=5EC2E7",
    "in small letters": "b/x.pdf?x-amz-security-token=5ec2e7&x-amz-date=1",
    "its credential": "b/x.pdf?X-Amz-Credential=ASIA/20261112&s=5ec2e7",
    "version 2": "b/x.pdf?AWSAccessKeyId=AKIA&Expires=1&Signature=5ec2e7",
    "of CloudFront": "d1.cloudfront.net/x.pdf?Policy=e30_&Signature=5ec2e7__&Key-Pair-Id=K1",
    "escaped": "b%2Fx.pdf%3FX%2DAmz%2DSignature%3D5ec2e7",
    "escaped twice": "b%252Fx.pdf%253FX%252DAmz%252DSignature%253D5ec2e7",
    "as HTML": "b/x.pdf?a=1&amp;X-Amz-Signature&#61;5ec2e7",
    "as HTML, every letter": "".join(f"&#x{ord(one):x};" for one in "X-Amz-Signature=5ec2e7"),
    "as JSON": "b/x.pdf?a=1\\u0026X\\u002dAmz\\u002dSignature\\u003d5ec2e7",
    "with spaces": "b/x.pdf? X-Amz- Signature = 5ec2e7",
    "broken by a line": "b/x.pdf?X-Amz-Sig\nnature=5ec2e7",
    "broken as in mail": "b/x.pdf?X-Amz-Sig=\r\nnature=3D5ec2e7",
    "with nothing between": "b/x.pdf?X-Amz-Sig\u200bna\u00adture=5ec2e7",
    "with another hyphen": "b/x.pdf?X\u2011Amz\u2011Signature=5ec2e7",
    "in wide letters": "".join(chr(ord(one) + 0xFEE0) for one in "?X-Amz-Signature=") + "5ec2e7",
    "a URL without a signature": "https://wiki.example.com/5ec2e7",
    "the same, escaped": "https%3A%2F%2Fwiki.example.com/5ec2e7",
}


@pytest.mark.parametrize("spelling", SIGNED)
def test_r23_an_acknowledgement_with_a_signed_url_in_any_spelling_is_refused_without_repeating_it(
    month: World, spelling: str
) -> None:
    given = {
        "payer_account_id": ACME,
        "reason": "No workload since September.",
        "by": "Dana Whitlock",
        "until": "2026-12-31",
    }
    for key in ("reason", "by", "until", "payer_account_id", "billing_period"):
        with pytest.raises(InvalidExecutionInput) as refused:
            enumerated(month, {"acknowledgements": [given | {key: SIGNED[spelling]}]})
        (problem,) = refused.value.problems
        assert problem.startswith(f"acknowledgement 1: {key} ")
        assert SECRET not in str(refused.value).lower()
        if key in ("reason", "by"):
            assert problem.endswith("has a URL, which may be a secret; write what stands there")
    assert month.keys() == []


@pytest.mark.parametrize(
    "given",
    [
        {"acknowledgements": SIGNED["version 2"]},
        {"acknowledgements": [SIGNED["escaped"]]},
        {"acknowledgements": [{SIGNED["version 4"]: 1}]},
        {SIGNED["version 4"]: 1},
        {"billing_period": SIGNED["as HTML"]},
        {"scheduled_time": SIGNED["in capitals"]},
        {"payer_account_ids": SIGNED["with spaces"]},
        {"payer_account_ids": [SIGNED["version 4"]]},
        {"dry_run": SIGNED["version 4"]},
    ],
    ids=lambda given: next(iter(given))[:20],
)
def test_r23_a_signed_url_anywhere_in_an_input_is_in_no_error(
    month: World, given: dict[str, Any]
) -> None:
    with pytest.raises(InvalidExecutionInput) as refused:
        enumerated(month, given)
    assert SECRET not in str(refused.value).lower()
    assert month.keys() == []


@pytest.mark.parametrize("column", ["name", "legal_entity", "owner", "role_arn", "account_id"])
@pytest.mark.parametrize("spelling", ["version 4", "version 2", "escaped twice", "in wide letters"])
def test_r23_a_register_with_a_signed_url_is_refused_without_repeating_it(
    month: World, spelling: str, column: str
) -> None:
    row = {"account_id": ACME, "name": "Acme", "legal_entity": "", "owner": "", "role_arn": ""}
    row |= {column: f'"{SIGNED[spelling]}"'}
    lines = (",".join(row), ",".join(row.values()), ",".join(row.values()))
    enumerate_payer_accounts.REGISTER.write_text("\n".join(lines))
    with pytest.raises(InvalidRegister, match=f"line 2: {column} has a signed URL") as refused:
        enumerated(month)
    assert SECRET not in str(refused.value).lower()
    assert month.keys() == []


@pytest.mark.parametrize(
    "reason",
    [
        "The signature of the contract expires in May.",
        "EC2 key pair id 4711 was removed; security token lost",
        "50% & more; policy = none",
        "Credential of the owner ended (ticket 4711)",
    ],
)
def test_r23_a_reason_that_only_speaks_of_signatures_is_taken(month: World, reason: str) -> None:
    given = {"payer_account_id": ACME, "reason": reason, "by": "Dana", "until": "2026-12-31"}
    assert not enumerated(month, {"acknowledgements": [given]})["already_claimed"]
