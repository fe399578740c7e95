"""ledger.csv against the manifest: any cell, row or column that says otherwise is told."""

import csv
import io
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.evidence.signatures import Signature, signed_file
from lambdas.domain.findings import finding
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.views.cells import EUROPEAN, INTERNATIONAL, CsvForm
from lambdas.views.ledger import COLUMNS, ledger_csv
from ops.check import ledger
from ops.check import manifest as whole
from ops.check.ledger import ledger_differences
from ops.check.manifest import WholeManifest
from tests.domain.examples import ACME, BOREAL, OCTOBER, archived

FILE_SIGNATURE = Signature("key", "ECDSA_SHA_256", "")


def payer(account_id: str, *invoices: ArchivedInvoice) -> PayerState:
    told = tuple(finding("LATE_INVOICE", one.invoice_id, "Late.") for one in invoices)
    return PayerState(
        account_id, "=1+1", "Acme", "CHECKED", "COMPLETE", "run", None, 9, invoices, (), (), told
    )


def manifest(*payers: PayerState) -> Manifest:
    at = "2026-11-12T06:00:00Z"
    return Manifest("bucket", OCTOBER, 1, None, "run", at, "COMPLETE", at, payers)


TWO = manifest(
    payer(ACME, archived("1"), archived("2"), archived("TWICE")),
    payer(BOREAL, archived("TWICE", payer=BOREAL), archived("4", payer=BOREAL)),
)
"""An invoice id that two payer accounts hold is in the totals once."""


def differences(one: Manifest, view: bytes) -> list[str]:
    file = signed_file(one.to_data(), FILE_SIGNATURE)
    lines = io.StringIO(view.decode(), newline="")
    return list(ledger_differences(iter(lines), WholeManifest([file], OCTOBER)))


def rows(view: bytes) -> list[list[str]]:
    """The cells as they stand in the file, with their quotation marks."""
    lines = view.decode("utf-8-sig").removesuffix("\r\n").split("\r\n")
    return [re.findall(r'(?:^|,)((?:"(?:[^"]|"")*")|[^,]*)', line) for line in lines]


def written(table: list[list[str]]) -> bytes:
    return ("\ufeff" + "".join(",".join(row) + "\r\n" for row in table)).encode()


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


_NAMES = """
    billing_period payer_account_id payer_name legal_entity invoice_id invoice_type
    bill_type invoicing_entity billing_entity issued_date due_date purchase_order
    original_invoice_id commercial_invoice_id currency amount_due base_currency
    base_before_tax base_discounts base_fees base_tax base_total base_rate tax_currency
    tax_before_tax tax_discounts tax_fees tax_tax tax_total tax_rate payment_currency
    payment_before_tax payment_discounts payment_fees payment_tax payment_total payment_rate
    receiver_role bill_source_accounts tax_authority_status einvoice_status verdict findings
    document_kind document_id file_name archive_key sha256 retrieved_at run_id manifest
    base_rate_source_currency tax_rate_source_currency payment_rate_source_currency
"""
FIRST_RELEASE = _NAMES.split()
"""The columns of the ledgers that v1 made."""


@pytest.fixture(params=[1, 3000, 1 << 20])
def batch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "_BLOCK", request.param)


@pytest.mark.usefixtures("batch")
@pytest.mark.parametrize("one", [TWO, manifest(), manifest(payer(ACME))])
def test_the_ledger_as_it_was_made_is_right_however_it_is_held(one: Manifest) -> None:
    assert differences(one, ledger_csv(one)) == []
    assert differences(one, ledger_csv(one, EUROPEAN)) == []


