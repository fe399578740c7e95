"""Judging a billing period: the latest manifest, what this run learnt and what lies in the archive
become the next manifest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.evidence.references import unarchived_references
from lambdas.domain.findings import BESIDE_INVOICES, NOT_OFFERED, Finding, finding
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.json_text import instant_text, read_instant
from lambdas.domain.judgement.acceptance import Acceptance
from lambdas.domain.judgement.expectations import Expectations, Shown
from lambdas.domain.judgement.facts import Facts
from lambdas.domain.judgement.history import history_of
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.judgement.verdicts import payer_verdict, period_verdict
from lambdas.domain.runs.close_calendar import day_of_close
from lambdas.domain.runs.outcome import (
    CHECKED,
    NO_ACCESS,
    NOT_CHECKED,
    OUTCOME_CODES,
    WRONG_ACCOUNT,
)
from lambdas.domain.runs.payer_outcome import PayerOutcome
from lambdas.domain.verdict_words import PayerVerdict, is_complete
from lambdas.domain.witnesses.acknowledgements import Acknowledgement
from lambdas.domain.witnesses.charges import residuals
from lambdas.domain.witnesses.statements import NOBODY, Listings, PayerWitnesses, last_said, since

_ASKED_AGAIN = (
    "The next daily run asks again. If AWS still answers so then, open a case with AWS Billing."
)


def judge(facts: Facts) -> Manifest:
    """The manifest that the facts call for; it may say the same as the previous one, and is then
    not to be written.
    """
    payers = tuple(_state(facts, account_id) for account_id in sorted(_account_ids(facts)))
    verdict = period_verdict(payer.verdict for payer in payers)
    closed_at = facts.previous.closed_at if facts.previous else None
    if closed_at is None and verdict == "COMPLETE" and facts.is_overdue:
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
        last_day=facts.close.last_day(facts.billing_period).isoformat(),
        close_day=facts.close.close_day(facts.billing_period, facts.as_of),
    )


def _account_ids(facts: Facts) -> set[str]:
    """The register's active payer accounts, those of the manifests, and those whose invoices others
    were shown; not one of which there is nothing but damage, for nobody could ever complete it.

    A period that is closed, or that no run is for, has no payer account that was neither asked for
    it nor left anything there: the register may have grown since.
    """
    is_open = facts.is_of_run and not facts.is_closed
    given = facts.acknowledgements
    return {
        *(one for one in facts.payers if is_open or facts.asked(one)),
        *(one.payer_account_id for one in given if one.billing_period == facts.billing_period),
        *facts.outstanding_of,
        *facts.unusable_of,
        *facts.before,
        *facts.invoices_of,
    }


def _state(facts: Facts, account_id: str) -> PayerState:
    """The payer account as judged; what cannot be understood of it costs no other its verdict.

    Of a closed period nothing is signed for that: the period is shown red until it is understood.
    """
    try:
        return _judge_payer(facts, account_id)
    except NOT_UNDERSTOOD as error:
        if facts.is_closed:
            raise
        return _not_judged(facts, account_id, type(error).__name__)


def _not_judged(facts: Facts, account_id: str, error: str) -> PayerState:
    """The payer account as it was before, with the damage that keeps it from being judged."""
    what = f"What is kept of it cannot be understood ({error})."
    damage = finding("ARCHIVE_DAMAGED", account_id, what)
    before, payer = facts.before.get(account_id), facts.payers.get(account_id)
    if before is None:
        name, legal_entity = (payer.name, payer.legal_entity) if payer else ("", "")
        before = PayerState(
            account_id,
            name,
            legal_entity,
            outcome=NOT_CHECKED,
            verdict="NOT_CHECKED",
            run_id=facts.run_id,
            checked_at=None,
            expected=0,
            invoices=(),
            outstanding=(),
            listing_findings=(),
            findings=(),
        )
    findings = tuple(sorted({*before.findings, damage}))
    now = replace(before, verdict="NOT_CHECKED", settled_at=None, findings=findings)
    return now if now == before else replace(now, run_id=facts.run_id)


def _judge_payer(facts: Facts, account_id: str) -> PayerState:
    before, asked = facts.before.get(account_id), facts.asked(account_id)
    invoices = tuple(facts.invoices_of.get(account_id, ()))
    outstanding = facts.outstanding_invoices(account_id)
    witnesses = _witnesses(facts, account_id)
    told = asked.outcome if asked else before.outcome if before else None
    listing_findings = facts.listing_findings(account_id)
    nameless = [one for one in listing_findings if one.code not in BESIDE_INVOICES]
    is_shown = bool(invoices or outstanding or nameless)
    if account_id not in facts.payers and told is None and is_shown:
        told = CHECKED  # never asked itself: its invoices were shown to another payer account
    was_checked = facts.read(account_id) is not None
    was_never_listed = _was_never_listed(before, account_id, listing_findings, is_read=was_checked)
    listed = len(invoices) + len(outstanding) + len(nameless)
    expectations = _expectations(facts, account_id, witnesses, outstanding)
    explained = expectations.verdict_without_invoices(is_overdue=facts.is_overdue)
    is_unexplained = explained is None and not (
        nameless or _has_invoice(facts, expectations, (*invoices, *outstanding))
    )
    is_empty = is_unexplained and told == CHECKED and not was_never_listed
    none_listed = _none_listed(facts, account_id) if is_empty else []
    of_outcome = _outcome_findings(facts, account_id, before, asked, told)
    missing = list(expectations.missing()) if _is_payer(facts, account_id) else []
    found = [
        *of_outcome,
        *missing,
        *(none_listed if facts.is_overdue else ()),
        *listing_findings,
        *(f for invoice in outstanding for f in findings_of(invoice)),
        *(f for invoice in invoices for f in findings_of(invoice)),
        *(f for invoice in invoices for f in document_gaps(invoice)),
        *facts.damages.get(account_id, ()),
        *unarchived_references(invoices, facts.absent_invoices),
        *_late(facts, invoices),
        *_twice(facts, account_id, invoices),
        *_papers_of_others(facts, account_id, invoices),
        *_notes(facts, before, expectations),
    ]
    is_closed_complete = _is_closed_complete(facts, before) and _was_read(before)
    old = facts.papers_of_others_before.get(account_id, ()) if is_closed_complete else ()
    acceptance = Acceptance(
        facts.as_of, witnesses, is_closed_complete=is_closed_complete, known=old
    )
    acceptable = acceptance.acceptable([*found, *none_listed])
    witnesses = _with_acknowledgements(facts, account_id, witnesses, acceptable)
    acceptance = Acceptance(
        facts.as_of, witnesses, is_closed_complete=is_closed_complete, known=old
    )
    without_invoices = _without_invoices(
        facts,
        expectations,
        explained,
        told,
        is_accepted=acceptance.accepts(none_listed),
        was_never_listed=was_never_listed,
    )
    # accepted, or of no weight in a closed period that was complete
    is_excused = bool(of_outcome) and not acceptance.block(of_outcome)
    outcome = CHECKED if is_excused else told
    not_listed = expectations.missing_invoices(acceptance.blocking(missing))
    unarchived = not_listed + _unarchived(acceptance, invoices, outstanding, nameless)
    findings = [*map(acceptance.as_accepted, found), *acceptance.acknowledged(account_id)]
    expected = listed + not_listed
    verdict = payer_verdict(
        outcome,
        findings,
        expected=expected,
        unarchived=unarchived,
        is_overdue=facts.is_overdue,
        is_proven=expectations.are_proven_whole,
        without_invoices=without_invoices,
    )
    has_gaps = bool(unarchived) or acceptance.block(found)
    if before and is_closed_complete and not has_gaps:
        verdict = _kept_verdict(before.verdict, verdict, expectations, expected=expected)
    is_whole = (
        outcome == CHECKED
        and not has_gaps
        and (
            is_closed_complete
            or without_invoices is not None
            or (expected > 0 and not is_unexplained)
        )
    )
    settled_at = _settled_at(facts, before, invoices) if is_whole else None
    if not is_whole and outcome == CHECKED:
        findings += _later_than_usual(facts, account_id, witnesses)
    payer = facts.payers.get(account_id)
    charges = witnesses.charges
    new = PayerState(
        account_id,
        payer.name if payer else before.name if before else "",
        payer.legal_entity if payer else before.legal_entity if before else "",
        told,
        verdict,
        facts.run_id,
        _asked_at(facts) if was_checked else before.checked_at if before else None,
        expected,
        invoices,
        outstanding,
        listing_findings,
        tuple(sorted(set(findings))),
        witnesses,
        settled_at,
        residuals(charges, [one.summary for one in expectations.shown]) if charges else (),
    )
    if before and _says_nothing_new(new, before, is_closed=facts.is_closed):
        return before
    return new


def _says_nothing_new(now: PayerState, before: PayerState, *, is_closed: bool) -> bool:
    """Whether the state before still holds, whoever looked at it last.

    In a closed period a finding that is only worded otherwise, or that does not block and comes
    without anything else that changed, is no news: a later release may know more rules and better
    words, and closed months are none of its business.
    """
    same = replace(now, run_id=before.run_id, checked_at=before.checked_at)
    if same == before:
        return True
    if not is_closed or _without_findings(same) != _without_findings(before):
        return False
    if _said(now.listing_findings) != _said(before.listing_findings):
        return False
    known, still = _said(before.findings), _said(now.findings)
    return known <= still and all(severity != "blocking" for _, severity, _ in still - known)


def _without_findings(state: PayerState) -> PayerState:
    """What it says but for its findings, of which those of outstanding invoices are a part."""
    outstanding = tuple(replace(one, findings=()) for one in state.outstanding)
    return replace(state, findings=(), listing_findings=(), outstanding=outstanding)


def _said(findings: Iterable[Finding]) -> set[tuple[str, str, str]]:
    """The findings without their words."""
    return {(one.code, one.severity, one.subject) for one in findings}


def _is_payer(facts: Facts, account_id: str) -> bool:
    """Whether the register has it, or had it when its listings of the period were read: whoever
    leaves takes no gap along.
    """
    before = facts.before.get(account_id)
    return account_id in facts.payers or (before is not None and before.checked_at is not None)


def _was_never_listed(
    before: PayerState | None,
    account_id: str,
    listing_findings: Iterable[Finding],
    *,
    is_read: bool,
) -> bool:
    """Whether AWS refuses to list the period for the payer account and has always done so, as it
    may where the account did not exist.
    """
    if is_read or (before and before.checked_at):
        return False
    return any(
        (found.code, found.subject) == ("LISTING_REFUSED", account_id) for found in listing_findings
    )


def findings_of(invoice: ArchivedInvoice | OutstandingInvoice) -> Iterable[Finding]:
    """The findings on an invoice, as they count for its payer account. One that is outstanding is
    missing, whether or not whoever could not archive it said why.
    """
    found = invoice.findings
    is_missing = isinstance(invoice, OutstandingInvoice)
    if is_missing and not any(one.is_blocking for one in found):
        detail = "It is listed, and nothing says why it is not archived."
        found = (*found, finding("NOT_FETCHED", invoice.invoice_id, detail))
    return _bearable(invoice.summary, found)


def _bearable(summary: InvoiceSummary, findings: Iterable[Finding]) -> list[Finding]:
    """The findings on an invoice; that AWS does not hand out a payment receipt or a tax copy is a
    warning, for it may never do so. An estimate is missed by nobody.
    """
    return [
        replace(found, severity="warning")
        if summary.is_estimate or (summary.repeats_another and found.code in NOT_OFFERED)
        else found
        for found in findings
    ]


def _has_invoice(
    facts: Facts,
    expectations: Expectations,
    filed: Sequence[ArchivedInvoice | OutstandingInvoice],
) -> bool:
    """Whether what is filed under the account can be all of it; of one that is not asked itself
    nobody knows what else there is.
    """
    if expectations.account_id not in facts.asked_accounts:
        return bool(filed)
    return any(expectations.can_be_all(one.summary) for one in filed)


def _without_invoices(
    facts: Facts,
    expectations: Expectations,
    explained: PayerVerdict | None,
    told: str | None,
    *,
    is_accepted: bool,
    was_never_listed: bool,
) -> PayerVerdict | None:
    """The verdict on a payer account of which no invoice is expected; None if there is none yet.

    Of a period that AWS has never listed it is complete, with that as a warning. That there were no
    charges is said neither of an account that could not be read nor against Cost Explorer: what a
    person accepts there is complete, on that word.
    """
    is_read = told == CHECKED
    if explained not in (None, "NO_CHARGES"):
        return explained
    if was_never_listed and not explained:
        return "COMPLETE" if facts.is_overdue else None
    if is_read and (explained or (is_accepted and not expectations.has_charges)):
        return "NO_CHARGES"
    return "COMPLETE" if facts.is_overdue and (is_accepted or not is_read) else None


def _kept_verdict(
    before: PayerVerdict, now: PayerVerdict, expectations: Expectations, *, expected: int
) -> PayerVerdict:
    """The verdict on a complete payer account of a closed period in which nothing blocks: invoices
    that came late count, and without any it stays what it was.
    """
    if expected and is_complete(now):
        return now
    return "COMPLETE" if before == "NO_CHARGES" and expectations.has_charges else before


def _unarchived(
    acceptance: Acceptance,
    invoices: Iterable[ArchivedInvoice],
    outstanding: Iterable[OutstandingInvoice],
    listing_findings: Iterable[Finding],
) -> int:
    """How many listed invoices are neither archived nor accepted to lack."""
    without_document = [document_gaps(one) for one in invoices if not one.has_invoice_document]
    without_record = [findings_of(one) for one in outstanding]
    return len(acceptance.blocking(listing_findings)) + sum(
        acceptance.block(findings) for findings in (*without_document, *without_record)
    )


def document_gaps(invoice: ArchivedInvoice) -> list[Finding]:
    """Why an invoice with a record lacks its invoice document; there is always a reason."""
    if invoice.has_invoice_document:
        return []
    lacks = [
        found
        for found in invoice.findings
        if found.is_blocking and found.subject == invoice.invoice_id
    ]
    detail = "There is a record of it, and no invoice document."
    lacks = lacks or [finding("NO_DOCUMENT_URL", invoice.invoice_id, detail)]
    return _bearable(invoice.summary, lacks)


def _witnesses(facts: Facts, account_id: str) -> PayerWitnesses:
    """What each witness says by now; acknowledgements as they were."""
    before, read = facts.before.get(account_id), facts.read(account_id)
    said = before.witnesses if before else NOBODY
    if read:
        listings = Listings(facts.run_id, _asked_at(facts), _listed(facts, read))
        units = read.units
        if units:
            units = since(said.units, last_said(said.units, units))
        elif said.units:
            units = replace(said.units, not_read="")
        said = replace(said, listings=since(said.listings, listings), units=units)
    charges = facts.charges.get(account_id)
    if charges:
        said = replace(said, charges=last_said(said.charges, charges))
    elif said.charges and not facts.asks_cost_explorer:
        said = replace(said, charges=replace(said.charges, not_read=""))
    if account_id in facts.payers and not _is_closed_complete(facts, before):
        said = replace(said, history=history_of(account_id, facts.past))
    return replace(said, transfers=facts.transfers_of.get(account_id))


def _asked_at(facts: Facts) -> str:
    return instant_text(facts.asked_at or facts.as_of)


def _listed(facts: Facts, asked: PayerOutcome) -> int:
    """How many invoices of the period the payer account's listings of this run show."""
    period = facts.billing_period
    ids = {one.invoice_id for one in asked.archived if one.billing_period == period}
    ids |= {one.invoice_id for one in asked.outstanding if one.billing_period == period}
    return len(ids & asked.listed_ids)


