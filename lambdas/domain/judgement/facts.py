"""The facts by which a billing period is judged, and their direct consequences."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.evidence.shared_documents import documents_of_others
from lambdas.domain.findings import Finding, finding
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.history import PastPeriod, invoices_of
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.payments.payments_answer import PaymentsAnswer
from lambdas.domain.runs.close_calendar import CloseCalendar
from lambdas.domain.runs.outcome import CHECKED
from lambdas.domain.runs.payer_outcome import PayerOutcome
from lambdas.domain.runs.payer_register import Payer
from lambdas.domain.witnesses.acknowledgements import Acknowledgement, GivenAcknowledgement
from lambdas.domain.witnesses.billing_transfers import BillingTransfer, Transfers, in_order, united
from lambdas.domain.witnesses.charges import Charges
from lambdas.domain.witnesses.payments import PaymentRecords, UnlistedRecord, payment_records
from lambdas.domain.witnesses.statements import latest_statement, since


@dataclass(frozen=True)
class Facts:
    """The facts by which a period is judged."""

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
    """Every invoice of the period, from its highest record."""
    damages: Mapping[str, Sequence[Finding]]
    """Damage to the evidence, by payer account."""
    absent_invoices: Collection[str] = ()
    """Ids of invoices that the period's invoices refer to and that are not archived."""
    past: Sequence[PastPeriod] = ()
    """The judged billing periods right before this one, latest first."""
    recorded_elsewhere: Collection[str] = ()
    """Ids of AWS Payments' records of the period that are archived in another period."""
    charges: Mapping[str, Charges] = field(default_factory=dict)
    """Cost Explorer's answers to this run, by payer account."""
    acknowledgements: Sequence[GivenAcknowledgement] = ()
    """Acknowledgements of this run's input, for any period."""
    asks_cost_explorer: bool = True
    accepted: Mapping[str, Sequence[Acknowledgement]] = field(default_factory=dict)
    """Acknowledgements by payer account, as judged before Cost Explorer answered: they cover none
    of its findings.
    """

    is_of_run: bool = True
    """True if the period is the run's target or one of its look-back periods: then all active payer
    accounts of the register belong to it. To another period only those with something in it do.
    """
    asked_at: datetime | None = None
    """The instant as of which the run asked, if the period is judged as of a later one because
    another run has written a manifest since. None: the same instant.
    """

    @cached_property
    def is_overdue(self) -> bool:
        return self.as_of >= self.close.overdue_from(self.billing_period)

    @property
    def is_closed(self) -> bool:
        return self.previous is not None and self.previous.closed_at is not None

    @cached_property
    def before(self) -> Mapping[str, PayerState]:
        """The states in the previous manifest, by payer account."""
        payers = self.previous.payers if self.previous else ()
        return {state.payer_account_id: state for state in payers}

    @cached_property
    def outcome_of(self) -> Mapping[str, PayerOutcome]:
        return {outcome.payer_account_id: outcome for outcome in self.outcomes}

    def asked(self, account_id: str) -> PayerOutcome | None:
        """The outcome of a payer account that this run asked for the period; None also if a later
        run has checked it since.
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
        """The payer accounts that are or were asked for their own listings."""
        return frozenset(
            {*self.payers, *self.outcome_of}
            | {account_id for account_id, state in self.before.items() if state.checked_at}
        )

    @cached_property
    def invoices_of(self) -> Mapping[str, Sequence[ArchivedInvoice]]:
        """The archived invoices, by the account under which they are filed."""
        found: dict[str, list[ArchivedInvoice]] = defaultdict(list)
        for invoice in self.invoices:
            found[invoice.payer_account_id].append(invoice)
        return found

    @cached_property
    def invoices_listed_under(self) -> Mapping[str, Sequence[ArchivedInvoice]]:
        """The archived invoices, by the payer account whose charges they are for."""
        return invoices_of(self.invoices, self.asked_accounts)

    @cached_property
    def outstanding_of(self) -> Mapping[str, Sequence[OutstandingInvoice]]:
        """The invoices that this run could not archive, by the account under which they are
        filed.
        """
        found: dict[str, list[OutstandingInvoice]] = defaultdict(list)
        for outcome in self.outcomes:
            for invoice in outcome.outstanding:
                if invoice.billing_period == self.billing_period:
                    found[invoice.payer_account_id].append(invoice)
        return found

    @cached_property
    def unusable_of(self) -> Mapping[str, Sequence[Finding]]:
        """The listed rows of the period that cannot be archived, by the payer account that lists
        them.
        """
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

    @cached_property
    def outstanding_listed_under(self) -> Mapping[str, Sequence[OutstandingInvoice]]:
        """The outstanding invoices of accounts that are not asked, by the payer account that lists
        them.
        """
        found: dict[str, list[OutstandingInvoice]] = defaultdict(list)
        for account_id in {*self.outstanding_of, *self.before} - self.asked_accounts:
            for invoice in self.outstanding_invoices(account_id):
                for observer in invoice.seen_by:
                    found[observer].append(invoice)
        return found

    @cached_property
    def transfers_of(self) -> Mapping[str, Transfers]:
        """AWS's answers to each payer account on billing transfers that touch the period, of all
        runs.
        """
        found = {}
        for account_id in {*self.before, *self.outcome_of}:
            before = self.before.get(account_id)
            statement = before.witnesses.transfers if before else None
            asked = self.asked(account_id)
            if asked and asked.outcome == CHECKED:
                now = asked.transfers
                if now is None:
                    statement = replace(statement, not_read="") if statement else None
                else:
                    now = united(statement, now, self.billing_period)
                    statement = since(statement, latest_statement(statement, now))
            if statement:
                found[account_id] = statement
        return found

    @cached_property
    def transfers_by_account(self) -> Mapping[str, Sequence[BillingTransfer]]:
        """Every transfer that touches the period, by source and by target, from the answers to
        either of the two. AWS reports a transfer to nobody else.
        """
        known_transfers = {
            transfer
            for account_id, statement in self.transfers_of.items()
            for transfer in statement.transfers
            if account_id in (transfer.source, transfer.target)
        }
        found: dict[str, list[BillingTransfer]] = defaultdict(list)
        for transfer in in_order(known_transfers):
            for account_id in {transfer.source, transfer.target}:
                found[account_id].append(transfer)
        return found

    @cached_property
    def payments_of(self) -> Mapping[str, PaymentRecords]:
        """AWS Payments' statement on each payer account, of all runs.

        In an archive-closed period a statement changes only if other ids are unlisted or it was not
        whole, and there is none if there was none before: the release that closed it did not ask.
        """
        found = {}
        for account_id in {*self.before, *self.outcome_of}:
            state = self.before.get(account_id)
            before = state.witnesses.payments if state else None
            if statement := self._payment_records(account_id, before):
                found[account_id] = statement
        return found

    def _payment_records(
        self, account_id: str, before: PaymentRecords | None
    ) -> PaymentRecords | None:
        asked = self.asked(account_id)
        if asked is None or asked.outcome != CHECKED or (self.is_closed and before is None):
            return before
        if asked.payments is None:
            return before.as_last_read() if before else None
        now = payment_records(
            asked.payments,
            self.billing_period,
            before=before,
            listed=self.listed_ids,
            own=self._recorded_by_now(account_id, asked.payments),
        )
        now = since(before, latest_statement(before, now))
        if self.is_closed and before and not before.not_read:
            return now if now.unlisted_ids != before.unlisted_ids else before
        return now

    def _recorded_by_now(self, account_id: str, answer: PaymentsAnswer) -> list[str] | None:
        """The ids of its listed invoices and credit memos that were issued in the days of the
        answer, so that AWS Payments should have a record; None before the deadline, when it may
        still be behind.
        """
        if not self.is_overdue:
            return None
        listed: list[ArchivedInvoice | OutstandingInvoice] = [
            *self.invoices_of.get(account_id, ()),
            *self.outstanding_invoices(account_id),
        ]
        return [
            one.invoice_id
            for one in listed
            if not (one.summary.repeats_another or one.receiver_roles)
            and (issued_at := one.summary.issued_at)
            and answer.reaches(issued_at.date())
        ]

    @cached_property
    def listed_ids(self) -> frozenset[str]:
        """The ids of all invoices that AWS Invoicing lists or has listed, as far as the run knows:
        of this period, archived or not, or archived in another one.
        """
        ids = {one.invoice_id for one in self.invoices}
        for account_id in {*self.before, *self.outstanding_of}:
            ids |= {one.invoice_id for one in self.outstanding_invoices(account_id)}
        rows = (row for outcome in self.outcomes for row in outcome.unusable)
        here = (row for row in rows if row.billing_period == self.billing_period)
        return frozenset(ids).union(
            (row.invoice_id for row in here if row.invoice_id),
            self.recorded_elsewhere,
            *(outcome.listed_ids for outcome in self.outcomes),
        )

    @cached_property
    def unlisted_of(self) -> Mapping[str, Sequence[UnlistedRecord]]:
        """AWS Payments' records whose ids are not listed, by payer account; a record of several
        accounts, such as a payer and a receiver, is that of the first.
        """
        found: dict[str, list[UnlistedRecord]] = defaultdict(list)
        ids: set[str] = set()
        for account_id, statement in sorted(self.payments_of.items()):
            for one in statement.unlisted:
                if one.invoice_id not in ids and one.invoice_id not in self.listed_ids:
                    found[account_id].append(one)
                ids.add(one.invoice_id)
        return found

    @property
    def unlisted_ids(self) -> list[tuple[str, str]]:
        """The same as payer account and invoice id."""
        return [(key, one.invoice_id) for key, held in self.unlisted_of.items() for one in held]

    def outstanding_invoices(self, account_id: str) -> tuple[OutstandingInvoice, ...]:
        """Expected invoices without a record, from all listings, not only the last one."""
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
    def documents_of_others(self) -> Mapping[tuple[str, str], Finding]:
        """Findings on invoices stored with another's document, by account and invoice id."""
        return documents_of_others(self.invoices)

    @cached_property
    def documents_of_others_before(self) -> Mapping[str, set[tuple[str, str]]]:
        """Code and subject of the findings due for the previous manifest's documents, by account,
        even if the release that wrote it did not compare documents.
        """
        found: dict[str, set[tuple[str, str]]] = defaultdict(set)
        invoices = self.previous.invoices if self.previous else ()
        for (account_id, _), one in documents_of_others(invoices).items():
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
    """The invoice, marked as vanished if a payer account that listed it no longer does."""
    for account_id in invoice.seen_by:
        read = facts.read(account_id)
        if read is None or not _was_looked_for(facts, invoice, read):
            continue
        if invoice.invoice_id not in read.listed_ids:
            return replace(invoice, findings=(_vanished(invoice.invoice_id),))
    return invoice


def _was_looked_for(facts: Facts, invoice: OutstandingInvoice, read: PayerOutcome) -> bool:
    """True if the listings that were read would show the invoice: some invoices appear only in a
    listing by role, or of the receiver under whom they are filed.
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