@pytest.mark.parametrize("form", [INTERNATIONAL, EUROPEAN])
def test_each_form_is_compared_byte_by_byte(form: CsvForm) -> None:
    view = ledger_csv(TWO, form).decode()
    amount = f"100{form.point}00"
    between = form.separator
    for old, new, column in (
        (between + amount + between, between + f'"{amount}"' + between, "its form"),
        (between + amount + between, between + f"10{form.point}00" + between, "amount_due"),
    ):
        assert old in view
        (found,) = differences(TWO, view.replace(old, new, 1).encode())
        assert f"is otherwise in {column}" in found


def test_a_ledger_of_two_forms_is_reported() -> None:
    header, *lines = ledger_csv(TWO).decode().splitlines(keepends=True)
    other_header, *other_lines = ledger_csv(TWO, EUROPEAN).decode().splitlines(keepends=True)
    for mixed in ((header, *other_lines), (other_header, *lines)):
        assert differences(TWO, "".join(mixed).encode())
    decimal_points = "".join((other_header, *other_lines)).replace("100,00", "100.00", 1)
    (found,) = differences(TWO, decimal_points.encode())
    assert found.startswith("its row 2 is otherwise in ")


@pytest.mark.usefixtures("batch")
def test_an_amount_that_is_counted_twice_is_reported() -> None:
    table = rows(ledger_csv(TWO))
    amount, row = table[0].index('"amount_due"'), 3
    assert table[row][amount] == "", "the first holder's invoice is not in the totals"
    table[row][amount] = "100.00"
    assert differences(TWO, written(table)) == ["its row 4 is otherwise in amount_due"]


@given(st.data(), st.text(st.characters(exclude_characters="\r\n"), max_size=5))
def test_any_cell_that_says_otherwise_is_reported(data: st.DataObject, text: str) -> None:
    table = rows(ledger_csv(TWO))
    row = data.draw(st.integers(1, len(table) - 1))
    column = data.draw(st.integers(0, len(COLUMNS) - 1))
    before = "".join(next(csv.reader([table[row][column]])))
    if before != text:
        table[row][column] = quoted(text)
        told = differences(TWO, written(table))
        assert told == [f"its row {row + 1} is otherwise in {COLUMNS[column].name}"]


def re_quote(cell: str) -> str:
    return cell.strip('"') if cell.startswith('"') else quoted(cell)


@given(st.data())
def test_any_cell_that_is_quoted_otherwise_is_reported_though_it_parses_alike(
    data: st.DataObject,
) -> None:
    table = rows(ledger_csv(TWO))
    row = data.draw(st.integers(1, len(table) - 1))
    column = data.draw(st.integers(0, len(COLUMNS) - 1))
    table[row][column] = re_quote(table[row][column])
    told = differences(TWO, written(table))
    form = "its form: it has the same values and opens otherwise"
    assert told == [f"its row {row + 1} is otherwise in {form}"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (",100.00,", ',"100".00,'),
        (",100.00,", ", 100.00,"),
        (",100.00,", ",+100.00,"),
        (",100.00,", ",100.000,"),
        (",100.00,", ",100.00\0,"),
        (",100.00,", ",1\u200b00.00,"),
        ("\r\n", "\n"),
        ("\r\n", "\r\r\n"),
        ("\r\n", ",\r\n"),
        ("\r\n", "\r\n\r\n"),
        ("\ufeff", ""),
        ("\ufeff", "\ufeff\ufeff"),
        ('"billing_period"', "billing_period"),
    ],
)
def test_a_ledger_in_another_form_is_reported(old: str, new: str) -> None:
    view = ledger_csv(TWO).decode()
    assert old in view
    for edited in (view.replace(old, new, 1), new.join(view.rsplit(old, 1))):
        assert differences(TWO, edited.encode())


@pytest.mark.parametrize("more", ["\r\n", "\0", "#", "\u200b", "\x1a"])
def test_what_follows_the_ledger_or_is_missing_at_its_end_is_reported(more: str) -> None:
    view = ledger_csv(TWO)
    assert differences(TWO, view + more.encode())
    assert differences(TWO, view[:-1])
    assert differences(TWO, view[:-2])


