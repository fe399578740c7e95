"""The workbook as openpyxl reads it; tests/spreadsheet opens it with LibreOffice."""

import io
import zipfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from lambdas.domain.findings import finding
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.judgement.manifests import Manifest, OutstandingSince
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.domain.witnesses.payments import PaymentRecords, UnlistedRecord
from lambdas.domain.witnesses.statements import PayerWitnesses
from lambdas.views import sheets
from lambdas.views.digest import PeriodDigest
from lambdas.views.invoices_csv import INVOICE_COLUMNS
from lambdas.views.ledger import COLUMNS, EXCLUDED, ledger_rows
from lambdas.views.sheet_layout import DOCUMENTS
from lambdas.views.wording import PAYER_VERDICTS
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
from tests.domain.examples import (
    ACME,
    AFTER_DEADLINE,
    BEFORE_DEADLINE,
    BOREAL,
    INVOICE_ID,
    OCTOBER,
    outstanding,
    supplement,
)
from tests.domain.payments.records import answer, credit_memo, financial_record, paid

HEADINGS = [column.heading for column in DOCUMENTS.columns]


def opened(
    manifest: Manifest,
    before: PeriodDigest | None = None,
    *,
    as_of: datetime | None = None,
    payments: PaymentStatus | None = None,
) -> Any:
    workbook = ledger_workbook(manifest, before, OWNERS, as_of, payments)
    return openpyxl.load_workbook(io.BytesIO(workbook))


def table(sheet: Any) -> list[dict[str, Any]]:
    """The sheet's rows by heading; an empty cell is None."""
    headings, *rows = ([cell.value for cell in row] for row in sheet.iter_rows())
    return [dict(zip(headings, row, strict=True)) for row in rows]


def cell(sheet: Any, heading: str, row: int = 2) -> Any:
    return sheet.cell(row, [one.value for one in sheet[1]].index(heading) + 1)


def test_the_sheets_are_the_summary_and_its_tables() -> None:
    sheets = ["summary", "invoices", "payers", "documents", "missing", "changes", "columns"]
    assert opened(month()).sheetnames == sheets


def test_a_heading_stands_above_its_cells_numbers_and_dates_at_the_right() -> None:
    for sheet in opened(month(payer_state(invoices=(due("1", "10.00"),)))).worksheets[1:]:
        for heading, below in zip(sheet[1], sheet[2] if sheet.max_row > 1 else (), strict=False):
            if below.value is not None:
                assert (heading.alignment.horizontal == "right") == (below.data_type in "nd")


def test_the_documents_are_those_of_the_csv_with_their_types() -> None:
    manifest = month(payer_state(BOREAL, invoices=(invoice(payer=BOREAL, **FULL_ROW),)))
    sheet = opened(manifest)["documents"]
    assert [one.value for one in sheet[1]] == HEADINGS
    assert sorted(HEADINGS) == sorted(column.heading for column in (*COLUMNS, EXCLUDED))
    (expected,) = ledger_rows(manifest)
    for column, value in zip(COLUMNS, expected, strict=True):
        heading = column.heading
        found = cell(sheet, heading)
        if isinstance(value, Decimal):
            assert (found.data_type, Decimal(str(found.value))) == ("n", value), heading
        elif isinstance(value, str):
            assert (found.data_type, found.value) == ("s", value), heading
        elif value is None:
            assert found.value is None, heading
        else:
            assert found.is_date, heading
    assert cell(sheet, "Payer account").value == BOREAL  # with its leading zero
    assert cell(sheet, "Issued").value == datetime(2026, 11, 3)  # noqa: DTZ001 - a cell has no zone
    assert cell(sheet, "Retrieved (UTC)").value == datetime(2026, 11, 5, 6, 0, 7)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("total", "form"),
    [("-110.70", "#,##0.00"), ("244460", "#,##0"), ("9887.094", "#,##0.000"), ("1E+3", "#,##0")],
)
def test_amounts_are_numbers_with_the_decimals_of_their_currency(total: str, form: str) -> None:
    sheet = opened(month(payer_state(invoices=(invoice(PaymentCurrencyAmount=amount(total)),))))[
        "documents"
    ]
    found = cell(sheet, "Payment: total")
    assert (found.data_type, Decimal(str(found.value)), found.number_format) == (
        "n",
        Decimal(total),
        form,
    )


