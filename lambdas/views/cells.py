"""Cells and columns of tables, and how a CSV writes them so that spreadsheets change nothing."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cached_property, lru_cache
from typing import Generic, TypeVar

from lambdas.domain.visible_text import visible

BYTE_ORDER_MARK = "\ufeff"
Cell = str | Decimal | date | datetime | None
"""Text, money or a rate, a day, an instant in UTC; None if AWS states nothing."""
Line = TypeVar("Line")
"""The source of a row."""


class Kind(Enum):
    """The type of a column, whatever its cells look like: an ID of digits only is still text."""

    TEXT = "text"
    ID = "id"
    DAY = "day"
    INSTANT = "instant"
    NUMBER = "number"


@dataclass(frozen=True)
class Column(Generic[Line]):
    """`name` is the CSV's, `heading` the workbook's; `width` is in characters."""

    name: str
    heading: str
    kind: Kind
    width: int
    meaning: str
    cell: Callable[[Line], Cell]


@dataclass(frozen=True)
class CsvForm:
    """The signs by which spreadsheets of a region read a CSV."""

    separator: str
    """Stands between cells."""
    point: str
    """Stands before the decimals."""
    other_separator: str
    """Stands between cells elsewhere. A program set to it may begin a cell within a text."""

    @cached_property
    def formula_within(self) -> re.Pattern[str]:
        """The start of a formula behind the other separator."""
        signs = re.escape("".join(_FORMULA_SIGNS))
        return re.compile(rf"({re.escape(self.other_separator)}\s*)(?=[{signs}])")

    def line(self, cells: Iterable[str]) -> str:
        """A row with its line end."""
        return self.separator.join(cells) + "\r\n"


def is_formula(text: str) -> bool:
    """True if a spreadsheet in any language could take the text for a formula."""
    return text.lstrip().startswith(_FORMULA_SIGNS)


_FORMULA_SIGNS = tuple("=+-@") + tuple(
    "\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
    "\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
)
INTERNATIONAL = CsvForm(",", ".", ";")
EUROPEAN = CsvForm(";", ",", ",")
CSV_FORMS: Mapping[str, CsvForm] = {"international": INTERNATIONAL, "european": EUROPEAN}
"""By the value of the setting `csv_format`."""
_NUMBER_SIGNS = "0123456789 .,:/+-%()$€£¥eE"
_LONGEST_DATE = 24
_DATE = re.compile(
    r"\W*\d{0,4}\W*[^\W\d_]{3,9}\W*\d{1,4}\W*\d{0,4}"  # Mar 3, 3 May 2026, OKT-26
    r"|\d{1,4}\W*[^\W\d_]{3,9}\W*"  # 3 May
)


def _is_taken_for_a_value(text: str) -> bool:
    """True if a spreadsheet takes a CSV's text for a number, a date or a truth value."""
    if not text.strip(_NUMBER_SIGNS):  # 012, 1E5, 3-11, 10:30, (5)
        return any(character.isdigit() for character in text)
    if len(text) > _LONGEST_DATE:
        return False
    return bool(_DATE.fullmatch(text)) or text.lower() in ("true", "false")


def csv_cell(cell: Cell, kind: Kind, form: CsvForm = INTERNATIONAL) -> str:
    """The cell as a CSV has it. Text is quoted, numbers and days are not.

    Text that a spreadsheet would take for a number or a date ends in a tab. Text that it would take
    for a formula begins with an apostrophe, also behind the separator of other regions.
    """
    if cell is None or cell == "":
        return ""
    if isinstance(cell, Decimal):
        return f"{cell:f}".replace(".", form.point)
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    if isinstance(cell, date):
        return cell.isoformat()
    written = _short_csv_text if len(cell) <= _SHORT else _csv_text
    return written(cell, kind, form)


def plain_csv_cell(cell: Cell) -> str:
    """The cell as a CSV for programs has it: as in `csv_cell`, and no text ends in a tab."""
    if cell is None or cell == "":
        return ""
    if not isinstance(cell, str):
        return csv_cell(cell, Kind.TEXT)
    return _short_plain_text(cell) if len(cell) <= _SHORT else _plain_text(cell)


def _csv_text(cell: str, kind: Kind, form: CsvForm) -> str:
    text = _harmless(cell, form)
    if kind is Kind.ID or _is_taken_for_a_value(text):
        text += "\t"
    return _quoted(text)


def _plain_text(cell: str) -> str:
    return _quoted(_harmless(cell, INTERNATIONAL))


_SHORT = 200
"""Characters of a text that is remembered as written: most are the same in many rows."""
_short_csv_text = lru_cache(1024)(_csv_text)
_short_plain_text = lru_cache(1024)(_plain_text)


def _harmless(text: str, form: CsvForm) -> str:
    """The text on one line, with an apostrophe where a spreadsheet would begin a formula."""
    text = form.formula_within.sub(r"\1'", visible(text))
    return f"'{text}" if is_formula(text) else text


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
