"""Judging a billing period: the latest manifest, what this run learnt and what lies in the archive
become the next manifest.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from lambdas.domain.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close_calendar import CloseDeadline
from lambdas.domain.findings import Finding, Severity, finding
from lambdas.domain.json_text import instant_text, read_instant
from lambdas.domain.manifests import Manifest, PayerState
from lambdas.domain.payer_register import Payer
from lambdas.domain.payer_run import CHECKED, NO_ACCESS, NOT_CHECKED, WRONG_ACCOUNT
from lambdas.domain.verdicts import SETTLED_VERDICTS, payer_verdict, period_verdict


@dataclass(frozen=True)
class PayerOutcome:
    """What this run found out about one payer account that it was to ask, whatever the period."""

    payer_account_id: str
    outcome: str
    detail: str
    billing_periods: tuple[BillingPeriod, ...]
    listed_ids: frozenset[str] = frozenset()
    listing_findings: tuple[Finding, ...] = ()
    archived: tuple[ArchivedInvoice, ...] = ()
    outstanding: tuple[OutstandingInvoice, ...] = ()


@dataclass(frozen=True)
class Facts:
    """Everything that a period is judged by."""

    bucket: str
    billing_period: BillingPeriod
    run_id: str
    as_of: datetime
    deadline: CloseDeadline
    payers: Mapping[str, Payer]
    """Payer accounts of the register that are active in the period, by account id."""
    previous: Manifest | None
    previous_sha256: str | None
    outcomes: Sequence[PayerOutcome]
    invoices: Sequence[ArchivedInvoice]
    """The state of every invoice of the period, from its highest record."""
    damages: Mapping[str, Sequence[Finding]]
    """Damage to the evidence, by payer account."""
    absent_originals: Collection[str] = ()
    """Ids of original invoices that the period's invoices name and the archive does not have."""

    @cached_property
    def before(self) -> Mapping[str, PayerState]:
        """What the previous manifest says, by payer account."""
        payers = self.previous.payers if self.previous else ()
        return {state.payer_account_id: state for state in payers}

    @cached_property
    def outcome_of(self) -> Mapping[str, PayerOutcome]:
        return {outcome.payer_account_id: outcome for outcome in self.outcomes}

    @cached_property
    def invoices_of(self) -> Mapping[str, Sequence[ArchivedInvoice]]:
        found: dict[str, list[ArchivedInvoice]] = defaultdict(list)
        for invoice in self.invoices:
            found[invoice.payer_account_id].append(invoice)
        return found

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
    def holders(self) -> Mapping[str, set[str]]:
        """The payer accounts under which each invoice id is archived."""
        found: dict[str, set[str]] = defaultdict(set)
        for invoice in self.invoices:
            found[invoice.invoice_id].add(invoice.payer_account_id)
        return found


def judge(facts: Facts) -> Manifest:
    """The manifest that the facts call for; it may say the same as the previous one, and is then
    not to be written.
    """
    is_overdue = facts.as_of >= facts.deadline.instant(facts.billing_period)
    payers = tuple(
        _judge_payer(facts, account_id, is_overdue) for account_id in sorted(_account_ids(facts))
    )
    verdict = period_verdict((payer.verdict for payer in payers), is_overdue=is_overdue)
    closed_at = facts.previous.closed_at if facts.previous else None
    if closed_at is None and verdict == "COMPLETE":
        closed_at = instant_text(facts.as_of)
    return Manifest(
        facts.bucket,
        facts.billing_period,
        facts.previous.sequence + 1 if facts.previous else 1,
        facts.previous_sha256,
        facts.run_id,
        instant_text(facts.as_of),
        verdict,
        closed_at,
        payers,
    )


def _account_ids(facts: Facts) -> set[str]:
    """The register's active payer accounts, those of the manifests, and those whose invoices others
    were shown.
    """
    return {
        *facts.payers,
        *facts.damages,
        *facts.outstanding_of,
        *facts.before,
        *facts.invoices_of,
    }


def _judge_payer(facts: Facts, account_id: str, is_overdue: bool) -> PayerState:
    before, outcome = facts.before.get(account_id), facts.outcome_of.get(account_id)
    asked = outcome if outcome and facts.billing_period in outcome.billing_periods else None
    invoices = tuple(facts.invoices_of.get(account_id, ()))
    outstanding = _outstanding(facts, account_id, before, invoices)
    state = asked.outcome if asked else before.outcome if before else None
    if account_id not in facts.payers and state is None and (invoices or outstanding):
        state = CHECKED  # never asked itself: its invoices were shown to another payer account
    listing_findings = (
        asked.listing_findings
        if asked and asked.outcome == CHECKED
        else before.listing_findings
        if before
        else ()
    )
    findings = [
        *listing_findings,
        *(f for invoice in outstanding for f in invoice.findings),
        *(f for invoice in invoices for f in invoice.findings),
        *facts.damages.get(account_id, ()),
        *_late(facts, invoices),
        *_twice(facts, account_id, invoices),
        *_without_original(facts, invoices),
    ]
    ids = {i.invoice_id for i in invoices} | {i.invoice_id for i in outstanding}
    expected = len(ids) + len(listing_findings)
    is_settled = _is_settled(facts, before)
    findings += _outcome_findings(facts, account_id, before, asked, state, is_settled=is_settled)
    if state == CHECKED and expected == 0 and is_overdue:
        findings.append(
            finding(
                "NO_INVOICES_LISTED",
                account_id,
                f"AWS lists no invoice of {facts.billing_period} for this payer account.",
            )
        )
    verdict = payer_verdict(
        CHECKED if is_settled else state,
        findings,
        expected=expected,
        archived=sum(invoice.has_invoice_document for invoice in invoices),
        is_overdue=is_overdue,
    )
    was_checked = asked is not None and asked.outcome == CHECKED
    payer = facts.payers.get(account_id)
    new = PayerState(
        account_id,
        payer.name if payer else before.name if before else "",
        payer.legal_entity if payer else before.legal_entity if before else "",
        state,
        verdict,
        facts.run_id,
        instant_text(facts.as_of) if was_checked else before.checked_at if before else None,
        expected,
        invoices,
        outstanding,
        tuple(listing_findings),
        tuple(sorted(set(findings))),
    )
    if before and replace(new, run_id=before.run_id, checked_at=before.checked_at) == before:
        return before
    return new


