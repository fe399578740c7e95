"""What lies in the archive of a billing period, held against what its newest manifest, this run and
the records themselves name.
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
    """Of the run; what they archived and cannot be trusted is outstanding in them."""


def read_evidence(
    archive: Archive,
    period: BillingPeriod,
    previous: Manifest | None,
    outcomes: Sequence[PayerOutcome],
) -> PeriodEvidence:
    """Tell all damage, and take no state from damaged keys: what the previous manifest says of such
    an invoice stays.
    """
    # a document is stored before its record: what a listed record names is listed as well
    kept = archive.kept_versions(records_prefix(period))
    kept |= archive.kept_versions(documents_prefix(period))
    states = _States(kept, previous.invoices if previous else ())
    states.go_on(_undisputed(i for one in outcomes for i in one.archived))
    unread = states.unread()
    with ThreadPoolExecutor(_READ_THREADS) as pool:
        read = list(pool.map(lambda key: _read_invoice(archive, key), unread))
    states.go_on(one for one in read if isinstance(one, ArchivedInvoice))
    states.tell(one for one in read if isinstance(one, Finding))
    return PeriodEvidence(
        sorted(states.of_chain.values(), key=lambda i: (i.payer_account_id, i.invoice_id)),
        states.damages(),
        [states.without_refused(outcome, period) for outcome in outcomes],
    )


def _undisputed(invoices: Iterable[ArchivedInvoice]) -> list[ArchivedInvoice]:
    """What the payer accounts of a run say of invoices; where two name the same record and say
    different things of it, the record itself is read.
    """
    said: dict[str, ArchivedInvoice] = {}
    disputed = set()
    for invoice in invoices:
        other = said.setdefault(invoice.record.key, invoice)
        if other != invoice:
            disputed.add(invoice.record.key)
    return [invoice for key, invoice in said.items() if key not in disputed]


class _States:
    """The state of each chain of records. It begins with what a manifest says, and goes on only by
    records that follow from that and of which the archive keeps one version each.
    """

    def __init__(
        self, kept: Mapping[str, KeptVersions], trusted: Iterable[ArchivedInvoice]
    ) -> None:
        self.of_chain = {_chain(invoice): invoice for invoice in trusted}
        self._kept = kept
        self._refused: dict[str, Finding] = {}
        self._damages: dict[str, Finding] = {}
        self.tell(one.damage for one in kept.values())

    def tell(self, findings: Iterable[Finding | None]) -> None:
        for finding in findings:
            if finding:
                self._damages.setdefault(finding.subject, finding)

    def go_on(self, invoices: Iterable[ArchivedInvoice]) -> None:
        for invoice in invoices:
            state = self.of_chain.get(_chain(invoice))
            if state and invoice.sequence <= state.sequence:
                continue
            broken = self._break(state, invoice)
            if broken:
                self._refused[_chain(invoice)] = broken
                self.tell([broken])
            else:
                self.of_chain[_chain(invoice)] = invoice

    def unread(self) -> list[str]:
        """The highest whole record of each chain of which only a lower one is known."""
        highest = highest_records(key for key, one in self._kept.items() if not one.damage)
        return [
            record_in_chain(chain, sequence)
            for chain, sequence in highest.items()
            if chain not in self.of_chain or self.of_chain[chain].sequence < sequence
        ]

    def damages(self) -> Mapping[str, Sequence[Finding]]:
        for invoice in self.of_chain.values():
            named = (*invoice.records, *(document.stored for document in invoice.documents))
            self.tell(damage_of(stored, self._kept) for stored in named)
        found: dict[str, list[Finding]] = defaultdict(list)
        for key, finding in self._damages.items():
            payer = evidence_payer(key)
            if payer:  # else nothing that a run stored; the check tells it
                found[payer].append(finding)
        return found

    def without_refused(self, outcome: PayerOutcome, period: BillingPeriod) -> PayerOutcome:
        """The outcome in which an invoice whose records cannot be trusted is what AWS lists."""
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
        """Why the invoice's records are not to be taken for what goes on from the state."""
        if state and not _follows(state, invoice):
            return damage(invoice.record.key, "does not follow the record before it")
        for stored in invoice.records:
            if found := damage_of(stored, self._kept):
                return found
        return None


def _chain(invoice: ArchivedInvoice) -> str:
    return chain_of_record(invoice.record.key)


def _follows(state: ArchivedInvoice, invoice: ArchivedInvoice) -> bool:
    """Whether the invoice has all records and documents of the state, and perhaps more."""
    documents = {document.stored for document in invoice.documents}
    return invoice.records[: state.sequence] == state.records and documents.issuperset(
        document.stored for document in state.documents
    )


def _read_invoice(archive: Archive, key: str) -> ArchivedInvoice | Finding:
    """The state of an invoice from its highest record, or the finding that it cannot be read."""
    try:
        found = read_record(archive, key)
        return ArchivedInvoice.of(*found) if found else damage(key, "is gone")
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
