"""invoices.csv against the manifest: any cell, row or column that says otherwise is reported, apart
from the owner, whom no manifest knows.
"""

import csv
import io
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.close.owners import Owners
from lambdas.domain.evidence.signatures import Signature, signed_file
from lambdas.domain.findings import finding
from lambdas.domain.judgement.manifests import Manifest, OutstandingSince
from lambdas.domain.runs.payer_register import Payer
from lambdas.views.invoices_csv import INVOICE_COLUMNS, invoices_csv
from ops.check import invoices
from ops.check import manifest as whole
from ops.check.invoices import invoices_differences, must_have_invoices_csv
from ops.check.manifest import WholeManifest
from tests.domain.example_months import FULL_ROW, OWNERS, due, month, payer_state
from tests.domain.examples import ACME, BOREAL, OCTOBER, archived, outstanding

FILE_SIGNATURE = Signature("key", "ECDSA_SHA_256", "")
CHILD = "999900001111"
NAMES = [column.name for column in INVOICE_COLUMNS]
OWNER = NAMES.index("owner")


def example() -> Manifest:
    """Invoice ids under two payer accounts, gaps, and an account outside the register."""
    acme = payer_state(
        ACME,
        "=1+1",
        invoices=(archived("1", **FULL_ROW), due("2", "3.00", "JPY"), archived("TWICE")),
        outstanding=(outstanding("AWAITED-1"), outstanding("4"), outstanding("5")),
        verdict="PARTIAL",
    )
    acme = replace(acme, outstanding_since=(OutstandingSince("4", "2026-11-04T06:00:00Z"),))
    boreal = payer_state(
        BOREAL, "Boreal", invoices=(archived("TWICE", payer=BOREAL), archived("4", payer=BOREAL)),
        outstanding=(outstanding("5", payer=BOREAL),),
    )  # fmt: skip
    accepted = (replace(finding("PDF_NOT_READY", "5", "Not there."), severity="warning"),)
    boreal = replace(boreal, findings=accepted)
    shown = tuple(
        replace(archived(f"C{number}", payer=CHILD), seen_by=seen_by)
        for number, seen_by in enumerate(((BOREAL,), (ACME, BOREAL), (ACME,), (BOREAL,)))
    )
    child = payer_state(
        CHILD, "", legal_entity="", invoices=shown[:3],
        outstanding=(replace(outstanding("C4", payer=CHILD), seen_by=(BOREAL,)),),
    )  # fmt: skip
    return month(acme, boreal, child)


MONTH = example()
VIEW = invoices_csv(MONTH, OWNERS)


def whole_of(one: Manifest) -> WholeManifest:
    return WholeManifest([signed_file(one.to_data(), FILE_SIGNATURE)], OCTOBER)


def differences(one: Manifest, view: bytes) -> list[str]:
    lines = io.StringIO(view.decode(), newline="")
    return list(invoices_differences(iter(lines), whole_of(one)))


def table(view: bytes = VIEW) -> list[list[str]]:
    """The cells as they stand in the file, with their quotation marks."""
    lines = view.decode().removesuffix("\r\n").split("\r\n")
    return [re.findall(r'(?:^|,)((?:"(?:[^"]|"")*")|[^,]*)', line) for line in lines]


def written(rows: list[list[str]]) -> bytes:
    return "".join(",".join(row) + "\r\n" for row in rows).encode()


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@pytest.fixture(params=[1, 3000, 1 << 20])
def batch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "_BLOCK", request.param)


OF_RUNS = (
    OWNERS,
    Owners(()),
    Owners([Payer(ACME, "Acme", owner='=Da"na, Whit;lock'), Payer(CHILD, "", owner="Éa")]),
)


@pytest.mark.usefixtures("batch")
@pytest.mark.parametrize("one", [MONTH, month(), month(payer_state())])
@pytest.mark.parametrize("of_run", OF_RUNS)
def test_the_view_as_it_was_made_is_right_whoever_the_owners_are(
    one: Manifest, of_run: Owners
) -> None:
    assert differences(one, invoices_csv(one, of_run)) == []


def test_the_example_has_what_is_hard_to_follow() -> None:
    rows = list(csv.DictReader(io.StringIO(VIEW.decode(), newline="")))
    by_id = {row["invoice_id"]: row for row in rows}
    assert list(by_id) == ["1", "2", "AWAITED-1", "5", "TWICE", "4", "C0", "C1", "C2", "C4"]
    assert by_id["4"]["payer_account_id"] == BOREAL
    assert by_id["4"]["other_payer_account_ids"] == ACME
    assert (by_id["5"]["payer_account_id"], by_id["5"]["status"]) == (ACME, "OUTSTANDING")
    assert by_id["5"]["other_payer_account_ids"] == BOREAL
    assert {by_id[f"C{n}"]["inherited_from"] for n in (0, 1, 2, 4)} == {BOREAL}


