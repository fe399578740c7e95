"""Telling people and programs of what a run judged, each verdict once and through each channel."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lambdas.aws.notifications import EventBus, Mailbox, NotTold
from lambdas.aws.told import ToldTable
from lambdas.domain.judgement.judged import Judged
from lambdas.domain.judgement.manifests import PayerState
from lambdas.domain.notifications.email import letter
from lambdas.domain.notifications.event import DETAIL_TYPE, SOURCE, period_event
from lambdas.domain.notifications.reasons import Telling, needing, reason_to_tell
from lambdas.domain.runs.outcome import CHECKED
from lambdas.domain.runs.payer_outcome import PayerOutcome
from lambdas.domain.witnesses.refusals import newly_refused, refused_by_now
from lambdas.steps.judging.judge_period import Run
from lambdas.telemetry import logger


@dataclass(frozen=True)
class Channels:
    """Where a run tells what it judged."""

    mailbox: Mailbox
    event_bus: EventBus
    table: ToldTable


def tell_people(channels: Channels, judged: Sequence[Judged], run: Run) -> list[str]:
    """Tell what is due, and mark it as told after it was sent: a crash in between tells it again.

    Returns why a channel could not be used, after it is in the log; what it was to tell is due in
    the next run.
    """
    failures = [*_tell_by_mail(channels, judged, run), *_tell_by_event(channels, judged, run)]
    for failure in failures:
        logger().error("told nobody", extra={"run_id": run.run_id, "reason": failure})
    return failures


def _tell_by_mail(channels: Channels, judged: Sequence[Judged], run: Run) -> Iterator[str]:
    """All that is due is one letter."""
    tellings = _due(channels.table, "mail", judged, run)
    before = channels.table.refused()
    now = refused_by_now(before, _not_read(run.outcomes.without_invoices))
    new = newly_refused(before, now)
    if tellings or new:
        names = {one.payer_account_id: one.name for one in _payers(judged)}
        try:
            channels.mailbox.send(*letter(tellings, new, names))
        except NotTold as error:
            yield str(error)
            return
    if now != before:
        channels.table.mark_refused(now)
    _mark(channels.table, "mail", tellings)


def _tell_by_event(channels: Channels, judged: Sequence[Judged], run: Run) -> Iterator[str]:
    """Each period is an event of its own."""
    tellings = _due(channels.table, "event", judged, run)
    if not tellings:
        return
    try:
        channels.event_bus.put(SOURCE, DETAIL_TYPE, [period_event(one) for one in tellings])
    except NotTold as error:
        yield str(error)
        return
    _mark(channels.table, "event", tellings)


def _due(table: ToldTable, channel: str, judged: Sequence[Judged], run: Run) -> list[Telling]:
    tellings = []
    for one in judged:
        manifest = one.manifest
        period = manifest.billing_period
        before = table.told(period, channel)
        is_overdue = run.as_of >= run.close.overdue_from(period)
        reason = reason_to_tell(
            before,
            manifest.verdict,
            needing=needing(manifest),
            is_overdue=is_overdue,
            as_of=run.as_of,
        )
        if reason:
            day = run.close.close_day(period, run.as_of)
            tellings.append(
                Telling(
                    manifest, run.run_id, run.as_of, is_overdue, day, before, reason, one.sha256
                )
            )
    return tellings


def _mark(table: ToldTable, channel: str, tellings: Sequence[Telling]) -> None:
    for telling in tellings:
        table.mark_told(telling.manifest.billing_period, channel, telling.as_told())


def _not_read(outcomes: Sequence[PayerOutcome]) -> dict[str, str]:
    """Why units and transfers could not be read, by payer account that this run got into."""
    return {
        one.payer_account_id: " ".join(
            said.not_read for said in (one.units, one.transfers) if said and said.not_read
        )
        for one in outcomes
        if one.outcome == CHECKED
    }


def _payers(judged: Sequence[Judged]) -> Iterator[PayerState]:
    for one in judged:
        yield from one.manifest.payers
