"""The judgement of a billing period: latest manifest, this run's results and archived evidence
become the next manifest.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.findings import finding
from lambdas.domain.json_text import instant_text
from lambdas.domain.judgement.charges_wanted import charges_are_wanted
from lambdas.domain.judgement.facts import Facts
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.judgement.payer_case import PayerCase
from lambdas.domain.judgement.payer_judgement import PayerJudgement
from lambdas.domain.judgement.verdicts import period_verdict
from lambdas.domain.runs.outcome import CHECKED, NOT_CHECKED
from lambdas.domain.witnesses.charges import Charges

States = Mapping[str, PayerState]
"""Payer accounts as judged, by account id."""


def judge_payers(facts: Facts) -> States:
    """Every payer account of the period as judged, if Cost Explorer says nothing new."""
    return _judged(facts, _account_ids(facts))


def judge_with_charges(facts: Facts, states: States, charges: Mapping[str, Charges]) -> States:
    """The states with Cost Explorer's answers, which only concern the payer accounts asked for:
    their acknowledgements stay as judged, and cover none of its findings.
    """
    accepted = {one: states[one].witnesses.acknowledgements for one in charges}
    answered = replace(facts, charges=charges, accepted=accepted)
    return {**states, **_judged(answered, charges)}


def charges_wanted(facts: Facts, states: States) -> list[str]:
    """The payer accounts whose charges can change their verdict; only those asked in this run."""
    return [
        account_id
        for account_id, state in states.items()
        if (asked := facts.asked(account_id))
        and asked.outcome == CHECKED
        and charges_are_wanted(
            state,
            facts.billing_period,
            as_of=facts.as_of,
            is_overdue=facts.is_overdue,
            is_closed=facts.is_closed,
            asks_payments=asked.payments is not None,
        )
    ]


def manifest_of(facts: Facts, states: States) -> Manifest:
    """The period's next manifest. If it says the same as the previous one, it is not to be
    written.
    """
    payers = tuple(state for _, state in sorted(states.items()))
    verdict = period_verdict(payer.verdict for payer in payers)
    closed_at = facts.previous.closed_at if facts.previous else None
    if closed_at is None and verdict == "COMPLETE" and facts.is_overdue:
        closed_at = instant_text(facts.as_of)
    return Manifest(
        bucket=facts.bucket,
        billing_period=facts.billing_period,
        sequence=facts.previous.sequence + 1 if facts.previous else 1,
        previous_sha256=facts.previous_sha256,
        run_id=facts.run_id,
        generated_at=instant_text(facts.as_of),
        verdict=verdict,
        closed_at=closed_at,
        payers=payers,
        last_day=facts.close.last_day(facts.billing_period).isoformat(),
        close_day=facts.close.close_day(facts.billing_period, facts.as_of),
    )


def _account_ids(facts: Facts) -> Collection[str]:
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


def _judged(facts: Facts, account_ids: Iterable[str]) -> States:
    return {account_id: _state(facts, account_id) for account_id in sorted(account_ids)}


def _state(facts: Facts, account_id: str) -> PayerState:
    """The payer account as judged; unreadable evidence of one does not affect the others.

    An archive-closed period raises the error instead: nothing is signed, and the period is shown
    red until the evidence can be read.
    """
    try:
        return PayerJudgement(PayerCase(facts, account_id)).state
    except NOT_UNDERSTOOD as error:
        if facts.is_closed:
            raise
        return _not_judged(facts, account_id, type(error).__name__)


def _not_judged(facts: Facts, account_id: str, error: str) -> PayerState:
    """The payer account as before, with the damage that keeps it from being judged."""
    what = f"What is kept of it cannot be understood ({error})."
    damage = finding("ARCHIVE_DAMAGED", account_id, what)
    case = PayerCase(facts, account_id)
    before = case.before
    if before is None:
        before = PayerState(
            account_id,
            case.name,
            case.legal_entity,
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
