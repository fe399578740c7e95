from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import ArchiveUnusable, InvalidExecutionInput
from lambdas.domain.evidence.archive_layout import payment_status_key
from lambdas.domain.json_text import to_json
from lambdas.domain.payments.financial_record import FinancialRecord
from lambdas.domain.payments.payment_status import PayerPayments, PaymentStatus
from lambdas.handlers import enumerate_payer_accounts
from lambdas.steps import enumerate_payers
from tests.domain.payments.records import financial_record
from tests.handlers.conftest import ACME, AFTER_DEADLINE, BOREAL, BUCKET, Context, World, invoice

MONDAY, TUESDAY = datetime(2026, 11, 23, 6, tzinfo=UTC), datetime(2026, 11, 24, 6, tzinfo=UTC)


MUCH_LATER = datetime(2027, 6, 1, 6, tzinfo=UTC)
"""When the executions of scheduled runs start here: their instant alone counts."""


def enumerate_for(given: Any, at: datetime | None = None, execution: str = "one") -> dict[str, Any]:
    at = at or (MUCH_LATER if "scheduled_time" in given else AFTER_DEADLINE)
    event = {
        "input": given,
        "execution": {"id": f"arn:{execution}", "name": execution, "start_time": at.isoformat()},
    }
    return enumerate_payer_accounts.handler(event, Context())


def scheduled(at: datetime) -> dict[str, str]:
    return {"scheduled_time": at.isoformat()}


def test_a_run_without_input_asks_everybody_for_the_month_before_its_start(world: World) -> None:
    answer = enumerate_for({})
    items = world.read(answer["payers_key"])
    assert answer["billing_period"] == "2026-10"
    assert [item["payer_account_id"] for item in items] == [ACME, BOREAL]
    assert items[0]["billing_periods"] == ["2026-10", "2026-09"]
    assert items[0]["role_arn"] == f"arn:aws:iam::{ACME}:role/Reader"
    assert (items[0]["issued_from"], items[0]["issued_to"]) == ("2026-10-01", "2026-11-13")


def test_the_request_keeps_the_register_and_its_hash(world: World) -> None:
    answer = enumerate_for({"billing_period": "2026-09"})
    request = world.read(f"runs/{answer['run_id']}/request.json")
    assert len(request["register_sha256"]) == 64
    assert [payer["name"] for payer in request["register"]] == ["Acme", "Boreal"]
    assert request["input"] == {"billing_period": "2026-09"}


def test_the_schedules_instant_chooses_the_month_and_not_the_clock(world: World) -> None:
    assert enumerate_for(scheduled(datetime(2027, 1, 2, tzinfo=UTC)))["billing_period"] == "2026-12"


def test_a_doubled_delivery_does_nothing(world: World) -> None:
    first = enumerate_for(scheduled(AFTER_DEADLINE), execution="one")
    before = world.keys()
    second = enumerate_for(scheduled(AFTER_DEADLINE), execution="two")
    assert (first["already_claimed"], second["already_claimed"]) == (False, True)
    assert first["run_id"] == second["run_id"]
    assert world.keys() == before


def test_a_retry_of_the_claiming_execution_goes_on(world: World) -> None:
    enumerate_for(scheduled(AFTER_DEADLINE))
    assert enumerate_for(scheduled(AFTER_DEADLINE))["already_claimed"] is False


def test_a_run_can_be_limited_to_some_payers(world: World) -> None:
    answer = enumerate_for({"payer_account_ids": [BOREAL]})
    assert [i["payer_account_id"] for i in world.read(answer["payers_key"])] == [BOREAL]


def test_an_unknown_payer_in_the_input_is_refused_before_anything_is_written(world: World) -> None:
    with pytest.raises(InvalidExecutionInput) as refused:
        enumerate_for({"payer_account_ids": ["999999999999", "888888888888", ACME]})
    assert [problem[:26] for problem in refused.value.problems] == [
        "payer account 999999999999",
        "payer account 888888888888",
    ]
    assert "is not in the payer register; add it and deploy" in str(refused.value)
    assert world.keys() == []


def test_a_bucket_without_versioning_is_reported_before_any_work(world: World) -> None:
    world.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    with pytest.raises(ArchiveUnusable, match="versioning of bucket archive-under-test"):
        enumerate_for({})
    assert world.keys() == []


def test_a_payer_is_asked_only_while_it_is_active(world: World) -> None:
    enumerate_payer_accounts.REGISTER.write_text(
        f"account_id,name,active_from,active_to\n{ACME},Acme,,2026-09\n{BOREAL},Boreal,2026-11,\n"
    )
    items = world.read(enumerate_for({})["payers_key"])
    assert [(i["payer_account_id"], i["billing_periods"]) for i in items] == [(ACME, ["2026-09"])]


