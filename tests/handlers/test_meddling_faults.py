"""Faults of meddling: somebody hides evidence, lays other bytes on top, or writes what only runs
write. A run that comes by neither stores over it, nor signs it, nor is stopped or kept quiet by it.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from lambdas.handlers import enumerate_payer_accounts, validate_completeness
from lambdas.steps.archiving.payer_archive import PayerArchive
from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BEFORE_DEADLINE,
    BOREAL,
    BUCKET,
    TARGET,
    Context,
    World,
    invoice,
    pdf,
    two_invoices,
)
from tests.handlers.moments import begin
from tests.sizes import sample

RECORD = f"records/{TARGET}/{ACME}/A1/0001.json"
SECOND_RECORD = f"records/{TARGET}/{ACME}/A1/0002.json"
DOCUMENT = f"invoices/{TARGET}/{ACME}/{TARGET}_{ACME}_INVOICE_A1.pdf"
MANIFESTS = f"periods/{TARGET}/manifests/"
COMPLETENESS = f"periods/{TARGET}/completeness.json"
NEXT_DAY, LATER = AFTER_DEADLINE + timedelta(days=1), AFTER_DEADLINE + timedelta(days=2)
QUIET_DAY = datetime(2026, 11, 24, 6, tzinfo=UTC)
"""A Tuesday after the closing window, on which settled payer accounts are not asked."""
DAILY = {"scheduled_time": QUIET_DAY.isoformat()}
Versions = dict[str, list[tuple[str, str]]]


WHEN = ("before the next run", "before a run of others", "between fetching and validating")


@pytest.fixture
def month(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("LOOKBACK_PERIODS", "0")
    two_invoices(world)
    return world


def is_archived(world: World) -> None:
    """The first run of the month, which finds it complete."""
    begin(world, "two invoices", world.run)


def versions(world: World) -> Versions:
    """Every version and delete marker of evidence, newest first, with what it is."""
    answer = world.s3.list_object_versions(Bucket=BUCKET)
    found: Versions = {}
    for kind in ("Versions", "DeleteMarkers"):
        for one in answer.get(kind, ()):
            if one["Key"].startswith(("invoices/", "records/")):
                found.setdefault(one["Key"], []).append((kind, one["VersionId"]))
    return found


def bring_back(world: World, right: Versions) -> None:
    """As a person does with the break-glass role: what came on top is deleted."""
    for key, wanted in right.items():
        for _, version_id in set(versions(world)[key]) - set(wanted):
            world.s3.delete_object(
                Bucket=BUCKET, Key=key, VersionId=version_id, BypassGovernanceRetention=True
            )
    assert all(versions(world).get(key, []) == wanted for key, wanted in right.items())


def hide(world: World, *keys: str) -> None:
    for key in keys:
        world.s3.delete_object(Bucket=BUCKET, Key=key)


def overlay(world: World, key: str, content: bytes) -> None:
    world.put_like_the_archive(key, content)


def forged(record: bytes) -> bytes:
    assert b'"TotalAmount": "100.00"' in record
    return record.replace(b'"TotalAmount": "100.00"', b'"TotalAmount": "900.00"')


def flipped(document: bytes) -> bytes:
    return document[:-100] + bytes([document[-100] ^ 1]) + document[-99:]


DAMAGE: dict[str, tuple[str, Callable[[bytes], bytes] | None]] = {
    "record overlaid": (RECORD, forged),
    "document overlaid": (DOCUMENT, flipped),
    "record hidden": (RECORD, None),
    "document hidden": (DOCUMENT, None),
}


def damaged(world: World, account_id: str = ACME) -> list[str]:
    """The keys that are told as damage."""
    findings = world.payer(account_id)["findings"]
    assert all(one["severity"] == "blocking" for one in findings if "DAMAGED" in one["code"])
    return sorted(one["subject"] for one in findings if one["code"] == "ARCHIVE_DAMAGED")


def is_told(world: World, *keys: str) -> None:
    """This run and the next one tell just these keys, store nothing there and sign nothing of
    them.
    """
    lying = versions(world)
    for hours in (0, 1):
        answer = world.run(at=LATER + timedelta(hours=hours))
        assert answer["verdict"] == "ACTION_REQUIRED"
        assert damaged(world) == sorted(keys)
        assert lying.items() <= versions(world).items()
    assert signed_amounts(world) <= {"100.00"}


def signed_amounts(world: World) -> set[str]:
    return {
        one["summary"]["PaymentCurrencyAmount"]["TotalAmount"]
        for key in world.keys(MANIFESTS)
        for payer in world.read(key)["payers"]
        for one in (*payer["invoices"], *payer["outstanding"])
    }


def is_right_again(world: World, right: Versions) -> None:
    """Once the right versions are back the month is complete, and the next run changes nothing."""
    bring_back(world, right)
    assert world.run(at=LATER + timedelta(hours=2))["verdict"] == "COMPLETE"
    assert right.items() <= versions(world).items()
    assert world.payer()["totals"] == [{"currency": "USD", "amount": "100.00"}]
    assert damaged(world) == []
    before = world.versions()
    world.run(at=LATER + timedelta(hours=3))
    assert world.versions() == before


@pytest.mark.parametrize(
    "hidden", [(RECORD,), (DOCUMENT,), (RECORD, DOCUMENT)], ids=["record", "document", "both"]
)
def test_t02_hidden_evidence_is_reported_and_is_neither_fetched_again_nor_stored_over(
    month: World, hidden: tuple[str, ...]
) -> None:
    is_archived(month)
    right = versions(month)
    hide(month, *hidden)
    month.catalogue.payers[ACME] = [invoice("A1", document=pdf("Invoice Number: A1", "again"))]
    is_told(month, *hidden)
    is_right_again(month, right)


def test_t02_a_hidden_second_record_is_reported_and_is_not_written_anew(month: World) -> None:
    month.run(at=BEFORE_DEADLINE)
    month.catalogue.payers[ACME] = [invoice("A1", PurchaseOrderNumber="7")]
    month.run()
    right = versions(month)
    hide(month, SECOND_RECORD)
    is_told(month, SECOND_RECORD)
    is_right_again(month, right)


@pytest.mark.parametrize(("key", "other"), [(RECORD, forged), (DOCUMENT, flipped)])
def test_t02_a_newer_version_on_top_is_reported_and_is_not_signed(
    month: World, key: str, other: Callable[[bytes], bytes]
) -> None:
    month.run(at=BEFORE_DEADLINE)
    right = versions(month)
    overlay(month, key, other(month.content(key)))
    is_told(month, key)
    goes_on = SECOND_RECORD in versions(month)  # it was due to be asked for late documents
    assert goes_on == (key == DOCUMENT), "the run built on a forged record"
    is_right_again(month, right)


@pytest.mark.sized
@pytest.mark.parametrize(("when", "damaged_so"), sample([*product(WHEN, DAMAGE)], 5))
def test_t02_what_is_hidden_or_overlaid_before_its_first_manifest_is_reported_and_not_signed(
    month: World, damaged_so: str, when: str
) -> None:
    key, damage = DAMAGE[damaged_so]
    started = _started(month)
    for item in month.read(started["payers_key"]):
        month.run_payer(item)
    right = versions(month)
    if damage:
        overlay(month, key, damage(month.content(key)))
    else:
        hide(month, key)
    if when == "between fetching and validating":
        assert validate_completeness.handler(started, Context())["verdict"] == "ACTION_REQUIRED"
        assert damaged(month) == [key]
    if when == "before a run of others":
        month.run({"payer_account_ids": [BOREAL]}, at=NEXT_DAY)
        assert damaged(month) == [key]
    is_told(month, key)
    is_right_again(month, right)


def test_t02_a_document_that_was_hidden_before_any_run_is_not_stored_over(month: World) -> None:
    overlay(month, DOCUMENT, month.catalogue.payers[ACME][0].document.read())
    right = versions(month)
    hide(month, DOCUMENT)
    for hours in (0, 1):
        month.run(at=LATER + timedelta(hours=hours))
        assert damaged(month) == [DOCUMENT]
        assert (month.payer()["expected"], month.payer()["archived"]) == (1, 0)
    is_right_again(month, right)


def test_t02_a_record_that_is_overlaid_while_it_is_read_is_reported_and_not_signed(
    month: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for item in month.read(_started(month)["payers_key"]):
        month.run_payer(item)
    right = versions(month)
    look_up = PayerArchive.look_up

    def look_up_and_meddle(self: PayerArchive, *places: Any) -> None:
        look_up(self, *places)
        if versions(month) == right:
            overlay(month, RECORD, forged(month.content(RECORD)))

    with monkeypatch.context() as patch:
        patch.setattr(PayerArchive, "look_up", look_up_and_meddle)
        assert month.run(at=NEXT_DAY)["verdict"] == "ACTION_REQUIRED"
    assert (damaged(month), signed_amounts(month)) == ([RECORD], {"100.00"})
    is_told(month, RECORD)
    is_right_again(month, right)


@pytest.mark.parametrize("key", [RECORD, DOCUMENT])
def test_t02_evidence_that_was_destroyed_and_stored_anew_is_reported_by_its_version(
    month: World, key: str
) -> None:
    is_archived(month)
    content = month.content(key)
    (version,) = versions(month)[key]
    month.s3.delete_object(
        Bucket=BUCKET, Key=key, VersionId=version[1], BypassGovernanceRetention=True
    )
    overlay(month, key, forged(content) if key == RECORD else flipped(content))
    is_told(month, key)


def test_t04_a_next_record_that_does_not_follow_is_reported_and_not_signed(month: World) -> None:
    is_archived(month)
    right = versions(month)
    content: dict[str, Any] = json.loads(forged(month.content(RECORD)))
    before = {"key": RECORD, "version_id": "another", "sha256": "a" * 64, "size_bytes": 1}
    content |= {"sequence": 2, "previous_sha256": "a" * 64, "previous_records": [before]}
    overlay(month, SECOND_RECORD, json.dumps(content).encode())
    month.run({"payer_account_ids": [BOREAL]}, at=NEXT_DAY)
    assert signed_amounts(month) == {"100.00"}
    assert (month.payer()["verdict"], damaged(month)) == ("PARTIAL", [SECOND_RECORD])
    bring_back(month, {**right, SECOND_RECORD: []})
    month.run({"payer_account_ids": [BOREAL]}, at=LATER)
    assert month.payer()["verdict"] == "COMPLETE"


@pytest.mark.parametrize("folder", ["999988887777", "a-folder"])
def test_t03_what_lies_below_an_account_that_nobody_knows_makes_no_payer_account(
    month: World, folder: str
) -> None:
    is_archived(month)
    for key in (DOCUMENT, RECORD):
        overlay(month, key.replace(ACME, folder), b"one")
        overlay(month, key.replace(ACME, folder), b"two")
    assert month.run(at=NEXT_DAY)["verdict"] == "COMPLETE"
    payers = month.read(COMPLETENESS)["payers"]
    assert [one["payer_account_id"] for one in payers] == [BOREAL, ACME]


def _view(**members: Any) -> bytes:
    """A view that calls both payer accounts complete, with these members of their blocks."""
    usual = {"verdict": "COMPLETE", "checked_at": "2026-11-12T06:00:00Z"}
    payers = [{"payer_account_id": account_id} | usual | members for account_id in (ACME, BOREAL)]
    return json.dumps({"payers": payers}).encode()


NO_VIEW = (
    b"",
    b"\xff",
    b"[]",
    b"{}",
    b'{"payers": null}',
    b'{"payers": ["111122223333"]}',
    b'{"payers": [{"payer_account_id": "111122223333", "verdict": "COMPLETE"}]}',
    b"[" * 100_000,
    _view(checked_at="yesterday"),
    _view(checked_at=5),
    _view(checked_at="2026-11-12T06:00:00"),
    _view(checked_at="0001-01-01T00:00:00+14:00"),
    _view(checked_at="0001-01-01T00:00:00Z"),
    _view(payer_account_id=[ACME]),
)


@pytest.mark.sized
@pytest.mark.parametrize("content", sample(NO_VIEW, 10))
def test_t09_a_view_that_no_run_wrote_counts_as_none_and_is_made_again(
    month: World, content: bytes
) -> None:
    is_archived(month)
    month.s3.put_object(Bucket=BUCKET, Key=COMPLETENESS, Body=content)
    answer = month.run(DAILY, at=QUIET_DAY)
    assert answer["verdict"] == "COMPLETE"
    assert month.keys(f"runs/{answer['run_id']}/payers/") != []
    newest = month.keys(MANIFESTS)[-1]
    assert (month.payer()["archived"], month.read(COMPLETENESS)["manifest"]) == (1, newest)


def test_t09_a_view_that_says_it_was_checked_tomorrow_keeps_nobody_from_being_asked(
    month: World,
) -> None:
    content = _view(checked_at="2026-12-24T06:00:00Z")
    month.s3.put_object(Bucket=BUCKET, Key=COMPLETENESS, Body=content)
    answer = month.run(DAILY, at=QUIET_DAY)
    assert answer["verdict"] == "COMPLETE"
    assert month.keys("invoices/") != []


@pytest.mark.parametrize("number", [2, 9999])
def test_t05_the_view_of_a_broken_chain_is_made_again_once_what_broke_it_is_gone(
    month: World, number: int
) -> None:
    is_archived(month)
    before = {key: month.content(key) for key in month.keys("periods/")}
    junk = f"{MANIFESTS}manifest-{number:04d}.json"
    version_id = month.s3.put_object(Bucket=BUCKET, Key=junk, Body=b"{}")["VersionId"]
    assert month.run(at=NEXT_DAY)["verdict"] == "ACTION_REQUIRED"
    assert month.read(COMPLETENESS)["verdict"] == "ACTION_REQUIRED"
    month.s3.delete_object(Bucket=BUCKET, Key=junk, VersionId=version_id)
    assert month.run(at=NEXT_DAY + timedelta(hours=1))["verdict"] == "COMPLETE"
    assert {key: month.content(key) for key in month.keys("periods/")} == before


def _started(world: World) -> dict[str, Any]:
    execution = {"id": "e:0", "name": "run-0", "start_time": AFTER_DEADLINE.isoformat()}
    return enumerate_payer_accounts.handler({"input": {}, "execution": execution}, Context())
