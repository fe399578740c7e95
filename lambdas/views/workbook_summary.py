"""The workbook's first sheet: the status of the period, its counts and its totals."""

from collections.abc import Iterable, Iterator

from xlsxwriter.worksheet import Worksheet

from lambdas.domain.close.invoice_lines import document_counts
from lambdas.domain.close.open_items import OpenItems
from lambdas.domain.day_names import period_name
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.manifests import Manifest
from lambdas.views.cells import Cell, Kind
from lambdas.views.comparison import total_changes
from lambdas.views.digest import PeriodDigest
from lambdas.views.provisional import provisional
from lambdas.views.sheets import Book, Heading
from lambdas.views.wording import verdict_name

_STATUS = "Status"
_TOTAL_HEADINGS = (
    Heading("Currency", Kind.TEXT, 26),
    Heading("Total", Kind.NUMBER, 22),
    Heading("Month before", Kind.NUMBER, 22),
    Heading("Difference", Kind.NUMBER, 22),
    Heading("Outstanding", Kind.NUMBER, 22),
    Heading("Remark", Kind.TEXT, 16),
)
_HOW_TO_READ = (
    "One total per currency; nothing is converted. 'Outstanding' is listed by AWS and in no total.",
    "invoices: one row for each invoice, for pivot tables and other programs.",
    "payers: one row for each payer account and currency, those that need attention first.",
    "documents: one row for each archived file. Add up the column 'Amount due' only, per currency.",
    "payments: the payment status as AWS Payments showed it, if it was asked. It is not evidence.",
    "missing: the open items, with owner, action and date.",
    "changes: differences from the month before, and changes after archiving.",
    "columns: the meaning of each column of 'invoices' and 'documents'.",
    "A plus sign above a sheet opens the columns that are folded beside it.",
    "Links open a file when this workbook is in a copy of the archive.",
)


def add_summary(
    book: Book, manifest: Manifest, now: PeriodDigest, before: PeriodDigest | None, gaps: OpenItems
) -> None:
    """Add the sheet `summary`; `gaps` are the open items of the manifest."""
    sheet = book.sheet("summary")
    sheet.fit_to_pages(1, 1)
    sheet.hide_gridlines(2)
    for column, heading in enumerate(_TOTAL_HEADINGS):
        sheet.set_column(column, column, heading.width)
    title = f"Invoice ledger, {period_name(manifest.billing_period)}"
    sheet.write_string(0, 0, title, book.title)
    row = 1 + _add_facts(book, sheet, manifest, _facts(manifest, now, gaps))
    book.headings(sheet, row, _TOTAL_HEADINGS)
    for cells in _total_rows(now, before, gaps):
        row += 1
        for column, total in enumerate(cells):
            book.cell(sheet, row, column, total)
    row += 1
    for text in (*_caveats(now, before), *_HOW_TO_READ):
        row += 1
        sheet.write_string(row, 0, text, book.label)


def _add_facts(
    book: Book, sheet: Worksheet, manifest: Manifest, facts: Iterable[tuple[str, Cell | int]]
) -> int:
    """Add the facts and the findings on the period as a whole; return the row after them."""
    row = 2
    for label, cell in facts:
        sheet.write_string(row, 0, label, book.label)
        if label == _STATUS:
            sheet.write_string(row, 1, str(cell), book.bold)
        else:
            book.cell(sheet, row, 1, cell, left=True)
        row += 1
    for found in manifest.findings:
        sheet.write_string(row, 0, found.code, book.bold)
        book.cell(sheet, row, 1, f"{found.detail} Next step: {found.next_step}", left=True)
        row += 1
    return row


def _facts(
    manifest: Manifest, now: PeriodDigest, gaps: OpenItems
) -> Iterator[tuple[str, Cell | int]]:
    closed_at = manifest.closed_at
    yield _STATUS, verdict_name(manifest.verdict)
    yield "As of (UTC)", read_instant(manifest.generated_at)
    yield "Archive closed (UTC)", read_instant(closed_at) if closed_at else "not yet"
    yield "Payer accounts", len(now.payers)
    yield "Payer accounts complete", now.payers_complete
    yield "Archived", str(document_counts(manifest))
    yield "Outstanding", f"{gaps.invoices:,} of {gaps.expected:,} expected invoices"
    yield "Documents", now.documents
    yield "Archive bucket", manifest.bucket
    yield "Made from", manifest.key
    yield "Run", manifest.run_id


def _total_rows(
    now: PeriodDigest, before: PeriodDigest | None, gaps: OpenItems
) -> Iterator[list[Cell]]:
    outstanding = {one.currency: one.value for one in gaps.totals}
    for one in total_changes(before, now):
        listed = outstanding.pop(one.currency, None)
        remark = "provisional" if one.is_provisional else None
        yield [one.currency, one.now, one.before, one.difference, listed, remark]
    for currency, listed in outstanding.items():
        yield [currency, None, None, None, listed, "provisional"]


def _caveats(now: PeriodDigest, before: PeriodDigest | None) -> Iterator[str]:
    """Reasons why totals are not compared."""
    if not now.is_complete:
        yield f"{provisional(now).capitalize()}."
    if now.is_in_progress:
        yield "A month is compared with the one before after its deadline."
        return
    if before and not before.is_complete:
        yield f"{period_name(before.billing_period)} is not complete."
    if before and not all(one.is_comparable for one in total_changes(before, now)):
        yield (
            "A total is compared if it is whole in both months. The sheet 'payers' compares the "
            "payer accounts that are complete in both."
        )
