"""The judgement of a billing period: latest manifest, this run's results and archived evidence
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
from lambdas.domain.judgement.expectations import Expectations, FiledInvoice
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
from lambdas.domain.witnesses.statements import (
    NOBODY,
    Listings,
    PayerWitnesses,
    latest_statement,
    since,
)

_ASKED_AGAIN = (
    "The next daily run asks again. If AWS still answers so then, open a case with AWS Billing."
)


def judge(facts: Facts) -> Manifest:
    """The manifest that follows from the facts. If it says the same as the previous one, it is not
    to be written.
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
    """The active payer accounts of the register, those of the manifests, and those whose invoices
    others list. An account with nothing but damage is left out: nobody could ever complete it.

    An archive-closed period, or one outside the run, leaves out payer accounts of the register that
    were not asked for it and have nothing in it: the register may have grown since.
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
    """The payer account as judged; unreadable evidence of one does not affect the others.

    An archive-closed period raises the error instead: nothing is signed, and the period is shown
    red until the evidence can be read.
    """
    try:
        return _judge_payer(facts, account_id)
    except NOT_UNDERSTOOD as error:
        if facts.is_closed:
            raise
        return _not_judged(facts, account_id, type(error).__name__)


def _not_judged(facts: Facts, account_id: str, error: str) -> PayerState:
    """The payer account as before, with the damage that keeps it from being judged."""
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
    last_outcome = asked.outcome if asked else before.outcome if before else None
    listing_findings = facts.listing_findings(account_id)
    nameless = [one for one in listing_findings if one.code not in BESIDE_INVOICES]
    has_invoices = bool(invoices or outstanding or nameless)
    if account_id not in facts.payers and last_outcome is None and has_invoices:
        last_outcome = CHECKED  # never asked itself: another payer account lists its invoices
    was_checked = facts.read(account_id) is not None
    was_never_listed = _was_never_listed(before, account_id, listing_findings, is_read=was_checked)
    listed_count = len(invoices) + len(outstanding) + len(nameless)
    expectations = _expectations(facts, account_id, witnesses, outstanding)
    explained = expectations.verdict_without_invoices(is_overdue=facts.is_overdue)
    is_unexplained = explained is None and not (
        nameless or _has_invoice(facts, expectations, (*invoices, *outstanding))
    )
    is_empty = is_unexplained and last_outcome == CHECKED and not was_never_listed
    none_listed = _none_listed(facts, account_id) if is_empty else []
    of_outcome = _outcome_findings(facts, account_id, before, asked, last_outcome)
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
        *_documents_of_others(facts, account_id, invoices),
        *_notes(facts, before, expectations),
    ]
    is_closed_complete = _is_closed_complete(facts, before) and _was_read(before)
    old = facts.documents_of_others_before.get(account_id, ()) if is_closed_complete else ()
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
        last_outcome,
        is_accepted=acceptance.accepts(none_listed),
        was_never_listed=was_never_listed,
    )
    # accepted, or excused in an archive-closed period that was complete
    is_excused = bool(of_outcome) and not acceptance.block(of_outcome)
    outcome = CHECKED if is_excused else last_outcome
    not_listed = expectations.missing_invoices(acceptance.blocking(missing))
    unarchived = not_listed + _unarchived(acceptance, invoices, outstanding, nameless)
    findings = [*map(acceptance.as_accepted, found), *acceptance.acknowledged(account_id)]
    expected = listed_count + not_listed
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
    settled_at = _fully_archived_since(facts, before, invoices) if is_whole else None
    if not is_whole and outcome == CHECKED:
        findings += _later_than_usual(facts, account_id, witnesses)
    payer = facts.payers.get(account_id)
    charges = witnesses.charges
    new = PayerState(
        account_id,
        payer.name if payer else before.name if before else "",
        payer.legal_entity if payer else before.legal_entity if before else "",
        last_outcome,
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
        residuals(charges, [one.summary for one in expectations.invoices]) if charges else (),
    )
    if before and _says_nothing_new(new, before, is_closed=facts.is_closed):
        return before
    return new


def _says_nothing_new(now: PayerState, before: PayerState, *, is_closed: bool) -> bool:
    """True if the state before still holds, apart from the run that checked it last.

    In an archive-closed period a finding is no news if only its wording changed, or if it does not
    block and nothing else changed: new rules and words of a later release do not apply to closed
    months.
    """
    same = replace(now, run_id=before.run_id, checked_at=before.checked_at)
    if same == before:
        return True
    if not is_closed or _without_findings(same) != _without_findings(before):
        return False
    if _without_wording(now.listing_findings) != _without_wording(before.listing_findings):
        return False
    known, still = _without_wording(before.findings), _without_wording(now.findings)
    return known <= still and all(severity != "blocking" for _, severity, _ in still - known)


def _without_findings(state: PayerState) -> PayerState:
    """The state without its findings, including those on outstanding invoices."""
    outstanding = tuple(replace(one, findings=()) for one in state.outstanding)
    return replace(state, findings=(), listing_findings=(), outstanding=outstanding)


def _without_wording(findings: Iterable[Finding]) -> set[tuple[str, str, str]]:
    """The findings without their wording."""
    return {(one.code, one.severity, one.subject) for one in findings}


def _is_payer(facts: Facts, account_id: str) -> bool:
    """True if the register has it, or had it when its listings of the period were read: leaving the
    register does not remove a gap.
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
    """True if AWS has always refused to list the period for the payer account, as it may if the
    account did not exist.
    """
    if is_read or (before and before.checked_at):
        return False
    return any(
        (found.code, found.subject) == ("LISTING_REFUSED", account_id) for found in listing_findings
    )