def _expectations(
    facts: Facts,
    account_id: str,
    witnesses: PayerWitnesses,
    outstanding: Iterable[OutstandingInvoice],
) -> Expectations:
    archived = facts.invoices_shown_to.get(account_id, ())
    awaited = (*outstanding, *facts.outstanding_shown_to.get(account_id, ()))
    shown = [Shown(one.payer_account_id, one.summary) for one in archived]
    shown += [Shown(one.payer_account_id, one.summary) for one in awaited]
    return Expectations(
        account_id,
        facts.billing_period,
        witnesses,
        facts.transfers_by_account.get(account_id, ()),
        shown,
        facts.payers.keys(),
    )


def _with_acknowledgements(
    facts: Facts, account_id: str, witnesses: PayerWitnesses, acceptable: Iterable[Finding]
) -> PayerWitnesses:
    """The acknowledgements so far, and those of this run with what they cover."""
    if account_id in facts.accepted:
        return replace(witnesses, acknowledgements=tuple(facts.accepted[account_id]))
    kept = witnesses.acknowledgements
    covers = {(one.code, one.subject) for one in acceptable}
    new = tuple(
        Acknowledgement(
            given.reason,
            given.by,
            given.until.isoformat(),
            facts.run_id,
            instant_text(facts.as_of),
            tuple(sorted(covers)),
        )
        for given in facts.acknowledgements
        if (given.payer_account_id, given.billing_period) == (account_id, facts.billing_period)
    )
    if any(one.run_id == facts.run_id for one in kept):
        new = ()  # a retry of the step: what was covered then stays what is covered
    return replace(witnesses, acknowledgements=(*kept, *new))


