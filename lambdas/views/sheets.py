"""Sheets of a workbook that needs no instruction: text is text, amounts and days are numbers and
days in every language, and the same content gives the same bytes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from lambdas.domain.visible_text import shown
from lambdas.views.cells import Cell, Kind

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
class Heading:
    text: str
    kind: Kind
    width: int
    is_folded: bool = False
    """True for a rarely used column, which a click on the sign above the next one opens."""

    @property
    def is_prose(self) -> bool:
        return self.kind is Kind.TEXT and self.width >= _PROSE_WIDTH


@dataclass(frozen=True)
class Frozen:
    """The frozen and printed parts of a sheet that is wider than any screen or paper."""

    columns: int
    """Number of columns that stay in sight, from the left. The last of them, the id of a row, is on
    each printed page too.
    """
    printed: int
    """Number of printed columns."""
    pages_wide: int


@dataclass(frozen=True)
class Link:
    """A column whose cells open files in a copy of the archive, and the column of their keys."""

    column: int
    keys: int


class Book:
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
        self.heading = workbook.add_format(heading | {"indent": 1})
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
        headings: Sequence[Heading],
        rows: Iterable[Sequence[Cell | int]],
        *,
        link: Link | None = None,
        frozen: Frozen | None = None,
        folds_empty: bool = False,
        full: str = "A worksheet holds no more rows.",
    ) -> None:
        """Add a sheet of one table with a frozen header and a filter.

        `folds_empty` folds the columns without a value too. `full` is the last row of a
        sheet that holds no more.
        """
        sheet = self.sheet(name)
        sheet.freeze_panes(1, frozen.columns if frozen else 0)
        sheet.repeat_rows(0)
        self.headings(sheet, 0, headings)
        number, filled = 0, set[int]()
        for number, row in enumerate(rows, 1):
            filled.update(at for at, cell in enumerate(row) if cell is not None and cell != "")
            if number == _MOST_ROWS - 1:
                self.cell(sheet, number, 0, full)
                break
            for column, cell in enumerate(row):
                if link and column == link.column and row[link.keys] and number <= _MOST_LINKS:
                    sheet.write_url(
                        number, column, f"external:{_TO_ROOT}{row[link.keys]}", string=str(cell)
                    )
                else:
                    self.cell(sheet, number, column, cell, wraps=headings[column].is_prose)
        sheet.autofilter(0, 0, number, len(headings) - 1)
        if frozen:
            sheet.print_area(0, 0, number, frozen.printed - 1)
            sheet.repeat_columns(frozen.columns - 1)
            sheet.fit_to_pages(frozen.pages_wide, 0)
        is_shown = filled if folds_empty and number else range(len(headings))
        _fold(
            sheet,
            [one.is_folded + (at not in is_shown) for at, one in enumerate(headings)],
            [one.width for one in headings],
        )

    def headings(self, sheet: Worksheet, row: int, headings: Sequence[Heading]) -> None:
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
            form = self._format("@", wraps=wraps, left=left)
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
            elif number_format == "@":
                # it may follow a number, which stands at the right
                form |= {"align": "left", "indent": 1}
            self._formats[key] = self._workbook.add_format(form)
        return self._formats[key]


def _fold(sheet: Worksheet, levels: Sequence[int], widths: Sequence[int]) -> None:
    """Hide the columns above level 0. An empty column among folded ones has a level of its own, so
    that it stays hidden when the others are opened. Each group is opened above the column after it.
    """
    before = 0
    for column, level in enumerate((*_nested(levels), 0)):
        if level or before:
            width = widths[column] if column < len(widths) else None
            folded = {"level": level, "hidden": level > 0, "collapsed": level < before}
            sheet.set_column(column, column, width, None, folded)
        before = level


def _nested(levels: Iterable[int]) -> list[int]:
    """The levels, where no group within another begins or ends with it: LibreOffice takes the outer
    one for open then.
    """
    return _stepwise(_stepwise(levels)[::-1])[::-1]


def _stepwise(levels: Iterable[int]) -> list[int]:
    """The levels, none more than one above the one before it."""
    found: list[int] = []
    for level in levels:
        found.append(min(level, (found or [0])[-1] + 1))
    return found


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
