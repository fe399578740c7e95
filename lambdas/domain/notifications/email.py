"""The e-mail of a run: the state of each month, its open items, where to look."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from lambdas.domain.cut_text import within_bytes
from lambdas.domain.day_names import day_name
from lambdas.domain.findings import KINDS
from lambdas.domain.json_text import read_instant
from lambdas.domain.notifications.item_text import item_lines, item_title, resolved_title
from lambdas.domain.notifications.month_text import headline, sentence, totals
from lambdas.domain.notifications.reasons import Notification, item_name
from lambdas.domain.notifications.report import plain_name
from lambdas.domain.verdict_words import PeriodVerdict
from lambdas.domain.visible_text import shown
from lambdas.domain.words import counted

_MOST_PERIODS = 12
_MOST_NAMED = 25
_LONGEST_SUBJECT = 100
_MOST_BYTES = 200_000
"""SNS takes 262,144 in all, with the addresses that its filters read."""
_CUT = "\n[Cut here: this is as much as a message holds. The page of each month has all of it.]\n"
_RUNBOOK = "Each reason has a heading in the runbook (docs/runbook.md)."
_WORST_FIRST: Sequence[PeriodVerdict] = ("ACTION_REQUIRED", "AWAITING", "COMPLETE")


def email_text(
    notifications: Sequence[Notification],
    refused: Mapping[str, Sequence[str]] = MappingProxyType({}),
    names: Mapping[str, str] = MappingProxyType({}),
    payments: str = "",
) -> tuple[str, str]:
    """Subject (at most 100 ASCII characters, SNS's limit) and text of one e-mail for all
    notifications of a run. The worst month comes first and gives the subject; AWS's refusals by
    payer account follow. At least one of both is given; `payments` is a line on payments.
    """
    refusals = list(_refusals(refused, names))
    if not notifications:
        accounts = counted(len(refused), "payer account")
        return f"AWS invoices: AWS refuses questions about {accounts}", _text([refusals])
    notifications = sorted(notifications, key=_badness)
    more = len(notifications) - 1
    others = f", and {counted(more, 'more month')}" if more else ""
    worst = notifications[:_MOST_PERIODS]
    parts = [part for one in worst for part in _month(one)]
    if len(notifications) > len(worst):
        parts.append([f"And {counted(len(notifications) - len(worst), 'more month')}."])
    return (headline(notifications[0]) + others)[:_LONGEST_SUBJECT], _text(
        [*parts, [payments] if payments else [], refusals, _latest_manifests(worst)]
    )


def _badness(one: Notification) -> tuple[int, bool]:
    return _WORST_FIRST.index(one.manifest.verdict), not one.is_overdue


def _text(parts: Iterable[Sequence[str]]) -> str:
    text = "\n\n".join("\n".join(map(shown, part)) for part in parts if part) + "\n"
    return within_bytes(text, _MOST_BYTES, _CUT)


def _month(one: Notification) -> Iterator[list[str]]:
    """The paragraphs on a month; one line alone if it is complete."""
    if one.manifest.verdict == "COMPLETE":
        yield [f"{sentence(one)} {one.page}"]
        return
    if one.manifest.verdict == "AWAITING":
        yield [sentence(one), *_accounts(one), _page(one)]
        return
    yield [sentence(one), *_accounts(one), *_escalation(one), *_changes(one)]
    new = one.changes.new if one.changes else ()
    for number, item in enumerate(one.open.items[:_MOST_NAMED], 1):
        mark = "New. " if item_name(item) in new else ""
        yield [
            f"{number}. {mark}{item_title(item)}",
            *(f"   {line}" for line in item_lines(item, one)),
        ]
    left_out = one.open.count - min(len(one.open.items), _MOST_NAMED)
    if left_out > 0:
        yield [f"{counted(left_out, 'more item')}: see the page of the month."]
    outstanding = [totals(one.open.totals)] if one.open.totals else []
    yield [*outstanding, _RUNBOOK, _page(one)]


def _page(one: Notification) -> str:
    return f"Page of the month: {one.page}"


def _accounts(one: Notification) -> Iterator[str]:
    if one.manifest.payers:
        yield f"Payer accounts: {one.manifest.progress(one.close_day)['text']}."


def _escalation(one: Notification) -> Iterator[str]:
    if one.is_escalated and not (one.before and one.before.is_escalated):
        yield "The month is escalated: its e-mails go to the escalation addresses too."


def _changes(one: Notification) -> Iterator[str]:
    """The comparison with the last notification, if both are known item by item."""
    changes = one.changes
    if one.before is None or changes is None:
        return
    last = f"the e-mail of {day_name(read_instant(one.before.at).date())}"
    if not changes.new and not changes.resolved:
        yield f"No item is new or resolved since {last}."
        return
    yield (
        f"Since {last}: {len(changes.new)} new, {len(changes.resolved)} resolved, "
        f"{changes.same} still open."
    )
    names = {payer.payer_account_id: payer.name for payer in one.manifest.payers}
    for resolved in changes.resolved[:_MOST_NAMED]:
        yield f"Resolved: {resolved_title(resolved, names)}"
    if len(changes.resolved) > _MOST_NAMED:
        yield f"Resolved: {len(changes.resolved) - _MOST_NAMED} more"


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
    yield f"Next: {KINDS['WITNESS_NOT_READ'].next_step}"
    yield (
        "This e-mail comes once. Until it is fixed, the page of each month shows it as "
        "WITNESS_NOT_READ."
    )


def _latest_manifests(notifications: Sequence[Notification]) -> list[str]:
    """The lines that keep the latest manifest of each period outside the archive."""
    lines = [
        f"- {one.manifest.billing_period}: manifest {one.manifest.sequence}, "
        f"SHA-256 {one.manifest_sha256}"
        for one in notifications
        if one.manifest_sha256
    ]
    return ["For the auditor, who compares it with the archive:", *lines] if lines else []
