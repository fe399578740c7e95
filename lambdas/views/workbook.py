"""The view `ledger.xlsx`: the ledger as a workbook, with what is missing and what changed."""

import io
import tempfile
from collections.abc import Iterable, Iterator

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from lambdas.domain.day_names import period_name
from lambdas.domain.findings import Finding
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.views.cells import Cell, Kind
from lambdas.views.comparison import (
    Change,
    Total,
    archive_changes,
    since_period_before,
    total_changes,
)
from lambdas.views.digest import PeriodDigest
from lambdas.views.ledger import COLUMNS, ledger_rows
from lambdas.views.provisional import provisional
from lambdas.views.sheets import Book, Frozen, Heading
from lambdas.views.wording import PAYER_VERDICTS, code_name, verdict_name


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
    book = Book(workbook)
    now = PeriodDigest.of(manifest)
    _summary(book, manifest, now, before)
    book.table("payers", _PAYER_HEADINGS, _payer_rows(manifest, now, before))
    headings = [Heading(column.heading, column.kind, column.width) for column in COLUMNS]
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
_DOCUMENTS_FROZEN = Frozen(
    _NAMES.index("invoice_id") + 1, _NAMES.index("amount_due") + 1, pages_wide=2
)
_PAYER_HEADINGS = (
    Heading("Payer account", Kind.ID, 15),
    Heading("Payer name", Kind.TEXT, 34),
    Heading("Legal entity", Kind.TEXT, 34),
    Heading("Verdict", Kind.TEXT, 14),
    Heading("Invoices expected", Kind.NUMBER, 11),
    Heading("Invoices archived", Kind.NUMBER, 11),
    Heading("Documents", Kind.NUMBER, 11),
    Heading("Currency", Kind.TEXT, 9),
    Heading("Total", Kind.NUMBER, 17),
    Heading("Month before", Kind.NUMBER, 17),
    Heading("Difference", Kind.NUMBER, 17),
    Heading("Checked (UTC)", Kind.INSTANT, 19),
    Heading("What it means", Kind.TEXT, 56),
)
_MISSING_HEADINGS = (
    Heading("Payer account", Kind.ID, 15),
    Heading("Payer name", Kind.TEXT, 34),
    Heading("Legal entity", Kind.TEXT, 34),
    Heading("Verdict", Kind.TEXT, 14),
    Heading("In words", Kind.TEXT, 28),
    Heading("Invoice or file", Kind.ID, 40),
    Heading("What lacks", Kind.TEXT, 60),
    Heading("Next step", Kind.TEXT, 60),
    Heading("Finding", Kind.TEXT, 28),
)
_CHANGE_HEADINGS = (
    Heading("In words", Kind.TEXT, 28),
    Heading("Payer account", Kind.ID, 15),
    Heading("Payer name", Kind.TEXT, 34),
    Heading("Invoice or file", Kind.ID, 40),
    Heading("What changed", Kind.TEXT, 60),
    Heading("Currency", Kind.TEXT, 9),
    Heading("Before", Kind.NUMBER, 17),
    Heading("Now", Kind.NUMBER, 17),
    Heading("Difference", Kind.NUMBER, 17),
    Heading("Next step", Kind.TEXT, 60),
    Heading("Change", Kind.TEXT, 28),
)
_COLUMN_HEADINGS = (
    Heading("Heading in 'documents'", Kind.TEXT, 28),
    Heading("Name in ledger.csv", Kind.TEXT, 28),
    Heading("Meaning", Kind.TEXT, 90),
)


def _summary(
    book: Book, manifest: Manifest, now: PeriodDigest, before: PeriodDigest | None
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
    Heading("Currency", Kind.TEXT, 26),
    Heading("Total", Kind.NUMBER, 22),
    Heading("Month before", Kind.NUMBER, 22),
    Heading("Difference", Kind.NUMBER, 22),
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
    if before and not all(one.is_comparable for one in total_changes(before, now)):
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


_NO_TOTAL = Total("", None, None, is_provisional=False, is_comparable=False)


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
