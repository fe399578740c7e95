"""The totals of a period's page: one per currency, what is outstanding, and counts of documents."""

from collections.abc import Iterator

from lambdas.domain.close.invoice_lines import document_counts
from lambdas.domain.day_names import month_name, period_name
from lambdas.domain.money_text import money, money_change
from lambdas.domain.words import counted
from lambdas.views.comparison import Total, total_changes
from lambdas.views.pages.frame import NOTHING, amount_mark, section
from lambdas.views.pages.html import Html, element, name
from lambdas.views.pages.period.context import PeriodContext
from lambdas.views.wording import NET_INVOICED


def totals(page: PeriodContext) -> Html:
    items = [_total(page, total) for total in total_changes(page.before, page.now)]
    return section(
        NET_INVOICED,
        element("dl", items, class_="totals") if items else element("p", "There are no amounts."),
        _outstanding(page),
        element("p", f"Archived: {document_counts(page.manifest)}.{_twice(page)}", class_="tally"),
        name="totals",
        note=" ".join(_notes(page)),
    )


def _total(page: PeriodContext, total: Total) -> Html:
    since = _since(page, total)
    amount = NOTHING if total.now is None else money(total.now, total.currency)
    return element(
        "div",
        element("dt", name(total.currency)),
        element("dd", amount),
        element("dd", since, class_="since") if since else None,
    )


def _since(page: PeriodContext, total: Total) -> str | None:
    """The difference from the month before, if there is one."""
    if total.is_provisional:
        return "provisional"
    if total.difference is None:
        return None
    month_before = month_name(page.period.shifted(-1))
    return f"{money_change(total.difference, total.currency)} since {month_before}"


def _outstanding(page: PeriodContext) -> Html | None:
    """The amounts that AWS lists and the archive does not have, per currency."""
    amounts = [
        [", " if number else "", amount_mark(one)] for number, one in enumerate(page.open.totals)
    ]
    if not amounts:
        return None
    unstated = page.open.without_amount
    more = f"; {counted(unstated, 'more invoice')} without a listed amount" if unstated else ""
    return element(
        "p",
        element("strong", "Outstanding: ", amounts),
        f" (as AWS lists it, outside the totals above{more})",
        class_="tally",
    )


def _twice(page: PeriodContext) -> str:
    """The remark on invoices that two payer accounts have."""
    ids = [one.invoice_id for one in page.manifest.invoices]
    more = len(ids) - len(set(ids))
    if not more:
        return ""
    return f" {counted(more, 'invoice')} archived under two payer accounts, counted once."


def _notes(page: PeriodContext) -> Iterator[str]:
    yield "Tax included. One total per currency; nothing is converted."
    yield "Tax copies and receipts repeat an invoice and are not added."
    before = page.before
    if before and not before.is_complete and not page.now.is_in_progress:
        yield (
            f"{period_name(before.billing_period)} is not complete: currencies that are "
            "provisional there are not compared."
        )
