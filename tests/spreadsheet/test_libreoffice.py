"""Both ledgers as LibreOffice opens them: ids text, money numbers, days days, nothing a formula."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from lambdas.domain.judgement.manifests import Manifest
from lambdas.views.ledger import COLUMNS, Cell, Kind, ledger_csv, ledger_rows
from lambdas.views.workbook import ledger_workbook
from tests.domain.example_months import (
    FULL_ROW,
    OWNERS,
    amount,
    digest,
    due,
    invoice,
    month,
    payer_state,
)
from tests.domain.examples import ACME, BOREAL, outstanding, supplement
from tests.example_archive import PERIOD
from tests.spreadsheet.conftest import CSV_AS_OPENED, EMPTY, Open, Sheets
from tests.spreadsheet.conftest import Cell as Opened

HOSTILE = ("=1+1", "+1+1", "-1+1", "@SUM(1;1)", '=HYPERLINK("https://example.com";"x")', "\t=1+1")
LOOKALIKES = ("007", "1E5", "2026-10", "3/11", "TRUE", "12.50", "5%", "123456789012345678901")


def hostile_month() -> Manifest:
    strange = ("a\x00b\ud800", 'Côté, "Fils" & 🍊 פרדס\n=1+1', "W" * 40_000)
    texts = (*HOSTILE, *LOOKALIKES, *strange)
    payers = [
        payer_state(
            f"{number:012d}",
            text,
            legal_entity=text,
            invoices=(
                invoice(
                    f"{text[:900]}#{number}",
                    supplement(f"{number}"),
                    payer=f"{number:012d}",
                    PurchaseOrderNumber=text[:900],
                    PaymentCurrencyAmount=amount(f"-{number}.50"),
                ),
            ),
        )
        for number, text in enumerate(texts)
    ]
    return month(*payers)


@pytest.fixture(scope="session")
def full_month() -> Manifest:
    return month(
        payer_state(
            BOREAL,
            "Boreal",
            invoices=(
                invoice("0000000001", supplement(), payer=BOREAL, **FULL_ROW),
                due("0000000002", "244460", "JPY", payer=BOREAL),
                due("0000000003", "9887.094", "KWD", payer=BOREAL),
            ),
            outstanding=(outstanding("0000000004", payer=BOREAL),),
            verdict="PARTIAL",
        ),
        verdict="ACTION_REQUIRED",
    )


@dataclass(frozen=True)
class Ledgers:
    """The two ledgers of a month, as opened."""

    workbook: Sheets
    csv: Sheets


@pytest.fixture(scope="session")
def ledgers(
    full_month: Manifest,
    exported_archive: Path,
    tmp_path_factory: pytest.TempPathFactory,
    open_in_libreoffice: Open,
) -> Mapping[str, Ledgers]:
    """The ledgers of all months of these tests: a program's start costs more than a file."""
    exported = exported_archive / "periods" / PERIOD / "ledger"
    folder = tmp_path_factory.mktemp("ledgers")
    stems = {"full": folder / "full", "hostile": folder / "hostile", "exported": exported}
    for name, manifest in (("full", full_month), ("hostile", hostile_month())):
        workbook = ledger_workbook(manifest, digest(payer_state(ACME)), OWNERS)
        stems[name].with_suffix(".xlsx").write_bytes(workbook)
        stems[name].with_suffix(".csv").write_bytes(ledger_csv(manifest))
    workbooks, csvs = (
        [one.with_suffix(end) for one in stems.values()] for end in (".xlsx", ".csv")
    )
    opened = open_in_libreoffice(*workbooks), open_in_libreoffice(*csvs, infilter=CSV_AS_OPENED)
    return dict(zip(stems, map(Ledgers, *opened), strict=True))


