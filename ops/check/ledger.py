"""`ledger.csv` against the newest manifest. The setting `csv_format` has two forms; the header
shows which one the file has.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.views.cells import BYTE_ORDER_MARK, EUROPEAN, INTERNATIONAL, CsvForm
from lambdas.views.ledger import ledger_csv_rows
from ops.check.csv_view import CsvView
from ops.check.manifest import WholeManifest

_FIRST_COLUMNS = 51
"""Columns of the first version that made ledgers."""


def ledger_differences(lines: Iterator[str], newest: WholeManifest) -> Iterator[str]:
    """Yield the first difference between ledger and manifest, if any.

    Raises the errors in NOT_UNDERSTOOD for a file that is no manifest.
    """
    header = next(lines, "")
    form = EUROPEAN if EUROPEAN.separator in header else INTERNATIONAL
    view = CsvView(form, BYTE_ORDER_MARK, _FIRST_COLUMNS, "a ledger's", "documents")
    yield from view.differences(chain([header], lines), _rows(newest, form))


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
