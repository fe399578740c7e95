"""One billing period's manifest and views: read what lies in the archive, judge, extend the chain,
make the views again.
"""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.aws.archive import Archive
from lambdas.domain.archive_layout import (
    completeness_key,
    documents_prefix,
    highest_records,
    manifest_sequence,
    manifests_prefix,
    record_chain,
    record_payer,
    records_prefix,
)
from lambdas.domain.archived_invoice import ArchivedInvoice
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close_calendar import CloseDeadline
from lambdas.domain.errors import EvidenceConflict, ServiceUnavailable
from lambdas.domain.findings import Finding, finding
from lambdas.domain.json_text import to_json
from lambdas.domain.judgement import Facts, PayerOutcome, judge
from lambdas.domain.manifests import Manifest
from lambdas.domain.records import Record
from lambdas.domain.verdicts import PeriodVerdict

_CHAIN_TRIES = 5
_READ_THREADS = 16
_ORIGINAL_PERIODS = 12


@dataclass(frozen=True)
class Judged:
    """A judged period: the verdict before this run (None: it had none), and the manifest that holds
    now.
    """

    before: PeriodVerdict | None
    manifest: Manifest
    is_new: bool

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
    period: BillingPeriod,
    *,
    run_id: str,
    as_of: datetime,
    deadline: CloseDeadline,
    names: Mapping[str, str],
    outcomes: Sequence[PayerOutcome],
    retain_until: datetime,
) -> Judged:
    """Judge the period.

    Writes a manifest only if something changed, and a view only if it is behind its manifest.
    """
    for _ in range(_CHAIN_TRIES):
        previous, previous_sha256 = latest_manifest(archive, period)
        invoices, damages = _archived(archive, period, previous, outcomes)
        manifest = judge(
            Facts(
                period,
                run_id,
                as_of,
                deadline,
                names,
                previous,
                previous_sha256,
                outcomes,
                invoices,
                damages,
                _absent_originals(archive, period, invoices),
            )
        )
        is_new = previous is None or not manifest.says_the_same_as(previous)
        if not is_new and previous is not None:
            manifest = previous
        elif archive.put_record(manifest.key, manifest.to_bytes(), retain_until) is None:
            continue  # another run took this number: what it wrote is to be judged too
        _update_completeness(archive, manifest)
        return Judged(previous.verdict if previous else None, manifest, is_new)
    raise ServiceUnavailable(f"other runs keep extending the manifests of {period}")


def latest_manifest(archive: Archive, period: BillingPeriod) -> tuple[Manifest | None, str | None]:
    """The newest manifest of a period and its SHA-256; None and None where there is none yet."""
    keys = [item.key for item in archive.list(manifests_prefix(period))]
    newest = max((key for key in keys if manifest_sequence(key)), key=_number, default=None)
    if newest is None:
        return None, None
    found = archive.read(newest)
    if found is None:
        raise EvidenceConflict(f"{newest} was listed and is gone")
    return Manifest.from_data(found.data()), found.stored.sha256


def _number(key: str) -> int:
    return manifest_sequence(key) or 0


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
        for document in invoice.documents:
            size = sizes.get(document.key)
            if size != document.size_bytes:
                what = "is gone" if size is None else f"has {size} bytes"
                damages.setdefault(invoice.payer_account_id, []).append(_damage(document.key, what))
    return sorted(known.values(), key=lambda i: (i.payer_account_id, i.invoice_id)), damages


def _absent_originals(
    archive: Archive, period: BillingPeriod, invoices: Sequence[ArchivedInvoice]
) -> set[str]:
    """Which original invoices that credit memos name have no record in the year before."""
    here = {invoice.invoice_id for invoice in invoices}
    named = {
        (invoice.payer_account_id, invoice.original_invoice_id)
        for invoice in invoices
        if invoice.original_invoice_id and invoice.original_invoice_id not in here
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
        return ArchivedInvoice.of(Record.from_data(found.data()), found.stored)
    except (ValueError, LookupError, TypeError):
        return _damage(key, "is no record")


def _damage(key: str, what: str) -> Finding:
    return finding(
        "ARCHIVE_DAMAGED", key, f"The archived object {what}, which is not what was recorded."
    )


def _update_completeness(archive: Archive, manifest: Manifest) -> None:
    content = to_json(manifest.completeness())

    def newer(current: bytes | None) -> bytes | None:
        made_from = json.loads(current)["manifest"] if current else ""
        return content if _number(made_from) <= manifest.sequence else None

    archive.update_view(completeness_key(manifest.billing_period), newer)
