"""`invoices.csv` against the newest manifest, in every column but `owner`, which a run takes from
its register.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from lambdas.domain.close.identities import Identity, identities_of
from lambdas.domain.close.invoice_lines import Holders, InvoiceLine, PayerLines
from lambdas.domain.close.owners import Owners
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.judgement.manifests import PayerState
from lambdas.domain.witnesses.statements import NOBODY
from lambdas.views.cells import INTERNATIONAL
from lambdas.views.invoices_csv import invoice_csv_rows
from ops.check.csv_view import CsvView
from ops.check.manifest import ManifestPayer, WholeManifest

_FIRST_COLUMNS = 46
"""Columns of the first version that made this view."""
_VIEW = CsvView(INTERNATIONAL, "", _FIRST_COLUMNS, "those of invoices.csv", "invoices", "owner")


def must_have_invoices_csv(newest: WholeManifest) -> bool:
    """True if a release that makes this view judged anything in the manifest: no earlier one noted
    the number of unarchived invoices.
    """
    return any("unarchived" in payer.data for payer in newest.payers)


def invoices_differences(lines: Iterator[str], newest: WholeManifest) -> Iterator[str]:
    """Yield the first difference between view and manifest, if any.

    Raises the errors in NOT_UNDERSTOOD for a file that is no manifest.
    """
    yield from _VIEW.differences(lines, invoice_csv_rows(invoice_lines_of(newest)))


def invoice_lines_of(newest: WholeManifest) -> Iterator[InvoiceLine]:
    """The lines of the manifest, from some invoices of one payer account at a time."""
    who = _identities(newest)
    holders = Holders((_without_archived(one), one.invoice_ids) for one in newest.payers)
    for payer in newest.payers:
        state = _without_archived(payer)
        lines = PayerLines(state, who[state.payer_account_id], holders)
        for block in payer.invoices.blocks():
            yield from lines.archived(map(ArchivedInvoice.from_data, block))
        yield from lines.outstanding()


def _without_archived(payer: ManifestPayer) -> PayerState:
    return PayerState.from_data({**payer.data, "invoices": []})


def _identities(newest: WholeManifest) -> dict[str, Identity]:
    """The identities, without owners."""
    states, seen_by = [], dict[str, Counter[str]]()
    for payer in newest.payers:
        state = _without_archived(payer)
        if not state.name:
            seen_by[state.payer_account_id] = _seen_by(payer, state)
        states.append(
            replace(state, outstanding=(), findings=(), listing_findings=(), witnesses=NOBODY)
        )
    return identities_of(states, seen_by, Owners(()))


def _seen_by(payer: ManifestPayer, state: PayerState) -> Counter[str]:
    found = Counter(one for invoice in state.outstanding for one in invoice.seen_by)
    for block in payer.invoices.blocks():
        found.update(one for invoice in block for one in invoice["seen_by"])
    return found
