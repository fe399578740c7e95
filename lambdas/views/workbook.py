"""The view `ledger.xlsx`: invoices and documents as a workbook, with open items and changes."""

import io
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Context, Decimal
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from lambdas.domain.close.invoice_lines import invoice_lines
from lambdas.domain.close.open_items import OpenItem, OpenItems, open_items
from lambdas.domain.close.owners import Owners
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.views.cells import Cell, Kind
from lambdas.views.comparison import (
    Change,
    Total,
    archive_changes,
    since_period_before,
    total_changes,
)
from lambdas.views.digest import PeriodDigest
from lambdas.views.invoices_csv import invoice_rows
from lambdas.views.ledger import ledger_rows
from lambdas.views.payments_sheet import PAYMENT_HEADINGS, payment_rows
from lambdas.views.sheet_layout import DOCUMENTS, INVOICES, Layout
from lambdas.views.sheets import Book, Heading
from lambdas.views.wording import PAYER_VERDICTS, code_name, verdict_name
from lambdas.views.workbook_summary import add_summary


class WorkbookNotMade(Exception):
    """The function's own storage (/tmp) has no room for the sheets; the CSVs have all rows."""


def ledger_workbook(
    manifest: Manifest,
    before: PeriodDigest | None,
    owners: Owners,
    as_of: datetime | None = None,
    payments: PaymentStatus | None = None,
) -> bytes:
    """The workbook of a period; `before` is the period before it, if the archive has it. `as_of`
    is the run's instant, by which a deadline may have passed; `payments` is the payment status of
    the period, if AWS Payments is asked.

    Raises WorkbookNotMade.
    """
    now, gaps = PeriodDigest.of(manifest, as_of), open_items(manifest, owners, as_of)
    try:
        with tempfile.TemporaryDirectory() as folder:  # deletes a workbook's leftovers too
            return _workbook_bytes(
                manifest, now, before, gaps=gaps, owners=owners, folder=folder, payments=payments
            )
    except (OSError, FileCreateError) as error:  # sheets are written to the function's storage
        raise WorkbookNotMade(f"The function's own storage does not take it: {error}") from None


def _workbook_bytes(
    manifest: Manifest,
    now: PeriodDigest,
    before: PeriodDigest | None,
    *,
    gaps: OpenItems,
    owners: Owners,
    folder: str,
    payments: PaymentStatus | None,
) -> bytes:
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
    add_summary(book, manifest, now, before, gaps)
    _laid_out(book, "invoices", INVOICES, invoice_rows(invoice_lines(manifest, owners)))
    book.table("payers", _PAYER_HEADINGS, _payer_rows(manifest, now, before))
    _laid_out(book, "documents", DOCUMENTS, ledger_rows(manifest, DOCUMENTS.columns))
    if payments and payments.records:
        book.table("payments", PAYMENT_HEADINGS, _payments(manifest, now, payments))
    book.table("missing", _MISSING_HEADINGS, _missing_rows(manifest, gaps), folds_empty=True)
    book.table("changes", _CHANGE_HEADINGS, _change_rows(manifest, now, before))
    book.table("columns", _COLUMN_HEADINGS, _column_rows())
    workbook.close()
    return out.getvalue()


