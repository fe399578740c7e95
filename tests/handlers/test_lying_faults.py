"""Faults of lying: files of a run and records that have the right form, and say of evidence, of
others or of the world what is not so. They cost the payer account whose they are, and nobody else.
"""

import errno
import gc
import gzip
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lambdas.aws.archive import Archive, ObjectTooLarge
from lambdas.domain import stored_form
from lambdas.domain.errors import ServiceUnavailable
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.handlers import validate_completeness
from lambdas.steps import run_files, run_outcomes
from lambdas.steps.run_files import RunFiles
from lambdas.steps.run_outcomes import OutcomesNotKept
from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BOREAL,
    TARGET,
    Context,
    World,
    invoice,
    two_invoices,
)
from tests.handlers.test_running_faults import fetched
from tests.handlers.test_understanding_faults import ONE_DAY, put

NOT_ITS_OWN = (
    "x",
    f"invoices/{TARGET}/{BOREAL}/{TARGET}_{BOREAL}_INVOICE_B1.pdf",
    f"invoices/{TARGET}/{ACME}/{TARGET}_{ACME}_INVOICE_A9.pdf",
    f"invoices/2026-09/{ACME}/2026-09_{ACME}_INVOICE_A1.pdf",
    f"records/{TARGET}/{ACME}/A1/0001.json",
)
"""Keys that no document of Acme's invoice A1 of October has."""


