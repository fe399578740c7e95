"""The context of a pass of FetchInvoiceDocuments, beside its current invoice."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.documents.document_text import NOBODY_ELSE, ListedIds, Others
from lambdas.domain.evidence.key_segments import safe_segment
from lambdas.domain.evidence.references import references
from lambdas.domain.runs.payer_run import ListedInvoice, Listing


@dataclass(frozen=True)
class KnownToPass:
    """The other invoices and accounts of a payer account's part of a run."""

    payer_account_id: str = ""
    others: Others = NOBODY_ELSE
    copies: Mapping[str, Collection[str]] = field(default_factory=dict)
    """The listed copies of each invoice, as segments of keys: they may have its document."""
    bill_sources: frozenset[str] = frozenset()
    """Accounts whose bills the payer account gets by billing transfer."""
    in_doubt: frozenset[str] = frozenset()
    """Ids of invoices whose archived document is another's."""
    closed: frozenset[BillingPeriod] = frozenset()
    """The billing periods of the listing that are archive closed."""

    @classmethod
    def of(
        cls,
        listing: Listing,
        accounts: Collection[str],
        in_doubt: Collection[str],
        closed: Collection[BillingPeriod] = (),
    ) -> "KnownToPass":
        """The context from a listing; `accounts` are those of the register and of the run."""
        copies: dict[str, list[str]] = defaultdict(list)
        for invoice in listing.invoices:
            if invoice.summary.repeats_another:
                for _, original in references(invoice.summary):
                    copies[original].append(safe_segment(invoice.invoice_id))
        ids = ListedIds(invoice.invoice_id for invoice in listing.invoices)
        return cls(
            listing.payer_account_id,
            Others(ids, frozenset({*accounts, *_accounts(listing)})),
            copies,
            frozenset(_bill_sources(listing)),
            frozenset(in_doubt),
            frozenset(closed),
        )

    def accounts_of(self, listed: ListedInvoice) -> set[str]:
        """The accounts whose name the invoice's document may carry."""
        return {
            listed.payer_account_id,
            self.payer_account_id,
            *listed.summary.bill_source_accounts,
            *self.bill_sources,
        }


def _accounts(listing: Listing) -> Iterator[str]:
    """Every account that the listing names."""
    yield listing.payer_account_id
    yield from listing.receivers_listed
    if listing.units:
        yield from listing.units.receivers
    if listing.transfers:
        for transfer in listing.transfers.transfers:
            yield from (transfer.source, transfer.target)
    for invoice in listing.invoices:
        yield invoice.payer_account_id
        yield from invoice.summary.bill_source_accounts


def _bill_sources(listing: Listing) -> Iterator[str]:
    for transfer in listing.transfers.transfers if listing.transfers else ():
        if transfer.source and transfer.target == listing.payer_account_id:
            yield transfer.source
