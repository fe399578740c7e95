"""Witnesses beside the listings, through the real handlers: asked when they count, written down,
and explained by what is in the archive alone.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.aws.invoicing import Invoicing
from lambdas.aws.witness import WitnessNotRead
from lambdas.domain.errors import InvalidExecutionInput
from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BEFORE_DEADLINE,
    BOREAL,
    World,
    invoice,
)

OCTOBER = "2026-10-01"
RECEIVER = "777788889999"
NEXT_DAY = AFTER_DEADLINE + timedelta(days=1)
DAY_7 = datetime(2026, 11, 7, 6, tzinfo=UTC)
SOFTWARE = {"InvoicingEntity": "Amazon Web Services, Inc.", "BillingEntity": "AWS_MARKETPLACE"}


@pytest.fixture
def alone(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """October alone, each payer account with an invoice and charges, every witness switched on."""
    for name in ("COST_EXPLORER", "BILLING_TRANSFERS"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("LOOKBACK_PERIODS", "0")
    world.catalogue.payers = {ACME: [invoice("A1")], BOREAL: [invoice("B1", BOREAL)]}
    world.costs.charges = {(payer, OCTOBER): [(payer, "AWS", "100.00")] for payer in (ACME, BOREAL)}
    return world


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
    assert alone.costs.calls == {"GetCostAndUsage": 2}
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
                "amount": "100.00",
            }
        ],
        "not_read": "",
    }
    assert witnesses(alone)["cost_explorer"]["run_id"] == first["run_id"]
    assert alone.payer()["residuals"][0]["residual"] == "0.00"
    second = alone.run(at=NEXT_DAY)
    assert alone.costs.calls == {"GetCostAndUsage": 2}
    assert result(alone, second)["cost_explorer_requests"] == 0


def test_before_the_deadline_nobody_is_asked_whose_history_is_not_known(alone: World) -> None:
    assert alone.run(at=BEFORE_DEADLINE)["verdict"] == "AWAITING"
    assert alone.run(at=DAY_7)["verdict"] == "AWAITING"
    assert not alone.costs.calls


def test_charges_without_an_invoice_make_the_month_incomplete(alone: World) -> None:
    alone.costs.charges[ACME, OCTOBER].append(("222233334444", "AWS Marketplace", "12.00"))
    assert alone.run()["verdict"] == "ACTION_REQUIRED"
    assert alone.payer()["verdict"] == "MISSING"
    assert alone.findings() == {"CHARGES_WITHOUT_INVOICE": "blocking"}
    assert (alone.payer()["expected"], alone.payer()["archived"]) == (2, 1)
    alone.catalogue.payers[ACME].append(invoice("A2", Entity=SOFTWARE))
    assert alone.run(at=NEXT_DAY)["verdict"] == "COMPLETE"
    assert alone.costs.calls == {"GetCostAndUsage": 2}


def test_a_payer_account_without_invoices_has_no_charges_when_cost_explorer_says_so(
    alone: World,
) -> None:
    alone.catalogue.payers[ACME] = []
    alone.costs.charges[ACME, OCTOBER] = [(ACME, "AWS", "0.0000000071")]
    assert alone.run()["verdict"] == "COMPLETE"
    assert (alone.payer()["verdict"], alone.findings()) == ("NO_CHARGES", {})
    settled = alone.versions()
    alone.run(at=NEXT_DAY)
    assert alone.versions() == settled


def test_an_estimate_is_asked_for_again_a_week_later_and_not_before(alone: World) -> None:
    alone.catalogue.payers[ACME] = []
    alone.costs.charges[ACME, OCTOBER] = []
    alone.costs.is_estimated = True
    asked = []
    for day in range(9):
        if day == 5:
            alone.costs.is_estimated = False
        before = alone.costs.calls["GetCostAndUsage"]
        alone.run({"payer_account_ids": [ACME]}, at=AFTER_DEADLINE + timedelta(days=day))
        asked += [day] * (alone.costs.calls["GetCostAndUsage"] - before)
    assert asked == [0, 7]
    assert alone.payer()["verdict"] == "NO_CHARGES"


def test_a_role_without_cost_explorer_is_named_and_the_listings_decide(alone: World) -> None:
    alone.costs.denied.add("GetCostAndUsage")
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
    assert alone.costs.calls == {"GetCostAndUsage": 2}
    assert result(alone, answer)["cost_explorer_requests"] == 2


def test_all_pages_of_cost_explorer_are_read_and_counted(alone: World) -> None:
    alone.costs.page_size = 1
    alone.costs.charges[ACME, OCTOBER] = [
        (f"{number:012}", "AWS", "1.00") for number in range(3)
    ] + [(ACME, "AWS Marketplace", "2.00")]
    answer = alone.run({"payer_account_ids": [ACME]})
    assert charges(alone, answer)["requests"] == 4
    assert alone.findings() == {"CHARGES_WITHOUT_INVOICE": "blocking"}


# history


@pytest.fixture
def months(alone: World, monkeypatch: pytest.MonkeyPatch) -> World:
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
    for period in periods:
        alone.costs.charges[ACME, f"{period}-01"] = [
            (ACME, "AWS", "100.00"),
            (ACME, "AWS Marketplace", "100.00"),
        ]
        year, month = map(int, period.split("-"))
        at = datetime(year, month + 1, 4, 6, tzinfo=UTC)
        for as_of in (at, at.replace(day=12)):
            alone.run({"billing_period": period, "payer_account_ids": [ACME]}, at=as_of)
    alone.costs.calls.clear()
    return alone


def test_an_invoice_that_each_earlier_month_had_is_missed(months: World) -> None:
    months.catalogue.payers[ACME].append(invoice("U-2026-10"))
    months.costs.denied.add("GetCostAndUsage")
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


def test_a_subscription_that_ended_is_explained_by_cost_explorer(months: World) -> None:
    months.catalogue.payers[ACME].append(invoice("U-2026-10"))
    months.run({"payer_account_ids": [ACME]})
    assert (months.payer()["verdict"], months.findings()) == ("COMPLETE", {})


def test_two_witnesses_close_a_month_before_its_deadline(months: World) -> None:
    months.catalogue.payers[ACME] += [
        invoice("U-2026-10"),
        invoice("S-2026-10", Entity=SOFTWARE),
    ]
    months.costs.charges[ACME, OCTOBER].append((ACME, "AWS Marketplace", "1.00"))
    months.run({"payer_account_ids": [ACME]}, at=BEFORE_DEADLINE)
    assert months.payer()["verdict"] == "AWAITING"
    assert not months.costs.calls
    months.run({"payer_account_ids": [ACME]}, at=DAY_7)
    assert months.payer()["verdict"] == "COMPLETE"
    assert months.read("periods/2026-10/completeness.json")["closed_at"] is None
    months.run({"payer_account_ids": [ACME]})
    assert months.costs.calls == {"GetCostAndUsage": 1}


# billing transfers


def test_transfers_are_asked_on_every_page_and_kept(alone: World) -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    alone.transfers.add(BOREAL, ACME, since)
    alone.transfers.add("888899990000", ACME, datetime(2026, 11, 1, tzinfo=UTC))
    alone.transfers.add("888899990000", ACME, since, datetime(2026, 9, 30, 23, 59, 59, tzinfo=UTC))
    alone.catalogue.payers = {
        ACME: [invoice("A1"), invoice("T1", BillSourceAccounts=[BOREAL])],
        BOREAL: [],
    }
    assert alone.run()["verdict"] == "COMPLETE"
    assert alone.payer(BOREAL)["verdict"] == "TRANSFERRED"
    (kept,) = witnesses(alone)["billing_transfers"]["transfers"]
    assert (kept["source"], kept["target"], kept["ends_at"]) == (BOREAL, ACME, None)
    assert "example.com" not in str(witnesses(alone))  # addresses of persons are not kept
    assert [one["bill_source_accounts"] for one in alone.payer()["sources"]] == [[], [BOREAL]]


def test_an_account_in_no_organization_has_no_transfers(alone: World) -> None:
    alone.transfers.standalone.add(ACME)
    alone.run()
    assert alone.findings() == {}
    assert witnesses(alone)["billing_transfers"]["transfers"] == []


def test_a_role_without_organizations_is_named_and_the_others_decide(alone: World) -> None:
    alone.transfers.denied.add("ListInboundResponsibilityTransfers")
    assert alone.run()["verdict"] == "COMPLETE"
    (found,) = alone.payer()["findings"]
    assert found["code"] == "WITNESS_NOT_READ"
    assert "organizations:ListInboundResponsibilityTransfers" in found["detail"]
    alone.transfers.denied.clear()
    alone.run(at=NEXT_DAY)
    assert alone.findings() == {}


# invoice units


@pytest.fixture
def units(alone: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str] | str]:
    """The receivers of each payer account's invoice units, or why they cannot be read."""
    answers: dict[str, set[str] | str] = {ACME: {RECEIVER}, BOREAL: set()}
    of_client: dict[int, str] = {}
    period = Invoicing.summaries_of_period

    def summaries(self: Invoicing, account_id: str, *rest: Any) -> Any:
        of_client.setdefault(id(self._client), account_id)
        return period(self, account_id, *rest)

    def receivers(self: Invoicing, _: datetime | None) -> set[str]:
        answer = answers[of_client[id(self._client)]]
        if isinstance(answer, str):
            raise WitnessNotRead(answer)
        return answer

    monkeypatch.setenv("INVOICE_UNITS", "true")
    monkeypatch.setattr(Invoicing, "summaries_of_period", summaries)
    monkeypatch.setattr(Invoicing, "invoice_unit_receivers", receivers)
    alone.catalogue.linked = {ACME: (RECEIVER,)}
    return answers