def test_an_amount_that_a_spreadsheet_would_round_is_text() -> None:
    long = "12345678901234.567"
    sheet = opened(month(payer_state(invoices=(invoice(PaymentCurrencyAmount=amount(long)),))))[
        "documents"
    ]
    found = cell(sheet, "Payment: total")
    assert (found.data_type, found.value) == ("s", long)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "{=1}"])
def test_no_text_is_a_formula_or_becomes_one_when_it_is_edited(text: str) -> None:
    state = payer_state(name=text, legal_entity=text, invoices=(invoice(text),))
    book = opened(month(state))
    for sheet in book:
        for row in sheet.iter_rows():
            assert all(one.data_type != "f" for one in row)
    found = cell(book["documents"], "Payer name")
    assert (found.value, found.number_format) == (text.replace("\t", " ").replace("\r", " "), "@")


def test_links_and_numbers_in_names_stay_text() -> None:
    for text in ("https://example.com/", "mailto:a@example.com", "00012", "internal:Sheet!A1"):
        sheet = opened(month(payer_state(name=text, invoices=(invoice(),))))["documents"]
        found = cell(sheet, "Payer name")
        assert (found.value, found.data_type, found.hyperlink) == (text, "s", None)


@pytest.mark.parametrize(
    ("text", "data_type", "value"),
    [
        ("0001-01-01T00:00:00Z", "s", "0001-01-01"),
        ("1899-12-31T00:00:00Z", "s", "1899-12-31"),
        ("1900-02-28T23:59:59Z", "s", "1900-02-28"),
        ("1900-03-01T00:00:00Z", "d", datetime(1900, 3, 1)),  # noqa: DTZ001
        ("9999-12-31T23:59:59Z", "d", datetime(9999, 12, 31)),  # noqa: DTZ001
        ("10000-01-01T00:00:00Z", "s", "10000-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59-05:00", "s", "9999-12-31T23:59:59-05:00"),
        ("2026-02-30T00:00:00Z", "s", "2026-02-30T00:00:00Z"),
        ("soon", "s", "soon"),
    ],
)
def test_a_day_that_spreadsheets_do_not_count_alike_is_text(
    text: str, data_type: str, value: object
) -> None:
    sheet = opened(month(payer_state(invoices=(invoice(IssuedDate=text, DueDate=text),))))[
        "documents"
    ]
    for heading in ("Issued", "Due"):
        found = cell(sheet, heading)
        assert (found.data_type, found.value) == (data_type, value)


def test_an_amount_with_more_decimals_than_a_spreadsheet_shows_is_text() -> None:
    for total, data_type in (("0." + 29 * "0" + "1", "n"), ("0." + 30 * "0" + "1", "s")):
        row = {"PaymentCurrencyAmount": amount(total)}
        sheet = opened(month(payer_state(invoices=(invoice(**row),))))["documents"]
        assert cell(sheet, "Payment: total").data_type == data_type


def test_rows_beyond_the_end_of_a_worksheet_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambdas.views.sheets._MOST_ROWS", 4)
    manifest = month(payer_state(invoices=tuple(due(str(n), "1.00") for n in range(1, 6))))
    book = opened(manifest)
    for name, end in (
        ("documents", "; ledger.csv has all."),
        ("invoices", "; invoices.csv has all."),
        ("columns", "."),
    ):
        sheet = book[name]
        assert sheet.max_row == 4
        assert sheet.cell(4, 1).value == f"A worksheet holds no more rows{end}"
        assert sheet.auto_filter.ref.endswith("4")


def test_text_is_cut_as_excel_counts_it() -> None:
    sheet = opened(month(payer_state(name=40_000 * "\N{OLIVE}", invoices=(invoice(),))))
    name = cell(sheet["documents"], "Payer name").value
    assert len(name.encode("utf-16-le")) <= 2 * 32_767
    assert name.endswith("\N{OLIVE}\N{HORIZONTAL ELLIPSIS}")


