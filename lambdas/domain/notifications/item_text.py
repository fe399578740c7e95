"""Open items in words, for e-mail and chat."""

from collections.abc import Iterator, Mapping

from lambdas.domain.close.identities import Identity
from lambdas.domain.close.open_items import NOT_LISTED, OUTSTANDING, OpenItem, no_action_until
from lambdas.domain.close.owners import Owner
from lambdas.domain.day_names import day_name
from lambdas.domain.findings import KINDS
from lambdas.domain.json_text import read_instant
from lambdas.domain.notifications.month_text import amount_text
from lambdas.domain.notifications.reasons import OF_MONTH, Notification
from lambdas.domain.notifications.report import plain_id, plain_name
from lambdas.domain.words import counted

_RESOLVED = {OUTSTANDING: "invoice", NOT_LISTED: "the invoice that AWS had not listed"}
"""Kinds of gaps in words; the others are words already."""


def item_title(item: OpenItem) -> str:
    """`Acme (111122223333): invoice 2609293185`."""
    if item.who is None:
        return f"The month as a whole: {plain_id(item.subject)}"
    what = _what(item, item.who.account_id)
    return f"{_account(item.who)}: {what}" if what else _account(item.who)


def resolved_title(name: str, accounts: Mapping[str, str]) -> str:
    """The title of an item that is not open any more, from its noted name and the accounts' names.

    `Acme (111122223333): invoice 2609293185`.
    """
    account, _, gap = name.partition(" ")
    kind, _, subject = gap.partition(" ")
    what = _RESOLVED.get(kind, kind)
    if subject and subject != account:
        what = f"{what} {plain_id(subject)}"
    if account == OF_MONTH:
        return f"The month as a whole: {what}"
    of = plain_name(accounts.get(account, ""))
    return f"{of} ({account}): {what}" if of else f"{account}: {what}"


def item_lines(item: OpenItem, notification: Notification) -> Iterator[str]:
    """The lines on an open item below its title."""
    if facts := ", ".join(_facts(item)):
        yield facts
    if item.owner:
        yield f"Owner: {_owner(item.owner)}"
    yield f"Next ({_who_and_when(item, notification)}): {action(item, notification)}"
    yield f"Reason: {', '.join(dict.fromkeys(found.code for found in item.findings))}"


def action(item: OpenItem, notification: Notification) -> str:
    """The action, with the number of days that it is late, or with the one who acts later."""
    if until := item.no_action_until:
        later = KINDS[item.finding.code].actor
        return f"{no_action_until(until)} After that ({later}): {item.step}"
    if notification.is_overdue and item.has_deadline:
        return f"{counted(notification.days_late, 'day')} late. {item.step}"
    return item.step


def _who_and_when(item: OpenItem, notification: Notification) -> str:
    if item.waits or notification.is_overdue or not item.has_deadline:
        return item.actor
    return f"{item.actor}, by {day_name(notification.last_day)}"


def _owner(owner: Owner) -> str:
    """The name, or the address without one: the register has only addresses that SNS takes."""
    return owner.email if owner.name == owner.email else plain_name(owner.name)


def _what(item: OpenItem, account_id: str) -> str:
    if item.record:
        return f"{item.record.kind} {plain_id(item.record.invoice_id)}"
    if item.invoice_id and item.subject in (item.invoice_id, account_id):
        return f"invoice {plain_id(item.invoice_id)}"
    if item.invoice_id:
        return f"document {plain_id(item.subject)}"
    return "" if item.subject == account_id else plain_id(item.subject)


def _account(who: Identity) -> str:
    listed_under = f", listed under {who.inherited_from}" if who.inherited_from else ""
    name = plain_name(who.name)
    return f"{name} ({who.account_id}{listed_under})" if name else who.account_id + listed_under


def _facts(item: OpenItem) -> Iterator[str]:
    if item.record:
        seller = plain_name(item.record.seller)
        credit = " credit" if item.record.is_credit else ""
        yield (
            f"{amount_text(item.record.amount)}{credit} of {seller} (AWS Payments; AWS Invoicing "
            "does not list it)"
        )
    if item.amount:
        yield f"{amount_text(item.amount)} (listed by AWS, PDF outstanding)"
    if item.issued:
        yield f"issued {day_name(item.issued)}"
    if item.record and item.record.due_date:
        yield f"due {day_name(item.record.due_date)}"
    if item.since:
        yield f"outstanding since {day_name(read_instant(item.since).date())}"