def _settled_at(
    facts: Facts, before: PayerState | None, invoices: Sequence[ArchivedInvoice]
) -> str:
    """Since when everything is archived: a later invoice moves it, until the period is closed."""
    if before and before.settled_at:
        same = {one.invoice_id for one in before.invoices} == {one.invoice_id for one in invoices}
        if facts.is_closed or same:
            return before.settled_at
    return instant_text(facts.as_of)


def _later_than_usual(
    facts: Facts, account_id: str, witnesses: PayerWitnesses
) -> Iterable[Finding]:
    usual = witnesses.history.usual_day
    if usual is None or facts.is_overdue:
        return
    if day_of_close(facts.billing_period, facts.as_of) > usual:
        yield finding(
            "LATER_THAN_USUAL",
            account_id,
            f"In earlier periods everything was archived by day {usual} of the following month.",
        )


def _none_listed(facts: Facts, account_id: str) -> list[Finding]:
    detail = f"AWS lists no invoice of {facts.billing_period} for this payer account."
    return [finding("NO_INVOICES_LISTED", account_id, detail)]


def _is_closed_complete(facts: Facts, before: PayerState | None) -> bool:
    """Whether the period is closed and the payer account was complete."""
    return facts.is_closed and before is not None and before.is_complete


def _was_read(before: PayerState | None) -> bool:
    """Whether its verdict rests on a look at it: what a person accepted instead excuses nothing
    that the first look finds.
    """
    return bool(before and (before.checked_at or before.outcome == CHECKED))


