"""Telling people and programs of what a run judged, each verdict once and through each channel."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from lambdas.aws.notifications import EventBus, Mailbox, NotTold
from lambdas.aws.told import ToldTable
from lambdas.domain.close_calendar import CloseCalendar
from lambdas.domain.letter import letter
from lambdas.domain.period_event import DETAIL_TYPE, SOURCE, period_event
from lambdas.domain.telling import Telling, needing, reason_to_tell
from lambdas.judge_period import Judged


@dataclass(frozen=True)
class Channels:
    """Where a run tells what it judged."""

    mailbox: Mailbox
    event_bus: EventBus
    table: ToldTable


def tell_people(
    channels: Channels,
    judged: Sequence[Judged],
    *,
    run_id: str,
    as_of: datetime,
    close: CloseCalendar,
) -> list[str]:
    """Tell what is due, and mark it as told after it was sent: a crash in between tells it again.

    Returns why a channel could not be used; what it was to tell is due in the next run.
    """
    senders: dict[str, Callable[[Sequence[Telling]], None]] = {
        "mail": lambda tellings: channels.mailbox.send(*letter(tellings)),
        "event": lambda tellings: channels.event_bus.put(
            SOURCE, DETAIL_TYPE, [period_event(telling) for telling in tellings]
        ),
    }
    failures = []
    for channel, send in senders.items():
        tellings = []
        for one in judged:
            manifest = one.manifest
            period = manifest.billing_period
            before = channels.table.told(period, channel)
            is_overdue = as_of >= close.overdue_from(period)
            reason = reason_to_tell(
                before,
                manifest.verdict,
                needing=needing(manifest),
                is_overdue=is_overdue,
                as_of=as_of,
            )
            if reason:
                day = close.close_day(period, as_of)
                tellings.append(
                    Telling(manifest, run_id, as_of, is_overdue, day, before, reason, one.sha256)
                )
        if not tellings:
            continue
        try:
            send(tellings)
        except NotTold as error:
            failures.append(str(error))
            continue
        for telling in tellings:
            channels.table.mark_told(telling.manifest.billing_period, channel, telling.as_told())
    return failures