@pytest.fixture
def month(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """October alone, an invoice for each payer account."""
    monkeypatch.setenv("LOOKBACK_PERIODS", "0")
    two_invoices(world)
    return world


def edit(
    world: World,
    started: dict[str, Any],
    lie: Callable[[dict[str, Any]], Any],
    account_id: str = ACME,
    name: str = "fetch-0001.json",
) -> None:
    key = f"runs/{started['run_id']}/payers/{account_id}/{name}"
    data = world.read(key)
    lie(data)
    put(world, key, json.dumps(data).encode())


def validated(world: World, started: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """The verdict on each payer account, and the code of its first finding."""
    validate_completeness.handler(started, Context())
    payers = world.read(f"periods/{TARGET}/completeness.json")["payers"]
    return {
        one["payer_account_id"]: (one["verdict"], *[f["code"] for f in one["findings"]][:1])
        for one in payers
    }


@pytest.mark.parametrize("key", NOT_ITS_OWN)
def test_r16_a_pass_whose_invoice_has_a_document_that_is_not_its_own(
    month: World, key: str
) -> None:
    started = fetched(month)
    edit(month, started, lambda data: data["archived"][0]["documents"][0].update(key=key))
    assert validated(month, started) == {
        ACME: ("NOT_CHECKED", "NOT_CHECKED"),
        BOREAL: ("COMPLETE",),
    }


def follow_boreals(record: dict[str, Any]) -> None:
    """Let the record follow one that is Boreal's."""
    document = record["documents"][0]
    before = {name: document[name] for name in ("version_id", "sha256", "size_bytes")}
    before["key"] = f"records/{TARGET}/{BOREAL}/B1/0001.json"
    record |= {"sequence": 2, "previous_records": [before], "previous_sha256": before["sha256"]}


@pytest.mark.parametrize(
    "lie",
    [
        *(lambda one, key=key: one["documents"][0].update(key=key) for key in NOT_ITS_OWN),
        follow_boreals,
    ],
)
def test_r16_a_record_that_names_evidence_that_is_not_its_own(
    month: World, lie: Callable[[dict[str, Any]], Any]
) -> None:
    month.run()
    record = month.read(f"records/{TARGET}/{ACME}/A1/0001.json") | {"invoice_id": "A2"}
    lie(record)
    key = f"records/{TARGET}/{ACME}/A2/{record['sequence']:04d}.json"
    put(month, key, json.dumps(record).encode())
    month.run(at=AFTER_DEADLINE + ONE_DAY)
    assert [one["subject"] for one in month.payer(ACME)["findings"]] == [key]
    assert (month.payer(ACME)["verdict"], month.payer(ACME)["expected"]) == ("PARTIAL", 1)
    assert (month.payer(BOREAL)["verdict"], month.findings(BOREAL)) == ("COMPLETE", {})


def test_r16_a_record_under_what_is_no_account_makes_no_payer_account(month: World) -> None:
    month.run()
    record = month.read(f"records/{TARGET}/{ACME}/A1/0001.json")
    record |= {"payer_account_id": "NOBODY", "documents": []}
    put(month, f"records/{TARGET}/NOBODY/A1/0001.json", json.dumps(record).encode())
    month.run(at=AFTER_DEADLINE + ONE_DAY)
    payers = month.read(f"periods/{TARGET}/completeness.json")["payers"]
    assert {one["payer_account_id"] for one in payers} == {ACME, BOREAL}


@pytest.mark.parametrize("liar", [ACME, BOREAL])
def test_r16_an_invoice_that_is_outstanding_without_a_reason(month: World, liar: str) -> None:
    month.catalogue.payers[ACME] = [invoice("A1", ready_from=AFTER_DEADLINE + ONE_DAY)]
    started = fetched(month)
    (of_acme,) = month.read(f"runs/{started['run_id']}/payers/{ACME}/fetch-0001.json")[
        "outstanding"
    ]
    edit(
        month,
        started,
        lambda data: data.update(outstanding=[of_acme | {"findings": []}]),
        account_id=liar,
    )
    assert validated(month, started)[ACME] == ("PARTIAL", "NOT_FETCHED")


def test_r16_a_billing_transfer_that_is_shown_by_neither_side(month: World) -> None:
    month.catalogue.payers[BOREAL] = []
    started = fetched(month)
    transfer = {
        "transfer_id": "t",
        "source": BOREAL,
        "target": "999999999999",
        "status": "ACCEPTED",
        "starts_at": "2020-01-01T00:00:00Z",
        "ends_at": None,
    }
    told = {"run_id": "r", "at": "2026-11-12T06:00:00Z", "transfers": [transfer], "not_read": ""}
    edit(month, started, lambda data: data.update(billing_transfers=told), name="listing.json")
    assert validated(month, started)[BOREAL] == ("MISSING", "NO_INVOICES_LISTED")


def test_r18_a_listing_of_more_months_than_a_run_can_judge(
    month: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_outcomes, "_MOST_PERIODS", 2)
    started = fetched(month)

    def of_months(data: dict[str, Any]) -> None:
        (one,) = data["invoices"]
        data["invoices"] += [
            one | {"invoice_id": f"X{n}", "billing_period": f"2049-{n:02d}"} for n in (1, 2, 3)
        ]

    edit(month, started, of_months, name="listing.json")
    assert validated(month, started) == {
        ACME: ("NOT_CHECKED", "NOT_CHECKED"),
        BOREAL: ("COMPLETE",),
    }
    assert not month.keys("periods/2049")


def test_r18_many_invoices_whose_records_are_gone_are_each_looked_at_once(
    month: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, many = fetched(month), 100

    def of_nothing(data: dict[str, Any]) -> None:
        (one,) = data["archived"]
        record = {**one["records"][0], "size_bytes": 1}
        data["archived"] += [
            one
            | {
                "invoice_id": f"X{n}",
                "documents": [],
                "records": [record | {"key": f"records/{TARGET}/{ACME}/X{n}/0001.json"}],
            }
            for n in range(many)
        ]

    edit(month, started, of_nothing)
    compared, real = [], ArchivedInvoice.__eq__

    def counting(one: Any, other: Any) -> Any:
        compared.append(one)
        return real(one, other)

    monkeypatch.setattr(ArchivedInvoice, "__eq__", counting)
    assert validated(month, started)[ACME] == ("PARTIAL", "ARCHIVE_DAMAGED")
    assert len(compared) < 3 * many


@pytest.mark.parametrize("limit", ["bytes", "memory"])
def test_r18_files_that_are_too_large_together(
    month: World, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    started = fetched(month)
    of_acme = f"runs/{started['run_id']}/payers/{ACME}/fetch-0001.json"
    content = month.content(of_acme)
    for number in range(2, 8):
        put(month, of_acme.replace("0001", f"{number:04d}"), content)
    most = 3 * (len(content) if limit == "bytes" else stored_form.memory_of(content))
    where, name = (run_files, "_MOST_BYTES") if limit == "bytes" else (stored_form, "_MOST_MEMORY")
    monkeypatch.setattr(where, name, most)
    assert validated(month, started) == {
        ACME: ("NOT_CHECKED", "NOT_CHECKED"),
        BOREAL: ("COMPLETE",),
    }


def test_r18_large_files_are_in_memory_one_payer_account_at_a_time(
    month: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_outcomes, "_SMALL", 10)
    started, real, held = fetched(month), RunFiles.listing, []

    def there() -> list[RunFiles]:
        gc.collect()
        return [one for one in gc.get_objects() if isinstance(one, RunFiles)]

    of_other_tests = there()  # which failures that they caught may hold

    def counting(files: RunFiles) -> Any:
        found = real(files)
        new = [one for one in there() if not any(one is other for other in of_other_tests)]
        held.append(sum("contents" in vars(one) for one in new))
        return found

    monkeypatch.setattr(RunFiles, "listing", counting)
    assert set(validated(month, started).values()) == {("COMPLETE",)}
    assert held == [1, 1]


def test_r16_a_view_larger_than_any_is_none(month: World, monkeypatch: pytest.MonkeyPatch) -> None:
    month.run()
    real = Archive.read

    def too_large(archive: Archive, key: str, *most: int) -> Any:
        if key.endswith("completeness.json"):
            raise ObjectTooLarge(key)
        return real(archive, key, *most)

    monkeypatch.setattr(Archive, "read", too_large)
    assert month.run(at=AFTER_DEADLINE + ONE_DAY)["verdict"] == "COMPLETE"
    assert not month.errors


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (ServiceUnavailable("S3 cannot be reached"), ServiceUnavailable),
        (OSError(errno.ENOSPC, "full"), OutcomesNotKept),
    ],
    ids=["S3 is away", "full"],
)
def test_r18_a_step_that_ends_while_it_reads_outcomes_leaves_nothing_on_disk(
    month: World,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    error: Exception,
    raised: type[Exception],
) -> None:
    started, real = fetched(month), gzip.open

    def failing(path: Path, *given: Any, **more: Any) -> Any:
        if path.exists():
            raise error
        return real(path, *given, **more)

    folder = tmp_path / "of the function"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with monkeypatch.context() as broken:
        broken.setattr(gzip, "open", failing)
        with pytest.raises(raised):
            validate_completeness.handler(started, Context())
        assert not list(folder.glob("outcomes-*"))
    assert set(validated(month, started).values()) == {("COMPLETE",)}
    assert not list(folder.glob("outcomes-*"))
