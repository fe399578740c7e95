"""The rules of judgement: each looks at one payer account's case and gives findings. A new rule is
a function and its line in RULES.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from lambdas.domain.evidence.references import unarchived_references
from lambdas.domain.findings import Finding, finding
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.invoice_findings import document_gaps, findings_of
from lambdas.domain.judgement.payer_case import PayerCase
from lambdas.domain.runs.outcome import (
    CHECKED,
    NO_ACCESS,
    NOT_CHECKED,
    OUTCOME_CODES,
    WRONG_ACCOUNT,
)

_ASKED_AGAIN = (
    "The next daily run asks again. If AWS still answers so then, open a case with AWS Billing."
)


def check_failed(case: PayerCase) -> Iterable[Finding]:
    """The payer account could not be checked, in this run or when it was last asked."""
    asked, before = case.asked, case.before
    if asked is None and before is not None and case.outcome is not None:
        kept = (found for found in before.findings if found.code in OUTCOME_CODES)
        return [replace(found, severity="blocking") for found in kept]
    if asked is None:
        return _never_asked(case) if case.outcome is None and case.facts.is_overdue else ()
    if asked.outcome in (NO_ACCESS, WRONG_ACCOUNT):
        return [finding(asked.outcome, case.account_id, asked.detail)]
    if asked.outcome != NOT_CHECKED:
        return ()
    if asked.detail and not asked.is_lost:
        found = finding(NOT_CHECKED, case.account_id, asked.detail)
        return [replace(found, next_step=_ASKED_AGAIN)]
    detail = "It was to be asked and left no outcome: its part of the run did not end."
    return [finding(NOT_CHECKED, case.account_id, asked.detail or detail)]


def _never_asked(case: PayerCase) -> Iterable[Finding]:
    period, is_closed = case.facts.billing_period, case.facts.is_closed
    detail = f"No run has asked it for {period} yet."
    found = finding(NOT_CHECKED, case.account_id, detail, severity="warning" if is_closed else None)
    by_itself = "" if is_closed else "The next daily run asks it. Or: "
    yield replace(found, next_step=f"{by_itself}Start a run of {period}.")


def expected_and_not_listed(case: PayerCase) -> Iterable[Finding]:
    """A witness expects an invoice that no listing shows."""
    return case.expectations.missing() if case.is_payer else ()


def recorded_and_not_listed(case: PayerCase) -> Iterable[Finding]:
    """AWS Payments has an invoice or credit memo that no listing shows."""
    for record in case.unlisted:
        detail = f"AWS Payments shows {record.text}. AWS Invoicing does not list it."
        yield finding("FINANCIAL_RECORD_WITHOUT_INVOICE", record.invoice_id, detail)


def none_listed(case: PayerCase) -> list[Finding]:
    """Nothing is listed that can be all of its invoices, and no witness explains that."""
    if not case.is_unexplained or case.outcome != CHECKED or case.was_never_listed:
        return []
    detail = f"AWS lists no invoice of {case.facts.billing_period} for this payer account."
    return [finding("NO_INVOICES_LISTED", case.account_id, detail)]


def none_listed_in_time(case: PayerCase) -> Iterable[Finding]:
    """The same, once the period is overdue: before, invoices may still be issued."""
    return none_listed(case) if case.facts.is_overdue else ()


def listings(case: PayerCase) -> Iterable[Finding]:
    """The listings have rows that are no plain invoices, or were not read whole."""
    return case.listing_findings


def outstanding_invoices(case: PayerCase) -> Iterable[Finding]:
    """An invoice is listed and not archived, and why."""
    return (found for invoice in case.outstanding for found in findings_of(invoice))


def archived_invoices(case: PayerCase) -> Iterable[Finding]:
    """The records name something about an invoice, its row or its documents."""
    return (found for invoice in case.invoices for found in findings_of(invoice))


def invoices_without_document(case: PayerCase) -> Iterable[Finding]:
    """An invoice has a record and no invoice document."""
    return (found for invoice in case.invoices for found in document_gaps(invoice))


def damaged_evidence(case: PayerCase) -> Iterable[Finding]:
    """A record or document is gone, hidden or overlaid."""
    return case.facts.damages.get(case.account_id, ())


def references(case: PayerCase) -> Iterable[Finding]:
    """An invoice refers to another that is not archived."""
    return unarchived_references(case.invoices, case.facts.absent_invoices)


def late_invoices(case: PayerCase) -> Iterable[Finding]:
    """An invoice was archived after the period closed."""
    previous = case.facts.previous
    closed_at = previous.closed_at if previous else None
    if closed_at is None:
        return
    for invoice in case.invoices:
        if read_instant(invoice.first_archived_at) > read_instant(closed_at):
            yield finding(
                "LATE_INVOICE",
                invoice.invoice_id,
                f"Archived as of {invoice.first_archived_at}; the period closed on {closed_at}.",
            )


def archived_twice(case: PayerCase) -> Iterable[Finding]:
    """An invoice is archived under another payer account too."""
    for invoice in case.invoices:
        if others := sorted(case.facts.holders[invoice.invoice_id] - {case.account_id}):
            detail = f"Also archived under {', '.join(others)}."
            yield finding("INVOICE_TWICE", invoice.invoice_id, detail)


def documents_of_others(case: PayerCase) -> Iterable[Finding]:
    """An invoice is stored with another's document."""
    known = case.facts.documents_of_others
    places = ((case.account_id, invoice.invoice_id) for invoice in case.invoices)
    return (known[place] for place in places if place in known)


def witnesses(case: PayerCase) -> Iterable[Finding]:
    """A witness could not be read, or contradicts another. An archive-closed period gets no new
    finding of a kind that its release did not have.
    """
    of_before = case.before.findings if case.before else ()
    known = {(one.code, one.subject) for one in of_before}
    for note in case.expectations.notes():
        is_known = not case.facts.is_closed or (note.code, note.subject) in known
        if is_known or note.code != "SOURCE_WITHOUT_TRANSFER":
            yield note


# A new code also needs its kind (`domain/findings.py`), a heading in docs/runbook.md and a place in
# tests/domain/codes_of_rules.py. A blocking finding reopens months whose archive is closed: warn
# there, or leave it out as `witnesses` does (docs/decisions/0037).
RULES: tuple[Callable[[PayerCase], Iterable[Finding]], ...] = (
    check_failed,
    expected_and_not_listed,
    recorded_and_not_listed,
    none_listed_in_time,
    listings,
    outstanding_invoices,
    archived_invoices,
    invoices_without_document,
    damaged_evidence,
    references,
    late_invoices,
    archived_twice,
    documents_of_others,
    witnesses,
)
