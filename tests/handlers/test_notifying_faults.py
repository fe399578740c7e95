"""Faults of telling and of being watched, row by row (docs/faults.md): the archive is whole, and
what nobody was told is told by the next run.
"""

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest
from botocore.awsrequest import AWSResponse

from lambdas.aws import clients
from lambdas.aws.notification_table import NotificationTable
from lambdas.handlers import enumerate_payer_accounts, validate_completeness
from lambdas.steps import judge_run
from sandbox.invoicing.faults import Fault
from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BEFORE_DEADLINE,
    BOREAL,
    HEADS,
    World,
    invoice,
)
from tests.handlers.test_notifying import CHAT, COMPLETE, ONE_DAY, events, heartbeat, subjects


@pytest.fixture
def month(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """October alone, an invoice for each payer account."""
    monkeypatch.setenv("LOOKBACK_PERIODS", "0")
    world.catalogue.payers = {ACME: [invoice("A1")], BOREAL: [invoice("B1", BOREAL)]}
    return world


class RawBody(io.BytesIO):
    """As urllib3 gives a body."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.getvalue()


class Crash(BaseException):
    """The function is gone. Nothing that is written to catch exceptions catches it."""


def test_r06_each_day_has_a_heartbeat_that_shows_overdue_periods_and_the_last_sweep(
    month: World, capsys: pytest.CaptureFixture[str]
) -> None:
    def beats(at: datetime) -> dict[str, float]:
        """What a scheduled run emits."""
        month.run({"scheduled_time": at.isoformat()}, at=at)
        return heartbeat(capsys.readouterr().out)

    start = AFTER_DEADLINE  # a Thursday
    first = beats(start)
    assert first == {
        "RunsValidated": 1,
        "InvoicesExpected": 2,
        "InvoicesArchived": 2,
        "PeriodsOverdue": 0,
        "HoursSinceLastSweep": 0,
        "NotificationsFailed": 0,
        "CostExplorerRequests": 0,
    }
    quiet = beats(start + ONE_DAY)
    assert (quiet["RunsValidated"], quiet["HoursSinceLastSweep"]) == (1, 24)
    month.roles.denied.add(ACME)
    monday = beats(start + 4 * ONE_DAY)
    assert (monday["HoursSinceLastSweep"], monday["PeriodsOverdue"]) == (96, 0)
    month.roles.denied.clear()
    assert beats(start + 11 * ONE_DAY)["HoursSinceLastSweep"] == 0
    december = datetime(2026, 12, 2, 6, tzinfo=UTC)
    month.roles.denied.update((ACME, BOREAL))
    never = beats(december)
    # no calendar makes the last good look a younger one
    assert (never["HoursSinceLastSweep"], never["PeriodsOverdue"]) == (9 * 24, 0)
    assert beats(december + 9 * ONE_DAY)["PeriodsOverdue"] == 1


def test_r06_a_payer_account_that_cannot_be_read_ages_the_last_sweep_until_it_is_mended(
    month: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Others are asked, and read, every day of it."""

    def hours(day: int) -> float:
        at = AFTER_DEADLINE + day * ONE_DAY
        month.run({"scheduled_time": at.isoformat()}, at=at)
        return heartbeat(capsys.readouterr().out)["HoursSinceLastSweep"]

    hours(0)
    late = invoice("B2", BOREAL, issued="2026-11-13", ready_from=AFTER_DEADLINE + 99 * ONE_DAY)
    month.catalogue.payers[BOREAL].append(late)
    month.roles.denied.add(ACME)
    assert [hours(day) for day in range(1, 12)] == [24 * day for day in range(1, 12)]
    month.roles.denied.clear()
    assert hours(12) == 0  # a Tuesday: whom no run could read is asked daily


@pytest.mark.parametrize("fails", ["the topic", "the bus", "an entry", "both"])
def test_r07_a_notification_that_fails_harms_nothing_is_seen_and_is_sent_by_the_next_run(
    month: World,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    fails: str,
) -> None:
    if fails in ("the topic", "both"):
        month.topic.answers = "KMSAccessDeniedException"
    if fails in ("the bus", "both"):
        month.bus.answers = "InternalFailure"
    month.bus.refuses_entries = fails == "an entry"
    answer = month.run()
    assert answer["verdict"] == "COMPLETE"
    assert month.payer()["verdict"] == "COMPLETE"
    assert month.read(f"runs/{answer['run_id']}/result.json")["told"] is False
    failures = 2 if fails == "both" else 1
    assert heartbeat(capsys.readouterr().out)["NotificationsFailed"] == failures
    errors = [one for one in caplog.records if one.levelname == "ERROR"]
    assert [one.getMessage() for one in errors] == ["notified nobody"] * failures
    settled = month.versions()
    month.topic.answers = month.bus.answers = ""
    month.bus.refuses_entries = False
    second = month.run(at=AFTER_DEADLINE + ONE_DAY)
    assert month.read(f"runs/{second['run_id']}/result.json")["told"] is True
    assert month.versions() == settled
    assert subjects(month) == [COMPLETE]  # what worked is not told twice
    assert len(events(month)) == 1


def test_r07_a_chat_that_fails_harms_no_e_mail_is_seen_and_gets_its_message_from_the_next_run(
    month: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHAT_TOPIC", CHAT)
    month.topic.refused_topic = CHAT
    month.run()
    assert heartbeat(capsys.readouterr().out)["NotificationsFailed"] == 1
    assert (subjects(month), month.topic.chats) == ([COMPLETE], [])
    month.topic.refused_topic = ""
    month.run(at=AFTER_DEADLINE + ONE_DAY)
    assert (len(subjects(month)), len(month.topic.chats)) == (1, 1)


def crashes(monkeypatch: pytest.MonkeyPatch, place: Any, name: str) -> Callable[[], None]:
    """Let a function of a module or class crash; returns what lets it work again."""
    whole = getattr(place, name)

    def crash(*_: Any, **__: Any) -> Any:
        raise Crash

    monkeypatch.setattr(place, name, crash)
    return lambda: monkeypatch.setattr(place, name, whole)


def test_r09_a_message_that_a_crash_left_out_is_sent_by_the_next_run(
    month: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mend = crashes(monkeypatch, judge_run, "notify_people")
    with pytest.raises(Crash):
        month.run()
    assert month.payer()["verdict"] == "COMPLETE"  # manifest and views are there
    assert subjects(month) == []
    mend()
    settled = month.versions()
    month.run(at=AFTER_DEADLINE + ONE_DAY)
    assert month.versions() == settled
    assert (subjects(month), len(events(month))) == ([COMPLETE], 1)


def test_r09_a_crash_between_sending_and_noting_it_sends_once_more_rather_than_never(
    month: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mend = crashes(monkeypatch, NotificationTable, "mark_notified")
    with pytest.raises(Crash):
        month.run()
    assert (subjects(month), len(events(month))) == ([COMPLETE], 0)
    mend()
    month.run(at=AFTER_DEADLINE + ONE_DAY)
    month.run(at=AFTER_DEADLINE + 2 * ONE_DAY)
    assert (subjects(month), len(events(month))) == ([COMPLETE, COMPLETE], 1)


REFUSED = "AWS invoices: AWS refuses questions about 1 payer account"
UNITS, TRANSFERS = "ListInvoiceUnits", "ListOutboundResponsibilityTransfers"


@pytest.fixture
def asking(month: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The month before its deadline, of whose payer accounts units and transfers are asked."""
    monkeypatch.setenv("BILLING_TRANSFERS", "true")
    monkeypatch.setenv("INVOICE_UNITS", "true")
    # what fails is tried again at once
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None))
    return month


class Days:
    """One run a day, before the deadline."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._day = BEFORE_DEADLINE - 3 * ONE_DAY

    def tells(self, **answers: str) -> list[tuple[str, str]]:
        """Subject and text of what the next day tells, when AWS answers so of Acme."""
        self._world.emulator.faults.clear()
        for operation, error in answers.items():
            self._world.emulator.faults.add(Fault(ACME, error, None, operation=operation))
        self._day += ONE_DAY
        before = len(self._world.topic.letters)
        self._world.run({"scheduled_time": self._day.isoformat()}, at=self._day)
        return self._world.topic.letters[before:]


def test_r19_what_aws_refuses_to_say_of_a_payer_account_is_sent_once_and_not_daily(
    asking: World,
) -> None:
    days = Days(asking)
    denied = {UNITS: "AccessDeniedException", TRANSFERS: "AccessDeniedException"}
    ((subject, text),) = days.tells(**denied)
    assert subject == REFUSED
    assert f"- {ACME} Acme: AWS denied invoicing:ListInvoiceUnits (AccessDenied" in text
    assert "AWS denied organizations:ListOutboundResponsibilityTransfers (AccessDenied" in text
    assert BOREAL not in text
    assert days.tells(**denied) == []
    reasons = asking.payer()["findings"]
    assert [one["code"] for one in reasons] == ["WITNESS_NOT_READ"] * 2
    # an answer that merely fails to come says nothing new, in the archive either
    assert days.tells(**denied | {UNITS: "InternalServerException"}) == []
    assert asking.payer()["findings"] == reasons
    assert days.tells(**denied) == []
    assert asking.payer()["findings"] == reasons


def test_r19_what_aws_refuses_anew_is_sent_and_what_it_answers_in_between_is_forgotten(
    asking: World,
) -> None:
    days = Days(asking)
    assert len(days.tells(**{UNITS: "AccessDeniedException"})) == 1
    ((_, text),) = days.tells(
        **{UNITS: "AccessDeniedException", TRANSFERS: "AccessDeniedException"}
    )
    assert "ListInvoiceUnits" not in text
    assert "organizations:ListOutboundResponsibilityTransfers" in text
    assert days.tells(**{TRANSFERS: "AccessDeniedException"}) == []
    assert days.tells() == []
    ((subject, _),) = days.tells(**{UNITS: "AccessDeniedException"})
    assert subject == REFUSED


def test_r19_what_aws_refuses_is_sent_by_the_next_run_where_the_mail_was_not_taken(
    asking: World,
) -> None:
    days = Days(asking)
    asking.topic.answers = "InternalError"
    assert days.tells(**{UNITS: "ValidationException"}) == []
    asking.topic.answers = ""
    ((_, text),) = days.tells(**{UNITS: "ValidationException"})
    assert "AWS refused invoicing:ListInvoiceUnits (ValidationException)." in text


def test_r19_a_service_that_does_not_answer_for_a_day_is_no_refusal(
    asking: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    monkeypatch.setattr("botocore.retries.bucket.TokenBucket._sleep_amount", lambda *_: 0)
    days = Days(asking)
    assert days.tells(**{UNITS: "ThrottlingException"}) == []
    assert days.tells(**{UNITS: "InternalServerException"}) == []


# R24: what the channels answer, and what a message is made of, has no end or hides itself


@pytest.mark.parametrize(("service", "operation"), [("sns", "Publish"), ("events", "PutEvents")])
def test_r24_a_channel_that_answers_what_cannot_be_read_harms_nothing_and_is_sent_later(
    month: World, monkeypatch: pytest.MonkeyPatch, service: str, operation: str
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    deep = b"<ErrorResponse>" + b"<e>" * 100_000 + b"</e>" * 100_000 + b"</ErrorResponse>"
    if service == "events":
        deep = b'{"message": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    client = getattr(clients, f"{service}_client")()
    client.meta.events.register_first(
        f"before-send.{service}.{operation}",
        lambda request, **_: AWSResponse(request.url, 400, {}, RawBody(deep)),
    )
    with monkeypatch.context() as patch:
        patch.setattr(validate_completeness, f"{service}_client", lambda: client)
        assert month.run()["verdict"] == "COMPLETE"
    channels: dict[str, Callable[[World], list[Any]]] = {"sns": subjects, "events": events}
    told = channels[service]
    assert told(month) == []
    assert month.run(at=AFTER_DEADLINE + ONE_DAY)["verdict"] == "COMPLETE"
    assert len(told(month)) == 1


def test_r24_a_mail_hides_nothing_and_is_utf_8_whatever_a_payer_account_is_called(
    month: World,
) -> None:
    hidden = "\u202e\u2066\u200b\ufeff\u3164\u034f"
    register = f"account_id,name\n{ACME},Ac{hidden}me\n{BOREAL},Boreal\n"
    enumerate_payer_accounts.REGISTER.write_text(register, encoding="utf-8")
    month.roles.denied.add(ACME)
    month.run()
    ((subject, text),) = month.topic.letters
    assert not set(hidden) & {*subject, *text}
    assert f"1. Ac me ({ACME})\n" in text


def test_r24_refusals_of_more_payer_accounts_than_an_item_holds_cost_no_run(
    month: World,
) -> None:
    table = NotificationTable(month.dynamodb, HEADS)
    refused = {f"{number:012}": ["AWS denied x (AccessDenied)." * 20] for number in range(2_000)}
    table.mark_refused(refused)
    noted = table.refused()
    assert 0 < len(noted) < len(refused)
    assert noted.items() <= refused.items()
