"""The view `ledger.xlsx`: the ledger as a workbook that needs no instruction.

Text is written as text cells, so none of it is a formula; amounts and days are numbers and days in
every language. The same content gives the same bytes.
"""

import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from lambdas.domain.findings import Finding
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.visible_text import shown
from lambdas.views.cells import Cell, Kind
from lambdas.views.comparison import (
    Change,
    Total,
    archive_changes,
    is_comparable,
    provisional,
    since_period_before,
    total_changes,
)
from lambdas.views.digest import PeriodDigest
from lambdas.views.ledger import COLUMNS, ledger_rows
from lambdas.views.wording import PAYER_VERDICTS, code_name, period_name, verdict_name

_LONGEST_CELL = 32_767
"""Limit of Excel for a cell; XlsxWriter leaves out longer text."""
_EXACT_DIGITS = 15
_MOST_DECIMALS = 30
"""Limits of a spreadsheet's numbers; an amount with more is written as text."""
_FIRST_DAY = date(1900, 3, 1)
"""The first day that all spreadsheets count alike; an earlier one is written as text."""
_MOST_ROWS = 1_048_576
"""Limit of Excel for a worksheet, the header included; XlsxWriter leaves out further rows."""
_MOST_LINKS = 65_530
"""Limit of Excel for links in a worksheet."""
_TO_ROOT = "../../"
"""Path from a period's folder to the root of the archive."""
_INK, _PAPER = "#14283C", "#FFFFFF"
_PROSE_WIDTH = 56
"""Columns of at least this width hold sentences, which are wrapped."""


@dataclass(frozen=True)
class _Heading:
    text: str
    kind: Kind
    width: int

    @property
    def is_prose(self) -> bool:
        return self.kind is Kind.TEXT and self.width >= _PROSE_WIDTH


@dataclass(frozen=True)
class _Frozen:
    """The frozen and printed parts of a sheet that is wider than any screen or paper."""

    columns: int
    """Number of columns that stay in sight, from the left."""
    printed: int
    """Number of printed columns."""
    pages_wide: int


class WorkbookNotMade(Exception):
    """The function's own storage (/tmp) has no room for the sheets; ledger.csv has all rows."""


def ledger_workbook(manifest: Manifest, before: PeriodDigest | None) -> bytes:
    """The workbook of a period; `before` is the period before it, if the archive has it.

    Sheets: summary, payers, documents, missing, changes, columns. Raises WorkbookNotMade.
    """
    try:
        with tempfile.TemporaryDirectory() as folder:  # deletes a workbook's leftovers too
            return _workbook_bytes(manifest, before, folder)
    except (OSError, FileCreateError) as error:  # sheets are written to the function's storage
        raise WorkbookNotMade(f"The function's own storage does not take it: {error}") from None


def _workbook_bytes(manifest: Manifest, before: PeriodDigest | None, folder: str) -> bytes:
    out = io.BytesIO()
    workbook = xlsxwriter.Workbook(out, {"constant_memory": True, "tmpdir": folder})
    workbook.set_properties(
        {
            "title": f"Invoice ledger {manifest.billing_period}",
            "comments": f"Made from {manifest.key}",
            "created": read_instant(manifest.generated_at).replace(tzinfo=None),
        }
    )
    book = _Book(workbook)
    now = PeriodDigest.of(manifest)
    _summary(book, manifest, now, before)
    book.table("payers", _PAYER_HEADINGS, _payer_rows(manifest, now, before))
    headings = [_Heading(column.heading, column.kind, column.width) for column in COLUMNS]
    book.table(
        "documents", headings, ledger_rows(manifest), link=_ARCHIVE_KEY, frozen=_DOCUMENTS_FROZEN
    )
    book.table("missing", _MISSING_HEADINGS, _missing_rows(manifest))
    book.table("changes", _CHANGE_HEADINGS, _change_rows(manifest, now, before))
    book.table("columns", _COLUMN_HEADINGS, _column_rows())
    workbook.close()
    return out.getvalue()


