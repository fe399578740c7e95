"""Notifying people and programs, through the real handlers: once for each change, and no noise."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

import jsonschema
import pytest

from lambdas.aws.notification_table import NotificationTable
from lambdas.domain.billing_period import BillingPeriod
from lambdas.handlers import enumerate_payer_accounts
from tests.domain.notifications.test_event import SCHEMA
from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BEFORE_DEADLINE,
    BOREAL,
    HEADS,
    LONG_AGO,
    World,
    invoice,
)

ONE_DAY = timedelta(days=1)
COMPLETE = "AWS invoices October 2026: complete"
RED = "AWS invoices October 2026: 1 payer account needs action"
OVERDUE = f"{RED}, overdue"
AWAITING = "AWS invoices October 2026: awaiting invoices"


@pytest.fixture
def month(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """October alone, an invoice for each payer account."""
    monkeypatch.setenv("LOOKBACK_PERIODS", "0")
    world.catalogue.payers = {ACME: [invoice("A1")], BOREAL: [invoice("B1", BOREAL)]}
    return world


def subjects(world: World) -> list[str]:
    return [subject for subject, _ in world.topic.letters]


def events(world: World) -> list[dict[str, Any]]:
    """The details of all events, checked against their schema."""
    details = []
    for entry in world.bus.entries:
        assert (entry["Source"], entry["DetailType"]) == (
            "invoice-archive",
            "Billing Period Judged",
        )
        details.append(json.loads(entry["Detail"]))
        jsonschema.validate(details[-1], SCHEMA)
    return details


def daily(world: World, start: datetime, days: int) -> list[tuple[int, str]]:
    """Run on so many days; the day and subject of each letter."""
    told = []
    for day in range(days):
        before = len(world.topic.letters)
        world.run(at=start + day * ONE_DAY)
        told += [(day, subject) for subject in subjects(world)[before:]]
    return told


def test_a_month_that_becomes_complete_is_sent_once(month: World) -> None:
    assert daily(month, BEFORE_DEADLINE, 12) == [(6, COMPLETE)]  # the 11th of November
    assert [(one["verdict"], one["told_before"]) for one in events(month)] == [("COMPLETE", None)]


def test_what_needs_a_person_is_sent_when_overdue_and_then_weekly(month: World) -> None:
    month.roles.denied.add(ACME)
    assert daily(month, BEFORE_DEADLINE, 24) == [(0, RED), *((day, OVERDUE) for day in (6, 13, 20))]
    assert [one["reason"] for one in events(month)] == [
        "changed",
        "overdue",
        "reminder",
        "reminder",
    ]
    month.roles.denied.clear()
    assert daily(month, BEFORE_DEADLINE + 24 * ONE_DAY, 3) == [(0, COMPLETE)]


def test_what_is_fixed_before_the_deadline_is_sent_as_awaited_again(month: World) -> None:
    month.roles.denied.add(ACME)
    month.run(at=BEFORE_DEADLINE)
    month.roles.denied.clear()
    month.run(at=BEFORE_DEADLINE + ONE_DAY)
    assert subjects(month) == [RED, AWAITING]


def test_all_that_a_run_has_to_say_is_one_email_and_an_event_for_each_period(
    world: World,
) -> None:
    world.catalogue.payers = {
        ACME: [invoice("A1"), invoice("A0", period="2026-09")],
        BOREAL: [invoice("B1", BOREAL)],
    }
    world.run()
    ((subject, text),) = world.topic.letters
    assert subject == (
        "AWS invoices September 2026: 1 payer account needs action, overdue, and 1 more month"
    )
    assert text.startswith(
        "September 2026 is not complete: 1 payer account is missing an expected invoice, 33 days "
        "after the deadline of 10 October 2026.\n"
        "Payer accounts: 1 of 2 complete on 2026-11-12.\n\n"
        f"1. Boreal ({BOREAL})\n"
    )
    assert "\nOctober 2026 is complete: all 2 invoices are archived. https://" in text
    assert [(one["billing_period"], one["verdict"]) for one in events(world)] == [
        ("2026-10", "COMPLETE"),
        ("2026-09", "ACTION_REQUIRED"),
    ]


def test_another_payer_account_that_needs_a_person_is_sent_once_before_the_deadline_too(
    month: World,
) -> None:
    month.roles.denied.add(ACME)
    assert daily(month, BEFORE_DEADLINE, 2) == [(0, RED)]
    month.roles.denied.add(BOREAL)
    more = "AWS invoices October 2026: 2 payer accounts need action"
    assert daily(month, BEFORE_DEADLINE + 2 * ONE_DAY, 2) == [(0, more)]
    assert (
        "Since the e-mail of 5 November 2026: 1 new, 0 resolved, 1 still open."
        in (month.topic.letters[-1][1])
    )
    assert "2. New. Boreal" in month.topic.letters[-1][1]
    month.roles.denied.discard(ACME)
    assert daily(month, BEFORE_DEADLINE + 4 * ONE_DAY, 1) == []
    assert [one["newly_open_payers"] for one in events(month)] == [[], [BOREAL]]


def test_a_complete_month_that_rests_on_a_persons_word_says_so(month: World) -> None:
    month.catalogue.payers[ACME] = []
    accepted = {
        "payer_account_id": ACME,
        "reason": "No workload since September.",
        "by": "Dana Whitlock",
        "until": "2026-12-31",
    }
    assert month.run({"acknowledgements": [accepted]})["verdict"] == "COMPLETE"
    ((subject, text),) = month.topic.letters
    assert subject == COMPLETE
    assert "; 1 gap accepted by a person until 31 December 2026. https" in text
    assert events(month)[0]["accepted"] == {"findings": 1, "until": "2026-12-31"}


def test_an_email_goes_to_the_topic_of_the_deployment_with_the_outstanding_amount_and_one_link(
    month: World,
) -> None:
    """The event has neither."""
    month.catalogue.payers[ACME].append(
        invoice("A2", amount="987.65", ready_from=LONG_AGO + 999 * ONE_DAY)
    )
    sent: list[dict[str, Any]] = []
    publish = month.topic.publish
    month.topic.publish = lambda **request: (sent.append(request), publish(**request))[1]  # type: ignore[method-assign]
    month.run()
    (request,) = sent
    assert request["TopicArn"] == month.settings.notification_topic
    assert "MessageAttributes" not in request  # nobody in particular is concerned
    text = request["Message"]
    assert "Outstanding: USD 987.65 (listed by AWS, PDF outstanding)\n" in text
    assert "100.00" not in text
    assert text.count("://") == 1
    assert (
        "https://console.aws.amazon.com/s3/object/archive-under-test?region=us-east-1"
        "&prefix=periods/2026-10/index.html\n"
    ) in text
    for secret in ("987", "100.00", "USD", "://", "@"):
        assert secret not in json.dumps(events(month))


def owned(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Owners with addresses, and an escalation three days after the deadline."""
    enumerate_payer_accounts.REGISTER.write_text(
        "account_id,name,owner,owner_email\n"
        f"{ACME},Acme,Dana Whitlock,Dana@Example.com\n{BOREAL},Boreal,,boreal@example.com\n"
    )
    monkeypatch.setenv("ESCALATE_TO", "CFO@example.com")
    monkeypatch.setenv("ESCALATE_AFTER_DAYS", "3")