def test_receivers_of_invoice_units_are_asked_as_well(
    alone: World, units: dict[str, set[str] | str]
) -> None:
    alone.catalogue.payers[ACME] = [invoice("R1", AccountId=RECEIVER)]
    assert alone.run()["verdict"] == "COMPLETE"
    assert alone.payer()["verdict"] == alone.payer(RECEIVER)["verdict"] == "COMPLETE"
    assert witnesses(alone)["invoice_units"]["receivers"] == [RECEIVER]
    record = alone.read(f"records/2026-10/{RECEIVER}/R1/0001.json")
    (sighting,) = record["sightings"]
    assert sighting["listings"] == [
        "billing_period",
        "issued_date",
        "receiver_billing_period",
        "receiver_issued_date",
    ]


def only_receivers_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """A payer account's own listings leave out what its receivers get."""
    summaries = Invoicing._summaries

    def shown(self: Invoicing, account_id: str, time_filter: Any) -> Iterator[Any]:
        for row in summaries(self, account_id, time_filter):
            if row.get("AccountId") == account_id:
                yield row

    monkeypatch.setattr(Invoicing, "_summaries", shown)


def test_an_invoice_that_only_its_receiver_is_shown_is_archived(
    alone: World, units: dict[str, set[str] | str], monkeypatch: pytest.MonkeyPatch
) -> None:
    only_receivers_show(monkeypatch)
    alone.catalogue.payers[ACME].append(invoice("R1", AccountId=RECEIVER))
    assert alone.run()["verdict"] == "COMPLETE"
    assert alone.payer(RECEIVER)["archived"] == 1
    # what cannot be asked for has not vanished
    units[ACME] = "AWS denied invoicing:ListInvoiceUnits (AccessDeniedException)."
    alone.run(at=NEXT_DAY)
    assert alone.findings() == {"WITNESS_NOT_READ": "warning"}
    assert alone.findings(RECEIVER) == {}
    units[ACME] = set()
    alone.run(at=NEXT_DAY + timedelta(days=1))
    assert alone.findings(RECEIVER) == {}
    # what was asked for and is gone has
    units[ACME] = {RECEIVER}
    alone.catalogue.payers[ACME].pop()
    alone.run(at=NEXT_DAY + timedelta(days=2))
    assert alone.findings(RECEIVER) == {"INVOICE_VANISHED": "warning"}


def test_a_receiver_that_cannot_be_listed_is_named_and_the_rest_goes_on(
    alone: World, units: dict[str, set[str] | str]
) -> None:
    units[ACME] = {RECEIVER, "666677778888"}
    assert alone.run()["verdict"] == "COMPLETE"
    (found,) = alone.payer()["findings"]
    assert found["code"] == "WITNESS_NOT_READ"
    assert "invoicing:ListInvoiceSummaries for account 666677778888" in found["detail"]
    assert alone.payer()["archived"] == 1


# a person


def accepts(**changes: Any) -> dict[str, Any]:
    return {
        "payer_account_id": ACME,
        "reason": "No workload since September.",
        "by": "Dana Whitlock",
        "until": "2026-11-20",
    } | changes


def test_a_person_accepts_what_lacks_until_a_day_and_the_archive_says_so(world: World) -> None:
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
