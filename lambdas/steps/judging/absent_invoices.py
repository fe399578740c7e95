"""The invoices that others of a period name, and whether they are archived anywhere: those that its
invoices refer to, and those that AWS Payments has.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from lambdas.aws.archive import Archive
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import (
    chain_prefix,
    record_chain,
    recorded_invoices,
    records_prefix,
)
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.evidence.key_segments import safe_segment
from lambdas.domain.evidence.references import references

_READ_THREADS = 16
_PERIODS = 12
"""They are looked for in the period and in those of the year before."""
_MOST_ASKED = 100
"""Ids that are looked for one by one, each with a listing in each period."""
_PERIODS_AFTER = 2
"""Periods after its own in which a financial record is looked for."""


def absent_invoices(
    archive: Archive, period: BillingPeriod, invoices: Sequence[ArchivedInvoice]
) -> set[str]:
    """Invoices that others of the period refer to and that have no record in the year before, under
    any account.
    """
    here = {invoice.invoice_id for invoice in invoices}
    referenced = sorted(
        {
            (invoice.payer_account_id, invoice_id)
            for invoice in invoices
            for _, invoice_id in references(invoice.summary)
            if invoice_id not in here
        }
    )
    return _unrecorded(archive, period.with_earlier(_PERIODS), referenced)


def recorded_elsewhere(
    archive: Archive, period: BillingPeriod, records: Iterable[tuple[str, str]]
) -> set[str]:
    """The ids of AWS Payments' records, given with their payer accounts, that are archived in
    another period: the two services may file an invoice under different months.
    """
    wanted = sorted(set(records))
    later = [period.shifted(months) for months in range(1, _PERIODS_AFTER + 1)]
    places = [*later, *period.with_earlier(_PERIODS)[1:]]
    return {one for _, one in wanted} - _unrecorded(archive, places, wanted)


def _unrecorded(
    archive: Archive, places: Sequence[BillingPeriod], wanted: Sequence[tuple[str, str]]
) -> set[str]:
    """The ids, of those given with the account where they are likely, that have no record in these
    periods, under any account.
    """

    def is_absent(one: tuple[str, str]) -> bool:
        chains = (chain_prefix(record_chain(place, *one)) for place in places)
        return not any(any(archive.list(chain)) for chain in chains)

    def recorded(place: BillingPeriod) -> set[str]:
        return recorded_invoices(item.key for item in archive.list(records_prefix(place)))

    absent = {invoice_id for _, invoice_id in wanted}
    with ThreadPoolExecutor(_READ_THREADS) as pool:
        if len(wanted) <= _MOST_ASKED:
            absences = zip(wanted, pool.map(is_absent, wanted), strict=True)
            absent = {invoice_id for (_, invoice_id), is_gone in absences if is_gone}
        # they may be filed under another account, for example a receiver
        elsewhere = set[str]().union(*pool.map(recorded, places if absent else ()))
    return {invoice_id for invoice_id in absent if safe_segment(invoice_id) not in elsewhere}
