import itertools
from datetime import UTC, datetime, timedelta

import pytest

from lambdas import archive_invoice
from lambdas.archive_invoice import PayerArchive
from lambdas.aws.archive import Archive
from lambdas.aws.document_download import UrlExpired
from sandbox.invoicing.catalogue import CatalogueInvoice
from sandbox.invoicing.faults import Fault
from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BEFORE_DEADLINE,
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


def test_a_pdf_that_is_not_ready_is_fetched_by_a_later_run(world: World) -> None:
    world.catalogue.payers[ACME] = [
        invoice("N0"),
        invoice("N1", ready_from=later(2)),
    ]
    world.run(ONLY_ACME)
    assert world.payer()["verdict"] == "PARTIAL"
    assert world.findings() == {"PDF_NOT_READY": "blocking"}
    world.run(ONLY_ACME, at=later(3))
    assert world.payer()["verdict"] == "COMPLETE"
    assert world.payer()["findings"] == []


def test_before_the_deadline_a_pdf_that_is_not_ready_is_awaited(world: World) -> None:
    world.catalogue.payers[ACME] = [invoice("N1", ready_from=AFTER_DEADLINE)]
    world.run(ONLY_ACME, at=BEFORE_DEADLINE)
    assert world.payer()["verdict"] == "AWAITING"
    assert world.findings() == {"PDF_NOT_READY": "blocking"}


def test_one_failing_supplement_makes_the_invoice_partial_until_it_comes(world: World) -> None:
    broken = supplement("e-1", b"<html>Service unavailable</html>")
    world.catalogue.payers[ACME] = [invoice("N1", supplements=(broken,))]
    world.run(ONLY_ACME)
    assert world.keys("invoices/") == [MAIN]
    assert world.payer()["verdict"] == "PARTIAL"
    assert world.findings() == {"NOT_A_DOCUMENT": "blocking"}
    world.catalogue.payers[ACME] = [invoice("N1", supplements=(supplement("e-1", XML),))]
    world.run(ONLY_ACME, at=later(1))
    assert world.payer()["verdict"] == "COMPLETE"
    assert world.findings() == {"LATE_DOCUMENT": "info"}
    assert record(world, 2)["lacks"] == []


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


def test_a_pdf_that_differs_at_every_download_is_no_revision(world: World) -> None:
    count = itertools.count()

    def rendered_anew() -> bytes:
        return pdf("Invoice Number: N1", rendered_at=later(next(count)))

    world.catalogue.payers[ACME] = [invoice("N1", document=rendered_anew)]
    world.run(ONLY_ACME)
    first = world.content(MAIN)
    world.catalogue.payers[ACME] = [
        invoice("N1", document=rendered_anew, TaxAuthorityStatus="ISSUED")
    ]
    world.run(ONLY_ACME, at=later(1))
    assert downloads(world) == 2
    assert world.keys("invoices/") == [MAIN]
    assert world.content(MAIN) == first
    assert world.findings() == {"INVOICE_CHANGED": "warning"}


def test_a_changed_row_with_a_new_text_is_a_revision_beside_the_first(world: World) -> None:
    world.catalogue.payers[ACME] = [invoice("N1")]
    world.run(ONLY_ACME)
    first = world.content(MAIN)
    corrected = pdf("Invoice Number: N1", "corrected address")
    world.catalogue.payers[ACME] = [invoice("N1", document=corrected, amount="120.00")]
    world.run(ONLY_ACME, at=later(1))
    revision = MAIN.replace(".pdf", "_r2.pdf")
    assert world.keys("invoices/") == [MAIN, revision]
    assert (world.content(MAIN), world.content(revision)) == (first, corrected)
    assert world.findings() == {"INVOICE_CHANGED": "warning", "DOCUMENT_REVISED": "warning"}
    assert world.payer()["totals"] == [{"currency": "USD", "amount": "120.00"}]
    change = record(world, 2)["notes"][0]["detail"]  # type: ignore[index]
    assert change == "PaymentCurrencyAmount.TotalAmount: 100.00 → 120.00"
    assert (
        record(world, 2)["previous_sha256"]
        == world.evidence()[f"records/2026-10/{ACME}/N1/0001.json"]
    )
    before = world.evidence()
    world.run(ONLY_ACME, at=later(1) + timedelta(hours=1))
    assert world.evidence() == before


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


