"""How many records a pass reads."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from lambdas.aws.archive import Archive, ReadObject
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


RECORD = "records/2026-10/{}/{}/0001.json".format


def test_a_pass_reads_the_newest_record_of_each_known_invoice_and_no_more(
    world: World, reads: Counter[str]
) -> None:
    world.catalogue.payers[ACME] = [invoice("N1"), invoice("N2")]
    world.catalogue.payers[BOREAL] = [invoice("B1", BOREAL)]
    world.run()
    reads.clear()
    world.run({"payer_account_ids": [ACME]}, at=AFTER_DEADLINE + timedelta(hours=1))
    # Boreal's own pass reads its record on the day when Boreal is asked.
    assert reads == {RECORD(ACME, "N1"): 1, RECORD(ACME, "N2"): 1}


def test_a_pass_also_reads_the_records_of_accounts_that_nobody_asks(
    world: World, reads: Counter[str], tmp_path: Path
) -> None:
    world.catalogue.payers[ACME] = [invoice("N1")]
    world.catalogue.payers[BOREAL] = [invoice("B1", BOREAL)]
    world.run()
    reads.clear()
    register = tmp_path / "payers.csv"
    register.write_text(f"account_id,name,active_to\n{ACME},Acme,\n{BOREAL},Boreal,2026-09\n")
    world.run({"payer_account_ids": [ACME]}, at=AFTER_DEADLINE + timedelta(hours=1))
    assert reads == {RECORD(ACME, "N1"): 1, RECORD(BOREAL, "B1"): 1}
