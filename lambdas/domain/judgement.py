"""Judging a billing period: the latest manifest, what this run learnt and what lies in the archive
become the next manifest.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lambdas.domain.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close_calendar import CloseDeadline
from lambdas.domain.findings import Finding, Severity, finding
from lambdas.domain.json_text import instant_text, read_instant
from lambdas.domain.manifests import Manifest, PayerState
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

    billing_period: BillingPeriod
    run_id: str
    as_of: datetime
    deadline: CloseDeadline
    names: Mapping[str, str]
    """Payer accounts of the register that are active in the period, with their names."""
    previous: Manifest | None
    previous_sha256: str | None
    outcomes: Sequence[PayerOutcome]
    invoices: Sequence[ArchivedInvoice]
    """The state of every invoice of the period, from its highest record."""
    damages: Mapping[str, Sequence[Finding]]
    """Damage to the evidence, by payer account."""
    absent_originals: Collection[str] = ()
    """Ids of original invoices that the period's invoices name and the archive does not have."""


def judge(facts: Facts) -> Manifest:
    """The manifest that the facts call for; it may say the same as the previous one, and is then
    not to be written.
    """
    is_overdue = facts.as_of >= facts.deadline.instant(facts.billing_period)
    previous = (
        {state.payer_account_id: state for state in facts.previous.payers} if facts.previous else {}
    )
    outcomes = {outcome.payer_account_id: outcome for outcome in facts.outcomes}
    payers = tuple(
        _judge_payer(
            facts, account_id, previous.get(account_id), outcomes.get(account_id), is_overdue
        )
        for account_id in sorted(_account_ids(facts, previous))
    )
    verdict = period_verdict((payer.verdict for payer in payers), is_overdue=is_overdue)
    closed_at = facts.previous.closed_at if facts.previous else None
    if closed_at is None and verdict == "COMPLETE":
        closed_at = instant_text(facts.as_of)
    return Manifest(
        facts.billing_period,
        facts.previous.sequence + 1 if facts.previous else 1,
        facts.previous_sha256,
        facts.run_id,
        instant_text(facts.as_of),
        verdict,
        closed_at,
        payers,
    )


def _account_ids(facts: Facts, previous: Iterable[str]) -> set[str]:
    """The register's active payer accounts, those of the manifests, and those whose invoices others
    were shown.
    """
    outstanding = (
        invoice.payer_account_id
        for outcome in facts.outcomes
        for invoice in outcome.outstanding
        if invoice.billing_period == facts.billing_period
    )
    return {
        *facts.names,
        *facts.damages,
        *outstanding,
        *previous,
        *(invoice.payer_account_id for invoice in facts.invoices),
    }


def _judge_payer(
    facts: Facts,
    account_id: str,
    before: PayerState | None,
    outcome: PayerOutcome | None,
    is_overdue: bool,
) -> PayerState:
    asked = outcome if outcome and facts.billing_period in outcome.billing_periods else None
    invoices = tuple(i for i in facts.invoices if i.payer_account_id == account_id)
    outstanding = _outstanding(facts, account_id, before, invoices)
    state = asked.outcome if asked else before.outcome if before else None
    if account_id not in facts.names and state is None and (invoices or outstanding):
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
    new = PayerState(
        account_id,
        facts.names.get(account_id) or (before.name if before else ""),
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
    place = (facts.billing_period, account_id)
    for outcome in facts.outcomes:
        for invoice in outcome.outstanding:
            if (invoice.billing_period, invoice.payer_account_id) == place:
                union[invoice.invoice_id] = invoice
    archived = {invoice.invoice_id for invoice in invoices}
    return tuple(invoice for key, invoice in sorted(union.items()) if key not in archived)


def _still_listed(facts: Facts, invoice: OutstandingInvoice) -> OutstandingInvoice:
    """The invoice, told as vanished if a payer account that was shown it no longer is."""
    for outcome in facts.outcomes:
        if (
            outcome.outcome == CHECKED
            and outcome.payer_account_id in invoice.seen_by
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
        if invoice.original_invoice_id in facts.absent_originals:
            yield finding(
                "ORIGINAL_NOT_ARCHIVED",
                invoice.invoice_id,
                f"It corrects {invoice.original_invoice_id}, of which there is no record.",
            )


def _twice(facts: Facts, account_id: str, invoices: Iterable[ArchivedInvoice]) -> Iterable[Finding]:
    counts = Counter(invoice.invoice_id for invoice in facts.invoices)
    for invoice in invoices:
        if counts[invoice.invoice_id] > 1:
            others = sorted(
                i.payer_account_id
                for i in facts.invoices
                if i.invoice_id == invoice.invoice_id and i.payer_account_id != account_id
            )
            yield finding(
                "INVOICE_TWICE", invoice.invoice_id, f"Also archived under {', '.join(others)}."
            )