def _outstanding(
    facts: Facts,
    account_id: str,
    before: PayerState | None,
    invoices: Sequence[ArchivedInvoice],
) -> tuple[OutstandingInvoice, ...]:
    """Expected invoices without a record: the union of all listings so far, not the last one."""
    union = {
        invoice.invoice_id: _still_listed(facts, invoice)
        for invoice in (before.outstanding if before else ())
    }
    union |= {i.invoice_id: i for i in facts.outstanding_of.get(account_id, ())}
    archived = {invoice.invoice_id for invoice in invoices}
    return tuple(invoice for key, invoice in sorted(union.items()) if key not in archived)


def _still_listed(facts: Facts, invoice: OutstandingInvoice) -> OutstandingInvoice:
    """The invoice, told as vanished if a payer account that was shown it no longer is."""
    for account_id in invoice.seen_by:
        outcome = facts.outcome_of.get(account_id)
        if (
            outcome
            and outcome.outcome == CHECKED
            and facts.billing_period in outcome.billing_periods
            and invoice.invoice_id not in outcome.listed_ids
        ):
            return replace(invoice, findings=(_vanished(invoice.invoice_id),))
    return invoice


def _vanished(invoice_id: str) -> Finding:
    return finding(
        "INVOICE_VANISHED",
        invoice_id,
        "It was listed, was never archived, and is no longer listed.",
        severity="blocking",
    )


def _is_settled(facts: Facts, before: PayerState | None) -> bool:
    """Whether a failed look changes nothing: a closed period whose payer account was complete stays
    so.
    """
    return bool(
        facts.previous
        and facts.previous.closed_at
        and before
        and before.verdict in SETTLED_VERDICTS
    )


def _outcome_findings(
    facts: Facts,
    account_id: str,
    before: PayerState | None,
    asked: PayerOutcome | None,
    state: str | None,
    *,
    is_settled: bool,
) -> list[Finding]:
    """Why a payer account could not be checked; only a warning where the period is closed and was
    complete.
    """
    severity: Severity = "warning" if is_settled else "blocking"
    if asked is None and before is not None and state is not None:
        codes = (NO_ACCESS, WRONG_ACCOUNT, NOT_CHECKED)
        return [replace(f, severity=severity) for f in before.findings if f.code in codes]
    if asked and asked.outcome in (NO_ACCESS, WRONG_ACCOUNT):
        return [finding(asked.outcome, account_id, asked.detail, severity=severity)]
    if asked and asked.outcome == NOT_CHECKED:
        detail = "It was to be asked and left no outcome: its part of the run did not end."
        return [finding(NOT_CHECKED, account_id, detail, severity=severity)]
    if state is None and facts.as_of >= facts.deadline.instant(facts.billing_period):
        detail = f"No run has asked it for {facts.billing_period} yet."
        return [finding(NOT_CHECKED, account_id, detail, severity=severity)]
    return []


def _late(facts: Facts, invoices: Iterable[ArchivedInvoice]) -> Iterable[Finding]:
    closed_at = facts.previous.closed_at if facts.previous else None
    if closed_at is None:
        return
    for invoice in invoices:
        if read_instant(invoice.first_archived_at) > read_instant(closed_at):
            yield finding(
                "LATE_INVOICE",
                invoice.invoice_id,
                f"Archived as of {invoice.first_archived_at}; the period closed on {closed_at}.",
            )


def _without_original(facts: Facts, invoices: Iterable[ArchivedInvoice]) -> Iterable[Finding]:
    for invoice in invoices:
        original = invoice.summary.original_invoice_id
        if original in facts.absent_originals:
            yield finding(
                "ORIGINAL_NOT_ARCHIVED",
                invoice.invoice_id,
                f"It corrects {original}, of which there is no record.",
            )


def _twice(facts: Facts, account_id: str, invoices: Iterable[ArchivedInvoice]) -> Iterable[Finding]:
    for invoice in invoices:
        if others := sorted(facts.holders[invoice.invoice_id] - {account_id}):
            yield finding(
                "INVOICE_TWICE", invoice.invoice_id, f"Also archived under {', '.join(others)}."
            )
