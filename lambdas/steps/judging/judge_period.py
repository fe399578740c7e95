"""One billing period's manifest and views: read the archive, judge, extend the chain, update the
views.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lambdas.aws.archive import Archive
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close.judged import Judged
from lambdas.domain.close.open_items import open_items
from lambdas.domain.close.owners import Owners
from lambdas.domain.errors import NOT_UNDERSTOOD, ServiceUnavailable
from lambdas.domain.evidence.archive_layout import (
    period_prefix,
)
from lambdas.domain.findings import finding
from lambdas.domain.json_text import instant_text, read_instant
from lambdas.domain.judgement.facts import Facts
from lambdas.domain.judgement.judge import (
    charges_wanted,
    judge_payers,
    judge_with_charges,
    manifest_of,
)
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.runs.close_calendar import CloseCalendar
from lambdas.domain.runs.payer_register import Payer
from lambdas.domain.witnesses.acknowledgements import GivenAcknowledgement
from lambdas.domain.witnesses.charges import Charges
from lambdas.steps.judging.absent_invoices import absent_invoices, recorded_elsewhere
from lambdas.steps.judging.manifest_chain import ChainBroken, Link, ManifestChain
from lambdas.steps.judging.past_periods import PastPeriods
from lambdas.steps.judging.period_evidence import read_evidence
from lambdas.steps.run_outcomes import RunOutcomes
from lambdas.steps.update_views import update_completeness, update_manifest_views
from lambdas.telemetry import logger
from lambdas.views.cells import CsvForm

_CHAIN_TRIES = 5
AskCharges = Callable[[BillingPeriod, Sequence[str]], Mapping[str, Charges]]


@dataclass(frozen=True)
class Run:
    """Data of a run that is the same for all its periods."""

    run_id: str
    as_of: datetime
    close: CloseCalendar
    outcomes: RunOutcomes
    acknowledgements: Sequence[GivenAcknowledgement]
    ask_charges: AskCharges | None
    """Asks Cost Explorer about payer accounts in a period; None if switched off."""
    owners: Owners
    csv_form: CsvForm


@dataclass(frozen=True)
class PeriodToJudge:
    """One of the periods that a run judges."""

    billing_period: BillingPeriod
    payers: Mapping[str, Payer]
    """Payer accounts of the register that are active in the period, by account id."""
    is_of_run: bool
    """True for the target and the look-back periods."""
    retain_until: datetime


def judge_period(
    archive: Archive, chain: ManifestChain, past: PastPeriods, run: Run, one: PeriodToJudge
) -> Judged:
    """Judge the period; `past` are the periods before it. The answer has no invoices.

    Writes a manifest only if something changed, and a view only if it is behind its manifest. A
    chain that differs from its latest-manifest record is not extended: that would hide the
    tampering. Other data that cannot be understood affects the verdict of this period only.
    """
    period = one.billing_period
    try:
        judged = _judge_period(archive, chain, past, run, one)
    except ChainBroken as broken:
        judged = _show_broken(archive, period, run, broken)
    except NOT_UNDERSTOOD as error:
        logger().exception("could not judge a period", extra={"billing_period": str(period)})
        detail = f"What is kept of {period} cannot be understood ({type(error).__name__})."
        what = finding("ARCHIVE_DAMAGED", period_prefix(period), detail)
        judged = _show_broken(archive, period, run, chain.broken(period, what))
    past.add(period, judged.manifest if judged.is_trusted else None)
    return judged.without_invoices()


def _judge_period(
    archive: Archive, chain: ManifestChain, past: PastPeriods, run: Run, one: PeriodToJudge
) -> Judged:
    for _ in range(_CHAIN_TRIES):
        newest = chain.newest(one.billing_period)
        facts = _facts(archive, past, run, one, newest)
        manifest = _judge_with_charges(facts, run)
        is_new = facts.previous is None or not manifest.says_the_same_as(facts.previous)
        link = chain.extend(manifest, one.retain_until) if is_new else newest
        if link is None:
            continue  # another run took this number: judge again with its manifest
        update_manifest_views(archive, link, run.owners, run.csv_form)
        begun = chain.before_run(newest, run.run_id)
        return Judged(
            before=begun.manifest.verdict if begun else None,
            manifest=link.manifest,
            sequence=link.manifest.sequence,
            is_new=link.manifest.run_id == run.run_id,
            sha256=link.sha256,
            shown_from=link.manifest.sequence,
            open=open_items(link.manifest, run.owners, run.as_of),
        )
    raise ServiceUnavailable(f"other runs keep extending the manifests of {one.billing_period}")


def _facts(
    archive: Archive, past: PastPeriods, run: Run, one: PeriodToJudge, newest: Link | None
) -> Facts:
    """All that the period is judged by, read from the archive."""
    period, previous = one.billing_period, newest.manifest if newest else None
    evidence = read_evidence(archive, period, previous, run.outcomes.of_period(period))
    facts = Facts(
        bucket=archive.bucket,
        billing_period=period,
        run_id=run.run_id,
        as_of=_judged_as_of(run, previous),
        close=run.close,
        payers=one.payers,
        previous=previous,
        previous_sha256=newest.sha256 if newest else None,
        outcomes=evidence.outcomes,
        invoices=evidence.invoices,
        damages=evidence.damages,
        absent_invoices=absent_invoices(archive, period, evidence.invoices),
        past=past.before(period),
        acknowledgements=run.acknowledgements,
        asks_cost_explorer=run.ask_charges is not None,
        is_of_run=one.is_of_run,
        asked_at=run.as_of,
    )
    if not (unlisted := facts.unlisted_ids):
        return facts
    return replace(facts, recorded_elsewhere=recorded_elsewhere(archive, period, unlisted))


def _judged_as_of(run: Run, previous: Manifest | None) -> datetime:
    """The run's instant, but never before that of the previous manifest, which a later run may have
    written first.
    """
    return max(run.as_of, read_instant(previous.generated_at)) if previous else run.as_of


def _judge_with_charges(facts: Facts, run: Run) -> Manifest:
    """Judge; Cost Explorer is asked for the payer accounts whose verdict it can change."""
    states = judge_payers(facts)
    asked = charges_wanted(facts, states) if run.ask_charges else []
    if run.ask_charges and asked:
        charges = run.ask_charges(facts.billing_period, asked)
        states = judge_with_charges(facts, states, charges)
    return manifest_of(facts, states)


def _show_broken(archive: Archive, period: BillingPeriod, run: Run, broken: ChainBroken) -> Judged:
    """Show the newest readable manifest, with a verdict that needs a person."""
    newest = broken.newest.manifest if broken.newest else None
    broken_manifest = Manifest(
        bucket=archive.bucket,
        billing_period=period,
        sequence=newest.sequence if newest else 0,
        previous_sha256=newest.previous_sha256 if newest else None,
        run_id=run.run_id,
        generated_at=instant_text(run.as_of),
        verdict="ACTION_REQUIRED",
        closed_at=newest.closed_at if newest else None,
        payers=newest.payers if newest else (),
        findings=(broken.finding,),
        last_day=run.close.last_day(period).isoformat(),
        close_day=run.close.close_day(period, run.as_of),
    )
    update_completeness(archive, broken_manifest, broken.sequence)
    return Judged(
        before=newest.verdict if newest else None,
        manifest=broken_manifest,
        sequence=broken.sequence,
        is_new=False,
        sha256=None,
        shown_from=newest.sequence if newest else 0,
        open=open_items(broken_manifest, run.owners, run.as_of),
    )