def findings_of(invoice: ArchivedInvoice | OutstandingInvoice) -> Iterable[Finding]:
    """The findings on an invoice, as they count for its payer account. An outstanding invoice
    blocks even if no run gave a reason.
    """
    found = invoice.findings
    is_missing = isinstance(invoice, OutstandingInvoice)
    if is_missing and not any(one.is_blocking for one in found):
        detail = "It is listed, and nothing says why it is not archived."
        found = (*found, finding("NOT_FETCHED", invoice.invoice_id, detail))
    return _with_leniency(invoice.summary, found)


def _with_leniency(summary: InvoiceSummary, findings: Iterable[Finding]) -> list[Finding]:
    """The findings on an invoice. A receipt or tax copy that AWS does not provide is only a
    warning, since it may never be provided. So is every finding on an estimate, which is no invoice
    yet.
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
    """True if the invoices filed under the account can be all of them. For an account that is not
    asked itself, any invoice is enough.
    """
    if expectations.account_id not in facts.asked_accounts:
        return bool(filed)
    return any(expectations.can_be_all(one.summary) for one in filed)


def _without_invoices(
    facts: Facts,
    expectations: Expectations,
    explained: PayerVerdict | None,
    last_outcome: str | None,
    *,
    is_accepted: bool,
    was_never_listed: bool,
) -> PayerVerdict | None:
    """The verdict on a payer account without expected invoices; None if there is none yet.

    A period that AWS has never listed is complete, with a warning. NO_CHARGES is given neither to
    an account that could not be read nor against Cost Explorer: there a person's acknowledgement
    makes it COMPLETE.
    """
    is_read = last_outcome == CHECKED
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
    """The verdict on a complete payer account of an archive-closed period in which nothing blocks.
    Late invoices count; without invoices the verdict stays.
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
    """The number of listed invoices neither archived nor accepted as missing."""
    without_document = [document_gaps(one) for one in invoices if not one.has_invoice_document]
    without_record = [findings_of(one) for one in outstanding]
    return len(acceptance.blocking(listing_findings)) + sum(
        acceptance.block(findings) for findings in (*without_document, *without_record)
    )


