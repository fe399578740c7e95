"""What a check is asked to look at, and that it says what it left out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lambdas.domain.evidence.archive_layout import is_evidence
from ops.check.scope import Level, Subset
from tests.handlers.conftest import ACME, AFTER_DEADLINE, BOREAL, World, invoice
from tests.ops.archived_months import archived_by, copied
from tests.ops.made_archive import SEPTEMBER, MadeArchive, make_archive
from tests.ops.memory_place import MemoryPlace
from tests.ops.test_check_findings import check

GOOD = make_archive()


class Watched(MemoryPlace):
    """Notes which evidence is read."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        super().__init__(contents)
        self.read: list[str] = []

    def blocks(self, key: str, version_id: str) -> Iterator[bytes]:
        if key.startswith(("invoices/", "records/")):
            self.read.append(key)
        return super().blocks(key, version_id)


def read_at(**scope: object) -> list[str]:
    place = Watched(GOOD.files)
    assert check(MadeArchive(GOOD.kms), place, **scope).result == "ALL_WELL"
    return sorted(place.read)


def left_out(**scope: object) -> str:
    report = check(MadeArchive(GOOD.kms), MemoryPlace(GOOD.files), **scope)
    assert report.result == "ALL_WELL"
    return "\n".join(one.what for one in report.not_checked)


EVIDENCE = sorted(key for key in GOOD.files if is_evidence(key) and not key.startswith("periods/"))


@pytest.mark.parametrize("level", [Level.structure, Level.presence])
def test_below_the_level_of_bytes_no_evidence_is_opened(level: Level) -> None:
    assert read_at(level=level) == []
    assert "the bytes of records and documents" in left_out(level=level)


OWNER = "the column 'owner' of invoices.csv"


def two_payers(world: World) -> None:
    world.catalogue.payers = {ACME: [invoice("A1")], BOREAL: [invoice("B1", BOREAL)]}
    world.run(at=AFTER_DEADLINE)


def test_a_forged_owner_is_no_finding_so_the_report_says_that_owners_are_not_checked(
    tmp_path: Path,
) -> None:
    month = copied(archived_by(two_payers), tmp_path / "copy")
    key = "periods/2026-10/invoices.csv"
    text = month.content(key).decode()
    header, first, *rest = text.split("\r\n")
    cells = first.split(",")
    cells[header.split(",").index("owner")] = '"Mallory"'
    forged = "\r\n".join((header, ",".join(cells), *rest))
    assert forged != text
    month.copy(key).write_bytes(forged.encode())
    report = month.check()
    assert (report.result, report.findings) == ("ALL_WELL", [])
    assert OWNER in [one.what for one in report.not_checked]


def test_below_the_level_of_bytes_no_view_is_opened_and_owners_are_part_of_that() -> None:
    assert OWNER not in left_out(level=Level.presence)
    assert "and the views" in left_out(level=Level.presence)
    assert OWNER in left_out()


def test_at_the_level_of_bytes_every_record_and_document_is_read_once() -> None:
    assert read_at() == EVIDENCE


@pytest.mark.parametrize("parts", [2, 3, 5])
def test_the_parts_of_a_subset_are_all_of_it_and_none_twice(parts: int) -> None:
    read = [read_at(subset=Subset(part, parts)) for part in range(1, parts + 1)]
    assert sorted(key for keys in read for key in keys) == EVIDENCE
    assert read_at(subset=Subset(1, parts)) == read[0], "a part is always the same one"
    assert "of the other parts" in left_out(subset=Subset(1, parts))


def test_a_part_in_which_no_evidence_falls_is_nothing_to_check() -> None:
    parts = 997
    taken = {part for part in range(1, parts + 1) for k in EVIDENCE if k in Subset(part, parts)}
    empty = next(part for part in range(1, parts + 1) if part not in taken)
    report = check(MadeArchive(GOOD.kms), MemoryPlace(GOOD.files), subset=Subset(empty, parts))
    assert report.result == "NOTHING_TO_CHECK"
    report = check(MadeArchive(GOOD.kms), MemoryPlace(GOOD.files), subset=Subset(max(taken), parts))
    assert report.result == "ALL_WELL"


@pytest.mark.parametrize("text", ["", "1", "0/3", "4/3", "1/0", "a/b", "1/2/3", "-1/3", "²/3"])
def test_a_subset_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a subset; write"):
        Subset.parse(text)


def test_a_missing_object_is_no_matter_of_the_level_of_structure() -> None:
    files = {key: content for key, content in GOOD.files.items() if key not in EVIDENCE}
    report = check(MadeArchive(GOOD.kms), MemoryPlace(files), level=Level.structure)
    assert report.result == "ALL_WELL"
    assert "whether records and documents are there" in [one.what for one in report.not_checked]


def test_only_the_periods_that_were_asked_for_are_checked() -> None:
    files = {**GOOD.files, "notes.txt": b"", "invoices/2026-10/extra.pdf": b""}
    report = check(MadeArchive(GOOD.kms), MemoryPlace(files), periods=(SEPTEMBER,))
    assert [period.billing_period for period in report.periods] == [SEPTEMBER]
    assert (report.result, report.findings) == ("ALL_WELL", [])
    assert "other billing periods" in left_out(periods=(SEPTEMBER,))
