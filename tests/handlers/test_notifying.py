"""Notifying people and programs, through the real handlers: once for each change, and no noise."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

import jsonschema
import pytest

from tests.domain.notifications.test_reasons import SCHEMA
from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BEFORE_DEADLINE,
    BOREAL,
    LONG_AGO,
    World,
    invoice,
)

ONE_DAY = timedelta(days=1)
COMPLETE = "Invoice archive 2026-10: complete"
RED = "Invoice archive 2026-10: action required"
OVERDUE = "Invoice archive 2026-10: overdue, action required"
STILL = "Invoice archive 2026-10: still action required"
AWAITING = "Invoice archive 2026-10: awaiting invoices"


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
    assert daily(month, BEFORE_DEADLINE, 24) == [(0, RED), (6, OVERDUE), (13, STILL), (20, STILL)]
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
    assert subject == "Invoice archive 2026-09: action required and 1 more"
    assert "Billing period 2026-09: action required." in text
    assert f"- {BOREAL} Boreal: an expected invoice is not listed; 0 of 0 invoices archived" in text
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
    more = "Invoice archive 2026-10: action required for 1 more payer account"
    assert daily(month, BEFORE_DEADLINE + 2 * ONE_DAY, 2) == [(0, more)]
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
    assert "With 1 finding accepted by a person until 2026-12-31.\n" in text
    assert events(month)[0]["accepted"] == {"findings": 1, "until": "2026-12-31"}


def test_an_email_goes_to_the_topic_of_the_deployment_and_carries_no_amount(
    month: World,
) -> None:
    month.catalogue.payers[ACME].append(
        invoice("A2", amount="987.65", ready_from=LONG_AGO + 999 * ONE_DAY)
    )
    sent: list[dict[str, Any]] = []
    publish = month.topic.publish
    month.topic.publish = lambda **request: (sent.append(request), publish(**request))[1]  # type: ignore[method-assign]
    month.run()
    (request,) = sent
    assert request["TopicArn"] == month.settings.notification_topic
    for secret in ("987", "100.00", "USD", "://", "@"):
        assert secret not in request["Message"] + json.dumps(events(month))


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
