"""Witnesses beside the listings, through the real handlers: asked when they count, written down,
and explained by what is in the archive alone.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.aws import payer_role
from lambdas.aws.clients import RoleCredentials
from lambdas.domain.errors import InvalidExecutionInput
from lambdas.domain.runs.payer_run import PayerRun
from lambdas.steps.judging import ask_charges
from sandbox.invoicing.faults import Fault
from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BEFORE_DEADLINE,
    BOREAL,
    World,
    charge,
    invoice,
    transfer,
    unit,
)
from tests.handlers.moments import begin

RECEIVER = "777788889999"
NEXT_DAY = AFTER_DEADLINE + timedelta(days=1)
DAY_7 = datetime(2026, 11, 7, 6, tzinfo=UTC)
SOFTWARE = {"InvoicingEntity": "Amazon Web Services, Inc.", "BillingEntity": "AWS_MARKETPLACE"}
COSTS = "GetCostAndUsage"


@pytest.fixture
def alone(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """October alone, each payer account with an invoice and charges, every witness switched on."""
    for name in ("COST_EXPLORER", "BILLING_TRANSFERS", "INVOICE_UNITS"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("LOOKBACK_PERIODS", "0")
    world.catalogue.payers = {ACME: [invoice("A1")], BOREAL: [invoice("B1", BOREAL)]}
    return world


def denies(world: World, operation: str, payer: str = ACME) -> None:
    world.emulator.faults.add(Fault(payer, "AccessDeniedException", None, operation=operation))


def result(world: World, answer: dict[str, Any]) -> dict[str, Any]:
    return dict(world.read(f"runs/{answer['run_id']}/result.json"))


def charges(world: World, answer: dict[str, Any], payer: str = ACME) -> dict[str, Any]:
    return dict(world.read(f"runs/{answer['run_id']}/payers/{payer}/charges-2026-10.json"))


def witnesses(world: World, payer: str = ACME) -> dict[str, Any]:
    """What the newest manifest keeps of the payer account's witnesses."""
    newest = world.read(world.read("periods/2026-10/completeness.json")["manifest"])
    states = {state["payer_account_id"]: state for state in newest["payers"]}
    return dict(states[payer]["witnesses"])


def test_cost_explorer_is_asked_once_a_payer_account_and_its_answer_is_kept(alone: World) -> None:
    first = alone.run()
    assert first["verdict"] == "COMPLETE"
    assert alone.asked(COSTS) == {ACME: 1, BOREAL: 1}
    assert result(alone, first)["cost_explorer_requests"] == 2
    assert charges(alone, first) == {
        "run_id": first["run_id"],
        "at": "2026-11-12T06:00:00Z",
        "requests": 1,
        "is_final": True,
        "charges": [
            {
                "linked_account_id": ACME,
                "billing_entity": "AWS",
                "currency": "USD",
                "amount": "100",
            }
        ],
        "not_read": "",
    }
    assert witnesses(alone)["cost_explorer"]["run_id"] == first["run_id"]
    assert alone.payer()["residuals"][0]["residual"] == "0.00"
    second = alone.run(at=NEXT_DAY)
    assert alone.asked(COSTS) == {ACME: 1, BOREAL: 1}
    assert result(alone, second)["cost_explorer_requests"] == 0


def test_cost_explorer_says_the_same_where_it_refuses_groups_by_billing_entity(
    alone: World,
) -> None:
    alone.emulator.faults.add(Fault(ACME, "refused_grouping", None))
    software = charge(ACME, "AWS Marketplace", account="222233334444")
    alone.catalogue.charges[ACME] = [software]
    answer = alone.run()
    assert alone.findings() == {"CHARGES_WITHOUT_INVOICE": "blocking"}
    assert alone.payer(BOREAL)["findings"] == []
    assert {
        (one["linked_account_id"], one["billing_entity"])
        for one in charges(alone, answer)["charges"]
    } == {("222233334444", "AWS Marketplace"), (ACME, "AWS")}
    assert result(alone, answer)["cost_explorer_requests"] == 3


