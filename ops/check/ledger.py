"""`ledger.csv` against the newest manifest, byte by byte: programs may open files differently that
parse alike.

Columns are only ever added at the end. A ledger of an earlier version has the first of them, and at
least all of the first version.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.views.cells import BYTE_ORDER_MARK, csv_line
from lambdas.views.ledger import ledger_csv_rows
from ops.check.manifest_reader import InvoicePart, PayerPart

_FIRST_COLUMNS = 51
"""Columns of the first version that made ledgers."""
_BATCH = 500
"""Invoices held at once, to keep memory flat for a payer account of any size."""


class Holders:
    """Invoice ids held more than once; only the last of each is in the totals."""

    def __init__(self) -> None:
        self._count = 0
        self._seen: set[int] = set()
        self._last: dict[str, int] = {}

    def add(self, invoice_id: str) -> None:
        """Take the next invoice of the manifest."""
        mark = hash(invoice_id)
        if mark in self._seen:
            self._last[invoice_id] = self._count
        self._seen.add(mark)
        self._count += 1

    def is_counted(self, invoice_id: str, position: int) -> bool:
        return self._last.get(invoice_id, position) == position


def ledger_differences(
    lines: Iterator[str],
    members: Mapping[str, Any],
    payers: Sequence[PayerPart],
    parts: Iterable[InvoicePart | PayerPart],
    holders: Holders,
) -> Iterator[str]:
    """Yield the first difference between ledger and manifest, if any.

    `members` and `payers` are the manifest without its invoices, `parts` is a reading of it. Raises
    the errors in NOT_UNDERSTOOD for a file that is no manifest.
    """
    manifest = Manifest.from_data({**members, "payers": []})
    ours = _rows(manifest, payers, parts, holders)
    known, header = next(ours), next(lines, "")
    width = header.count(",") + 1
    if width < _FIRST_COLUMNS or header != BYTE_ORDER_MARK + csv_line(known[:width]):
        yield "its columns are not a ledger's"
        return
    for number, row in enumerate(ours, 2):
        right, line = csv_line(row[:width]), next(lines, None)
        if line is None:
            yield f"it ends before row {number}"
            return
        if line != right:
            yield f"its row {number} is otherwise in {_difference(known, right, line)}"
            return
    if next(lines, None) is not None:
        yield "it has more rows than the manifest has documents"


def _difference(header: Sequence[str], right: str, line: str) -> str:
    """Columns in which the line differs from the correct one, in words."""
    try:
        cells, others = next(csv.reader([right])), next(csv.reader([line]))
    except csv.Error:
        return "its form"
    if len(cells) != len(others):
        return "its length"
    columns = zip(header, cells, others, strict=False)
    names = [name.strip('"') for name, cell, other in columns if cell != other]
    return ", ".join(names) or "its form: it has the same values and opens otherwise"


def _rows(
    manifest: Manifest,
    payers: Sequence[PayerPart],
    parts: Iterable[InvoicePart | PayerPart],
    holders: Holders,
) -> Iterator[list[str]]:
    """The rows of the ledger, beginning with its column names."""
    yield from ledger_csv_rows(manifest)
    for batch in _batches(manifest, payers, parts, holders):
        yield from islice(ledger_csv_rows(batch), 1, None)


def _batches(
    manifest: Manifest,
    payers: Sequence[PayerPart],
    parts: Iterable[InvoicePart | PayerPart],
    holders: Holders,
) -> Iterator[Manifest]:
    """The manifest piece by piece: some invoices of one payer account at a time."""
    waiting = iter(payers)
    state: PayerState | None = None
    held: list[ArchivedInvoice] = []
    repeated: list[ArchivedInvoice] = []
    position = 0
    for part in parts:
        if state is None:
            state = PayerState.from_data({**next(waiting).data, "invoices": []})
        if isinstance(part, InvoicePart):
            invoice = ArchivedInvoice.from_data(part.data)
            held.append(invoice)
            if not holders.is_counted(invoice.invoice_id, position):
                repeated.append(replace(invoice, documents=()))
            position += 1
        is_last = isinstance(part, PayerPart)
        if held and (is_last or len(held) == _BATCH):
            # The ledger counts the last invoice of an id: the ones that count come later, so
            # something that has no row stands for them.
            some = (replace(state, invoices=tuple(held)), replace(state, invoices=tuple(repeated)))
            yield replace(manifest, payers=some)
            held, repeated = [], []
        if is_last:
            state = None