def document_gaps(invoice: ArchivedInvoice) -> list[Finding]:
    """Findings on a missing invoice document of an invoice with a record; at least one if it is
    missing.
    """
    if invoice.has_invoice_document:
        return []
    gaps = [
        found
        for found in invoice.findings
        if found.is_blocking and found.subject == invoice.invoice_id
    ]
    detail = "There is a record of it, and no invoice document."
    gaps = gaps or [finding("NO_DOCUMENT_URL", invoice.invoice_id, detail)]
    return _with_leniency(invoice.summary, gaps)


def _witnesses(facts: Facts, account_id: str) -> PayerWitnesses:
    """The current statement of each witness; acknowledgements as before."""
    before, read = facts.before.get(account_id), facts.read(account_id)
    statements = before.witnesses if before else NOBODY
    if read:
        listings = Listings(facts.run_id, _asked_at(facts), _listed(facts, read))
        units = read.units
        if units:
            units = since(statements.units, latest_statement(statements.units, units))
        elif statements.units:
            units = replace(statements.units, not_read="")
        statements = replace(statements, listings=since(statements.listings, listings), units=units)
    charges = facts.charges.get(account_id)
    if charges:
        statements = replace(statements, charges=latest_statement(statements.charges, charges))
    elif statements.charges and not facts.asks_cost_explorer:
        statements = replace(statements, charges=replace(statements.charges, not_read=""))
    if account_id in facts.payers and not _is_closed_complete(facts, before):
        statements = replace(statements, history=history_of(account_id, facts.past))
    return replace(statements, transfers=facts.transfers_of.get(account_id))


def _asked_at(facts: Facts) -> str:
    return instant_text(facts.asked_at or facts.as_of)


def _listed(facts: Facts, asked: PayerOutcome) -> int:
    """The number of the period's invoices in the payer account's listings of this run."""
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
    archived = facts.invoices_listed_under.get(account_id, ())
    awaited = (*outstanding, *facts.outstanding_listed_under.get(account_id, ()))
    invoices = [FiledInvoice(one.payer_account_id, one.summary) for one in archived]
    invoices += [FiledInvoice(one.payer_account_id, one.summary) for one in awaited]
    return Expectations(
        account_id,
        facts.billing_period,
        witnesses,
        facts.transfers_by_account.get(account_id, ()),
        invoices,
        facts.payers.keys(),
    )


def _with_acknowledgements(
    facts: Facts, account_id: str, witnesses: PayerWitnesses, acceptable: Iterable[Finding]
) -> PayerWitnesses:
    """The earlier acknowledgements, and those of this run with the findings that they cover."""
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
        new = ()  # a retry of the step: it covers the same findings as the first try
    return replace(witnesses, acknowledgements=(*kept, *new))


def _fully_archived_since(
    facts: Facts, before: PayerState | None, invoices: Sequence[ArchivedInvoice]
) -> str:
    """The instant since which everything is archived; a later invoice moves it until the archive
    closes.
    """
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
    """True if the period is archive closed and the payer account was complete."""
    return facts.is_closed and before is not None and before.is_complete


def _was_read(before: PayerState | None) -> bool:
    """True if its verdict rests on a check of it. An acknowledgement instead of a check excuses no
    finding of the first check.
    """
    return bool(before and (before.checked_at or before.outcome == CHECKED))


def _outcome_findings(
    facts: Facts,
    account_id: str,
    before: PayerState | None,
    asked: PayerOutcome | None,
    outcome: str | None,
) -> list[Finding]:
    """Findings on a payer account that could not be checked."""
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
    """Findings on the witnesses. An archive-closed period gets no new finding of a kind that its
    release did not have.
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


def _documents_of_others(
    facts: Facts, account_id: str, invoices: Iterable[ArchivedInvoice]
) -> Iterable[Finding]:
    for invoice in invoices:
        if found := facts.documents_of_others.get((account_id, invoice.invoice_id)):
            yield found
