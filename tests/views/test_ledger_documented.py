"""docs/ledger.md says what the ledger has."""

from pathlib import Path

from lambdas.views import comparison
from lambdas.views.ledger import COLUMNS
from tests.domain.example_months import month
from tests.views.test_workbook import opened

TEXT = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[str]:
    """The rows of the first table below a heading."""
    _, _, below = TEXT.partition(f"\n## {heading}\n")
    lines = below.partition("\n## ")[0].splitlines()
    table = [line for line in lines if line.startswith("|")]
    return table[2:]


def test_every_column_is_documented_in_its_order() -> None:
    assert rows("Columns") == [
        f"| `{column.name}` | {column.heading} | {column.kind.value} | {column.meaning} |"
        for column in COLUMNS
    ]


def test_every_sheet_is_documented_in_its_order() -> None:
    sheets = [row.split("`")[1] for row in rows("Opening it")]
    assert sheets == opened(month()).sheetnames


def test_every_change_that_is_no_finding_is_documented() -> None:
    assert {row.split("`")[1] for row in rows("The sheet `changes`")} == {
        comparison.PAYER_NEW,
        comparison.PAYER_GONE,
        comparison.TOTAL_CHANGED,
    }
