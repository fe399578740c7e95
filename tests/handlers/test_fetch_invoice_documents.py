from datetime import UTC, datetime, timedelta

import pytest

from lambdas.aws.archive import Archive
from lambdas.domain.runs.payer_run import ListedInvoice
from lambdas.steps.archiving.document_fetcher import InTurn
from lambdas.steps.archiving.payer_archive import PayerArchive
from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BUCKET,
    World,
    invoice,
    pdf,
    supplement,
)

ONLY_ACME = {"payer_account_ids": [ACME]}
XML = b"<?xml version='1.0'?><NFe><chave>3526</chave></NFe>"
MAIN = f"invoices/2026-10/{ACME}/2026-10_{ACME}_INVOICE_N1.pdf"


def downloads(world: World) -> int:
    return int(world.requests()["downloads"].get(ACME, 0))


def asked(world: World) -> int:
    return int(world.requests()["calls"][ACME].get("GetInvoicePDF", 0))


def record(world: World, number: int = 1, invoice_id: str = "N1") -> dict[str, object]:
    return dict(world.read(f"records/2026-10/{ACME}/{invoice_id}/{number:04d}.json"))


def later(days: int) -> datetime:
    return AFTER_DEADLINE + timedelta(days=days)


def test_the_invoice_document_and_every_supplement_are_stored_locked_and_recorded(
    world: World,
) -> None:
    one = invoice("N1", supplements=(supplement("e-1", XML),))
    world.catalogue.payers[ACME] = [one]
    world.run(ONLY_ACME)
    xml = MAIN.replace(".pdf", "_TAX_E_INVOICE_e-1_l0.xml")
    assert world.keys("invoices/") == [MAIN, xml]
    assert world.content(MAIN) == one.document.read()
    assert world.content(xml) == XML
    head = world.s3.head_object(Bucket=BUCKET, Key=MAIN, ChecksumMode="ENABLED")
    assert head["ObjectLockMode"] == "GOVERNANCE"
    assert head["ObjectLockRetainUntilDate"] == datetime(2037, 1, 1, tzinfo=UTC)
    documents = record(world)["documents"]
    assert [d["key"] for d in documents] == [MAIN, xml]  # type: ignore[attr-defined]
    assert documents[0]["version_id"] == head["VersionId"]  # type: ignore[index]
    assert record(world)["summary"]["InvoiceId"] == "N1"  # type: ignore[index]


def test_a_second_run_asks_for_no_document_and_changes_no_byte(world: World) -> None:
    world.catalogue.payers[ACME] = [invoice("N1", supplements=(supplement("e-1", XML),))]
    world.run()
    before, asked_before = world.evidence(), asked(world)
    world.run(at=AFTER_DEADLINE + timedelta(hours=1))
    assert (world.evidence(), asked(world), downloads(world)) == (before, asked_before, 2)


def test_a_document_that_a_crashed_run_left_is_adopted_and_never_downloaded_again(
    world: World,
) -> None:
    left = pdf("Invoice Number: N1", "left by the run that crashed")
    world.put_like_the_archive(MAIN, left)
    world.catalogue.payers[ACME] = [invoice("N1")]
    world.run(ONLY_ACME)
    assert downloads(world) == 0
    assert world.content(MAIN) == left
    assert world.payer()["verdict"] == "COMPLETE"


def test_the_bytes_of_a_lost_race_are_dropped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rival = pdf("Invoice Number: N1", "the other run's bytes")
    put = Archive.put_evidence

    def beaten(self: Archive, key: str, *arguments: object, **named: object) -> object:
        if key == MAIN and MAIN not in world.keys("invoices/"):
            world.put_like_the_archive(MAIN, rival)
        return put(self, key, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Archive, "put_evidence", beaten)
    world.catalogue.payers[ACME] = [invoice("N1")]
    world.run(ONLY_ACME)
    assert world.content(MAIN) == rival
    versions = world.s3.list_object_versions(Bucket=BUCKET, Prefix=MAIN)["Versions"]
    assert len(versions) == 1
    assert record(world)["documents"][0]["size_bytes"] == len(rival)  # type: ignore[index]


