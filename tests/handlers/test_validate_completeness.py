import re
from datetime import timedelta
from typing import Any

import pytest

from lambdas.domain.evidence.archive_layout import manifest_sequence
from lambdas.handlers import enumerate_payer_accounts, validate_completeness
from lambdas.steps.judging import judge_period
from lambdas.steps.stored_run import RunFileLost
from sandbox.invoicing.faults import Fault
from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BEFORE_DEADLINE,
    BOREAL,
    BUCKET,
    LONG_AGO,
    Context,
    World,
    invoice,
    pdf,
)

COMPLETENESS = "periods/2026-10/completeness.json"
MAIN = f"invoices/2026-10/{ACME}/2026-10_{ACME}_INVOICE_A-2026-10.pdf"


def fill(world: World) -> None:
    """An invoice for each payer in the target and the look-back period."""
    for name, payer in (("A", ACME), ("B", BOREAL)):
        world.catalogue.payers[payer] = [
            invoice(f"{name}-{period}", payer, period=period) for period in ("2026-09", "2026-10")
        ]


def manifests(world: World, period: str = "2026-10") -> list[str]:
    return [key for key in world.keys(f"periods/{period}/") if manifest_sequence(key)]


def test_after_the_deadline_a_month_with_everything_archived_is_complete(world: World) -> None:
    fill(world)
    answer = world.run()
    assert answer["verdict"] == "COMPLETE"
    assert answer["message"].startswith("2026-10: complete. 2 of 2 complete on business day 9.")
    view = world.read(COMPLETENESS)
    assert view["verdict"] == "COMPLETE"
    assert view["manifest"] == "periods/2026-10/manifests/manifest-0001.json"
    assert view["payers"][1] == {
        "payer_account_id": ACME,
        "name": "Acme",
        "legal_entity": "",
        "verdict": "COMPLETE",
        "run_id": answer["run_id"],
        "checked_at": "2026-11-12T06:00:00Z",
        "expected": 1,
        "archived": 1,
        "documents": 1,
        "totals": [{"currency": "USD", "amount": "100.00"}],
        "sources": [],
        "settled_at": "2026-11-12T06:00:00Z",
        "residuals": [],
        "unarchived": 0,
        "findings": [],
    }
    assert view["progress"]["text"] == "2 of 2 complete on business day 9"


def test_before_the_deadline_the_same_month_is_awaited(world: World) -> None:
    fill(world)
    assert world.run(at=BEFORE_DEADLINE)["verdict"] == "AWAITING"
    assert world.payer()["verdict"] == "AWAITING"


def test_the_deadline_turns_awaiting_into_complete_even_for_a_payer_that_is_not_asked(
    world: World,
) -> None:
    fill(world)
    world.run(at=BEFORE_DEADLINE)
    world.run({"payer_account_ids": [BOREAL]})
    assert world.payer()["verdict"] == "COMPLETE"
    assert world.read(COMPLETENESS)["manifest"].endswith("manifest-0002.json")


def test_a_payer_that_left_no_outcome_is_not_checked_and_the_others_are_judged(
    world: World,
) -> None:
    fill(world)
    world.dead_payers.add(ACME)
    assert world.run()["verdict"] == "ACTION_REQUIRED"
    assert world.payer()["verdict"] == "NOT_CHECKED"
    assert world.payer(BOREAL)["verdict"] == "COMPLETE"
    world.dead_payers.clear()
    assert world.run(at=AFTER_DEADLINE + timedelta(days=1))["verdict"] == "COMPLETE"


def test_a_run_limited_to_one_payer_unsays_nothing_of_the_others(world: World) -> None:
    fill(world)
    world.run()
    before = world.payer(BOREAL)
    world.catalogue.payers[ACME].append(invoice("A-LATE"))
    world.run({"payer_account_ids": [ACME]}, at=AFTER_DEADLINE + timedelta(days=1))
    assert world.payer(BOREAL) == before
    assert world.payer()["expected"] == 2


def test_a_run_limited_to_one_payer_of_a_new_archive_does_not_vouch_for_the_others(
    world: World,
) -> None:
    fill(world)
    world.run({"payer_account_ids": [ACME]})
    assert world.payer()["verdict"] == "COMPLETE"
    assert world.payer(BOREAL)["verdict"] == "NOT_CHECKED"


