"""The files of a run on one payer account: its listing and its fetch passes."""

from functools import cached_property

from lambdas.aws.archive import Archive
from lambdas.domain.evidence.archive_layout import (
    fetch_passes_prefix,
    listing_key,
    run_payer_prefix,
)
from lambdas.domain.evidence.archived_invoice import names_only_its_own
from lambdas.domain.runs.fetch_pass import FetchPass
from lambdas.domain.runs.payer_run import Listing, PayerRun
from lambdas.domain.stored_form import NotUnderstood, demand_memory, read_form

_MOST_BYTES = 320 << 20
"""Limit for all files of one payer account; 20,000 invoices with long rows have 200 MiB."""


class RunFiles:
    """The files of a run on one payer account, in the bucket. They are listed at once and read on
    demand.
    """

    def __init__(self, archive: Archive, run: PayerRun) -> None:
        self._archive = archive
        self._payer_account_id = run.payer_account_id
        place = run.run_id, run.payer_account_id
        sizes = {one.key: one.size_bytes for one in archive.list(run_payer_prefix(*place))}
        self._listing_key = listing_key(*place)
        begins = fetch_passes_prefix(*place)
        self._keys = [key for key in sizes if key == self._listing_key or key.startswith(begins)]
        self.size_bytes = sum(sizes[key] for key in self._keys)

    @cached_property
    def contents(self) -> dict[str, bytes]:
        """The bytes of each file. Raises NotUnderstood if they exceed what any run writes, or would
        fill the memory.
        """
        if self.size_bytes > _MOST_BYTES:
            raise NotUnderstood(f"its files have {self.size_bytes} bytes")
        read = {key: self._archive.read(key, _MOST_BYTES) for key in self._keys}
        contents = {key: file.content for key, file in read.items() if file}
        demand_memory(contents.values())
        return contents

    def listing(self) -> Listing | None:
        """The result of the listing step; None if it did not end. Raises NotUnderstood."""
        content = self.contents.get(self._listing_key)
        if content is None:
            return None
        listing = read_form(Listing, content)
        if listing.payer_account_id != self._payer_account_id:
            raise NotUnderstood("it is the Listing of another payer account")
        return listing

    def passes(self) -> list[FetchPass]:
        """The passes of the fetch step. Raises NotUnderstood."""
        return [
            _of_own_evidence(read_form(FetchPass, content))
            for key, content in self.contents.items()
            if key != self._listing_key
        ]


def _of_own_evidence(one: FetchPass) -> FetchPass:
    for invoice in one.archived:
        documents = (document.stored.key for document in invoice.documents)
        if not (invoice.records and names_only_its_own(invoice, invoice.records, documents)):
            raise NotUnderstood("it has a FetchPass with an invoice whose evidence is not its own")
    return one
