"""AWS Payments through the real handlers: what is asked, by whom, and until when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.invoicing.catalogue import CatalogueInvoice, Payment
from sandbox.invoicing.faults import RECORD, RECORD_BATCH, RECORDS
from tests.handlers.conftest import ACME, BOREAL, World, invoice

JUNE, NOVEMBER, DECEMBER = (datetime(2026, month, 12, 6, tzinfo=UTC) for month in (6, 11, 12))


@pytest.fixture
def asking(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("PAYMENTS", "true")
    monkeypatch.setenv("LOOKBACK_PERIODS", "0")
    return world


def paid_after(days: int, one: CatalogueInvoice) -> CatalogueInvoice:
    return replace(one, payment=Payment(paid_after=timedelta(days=days)))


def status(world: World, period: str) -> dict[str, str]:
    """The status of each record of Acme in the period's view."""
    view = world.read(f"periods/{period}/payment_status.json")
    [acme] = [one for one in view["payers"] if one["payer_account_id"] == ACME]
    return {one["invoice_id"]: one["status"] for one in acme["records"]}


def answer(world: World, run: dict[str, Any], payer: str = ACME) -> dict[str, Any]:
    return dict(world.read(f"runs/{run['run_id']}/payers/{payer}/listing.json")["aws_payments"])


def item(world: World, run: dict[str, Any]) -> dict[str, Any]:
    return dict(world.read(f"runs/{run['run_id']}/payers.json")[0])


def test_an_old_invoice_is_followed_until_it_is_paid(asking: World) -> None:
    asking.catalogue.payers[ACME] = [
        paid_after(180, invoice(f"A{month}", period=f"2026-{month:02}", visible_from=issued))
        for month in (5, 10, 11)
        if (issued := datetime(2026, month + 1, 3, tzinfo=UTC))
    ]
    asking.run(at=JUNE)
    assert status(asking, "2026-05") == {"A5": "OUTSTANDING"}
    in_november = asking.run(at=NOVEMBER)
    assert [one["invoice_id"] for one in answer(asking, in_november)["records"]] == ["A10", "A5"]
    assert len(item(asking, in_november)["open_records"]) == 1
    in_december = asking.run(at=DECEMBER)  # paid on 30 November, so no listing shows it any more
    records = {one["invoice_id"]: one["status"] for one in answer(asking, in_december)["records"]}
    assert records == {"A5": "SETTLED", "A10": "OUTSTANDING", "A11": "OUTSTANDING"}
    assert status(asking, "2026-05") == {"A5": "SETTLED"}
    last = asking.run(at=DECEMBER + timedelta(days=1))
    assert [one["invoice_id"] for one in answer(asking, last)["records"]] == ["A10", "A11"]
    assert status(asking, "2026-05") == {"A5": "SETTLED"}


def test_records_are_asked_for_since_the_first_day_of_the_earliest_period(
    asking: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOKBACK_PERIODS", "2")
    found = answer(asking, asking.run(at=NOVEMBER))
    assert found["issued_from"] == "2026-08-01"
    assert found["at"] == "2026-11-12T06:00:00Z"


def test_each_payer_account_is_asked_with_its_own_credentials_and_gets_its_own_records(
    asking: World,
) -> None:
    asking.catalogue.payers = {ACME: [invoice("A1")], BOREAL: [invoice("B1", BOREAL)]}
    run = asking.run(at=NOVEMBER)
    for payer, name in ((ACME, "A1"), (BOREAL, "B1")):
        assert [one["invoice_id"] for one in answer(asking, run, payer)["records"]] == [name]
    assert asking.asked(RECORDS) == {ACME: 2, BOREAL: 2}
    assert asking.asked(RECORD_BATCH) == {ACME: 1, BOREAL: 1}
    assert asking.asked(RECORD) == {}


def test_a_dry_run_asks_too(asking: World) -> None:
    asking.catalogue.payers[ACME] = [invoice("A1")]
    run = asking.run({"dry_run": True}, at=NOVEMBER)
    assert [one["invoice_id"] for one in answer(asking, run)["records"]] == ["A1"]


def test_with_the_setting_off_nobody_is_asked(
    asking: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYMENTS", "false")
    run = asking.run(at=NOVEMBER)
    listing = asking.read(f"runs/{run['run_id']}/payers/{ACME}/listing.json")
    assert listing.get("aws_payments") is None
    assert asking.asked(RECORDS) == {}


def test_a_payer_account_that_cannot_be_read_is_not_asked(asking: World) -> None:
    asking.roles.denied.add(ACME)
    run = asking.run(at=NOVEMBER)
    assert asking.read(f"runs/{run['run_id']}/payers/{ACME}/listing.json")["outcome"] == "NO_ACCESS"
    assert asking.asked(RECORDS) == {BOREAL: 2}


def test_thousands_of_records_are_read_in_hundreds(asking: World) -> None:
    asking.catalogue.payers[ACME] = [invoice(f"N{n:04d}", document=b"") for n in range(450)]
    run = asking.run({"dry_run": True}, at=NOVEMBER)
    assert len(answer(asking, run)["records"]) == 450
    assert asking.asked(RECORD_BATCH)[ACME] == 5
