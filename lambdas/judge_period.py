"""One billing period's manifest and views: read what lies in the archive, judge, extend the chain,
make the views again.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.aws.archive import Archive
from lambdas.domain.archive_layout import (
    documents_prefix,
    highest_records,
    record_chain,
    record_payer,
    records_prefix,
)
from lambdas.domain.archived_invoice import ArchivedInvoice
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close_calendar import CloseDeadline
from lambdas.domain.errors import ServiceUnavailable
from lambdas.domain.findings import Finding, finding
from lambdas.domain.json_text import instant_text
from lambdas.domain.judgement import Facts, PayerOutcome, judge
from lambdas.domain.manifests import Manifest
from lambdas.domain.payer_register import Payer
from lambdas.domain.records import Record
from lambdas.domain.verdicts import PeriodVerdict
from lambdas.manifest_chain import ChainBroken, ManifestChain
from lambdas.period_views import show_verdict, update_views

_CHAIN_TRIES = 5
_READ_THREADS = 16
_ORIGINAL_PERIODS = 12


@dataclass(frozen=True)
class Judged:
    """A judged period: the verdict before this run (None: it had none), and what holds now.

    A manifest whose chain cannot be trusted is shown and not stored.
    """

    before: PeriodVerdict | None
    manifest: Manifest
    sequence: int
    """How far the chain is, or once was."""
    is_new: bool
    is_trusted: bool = True

    def to_data(self) -> dict[str, Any]:
        return {
            "billing_period": str(self.manifest.billing_period),
            "verdict_before": self.before,
            "verdict": self.manifest.verdict,
            "manifest": self.manifest.key,
            "changed": self.is_new,
        }


def judge_period(
    archive: Archive,
    chain: ManifestChain,
    period: BillingPeriod,
    *,
    run_id: str,
    as_of: datetime,
    deadline: CloseDeadline,
    payers: Mapping[str, Payer],
    outcomes: Sequence[PayerOutcome],
    retain_until: datetime,
) -> Judged:
    """Judge the period.

    Writes a manifest only if something changed, and a view only if it is behind its manifest. A
    chain that is not what its head says is not extended: that would hide what was done to it.
    """
    for _ in range(_CHAIN_TRIES):
        try:
            newest = chain.newest(period)
        except ChainBroken as broken:
            return _show_broken(archive, period, run_id, as_of, broken)
        previous = newest.manifest if newest else None
        invoices, damages = _archived(archive, period, previous, outcomes)
        manifest = judge(
            Facts(
                archive.bucket,
                period,
                run_id,
                as_of,
                deadline,
                payers,
                previous,
                newest.sha256 if newest else None,
                outcomes,
                invoices,
                damages,
                _absent_originals(archive, period, invoices),
            )
        )
        is_new = previous is None or not manifest.says_the_same_as(previous)
        link = chain.extend(manifest, retain_until) if is_new else newest
        if link is None:
            continue  # another run took this number: what it wrote is to be judged too
        update_views(archive, link)
        before = previous.verdict if previous else None
        return Judged(before, link.manifest, link.manifest.sequence, is_new)
    raise ServiceUnavailable(f"other runs keep extending the manifests of {period}")


def _show_broken(
    archive: Archive, period: BillingPeriod, run_id: str, as_of: datetime, broken: ChainBroken
) -> Judged:
    """What the newest readable manifest says, as a verdict that needs a person."""
    newest = broken.newest.manifest if broken.newest else None
    shown = Manifest(
        archive.bucket,
        period,
        newest.sequence if newest else 0,
        newest.previous_sha256 if newest else None,
        run_id,
        instant_text(as_of),
        "ACTION_REQUIRED",
        newest.closed_at if newest else None,
        newest.payers if newest else (),
        (broken.finding,),
    )
    show_verdict(archive, shown, broken.sequence)
    before = newest.verdict if newest else None
    return Judged(before, shown, broken.sequence, is_new=False, is_trusted=False)


def _archived(
    archive: Archive,
    period: BillingPeriod,
    previous: Manifest | None,
    outcomes: Sequence[PayerOutcome],
) -> tuple[list[ArchivedInvoice], dict[str, list[Finding]]]:
    """The state of every invoice of the period, and where the evidence is not what records and
    manifests say.
    """
    known: dict[str, ArchivedInvoice] = {}
    for invoice in (
        *(i for payer in (previous.payers if previous else ()) for i in payer.invoices),
        *(i for outcome in outcomes for i in outcome.archived if i.billing_period == period),
    ):
        chain = invoice.record.key.rpartition("/")[0]
        if chain not in known or known[chain].sequence < invoice.sequence:
            known[chain] = invoice
    highest = highest_records(item.key for item in archive.list(records_prefix(period)))
    unread = [
        f"{chain}/{sequence:04d}.json"
        for chain, sequence in highest.items()
        if chain not in known or known[chain].sequence < sequence
    ]
    with ThreadPoolExecutor(_READ_THREADS) as pool:
        read = list(pool.map(lambda key: _read_invoice(archive, key), unread))
    damages: dict[str, list[Finding]] = {}
    for key, result in zip(unread, read, strict=True):
        chain = key.rpartition("/")[0]
        if isinstance(result, ArchivedInvoice):
            known[chain] = result
        else:
            damages.setdefault(record_payer(chain), []).append(result)
    sizes = {item.key: item.size_bytes for item in archive.list(documents_prefix(period))}
    for chain, invoice in known.items():
        if highest.get(chain, 0) < invoice.sequence:
            damages.setdefault(invoice.payer_account_id, []).append(
                _damage(invoice.record.key, "is gone")
            )
        for stored in (document.stored for document in invoice.documents):
            size = sizes.get(stored.key)
            if size != stored.size_bytes:
                what = "is gone" if size is None else f"has {size} bytes"
                damages.setdefault(invoice.payer_account_id, []).append(_damage(stored.key, what))
    return sorted(known.values(), key=lambda i: (i.payer_account_id, i.invoice_id)), damages


def _absent_originals(
    archive: Archive, period: BillingPeriod, invoices: Sequence[ArchivedInvoice]
) -> set[str]:
    """Which original invoices that credit memos name have no record in the year before."""
    here = {invoice.invoice_id for invoice in invoices}
    named = {
        (invoice.payer_account_id, original)
        for invoice in invoices
        if (original := invoice.summary.original_invoice_id) and original not in here
    }
    places = period.with_earlier(_ORIGINAL_PERIODS)
    return {
        original
        for payer_account_id, original in named
        if not any(
            any(archive.list(record_chain(place, payer_account_id, original))) for place in places
        )
    }


def _read_invoice(archive: Archive, key: str) -> ArchivedInvoice | Finding:
    """The state of an invoice from its highest record, or the finding that it cannot be read."""
    found = archive.read(key)
    if found is None:
        return _damage(key, "is gone")
    try:
        record = Record.from_data(found.data())
    except (ValueError, LookupError, TypeError):
        return _damage(key, "is no record")
    if record.key != key:
        return _damage(key, f"is {record.key}")
    return ArchivedInvoice.of(record, found.stored)


def _damage(key: str, what: str) -> Finding:
    return finding(
        "ARCHIVE_DAMAGED", key, f"The archived object {what}, which is not what was recorded."
    )