_PAYER_HEADINGS = (
    Heading("Payer account", Kind.ID, 15),
    Heading("Payer name", Kind.TEXT, 34),
    Heading("Legal entity", Kind.TEXT, 34),
    Heading("Status", Kind.TEXT, 14),
    Heading("Invoices expected", Kind.NUMBER, 11),
    Heading("Invoices archived", Kind.NUMBER, 11),
    Heading("Documents", Kind.NUMBER, 11),
    Heading("Currency", Kind.TEXT, 11),
    Heading("Total", Kind.NUMBER, 17),
    Heading("Month before", Kind.NUMBER, 17),
    Heading("Difference", Kind.NUMBER, 17),
    Heading("Checked (UTC)", Kind.INSTANT, 19),
    Heading("Meaning", Kind.TEXT, 56),
)
_MISSING_HEADINGS = (
    Heading("Payer account", Kind.ID, 15),
    Heading("Payer name", Kind.TEXT, 34),
    Heading("Legal entity", Kind.TEXT, 34),
    Heading("Status", Kind.TEXT, 14),
    Heading("Owner", Kind.TEXT, 20),
    Heading("Who acts", Kind.TEXT, 13),
    Heading("Invoice or file", Kind.ID, 30),
    Heading("Issued", Kind.DAY, 11),
    Heading("Outstanding since", Kind.DAY, 12),
    Heading("Currency", Kind.TEXT, 11),
    Heading("Amount listed by AWS", Kind.NUMBER, 17),
    Heading("Missing", Kind.TEXT, 60),
    Heading("Next step", Kind.TEXT, 60),
    Heading("Issue", Kind.TEXT, 28),
    Heading("Code", Kind.TEXT, 28),
)
_CHANGE_HEADINGS = (
    Heading("Change", Kind.TEXT, 28),
    Heading("Payer account", Kind.ID, 15),
    Heading("Payer name", Kind.TEXT, 34),
    Heading("Invoice or file", Kind.ID, 40),
    Heading("Details", Kind.TEXT, 60),
    Heading("Currency", Kind.TEXT, 11),
    Heading("Month before", Kind.NUMBER, 17),
    Heading("Now", Kind.NUMBER, 17),
    Heading("Difference", Kind.NUMBER, 17),
    Heading("Difference in %", Kind.NUMBER, 12),
    Heading("Next step", Kind.TEXT, 60),
    Heading("Code", Kind.TEXT, 28),
)
_COLUMN_HEADINGS = (
    Heading("Sheet", Kind.TEXT, 12),
    Heading("Heading", Kind.TEXT, 28),
    Heading("Name in the CSV", Kind.TEXT, 28),
    Heading("Meaning", Kind.TEXT, 110),
)
_TENTH, _WIDE = Decimal("0.1"), Context(prec=240)
_NO_TOTAL = Total("", None, None, is_provisional=False, is_comparable=False)


def _laid_out(book: Book, name: str, layout: Layout[Any], rows: Iterable[list[Cell]]) -> None:
    book.table(
        name,
        layout.headings,
        rows,
        link=layout.link,
        frozen=layout.frozen,
        folds_empty=True,
        full=layout.full,
    )


def _payments(
    manifest: Manifest, now: PeriodDigest, payments: PaymentStatus
) -> Iterator[list[Cell]]:
    names = {payer.payer_account_id: payer.name for payer in manifest.payers}
    archived = {one.invoice_id for one in manifest.invoices}
    outstanding = {one.invoice_id for payer in manifest.payers for one in payer.outstanding}
    return payment_rows(
        payments,
        now.instant.date(),
        names,
        archived=archived,
        absent=outstanding | manifest.unlisted_ids,
    )


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
                verdict_name(payer.verdict),
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


def _missing_rows(manifest: Manifest, gaps: OpenItems) -> Iterator[list[Cell]]:
    """The open items; a payer account that is not complete has at least one row."""
    states = {payer.payer_account_id: payer for payer in manifest.payers}
    for item in gaps.items:
        state = states.get(item.who.account_id) if item.who else None
        yield [*_who(item, state), *_gap(item)]
    for payer in manifest.payers:
        if not payer.blocking and not payer.is_complete:
            name, meaning = PAYER_VERDICTS[payer.verdict]
            who = [payer.payer_account_id, payer.name, payer.legal_entity, name]
            yield [*who, *7 * [None], meaning, None, None, None]


def _who(item: OpenItem, state: PayerState | None) -> list[Cell]:
    if item.who is None or state is None:
        return [None, None, None, None, None, item.actor]
    who = item.who
    status = verdict_name(state.verdict)
    return [who.account_id, who.name, who.legal_entity, status, who.owner.name, item.actor]


def _gap(item: OpenItem) -> list[Cell]:
    amount = item.amount
    about = item.invoice_id or item.subject
    return [
        None if item.who and about == item.who.account_id else about,
        item.issued,
        read_instant(item.since).date() if item.since else None,
        amount.currency if amount else None,
        amount.value if amount else None,
        " ".join(found.detail for found in item.findings),
        item.action,
        ", ".join(code_name(found.code) for found in item.findings),
        " ".join(found.code for found in item.findings),
    ]


def _change_rows(
    manifest: Manifest, now: PeriodDigest, before: PeriodDigest | None
) -> Iterator[list[Cell]]:
    """The changes after archiving, then those since the month before in the order of a review."""
    changes: list[Change] = list(archive_changes(manifest))
    if before:
        changes += since_period_before(before, now)
    for change in changes:
        is_provisional = bool(change.currency) and not change.is_comparable
        percent = change.percent
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
            None if percent is None else percent.quantize(_TENTH, context=_WIDE),
            change.next_step,
            change.code,
        ]


def _column_rows() -> Iterator[list[Cell]]:
    for sheet, layout in (("invoices", INVOICES), ("documents", DOCUMENTS)):
        for column in layout.columns:
            yield [sheet, column.heading, column.name, column.meaning.replace("`", "")]