def test_characters_that_xml_forbids_and_very_long_text_do_no_harm() -> None:
    sheet = opened(
        month(payer_state(name="a\x00\x1f\ud800b" + 40_000 * "x", invoices=(invoice(),)))
    )
    name = cell(sheet["documents"], "Payer name").value
    assert name.startswith("a\ufffd")
    assert len(name) == 32_767


def test_each_table_has_a_frozen_header_and_a_filter_over_all_its_rows() -> None:
    manifest = month(
        payer_state(invoices=(invoice("1"), invoice("2")), outstanding=(outstanding(),))
    )
    book = opened(manifest, digest(payer_state()))
    counts = {"invoices": 3, "payers": 1, "documents": 2, "missing": 1, "changes": 1}
    frozen = {"invoices": "B2", "documents": "E2"}
    for name, rows in counts.items():
        sheet = book[name]
        assert sheet.freeze_panes == frozen.get(name, "A2")
        last = sheet.cell(1, sheet.max_column).column_letter
        assert sheet.auto_filter.ref == f"A1:{last}{rows + 1}", name
        assert sheet.print_title_rows == "$1:$1"


@pytest.mark.parametrize(("sheet", "heading"), [("documents", "File name"), ("invoices", "File")])
def test_a_file_opens_in_a_copy_of_the_archive(sheet: str, heading: str) -> None:
    one = invoice()
    state = payer_state(invoices=(one,), outstanding=(outstanding(),))
    found = cell(opened(month(state))[sheet], heading)
    key = one.documents[0].stored.key
    assert key.endswith(found.value)
    assert found.hyperlink.target.replace("\\", "/") == f"../../{key}"


def test_an_invoice_without_a_file_has_no_link() -> None:
    sheet = opened(month(payer_state(outstanding=(outstanding(),))))["invoices"]
    found = cell(sheet, "File")
    assert (found.value, found.hyperlink) == (None, None)


def test_the_summary_says_the_verdict_the_totals_and_where_they_come_from() -> None:
    rolled_back = finding("MANIFESTS_ROLLED_BACK", "periods/x", "Number 3 is gone.")
    manifest = month(
        payer_state(invoices=(due("1", "12.50"), due("2", "-3", "JPY"))),
        verdict="ACTION_REQUIRED",
        findings=(rolled_back,),
        closed_at="2026-11-11T06:00:00Z",
    )
    sheet = opened(manifest, digest(payer_state(invoices=(due("0", "10.00"),))))["summary"]
    found = {row[0].value: [one.value for one in row[1:4]] for row in sheet.iter_rows()}
    assert found["Status"][0] == "Action required"
    assert found["Made from"][0] == manifest.key
    assert found["Archive closed (UTC)"][0] == datetime(2026, 11, 11, 6)  # noqa: DTZ001 - a cell has no zone
    assert (found["Archived"][0], found["Documents"][0]) == ("2 invoices", 2)
    assert found["Outstanding"][0] == "0 of 2 expected invoices"
    assert found["MANIFESTS_ROLLED_BACK"][0].startswith("Number 3 is gone. Next step: ")
    assert found["Currency"] == ["Total", "Month before", "Difference"]
    assert found["USD"] == [12.5, 10, None]  # the page compares nothing of such a month either
    assert found["JPY"] == [-3, None, None]


