"""The reasons to notify people and programs of a verdict: it changed since the last notification,
more payer accounts need a person, it is overdue, or it is escalated.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from lambdas.domain.close.open_items import OpenItem, OpenItems
from lambdas.domain.json_form import ADDED_LATER, OMITTED, Form
from lambdas.domain.json_text import Instant, instant_text, read_instant, sha256_hex
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.verdict_words import PeriodVerdict, needs_a_person

Reason = Literal["changed", "overdue", "escalated", "reminder"]
"""Events know all but `escalated`, which concerns e-mail alone."""
REMINDED_AFTER = timedelta(days=7)
OF_MONTH = "month"
"""The account in the name of an item that is of none."""
_MOST_ITEMS = 100
_LONGEST_SUBJECT = 80
"""Characters. The notes of all channels share an item of DynamoDB, which takes 409,600 bytes."""


@dataclass(frozen=True)
class LastNotification(Form):
    """The last notification of a billing period through one channel."""

    verdict: PeriodVerdict
    is_overdue: bool
    at: Instant
    run_id: str
    needing: tuple[str, ...] | None = field(default=None, metadata=ADDED_LATER)
    """The payer accounts that needed a person; None: not noted."""
    items: tuple[str, ...] | None = field(default=None, metadata=OMITTED)
    """The open items, as `item_name` names them; None: not noted, or too many."""
    readers: tuple[str, ...] = field(default=(), metadata=OMITTED)
    """The addresses of the owners with something to do."""
    is_escalated: bool = field(default=False, metadata=OMITTED)


@dataclass(frozen=True)
class Changes:
    """The open items of a notification compared with those of the one before."""

    new: frozenset[str]
    resolved: tuple[str, ...]
    same: int


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
    open: OpenItems
    last_day: date
    """The last day on which nothing of the period is overdue."""
    page: str
    """The link to the period's page in the console."""
    is_escalated: bool = False

    @property
    def days_late(self) -> int:
        """The number of days since the deadline; negative before it."""
        return (self.as_of.date() - self.last_day).days

    @property
    def changes(self) -> Changes | None:
        """The changes since the last notification of a period that was open; None: not known."""
        names = _item_names(self.open)
        before = self.before.items if self.before else None
        if not before or names is None:
            return None
        new = frozenset(names) - set(before)
        resolved = tuple(one for one in before if one not in names)
        return Changes(new, resolved, len(names) - len(new))

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
            _item_names(self.open),
            self.open.owner_emails,
            self.is_escalated,
        )


def item_name(item: OpenItem) -> str:
    """The payer account and the gap of an open item, by which it is found again."""
    kind, subject = item.gap
    if len(subject) > _LONGEST_SUBJECT:
        digest = sha256_hex(subject.encode(errors="surrogatepass"))
        subject = f"{subject[:_LONGEST_SUBJECT]}…{digest[:8]}"
    account = item.who.account_id if item.who else OF_MONTH
    return " ".join(filter(None, (account, kind, subject)))


def _item_names(items: OpenItems) -> tuple[str, ...] | None:
    """The names of all open items; None if there are too many to note."""
    if items.count > min(len(items.items), _MOST_ITEMS):
        return None
    return tuple(dict.fromkeys(map(item_name, items.items)))


def needing(manifest: Manifest) -> tuple[str, ...]:
    """The payer accounts that need a person, in their order."""
    return tuple(one.payer_account_id for one in manifest.payers if needs_a_person(one.verdict))


def reason_to_notify(
    before: LastNotification | None,
    verdict: PeriodVerdict,
    *,
    needing: Collection[str] = (),
    is_overdue: bool,
    is_escalated: bool = False,
    as_of: datetime,
) -> Reason | None:
    """The reason to notify of the verdict now; None if there is none.

    A changed verdict is notified once, and so are further payer accounts that need a person. If a
    person is still needed, the notification repeats after the deadline, when it is escalated, and
    then weekly. A period that is newly awaited needs no notification.
    """
    if before is None:
        return None if verdict == "AWAITING" else "changed"
    if before.verdict != verdict:
        return "changed"
    if verdict != "ACTION_REQUIRED":
        return None
    is_due = is_overdue and as_of - read_instant(before.at) >= REMINDED_AFTER
    reasons: Mapping[Reason, bool] = {
        "overdue": is_overdue and not before.is_overdue,
        "changed": bool(_newly(before, needing)),
        "escalated": is_escalated and not before.is_escalated,
        "reminder": is_due,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _newly(before: LastNotification | None, needing: Collection[str]) -> tuple[str, ...]:
    if before is None or before.needing is None:
        return ()
    return tuple(one for one in needing if one not in before.needing)
