"""Ledgers in LibreOffice, headless. Every test of this folder needs programs."""

import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.programs import program

_NAMES = {
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "xlink": "http://www.w3.org/1999/xlink",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
}
CSV_AS_OPENED = "CSV:44,34,76,1"
"""The import that a double-click offers for a file with a byte order mark: commas, UTF-8."""
CSV_AS_OPENED_IN_GERMANY = "CSV:59,34,76,1,,1031,false,true"
"""The same where a comma stands before the decimals."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.programs)


@dataclass(frozen=True)
class Cell:
    """A cell as the program took it: its kind, its value, its formula, where it leads."""

    kind: str | None
    value: str
    formula: str | None = None
    link: str | None = None


EMPTY = Cell(None, "")


class Sheets(dict[str, list[list[Cell]]]):
    """The rows of each sheet by its name."""

    def __init__(self, sheets: Iterable[ElementTree.Element]) -> None:
        super().__init__()
        self.folded: dict[str, int] = {}
        """The number of columns of each sheet that are folded in a group."""
        for table in sheets:
            name = table.attrib[_name("table:name")]
            self[name] = _rows(table)
            self.folded[name] = sum(_folded(table))


Open = Callable[..., list[Sheets]]


@pytest.fixture(scope="session")
def open_in_libreoffice(tmp_path_factory: pytest.TempPathFactory) -> Open:
    """Opens files of different names at one start, and reads every cell of each back, by way of the
    program's own flat XML.
    """
    profile = tmp_path_factory.mktemp("libreoffice")
    office = program("soffice", "libreoffice")

    def opened(*paths: Path, infilter: str = "") -> list[Sheets]:
        out = tmp_path_factory.mktemp("opened")
        subprocess.run(
            [
                office,
                "--headless",
                f"-env:UserInstallation={profile.as_uri()}",
                *([f"--infilter={infilter}"] if infilter else []),
                "--convert-to",
                "fods",
                "--outdir",
                str(out),
                *map(str, paths),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        return [_sheets(out / f"{path.stem}.fods") for path in paths]

    return opened


def _sheets(path: Path) -> Sheets:
    root = ElementTree.parse(path)  # noqa: S314 - what LibreOffice wrote for this test
    return Sheets(root.iter(_name("table:table")))


def _folded(table: ElementTree.Element) -> Iterator[int]:
    for group in table.findall(_name("table:table-column-group")):
        assert group.get(_name("table:display")) == "false"
        for column in group.iter(_name("table:table-column")):
            assert column.get(_name("table:visibility")) == "collapse"
            yield int(column.get(_name("table:number-columns-repeated"), "1"))


def _rows(table: ElementTree.Element) -> list[list[Cell]]:
    rows = []
    for row in table.iter(_name("table:table-row")):
        cells: list[Cell] = []
        for cell in row.findall(_name("table:table-cell")):
            repeated = int(cell.get(_name("table:number-columns-repeated"), "1"))
            cells += min(repeated, 100) * [_cell(cell)]
        while cells and cells[-1] == EMPTY:
            cells.pop()
        rows.append(cells)
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _cell(cell: ElementTree.Element) -> Cell:
    value = cell.get(_name("office:value")) or cell.get(_name("office:date-value"))
    if value is None:
        value = "\n".join(_text(part) for part in cell.findall(_name("text:p")))
    link = next(cell.iter(_name("text:a")), None)
    return Cell(
        cell.get(_name("office:value-type")),
        value,
        cell.get(_name("table:formula")),
        None if link is None else link.get(_name("xlink:href")),
    )


def _text(part: ElementTree.Element) -> str:
    """The text with the tabs and repeated spaces that OpenDocument writes as elements."""
    text = part.text or ""
    for child in part:
        if child.tag == _name("text:tab"):
            text += "\t"
        elif child.tag == _name("text:s"):
            text += int(child.get(_name("text:c"), "1")) * " "
        else:
            text += _text(child)
        text += child.tail or ""
    return text


def _name(short: str) -> str:
    prefix, _, local = short.partition(":")
    return f"{{{_NAMES[prefix]}}}{local}"
