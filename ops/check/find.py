"""`find.json` against the newest manifest. It follows from the manifest alone, byte by byte."""

from collections.abc import Iterator
from dataclasses import replace

from lambdas.domain.close.identities import identities
from lambdas.domain.close.owners import Owners
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.views.find import Part, find_file_of
from ops.check.manifest import ManifestPayer, WholeManifest


def find_differences(content: bytes, newest: WholeManifest) -> Iterator[str]:
    """Yield the difference between `find.json` and the manifest, if any.

    Raises the errors in NOT_UNDERSTOOD for a file that is no manifest.
    """
    manifest = Manifest.from_data({**newest.members, "payers": []})
    who = identities(replace(manifest, payers=tuple(map(_shown_by, newest.payers))), Owners(()))
    if content != find_file_of(manifest, who, map(_part, newest.payers)).to_json():
        yield "its invoices are not those of the manifest, or not in the form that runs write"


def _part(payer: ManifestPayer) -> Part:
    """The payer account with its invoices, some of which are in memory at a time."""
    return _state(payer), _invoices(payer)


def _state(payer: ManifestPayer) -> PayerState:
    return PayerState.from_data({**payer.data, "invoices": []})


def _invoices(payer: ManifestPayer) -> Iterator[ArchivedInvoice]:
    for block in payer.invoices.blocks():
        yield from map(ArchivedInvoice.from_data, block)


def _shown_by(payer: ManifestPayer) -> PayerState:
    """The payer account with the part of its invoices that says who showed them, if it has no name
    of its own.
    """
    state = _state(payer)
    if state.name:
        return state
    slim = (
        replace(one, records=(), documents=(), summary=InvoiceSummary({}), findings=())
        for one in _invoices(payer)
    )
    return replace(state, invoices=tuple(slim))