def test_complete_payers_are_asked_on_mondays_only_and_open_ones_every_day(world: World) -> None:
    for payer in (ACME, BOREAL):
        world.catalogue.payers[payer] = [
            invoice(f"{payer}-{period}", payer, period=period) for period in ("2026-09", "2026-10")
        ]
    world.catalogue.payers[BOREAL].pop()
    world.run()
    on_monday = world.read(enumerate_for(scheduled(MONDAY))["payers_key"])
    on_tuesday = world.read(enumerate_for(scheduled(TUESDAY))["payers_key"])
    assert [i["payer_account_id"] for i in on_monday] == [ACME, BOREAL]
    assert [i["payer_account_id"] for i in on_tuesday] == [BOREAL]


def test_everybody_is_asked_every_day_of_the_closing_window(world: World) -> None:
    for day in range(1, 11):
        at = datetime(2026, 11, 1, 6, tzinfo=UTC) + timedelta(days=day - 1)
        assert enumerate_for(scheduled(at))["payers"] == 2


def test_the_next_sweep_by_issued_date_overlaps_the_last_good_one(world: World) -> None:
    for payer in (ACME, BOREAL):
        world.catalogue.payers[payer] = [
            invoice(f"{payer}-{period}", payer, period=period) for period in ("2026-09", "2026-10")
        ]
    world.run()
    items = world.read(enumerate_for({}, at=AFTER_DEADLINE + timedelta(days=3))["payers_key"])
    assert {item["issued_from"] for item in items} == {"2026-11-05"}


def put_payment_status(world: World, period: str, *records: FinancialRecord) -> str:
    """Acme's records of the period, as a run saw them in October."""
    payer = PayerPayments(ACME, "run-0", "2026-10-12T06:00:00Z", records)
    status = PaymentStatus(BillingPeriod.parse(period), (payer,))
    key = payment_status_key(status.billing_period)
    world.s3.put_object(Bucket=BUCKET, Key=key, Body=to_json(status.to_data()))
    return key


def of_may(number: int, **members: Any) -> FinancialRecord:
    given = {"billing_period": BillingPeriod(2026, 5), "issued_at": "2026-06-02T00:00:00Z"}
    return financial_record(str(number), **given | members)


def open_records(world: World, given: Any = None) -> dict[str, list[str]]:
    items = world.read(enumerate_for(given or {})["payers_key"])
    return {item["payer_account_id"]: item.get("open_records", []) for item in items}


@pytest.fixture
def asks_payments(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("PAYMENTS", "true")
    return world


def test_the_records_that_were_open_when_last_seen_are_asked_about(asks_payments: World) -> None:
    paid = of_may(2, settlement_status="CLOSED", status="SETTLED")
    listed_anyway = of_may(3, issued_at="2026-09-01T00:00:00Z")
    put_payment_status(asks_payments, "2026-05", of_may(1), paid, listed_anyway)
    other = of_may(4, billing_period=BillingPeriod(2026, 6))
    put_payment_status(asks_payments, "2026-06", other)
    assert open_records(asks_payments) == {
        ACME: [of_may(1).record_id, of_may(4).record_id],
        BOREAL: [],
    }


def test_a_payment_status_that_cannot_be_understood_stops_no_run(asks_payments: World) -> None:
    put_payment_status(asks_payments, "2026-05", of_may(1))
    key = put_payment_status(asks_payments, "2026-06")
    for content in (b'"OPEN"', b'{"payers": [{"settlement_status": "OPEN"}]}', b"\xff"):
        asks_payments.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        assert open_records(asks_payments)[ACME] == [of_may(1).record_id]


def test_the_payment_status_is_read_only_for_those_who_are_asked_and_only_if_payments_are(
    asks_payments: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_payment_status(asks_payments, "2026-05", of_may(1))

    def refused(_: Any) -> Any:
        raise AssertionError("nobody is asked")

    monkeypatch.setattr(enumerate_payers, "open_payment_statuses", refused)
    enumerate_payer_accounts.REGISTER.write_text(
        f"account_id,name,active_from,active_to\n{ACME},Acme,,2020-01\n"
    )
    assert enumerate_for({})["payers"] == 0
    enumerate_payer_accounts.REGISTER.write_text(f"account_id,name\n{ACME},Acme\n")
    with pytest.raises(AssertionError, match="nobody is asked"):
        enumerate_for({})
    monkeypatch.setenv("PAYMENTS", "false")
    assert open_records(asks_payments) == {ACME: []}