def test_archived_and_outstanding_of_the_summary_make_the_expected_invoices() -> None:
    bare = replace(due("1", "12.50"), documents=())
    state = payer_state(invoices=(bare, due("2", "1.00")), verdict="PARTIAL")
    sheet = opened(month(replace(state, unarchived=1), verdict="ACTION_REQUIRED"))["summary"]
    found = {row[0].value: row[1].value for row in sheet.iter_rows()}
    assert found["Archived"] == "1 invoice, 1 without its invoice document"
    assert found["Outstanding"] == "1 of 2 expected invoices"
    assert found["Documents"] == 1


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [("COMPLETE", "COMPLETE", 2.5), ("AWAITING", "COMPLETE", None), ("COMPLETE", "PARTIAL", None)],
)
def test_totals_are_compared_only_where_both_months_have_everything(
    now: str, before: str, expected: float | None
) -> None:
    period = {True: "COMPLETE", False: "ACTION_REQUIRED"}
    one = payer_state(invoices=(due("1", "12.50"),), verdict=now)
    gap = () if before == "COMPLETE" else (outstanding(),)
    earlier = payer_state(invoices=(due("0", "10.00"),), outstanding=gap, verdict=before)
    book = opened(
        month(one, verdict=period[now == "COMPLETE"]),
        digest(earlier, verdict=period[before == "COMPLETE"]),
    )
    summary = {row[0].value: row[3].value for row in book["summary"].iter_rows()}
    (payer,), (change,) = table(book["payers"]), table(book["changes"])
    assert [summary["USD"], payer["Difference"], change["Difference"]] == 3 * [expected]
    assert ("not compared" in change["Details"]) == (expected is None)
    assert any("Provisional." in str(text) for text in summary) == (now != "COMPLETE")


def test_sentences_are_wrapped_and_words_stand_beside_codes() -> None:
    no_access = finding("NO_ACCESS", BOREAL, "The role cannot be assumed: it is not there.")
    state = payer_state(BOREAL, "Boreal", findings=(no_access,), verdict="NO_ACCESS")
    sheet = opened(month(state))["missing"]
    for heading in ("Missing", "Next step"):
        assert cell(sheet, heading).alignment.wrap_text
    assert (cell(sheet, "Issue").value, cell(sheet, "Code").value) == (
        "No access",
        "NO_ACCESS",
    )


def test_documents_are_printed_up_to_their_amount_and_the_columns_are_explained() -> None:
    book = opened(month(payer_state(invoices=(invoice("1"), invoice("2")))))
    documents = book["documents"]
    assert documents.print_area == "'documents'!$A$1:$L$3"
    assert [documents.cell(1, at).value for at in (11, 12)] == ["Amount due", "Excluded"]
    rows = table(book["columns"])
    explained = [(row["Sheet"], row["Heading"]) for row in rows]
    assert explained == [
        *(("invoices", column.heading) for column in INVOICE_COLUMNS),
        *(("documents", heading) for heading in HEADINGS),
    ]
    assert all(row["Meaning"] for row in rows)


@pytest.mark.parametrize("name", ["invoices", "documents"])
def test_each_printed_page_has_the_invoice_id_beside_the_amounts(name: str) -> None:
    sheet = opened(month(payer_state(invoices=(invoice(),))))[name]
    column = cell(sheet, "Invoice id").column_letter
    assert sheet.page_setup.fitToWidth == 2
    assert sheet.print_title_cols == f"${column}:${column}"


def test_payers_that_need_attention_come_first_with_a_row_for_each_currency() -> None:
    manifest = month(
        payer_state(ACME, "Acme", invoices=(due("1", "1.00"), due("2", "2", "JPY"))),
        payer_state(BOREAL, "Boreal", verdict="NO_ACCESS"),
    )
    rows = table(opened(manifest, digest(payer_state(ACME)))["payers"])
    assert [(row["Payer account"], row["Status"], row["Currency"]) for row in rows] == [
        (BOREAL, "No access", None),
        (ACME, "Complete", "JPY"),
        (ACME, "Complete", "USD"),
    ]
    assert [row["Difference"] for row in rows] == [None, 2, 1]
    assert all(row["Meaning"] for row in rows)


