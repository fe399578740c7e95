"""The first sentences of a period's page: what is wrong, and who does what next."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from lambdas.domain.close.identities import Identity
from lambdas.domain.close.invoice_lines import document_counts
from lambdas.domain.close.open_items import OpenItem, no_action_until
from lambdas.domain.cut_text import short
from lambdas.domain.day_names import day_name, period_name
from lambdas.domain.money import Amount
from lambdas.domain.verdict_words import needs_a_person
from lambdas.domain.words import counted, listed, lower_first, some_of
from lambdas.views.pages.frame import amount_mark
from lambdas.views.pages.html import Content, name
from lambdas.views.pages.period.context import PeriodContext
from lambdas.views.wording import PAYER_VERDICTS, code_name

_MOST_AMOUNTS = 3
_LONGEST_NAME = 80


def lead(page: PeriodContext) -> Content:
    """The lead, a sentence after the other."""
    return [[sentence, " "] for sentence in _sentences(page)]


def _sentences(page: PeriodContext) -> Iterator[Content]:
    manifest = page.manifest
    due = [one for one in page.open.items if not one.waits]
    if manifest.verdict == "COMPLETE":
        yield _complete(page)
        return
    if any(one.who is None for one in due):
        yield "The archive itself is damaged. Nothing else on this page counts until that is fixed."
    elif not manifest.payers:
        yield "No payer account was checked for this month. Start a run."
    if page.now.is_in_progress and _month_is_over(page) is False:
        yield f"{period_name(page.period)} is in progress."
    if page.open.invoices:
        yield _outstanding(page)
    if gaps := [one for one in page.open.items if one.who and not one.is_outstanding_invoice]:
        yield _gaps(gaps)
    if due:
        yield from _first_step(due)
    elif manifest.verdict == "ACTION_REQUIRED":
        yield from _needing(page)
    else:
        yield from _waiting(page)


def _month_is_over(page: PeriodContext) -> bool:
    return page.now.today >= page.period.first_day_after


def _complete(page: PeriodContext) -> str:
    now = page.now
    if now.expected > now.archived:
        return (
            f"Archived: {now.archived:,} of {counted(now.expected, 'invoice')}. The rest are "
            "accepted gaps, or documents that AWS does not provide: see the remarks below."
        )
    if not now.archived:
        return "The month has no invoices."
    return f"Everything is archived: {document_counts(page.manifest)}."


def _outstanding(page: PeriodContext) -> Content:
    """`1 of 143 invoices is outstanding: JPY 3,303,781 of Minato Seimitsu.`"""
    is_one = page.open.invoices == 1
    text = (
        f"{page.open.invoices:,} of {counted(page.open.expected, 'invoice')} "
        f"{'is' if is_one else 'are'} outstanding"
    )
    items = [one for one in page.open.items if one.is_outstanding_invoice]
    stated = [one for one in items if one.amount] or items
    whose = _names(one.who for one in stated if one.who)
    amounts = list(_amounts(page.open.totals))
    if not amounts:
        return [text, [" (", whose, ")"] if whose else "", "."]
    unstated = page.open.without_amount
    more = f", and {unstated:,} without a listed amount" if unstated else ""
    return [text, ": ", amounts, " of ", whose, more, "."]


def _amounts(totals: Sequence[Amount]) -> Iterator[Content]:
    """The first amounts, each on one line, and the number of other currencies."""
    for number, one in enumerate(totals[:_MOST_AMOUNTS]):
        yield [", " if number else "", amount_mark(one)]
    if (more := len(totals) - _MOST_AMOUNTS) > 0:
        yield f" and {more} more currenc{'y' if more == 1 else 'ies'}"


def _names(accounts: Iterable[Identity]) -> Content:
    """The names of one or two payer accounts, or their number."""
    once = {one.account_id: one for one in accounts}
    if len(once) > 2:
        return counted(len(once), "payer account")
    names = [_name(one) for one in once.values()]
    return [names[0], [[" and ", one] for one in names[1:]]] if names else None


def _name(who: Identity) -> Content:
    if who.name and not who.inherited_from:
        return name(short(who.name, _LONGEST_NAME))
    return who.account_id


def _gaps(gaps: Sequence[OpenItem]) -> Content:
    """The gaps beside outstanding invoices, by their kind and payer account."""
    codes = list(dict.fromkeys(code_name(one.finding.code) for one in gaps))
    accounts = _names(one.who for one in gaps if one.who)
    what = some_of(codes) if len(codes) > 3 else listed(codes)
    return [accounts, f": {what[:1].lower() + what[1:] if what[1:2].islower() else what}."]


def _first_step(due: Sequence[OpenItem]) -> Iterator[Content]:
    """The step for the archive itself, else that which most open items need, with those who take
    it, and the number of others.
    """
    actors: dict[str, list[str]] = {}
    for one in due:
        actors.setdefault(one.step, []).append(one.doer)
    most = max(actors, key=lambda one: len(actors[one]))
    step = most if due[0].who else due[0].step
    yield [_people(list(dict.fromkeys(actors[step]))), f": {lower_first(step)}"]
    if len(actors) > 1:
        others = len(actors) - 1
        yield f"{counted(others, 'more step')} {'is' if others == 1 else 'are'} listed below."


def _people(names: Sequence[str]) -> Content:
    """`Dana Whitlock`, `Dana Whitlock and Luis Ortega`, `Dana Whitlock and 6 more`."""
    first, *others = (name(short(one, _LONGEST_NAME)) for one in names)
    if not others:
        return first
    return [first, " and ", others[0] if len(others) == 1 else f"{len(others):,} more"]


def _needing(page: PeriodContext) -> Iterator[Content]:
    """The payer accounts that need a person, if no finding says why."""
    needing = [payer for payer in page.manifest.payers if needs_a_person(payer.verdict)]
    if len(needing) > 1:
        yield f"{counted(len(needing), 'payer account')} need attention: see the list below."
        return
    for payer in needing:
        meaning = PAYER_VERDICTS[payer.verdict][1]
        yield [_name(page.identity(payer.payer_account_id)), f": {meaning}"]


def _waiting(page: PeriodContext) -> Iterator[str]:
    if page.open.items:
        last_day = page.open.items[0].last_day
        if last_day:
            yield no_action_until(last_day + timedelta(days=1))
        else:
            yield "No action; we retry daily."
        return
    archived = page.now.archived
    if archived:
        all_of, are = ("The", "is") if archived == 1 else ("All", "are")
        yield f"{all_of} {counted(archived, 'invoice')} that AWS lists {are} archived."
    if page.now.is_overdue:
        yield "The deadline has passed: the next daily run evaluates this month."
    elif page.manifest.last_day:
        last = day_name(date.fromisoformat(page.manifest.last_day))
        yield f"AWS may list more until the deadline, {last}; no action until then."
    else:
        yield "AWS may list more; no action yet."
