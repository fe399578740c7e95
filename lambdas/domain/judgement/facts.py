"""Everything that a billing period is judged by, and what follows from it directly."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.evidence.shared_papers import papers_of_others
from lambdas.domain.findings import Finding, finding
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.history import PastPeriod, invoices_of
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.runs.close_calendar import CloseCalendar
from lambdas.domain.runs.outcome import CHECKED
from lambdas.domain.runs.payer_outcome import PayerOutcome
from lambdas.domain.runs.payer_register import Payer
from lambdas.domain.witnesses.acknowledgements import Acknowledgement, GivenAcknowledgement
from lambdas.domain.witnesses.billing_transfers import BillingTransfer, Transfers, in_order, united
from lambdas.domain.witnesses.charges import Charges
from lambdas.domain.witnesses.statements import last_said, since


@dataclass(frozen=True)
class Facts:
    """Everything that a period is judged by."""

    bucket: str
    billing_period: BillingPeriod
    run_id: str
    as_of: datetime
    close: CloseCalendar
    payers: Mapping[str, Payer]
    """Payer accounts of the register that are active in the period, by account id."""
    previous: Manifest | None
    previous_sha256: str | None
    outcomes: Sequence[PayerOutcome]
    invoices: Sequence[ArchivedInvoice]
    """The state of every invoice of the period, from its highest record."""
    damages: Mapping[str, Sequence[Finding]]
    """Damage to the evidence, by payer account."""
    absent_invoices: Collection[str] = ()
    """Ids of invoices that the period's invoices refer to and the archive does not have."""
    past: Sequence[PastPeriod] = ()
    """The billing periods right before this one that were judged, latest first."""
    charges: Mapping[str, Charges] = field(default_factory=dict)
    """What Cost Explorer answered in this run, by payer account."""
    acknowledgements: Sequence[GivenAcknowledgement] = ()
    """What a person acknowledged with this run, whatever the period."""
    asks_cost_explorer: bool = True
    accepted: Mapping[str, Sequence[Acknowledgement]] = field(default_factory=dict)
    """Acknowledgements by payer account as the run judged them before Cost Explorer answered: they
    cover nothing that it says.
    """

    is_of_run: bool = True
    """Whether the period is the run's target or a look-back period of it, so that the register says
    who belongs to it; in any other only those do of whom something is there.
    """
    asked_at: datetime | None = None
    """The instant as of which the run asked, where it is judged as of a later one: another run has
    written a manifest since. None: the same instant.
    """

    @cached_property
    def is_overdue(self) -> bool:
        return self.as_of >= self.close.overdue_from(self.billing_period)

    @property
    def is_closed(self) -> bool:
        return self.previous is not None and self.previous.closed_at is not None

    @cached_property
    def before(self) -> Mapping[str, PayerState]:
        """What the previous manifest says, by payer account."""
        payers = self.previous.payers if self.previous else ()
        return {state.payer_account_id: state for state in payers}

    @cached_property
    def outcome_of(self) -> Mapping[str, PayerOutcome]:
        return {outcome.payer_account_id: outcome for outcome in self.outcomes}

    def asked(self, account_id: str) -> PayerOutcome | None:
        """The outcome of a payer account that this run asked for the period; None also where a
        later run has checked it since.
        """
        outcome, before = self.outcome_of.get(account_id), self.before.get(account_id)
        if outcome is None or self.billing_period not in outcome.billing_periods:
            return None
        checked_at = before.checked_at if before else None
        is_behind = checked_at and read_instant(checked_at) > (self.asked_at or self.as_of)
        return None if is_behind else outcome.of_period(self.billing_period)

    def read(self, account_id: str) -> PayerOutcome | None:
        """The outcome of a payer account whose listings of the period this run read to the end."""
        asked = self.asked(account_id)
        is_read = asked and asked.outcome == CHECKED and self.billing_period not in asked.refused
        return asked if is_read else None

    @cached_property
    def asked_accounts(self) -> frozenset[str]:
        """The payer accounts that are, or were, asked for their own listings."""
        return frozenset(
            {*self.payers, *self.outcome_of}
            | {account_id for account_id, state in self.before.items() if state.checked_at}
        )

    @cached_property
    def invoices_of(self) -> Mapping[str, Sequence[ArchivedInvoice]]:
        """The archived invoices by the account under which they are filed."""
        found: dict[str, list[ArchivedInvoice]] = defaultdict(list)
        for invoice in self.invoices:
            found[invoice.payer_account_id].append(invoice)
        return found

    @cached_property
    def invoices_shown_to(self) -> Mapping[str, Sequence[ArchivedInvoice]]:
        """The archived invoices by the payer account whose charges they are for."""
        return invoices_of(self.invoices, self.asked_accounts)

    @cached_property
    def outstanding_of(self) -> Mapping[str, Sequence[OutstandingInvoice]]:
        """The invoices that this run could not archive, whoever was shown them."""
        found: dict[str, list[OutstandingInvoice]] = defaultdict(list)
        for outcome in self.outcomes:
            for invoice in outcome.outstanding:
                if invoice.billing_period == self.billing_period:
                    found[invoice.payer_account_id].append(invoice)
        return found

    @cached_property
    def unusable_of(self) -> Mapping[str, Sequence[Finding]]:
        """The listed rows of the period that no archive can hold, by who was shown them."""
        return {
            outcome.payer_account_id: found
            for outcome in self.outcomes
            if (
                found := [
                    row.finding(outcome.payer_account_id)
                    for row in outcome.unusable
                    if row.billing_period == self.billing_period
                ]
            )
        }

    def listing_findings(self, account_id: str) -> tuple[Finding, ...]:
        """What the latest listings of the account show beside its invoices.

        Only listings that were read to their end, and of the period itself, unsay what was found
        before; what those by receiver role could not read, only those.
        """
        before, read = self.before.get(account_id), self.read(account_id)
        known = set(before.listing_findings) if before else set()
        found = set(self.unusable_of.get(account_id, ())) | self._notes_of(account_id, known)
        if read is None:
            found |= known
        elif read.roles_listed is None:
            found |= {one for one in known if one.code == "ROLES_NOT_LISTED"}
        return tuple(sorted(found))

    def _notes_of(self, account_id: str, before: Collection[Finding]) -> set[Finding]:
        """What the listings of the run say beside invoices; of a closed period only what it was
        told before, or what keeps the look at it from being whole.
        """
        known = {(one.code, one.subject) for one in before}
        outcome = self.outcome_of.get(account_id)
        notes = {
            note.finding
            for note in (outcome.notes if outcome else ())
            if note.billing_period == self.billing_period
        }
        if not self.is_closed:
            return notes
        return {
            one
            for one in notes
            if one.code == "LISTING_REFUSED" or (one.code, one.subject) in known
        }

    @cached_property
    def outstanding_shown_to(self) -> Mapping[str, Sequence[OutstandingInvoice]]:
        """The invoices of accounts that are not asked which nobody could archive yet, by the payer
        account that is shown them.
        """
        found: dict[str, list[OutstandingInvoice]] = defaultdict(list)
        for account_id in {*self.outstanding_of, *self.before} - self.asked_accounts:
            for invoice in self.outstanding_invoices(account_id):
                for observer in invoice.seen_by:
                    found[observer].append(invoice)
        return found

    @cached_property
    def transfers_of(self) -> Mapping[str, Transfers]:
        """What each payer account was ever told of billing transfers that touch the period."""
        found = {}
        for account_id in {*self.before, *self.outcome_of}:
            before = self.before.get(account_id)
            said = before.witnesses.transfers if before else None
            asked = self.asked(account_id)
            if asked and asked.outcome == CHECKED:
                now = asked.transfers
                if now is None:
                    said = replace(said, not_read="") if said else None
                else:
                    now = united(said, now, self.billing_period)
                    said = since(said, last_said(said, now))
            if said:
                found[account_id] = said
        return found

    @cached_property
    def transfers_by_account(self) -> Mapping[str, Sequence[BillingTransfer]]:
        """Every transfer that touches the period, by source and by target, whichever of the two was
        told of it: AWS tells nobody else.
        """
        told = {
            transfer
            for account_id, said in self.transfers_of.items()
            for transfer in said.transfers
            if account_id in (transfer.source, transfer.target)
        }
        found: dict[str, list[BillingTransfer]] = defaultdict(list)
        for transfer in in_order(told):
            for account_id in {transfer.source, transfer.target}:
                found[account_id].append(transfer)
        return found

    def outstanding_invoices(self, account_id: str) -> tuple[OutstandingInvoice, ...]:
        """Expected invoices without a record: of all listings so far, not only the last one."""
        before = self.before.get(account_id)
        union = {}
        for invoice in before.outstanding if before else ():
            if not invoice.summary.is_estimate:
                union[invoice.invoice_id] = _still_listed(self, invoice)
            elif self.is_closed:  # the first release expected those too
                union[invoice.invoice_id] = invoice
        union |= {i.invoice_id: i for i in self.outstanding_of.get(account_id, ())}
        archived = {invoice.invoice_id for invoice in self.invoices_of.get(account_id, ())}
        return tuple(invoice for key, invoice in sorted(union.items()) if key not in archived)

    @cached_property
    def papers_of_others(self) -> Mapping[tuple[str, str], Finding]:
        """The invoices under which another's paper is stored, by account and invoice id."""
        return papers_of_others(self.invoices)

    @cached_property
    def papers_of_others_before(self) -> Mapping[str, set[tuple[str, str]]]:
        """By account, code and subject of the findings that the documents of the previous manifest
        call for, whether or not the release that wrote it compared them.
        """
        found: dict[str, set[tuple[str, str]]] = defaultdict(set)
        invoices = self.previous.invoices if self.previous else ()
        for (account_id, _), one in papers_of_others(invoices).items():
            found[account_id].add((one.code, one.subject))
        return found

    @cached_property
    def holders(self) -> Mapping[str, set[str]]:
        """The payer accounts under which each invoice id is archived."""
        found: dict[str, set[str]] = defaultdict(set)
        for invoice in self.invoices:
            found[invoice.invoice_id].add(invoice.payer_account_id)
        return found


