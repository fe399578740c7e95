"""The open items on a period's page: who does what, until which day, and for how much."""

from collections.abc import Iterator, Sequence

from lambdas.domain.close.open_items import OpenItem
from lambdas.domain.day_names import day_name
from lambdas.domain.findings import NOT_FETCHED_YET
from lambdas.domain.json_text import read_instant
from lambdas.domain.words import listed
from lambdas.views.pages.frame import NOTHING, amount_mark, cell, day_mark, first_and_more, section
from lambdas.views.pages.html import Content, Html, element, name
from lambdas.views.pages.period.context import PeriodContext
from lambdas.views.wording import code_name

_MOST_SHOWN = 20
"""Open items shown at once; the rest is folded."""
_HEADINGS = (
    "Payer account", "Owner", "Invoice", "Issued", "Outstanding since", "Amount|", "What to do",
)  # fmt: skip


def open_sections(page: PeriodContext) -> Iterator[Html]:
    """The open items for a person, then those that wait for AWS."""
    items = page.open.items
    if acting := [one for one in items if not one.waits]:
        yield _section(page, "Action required", acting, "bad")
    if waiting := [one for one in items if one.waits]:
        yield _section(page, "Waiting for AWS", waiting, "wait")


def _section(page: PeriodContext, heading: str, items: Sequence[OpenItem], tone: str) -> Html:
    rows = [_row(page, one) for one in items]
    shown = first_and_more(
        heading, _HEADINGS, rows, most=_MOST_SHOWN, noun="more item", class_=f"open-items {tone}"
    )
    return section(heading, shown, name=heading.lower().replace(" ", "-"))


def _row(page: PeriodContext, item: OpenItem) -> Html:
    since = read_instant(item.since).date() if item.since else None
    return element(
        "tr",
        cell("Payer account", _account(page, item)),
        cell("Owner", _owner(item)),
        cell("Invoice", _subject(page, item)),
        cell("Issued", day_mark(item.issued) if item.issued else NOTHING),
        cell("Outstanding since", day_mark(since) if since else NOTHING),
        cell("Amount", _amount(item), number=True),
        cell("What to do", _step(item), _details(item)),
    )


def _account(page: PeriodContext, item: OpenItem) -> Content:
    if item.who is None:
        return "The whole period"
    given = "" if item.who.inherited_from else item.who.name
    return page.account(item.who.account_id, given)


def _owner(item: OpenItem) -> Content:
    """The owner, and the party that acts: the owner acts for finance."""
    acts = "acts for finance" if item.actor == "finance" else f"{item.actor} acts"
    party = element("span", acts, class_="kind")
    return [name(item.owner.name), " ", party] if item.owner else party


def _subject(page: PeriodContext, item: OpenItem) -> Content:
    """The invoice and, if another document of it is missing, this document; else what is wrong."""
    if item.record:
        kind = element("span", f"{item.record.kind}, not listed by AWS Invoicing", class_="kind")
        return [name(item.record.invoice_id), " ", kind]
    if not item.invoice_id:
        account = item.who.account_id if item.who else ""
        subjects = dict.fromkeys(one.subject for one in item.findings if one.subject != account)
        about = [[" ", element("span", page.subject(one), class_="kind")] for one in subjects]
        return [code_name(item.finding.code), about]
    if item.subject == item.invoice_id:
        return page.subject(item.subject)
    other = element("span", page.subject(item.subject), class_="kind")
    return [name(item.invoice_id), " ", other]


def _amount(item: OpenItem) -> Content:
    if item.record:
        due = f", due {day_name(item.record.due_date)}" if item.record.due_date else ""
        credit = "credit " if item.record.is_credit else ""
        source = element("span", f"{credit}by AWS Payments{due}", class_="kind")
        return [amount_mark(item.record.amount), " ", source]
    if item.amount is None:
        if item.is_archived or item.is_elsewhere:
            return element("span", "in the totals", class_="kind")
        return NOTHING
    is_listed = any(one.code in NOT_FETCHED_YET for one in item.findings)
    outstanding = "PDF outstanding" if is_listed else "not archived"
    return [
        amount_mark(item.amount),
        " ",
        element("span", f"listed by AWS, {outstanding}", class_="kind"),
    ]


def _step(item: OpenItem) -> Content:
    """The action. If it is overdue, the deadline follows."""
    action = element("strong", item.action) if not item.waits else item.action
    if not (item.is_late and item.last_day):
        return action
    return [action, " Deadline: ", day_mark(item.last_day, is_deadline=True)]


def _details(item: OpenItem) -> Html:
    """The findings behind the item, that which has to be resolved first at the top, folded."""
    findings = (*([item.obstacle] if item.obstacle else []), *item.findings)
    codes = listed(dict.fromkeys(one.code for one in findings))
    return element(
        "details",
        element("summary", "Details"),
        [
            element("p", f"{code_name(one.code)}: {one.detail}", data_code=one.code)
            for one in findings
        ],
        element("p", "In the runbook: ", element("code", codes)),
        class_="details",
    )