def test_the_missing_sheet_has_every_blocking_finding_with_its_next_step() -> None:
    no_access = finding("NO_ACCESS", BOREAL, "The role cannot be assumed.")
    manifest = month(
        payer_state(
            ACME,
            invoices=(invoice(),),
            outstanding=(outstanding("AWAITED-1"),),
            findings=(finding("INVOICE_CHANGED", INVOICE_ID, "A warning."),),
            verdict="PARTIAL",
        ),
        payer_state(BOREAL, "Boreal", findings=(no_access,), verdict="NO_ACCESS"),
        payer_state("999900001111", "Cardinal", verdict="AWAITING"),
        findings=(finding("MANIFEST_DAMAGED", "periods/x", "It is gone."),),
    )
    rows = table(opened(manifest)["missing"])
    assert [(row["Payer account"], row["Code"], row["Invoice or file"]) for row in rows] == [
        (None, "MANIFEST_DAMAGED", "periods/x"),
        (BOREAL, "NO_ACCESS", None),
        (ACME, "PDF_NOT_READY", "AWAITED-1"),
        ("999900001111", None, None),
    ]
    assert all(row["Next step"] for row in rows[:3])
    assert rows[3]["Missing"] == PAYER_VERDICTS["AWAITING"][1]


def test_a_complete_month_has_nothing_missing() -> None:
    assert table(opened(month(payer_state(invoices=(invoice(),))))["missing"]) == []


def test_the_changes_are_reported_first_and_then_those_since_the_month_before() -> None:
    late = finding("LATE_DOCUMENT", INVOICE_ID, "Added.")
    manifest = month(payer_state(invoices=(due(INVOICE_ID, "7.00"),), findings=(late,)))
    rows = table(opened(manifest, digest(payer_state(invoices=(due("0", "5.00"),))))["changes"])
    assert [(row["Code"], row["Month before"], row["Now"], row["Difference"]) for row in rows] == [
        ("LATE_DOCUMENT", None, None, None),
        ("TOTAL_CHANGED", 5, 7, 2),
    ]
    assert [row["Code"] for row in table(opened(manifest)["changes"])] == ["LATE_DOCUMENT"]


def test_the_same_content_gives_the_same_bytes_at_any_time(monkeypatch: Any) -> None:
    manifest = month(payer_state(invoices=(invoice("1", supplement(), **FULL_ROW),)))
    before = digest(payer_state())
    first = ledger_workbook(manifest, before, OWNERS)
    monkeypatch.setattr("time.time", lambda: 1e9)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert ledger_workbook(Manifest.from_data(manifest.to_data()), before, OWNERS) == first
    with zipfile.ZipFile(io.BytesIO(first)) as workbook:
        assert {entry.date_time[0] for entry in workbook.infolist()} == {1980}


def folding(sheet: Any) -> dict[str, tuple[int, bool, bool]]:
    """Outline level of each column by heading, if it is hidden, and if a sign above it opens those
    before it; the column after the table as "".
    """
    found = {}
    ranges = list(sheet.column_dimensions.values())  # columns that are alike are one of them
    for at, one in enumerate([*sheet[1], None], 1):
        column = next((some for some in ranges if some.min <= at <= some.max), None)
        heading = str(one.value) if one else ""
        is_hidden, is_sign = (column and column.hidden), (column and column.collapsed)
        found[heading] = (column.outlineLevel if column else 0, bool(is_hidden), bool(is_sign))
    return found


def columns_of(manifest: Manifest, name: str) -> dict[str, tuple[int, bool, bool]]:
    return folding(opened(manifest)[name])


def test_rarely_used_columns_are_folded_and_one_click_opens_them() -> None:
    columns = columns_of(month(payer_state(invoices=(invoice(**FULL_ROW),))), "documents")
    for heading in ("Invoice id", "Seller", "Amount due", "File name"):
        assert columns[heading] == (0, False, False), heading
    assert columns["Base: before tax"] == (1, True, False)
    assert columns["Base: discounts"] == (2, True, False), "it is empty"
    assert columns["Base: total"] == (0, False, True), "the sign that opens them is above it"
    assert columns["Tax: before tax"] == (1, True, False)
    assert columns["SHA-256"] == (1, True, False)
    assert columns[""] == (0, False, True)


