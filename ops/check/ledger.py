"""`ledger.csv` against the newest manifest, byte by byte: programs may open files differently that
parse alike. The setting `csv_format` has two forms; the header shows which one the file has.

Columns are only ever added at the end. A ledger of an earlier version has the first of them, and at
least all of the first version.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.views.cells import BYTE_ORDER_MARK, EUROPEAN, INTERNATIONAL, CsvForm
from lambdas.views.ledger import ledger_csv_rows
from ops.check.manifest import WholeManifest

_FIRST_COLUMNS = 51
"""Columns of the first version that made ledgers."""


def ledger_differences(lines: Iterator[str], newest: WholeManifest) -> Iterator[str]:
    """Yield the first difference between ledger and manifest, if any.

    Raises the errors in NOT_UNDERSTOOD for a file that is no manifest.
    """
    header = next(lines, "")
    form = EUROPEAN if EUROPEAN.separator in header else INTERNATIONAL
    ours = _rows(newest, form)
    known, width = next(ours), header.count(form.separator) + 1
    if width < _FIRST_COLUMNS or header != BYTE_ORDER_MARK + form.line(known[:width]):
        yield "its columns are not a ledger's"
        return
    for number, row in enumerate(ours, 2):
        right, line = form.line(row[:width]), next(lines, None)
        if line is None:
            yield f"it ends before row {number}"
            return
        if line != right:
            differing = _difference(known, right, line, form.separator)
            yield f"its row {number} is otherwise in {differing}"
            return
    if next(lines, None) is not None:
        yield "it has more rows than the manifest has documents"


def _difference(header: Sequence[str], right: str, line: str, separator: str) -> str:
    """Columns in which the line differs from the correct one, in words."""
    try:
        cells, others = (next(csv.reader([row], delimiter=separator)) for row in (right, line))
    except csv.Error:
        return "its form"
    if len(cells) != len(others):
        return "its length"
    columns = zip(header, cells, others, strict=False)
    names = [name.strip('"') for name, cell, other in columns if cell != other]
    return ", ".join(names) or "its form: it has the same values and opens otherwise"


def _rows(newest: WholeManifest, form: CsvForm) -> Iterator[list[str]]:
    """The rows of the ledger, beginning with its column names."""
    manifest = Manifest.from_data({**newest.members, "payers": []})
    yield from ledger_csv_rows(manifest, form)
    for some in _some_invoices(newest):
        yield from islice(ledger_csv_rows(replace(manifest, payers=some), form), 1, None)


def _some_invoices(newest: WholeManifest) -> Iterator[tuple[PayerState, PayerState]]:
    """Some invoices of one payer account at a time.

    The ledger counts the last invoice of an id. For those that do not count, one without a row
    comes after them.
    """
    left = Counter(one for payer in newest.payers for one in payer.invoice_ids)
    for payer in newest.payers:
        state = PayerState.from_data({**payer.data, "invoices": []})
        for block in payer.invoices.blocks():
            invoices = tuple(map(ArchivedInvoice.from_data, block))
            left.subtract(one.invoice_id for one in invoices)
            repeated = (replace(one, documents=()) for one in invoices if left[one.invoice_id])
            yield replace(state, invoices=invoices), replace(state, invoices=tuple(repeated))
