"""Periods before the look-back ones, through the real handlers: what is open there is not
forgotten, and what is closed stays closed.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.handlers import enumerate_payer_accounts
from tests.handlers.conftest import ACME, BOREAL, BUCKET, World, invoice
from tests.handlers.test_notifying import OVERDUE, heartbeat, subjects
from tests.handlers.test_witnesses import accepts

PERIODS = ("2026-08", "2026-09", "2026-10", "2026-11", "2026-12", "2027-01", "2027-02")
OPEN = "2026-10"


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(hour=6, tzinfo=UTC)


def scheduled(world: World, at: str) -> dict[str, Any]:
    return world.run({"scheduled_time": day(at).isoformat()}, at=day(at))


def verdict(world: World, period: str = OPEN) -> str:
    return str(world.read(f"periods/{period}/completeness.json")["verdict"])


@pytest.fixture
def gap(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """An invoice in each period for both payer accounts, but for Acme's of October."""
    monkeypatch.setenv("LOOKBACK_PERIODS", "1")
    world.catalogue.payers = {
        ACME: [invoice(f"A-{one}", period=one) for one in PERIODS if one != OPEN],
        BOREAL: [invoice(f"B-{one}", BOREAL, period=one) for one in PERIODS],
    }
    return world


def test_an_open_period_older_than_the_look_back_is_overdue_and_reported_until_it_is_complete(
    gap: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scheduled(gap, "2026-11-12")["verdict"] == "ACTION_REQUIRED"
    scheduled(gap, "2026-12-12")
    capsys.readouterr()
    before = len(gap.topic.letters)
    # one old gap that everybody knows of does not paint every day
    assert scheduled(gap, "2027-01-12")["verdict"] == "COMPLETE"
    assert heartbeat(capsys.readouterr().out)["PeriodsOverdue"] == 1
    assert any(
        "October 2026 is not complete: " in text and "No item is new or resolved since" in text
        for _, text in gap.topic.letters[before:]
    )
    gap.catalogue.payers[ACME].append(invoice("A-late", period=OPEN, issued="2026-11-20"))
    scheduled(gap, "2027-01-13")
    assert (verdict(gap), gap.payer(period=OPEN)["archived"]) == ("COMPLETE", 1)
    assert heartbeat(capsys.readouterr().out)["PeriodsOverdue"] == 0
    settled, asked = gap.versions(), gap.requests()
    scheduled(gap, "2027-01-14")
    assert (gap.versions(), gap.requests()) == (settled, asked)


def test_an_acknowledgement_that_ends_long_after_the_look_back_turns_its_period_red(
    gap: World,
) -> None:
    gap.run({"acknowledgements": [accepts(until="2027-02-05", billing_period=OPEN)]})
    scheduled(gap, "2026-12-12")
    scheduled(gap, "2027-01-12")
    assert scheduled(gap, "2027-02-05")["verdict"] == "AWAITING"
    assert verdict(gap) == "COMPLETE"
    before = len(subjects(gap))
    assert scheduled(gap, "2027-02-06")["verdict"] == "ACTION_REQUIRED"
    assert verdict(gap) == "ACTION_REQUIRED"
    assert subjects(gap)[before:] == [OVERDUE]
    # it is red once, and stays told
    assert scheduled(gap, "2027-02-07")["verdict"] == "AWAITING"
    assert verdict(gap) == "ACTION_REQUIRED"


@pytest.fixture
def july(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """July, closed when Acme was the register's only payer account; Boreal has joined since."""
    monkeypatch.setenv("LOOKBACK_PERIODS", "0")
    register = enumerate_payer_accounts.REGISTER
    whole = register.read_text()
    register.write_text(f"account_id,name\n{ACME},Acme\n")
    world.catalogue.payers = {ACME: [invoice("A-7", period="2026-07")], BOREAL: []}
    at = day("2026-08-12")
    assert world.run({"billing_period": "2026-07"}, at=at)["verdict"] == "COMPLETE"
    register.write_text(whole)
    world.catalogue.payers[ACME].append(invoice("A-10"))
    world.catalogue.payers[BOREAL].append(invoice("B-10", BOREAL))
    return world


@pytest.mark.parametrize("payer", [ACME, BOREAL])
def test_a_late_invoice_of_a_closed_period_reopens_nothing_although_the_register_grew(
    july: World, payer: str
) -> None:
    july.catalogue.payers[payer].append(
        invoice("late", payer, period="2026-07", issued="2026-11-04")
    )
    assert scheduled(july, "2026-11-12")["verdict"] == "COMPLETE"
    assert verdict(july, "2026-07") == "COMPLETE"
    assert july.findings(payer, "2026-07")["LATE_INVOICE"] == "info"
    view = july.read("periods/2026-07/completeness.json")
    assert {one["payer_account_id"] for one in view["payers"]} == {ACME, payer}


def test_a_run_of_some_payer_accounts_adds_no_other_to_a_closed_period(july: World) -> None:
    answer = july.run({"billing_period": "2026-07", "payer_account_ids": [ACME]})
    assert answer["verdict"] == "COMPLETE"


def test_a_payer_account_that_is_asked_for_a_closed_period_is_judged_there(july: World) -> None:
    assert july.run({"billing_period": "2026-07"})["verdict"] == "ACTION_REQUIRED"
    assert july.findings(BOREAL, "2026-07") == {"NO_INVOICES_LISTED": "blocking"}


def test_a_period_that_only_a_late_invoice_touched_is_asked_for_until_that_is_archived(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOKBACK_PERIODS", "0")
    old = invoice(
        "OLD",
        period="2026-05",
        issued="2026-11-20",
        visible_from=day("2026-11-20"),
        ready_from=day("2026-12-06"),
    )
    others = [invoice(f"{p}-{m}", p, period=m) for p in (ACME, BOREAL) for m in PERIODS[2:4]]
    world.catalogue.payers = {
        payer: [one for one in others if one.summary["AccountId"] == payer]
        for payer in (ACME, BOREAL)
    }
    world.catalogue.payers[ACME].append(old)
    scheduled(world, "2026-11-12")
    scheduled(world, "2026-11-23")
    view = world.read("periods/2026-05/completeness.json")
    assert [(one["payer_account_id"], one["verdict"]) for one in view["payers"]] == [
        (ACME, "NOT_CHECKED")
    ]
    steps = {one["code"]: one["next_step"] for one in view["payers"][0]["findings"]}
    assert steps["NOT_CHECKED"].endswith("Start a run of 2026-05.")
    scheduled(world, "2026-11-24")
    assert world.payer(period="2026-05")["verdict"] == "PARTIAL"
    assert world.findings(period="2026-05") == {"PDF_NOT_READY": "blocking"}
    assert world.keys("periods/2026-06/") == []  # nothing between was swept
    scheduled(world, "2026-12-14")
    assert world.payer(period="2026-05")["verdict"] == "COMPLETE"
    assert verdict(world, "2026-05") == "COMPLETE"


def test_an_unreadable_view_of_an_old_period_stops_no_run_and_is_made_again(gap: World) -> None:
    gap.catalogue.payers[ACME].append(invoice("A-10", period=OPEN))
    scheduled(gap, "2026-11-12")
    scheduled(gap, "2026-12-12")
    gap.s3.delete_object(Bucket=BUCKET, Key=f"periods/{OPEN}/completeness.json")
    assert scheduled(gap, "2027-01-12")["verdict"] == "COMPLETE"
    assert verdict(gap) == "COMPLETE"