_NAMES = [column.name for column in COLUMNS]
_ARCHIVE_KEY = _NAMES.index("archive_key")
_DOCUMENTS_FROZEN = _Frozen(
    _NAMES.index("invoice_id") + 1, _NAMES.index("amount_due") + 1, pages_wide=2
)
_PAYER_HEADINGS = (
    _Heading("Payer account", Kind.ID, 15),
    _Heading("Payer name", Kind.TEXT, 34),
    _Heading("Legal entity", Kind.TEXT, 34),
    _Heading("Verdict", Kind.TEXT, 14),
    _Heading("Invoices expected", Kind.NUMBER, 11),
    _Heading("Invoices archived", Kind.NUMBER, 11),
    _Heading("Documents", Kind.NUMBER, 11),
    _Heading("Currency", Kind.TEXT, 9),
    _Heading("Total", Kind.NUMBER, 17),
    _Heading("Month before", Kind.NUMBER, 17),
    _Heading("Difference", Kind.NUMBER, 17),
    _Heading("Checked (UTC)", Kind.INSTANT, 19),
    _Heading("What it means", Kind.TEXT, 56),
)
_MISSING_HEADINGS = (
    _Heading("Payer account", Kind.ID, 15),
    _Heading("Payer name", Kind.TEXT, 34),
    _Heading("Legal entity", Kind.TEXT, 34),
    _Heading("Verdict", Kind.TEXT, 14),
    _Heading("In words", Kind.TEXT, 28),
    _Heading("Invoice or file", Kind.ID, 40),
    _Heading("What lacks", Kind.TEXT, 60),
    _Heading("Next step", Kind.TEXT, 60),
    _Heading("Finding", Kind.TEXT, 28),
)
_CHANGE_HEADINGS = (
    _Heading("In words", Kind.TEXT, 28),
    _Heading("Payer account", Kind.ID, 15),
    _Heading("Payer name", Kind.TEXT, 34),
    _Heading("Invoice or file", Kind.ID, 40),
    _Heading("What changed", Kind.TEXT, 60),
    _Heading("Currency", Kind.TEXT, 9),
    _Heading("Before", Kind.NUMBER, 17),
    _Heading("Now", Kind.NUMBER, 17),
    _Heading("Difference", Kind.NUMBER, 17),
    _Heading("Next step", Kind.TEXT, 60),
    _Heading("Change", Kind.TEXT, 28),
)
_COLUMN_HEADINGS = (
    _Heading("Heading in 'documents'", Kind.TEXT, 28),
    _Heading("Name in ledger.csv", Kind.TEXT, 28),
    _Heading("Meaning", Kind.TEXT, 90),
)


class _Book:
    """A workbook and the formats shared by its sheets."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._formats: dict[tuple[str, bool, bool], Format] = {}
        self.title = workbook.add_format({"bold": True, "font_size": 18, "font_color": _INK})
        self.label = workbook.add_format({"font_color": "#5B6770", "valign": "top"})
        self.bold = workbook.add_format({"bold": True, "num_format": "@"})
        heading = {
            "bold": True,
            "font_color": _PAPER,
            "bg_color": _INK,
            "text_wrap": True,
            "valign": "vcenter",
        }
        self.heading = workbook.add_format(heading)
        self.right_heading = workbook.add_format(heading | {"align": "right"})

    def sheet(self, name: str) -> Worksheet:
        sheet = self._workbook.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&F  &A&RPage &P of &N")
        # text of digits only is meant to be text
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        return sheet

    def table(
        self,
        name: str,
        headings: Sequence[_Heading],
        rows: Iterable[Sequence[Cell | int]],
        *,
        link: int | None = None,
        frozen: _Frozen | None = None,
    ) -> None:
        """Add a sheet of one table with a frozen header and a filter.

        `link` is the column of archive keys, each of which opens its file in a copy of the archive.
        """
        sheet = self.sheet(name)
        sheet.freeze_panes(1, frozen.columns if frozen else 0)
        sheet.repeat_rows(0)
        self.headings(sheet, 0, headings)
        number = 0
        for number, row in enumerate(rows, 1):
            if number == _MOST_ROWS - 1:
                self.cell(sheet, number, 0, "A worksheet holds no more rows; ledger.csv has all.")
                break
            for column, cell in enumerate(row):
                if column == link and number <= _MOST_LINKS:
                    key = str(cell)
                    sheet.write_url(number, column, f"external:{_TO_ROOT}{key}", string=key)
                else:
                    self.cell(sheet, number, column, cell, wraps=headings[column].is_prose)
        sheet.autofilter(0, 0, number, len(headings) - 1)
        if frozen:
            sheet.print_area(0, 0, number, frozen.printed - 1)
            sheet.fit_to_pages(frozen.pages_wide, 0)

    def headings(self, sheet: Worksheet, row: int, headings: Sequence[_Heading]) -> None:
        sheet.set_row(row, 32)
        for column, heading in enumerate(headings):
            sheet.set_column(column, column, heading.width)
            # aligned as a spreadsheet aligns the cells below
            is_text = heading.kind in (Kind.TEXT, Kind.ID)
            sheet.write_string(
                row, column, heading.text, self.heading if is_text else self.right_heading
            )

    def cell(
        self,
        sheet: Worksheet,
        row: int,
        column: int,
        cell: Cell | int,
        *,
        wraps: bool = False,
        left: bool = False,
    ) -> None:
        """Write a cell; `wraps` is for sentences, `left` for values beside their label."""
        if cell is None or cell == "":
            return
        if isinstance(cell, str):
            form = self._format("@", wraps=wraps)
            sheet.write_string(row, column, _fitting(shown(cell)), form)
        elif isinstance(cell, date) and _day(cell) < _FIRST_DAY:
            sheet.write_string(row, column, _written(cell), self._format("@", left=left))
        elif isinstance(cell, datetime):
            form = self._format("yyyy-mm-dd hh:mm:ss", left=left)
            sheet.write_datetime(row, column, cell.replace(tzinfo=None), form)
        elif isinstance(cell, date):
            sheet.write_datetime(row, column, cell, self._format("yyyy-mm-dd", left=left))
        elif isinstance(cell, int):
            sheet.write_number(row, column, cell, self._format("#,##0", left=left))
        elif not _is_held(cell):
            sheet.write_string(row, column, f"{cell:f}", self._format("@"))
        else:
            form = self._format(_number_format(cell), left=left)
            sheet.write_number(row, column, float(cell), form)

    def _format(self, number_format: str, *, wraps: bool = False, left: bool = False) -> Format:
        key = number_format, wraps, left
        if key not in self._formats:
            form = {"num_format": number_format, "valign": "top", "text_wrap": wraps}
            if left:
                form["align"] = "left"
            self._formats[key] = self._workbook.add_format(form)
        return self._formats[key]


def _fitting(text: str) -> str:
    """The text cut to fit a cell; Excel counts in UTF-16."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * _LONGEST_CELL:
        return text
    cut = units[: 2 * (_LONGEST_CELL - 1)].decode("utf-16-le", "ignore")
    return f"{cut}\N{HORIZONTAL ELLIPSIS}"