def test_an_invoice_that_is_no_longer_listed_keeps_its_documents_and_is_told(world: World) -> None:
    world.catalogue.payers[ACME] = [invoice("N1"), invoice("N2")]
    world.run(ONLY_ACME)
    world.catalogue.payers[ACME] = [invoice("N2")]
    world.run(ONLY_ACME, at=later(1))
    assert MAIN in world.keys("invoices/")
    assert world.findings() == {"INVOICE_VANISHED": "warning"}
    assert record(world, 2)["sightings"][0]["is_listed"] is False
    before = world.evidence()
    world.run(ONLY_ACME, at=later(1) + timedelta(hours=1))
    assert world.evidence() == before


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

    def dies_on_n3(self: PayerArchive, listed: object) -> object:
        if listed.invoice_id == "N3":  # type: ignore[attr-defined]
            raise MemoryError
        return whole(self, listed)  # type: ignore[arg-type]

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


def test_access_denied_for_documents_is_no_access(world: World) -> None:
    world.catalogue.payers[ACME] = [invoice("N1")]
    world.emulator.faults.add(Fault(ACME, "AccessDeniedException", 1, operation="GetInvoicePDF"))
    world.run(ONLY_ACME)
    assert world.payer()["verdict"] == "NO_ACCESS"
    assert "invoicing:GetInvoicePDF" in world.payer()["findings"][0]["detail"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<html><body>Sign in</body></html>", "NOT_A_DOCUMENT"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "NOT_A_DOCUMENT"),
        (pdf("Invoice Number: N1")[:-30], "DOCUMENT_DAMAGED"),
        (b"%PDF-1.7\n" + b"x" * 1_000_001, "DOCUMENT_TOO_LARGE"),
        (pdf("Invoice Number: OTHER", "Account number: 9999-9999-9999"), "OTHER_INVOICE"),
    ],
)
def test_what_is_not_the_document_is_not_stored(world: World, body: bytes, code: str) -> None:
    world.catalogue.payers[ACME] = [invoice("N0"), invoice("N1", document=body)]
    world.run(ONLY_ACME)
    assert MAIN not in world.keys("invoices/")
    assert world.findings() == {code: "blocking"}
    assert world.payer()["verdict"] == "PARTIAL"


def test_an_expired_url_is_asked_for_anew_a_bounded_number_of_times(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, expired = archive_invoice.download, itertools.count(1)

    def expires_twice(*arguments: object) -> object:
        if next(expired) <= 2:
            raise UrlExpired("DOWNLOAD_FAILED", "The server refused the URL (403).")
        return whole(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(archive_invoice, "download", expires_twice)
    world.catalogue.payers[ACME] = [invoice("N1")]
    world.run(ONLY_ACME)
    assert asked(world) == 3
    assert world.payer()["verdict"] == "COMPLETE"


def test_a_url_that_is_always_refused_ends_as_a_finding(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def expires(*_: object) -> object:
        raise UrlExpired("DOWNLOAD_FAILED", "The server refused the URL (403).")

    monkeypatch.setattr(archive_invoice, "download", expires)
    world.catalogue.payers[ACME] = [invoice("N1")]
    world.run(ONLY_ACME)
    assert asked(world) == 3
    assert world.findings() == {"DOWNLOAD_FAILED": "blocking"}


@pytest.mark.parametrize(
    "invoice_id", ["../../etc/passwd", "a/b", "=cmd|' /C calc'!A0", "x" * 1024, "🧾-1", "CON"]
)
def test_a_hostile_id_gets_a_safe_key_and_stays_whole_in_the_record(
    world: World, invoice_id: str
) -> None:
    one: CatalogueInvoice = invoice(invoice_id, document=pdf("Account number: " + ACME))
    world.catalogue.payers[ACME] = [one]
    world.run(ONLY_ACME)
    (key,) = world.keys("invoices/")
    assert set(key) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/")
    assert max(map(len, key.split("/"))) <= 120
    (record_key,) = world.keys("records/")
    assert world.read(record_key)["invoice_id"] == invoice_id
