"""The ledgers and the invoices as LibreOffice opens them: ids text, money numbers, days days,
nothing a formula.
"""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lambdas.domain.close.invoice_lines import invoice_lines
from lambdas.domain.judgement.manifests import Manifest
from lambdas.views.cells import EUROPEAN, Cell, Column, Kind
from lambdas.views.invoices_csv import INVOICE_COLUMNS, invoice_rows, invoices_csv
from lambdas.views.ledger import COLUMNS, ledger_csv, ledger_rows
from lambdas.views.sheet_layout import DOCUMENTS, INVOICES
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
from tests.spreadsheet.conftest import (
    CSV_AS_OPENED,
    CSV_AS_OPENED_IN_GERMANY,
    EMPTY,
    Open,
    Sheets,
)
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


Views = Mapping[str, Sheets]


@pytest.fixture(scope="session")
def views(
    full_month: Manifest,
    exported_archive: Path,
    tmp_path_factory: pytest.TempPathFactory,
    open_in_libreoffice: Open,
) -> Views:
    """All views of these tests by file name, as opened: a program's start costs more than a file.

    Those without the name of a month are of the exported archive.
    """
    folder = tmp_path_factory.mktemp("ledgers")
    for name, manifest in (("full", full_month), ("hostile", hostile_month())):
        workbook = ledger_workbook(manifest, digest(payer_state(ACME)), OWNERS)
        (folder / f"{name}.xlsx").write_bytes(workbook)
        (folder / f"{name}.csv").write_bytes(ledger_csv(manifest))
        (folder / f"{name}-european.csv").write_bytes(ledger_csv(manifest, EUROPEAN))
        (folder / f"{name}-invoices.csv").write_bytes(invoices_csv(manifest, OWNERS))
    exported = exported_archive / "periods" / PERIOD
    europeans = [*folder.glob("*-european.csv")]
    csvs = [*({*folder.glob("*.csv")} - {*europeans}), *exported.glob("*.csv")]
    found = {}
    for paths, infilter in (
        ([*folder.glob("*.xlsx"), exported / "ledger.xlsx"], ""),
        (csvs, CSV_AS_OPENED),
        (europeans, CSV_AS_OPENED_IN_GERMANY),
    ):
        opened = open_in_libreoffice(*paths, infilter=infilter)
        found |= dict(zip((path.name for path in paths), opened, strict=True))
    return found


def only(sheets: Sheets) -> list[list[Opened]]:
    (sheet,) = sheets.values()
    return sheet


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


def check_rows(
    sheet: list[list[Opened]],
    columns: Sequence[Column[Any]],
    expected: list[list[Cell]],
    *,
    is_csv: bool,
) -> None:
    assert len(sheet) == 1 + len(expected)
    for row, cells in zip(sheet[1:], expected, strict=True):
        padded = row + (len(columns) - len(row)) * [EMPTY]
        for found, column, cell in zip(padded, columns, cells, strict=True):
            check(found, column.kind, None if cell == "" else cell, is_csv=is_csv)


@pytest.mark.parametrize("name", ["full.csv", "full-european.csv"])
def test_every_cell_of_the_ledger_is_what_it_is(
    full_month: Manifest, views: Views, name: str
) -> None:
    sheet = only(views[name])
    assert [cell.value for cell in sheet[0]] == [column.name for column in COLUMNS]
    expected = list(ledger_rows(full_month))
    assert len(expected) == 4
    check_rows(sheet, COLUMNS, expected, is_csv=True)


def test_every_cell_of_the_workbook_is_what_it_is(full_month: Manifest, views: Views) -> None:
    sheets = views["full.xlsx"]
    lines = invoice_lines(full_month, OWNERS)
    for name, layout, rows in (
        ("documents", DOCUMENTS, ledger_rows(full_month, DOCUMENTS.columns)),
        ("invoices", INVOICES, invoice_rows(lines)),
    ):
        assert [cell.value for cell in sheets[name][0]] == [one.heading for one in layout.columns]
        check_rows(sheets[name], layout.columns, list(rows), is_csv=False)


def test_columns_are_folded_and_opened_by_a_click(views: Views) -> None:
    folded = views["full.xlsx"].folded
    assert folded["invoices"] > 15
    assert folded["documents"] > 30
    assert folded["changes"] == 0