def _day(cell: date) -> date:
    return cell.date() if isinstance(cell, datetime) else cell


def _written(cell: date) -> str:
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=None).isoformat(" ", "seconds")
    return cell.isoformat()


def _is_held(value: Decimal) -> bool:
    """True if a spreadsheet keeps and shows every digit of the number."""
    return len(value.as_tuple().digits) <= _EXACT_DIGITS and _decimals(value) <= _MOST_DECIMALS


def _decimals(value: Decimal) -> int:
    exponent: int | Literal["n", "N", "F"] = value.as_tuple().exponent
    return max(0, -int(exponent))


def _number_format(value: Decimal) -> str:
    """A format with AWS's number of decimals: two for EUR, none for JPY, five for a rate."""
    decimals = _decimals(value)
    return f"#,##0.{'0' * decimals}" if decimals else "#,##0"


def _summary(
    book: _Book, manifest: Manifest, now: PeriodDigest, before: PeriodDigest | None
) -> None:
    sheet = book.sheet("summary")
    sheet.fit_to_pages(1, 1)
    sheet.hide_gridlines(2)
    for column, width in enumerate((26, 22, 22, 22)):
        sheet.set_column(column, column, width)
    title = f"Invoice ledger, {period_name(manifest.billing_period)}"
    sheet.write_string(0, 0, title, book.title)
    row = 2
    for label, cell in _facts(manifest, now):
        sheet.write_string(row, 0, label, book.label)
        if label == _VERDICT:
            sheet.write_string(row, 1, str(cell), book.bold)
        else:
            book.cell(sheet, row, 1, cell, left=True)
        row += 1
    for found in manifest.findings:
        sheet.write_string(row, 0, found.code, book.bold)
        book.cell(sheet, row, 1, f"{found.detail} Next step: {found.next_step}")
        row += 1
    row += 1
    book.headings(sheet, row, _TOTAL_HEADINGS)
    for cells in _total_rows(now, before):
        row += 1
        for column, cell in enumerate(cells):
            book.cell(sheet, row, column, cell)
    row += 1
    for text in (*_caveats(now, before), *_HOW_TO_READ):
        row += 1
        sheet.write_string(row, 0, text, book.label)


_VERDICT = "Verdict"
_TOTAL_HEADINGS = (
    _Heading("Currency", Kind.TEXT, 26),
    _Heading("Total", Kind.NUMBER, 22),
    _Heading("Month before", Kind.NUMBER, 22),
    _Heading("Difference", Kind.NUMBER, 22),
)


