import time
from datetime import UTC, datetime

import pytest

from lambdas.aws.invoicing import Invoicing
from lambdas.aws.payer_role import NoAccess
from lambdas.domain.errors import ServiceUnavailable
from sandbox.invoicing.faults import Fault
from tests.handlers.conftest import ACME, BOREAL, World, invoice


def listing(world: World, payer: str = ACME) -> dict[str, object]:
    key = next(k for k in world.keys("runs/") if k.endswith(f"{payer}/listing.json"))
    return dict(world.read(key))


def listed_ids(world: World, payer: str = ACME) -> list[str]:
    return [one["invoice_id"] for one in listing(world, payer)["invoices"]]  # type: ignore[attr-defined]


def test_both_listings_are_united_by_invoice_id(world: World) -> None:
    world.catalogue.payers[ACME] = [
        invoice("BOTH"),
        invoice("OLD-PERIOD", period="2026-05", issued="2026-11-04"),
        invoice("OLD-ISSUE", period="2026-10", issued="2026-08-31"),
    ]
    world.run()
    listings = {one["invoice_id"]: one["listings"] for one in listing(world)["invoices"]}  # type: ignore[attr-defined]
    assert listings == {
        "BOTH": ["billing_period", "issued_date"],
        "OLD-PERIOD": ["issued_date"],
        "OLD-ISSUE": ["billing_period"],
    }
    assert world.payer(period="2026-05")["archived"] == 1


def test_all_pages_are_read(world: World) -> None:
    world.catalogue.payers[ACME] = [invoice(f"N{n:04d}", document=b"") for n in range(230)]
    world.run({"dry_run": True})
    assert len(listed_ids(world)) == 230
    assert world.requests()["calls"][ACME]["ListInvoiceSummaries"] >= 3


def test_a_payer_whose_role_cannot_be_assumed_is_no_access_with_the_roles_arn(
    world: World,
) -> None:
    world.catalogue.payers[BOREAL] = [invoice("B1", BOREAL)]
    world.roles.denied.add(ACME)
    world.run()
    payer = world.payer()
    assert payer["verdict"] == "NO_ACCESS"
    assert f"arn:aws:iam::{ACME}:role/Reader" in payer["findings"][0]["detail"]
    assert world.payer(BOREAL)["verdict"] == "COMPLETE"


def test_a_role_that_leads_to_another_account_reads_and_stores_nothing(world: World) -> None:
    world.catalogue.payers[BOREAL] = [invoice("B1", BOREAL)]
    world.roles.leads_to[ACME] = BOREAL
    world.run({"payer_account_ids": [ACME]})
    assert world.payer()["verdict"] == "NO_ACCESS"
    assert world.findings() == {"WRONG_ACCOUNT": "blocking"}
    assert world.requests()["calls"] == {}
    assert world.keys("invoices/") == []


def test_access_denied_is_told_by_its_code_names_the_action_and_is_not_retried(
    world: World,
) -> None:
    world.emulator.faults.add(Fault(ACME, "AccessDeniedException", 1))
    world.run({"payer_account_ids": [ACME]})
    payer = world.payer()
    assert payer["verdict"] == "NO_ACCESS"
    assert "invoicing:ListInvoiceSummaries" in payer["findings"][0]["detail"]
    assert world.requests()["calls"][ACME]["ListInvoiceSummaries"] == 1


def test_a_listing_that_breaks_off_is_not_taken_for_a_short_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Invoicing._summaries

    def broken(self: Invoicing, account_id: str, time_filter: object):
        yield next(whole(self, account_id, time_filter))  # type: ignore[arg-type]
        raise ServiceUnavailable("the second page did not come")

    world.catalogue.payers[ACME] = [invoice("N1"), invoice("N2")]
    monkeypatch.setattr(Invoicing, "_summaries", broken)
    world.run({"payer_account_ids": [ACME]})
    assert isinstance(world.errors[0], ServiceUnavailable)
    assert not [key for key in world.keys("runs/") if key.endswith("listing.json")]
    assert world.payer()["verdict"] == "NOT_CHECKED"
    assert world.findings() == {"NOT_CHECKED": "blocking"}


def test_a_row_without_an_id_is_a_blocking_finding(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Invoicing._summaries

    def one_without_id(self: Invoicing, account_id: str, time_filter: object):
        yield from whole(self, account_id, time_filter)  # type: ignore[arg-type]
        yield {"AccountId": ACME, "BillingPeriod": {"Month": 10, "Year": 2026}}

    world.catalogue.payers[ACME] = [invoice("N1")]
    monkeypatch.setattr(Invoicing, "_summaries", one_without_id)
    world.run({"payer_account_ids": [ACME]})
    assert world.findings() == {"INVOICE_WITHOUT_ID": "blocking"}
    assert (world.payer()["expected"], world.payer()["archived"]) == (2, 1)
    assert world.payer()["verdict"] == "PARTIAL"


def test_an_invoice_that_two_payers_see_is_stored_once_and_both_sightings_are_recorded(
    world: World,
) -> None:
    world.catalogue.payers[ACME] = [invoice("SHARED"), invoice("A1")]
    world.catalogue.payers[BOREAL] = [invoice("SHARED"), invoice("B1", BOREAL)]
    world.run()
    assert [k for k in world.keys("invoices/") if "SHARED" in k] == [
        f"invoices/2026-10/{ACME}/2026-10_{ACME}_INVOICE_SHARED.pdf"
    ]
    record = world.read(f"records/2026-10/{ACME}/SHARED/0002.json")
    assert [s["payer_account_id"] for s in record["sightings"]] == [ACME, BOREAL]
    assert (world.payer()["expected"], world.payer(BOREAL)["expected"]) == (2, 1)
    before = world.evidence()
    world.run(at=datetime(2026, 11, 12, 7, tzinfo=UTC))
    assert world.evidence() == before


def test_no_access_is_an_outcome_and_not_an_error(world: World) -> None:
    world.roles.denied |= {ACME, BOREAL}
    world.run()
    assert not any(isinstance(error, NoAccess) for error in world.errors)
    assert listing(world)["outcome"] == "NO_ACCESS"


def calls_at(world: World, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When each call of the service arrives, filled as they come."""
    instants: list[float] = []
    count = world.emulator.requests.count_call

    def noted(account_id: str, operation: str) -> None:
        instants.append(time.monotonic())
        count(account_id, operation)

    monkeypatch.setattr(world.emulator.requests, "count_call", noted)
    return instants


def test_the_wait_that_aws_asks_for_is_kept_before_the_next_call(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.catalogue.payers[ACME] = [invoice("N1")]
    fault = Fault(ACME, "InternalServerException", 1, retry_after_seconds=2)
    world.emulator.faults.add(fault)
    instants = calls_at(world, monkeypatch)
    world.run({"payer_account_ids": [ACME]})
    assert instants[1] - instants[0] >= 2
    assert world.payer()["archived"] == 1


def test_a_wait_that_is_too_long_for_the_function_is_left_to_the_workflow(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = Fault(ACME, "InternalServerException", 1, retry_after_seconds=3600)
    world.emulator.faults.add(fault)
    instants = calls_at(world, monkeypatch)
    world.run({"payer_account_ids": [ACME]})
    assert len(instants) == 1
    assert isinstance(world.errors[0], ServiceUnavailable)
    assert world.payer()["verdict"] == "NOT_CHECKED"
