"""The made-up organization's period that exercises every verdict, through the real handlers."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from lambdas.domain.verdict_words import PayerVerdict
from lambdas.handlers import enumerate_payer_accounts
from sandbox.organization import HOSTILE_PAYERS, Organization
from sandbox.organization.stories import EVERY_VERDICT
from tests.handlers.conftest import World, prepared_world
from tests.sandbox.test_organization_stories import (
    AL_MARFA,
    COTE,
    FERNHOLLOW,
    KAMPONG,
    LANTERN,
    MINATO,
    THORNBURY,
    VEREINIGUNG,
)

EXPECTED = {
    THORNBURY: "MISSING",
    MINATO: "PARTIAL",
    FERNHOLLOW: "NO_CHARGES",
    LANTERN: "TRANSFERRED",
    AL_MARFA: "NO_ACCESS",
    VEREINIGUNG: "NOT_CHECKED",
    COTE: "COMPLETE",
    KAMPONG: "COMPLETE",
}


@pytest.fixture
def organization(
    loopback: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[World]:
    """The organization's payer accounts that have a story, with every witness switched on."""
    names = {one.account_id: one.name for one in HOSTILE_PAYERS if one.account_id in EXPECTED}
    register = tmp_path / "with-a-story.csv"
    with register.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("account_id", "name"), *names.items()])
    for world in prepared_world(
        monkeypatch, tmp_path, of=Organization(names, made_up=HOSTILE_PAYERS)
    ):
        monkeypatch.setattr(enumerate_payer_accounts, "REGISTER", register)
        for name in ("COST_EXPLORER", "BILLING_TRANSFERS", "INVOICE_UNITS"):
            monkeypatch.setenv(name, "true")
        monkeypatch.setenv("LOOKBACK_PERIODS", "0")
        yield world


def verdicts(world: World, day: int) -> dict[str, str]:
    """Run as the schedule does on a day of the following month; what completeness.json says."""
    first = EVERY_VERDICT.first_day_after
    at = datetime(first.year, first.month, day, 6, tzinfo=UTC)
    world.run({"scheduled_time": at.isoformat()}, at=at)
    view: dict[str, Any] = world.read(f"periods/{EVERY_VERDICT}/completeness.json")
    return {one["payer_account_id"]: one["verdict"] for one in view["payers"]}


def test_the_product_gives_every_verdict_that_there_is(organization: World) -> None:
    before, after = verdicts(organization, 5), verdicts(organization, 12)
    assert {account_id: after[account_id] for account_id in EXPECTED} == EXPECTED
    assert before[COTE] == before[THORNBURY] == "AWAITING"
    assert {*before.values(), *after.values()} == set(get_args(PayerVerdict))
    view = organization.read(f"periods/{EVERY_VERDICT}/completeness.json")
    assert view["verdict"] == "ACTION_REQUIRED"
