"""The e-mail on verdicts: what, how many, what to do, where to look."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from lambdas.domain.cut_text import within_bytes
from lambdas.domain.evidence.archive_layout import period_page_key
from lambdas.domain.findings import KINDS
from lambdas.domain.notifications.accepted import accepted_findings
from lambdas.domain.notifications.reasons import Notification
from lambdas.domain.notifications.report import (
    PERIOD_WORDS,
    count_by_code,
    payer_lines,
    plain_name,
)
from lambdas.domain.verdict_words import PeriodVerdict
from lambdas.domain.visible_text import shown
from lambdas.domain.words import counted

_MOST_PERIODS = 12
_MOST_NAMED = 25
_LONGEST_SUBJECT = 100
_MOST_BYTES = 250_000
"""SNS takes 262,144 in all."""
_CUT = "\n[Cut here: this is as much as a message holds. The page of each month has all of it.]\n"
_WORST_FIRST: Sequence[PeriodVerdict] = ("ACTION_REQUIRED", "AWAITING", "COMPLETE")


def email_text(
    notifications: Sequence[Notification],
    refused: Mapping[str, Sequence[str]] = MappingProxyType({}),
    names: Mapping[str, str] = MappingProxyType({}),
) -> tuple[str, str]:
    """Subject (at most 100 ASCII characters, SNS's limit) and text of one e-mail for all
    notifications of a run. The worst verdicts come first and the first one gives the subject; AWS's
    refusals by payer account follow. At least one of both is given.
    """
    refusals = list(_refusals(refused, names))
    if not notifications:
        accounts = counted(len(refused), "payer account")
        return f"Invoice archive: AWS refuses questions about {accounts}", _text([refusals])
    notifications = sorted(
        notifications, key=lambda notification: _WORST_FIRST.index(notification.manifest.verdict)
    )
    first = notifications[0]
    more = f" and {len(notifications) - 1} more" if len(notifications) > 1 else ""
    subject = f"Invoice archive {first.manifest.billing_period}: {_what(first)}{more}"
    worst = notifications[:_MOST_PERIODS]
    parts = [_period(notification) for notification in worst]
    if len(notifications) > len(worst):
        parts.append([f"And {len(notifications) - len(worst)} more billing periods."])
    return subject[:_LONGEST_SUBJECT], _text(
        [*parts, refusals, _where(worst), _latest_manifests(worst)]
    )


def _text(parts: Iterable[Sequence[str]]) -> str:
    text = "\n\n".join("\n".join(map(shown, part)) for part in parts if part) + "\n"
    return within_bytes(text, _MOST_BYTES, _CUT)


def _what(notification: Notification) -> str:
    words = PERIOD_WORDS[notification.manifest.verdict]
    more = notification.newly_needing
    changed = f"{words} for {counted(len(more), 'more payer account')}" if more else words
    return {"changed": changed, "overdue": f"overdue, {words}", "reminder": f"still {words}"}[
        notification.reason
    ]


def _period(notification: Notification) -> list[str]:
    manifest = notification.manifest
    before = notification.before
    since = ""
    if before and notification.reason == "changed" and before.verdict != manifest.verdict:
        since = f" (before: {PERIOD_WORDS[before.verdict]})"
    lines = [
        f"Billing period {manifest.billing_period}: {_what(notification)}{since}.",
        f"Payer accounts: {manifest.progress(notification.close_day)['text']}; the deadline "
        f"{'was' if notification.is_overdue else 'is'} {manifest.last_day}.",
    ]
    if rests_on := accepted_findings(manifest, notification.as_of):
        lines.append(f"With {rests_on}.")
    if manifest.verdict == "COMPLETE":
        return [*lines, "There is nothing to do."]
    if manifest.verdict == "AWAITING":
        return [*lines, "There is nothing to do: the next daily run asks again."]
    if more := notification.newly_needing:
        left_out = f" and {len(more) - _MOST_NAMED} more" if len(more) > _MOST_NAMED else ""
        lines.append(f"New since the last letter: {', '.join(more[:_MOST_NAMED])}{left_out}.")
    lines += ["", "What lacks:", *payer_lines(manifest.payers)]
    lines += (f"- the period itself: {found.code}" for found in manifest.findings)
    lines += ["", "What to do:"]
    lines += (f"- {code}: {KINDS[code].next_step}" for code in count_by_code(manifest.blocking))
    return lines


def _refusals(refused: Mapping[str, Sequence[str]], names: Mapping[str, str]) -> Iterator[str]:
    """The lines on refusals, which are notified once: invoices are archived and checked against
    fewer sources.
    """
    if not refused:
        return
    yield "AWS refuses to answer questions about these payer accounts:"
    for account_id in list(refused)[:_MOST_NAMED]:
        name = plain_name(names.get(account_id, ""))
        yield f"- {account_id} {name}: {' '.join(refused[account_id])}"
    if len(refused) > _MOST_NAMED:
        yield f"- and {len(refused) - _MOST_NAMED} more"
    yield "Their invoices are archived all the same, and checked against fewer sources."
    yield f"What to do: {KINDS['WITNESS_NOT_READ'].next_step}"
    yield (
        "This is said once. Until it is mended, the page of each month shows it as "
        "WITNESS_NOT_READ."
    )


def _where(notifications: Sequence[Notification]) -> list[str]:
    bucket = notifications[0].manifest.bucket
    keys = ", ".join(
        period_page_key(notification.manifest.billing_period) for notification in notifications
    )
    return [
        f"Where to look: {keys} in the archive bucket {bucket}.",
        "The runbook has a heading for each word in capitals.",
    ]


def _latest_manifests(notifications: Sequence[Notification]) -> list[str]:
    """The lines that keep the latest manifest of each period outside the archive."""
    lines = [
        f"- {one.manifest.billing_period}: manifest {one.manifest.sequence}, "
        f"SHA-256 {one.manifest_sha256}"
        for one in notifications
        if one.manifest_sha256
    ]
    return ["For the auditor, who compares it with the archive:", *lines] if lines else []