def _outcome_findings(
    facts: Facts,
    account_id: str,
    before: PayerState | None,
    asked: PayerOutcome | None,
    outcome: str | None,
) -> list[Finding]:
    """Why a payer account could not be checked."""
    if asked is None and before is not None and outcome is not None:
        kept = (f for f in before.findings if f.code in OUTCOME_CODES)
        return [replace(f, severity="blocking") for f in kept]
    if asked and asked.outcome in (NO_ACCESS, WRONG_ACCOUNT):
        return [finding(asked.outcome, account_id, asked.detail)]
    if asked and asked.outcome == NOT_CHECKED and asked.detail and not asked.is_lost:
        return [replace(finding(NOT_CHECKED, account_id, asked.detail), next_step=_ASKED_AGAIN)]
    if asked and asked.outcome == NOT_CHECKED:
        detail = "It was to be asked and left no outcome: its part of the run did not end."
        return [finding(NOT_CHECKED, account_id, asked.detail or detail)]
    if outcome is None and facts.is_overdue:
        period = facts.billing_period
        never = finding(
            NOT_CHECKED,
            account_id,
            f"No run has asked it for {period} yet.",
            severity="warning" if facts.is_closed else None,
        )
        by_itself = "" if facts.is_closed else "The next daily run asks it. Or: "
        return [replace(never, next_step=f"{by_itself}Start a run of {period}.")]
    return []


def _notes(
    facts: Facts, before: PayerState | None, expectations: Expectations
) -> Iterable[Finding]:
    """What is to be told of the witnesses. A closed period is told nothing new that only this
    version of the functions knows to tell.
    """
    known = {(one.code, one.subject) for one in before.findings} if before else set()
    for note in expectations.notes():
        is_known = not facts.is_closed or (note.code, note.subject) in known
        if is_known or note.code != "SOURCE_WITHOUT_TRANSFER":
            yield note


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


def _twice(facts: Facts, account_id: str, invoices: Iterable[ArchivedInvoice]) -> Iterable[Finding]:
    for invoice in invoices:
        if others := sorted(facts.holders[invoice.invoice_id] - {account_id}):
            yield finding(
                "INVOICE_TWICE", invoice.invoice_id, f"Also archived under {', '.join(others)}."
            )


def _papers_of_others(
    facts: Facts, account_id: str, invoices: Iterable[ArchivedInvoice]
) -> Iterable[Finding]:
    for invoice in invoices:
        if found := facts.papers_of_others.get((account_id, invoice.invoice_id)):
            yield found