def test_an_object_that_won_a_race_and_was_hidden_since_is_reported(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = Archive.put_evidence

    def beaten(self: Archive, key: str, *arguments: object, **named: object) -> object:
        if key == MAIN:
            world.put_like_the_archive(MAIN, b"%PDF-1.4 the other run's bytes")
        stored = put(self, key, *arguments, **named)  # type: ignore[arg-type]
        if key == MAIN:
            world.s3.delete_object(Bucket=BUCKET, Key=MAIN)
        return stored

    monkeypatch.setattr(Archive, "put_evidence", beaten)
    world.catalogue.payers[ACME] = [invoice("N1")]
    world.run(ONLY_ACME)
    (found,) = [one for one in world.payer()["findings"] if one["subject"] == "N1"]
    assert (found["code"], found["severity"]) == ("FOREIGN_OBJECT", "blocking")
    assert found["detail"] == f"{MAIN} exists and cannot be read."


def test_a_pass_that_another_invocation_wrote_in_the_meantime_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = Archive.claim

    def beaten(self: Archive, key: str, value: object) -> bool:
        if key.endswith("fetch-0001.json"):
            claim(self, key, value)
        return claim(self, key, value)

    monkeypatch.setattr(Archive, "claim", beaten)
    world.catalogue.payers[ACME] = [invoice("N1")]
    world.run(ONLY_ACME)
    passes = [key.rpartition("/")[2] for key in world.keys("runs/") if "/fetch-" in key]
    assert passes == ["fetch-0001.json", "fetch-0002.json"]
    assert world.payer()["verdict"] == "COMPLETE"


def test_an_object_of_no_invoice_beside_the_documents_stops_nothing(world: World) -> None:
    world.put_like_the_archive(f"invoices/2026-10/{ACME}/notes.txt", b"mind the gap")
    world.catalogue.payers[ACME] = [invoice("N1")]
    world.run(ONLY_ACME)
    assert (world.payer()["verdict"], world.findings()) == ("COMPLETE", {})


def test_a_late_supplement_is_found_at_a_fixed_age_and_recorded(world: World) -> None:
    issued = "2026-11-03"
    world.catalogue.payers[ACME] = [invoice("N1", issued=issued)]
    world.run(ONLY_ACME, at=datetime(2026, 11, 11, 6, tzinfo=UTC))
    world.catalogue.payers[ACME] = [
        invoice("N1", issued=issued, supplements=(supplement("e-1", XML),))
    ]
    asked_before = asked(world)
    world.run(ONLY_ACME, at=datetime(2026, 11, 16, 6, tzinfo=UTC))  # age 13 days: not due
    assert asked(world) == asked_before
    world.run(ONLY_ACME, at=datetime(2026, 11, 17, 6, tzinfo=UTC))  # age 14 days
    assert asked(world) == asked_before + 1
    assert downloads(world) == 2  # the archived invoice document was not downloaded again
    assert [note["code"] for note in record(world, 2)["notes"]] == ["LATE_DOCUMENT"]  # type: ignore[attr-defined]


def test_a_look_at_a_fixed_age_that_finds_nothing_is_recorded_and_not_repeated(
    world: World,
) -> None:
    world.catalogue.payers[ACME] = [invoice("N1", issued="2026-11-03")]
    world.run(ONLY_ACME, at=datetime(2026, 11, 11, 6, tzinfo=UTC))
    for hour in (6, 7, 8):
        world.run(ONLY_ACME, at=datetime(2026, 11, 17, hour, tzinfo=UTC))
    assert asked(world) == 2
    assert record(world, 2)["documents_asked_at"] == "2026-11-17T06:00:00Z"
    assert len(world.keys("records/")) == 2


def test_a_revision_that_could_not_be_looked_for_is_looked_for_again(world: World) -> None:
    world.catalogue.payers[ACME] = [invoice("N1")]
    world.run(ONLY_ACME)
    changed = invoice("N1", document=b"<html>later</html>", amount="120.00")
    world.catalogue.payers[ACME] = [changed]
    world.run(ONLY_ACME, at=later(1))
    assert world.findings()["REVISION_NOT_CHECKED"] == "warning"
    world.catalogue.payers[ACME] = [
        invoice("N1", document=pdf("Invoice Number: N1", "corrected"), amount="120.00")
    ]
    world.run(ONLY_ACME, at=later(2))
    assert world.keys("invoices/") == [MAIN, MAIN.replace(".pdf", "_r2.pdf")]
    assert "REVISION_NOT_CHECKED" not in world.findings()


def test_an_invoice_seen_only_by_issued_date_does_not_vanish_as_the_sweep_moves_on(
    world: World,
) -> None:
    world.catalogue.payers[ACME] = [
        invoice("N1"),
        invoice("NO-PERIOD", issued="2026-11-02", BillingPeriod=None),
    ]
    world.run(ONLY_ACME)
    assert f"records/2026-10/{ACME}/NO-PERIOD/0001.json" in world.keys("records/")
    world.catalogue.payers[ACME] = [invoice("N1")]
    world.run(ONLY_ACME, at=later(12))
    assert "INVOICE_VANISHED" not in world.findings()


def test_passes_loop_on_the_time_budget_until_all_is_fetched(world: World) -> None:
    world.catalogue.payers[ACME] = [invoice(f"N{n}") for n in range(6)]
    world.fetch_seconds = 0
    world.run(ONLY_ACME)
    passes = [key for key in world.keys("runs/") if "/fetch-" in key]
    assert len(passes) == 6
    assert world.payer()["verdict"] == "COMPLETE"
    assert asked(world) == 6


def test_a_pass_that_dies_leaves_what_it_stored_and_the_next_run_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = PayerArchive.archive_invoice

    def dies_on_n3(self: PayerArchive, listed: ListedInvoice, in_turn: InTurn) -> object:
        if listed.invoice_id == "N3":
            raise MemoryError
        return whole(self, listed, in_turn)

    world.catalogue.payers[ACME] = [invoice(f"N{n}") for n in range(5)]
    with monkeypatch.context() as patch:
        patch.setattr(PayerArchive, "archive_invoice", dies_on_n3)
        world.run(ONLY_ACME)
    assert world.payer()["verdict"] == "NOT_CHECKED"
    kept = set(world.keys("invoices/"))
    downloaded = downloads(world)
    world.run(ONLY_ACME, at=later(1))
    assert world.payer()["verdict"] == "COMPLETE"
    assert kept < set(world.keys("invoices/"))
    assert downloads(world) == downloaded + 5 - len(kept)