def _still_listed(facts: Facts, invoice: OutstandingInvoice) -> OutstandingInvoice:
    """The invoice, told as vanished if a payer account that was shown it no longer is."""
    for account_id in invoice.seen_by:
        read = facts.read(account_id)
        if read is None or not _was_looked_for(facts, invoice, read):
            continue
        if invoice.invoice_id not in read.listed_ids:
            return replace(invoice, findings=(_vanished(invoice.invoice_id),))
    return invoice


def _was_looked_for(facts: Facts, invoice: OutstandingInvoice, read: PayerOutcome) -> bool:
    """Whether the listings that were read would show the invoice: only that of a role, or of the
    receiver under whom it is filed, may be what shows it.
    """
    if read.payer_account_id in facts.unusable_of:
        return False
    if invoice.receiver_roles:
        return bool(read.roles_listed)
    if invoice.payer_account_id == read.payer_account_id:
        return True
    refused = {note.billing_period for note in read.notes if note.finding.code == "LISTING_REFUSED"}
    has_gap = facts.billing_period in refused or bool(read.units and read.units.not_read)
    return not has_gap


def _vanished(invoice_id: str) -> Finding:
    return finding(
        "INVOICE_VANISHED",
        invoice_id,
        "It was listed, was never archived, and is no longer listed.",
        severity="blocking",
    )
