"""One billing period's manifest and views: read what lies in the archive, judge, extend the chain,
make the views again.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from lambdas.aws.archive import Archive
from lambdas.domain.acknowledgements import GivenAcknowledgement
from lambdas.domain.archive_layout import (
    documents_prefix,
    highest_records,
    record_chain,
    record_payer,
    records_prefix,
    safe_segment,
)
from lambdas.domain.archived_invoice import ArchivedInvoice
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.charges import Charges
from lambdas.domain.charges_wanted import charges_are_wanted
from lambdas.domain.close_calendar import CloseCalendar
from lambdas.domain.document_graph import references
from lambdas.domain.errors import ServiceUnavailable
from lambdas.domain.facts import Facts, PayerOutcome
from lambdas.domain.findings import Finding, finding
from lambdas.domain.history import PastPeriod
from lambdas.domain.json_text import instant_text
from lambdas.domain.judgement import judge
from lambdas.domain.manifests import Manifest
from lambdas.domain.payer_register import Payer
from lambdas.domain.payer_run import CHECKED
from lambdas.domain.records import Record
from lambdas.domain.verdicts import PeriodVerdict
from lambdas.manifest_chain import ChainBroken, ManifestChain
from lambdas.period_views import show_verdict, update_views

_CHAIN_TRIES = 5
_READ_THREADS = 16
AskCharges = Callable[[BillingPeriod, Sequence[str]], Mapping[str, Charges]]
_REFERENCE_PERIODS = 12


@dataclass(frozen=True)
class Judged:
    """A judged period: the verdict before this run (None: it had none), and what holds now.

    It says the same when the step is tried again. A manifest whose chain cannot be trusted is shown
    and not stored.
    """

    before: PeriodVerdict | None
    manifest: Manifest
    sequence: int
    """How far the chain is, or once was."""
    is_new: bool
    """Whether this run wrote it, in this or an earlier try."""
    sha256: str | None
    """Of the manifest's file; None when the chain cannot be trusted."""

    @property
    def is_trusted(self) -> bool:
        return self.sha256 is not None

    def to_data(self) -> dict[str, Any]:
        return {
            "billing_period": str(self.manifest.billing_period),
            "verdict_before": self.before,
            "verdict": self.manifest.verdict,
            "manifest": self.manifest.key,
            "changed": self.is_new,
        }


@dataclass(frozen=True)
class Run:
    """What is the same for every period that a run judges."""

    run_id: str
    as_of: datetime
    close: CloseCalendar
    outcomes: Sequence[PayerOutcome]
    acknowledgements: Sequence[GivenAcknowledgement]
    ask_charges: AskCharges | None
    """Asks Cost Explorer about payer accounts in a period; None where that is switched off."""


def judge_period(
    archive: Archive,
    chain: ManifestChain,
    period: BillingPeriod,
    run: Run,
    *,
    payers: Mapping[str, Payer],
    is_of_run: bool,
    past: Sequence[PastPeriod],
    retain_until: datetime,
) -> Judged:
    """Judge the period; `past` are the judged ones right before it, and `is_of_run` says whether it
    is the target or a look-back period.

    Writes a manifest only if something changed, and a view only if it is behind its manifest. A
    chain that is not what its head says is not extended: that would hide what was done to it.
    """
    for _ in range(_CHAIN_TRIES):
        try:
            newest = chain.newest(period)
        except ChainBroken as broken:
            return _show_broken(archive, period, run, broken)
        previous = newest.manifest if newest else None
        invoices, damages = _archived(archive, period, previous, run.outcomes)
        facts = Facts(
            archive.bucket,
            period,
            run.run_id,
            run.as_of,
            run.close,
            payers,
            previous,
            newest.sha256 if newest else None,
            run.outcomes,
            invoices,
            damages,
            _absent_invoices(archive, period, invoices),
            past,
            acknowledgements=run.acknowledgements,
            asks_cost_explorer=run.ask_charges is not None,
            is_of_run=is_of_run,
        )
        manifest = _judge_with_charges(facts, run)
        is_new = previous is None or not manifest.says_the_same_as(previous)
        link = chain.extend(manifest, retain_until) if is_new else newest
        if link is None:
            continue  # another run took this number: what it wrote is to be judged too
        update_views(archive, link)
        begun = chain.before_run(newest, run.run_id)
        return Judged(
            begun.manifest.verdict if begun else None,
            link.manifest,
            link.manifest.sequence,
            link.manifest.run_id == run.run_id,
            link.sha256,
        )
    raise ServiceUnavailable(f"other runs keep extending the manifests of {period}")


def _judge_with_charges(facts: Facts, run: Run) -> Manifest:
    """Judge; and judge again with what Cost Explorer says where that can change the verdict."""
    manifest = judge(facts)
    if run.ask_charges is None:
        return manifest
    wanted = [
        state.payer_account_id
        for state in manifest.payers
        if (asked := facts.asked(state.payer_account_id))
        and asked.outcome == CHECKED
        and charges_are_wanted(
            state,
            facts.billing_period,
            as_of=facts.as_of,
            is_overdue=facts.is_overdue,
            is_closed=bool(facts.previous and facts.previous.closed_at),
        )
    ]
    if not wanted:
        return manifest
    charges = run.ask_charges(facts.billing_period, wanted)
    accepted = {one.payer_account_id: one.witnesses.acknowledgements for one in manifest.payers}
    return judge(replace(facts, charges=charges, accepted=accepted))


def _show_broken(archive: Archive, period: BillingPeriod, run: Run, broken: ChainBroken) -> Judged:
    """What the newest readable manifest says, as a verdict that needs a person."""
    newest = broken.newest.manifest if broken.newest else None
    shown = Manifest(
        archive.bucket,
        period,
        newest.sequence if newest else 0,
        newest.previous_sha256 if newest else None,
        run.run_id,
        instant_text(run.as_of),
        "ACTION_REQUIRED",
        newest.closed_at if newest else None,
        newest.payers if newest else (),
        (broken.finding,),
        run.close.last_day(period).isoformat(),
        run.close.close_day(period, run.as_of),
    )
    show_verdict(archive, shown, broken.sequence)
    before = newest.verdict if newest else None
    return Judged(before, shown, broken.sequence, is_new=False, sha256=None)


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


def _absent_invoices(
    archive: Archive, period: BillingPeriod, invoices: Sequence[ArchivedInvoice]
) -> set[str]:
    """Which invoices that others of the period refer to have no record in the year before, under
    whatever account.
    """
    here = {invoice.invoice_id for invoice in invoices}
    named = sorted(
        {
            (invoice.payer_account_id, invoice_id)
            for invoice in invoices
            for _, invoice_id in references(invoice.summary)
            if invoice_id not in here
        }
    )
    places = period.with_earlier(_REFERENCE_PERIODS)

    def is_absent(one: tuple[str, str]) -> bool:
        return not any(any(archive.list(record_chain(place, *one))) for place in places)

    def recorded(place: BillingPeriod) -> set[str]:
        chains = highest_records(item.key for item in archive.list(records_prefix(place)))
        return {chain.rpartition("/")[2] for chain in chains}

    with ThreadPoolExecutor(_READ_THREADS) as pool:
        gone = list(pool.map(is_absent, named))
        absent = {
            invoice_id for (_, invoice_id), is_gone in zip(named, gone, strict=True) if is_gone
        }
        # it may be filed under another account, a receiver or a sister
        elsewhere = set[str]().union(*pool.map(recorded, places[1:] if absent else ()))
    return {invoice_id for invoice_id in absent if safe_segment(invoice_id) not in elsewhere}


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