def check(found: Opened, kind: Kind, expected: Cell, *, is_csv: bool) -> None:
    """That a cell was taken for what it is."""
    assert found.formula is None
    if expected is None:
        assert found == EMPTY
    elif isinstance(expected, Decimal):
        assert (found.kind, Decimal(found.value)) == ("float", expected)
    elif isinstance(expected, str):
        assert found.kind == "string"
        text = found.value.removesuffix("\t") if is_csv else found.value
        assert text == expected
        assert found.value.endswith("\t") or not (is_csv and kind is Kind.ID)
    else:
        assert found.kind == "date"
        assert found.value.startswith(expected.isoformat()[:19])


def padded(row: list[Opened]) -> list[Opened]:
    return row + (len(COLUMNS) - len(row)) * [EMPTY]


def test_every_cell_is_what_it_is(full_month: Manifest, ledgers: Mapping[str, Ledgers]) -> None:
    documents = ledgers["full"].workbook["documents"]
    (sheet,) = ledgers["full"].csv.values()
    assert [cell.value for cell in documents[0]] == [column.heading for column in COLUMNS]
    assert [cell.value for cell in sheet[0]] == [column.name for column in COLUMNS]
    expected = list(ledger_rows(full_month))
    for rows, is_csv in ((documents[1:], False), (sheet[1:], True)):
        assert len(rows) == len(expected) == 4
        for row, cells in zip(rows, expected, strict=True):
            for found, column, cell in zip(padded(row), COLUMNS, cells, strict=True):
                check(found, column.kind, cell, is_csv=is_csv)


def test_the_summary_and_the_other_tables_open_too(ledgers: Mapping[str, Ledgers]) -> None:
    sheets = ledgers["full"].workbook
    assert list(sheets)[:5] == ["summary", "payers", "documents", "missing", "changes"]
    facts = {row[0].value: row[1:] for row in sheets["summary"] if len(row) > 1}
    assert facts["Verdict"][0].value == "Action required (ACTION_REQUIRED)"
    assert [facts[c][0].value for c in ("EUR", "JPY", "KWD")] == ["-110.7", "244460", "9887.094"]
    (missing,) = sheets["missing"][1:]
    assert [cell.value for cell in missing[:6]] == [
        BOREAL, "Boreal", "Acme Ltd.", "PARTIAL", "PDF not ready", "0000000004",
    ]  # fmt: skip
    assert {row[0].value for row in sheets["changes"][1:]} == {"Payer new", "Payer gone"}


def formulas(sheets: Sheets) -> list[Opened]:
    return [c for rows in sheets.values() for row in rows for c in row if c.formula]


def test_hostile_text_is_no_formula_and_stays_text(ledgers: Mapping[str, Ledgers]) -> None:
    manifest = hostile_month()
    in_workbook, in_csv = ledgers["hostile"].workbook, ledgers["hostile"].csv
    assert formulas(in_workbook) == formulas(in_csv) == []
    names = [column.name for column in COLUMNS]
    for sheet in (in_workbook["documents"], *in_csv.values()):
        assert len(sheet) == 1 + 2 * len(manifest.payers)
        for row in sheet[1:]:
            for name in ("payer_name", "legal_entity", "invoice_id", "purchase_order"):
                assert row[names.index(name)].kind == "string", name
            amount_cell = row[names.index("payment_total")]
            assert amount_cell.kind == "float"
            assert amount_cell.value.startswith("-")


def test_the_exported_ledgers_open_and_their_links_lead_to_the_files(
    exported_archive: Path, ledgers: Mapping[str, Ledgers]
) -> None:
    documents = ledgers["exported"].workbook["documents"]
    (sheet,) = ledgers["exported"].csv.values()
    assert len(documents) == len(sheet) > 25
    column = [cell.value for cell in documents[0]].index("Archive key")
    for row in documents[1:]:
        key, link = row[column].value, row[column].link
        assert link
        assert link.endswith(f"archive/{key}")
        assert (exported_archive / key).is_file()
    ids = {row[1].value for row in documents[1:]}
    assert "020417736915" in ids
    assert {f"{one}\t" for one in ids} == {row[1].value for row in sheet[1:]}