def test_a_rerun_without_news_writes_nothing_outside_runs(world: World) -> None:
    fill(world)
    world.run()
    before = world.evidence()
    versions = world.s3.list_object_versions(Bucket=BUCKET, Prefix="periods/")["Versions"]
    answer = world.run(at=AFTER_DEADLINE + timedelta(hours=1))
    assert world.evidence() == before
    after = world.s3.list_object_versions(Bucket=BUCKET, Prefix="periods/")["Versions"]
    assert len(after) == len(versions)
    assert [
        p["changed"] for p in world.read(f"runs/{answer['run_id']}/result.json")["periods"]
    ] == [
        False,
        False,
    ]


def test_manifests_are_a_chain_by_hash(world: World) -> None:
    fill(world)
    world.run()
    world.catalogue.payers[ACME].append(invoice("A-LATE"))
    world.run(at=AFTER_DEADLINE + timedelta(days=1))
    first, second = manifests(world)
    assert world.read(first)["previous_sha256"] is None
    assert world.read(second)["previous_sha256"] == world.evidence()[first]
    entry = world.read(second)["payers"][1]["invoices"][0]
    head = world.s3.head_object(Bucket=BUCKET, Key=entry["documents"][0]["key"])
    assert entry["documents"][0]["version_id"] == head["VersionId"]
    (only_record,) = entry["records"]
    assert only_record["sha256"] == world.evidence()[only_record["key"]]


def test_a_period_without_invoices_has_a_manifest_too(world: World) -> None:
    world.run()
    assert manifests(world) == ["periods/2026-10/manifests/manifest-0001.json"]


def test_a_failed_look_at_a_closed_month_is_a_warning(world: World) -> None:
    fill(world)
    world.run()
    world.roles.denied.add(ACME)
    assert world.run(at=AFTER_DEADLINE + timedelta(days=1))["verdict"] == "COMPLETE"
    assert world.payer()["verdict"] == "COMPLETE"
    assert world.findings() == {"NO_ACCESS": "warning"}
    world.roles.denied.clear()
    world.run(at=AFTER_DEADLINE + timedelta(days=2))
    assert world.findings() == {}


@pytest.mark.parametrize("hidden", ["delete marker", "other bytes on top"])
def test_evidence_that_is_gone_or_replaced_is_damage_and_is_not_fetched_again(
    world: World, hidden: str
) -> None:
    fill(world)
    world.run()
    if hidden == "delete marker":
        world.s3.delete_object(Bucket=BUCKET, Key=MAIN)
    else:
        world.put_like_the_archive(MAIN, b"something else")
    downloads = world.requests()["downloads"]
    assert world.run(at=AFTER_DEADLINE + timedelta(days=1))["verdict"] == "ACTION_REQUIRED"
    assert world.findings() == {"ARCHIVE_DAMAGED": "blocking"}
    assert world.payer()["verdict"] == "PARTIAL"
    assert world.requests()["downloads"] == downloads


def test_a_hidden_record_is_damage(world: World) -> None:
    fill(world)
    world.run()
    world.s3.delete_object(Bucket=BUCKET, Key=f"records/2026-10/{ACME}/A-2026-10/0001.json")
    world.run({"payer_account_ids": [BOREAL]}, at=AFTER_DEADLINE + timedelta(days=1))
    assert world.findings() == {"ARCHIVE_DAMAGED": "blocking"}


def test_an_old_gap_does_not_paint_every_day_but_a_period_that_got_worse_does(
    world: World,
) -> None:
    fill(world)
    world.catalogue.payers[BOREAL] = [invoice("B-2026-10", BOREAL)]
    assert world.run()["verdict"] == "COMPLETE"  # 2026-09 lacks Boreal's, and always did
    assert world.payer(BOREAL, "2026-09")["verdict"] == "MISSING"
    world.catalogue.payers[BOREAL].append(invoice("B-2026-09", BOREAL, period="2026-09"))
    assert world.run(at=AFTER_DEADLINE + timedelta(days=1))["verdict"] == "COMPLETE"
    world.s3.delete_object(Bucket=BUCKET, Key=MAIN.replace("2026-10", "2026-09"))
    assert world.run(at=AFTER_DEADLINE + timedelta(days=2))["verdict"] == "ACTION_REQUIRED"
    assert world.run(at=AFTER_DEADLINE + timedelta(days=3))["verdict"] == "COMPLETE"


def test_records_that_a_crashed_run_left_are_counted(world: World) -> None:
    fill(world)
    world.run()
    record = world.content(f"records/2026-10/{ACME}/A-2026-10/0001.json")
    left = record.replace(b"A-2026-10", b"A-CRASHED")
    for key in (MAIN, f"records/2026-10/{ACME}/A-2026-10/0001.json"):
        body = left if key.endswith(".json") else world.content(key)
        world.put_like_the_archive(key.replace("A-2026-10", "A-CRASHED"), body)
    world.run({"payer_account_ids": [BOREAL]}, at=AFTER_DEADLINE + timedelta(days=1))
    assert world.payer()["archived"] == 2