def test_columns_without_a_value_in_the_month_are_out_of_sight_also_among_opened_ones() -> None:
    columns = columns_of(month(payer_state(invoices=(invoice(),), legal_entity="")), "documents")
    assert columns["Legal entity"] == (1, True, False)
    assert columns["Invoice id"] == (0, False, True)
    assert columns["PO number"][:2] == (1, True)
    assert columns["Payment: currency"][:2] == (1, True), "it opens with its group"
    assert columns["Payment: tax"][:2] == (2, True), "it stays hidden then"


@pytest.mark.parametrize(
    ("levels", "nested"),
    [
        ([0, 1, 2, 1, 0], [0, 1, 2, 1, 0]),
        ([0, 2, 2, 1, 0], [0, 1, 2, 1, 0]),
        ([0, 1, 2, 2], [0, 1, 2, 1]),
        ([2, 2, 2, 2], [1, 2, 2, 1]),
        ([0, 2, 0, 2, 2, 0], [0, 1, 0, 1, 1, 0]),
        ([], []),
    ],
)
def test_no_group_within_another_begins_or_ends_with_it(
    levels: list[int], nested: list[int]
) -> None:
    assert sheets._nested(levels) == nested


def test_a_sheet_without_rows_hides_no_empty_column() -> None:
    columns = columns_of(month(payer_state()), "documents")
    assert columns["PO number"] == (0, False, False)
    assert columns["SHA-256"] == (1, True, False)


def test_the_invoices_are_those_of_the_csv_the_further_columns_folded() -> None:
    manifest = month(payer_state(BOREAL, invoices=(invoice(payer=BOREAL, **FULL_ROW),)))
    sheet = opened(manifest)["invoices"]
    assert [one.value for one in sheet[1]] == [column.heading for column in INVOICE_COLUMNS]
    assert cell(sheet, "Payer account").value == BOREAL
    gross = cell(sheet, "Gross")
    assert (gross.data_type, gross.value) == ("n", -110.70)
    columns = folding(sheet)
    assert columns["File"][:2] == (0, False)
    assert columns["Invoice type"][:2] == (1, True)


def test_the_missing_sheet_has_owner_actor_amount_and_date() -> None:
    gap = replace(outstanding(), summary=InvoiceSummary(due("AWAITED-1", "41.10").summary.row))
    state = payer_state(verdict="PARTIAL", outstanding=(gap,))
    since = (OutstandingSince("AWAITED-1", "2026-11-04T06:00:00Z"),)
    manifest = replace(
        month(replace(state, outstanding_since=since), verdict="AWAITING"),
        generated_at="2026-11-05T06:00:00Z",
        last_day="2026-11-10",
    )
    (row,) = table(opened(manifest)["missing"])
    assert row["Owner"] == "Dana Whitlock"
    assert row["Who acts"] == "AWS"
    assert (row["Currency"], row["Amount listed by AWS"]) == ("USD", 41.1)
    assert row["Outstanding since"] == datetime(2026, 11, 4)  # noqa: DTZ001 - a cell has no zone
    assert row["Next step"].startswith("No action until 11 November 2026")
    summary = {one[0].value: one for one in opened(manifest)["summary"].iter_rows()}
    assert summary["Outstanding"][1].value == "1 of 1 expected invoices"
    assert [one.value for one in summary["USD"][1:]] == [None, None, None, 41.1, "provisional"]


def test_differences_are_in_per_cent_too_the_largest_first() -> None:
    now = month(
        payer_state(ACME, invoices=(due("1", "12.00"),)),
        payer_state(BOREAL, "Boreal", invoices=(due("2", "5.00", payer=BOREAL),)),
        payer_state("999900001111", "Cardinal", invoices=(due("3", "1", payer="999900001111"),)),
    )
    before = digest(
        payer_state(ACME, invoices=(due("01", "10.00"),)),
        payer_state(BOREAL, "Boreal", invoices=(due("02", "10.00", payer=BOREAL),)),
    )
    rows = table(opened(now, before)["changes"])
    assert [(row["Code"], row["Difference in %"]) for row in rows] == [
        ("PAYER_NEW", None),
        ("TOTAL_CHANGED", -50),
        ("TOTAL_CHANGED", 20),
    ]