def test_before_the_deadline_nobody_is_asked_whose_history_is_not_known(alone: World) -> None:
    assert alone.run(at=BEFORE_DEADLINE)["verdict"] == "AWAITING"
    assert alone.run(at=DAY_7)["verdict"] == "AWAITING"
    assert not alone.asked(COSTS)


def test_charges_without_an_invoice_make_the_month_incomplete(alone: World) -> None:
    alone.catalogue.charges[ACME] = [charge(ACME, "AWS Marketplace", account="222233334444")]
    assert alone.run()["verdict"] == "ACTION_REQUIRED"
    assert alone.payer()["verdict"] == "MISSING"
    assert alone.findings() == {"CHARGES_WITHOUT_INVOICE": "blocking"}
    assert (alone.payer()["expected"], alone.payer()["archived"]) == (2, 1)
    alone.catalogue.payers[ACME].append(invoice("A2", Entity=SOFTWARE))
    assert alone.run(at=NEXT_DAY)["verdict"] == "COMPLETE"
    assert alone.asked(COSTS) == {ACME: 1, BOREAL: 1}


def test_a_payer_account_without_invoices_has_no_charges_when_cost_explorer_says_so(
    alone: World,
) -> None:
    alone.catalogue.payers[ACME] = []
    alone.catalogue.charges[ACME] = [charge(amount="0.0000000071")]
    assert alone.run()["verdict"] == "COMPLETE"
    assert (alone.payer()["verdict"], alone.findings()) == ("NO_CHARGES", {})
    settled = alone.versions()
    alone.run(at=NEXT_DAY)
    assert alone.versions() == settled


