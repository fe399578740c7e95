"""A CSV among the views, row by row and byte by byte: programs may open files differently that
parse alike.

Columns are only ever added at the end. A view of an earlier version has the first of them, and at
least all of the first version.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lambdas.views.cells import CsvForm, plain_csv_cell


@dataclass(frozen=True)
class CsvView:
    """One kind of CSV. `first_columns` is the number of columns of its first version."""

    form: CsvForm
    begin: str
    """The text before the first column's name."""
    first_columns: int
    owner: str
    """The words for the file whose columns these are: `a ledger's`."""
    rows_of: str
    """The words for the things in the manifest that have a row each."""
    unknown: str = ""
    """The column that does not follow from the manifest."""

    def differences(self, lines: Iterator[str], ours: Iterator[Sequence[str]]) -> Iterator[str]:
        """Yield the first difference, if any; `ours` are the cells as they should be written, the
        column names first.
        """
        known, header = next(ours), next(lines, "")
        width = header.count(self.form.separator) + 1
        if width < self.first_columns or header != self.begin + self.form.line(known[:width]):
            yield f"its columns are not {self.owner}"
            return
        for number, row in enumerate(ours, 2):
            cells, line = row[:width], next(lines, None)
            if line is None:
                yield f"it ends before row {number}"
                return
            if not self._is_row(line, cells, known):
                yield f"its row {number} is otherwise in {self._difference(known, cells, line)}"
                return
        if next(lines, None) is not None:
            yield f"it has more rows than the manifest has {self.rows_of}"

    def _is_row(self, line: str, cells: Sequence[str], names: Sequence[str]) -> bool:
        if not self.unknown:
            return line == self.form.line(cells)
        place, between = names.index(self.unknown), self.form.separator
        before = "".join(f"{cell}{between}" for cell in cells[:place])
        after = between + self.form.line(cells[place + 1 :])
        if len(line) < len(before) + len(after):
            return False
        cell = line[len(before) : len(line) - len(after)]
        return line == before + cell + after and _is_in_form(cell)

    def _difference(self, names: Sequence[str], cells: Sequence[str], line: str) -> str:
        """Columns in which the line differs from the correct one, in words."""
        try:
            right, found = self._parsed(self.form.line(cells)), self._parsed(line)
        except csv.Error:
            return "its form"
        if len(right) != len(found):
            return "its length"
        columns = zip(names, right, found, strict=False)
        differing = [name.strip('"') for name, cell, other in columns if cell != other]
        differing = [name for name in differing if name != self.unknown]
        return ", ".join(differing) or "its form: it has the same values and opens otherwise"

    def _parsed(self, line: str) -> list[str]:
        return next(csv.reader([line], delimiter=self.form.separator))


def _is_in_form(cell: str) -> bool:
    """True if runs write some text like this."""
    return cell == plain_csv_cell(cell[1:-1].replace('""', '"'))