def _facts(manifest: Manifest, now: PeriodDigest) -> Iterator[tuple[str, Cell | int]]:
    yield _VERDICT, f"{verdict_name(manifest.verdict)} ({manifest.verdict})"
    yield "As of (UTC)", read_instant(manifest.generated_at)
    yield "Closed (UTC)", read_instant(manifest.closed_at) if manifest.closed_at else "not yet"
    yield "Payer accounts", len(now.payers)
    yield "Payer accounts complete", now.payers_complete
    yield "Invoices expected", now.expected
    yield "Invoices archived", now.archived
    yield "Documents", now.documents
    yield "Archive bucket", manifest.bucket
    yield "Made from", manifest.key
    yield "Run", manifest.run_id


def _caveats(now: PeriodDigest, before: PeriodDigest | None) -> Iterator[str]:
    """Reasons why these totals are not compared."""
    if not now.is_complete:
        yield f"{provisional(now).capitalize()}."
    if before and not before.is_complete:
        yield f"{period_name(before.billing_period)} is not complete."
    if before and not is_comparable(before, now):
        yield (
            "These totals are not compared with the month before. The sheet 'payers' compares the "
            "payer accounts that are complete in both months."
        )


_HOW_TO_READ = (
    "Totals are per currency and never added across currencies. What repeats another invoice "
    "counts once.",
    "payers: one row for each payer account and currency, those that need attention first.",
    "documents: one row for each archived file. Add up the column 'Amount due' only, per currency.",
    "missing: what the archive lacks, with the next step.",
    "changes: what differs from the month before, and what changed after it was archived.",
    "columns: what each column of 'documents' means. Printed are those up to 'Amount due'.",
    "Links in 'documents' open a file when this workbook lies in a copy of the archive.",
)


_NO_TOTAL = Total("", None, None, is_comparable=False)


def _total_rows(now: PeriodDigest, before: PeriodDigest | None) -> Iterator[list[Cell]]:
    for one in total_changes(before, now):
        yield [one.currency, one.now, one.before, one.difference]


def _needing_attention_first(payers: Iterable[PayerState]) -> list[PayerState]:
    return sorted(payers, key=lambda payer: payer.is_complete)


def _payer_rows(
    manifest: Manifest, now: PeriodDigest, before: PeriodDigest | None
) -> Iterator[list[Cell | int]]:
    for payer in _needing_attention_first(manifest.payers):
        account_id = payer.payer_account_id
        totals = list(total_changes(before, now, account_id))
        for total in totals or [_NO_TOTAL]:
            yield [
                account_id,
                payer.name,
                payer.legal_entity,
                payer.verdict,
                payer.expected,
                payer.archived,
                payer.documents,
                total.currency,
                total.now,
                total.before,
                total.difference,
                read_instant(payer.checked_at) if payer.checked_at else None,
                PAYER_VERDICTS[payer.verdict][1],
            ]


def _missing_rows(manifest: Manifest) -> Iterator[list[Cell]]:
    """Blocking findings, of the period and then of each payer account; an account that is not
    complete has at least one row.
    """
    for found in manifest.findings:
        yield [None, None, None, None, *_gap(found, found.subject)]
    for payer in _needing_attention_first(manifest.payers):
        who: list[Cell] = [payer.payer_account_id, payer.name, payer.legal_entity, payer.verdict]
        for found in payer.blocking:
            about = None if found.subject == payer.payer_account_id else found.subject
            yield [*who, *_gap(found, about)]
        if not payer.blocking and not payer.is_complete:
            yield [*who, None, None, PAYER_VERDICTS[payer.verdict][1], None, None]


def _gap(found: Finding, about: str | None) -> list[Cell]:
    return [code_name(found.code), about, found.detail, found.next_step, found.code]


def _change_rows(
    manifest: Manifest, now: PeriodDigest, before: PeriodDigest | None
) -> Iterator[list[Cell]]:
    changes: list[Change] = list(archive_changes(manifest))
    if before:
        changes += since_period_before(before, now)
    for change in changes:
        is_provisional = bool(change.currency) and not change.is_comparable
        yield [
            code_name(change.code),
            change.payer_account_id,
            change.payer_name,
            change.subject,
            change.detail + is_provisional * " Provisional, so not compared.",
            change.currency,
            change.before,
            change.now,
            change.difference,
            change.next_step,
            change.code,
        ]


def _column_rows() -> Iterator[list[Cell]]:
    for column in COLUMNS:
        yield [column.heading, column.name, column.meaning.replace("`", "")]
