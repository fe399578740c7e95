"""The reasons to notify people and programs of a verdict: it changed since the last notification,
more payer accounts need a person, or it is overdue.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from lambdas.domain.json_form import ADDED_LATER, Form
from lambdas.domain.json_text import Instant, instant_text, read_instant
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.verdict_words import PeriodVerdict, needs_a_person

Reason = Literal["changed", "overdue", "reminder"]
REMINDED_AFTER = timedelta(days=7)


@dataclass(frozen=True)
class LastNotification(Form):
    """The last notification of a billing period through one channel."""

    verdict: PeriodVerdict
    is_overdue: bool
    at: Instant
    run_id: str
    needing: tuple[str, ...] | None = field(default=None, metadata=ADDED_LATER)
    """The payer accounts that needed a person; None: not noted."""


@dataclass(frozen=True)
class Notification:
    """A notification of one billing period, with its reason."""

    manifest: Manifest
    run_id: str
    as_of: datetime
    is_overdue: bool
    close_day: str
    """The day of the run, as `CloseCalendar.close_day` names it."""
    before: LastNotification | None
    reason: Reason
    manifest_sha256: str | None
    """SHA-256 of the manifest's file; None if the chain cannot be trusted."""

    @property
    def newly_needing(self) -> tuple[str, ...]:
        """The payer accounts that need a person and did not when this verdict was last notified."""
        is_same = self.before is not None and self.before.verdict == self.manifest.verdict
        return _newly(self.before, needing(self.manifest)) if is_same else ()

    def as_last(self) -> LastNotification:
        return LastNotification(
            self.manifest.verdict,
            self.is_overdue,
            instant_text(self.as_of),
            self.run_id,
            needing(self.manifest),
        )


def needing(manifest: Manifest) -> tuple[str, ...]:
    """The payer accounts that need a person, in their order."""
    return tuple(one.payer_account_id for one in manifest.payers if needs_a_person(one.verdict))


def reason_to_notify(
    before: LastNotification | None,
    verdict: PeriodVerdict,
    *,
    needing: Collection[str] = (),
    is_overdue: bool,
    as_of: datetime,
) -> Reason | None:
    """The reason to notify of the verdict now; None if there is none.

    A changed verdict is notified once, and so are further payer accounts that need a person. If a
    person is still needed, the notification repeats after the deadline and then weekly. A period
    that is newly awaited needs no notification.
    """
    if before is None:
        return None if verdict == "AWAITING" else "changed"
    if before.verdict != verdict:
        return "changed"
    if verdict != "ACTION_REQUIRED":
        return None
    if is_overdue and not before.is_overdue:
        return "overdue"
    if _newly(before, needing):
        return "changed"
    is_due = is_overdue and as_of - read_instant(before.at) >= REMINDED_AFTER
    return "reminder" if is_due else None


def _newly(before: LastNotification | None, needing: Collection[str]) -> tuple[str, ...]:
    if before is None or before.needing is None:
        return ()
    return tuple(one for one in needing if one not in before.needing)
