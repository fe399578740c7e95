"""docs/ledger.md and docs/invoices_csv.md say what these views have."""

from pathlib import Path
from typing import get_args

from lambdas.domain.close.invoice_lines import DocumentGroup, LineStatus
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.views import comparison
from lambdas.views.invoices_csv import INVOICE_COLUMNS
from lambdas.views.ledger import COLUMNS
from tests.domain.example_months import month
from tests.domain.examples import ACME, OCTOBER
from tests.domain.payments.records import answer, financial_record
from tests.views.test_workbook import opened

DOCS = Path(__file__).parents[2] / "docs"
LEDGER, INVOICES = (
    (DOCS / name).read_text(encoding="utf-8") for name in ("ledger.md", "invoices_csv.md")
)


def rows(heading: str, text: str = LEDGER) -> list[str]:
    """The rows of the tables below a heading."""
    _, _, below = text.partition(f"\n## {heading}\n")
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
    assert [one for one in sheets if one != "payments"] == opened(month()).sheetnames
    status = PaymentStatus(OCTOBER).updated({ACME: answer(financial_record())}, {ACME})
    assert sheets == opened(month(), payments=status).sheetnames


def test_every_change_that_is_no_finding_is_documented() -> None:
    assert {row.split("`")[1] for row in rows("The sheet `changes`")} == {
        comparison.PAYER_NEW,
        comparison.PAYER_GONE,
        comparison.TOTAL_CHANGED,
    }


def test_every_column_of_the_invoices_is_documented_in_its_order() -> None:
    assert rows("Columns", INVOICES) == [
        f"| `{column.name}` | {column.heading} | {column.kind.value} | {column.meaning} |"
        for column in INVOICE_COLUMNS
    ]


def test_every_group_and_status_of_an_invoice_is_documented() -> None:
    words = [row.split("|")[1].strip().strip("`") for row in rows("Groups and statuses", INVOICES)]
    documented = [word for word in words if word.isupper()]
    assert documented == [*get_args(DocumentGroup), *get_args(LineStatus)]
