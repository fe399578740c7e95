"""A billing period's evidence in the archive, compared with its newest manifest, this run and the
records themselves.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from lambdas.aws.archive import Archive
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.evidence.archive_layout import (
    chain_of_record,
    documents_prefix,
    evidence_payer,
    highest_records,
    record_in_chain,
    records_prefix,
)
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.evidence.kept_versions import KeptVersions, damage, damage_of
from lambdas.domain.findings import Finding
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.runs.payer_outcome import PayerOutcome
from lambdas.steps.stored_records import read_record

_READ_THREADS = 16


@dataclass(frozen=True)
class PeriodEvidence:
    """The states of a period's invoices, as far as their records can be trusted."""

    invoices: Sequence[ArchivedInvoice]
    damages: Mapping[str, Sequence[Finding]]
    """By payer account."""
    outcomes: Sequence[PayerOutcome]
    """Of the run; an archived invoice that cannot be trusted counts as outstanding."""


def read_evidence(
    archive: Archive,
    period: BillingPeriod,
    previous: Manifest | None,
    outcomes: Sequence[PayerOutcome],
) -> PeriodEvidence:
    """Report all damage, and take no state from damaged keys: such an invoice keeps its state in
    the previous manifest.
    """
    # a document is stored before its record, so the second listing has all documents of records
    versions = archive.kept_versions(records_prefix(period))
    versions |= archive.kept_versions(documents_prefix(period))
    states = _States(versions, previous.invoices if previous else ())
    states.extend(_undisputed(i for one in outcomes for i in one.archived))
    unread = states.unread()
    with ThreadPoolExecutor(_READ_THREADS) as pool:
        read = list(pool.map(lambda key: _read_invoice(archive, key), unread))
    states.extend(one for one in read if isinstance(one, ArchivedInvoice))
    states.report(one for one in read if isinstance(one, Finding))
    return PeriodEvidence(
        sorted(states.of_chain.values(), key=lambda i: (i.payer_account_id, i.invoice_id)),
        states.damages(),
        [states.without_refused(outcome, period) for outcome in outcomes],
    )


def _undisputed(invoices: Iterable[ArchivedInvoice]) -> list[ArchivedInvoice]:
    """The invoices of a run's payer accounts, without those whose record two accounts state
    differently; such a record itself is read.
    """
    by_record: dict[str, ArchivedInvoice] = {}
    disputed_keys = set()
    for invoice in invoices:
        other = by_record.setdefault(invoice.record.key, invoice)
        if other != invoice:
            disputed_keys.add(invoice.record.key)
    return [invoice for key, invoice in by_record.items() if key not in disputed_keys]


class _States:
    """The state of each chain of records. It starts with the manifest's state, and is extended only
    by records that follow it and have one version each in the archive.
    """

    def __init__(
        self, versions: Mapping[str, KeptVersions], trusted: Iterable[ArchivedInvoice]
    ) -> None:
        self.of_chain = {_chain(invoice): invoice for invoice in trusted}
        self._kept = versions
        self._refused: dict[str, Finding] = {}
        self._damages: dict[str, Finding] = {}
        self.report(one.damage for one in versions.values())

    def report(self, findings: Iterable[Finding | None]) -> None:
        for finding in findings:
            if finding:
                self._damages.setdefault(finding.subject, finding)

    def extend(self, invoices: Iterable[ArchivedInvoice]) -> None:
        for invoice in invoices:
            state = self.of_chain.get(_chain(invoice))
            if state and invoice.sequence <= state.sequence:
                continue
            broken = self._break(state, invoice)
            if broken:
                self._refused[_chain(invoice)] = broken
                self.report([broken])
            else:
                self.of_chain[_chain(invoice)] = invoice

    def unread(self) -> list[str]:
        """The highest undamaged record of each chain with a lower known state, or none."""
        highest = highest_records(key for key, one in self._kept.items() if not one.damage)
        return [
            record_in_chain(chain, sequence)
            for chain, sequence in highest.items()
            if chain not in self.of_chain or self.of_chain[chain].sequence < sequence
        ]

    def damages(self) -> Mapping[str, Sequence[Finding]]:
        for invoice in self.of_chain.values():
            evidence = (*invoice.records, *(document.stored for document in invoice.documents))
            self.report(damage_of(stored, self._kept) for stored in evidence)
        by_payer: dict[str, list[Finding]] = defaultdict(list)
        for key, finding in self._damages.items():
            payer = evidence_payer(key)
            if payer:  # otherwise no run stored it; `invoices check` reports it
                by_payer[payer].append(finding)
        return by_payer

    def without_refused(self, outcome: PayerOutcome, period: BillingPeriod) -> PayerOutcome:
        """The outcome, with invoices whose records cannot be trusted as outstanding."""
        archived: list[ArchivedInvoice] = []
        refused: list[ArchivedInvoice] = []
        for invoice in outcome.archived:
            is_refused = invoice.billing_period == period and _chain(invoice) not in self.of_chain
            (refused if is_refused else archived).append(invoice)
        return replace(
            outcome,
            archived=tuple(archived),
            outstanding=(
                *outcome.outstanding,
                *(
                    _outstanding(one, outcome.rows[one.invoice_id], self._refused[_chain(one)])
                    for one in refused
                    if one.invoice_id in outcome.rows
                ),
            ),
        )

    def _break(self, state: ArchivedInvoice | None, invoice: ArchivedInvoice) -> Finding | None:
        """The finding that the invoice's records do not extend the state; None if they do."""
        if state and not _follows(state, invoice):
            return damage(invoice.record.key, "does not follow the record before it")
        for stored in invoice.records:
            if broken := damage_of(stored, self._kept):
                return broken
        return None


def _chain(invoice: ArchivedInvoice) -> str:
    return chain_of_record(invoice.record.key)


def _follows(state: ArchivedInvoice, invoice: ArchivedInvoice) -> bool:
    """True if the invoice has all records and documents of the state, and perhaps more."""
    documents = {document.stored for document in invoice.documents}
    return invoice.records[: state.sequence] == state.records and documents.issuperset(
        document.stored for document in state.documents
    )


def _read_invoice(archive: Archive, key: str) -> ArchivedInvoice | Finding:
    """The state of an invoice from its highest record, or the finding that it cannot be read."""
    try:
        record = read_record(archive, key)
        return ArchivedInvoice.of(*record) if record else damage(key, "is gone")
    except NOT_UNDERSTOOD:
        return damage(key, "is no record")


def _outstanding(
    invoice: ArchivedInvoice, row: InvoiceSummary, broken: Finding
) -> OutstandingInvoice:
    return OutstandingInvoice(
        invoice.invoice_id,
        invoice.billing_period,
        invoice.payer_account_id,
        invoice.seen_by,
        row,
        (broken,),
    )
