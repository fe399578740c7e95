"""ValidateCompleteness tried again after it had written everything: the same end, told once."""

from datetime import timedelta
from typing import Any

import pytest

from lambdas.handlers import fetch_invoice_documents, list_invoice_summaries
from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BOREAL,
    BUCKET,
    Context,
    World,
    invoice,
)
from tests.handlers.moments import begin
from tests.handlers.test_notifying import events, subjects

NEXT_DAY = AFTER_DEADLINE + timedelta(days=1)


@pytest.fixture
def months(world: World) -> World:
    """September and October, an invoice in each for both payer accounts, complete."""
    world.catalogue.payers = {
        payer: [invoice(f"{payer}-{period}", payer, period=period) for period in periods]
        for payer in (ACME, BOREAL)
        for periods in [("2026-09", "2026-10")]
    }

    def run() -> None:
        assert world.run()["verdict"] == "COMPLETE"

    begin(world, "September and October", run)
    return world


def test_a_run_that_ended_red_ends_red_when_its_last_step_is_tried_again(months: World) -> None:
    months.s3.delete_object(Bucket=BUCKET, Key=months.keys("invoices/2026-09/")[0])
    first = months.run(at=NEXT_DAY)
    result = months.read(f"runs/{first['run_id']}/result.json")
    again = months.validate_again(first["run_id"])
    assert first["verdict"] == again["verdict"] == "ACTION_REQUIRED"
    assert [one["verdict_before"] for one in result["periods"]] == ["COMPLETE", "COMPLETE"]
    assert months.read(f"runs/{first['run_id']}/result.json") == result


def test_what_was_sent_is_not_sent_again_when_the_last_step_is_tried_again(months: World) -> None:
    months.s3.delete_object(Bucket=BUCKET, Key=months.keys("invoices/2026-09/")[0])
    run_id = months.run(at=NEXT_DAY)["run_id"]
    told = (subjects(months), events(months))
    settled = months.versions()
    months.validate_again(run_id)
    assert (subjects(months), events(months)) == told
    assert months.versions() == settled


def test_a_second_try_of_the_map_that_reads_a_payer_account_outdoes_a_first_that_could_not(
    months: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def twice(item: dict[str, Any]) -> None:
        state = list_invoice_summaries.handler(item, Context())
        if item["payer_account_id"] == ACME:
            months.roles.denied.add(ACME)
            assert not fetch_invoice_documents.handler(state, Context())["more_to_fetch"]
            months.roles.denied.clear()
            tried.append(item)
        fetch_invoice_documents.handler(state, Context())

    monkeypatch.setattr(months, "run_payer", twice)
    assert months.run(at=NEXT_DAY)["verdict"] == "COMPLETE"
    assert (len(tried), months.findings()) == (1, {})