def test_the_invoices_open_with_numbers_and_days_as_such(
    full_month: Manifest, views: Views
) -> None:
    sheet = only(views["full-invoices.csv"])
    names = [cell.value for cell in sheet[0]]
    assert names == [column.name for column in INVOICE_COLUMNS]
    assert len(sheet) == 5
    first = dict(zip(names, sheet[1], strict=False))
    assert (first["gross"].kind, first["gross"].value) == ("float", "-110.7")
    assert (first["issued"].kind, first["issued"].value[:10]) == ("date", "2026-11-03")
    statuses = [row[names.index("status")].value for row in sheet[1:]]
    assert statuses == ["ARCHIVED", "ARCHIVED", "ARCHIVED", "OUTSTANDING"]


def test_the_summary_and_the_other_tables_open_too(views: Views) -> None:
    sheets = views["full.xlsx"]
    assert list(sheets)[:6] == [
        "summary", "invoices", "payers", "documents", "missing", "changes",
    ]  # fmt: skip
    facts = {row[0].value: row[1:] for row in sheets["summary"] if len(row) > 1}
    assert facts["Status"][0].value == "Action required"
    assert facts["Archived"][0].value == "3 invoices"
    assert [facts[c][0].value for c in ("EUR", "JPY", "KWD")] == ["-110.7", "244460", "9887.094"]
    (missing,) = sheets["missing"][1:]
    assert [cell.value for cell in missing[:7]] == [
        BOREAL, "Boreal", "Acme Ltd.", "Partial", "Finance", "AWS", "0000000004",
    ]  # fmt: skip
    assert {row[0].value for row in sheets["changes"][1:]} == {"Payer new", "Payer gone"}


def formulas(sheets: Sheets) -> list[Opened]:
    return [c for rows in sheets.values() for row in rows for c in row if c.formula]


def test_hostile_text_is_no_formula_and_stays_text(views: Views) -> None:
    manifest = hostile_month()
    for name, sheets in views.items():
        assert formulas(sheets) == [], name
    names = [column.name for column in COLUMNS]
    ledgers = [only(views[name]) for name in ("hostile.csv", "hostile-european.csv")]
    in_workbook = [column.name for column in DOCUMENTS.columns]
    for sheet, order in (
        *((ledger, names) for ledger in ledgers),
        (views["hostile.xlsx"]["documents"], in_workbook),
    ):
        assert len(sheet) == 1 + 2 * len(manifest.payers)
        for row in sheet[1:]:
            for name in ("payer_name", "legal_entity", "invoice_id", "purchase_order"):
                assert row[order.index(name)].kind == "string", name
            amount_cell = row[order.index("payment_total")]
            assert amount_cell.kind == "float"
            assert amount_cell.value.startswith("-")


def test_the_exported_ledgers_open_and_their_links_lead_to_the_files(
    exported_archive: Path, views: Views
) -> None:
    documents, sheet = views["ledger.xlsx"]["documents"], only(views["ledger.csv"])
    assert len(documents) == len(sheet) > 25
    headings = [cell.value for cell in documents[0]]
    name, key = headings.index("File name"), headings.index("Archive key")
    for row in documents[1:]:
        link = row[name].link
        assert link
        assert link.endswith(f"archive/{row[key].value}")
        assert (exported_archive / row[key].value).is_file()
    ids = {row[headings.index("Payer account")].value for row in documents[1:]}
    assert "020417736915" in ids
    assert {f"{one}\t" for one in ids} == {row[1].value for row in sheet[1:]}


def test_the_exported_invoices_add_up_to_the_totals_without_deleting_a_row(
    exported_archive: Path, views: Views
) -> None:
    """As a pivot table of the sheet with a filter on `Status` adds them up."""
    headings, *rows = views["ledger.xlsx"]["invoices"]
    at = {cell.value: place for place, cell in enumerate(headings)}
    sums: dict[tuple[str, str], list[Decimal]] = {}
    for row in rows:
        key = row[at["Status"]].value, row[at["Currency"]].value
        found = sums.setdefault(key, 3 * [Decimal(0)])
        for place, name in enumerate(("Net", "Tax", "Gross")):
            found[place] += Decimal(row[at[name]].value or 0)
    completeness = json.loads(
        (exported_archive / "periods" / PERIOD / "completeness.json").read_bytes()
    )
    totals = {one["currency"]: Decimal(one["amount"]) for one in completeness["totals"]}
    archived = {key[1]: found for key, found in sums.items() if key[0] == "ARCHIVED" and key[1]}
    assert {currency: gross for currency, (_, _, gross) in archived.items()} == totals
    assert all(net + tax == gross for net, tax, gross in archived.values())
    assert len(rows) == len(only(views["invoices.csv"])) - 1