@given(st.data(), st.text(st.characters(exclude_characters="\r\n"), max_size=5))
def test_any_cell_that_says_otherwise_is_reported(data: st.DataObject, text: str) -> None:
    rows = table()
    row = data.draw(st.integers(1, len(rows) - 1))
    column = data.draw(st.integers(0, len(NAMES) - 1).filter(lambda at: at != OWNER))
    before = "".join(next(csv.reader([rows[row][column]])))
    if before != text:
        rows[row][column] = quoted(text)
        found = differences(MONTH, written(rows))
        assert found == [f"its row {row + 1} is otherwise in {NAMES[column]}"]


@given(st.data())
def test_any_cell_that_is_quoted_otherwise_is_reported(data: st.DataObject) -> None:
    rows = table()
    row = data.draw(st.integers(1, len(rows) - 1))
    column = data.draw(st.integers(0, len(NAMES) - 1))
    cell = rows[row][column]
    rows[row][column] = cell.strip('"') if cell.startswith('"') else quoted(cell)
    assert len(differences(MONTH, written(rows))) == 1


@pytest.mark.parametrize(
    "cell",
    [
        "Dana",
        '"Dana" ',
        '"Da"na"',
        '"Dana","x"',
        '"=1+1"',
        '"a;=1"',
        '"a\tb"',
        '"',
        '""',
        "1",
        "=1",
        '"a\u0085b"',
    ],
)
def test_an_owner_that_no_run_writes_so_is_reported(cell: str) -> None:
    rows = table()
    rows[2][OWNER] = cell
    (found,) = differences(MONTH, written(rows))
    assert found.startswith("its row 3 is otherwise in ")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (",100.00,", ',"100".00,'),
        (",100.00,", ",100.000,"),
        (",100.00,", ',100.00" ",'),
        ("\r\n", "\n"),
        ("\r\n", ",\r\n"),
        ("\r\n", "\r\n\r\n"),
        ("invoice_id,", "\ufeffinvoice_id,"),
        ("invoice_id,", '"invoice_id",'),
        (",", ";"),
    ],
)
def test_a_view_in_another_form_is_reported(old: str, new: str) -> None:
    view = VIEW.decode()
    assert old in view
    assert differences(MONTH, view.replace(old, new, 1).encode())
    assert differences(MONTH, view.replace(old, new).encode())


@pytest.mark.parametrize("row", [1, 3, 9])
def test_a_row_that_is_missing_or_comes_twice_is_reported(row: int) -> None:
    rows = table()
    assert differences(MONTH, written([*rows[:row], *rows[row + 1 :]]))
    assert differences(MONTH, written([*rows[: row + 1], *rows[row:]]))
    assert differences(MONTH, VIEW + b"x") == ["it has more rows than the manifest has invoices"]


def test_a_view_of_an_earlier_version_is_compared_in_the_columns_that_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As if the last three columns had been added since."""
    earlier = len(NAMES) - 3
    view = replace(invoices._VIEW, first_columns=earlier)
    monkeypatch.setattr(invoices, "_VIEW", view)
    rows = [row[:earlier] for row in table()]
    assert differences(MONTH, written(rows)) == []
    rows[2][NAMES.index("gross")] = "1.00"
    assert differences(MONTH, written(rows)) == ["its row 3 is otherwise in gross"]
    rows = [row[:-1] for row in rows]
    assert differences(MONTH, written(rows)) == ["its columns are not those of invoices.csv"]


@pytest.mark.parametrize("width", [1, 21, len(NAMES) - 1])
def test_a_view_of_which_columns_were_cut_off_is_none(width: int) -> None:
    cut = [row[:width] for row in table()]
    assert differences(MONTH, written(cut)) == ["its columns are not those of invoices.csv"]


@pytest.mark.parametrize(("members", "must"), [({}, False), ({"unarchived": 0}, True)])
def test_the_view_must_be_there_if_the_manifest_is_of_a_release_that_makes_it(
    members: dict[str, Any], must: bool
) -> None:
    bare = replace(payer_state(), unarchived=None), replace(payer_state(BOREAL), unarchived=None)
    states = replace(bare[0], **members), bare[1]
    assert must_have_invoices_csv(whole_of(month(*states))) == must
