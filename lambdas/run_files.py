"""What the steps of a run wrote of one payer account: its listing, and what each fetch pass did."""

from collections.abc import Sequence
from dataclasses import dataclass

from lambdas.aws.archive import Archive, ObjectTooLarge
from lambdas.domain.archive_layout import listing_key, record_key, run_payer_prefix
from lambdas.domain.fetch_pass import FetchPass
from lambdas.domain.payer_run import Listing, PayerRun
from lambdas.domain.stored_form import NotUnderstood, read_form


@dataclass(frozen=True)
class RunFiles:
    """What the steps of a run wrote of one payer account, as it lies in the bucket."""

    payer_account_id: str
    listing_file: bytes | None
    pass_files: Sequence[bytes]

    @classmethod
    def of(cls, archive: Archive, run: PayerRun) -> "RunFiles":
        place = run.run_id, run.payer_account_id
        listing = _content(archive, listing_key(*place))
        keys = [one.key for one in archive.list(f"{run_payer_prefix(*place)}fetch-")]
        passes = [content for key in keys if (content := _content(archive, key)) is not None]
        return cls(run.payer_account_id, listing, passes)

    def listing(self) -> Listing | None:
        """What the listing step found, None where it did not end. Raises NotUnderstood."""
        if self.listing_file is None:
            return None
        listing = read_form(Listing, self.listing_file)
        if listing.payer_account_id != self.payer_account_id:
            raise NotUnderstood("it is the Listing of another payer account")
        return listing

    def passes(self) -> list[FetchPass]:
        """What the fetch steps did so far. Raises NotUnderstood."""
        return [_with_its_records(read_form(FetchPass, content)) for content in self.pass_files]


def _content(archive: Archive, key: str) -> bytes | None:
    """The file's bytes; of one that is larger than any that a run writes, none that are JSON."""
    try:
        found = archive.read(key)
    except ObjectTooLarge:
        return b""
    return found.content if found else None


def _with_its_records(one: FetchPass) -> FetchPass:
    for invoice in one.archived:
        place = invoice.billing_period, invoice.payer_account_id, invoice.invoice_id
        keys = [record_key(*place, number) for number in range(1, invoice.sequence + 1)]
        if not keys or keys != [record.key for record in invoice.records]:
            raise NotUnderstood("it has a FetchPass with an invoice whose records are not its own")
    return one
