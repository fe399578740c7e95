"""Notifying people and programs of a run's verdicts, of each once through each channel."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lambdas.aws.notification_table import NotificationTable
from lambdas.aws.notifications import EventBus, Mailbox, NotSent
from lambdas.domain.close.judged import Judged
from lambdas.domain.judgement.manifests import PayerState
from lambdas.domain.notifications.email import email_text
from lambdas.domain.notifications.event import DETAIL_TYPE, SOURCE, period_event
from lambdas.domain.notifications.reasons import Notification, needing, reason_to_notify
from lambdas.domain.runs.outcome import CHECKED
from lambdas.domain.runs.payer_outcome import PayerOutcome
from lambdas.domain.witnesses.refusals import newly_refused, refused_by_now
from lambdas.steps.judging.judge_period import Run
from lambdas.telemetry import logger


@dataclass(frozen=True)
class Channels:
    """The channels of a run's notifications, and the table that notes them."""

    mailbox: Mailbox
    event_bus: EventBus
    table: NotificationTable


def notify_people(channels: Channels, judged: Sequence[Judged], run: Run) -> list[str]:
    """Send due notifications, and mark them afterwards: after a crash in between they are sent
    again.

    Returns the failures of channels, which are logged; their notifications stay due in the next
    run.
    """
    failures = [*_notify_by_mail(channels, judged, run), *_notify_by_event(channels, judged, run)]
    for failure in failures:
        logger().error("notified nobody", extra={"run_id": run.run_id, "reason": failure})
    return failures


def _notify_by_mail(channels: Channels, judged: Sequence[Judged], run: Run) -> Iterator[str]:
    """Send all due notifications in one e-mail."""
    notifications = _due(channels.table, "mail", judged, run)
    before = channels.table.refused()
    now = refused_by_now(before, _not_read(run.outcomes.without_invoices))
    new = newly_refused(before, now)
    if notifications or new:
        names = {one.payer_account_id: one.name for one in _payers(judged)}
        try:
            channels.mailbox.send(*email_text(notifications, new, names))
        except NotSent as error:
            yield str(error)
            return
    if now != before:
        channels.table.mark_refused(now)
    _mark(channels.table, "mail", notifications)


def _notify_by_event(channels: Channels, judged: Sequence[Judged], run: Run) -> Iterator[str]:
    """Send one event for each period."""
    notifications = _due(channels.table, "event", judged, run)
    if not notifications:
        return
    try:
        channels.event_bus.put(SOURCE, DETAIL_TYPE, [period_event(one) for one in notifications])
    except NotSent as error:
        yield str(error)
        return
    _mark(channels.table, "event", notifications)


def _due(
    table: NotificationTable, channel: str, judged: Sequence[Judged], run: Run
) -> list[Notification]:
    notifications = []
    for one in judged:
        manifest = one.manifest
        period = manifest.billing_period
        before = table.last(period, channel)
        is_overdue = run.as_of >= run.close.overdue_from(period)
        reason = reason_to_notify(
            before,
            manifest.verdict,
            needing=needing(manifest),
            is_overdue=is_overdue,
            as_of=run.as_of,
        )
        if reason:
            day = run.close.close_day(period, run.as_of)
            notifications.append(
                Notification(
                    manifest, run.run_id, run.as_of, is_overdue, day, before, reason, one.sha256
                )
            )
    return notifications


def _mark(table: NotificationTable, channel: str, notifications: Sequence[Notification]) -> None:
    for notification in notifications:
        table.mark_notified(notification.manifest.billing_period, channel, notification.as_last())


def _not_read(outcomes: Sequence[PayerOutcome]) -> dict[str, str]:
    """Reasons why units and transfers could not be read, by payer account that could be read."""
    return {
        one.payer_account_id: " ".join(
            answer.not_read for answer in (one.units, one.transfers) if answer and answer.not_read
        )
        for one in outcomes
        if one.outcome == CHECKED
    }


def _payers(judged: Sequence[Judged]) -> Iterator[PayerState]:
    for one in judged:
        yield from one.manifest.payers
