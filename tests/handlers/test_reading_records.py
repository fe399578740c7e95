"""How many records a pass reads."""

from collections import Counter
from datetime import timedelta

import pytest

from lambdas.aws.archive import Archive, ReadObject
from lambdas.domain.evidence.kept_versions import KeptVersions
from lambdas.handlers import fetch_invoice_documents
from tests.handlers.conftest import ACME, AFTER_DEADLINE, BOREAL, World, invoice


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The keys of records that passes read."""
    read, handler = Archive.read, fetch_invoice_documents.handler
    counts: Counter[str] = Counter()
    is_pass = False

    def counting(archive: Archive, key: str, *more: int) -> ReadObject | None:
        if is_pass and key.startswith("records/"):
            counts[key] += 1
        return read(archive, key, *more)

    def passing(*arguments: object) -> object:
        nonlocal is_pass
        is_pass = True
        try:
            return handler(*arguments)  # type: ignore[arg-type]
        finally:
            is_pass = False

    monkeypatch.setattr(Archive, "read", counting)
    monkeypatch.setattr(fetch_invoice_documents, "handler", passing)
    return counts


def test_a_pass_reads_the_newest_record_of_each_known_invoice_and_no_more(
    world: World, reads: Counter[str]
) -> None:
    world.catalogue.payers[ACME] = [invoice("N1"), invoice("N2")]
    world.catalogue.payers[BOREAL] = [invoice("B1", BOREAL)]
    world.run()
    reads.clear()
    world.run({"payer_account_ids": [ACME]}, at=AFTER_DEADLINE + timedelta(hours=1))
    record = "records/2026-10/{}/{}/0001.json".format
    # Boreal is not asked, so only Acme's pass can notice that an invoice of both vanished.
    expected = {record(ACME, "N1"): 1, record(ACME, "N2"): 1, record(BOREAL, "B1"): 1}
    assert reads == expected


def test_an_invoice_of_another_account_that_only_one_payer_lists_is_missed_when_it_vanishes(
    world: World,
) -> None:
    other = invoice("X1", AccountId=BOREAL)
    world.catalogue.payers = {ACME: [invoice("A1"), other], BOREAL: [invoice("B1", BOREAL)]}
    world.run()
    assert world.keys(f"records/2026-10/{BOREAL}/X1/") == [f"records/2026-10/{BOREAL}/X1/0001.json"]
    world.catalogue.payers[ACME].remove(other)
    world.run({"payer_account_ids": [ACME]}, at=AFTER_DEADLINE + timedelta(days=1))
    assert world.findings(BOREAL)["INVOICE_VANISHED"] == "warning"
    world.run(at=AFTER_DEADLINE + timedelta(days=2))
    assert world.findings(BOREAL)["INVOICE_VANISHED"] == "warning"


@pytest.mark.parametrize(("number", "is_one_listing"), [(8, False), (12, True)])
def test_many_accounts_that_are_not_asked_are_looked_up_in_one_listing(
    world: World,
    reads: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    is_one_listing: bool,
) -> None:
    others = [invoice(f"X{at}", AccountId=f"{at:012}") for at in range(number)]
    world.catalogue.payers = {ACME: [invoice("A1"), *others], BOREAL: [invoice("B1", BOREAL)]}
    world.run()
    world.catalogue.payers[ACME].remove(others[5])
    listed, kept_versions = [], Archive.kept_versions

    def noting(archive: Archive, prefix: str) -> dict[str, KeptVersions]:
        listed.append(prefix)
        return kept_versions(archive, prefix)

    monkeypatch.setattr(Archive, "kept_versions", noting)
    world.run({"payer_account_ids": [ACME]}, at=AFTER_DEADLINE + timedelta(days=1))

    assert world.findings("000000000005")["INVOICE_VANISHED"] == "warning"
    places = {ACME, BOREAL, *(f"{at:012}" for at in range(number))}
    alone = {f"records/2026-10/{account_id}/" for account_id in places}
    assert alone <= set(listed) if not is_one_listing else alone.isdisjoint(listed)
    reads.clear()
    world.run(at=AFTER_DEADLINE + timedelta(days=2))
    assert reads[f"records/2026-10/{BOREAL}/B1/0001.json"] == 1, "only Boreal's pass reads it"