@pytest.mark.parametrize("row", [1, 3, 5])
def test_a_row_that_is_missing_or_comes_twice_is_reported(row: int) -> None:
    table = rows(ledger_csv(TWO))
    assert differences(TWO, written([*table[:row], *table[row + 1 :]]))
    assert differences(TWO, written([*table[: row + 1], *table[row:]]))


def test_a_ledger_of_an_earlier_version_is_compared_in_the_columns_that_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As if the last three columns had been added since."""
    earlier = len(COLUMNS) - 3
    monkeypatch.setattr(ledger, "_FIRST_COLUMNS", earlier)
    table = [row[:earlier] for row in rows(ledger_csv(TWO))]
    assert differences(TWO, written(table)) == []
    table[2][table[0].index('"amount_due"')] = "1.00"
    assert differences(TWO, written(table)) == ["its row 3 is otherwise in amount_due"]
    table = [row[:-1] for row in table]
    assert differences(TWO, written(table)) == ["its columns are not a ledger's"]


@pytest.mark.parametrize("columns", [1, 15, ledger._FIRST_COLUMNS - 1])
def test_a_ledger_of_which_columns_were_cut_off_is_none(columns: int) -> None:
    cut = [row[:columns] for row in rows(ledger_csv(TWO))]
    assert differences(TWO, written(cut)) == ["its columns are not a ledger's"]


def test_a_column_that_no_version_has_is_reported() -> None:
    table = rows(ledger_csv(TWO))
    more = [[*table[0], '"amount_to_pay"'], *([*row, "999.00"] for row in table[1:])]
    assert differences(TWO, written(more)) == ["its columns are not a ledger's"]


def test_a_row_that_is_wider_than_the_header_is_reported() -> None:
    table = rows(ledger_csv(TWO))
    table[1] = [*table[1], "PAID TWICE"]
    assert differences(TWO, written(table)) == ["its row 2 is otherwise in its length"]


@pytest.mark.parametrize("view", [b"", b"a,b\r\n1,2\r\n", "\ufeff".encode()])
def test_what_has_other_columns_is_no_ledger(view: bytes) -> None:
    assert differences(TWO, view) == ["its columns are not a ledger's"]


def test_columns_in_another_order_are_no_ledgers() -> None:
    swapped = [[row[1], row[0], *row[2:]] for row in rows(ledger_csv(TWO))]
    assert differences(TWO, written(swapped)) == ["its columns are not a ledger's"]


def test_a_row_that_is_cut_short_is_reported() -> None:
    table = rows(ledger_csv(TWO))
    table[2] = table[2][:5]
    assert differences(TWO, written(table)) == ["its row 3 is otherwise in its length"]


def test_the_verdict_of_a_payer_account_is_part_of_its_rows() -> None:
    changed = replace(TWO, payers=(replace(TWO.payers[0], verdict="PARTIAL"), TWO.payers[1]))
    assert differences(changed, ledger_csv(TWO)) == ["its row 2 is otherwise in verdict"]


def test_a_ledger_with_the_columns_of_the_first_release_stays_right_for_ever() -> None:
    table = rows(ledger_csv(TWO))
    assert table[0][: len(FIRST_RELEASE)] == [quoted(name) for name in FIRST_RELEASE]
    assert differences(TWO, written([row[: len(FIRST_RELEASE)] for row in table])) == []


def test_the_role_by_which_alone_an_invoice_is_listed_is_checked_like_any_other_cell() -> None:
    of_role = replace(archived("1"), receiver_roles=("SELLER",))
    one = manifest(payer(ACME, of_role, archived("2")))
    table = rows(ledger_csv(one))
    role = table[0].index('"receiver_role"')
    assert [row[role] for row in table[1:]] == ['"SELLER"', ""]
    assert differences(one, written(table)) == []
    table[1][role] = ""
    assert differences(one, written(table)) == ["its row 2 is otherwise in receiver_role"]
