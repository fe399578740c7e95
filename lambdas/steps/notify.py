"""Notifying people and programs of a run's verdicts, of each once through each channel."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lambdas.aws.notification_table import NotificationTable
from lambdas.aws.notifications import ChatRoom, EventBus, Mailbox, NotSent
from lambdas.domain.close.judged import Judged
from lambdas.domain.evidence.archive_layout import period_page_key
from lambdas.domain.evidence.console_link import console_link
from lambdas.domain.judgement.manifests import PayerState
from lambdas.domain.notifications.chat import chat_message
from lambdas.domain.notifications.email import email_text
from lambdas.domain.notifications.escalation import NO_ESCALATION, Escalation
from lambdas.domain.notifications.event import DETAIL_TYPE, SOURCE, period_event
from lambdas.domain.notifications.payments_line import payments_line
from lambdas.domain.notifications.readers import readers
from lambdas.domain.notifications.reasons import Notification, needing, reason_to_notify
from lambdas.domain.payments.open_payments import OpenPayments
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
    chat: ChatRoom | None
    """None: the deployment has none."""
    table: NotificationTable
    escalation: Escalation
    region: str
    """The region of the archive bucket, for links."""


def notify_people(
    channels: Channels, judged: Sequence[Judged], run: Run, payments: OpenPayments | None
) -> list[str]:
    """Send due notifications, and mark them afterwards: after a crash in between they are sent
    again.

    Returns the failures of channels, which are logged; their notifications stay due in the next
    run.
    """
    line = payments_line(payments, run.as_of)
    failures = [
        *_notify_by_mail(channels, judged, run, line),
        *_notify_by_event(channels, judged, run),
        *_notify_by_chat(channels, judged, run, line),
    ]
    for failure in failures:
        logger().error("notified nobody", extra={"run_id": run.run_id, "reason": failure})
    return failures


def _notify_by_mail(
    channels: Channels, judged: Sequence[Judged], run: Run, payments: str
) -> Iterator[str]:
    """Send all due notifications in one e-mail."""
    notifications = list(_due(channels, "mail", judged, run, escalation=channels.escalation))
    before = channels.table.refused()
    now = refused_by_now(before, _not_read(run.outcomes.without_invoices))
    new = newly_refused(before, now)
    if notifications or new:
        names = {one.payer_account_id: one.name for one in _payers(judged)}
        try:
            channels.mailbox.send(
                *email_text(notifications, new, names, payments),
                readers(notifications, channels.escalation),
            )
        except NotSent as error:
            yield str(error)
            return
    if now != before:
        channels.table.mark_refused(now)
    _mark(channels.table, "mail", notifications)


def _notify_by_event(channels: Channels, judged: Sequence[Judged], run: Run) -> Iterator[str]:
    """Send one event for each period."""
    notifications = list(_due(channels, "event", judged, run))
    if not notifications:
        return
    try:
        channels.event_bus.put(SOURCE, DETAIL_TYPE, [period_event(one) for one in notifications])
    except NotSent as error:
        yield str(error)
        return
    _mark(channels.table, "event", notifications)


def _notify_by_chat(
    channels: Channels, judged: Sequence[Judged], run: Run, payments: str
) -> Iterator[str]:
    """Send one message for each period, which the chat shows in the period's thread."""
    if channels.chat is None:
        return
    for notification in _due(channels, "chat", judged, run):
        try:
            channels.chat.send(chat_message(notification, payments))
        except NotSent as error:
            yield str(error)
            return
        _mark(channels.table, "chat", [notification])


def _due(
    channels: Channels,
    channel: str,
    judged: Sequence[Judged],
    run: Run,
    *,
    escalation: Escalation = NO_ESCALATION,
) -> Iterator[Notification]:
    for one in judged:
        manifest = one.manifest
        period = manifest.billing_period
        last_day = run.close.last_day(period)
        before = channels.table.last(period, channel)
        is_overdue = run.as_of >= run.close.overdue_from(period)
        is_escalated = manifest.verdict == "ACTION_REQUIRED" and escalation.is_due(
            last_day, run.as_of.date()
        )
        reason = reason_to_notify(
            before,
            manifest.verdict,
            needing=needing(manifest),
            is_overdue=is_overdue,
            is_escalated=is_escalated,
            as_of=run.as_of,
        )
        if reason:
            yield Notification(
                manifest=manifest,
                run_id=run.run_id,
                as_of=run.as_of,
                is_overdue=is_overdue,
                close_day=run.close.close_day(period, run.as_of),
                before=before,
                reason=reason,
                manifest_sha256=one.sha256,
                open=one.open,
                last_day=last_day,
                page=console_link(manifest.bucket, channels.region, period_page_key(period)),
                is_escalated=is_escalated,
            )


def _mark(table: NotificationTable, channel: str, notifications: Sequence[Notification]) -> None:
    for notification in notifications:
        table.mark_notified(notification.manifest.billing_period, channel, notification.as_last())


def _not_read(outcomes: Sequence[PayerOutcome]) -> dict[str, str]:
    """Reasons why other sources could not be read, by payer account that could be read."""
    return {
        one.payer_account_id: " ".join(
            answer.not_read
            for answer in (one.units, one.transfers, one.payments)
            if answer and answer.not_read
        )
        for one in outcomes
        if one.outcome == CHECKED
    }


def _payers(judged: Sequence[Judged]) -> Iterator[PayerState]:
    for one in judged:
        yield from one.manifest.payers