def test_a_view_that_is_behind_its_manifest_is_made_again(world: World) -> None:
    fill(world)
    world.run()
    good = world.content(COMPLETENESS)
    world.s3.delete_object(Bucket=BUCKET, Key=COMPLETENESS)
    world.run(at=AFTER_DEADLINE + timedelta(hours=1))
    assert world.content(COMPLETENESS) == good
    assert len(manifests(world)) == 1
    tags = world.s3.get_object_tagging(Bucket=BUCKET, Key=COMPLETENESS)["TagSet"]
    assert tags == [{"Key": "invoice-archive", "Value": "view"}]


def test_a_dry_run_plans_and_writes_nothing_outside_runs(world: World) -> None:
    fill(world)
    answer = world.run({"dry_run": True})
    assert answer["verdict"] == "PLANNED"
    assert world.keys() == world.keys("runs/")
    plan = world.read(f"runs/{answer['run_id']}/result.json")
    assert plan["invoices_to_fetch"] == ["A-2026-09", "A-2026-10", "B-2026-09", "B-2026-10"]
    assert "GetInvoicePDF" not in world.requests()["calls"][ACME]
    world.run()
    again = world.run({"dry_run": True}, at=AFTER_DEADLINE + timedelta(hours=1))
    assert world.read(f"runs/{again['run_id']}/result.json")["invoices_to_fetch"] == []


def test_an_expected_invoice_that_was_never_archived_stays_expected(world: World) -> None:
    fill(world)
    world.catalogue.payers[ACME].append(
        invoice("A-SLOW", ready_from=AFTER_DEADLINE + timedelta(days=90))
    )
    world.run()
    world.catalogue.payers[ACME].pop()
    world.run(at=AFTER_DEADLINE + timedelta(days=1))
    assert world.payer()["expected"] == 2
    assert world.findings() == {"INVOICE_VANISHED": "blocking"}


def test_a_payer_that_leaves_the_register_keeps_the_verdict_of_its_earlier_periods(
    world: World,
) -> None:
    fill(world)
    world.run()
    enumerate_payer_accounts.REGISTER.write_text(f"account_id,name\n{ACME},Acme\n")
    before = world.payer(BOREAL)
    world.run(at=AFTER_DEADLINE + timedelta(days=1))
    assert world.payer(BOREAL) == before


def test_two_interleaved_runs_leave_one_chain(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(world)
    whole = judge_period.manifest_of
    others = iter([True])

    def interrupted(*given: Any) -> object:
        manifest = whole(*given)
        if next(others, False):  # another run is faster by one manifest
            world.run({"payer_account_ids": [BOREAL]})
        return manifest

    monkeypatch.setattr(judge_period, "manifest_of", interrupted)
    world.run()
    assert world.payer()["verdict"] == world.payer(BOREAL)["verdict"] == "COMPLETE"
    first, second = manifests(world)
    assert world.read(second)["previous_sha256"] == world.evidence()[first]


def test_the_report_says_what_and_where_without_amounts(world: World) -> None:
    fill(world)
    world.catalogue.payers[ACME].append(
        invoice("A-SLOW", ready_from=LONG_AGO, document=pdf("x")[:9])
    )
    message = world.run()["message"]
    assert re.search(
        rf"^- {ACME} Acme: a document is missing; 1 of 2 invoices archived "
        r"\(1 x (NOT_A_DOCUMENT|DOCUMENT_DAMAGED)\)$",
        message,
        re.MULTILINE,
    )
    assert "100.00" not in message


def test_a_run_whose_files_are_gone_says_so(world: World) -> None:
    event = {"run_id": "nothing", "dry_run": False, "billing_period": "2026-10", "payers": 2}
    with pytest.raises(RunFileLost, match=r"runs/nothing/request\.json is gone"):
        validate_completeness.handler(event, Context())


def test_a_row_without_an_id_blocks_the_month_that_it_names_and_no_other(world: World) -> None:
    fill(world)
    world.catalogue.payers[ACME].append(invoice("A2"))
    old = {"InvoiceId": None, "BillingPeriod": {"Month": 3, "Year": 2026}}
    world.emulator.faults.add(Fault(ACME, "changed_row", None, invoice_id="A2", members=old))
    assert world.run()["verdict"] == "COMPLETE"
    assert world.findings() == {}
    assert world.findings(period="2026-03")["INVOICE_WITHOUT_ID"] == "blocking"
