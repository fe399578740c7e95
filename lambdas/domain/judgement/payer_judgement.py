"""The judgement of one payer account: what the rules find, what is accepted of it, the verdict."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from lambdas.domain.evidence.archived_invoice import OutstandingInvoice
from lambdas.domain.findings import Finding, finding
from lambdas.domain.json_text import instant_text
from lambdas.domain.judgement import rules
from lambdas.domain.judgement.acceptance import Acceptance
from lambdas.domain.judgement.invoice_findings import document_gaps, findings_of
from lambdas.domain.judgement.manifests import OutstandingSince, PayerState
from lambdas.domain.judgement.payer_case import PayerCase
from lambdas.domain.judgement.verdicts import payer_verdict
from lambdas.domain.runs.close_calendar import day_of_close
from lambdas.domain.runs.outcome import CHECKED
from lambdas.domain.verdict_words import PayerVerdict, is_complete
from lambdas.domain.witnesses.acknowledgements import Acknowledgement
from lambdas.domain.witnesses.charges import residuals


@dataclass(frozen=True)
class PayerJudgement:
    """The judgement of a case. `state` is its result; all else are the steps to it."""

    case: PayerCase

    @cached_property
    def found(self) -> list[Finding]:
        """Everything that the rules find, before a person's or the close's acceptance."""
        return [found for rule in rules.RULES for found in rule(self.case)]

    @cached_property
    def _none_listed(self) -> list[Finding]:
        """NO_INVOICES_LISTED as it will be once the period is overdue."""
        return rules.none_listed(self.case)

    @cached_property
    def acceptance(self) -> Acceptance:
        """The acceptance by all acknowledgements, those of this run included."""
        case, facts = self.case, self.case.facts
        known = facts.documents_of_others_before.get(case.account_id, ())
        before = Acceptance(
            facts.as_of,
            case.witnesses,
            is_closed_complete=case.is_closed_complete,
            known=known if case.is_closed_complete else (),
        )
        covers = before.acceptable([*self.found, *self._none_listed])
        given = self._acknowledgements(covers)
        return replace(before, witnesses=replace(case.witnesses, acknowledgements=given))

    def _acknowledgements(self, covers: Iterable[Finding]) -> tuple[Acknowledgement, ...]:
        """The earlier acknowledgements, and those of this run with the findings that they cover."""
        case, facts = self.case, self.case.facts
        if case.account_id in facts.accepted:
            return tuple(facts.accepted[case.account_id])
        kept = case.witnesses.acknowledgements
        if any(one.run_id == facts.run_id for one in kept):
            return kept  # a retry of the step: they cover the same findings as the first try
        new = (
            Acknowledgement(
                given.reason,
                given.by,
                given.until.isoformat(),
                facts.run_id,
                instant_text(facts.as_of),
                tuple(sorted({(one.code, one.subject) for one in covers})),
            )
            for given in facts.acknowledgements
            if (given.payer_account_id, given.billing_period)
            == (case.account_id, facts.billing_period)
        )
        return (*kept, *new)

    @cached_property
    def accepted(self) -> list[Finding]:
        """The same findings, those that are accepted as warnings."""
        return [self.acceptance.as_accepted(one) for one in self.found]

    @cached_property
    def counted_outcome(self) -> str | None:
        """The outcome that counts: a failed check is excused if it is accepted."""
        failed = list(rules.check_failed(self.case))
        is_excused = bool(failed) and not self.acceptance.block(failed)
        return CHECKED if is_excused else self.case.outcome

    @cached_property
    def not_listed(self) -> int:
        """The least number of invoices that witnesses expect and no listing shows."""
        case, acceptance = self.case, self.acceptance
        recorded = acceptance.blocking(rules.recorded_and_not_listed(case))
        ids = {one.subject for one in recorded}
        return case.expectations.missing_invoices(
            acceptance.blocking(rules.expected_and_not_listed(case)),
            (one.billing_entity for one in case.unlisted if one.invoice_id in ids),
        )

    @property
    def expected(self) -> int:
        return self.case.listed_count + self.not_listed

    @cached_property
    def unarchived(self) -> int:
        """The number of expected invoices neither archived nor accepted as missing."""
        case, acceptance = self.case, self.acceptance
        gaps = [document_gaps(one) for one in case.invoices if not one.has_invoice_document]
        gaps += [findings_of(one) for one in case.outstanding]
        listed = len(acceptance.blocking(case.nameless)) + sum(map(acceptance.block, gaps))
        return self.not_listed + listed

    @cached_property
    def is_blocked(self) -> bool:
        """True if an invoice is missing, or anything else blocks."""
        return bool(self.unarchived) or any(one.is_blocking for one in self.accepted)

    @cached_property
    def verdict_without_invoices(self) -> PayerVerdict | None:
        """The verdict if no invoice is expected; None if there is none yet.

        A period that AWS has never listed is complete, with a warning. NO_CHARGES is given neither
        to an account that could not be read nor against Cost Explorer: there a person's
        acknowledgement makes it COMPLETE.
        """
        case, is_overdue = self.case, self.case.facts.is_overdue
        is_read, explained = case.outcome == CHECKED, case.verdict_of_witnesses
        if explained not in (None, "NO_CHARGES"):
            return explained
        if case.was_never_listed and not explained:
            return "COMPLETE" if is_overdue else None
        is_accepted = self.acceptance.accepts(self._none_listed)
        if is_read and (explained or (is_accepted and not case.expectations.has_charges)):
            return "NO_CHARGES"
        return "COMPLETE" if is_overdue and (is_accepted or not is_read) else None

    @cached_property
    def verdict(self) -> PayerVerdict:
        facts, expectations = self.case.facts, self.case.expectations
        verdict = payer_verdict(
            self.counted_outcome,
            self.accepted,
            expected=self.expected,
            unarchived=self.unarchived,
            is_overdue=facts.is_overdue,
            is_proven=expectations.are_proven_whole,
            without_invoices=self.verdict_without_invoices,
        )
        before = self.case.before
        if before is None or not self.case.is_closed_complete or self.is_blocked:
            return verdict
        # archive closed, complete, and nothing blocks: late invoices count, else the verdict stays
        if self.expected and is_complete(verdict):
            return verdict
        is_charged = before.verdict == "NO_CHARGES" and expectations.has_charges
        return "COMPLETE" if is_charged else before.verdict

    @cached_property
    def is_whole(self) -> bool:
        """True if everything expected is archived, or nothing is expected."""
        if self.counted_outcome != CHECKED or self.is_blocked:
            return False
        return (
            self.case.is_closed_complete
            or self.verdict_without_invoices is not None
            or (self.expected > 0 and not self.case.is_unexplained)
        )

    @property
    def settled_at(self) -> str | None:
        """The instant since which everything is archived; a later invoice moves it until the
        archive closes.
        """
        case, before = self.case, self.case.before
        if not self.is_whole:
            return None
        if before and before.settled_at:
            ids = {one.invoice_id for one in case.invoices}
            if case.facts.is_closed or ids == {one.invoice_id for one in before.invoices}:
                return before.settled_at
        return instant_text(case.facts.as_of)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings as accepted, with what is known only now."""
        return tuple(
            sorted(
                {
                    *self.accepted,
                    *self.acceptance.acknowledged(self.case.account_id),
                    *self._later_than_usual(),
                }
            )
        )

    def _later_than_usual(self) -> Iterable[Finding]:
        facts, usual = self.case.facts, self.case.witnesses.history.usual_day
        if usual is None or facts.is_overdue or self.is_whole or self.counted_outcome != CHECKED:
            return
        if day_of_close(facts.billing_period, facts.as_of) > usual:
            detail = (
                f"In earlier periods everything was archived by day {usual} of the following month."
            )
            yield finding("LATER_THAN_USUAL", self.case.account_id, detail)

    @property
    def outstanding_since(self) -> tuple[OutstandingSince, ...]:
        """The first instant of each gap, accepted ones too. Of a gap that an earlier release found
        it is the last instant at which that release read the account.
        """
        before, facts = self.case.before, self.case.facts
        known = before.since if before else {}
        if before and facts.previous:
            at = before.checked_at or facts.previous.generated_at
            known = dict.fromkeys(_gaps(before.findings, before.outstanding), at) | known
        now = instant_text(facts.as_of)
        return tuple(
            OutstandingSince(subject, known.get((code, subject), now), code)
            for code, subject in sorted(_gaps(self.found, self.case.outstanding))
        )

    @property
    def state(self) -> PayerState:
        """The payer account as judged; the state before if that still holds."""
        case, witnesses = self.case, self.acceptance.witnesses
        charges = witnesses.charges
        listed = [one.summary for one in case.expectations.invoices]
        now = PayerState(
            case.account_id,
            case.name,
            case.legal_entity,
            outcome=case.outcome,
            verdict=self.verdict,
            run_id=case.facts.run_id,
            checked_at=case.checked_at,
            expected=self.expected,
            invoices=case.invoices,
            outstanding=case.outstanding,
            listing_findings=case.listing_findings,
            findings=self.findings,
            witnesses=witnesses,
            settled_at=self.settled_at,
            residuals=residuals(charges, listed) if charges else (),
            unarchived=self.unarchived,
            outstanding_since=self.outstanding_since,
        )
        before = case.before
        if before and _says_nothing_new(now, before, is_closed=case.facts.is_closed):
            return before
        return now


def _gaps(
    findings: Iterable[Finding], outstanding: Iterable[OutstandingInvoice]
) -> set[tuple[str, str]]:
    gaps = {one.gap for one in findings if one.is_blocking}
    return gaps | {("", one.invoice_id) for one in outstanding}


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
