"""The open items of other periods, as far as their `completeness.json` knows them."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from lambdas.domain.close.identities import Identity
from lambdas.domain.close.open_items import OpenItem, item_of_period, items_of
from lambdas.domain.close.owners import Owners
from lambdas.domain.day_names import day_name
from lambdas.domain.words import counted
from lambdas.views.digest import PeriodDigest
from lambdas.views.pages.frame import NOTHING, cell, table
from lambdas.views.pages.html import Content, Html, element, join, name
from lambdas.views.wording import code_name

_MOST = 10
"""Items shown of a period; the period's page has all."""
_HEADINGS = ("Owner", "Payer account", "Issue", "What to do")


def work_of(
    period: PeriodDigest, owners: Owners, parents: Mapping[str, str] = MappingProxyType({})
) -> list[OpenItem]:
    """The open items of a period, those for a person first. `parents` has the payer account that
    lists the invoices of an account outside the register.
    """
    items = [
        item_of_period(found, period.last_day, is_overdue=period.is_overdue)
        for found in period.blocking
    ]
    names = {payer.payer_account_id: payer.name for payer in period.payers}
    for payer in sorted(period.payers, key=lambda one: (one.name.casefold(), one.payer_account_id)):
        account_id = payer.payer_account_id
        parent = "" if payer.name else parents.get(account_id, "")
        name_of = payer.name or names.get(parent, "")
        who = Identity(account_id, name_of, "", owners.of(account_id, parent), parent)
        items += items_of(who, payer.blocking, period.last_day, is_overdue=period.is_overdue)
    return sorted(items, key=lambda one: one.waits)


def work_table(caption: str, items: list[OpenItem]) -> Iterator[Html]:
    """The first items as a table, and the number of the others."""
    yield table(caption, _HEADINGS, map(_row, items[:_MOST]), class_="work")
    if (more := len(items) - _MOST) > 0:
        yield element("p", f"{counted(more, 'more item')} on the month's page.", class_="note")


def doer(item: OpenItem) -> Content:
    """The name of the person or party that acts next."""
    owner = name(item.owner.name) if item.owner else None
    if item.actor != "cloud admin":
        return owner or "Finance"
    return ["Cloud admin, for ", owner] if owner else "Cloud admin"


def _row(item: OpenItem) -> Html:
    who = item.who
    subject = "" if who and item.subject == who.account_id else item.subject
    return element(
        "tr",
        cell("Owner", doer(item)),
        cell("Payer account", _payer(who) if who else NOTHING),
        cell(
            "Issue",
            element("strong", code_name(item.finding.code)),
            " ",
            element("span", name(subject), class_="kind") if subject else None,
        ),
        cell("What to do", item.action, _deadline(item)),
    )


def _deadline(item: OpenItem) -> Content:
    if not (item.is_late and item.last_day):
        return None
    return [" Deadline: ", day_name(item.last_day), "."]


def _payer(who: Identity) -> Html:
    listed = "Listed under " if who.inherited_from else ""
    account = element("span", who.account_id, class_="id")
    return join(listed, name(who.name), " " if who.name else "", account)