def test_owners_join_what_is_due_and_the_escalation_joins_on_its_day(
    month: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    owned(month, monkeypatch)
    month.roles.denied.add(ACME)
    assert daily(month, BEFORE_DEADLINE, 18) == [(0, RED), *((day, OVERDUE) for day in (6, 8, 15))]
    dana, cfo = "dana@example.com", "cfo@example.com"
    assert month.topic.readers == [[dana], [dana], [cfo, dana], [cfo, dana]]
    assert [one["reason"] for one in events(month)] == ["changed", "overdue", "reminder"]
    assert "Owner: Dana Whitlock" in month.topic.letters[-1][1]
    month.roles.denied.clear()
    assert daily(month, BEFORE_DEADLINE + 18 * ONE_DAY, 2) == [(0, COMPLETE)]
    assert month.topic.readers[-1] == [cfo, dana]  # who had it reads that it is over


def test_an_account_without_an_owner_has_the_default_owner(
    month: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEFAULT_OWNER", "Accounts payable")
    month.roles.denied.add(ACME)
    month.run()
    assert "Owner: Accounts payable\n" in month.topic.letters[0][1]
    assert month.topic.readers == [[]]


def test_an_upgrade_overdue_for_long_escalates_once(
    month: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an earlier release noted has no word on escalation."""
    month.roles.denied.add(ACME)
    month.run(at=AFTER_DEADLINE)
    table = NotificationTable(month.dynamodb, HEADS)
    period = BillingPeriod(2026, 10)
    last = table.last(period, "mail")
    assert last is not None
    kept = ("verdict", "is_overdue", "at", "run_id", "needing")
    old = {name: value for name, value in last.to_data().items() if name in kept}
    table._write(period, "told_mail", json.dumps(old))
    owned(month, monkeypatch)
    assert [day for day, _ in daily(month, AFTER_DEADLINE + 2 * ONE_DAY, 3)] == [0]
    assert "Since the e-mail" not in month.topic.letters[-1][1]


CHAT = "arn:aws:sns:us-east-1:123456789012:chat"


def test_the_same_state_goes_to_the_chat_once_for_each_month(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAT_TOPIC", CHAT)
    owned(world, monkeypatch)
    world.catalogue.payers = {
        ACME: [invoice("A1"), invoice("A0", period="2026-09")],
        BOREAL: [invoice("B1", BOREAL)],
    }
    for day in range(5):
        world.run(at=AFTER_DEADLINE + day * ONE_DAY)
    assert [(topic, one["content"]["title"]) for topic, one in world.topic.chats] == [
        (CHAT, COMPLETE),
        (CHAT, "AWS invoices September 2026: 1 payer account needs action, overdue"),
    ]


def test_without_the_setting_nothing_goes_to_a_chat(month: World) -> None:
    month.run()
    assert month.topic.chats == []


def test_email_and_event_keep_the_newest_manifests_hash_outside_the_archive(
    month: World,
) -> None:
    month.run()
    key = "periods/2026-10/manifests/manifest-0001.json"
    sha256 = hashlib.sha256(month.content(key)).hexdigest()
    ((_, text),) = month.topic.letters
    assert f"- 2026-10: manifest 1, SHA-256 {sha256}\n" in text
    (event,) = events(month)
    assert (event["manifest"], event["manifest_sha256"]) == (key, sha256)


def test_a_run_without_anything_new_notifies_nobody(month: World) -> None:
    month.run()
    month.run(at=AFTER_DEADLINE + ONE_DAY)
    month.run({"payer_account_ids": [ACME]}, at=AFTER_DEADLINE + 2 * ONE_DAY)
    assert subjects(month) == [COMPLETE]
    assert len(events(month)) == 1


def test_a_dry_run_notifies_nobody(month: World) -> None:
    month.run({"dry_run": True})
    assert (subjects(month), month.bus.entries) == ([], [])


def heartbeat(printed: str) -> dict[str, float]:
    """The metrics of the last run that was printed."""
    lines = [json.loads(line) for line in printed.splitlines() if '"CloudWatchMetrics"' in line]
    names = [one["Name"] for one in lines[-1]["_aws"]["CloudWatchMetrics"][0]["Metrics"]]
    assert lines[-1]["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
    return {name: lines[-1][name][0] for name in names}


def test_a_run_of_some_payer_accounts_is_no_sweep(
    month: World, capsys: pytest.CaptureFixture[str]
) -> None:
    scheduled = {"scheduled_time": (AFTER_DEADLINE + 2 * ONE_DAY).isoformat()}
    month.run()
    month.run({"payer_account_ids": [ACME]}, at=AFTER_DEADLINE + ONE_DAY)
    month.run(scheduled, at=AFTER_DEADLINE + 2 * ONE_DAY)  # a Saturday: nobody is asked
    assert heartbeat(capsys.readouterr().out)["HoursSinceLastSweep"] == 48


def test_a_run_that_a_person_starts_is_no_heartbeat(
    month: World, capsys: pytest.CaptureFixture[str]
) -> None:
    month.run({"billing_period": "2026-09"})
    beat = heartbeat(capsys.readouterr().out)
    assert beat == {"NotificationsFailed": 0, "CostExplorerRequests": 0}


def test_the_result_of_a_run_says_whether_people_were_notified(month: World) -> None:
    answer = month.run()
    assert month.read(f"runs/{answer['run_id']}/result.json")["told"] is True
    assert sorted(answer) == ["billing_period", "message", "run_id", "verdict"]