def test_payments_are_a_sheet_with_past_due_ones_first() -> None:
    records = [
        paid("1", "2026-11-08", value="5.00"),
        financial_record("2", "7", "JPY", due_date=date(2026, 11, 3), seller="=cmd|' /C calc'!A0"),
        credit_memo("9", "0.123456789012345678", payment_terms=""),
        financial_record("7", "1.00"),
    ]
    status = PaymentStatus(OCTOBER).updated({ACME: answer(*records)}, {ACME})
    state = payer_state(invoices=(due("1", "5.00"), due("2", "7", "JPY"), due("9", "-1")))
    book = opened(month(state), payments=status, as_of=AFTER_DEADLINE)
    rows = {row["Invoice"]: row for row in table(book["payments"])}

    assert list(rows) == ["2", "1", "7", "9"]
    past_due, settled, unlisted, memo = rows.values()
    assert past_due["Payment"] == "past due since 4 November 2026"
    assert (past_due["Past due"], past_due["Due"]) == ("yes", datetime(2026, 11, 3))  # noqa: DTZ001
    assert (past_due["Currency"], past_due["Outstanding"]) == ("JPY", 7)
    assert past_due["Seller"] == "=cmd|' /C calc'!A0"
    assert book["payments"]["Q2"].data_type == "s"
    assert (settled["Payment"], settled["Paid or applied"]) == ("paid 8 November 2026", 5)
    assert settled["Paid or applied on"] == datetime(2026, 11, 8)  # noqa: DTZ001
    assert settled["In the archive"] == "yes"
    assert unlisted["In the archive"] == "not in this month"
    assert (memo["Type"], memo["Payment"]) == ("Credit memo", "not applied yet")
    assert memo["Amount"] == "0.123456789012345678"
    assert memo["Due"] is None


def test_a_payment_that_two_payer_accounts_show_is_one_row_of_who_was_asked_last() -> None:
    given = {BOREAL: answer(paid("2")), ACME: answer(financial_record("2"), at=BEFORE_DEADLINE)}
    status = PaymentStatus(OCTOBER).updated(given, given)
    [row] = table(opened(month(payer_state()), payments=status)["payments"])

    assert (row["Payer account"], row["Payment"]) == (BOREAL, "paid 20 November 2026")


def test_a_payment_is_not_in_the_archive_if_no_month_has_its_invoice() -> None:
    unlisted = PaymentRecords("run-2", "-", 2, (UnlistedRecord.of(financial_record("7")),))
    state = replace(
        payer_state(outstanding=(outstanding("3"),)), witnesses=PayerWitnesses(payments=unlisted)
    )
    status = PaymentStatus(OCTOBER).updated({ACME: answer(*map(financial_record, "378"))}, {ACME})
    rows = table(opened(month(state), payments=status)["payments"])

    assert {row["Invoice"]: row["In the archive"] for row in rows} == {
        "3": "no", "7": "no", "8": "not in this month"
    }  # fmt: skip


def test_without_a_payment_status_there_is_no_sheet_of_payments() -> None:
    assert "payments" not in opened(month()).sheetnames
    assert "payments" not in opened(month(), payments=PaymentStatus(OCTOBER)).sheetnames


def test_a_record_that_two_payer_accounts_show_is_one_row() -> None:
    first = answer(financial_record("2", "7.00"), paid("3"))
    later = answer(paid("2", value="7.00"), at=AFTER_DEADLINE + timedelta(days=1))
    status = PaymentStatus(OCTOBER).updated({BOREAL: later, ACME: first}, {ACME, BOREAL})
    rows = table(opened(month(), payments=status)["payments"])

    assert [(row["Invoice"], row["Payer account"], row["Payment"]) for row in rows] == [
        ("2", BOREAL, "paid 20 November 2026"), ("3", ACME, "paid 20 November 2026")
    ]  # fmt: skip
    assert rows[0]["Status by AWS (changed UTC)"] == datetime(2026, 11, 13, 6)  # noqa: DTZ001