def test_an_estimate_for_which_alone_a_month_waits_is_asked_for_again_the_next_day(
    alone: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOSE_DEADLINE", "day 5")
    alone.catalogue.payers[ACME] = []
    asked = []
    for day in range(6, 16):  # AWS calls the month final from noon of the 6th on
        before = alone.asked(COSTS).get(ACME, 0)
        alone.run({"payer_account_ids": [ACME]}, at=datetime(2026, 11, day, 6, tzinfo=UTC))
        asked += [day] * (alone.asked(COSTS)[ACME] - before)
        assert alone.payer()["verdict"] == ("MISSING" if day < 7 else "NO_CHARGES")
    assert asked == [6, 7, 7]  # at last with the total that has no groups


def test_a_month_that_closed_on_an_estimate_is_asked_for_again_until_it_is_final(
    alone: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOSE_DEADLINE", "day 5")
    known_from = datetime(2026, 11, 8, tzinfo=UTC)
    alone.catalogue.charges[ACME] = [charge(ACME, "AWS Marketplace", known_from=known_from)]
    asked = []
    for day in range(6, 22):  # AWS calls the month final from noon of the 6th on
        before = alone.asked(COSTS).get(ACME, 0)
        answer = alone.run(at=datetime(2026, 11, day, 6, tzinfo=UTC))
        asked += [day] * (alone.asked(COSTS)[ACME] - before)
        assert answer["verdict"] == "COMPLETE"
    assert asked == [6, 13]
    # late knowledge reopens nothing
    assert alone.findings() == {"CHARGES_WITHOUT_INVOICE": "warning"}


def test_charges_without_an_invoice_are_seen_although_a_person_accepted_a_gap(
    alone: World,
) -> None:
    never = AFTER_DEADLINE + timedelta(days=999)
    alone.catalogue.payers[ACME] = [invoice("A1", ready_from=never)]
    alone.catalogue.charges[ACME] = [charge(ACME, "AWS Marketplace")]
    assert alone.run()["verdict"] == "ACTION_REQUIRED"
    assert ACME not in alone.asked(COSTS)  # it could change nothing
    answer = alone.run({"acknowledgements": [accepts()]}, at=NEXT_DAY)
    assert alone.asked(COSTS)[ACME] == 1
    assert answer["verdict"] == "ACTION_REQUIRED"
    assert alone.findings() == {
        "PDF_NOT_READY": "warning",
        "ACKNOWLEDGED": "warning",
        "CHARGES_WITHOUT_INVOICE": "blocking",
    }


def test_a_role_without_cost_explorer_is_named_and_the_listings_decide(alone: World) -> None:
    denies(alone, COSTS)
    denies(alone, COSTS, BOREAL)
    answer = alone.run()
    assert answer["verdict"] == "COMPLETE"
    assert alone.findings() == {"WITNESS_NOT_READ": "warning"}
    (found,) = alone.payer()["findings"]
    assert "ce:GetCostAndUsage (AccessDeniedException)" in found["detail"]
    assert result(alone, answer)["cost_explorer_requests"] == 0
    alone.catalogue.payers[BOREAL] = []
    month = alone.run({"billing_period": "2026-09"}, at=NEXT_DAY)
    assert month["verdict"] == "ACTION_REQUIRED"  # never silently green
    assert alone.findings(BOREAL, "2026-09") == {
        "NO_INVOICES_LISTED": "blocking",
        "WITNESS_NOT_READ": "warning",
    }


def test_a_role_that_answers_something_new_costs_nobody_else_the_verdict(
    alone: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def assume(item: PayerRun, external_id: str) -> RoleCredentials:
        if item.payer_account_id == ACME:
            raise ClientError({"Error": {"Code": "RegionAsleep"}}, "AssumeRole")
        return payer_role.assume_payer_role(item, external_id)

    monkeypatch.setattr(ask_charges, "assume_payer_role", assume)
    assert alone.run()["verdict"] == "COMPLETE"
    (found,) = alone.payer()["findings"]
    assert (found["code"], found["severity"]) == ("WITNESS_NOT_READ", "warning")
    assert "AWS refused sts:AssumeRole (RegionAsleep)." in found["detail"]
    assert (alone.payer(BOREAL)["findings"], alone.asked(COSTS)) == ([], {BOREAL: 1})


def test_a_step_that_is_tried_again_does_not_pay_twice(
    alone: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    kms_sign, fails = alone.kms.sign, [True]

    def sign(**request: Any) -> Any:
        if fails.pop() if fails else False:
            raise RuntimeError("the function is gone")
        return kms_sign(**request)

    monkeypatch.setattr(alone.kms, "sign", sign)
    with pytest.raises(RuntimeError):
        alone.run()
    alone.runs -= 1  # the same execution goes on
    answer = alone.run()
    assert answer["verdict"] == "COMPLETE"
    assert alone.asked(COSTS) == {ACME: 1, BOREAL: 1}
    assert result(alone, answer)["cost_explorer_requests"] == 2


def test_all_pages_of_cost_explorer_are_read_and_counted(alone: World) -> None:
    accounts = [f"{number:012}" for number in range(1, 251)]
    alone.catalogue.charges[ACME] = [charge(account=account) for account in accounts]
    alone.catalogue.charges[ACME].append(charge(ACME, "AWS Marketplace", account="9" * 12))
    answer = alone.run({"payer_account_ids": [ACME]})
    assert charges(alone, answer)["requests"] == 3
    assert alone.requests()["cost_usd"] == "0.03"
    assert len(charges(alone, answer)["charges"]) == 252
    assert alone.findings() == {"CHARGES_WITHOUT_INVOICE": "blocking"}


# history


@pytest.fixture
def months(alone: World) -> World:
    """Three closed months of Acme alone, each with an invoice for usage and one for software."""
    periods = ("2026-07", "2026-08", "2026-09")
    alone.catalogue.payers[ACME] = [
        one
        for period in periods
        for one in (
            invoice(f"U-{period}", period=period),
            invoice(f"S-{period}", period=period, Entity=SOFTWARE),
        )
    ]

    def close_each() -> None:
        for period in periods:
            year, month = map(int, period.split("-"))
            at = datetime(year, month + 1, 4, 6, tzinfo=UTC)
            for as_of in (at, at.replace(day=12)):
                alone.run({"billing_period": period, "payer_account_ids": [ACME]}, at=as_of)

    begin(alone, "three closed months", close_each)
    return alone


def test_an_invoice_that_each_earlier_month_had_is_missed(months: World) -> None:
    months.catalogue.payers[ACME].append(invoice("U-2026-10"))
    denies(months, COSTS)
    months.run({"payer_account_ids": [ACME]}, at=DAY_7)
    assert months.payer()["verdict"] == "AWAITING"
    assert months.findings() == {
        "USUAL_INVOICE_MISSING": "blocking",
        "LATER_THAN_USUAL": "info",
    }
    months.run({"payer_account_ids": [ACME]})
    assert months.payer()["verdict"] == "MISSING"
    assert months.findings() == {
        "USUAL_INVOICE_MISSING": "blocking",
        "WITNESS_NOT_READ": "warning",
    }
    history = witnesses(months)["history"]
    assert history["periods"] == ["2026-09", "2026-08", "2026-07"]
    assert [one["billing_entity"] for one in history["usual"]] == ["AWS", "AWS_MARKETPLACE"]
    assert history["usual_day"] == 4
    months.catalogue.payers[ACME].append(invoice("S-2026-10", Entity=SOFTWARE))
    months.run({"payer_account_ids": [ACME]}, at=NEXT_DAY)
    assert months.payer()["verdict"] == "COMPLETE"


def test_the_first_run_of_all_judges_the_earlier_months_before_they_are_history(
    alone: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOKBACK_PERIODS", "2")
    denies(alone, COSTS)
    alone.catalogue.payers[ACME].append(invoice("S-10", Entity=SOFTWARE))
    for period in ("2026-08", "2026-09"):
        alone.catalogue.payers[ACME] += [
            invoice(f"U-{period}", period=period),
            invoice(f"S-{period}", period=period, Entity=SOFTWARE),
        ]
    alone.catalogue.payers[ACME].pop(0)
    alone.run()
    assert alone.findings() == {
        "USUAL_INVOICE_MISSING": "blocking",
        "WITNESS_NOT_READ": "warning",
    }


def test_a_subscription_that_ended_is_explained_by_cost_explorer(months: World) -> None:
    months.catalogue.payers[ACME].append(invoice("U-2026-10"))
    months.run({"payer_account_ids": [ACME]})
    assert (months.payer()["verdict"], months.findings()) == ("COMPLETE", {})


def test_two_witnesses_close_a_month_before_its_deadline(months: World) -> None:
    months.catalogue.payers[ACME] += [
        invoice("U-2026-10"),
        invoice("S-2026-10", Entity=SOFTWARE),
    ]
    before = months.asked(COSTS)[ACME]
    months.run({"payer_account_ids": [ACME]}, at=BEFORE_DEADLINE)
    assert months.payer()["verdict"] == "AWAITING"
    assert months.asked(COSTS)[ACME] == before
    months.run({"payer_account_ids": [ACME]}, at=DAY_7)
    assert months.payer()["verdict"] == "COMPLETE"
    assert months.read("periods/2026-10/completeness.json")["closed_at"] is None
    months.run({"payer_account_ids": [ACME]})
    assert months.asked(COSTS)[ACME] == before + 1


# billing transfers


def test_transfers_are_asked_for_page_by_page_and_kept(alone: World) -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    others = [f"{number:012}" for number in range(1, 26)]
    november = datetime(2026, 11, 1, tzinfo=UTC)
    alone.catalogue.moves = [
        *(transfer(other, ACME, november) for other in others),
        transfer(BOREAL, ACME, since),
        transfer("888899990000", ACME, since, datetime(2026, 9, 30, 23, 59, 59, tzinfo=UTC)),
    ]
    alone.emulator.faults.add(
        Fault(ACME, "empty_page", 1, operation="ListInboundResponsibilityTransfers")
    )
    alone.catalogue.payers = {
        ACME: [invoice("A1"), invoice("T1", BillSourceAccounts=[BOREAL])],
        BOREAL: [],
    }
    assert alone.run()["verdict"] == "COMPLETE"
    assert alone.payer(BOREAL)["verdict"] == "TRANSFERRED"
    assert alone.asked("ListInboundResponsibilityTransfers")[ACME] == 3
    (kept,) = witnesses(alone)["billing_transfers"]["transfers"]
    assert (kept["source"], kept["target"], kept["ends_at"]) == (BOREAL, ACME, None)
    assert "@" not in str(witnesses(alone))  # addresses of persons are not kept
    assert [one["bill_source_accounts"] for one in alone.payer()["sources"]] == [[], [BOREAL]]
    assert BOREAL not in alone.asked(COSTS)


@pytest.mark.parametrize("direction", ["Inbound", "Outbound"])
def test_transfers_that_cannot_be_read_take_nothing_from_those_that_were(
    alone: World, direction: str
) -> None:
    alone.catalogue.moves = [transfer(BOREAL, ACME, datetime(2026, 1, 1, tzinfo=UTC))]
    alone.catalogue.payers = {
        ACME: [invoice("A1"), invoice("T1", BillSourceAccounts=[BOREAL])],
        BOREAL: [],
    }
    alone.run()
    known = witnesses(alone)["billing_transfers"]
    assert [one["source"] for one in known["transfers"]] == [BOREAL]
    denies(alone, f"List{direction}ResponsibilityTransfers")
    denied = alone.run(at=NEXT_DAY)
    listing = alone.read(f"runs/{denied['run_id']}/payers/{ACME}/listing.json")["billing_transfers"]
    assert (listing["run_id"], listing["at"], listing["transfers"]) == (None, None, [])
    assert listing["not_read"].startswith(f"AWS denied organizations:List{direction}Respons")
    assert witnesses(alone)["billing_transfers"] == known | {"not_read": listing["not_read"]}
    assert alone.payer(BOREAL)["verdict"] == "TRANSFERRED"


def test_an_account_in_no_organization_has_no_transfers(alone: World) -> None:
    alone.catalogue.standalone.add(ACME)
    alone.run()
    assert alone.findings() == {}
    assert witnesses(alone)["billing_transfers"]["transfers"] == []


def test_a_role_without_organizations_is_named_and_the_others_decide(alone: World) -> None:
    denies(alone, "ListInboundResponsibilityTransfers")
    assert alone.run()["verdict"] == "COMPLETE"
    (found,) = alone.payer()["findings"]
    assert found["code"] == "WITNESS_NOT_READ"
    assert "organizations:ListInboundResponsibilityTransfers" in found["detail"]
    alone.emulator.faults.clear()
    alone.run(at=NEXT_DAY)
    assert alone.findings() == {}


# invoice units


@pytest.fixture
def units(alone: World) -> World:
    """Acme's charges are invoiced to the receiver of a unit, whom only its own listing shows."""
    alone.catalogue.linked = {ACME: (RECEIVER,)}
    alone.catalogue.units = {ACME: [unit(RECEIVER)]}
    alone.catalogue.payers[ACME] = [invoice("R1", AccountId=RECEIVER)]
    return alone


def test_receivers_of_invoice_units_are_asked_as_well(units: World) -> None:
    assert units.run()["verdict"] == "COMPLETE"
    assert units.payer()["verdict"] == units.payer(RECEIVER)["verdict"] == "COMPLETE"
    assert units.payer(RECEIVER)["archived"] == 1
    assert witnesses(units)["invoice_units"]["receivers"] == [RECEIVER]
    record = units.read(f"records/2026-10/{RECEIVER}/R1/0001.json")
    (sighting,) = record["sightings"]
    assert sighting["payer_account_id"] == ACME
    assert sighting["listings"] == ["receiver_billing_period", "receiver_issued_date"]


def test_without_its_units_the_invoice_of_a_receiver_is_not_found_and_that_is_seen(
    units: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INVOICE_UNITS", "false")
    assert units.run()["verdict"] == "ACTION_REQUIRED"
    assert units.findings() == {
        "NO_INVOICES_LISTED": "blocking",
        "CHARGES_WITHOUT_INVOICE": "blocking",
    }


def test_the_receiver_of_a_unit_that_ended_with_the_month_is_asked_too(units: World) -> None:
    units.catalogue.units[ACME] = [unit(RECEIVER, until=datetime(2026, 11, 2, tzinfo=UTC))]
    units.run()
    assert units.payer(RECEIVER)["archived"] == 1


def test_what_cannot_be_asked_for_has_not_vanished_and_what_is_gone_has(units: World) -> None:
    units.catalogue.payers[ACME].append(invoice("A1"))
    assert units.run()["verdict"] == "COMPLETE"
    denies(units, "ListInvoiceUnits")
    units.run(at=NEXT_DAY)
    assert (units.findings(), units.findings(RECEIVER)) == ({"WITNESS_NOT_READ": "warning"}, {})
    units.emulator.faults.clear()
    units.catalogue.units = {}
    units.run(at=NEXT_DAY + timedelta(days=1))
    assert units.findings(RECEIVER) == {}
    units.catalogue.units = {ACME: [unit(RECEIVER)]}
    units.catalogue.payers[ACME] = [invoice("A1")]
    units.run(at=NEXT_DAY + timedelta(days=2))
    assert units.findings(RECEIVER) == {"INVOICE_VANISHED": "warning"}


def test_a_receiver_that_cannot_be_listed_is_named_and_the_rest_goes_on(units: World) -> None:
    units.catalogue.units[ACME].append(unit("666677778888"))
    assert units.run()["verdict"] == "COMPLETE"
    (found,) = units.payer()["findings"]
    assert found["code"] == "WITNESS_NOT_READ"
    assert "invoicing:ListInvoiceSummaries for account 666677778888" in found["detail"]
    assert units.payer(RECEIVER)["archived"] == 1


# a person


def accepts(**changes: Any) -> dict[str, Any]:
    return {
        "payer_account_id": ACME,
        "reason": "No workload since September.",
        "by": "Dana Whitlock",
        "until": "2026-11-20",
    } | changes


def test_a_person_accepts_a_gap_until_a_day_and_the_archive_says_so(world: World) -> None:
    world.catalogue.payers = {ACME: [], BOREAL: [invoice("B1", BOREAL)]}
    only = {"billing_period": "2026-10"}
    assert world.run(only)["verdict"] == "ACTION_REQUIRED"
    answer = world.run(only | {"acknowledgements": [accepts()]}, at=NEXT_DAY)
    assert answer["verdict"] == "COMPLETE"
    assert world.payer()["verdict"] == "NO_CHARGES"
    assert world.findings() == {"NO_INVOICES_LISTED": "warning", "ACKNOWLEDGED": "warning"}
    (kept,) = witnesses(world)["acknowledgements"]
    assert kept == {
        "reason": "No workload since September.",
        "by": "Dana Whitlock",
        "until": "2026-11-20",
        "run_id": answer["run_id"],
        "at": "2026-11-13T06:00:00Z",
        "covers": [{"code": "NO_INVOICES_LISTED", "subject": ACME}],
    }
    assert world.read(f"runs/{answer['run_id']}/request.json")["acknowledgements"]
    assert world.run(only, at=datetime(2026, 11, 20, 6, tzinfo=UTC))["verdict"] == "COMPLETE"
    assert world.run(only, at=datetime(2026, 11, 21, 6, tzinfo=UTC))["verdict"] == "ACTION_REQUIRED"


def test_a_period_outside_the_run_can_be_acknowledged_once_it_was_judged(world: World) -> None:
    old = accepts(billing_period="2026-03")
    with pytest.raises(InvalidExecutionInput, match="2026-03 was never judged"):
        world.run({"acknowledgements": [old]})
    world.run({"billing_period": "2026-03"})
    assert world.payer(period="2026-03")["verdict"] == "MISSING"
    world.run({"acknowledgements": [old]}, at=NEXT_DAY)
    assert world.payer(period="2026-03")["verdict"] == "NO_CHARGES"


def test_an_acknowledgement_of_an_unknown_payer_account_stops_before_any_work(
    world: World,
) -> None:
    with pytest.raises(InvalidExecutionInput, match="999999999999 is unknown in 2026-10"):
        world.run({"acknowledgements": [accepts(payer_account_id="999999999999")]})
    assert world.keys() == []
