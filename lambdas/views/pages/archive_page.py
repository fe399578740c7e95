"""The page of the whole archive: periods that need a person, the search, all billing periods."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close.open_items import OpenItem
from lambdas.domain.close.owners import Owners
from lambdas.domain.day_names import day_name, period_name
from lambdas.domain.evidence.archive_layout import PERIODS_PREFIX, period_page_key
from lambdas.domain.money_text import money
from lambdas.domain.payments.open_payments import OpenPayments
from lambdas.domain.verdict_words import PeriodVerdict
from lambdas.domain.words import counted, listed, lower_first, some_of
from lambdas.views.digest import PeriodDigest
from lambdas.views.pages.frame import (
    as_of,
    fact,
    how_to_check,
    page_of,
    section,
    tone,
    verdict_mark,
)
from lambdas.views.pages.html import Content, Html, element, name
from lambdas.views.pages.links import Links
from lambdas.views.pages.payments import PaymentsOverview
from lambdas.views.pages.period_table import year_table
from lambdas.views.pages.search import Search
from lambdas.views.pages.work_list import doer, work_of, work_table
from lambdas.views.wording import verdict_name

_Work = tuple[PeriodDigest, list[OpenItem]]
"""A period that needs work, and its open items."""


def archive_page(
    bucket: str,
    region: str,
    periods: Sequence[PeriodDigest],
    unread: Collection[BillingPeriod] = (),
    *,
    search: Search | None = None,
    owners: Owners | None = None,
    parents: Mapping[str, str] = MappingProxyType({}),
    payments: OpenPayments | None = None,
    day: date | None = None,
) -> bytes:
    """The view `index.html` at the root of a bucket; `periods` in any order.

    `unread` are periods with a folder whose status cannot be read. `parents` has the payer account
    that lists the invoices of an account outside the register. `payments` are those of all periods
    as of a `day`, if AWS Payments is asked.
    """
    links = Links(bucket, region, depth=0)
    newest_first = sorted(periods, key=lambda one: one.billing_period, reverse=True)
    verdict = _verdict(periods, unread)
    known = {*unread, *(one.billing_period for one in periods)}
    work = [
        (one, work_of(one, owners or Owners(()), parents))
        for one in newest_first
        if one.verdict == "ACTION_REQUIRED"
    ]
    overview = PaymentsOverview(payments, day, periods)
    return page_of(
        title=verdict_name(verdict),
        bucket=bucket,
        way=None,
        content=[
            _hero(
                verdict,
                newest_first,
                unread,
                _lead(newest_first, unread, work, overview.sentence(links)),
                overview,
            ),
            *(search or Search()).section(links, known),
            *_exceptions(links, work, unread),
            overview.section(links),
            *_years(links, newest_first, unread),
        ],
        footer=_footer(links, newest_first),
    )


def _verdict(periods: Sequence[PeriodDigest], unread: Collection[BillingPeriod]) -> PeriodVerdict:
    """The worst of all periods; without any, or with an unread one, the archive is not complete."""
    verdicts = {one.verdict for one in periods}
    if unread or not verdicts or "ACTION_REQUIRED" in verdicts:
        return "ACTION_REQUIRED"
    return "AWAITING" if "AWAITING" in verdicts else "COMPLETE"


def _hero(
    verdict: PeriodVerdict,
    periods: Sequence[PeriodDigest],
    unread: Collection[BillingPeriod],
    lead: Content,
    overview: PaymentsOverview,
) -> Html:
    complete = sum(one.verdict == "COMPLETE" for one in periods)
    expected = sum(one.expected for one in periods)
    newest = max((*unread, *(one.billing_period for one in periods)), default=None)
    return element(
        "section",
        element("p", "All billing periods", class_="eyebrow"),
        element(
            "div",
            element("h1", "Invoice Archive"),
            element("p", verdict_mark(verdict_name(verdict), verdict), class_="headline"),
            class_="title",
        ),
        element("p", lead, class_="lead"),
        as_of(max(one.generated_at for one in periods)) if periods else None,
        element(
            "dl",
            fact("Months complete", f"{complete:,}", f" of {len(periods) + len(unread):,}"),
            fact(
                "Invoices archived",
                f"{sum(one.archived for one in periods):,}",
                f" of {expected:,}",
            ),
            fact("Invoices outstanding", f"{sum(one.outstanding for one in periods):,}"),
            overview.fact() or fact("Newest month", period_name(newest) if newest else "None"),
            class_="figures",
        ),
        class_=f"hero {tone(verdict)}",
        aria_label="Status",
    )


def _lead(
    periods: Sequence[PeriodDigest],
    unread: Collection[BillingPeriod],
    work: Sequence[_Work],
    past_due: Content,
) -> Content:
    """The month that needs work, the action and its person; then the other months, and what is
    past due.
    """
    if not (periods or unread):
        return "No billing period has been evaluated yet."
    parts: list[Content] = [
        f"The status of {period_name(period)} cannot be read. "
        for period in sorted(unread, reverse=True)
    ]
    for one, items in work[:1]:
        parts.append(f"{period_name(one.billing_period)}: {_state(one)}. ")
        if items:
            parts += [*_person(items[0]), f": {lower_first(items[0].action)} "]
        if more := len(items) - 1:
            parts.append(f"{counted(more, 'more item')} {_is(more)} open. " if items else None)
    if others := [period_name(one.billing_period) for one, _ in work[1:]]:
        parts.append(f"Also open: {some_of(others)}. ")
    parts += [_in_progress(one) for one in periods if one.verdict == "AWAITING"]
    if not parts:
        return ["Every month is complete. ", past_due or "No action is needed."]
    return [parts, past_due]


def _person(item: OpenItem) -> Iterator[Content]:
    """The person who acts next, and the payer account."""
    yield doer(item)
    if item.who:
        own_name = "" if item.who.inherited_from else item.who.name
        yield [" (", name(own_name or item.who.account_id), ")"]


def _state(one: PeriodDigest) -> str:
    if one.outstanding:
        invoices = counted(one.expected, "invoice")
        return f"{one.outstanding:,} of {invoices} {_is(one.outstanding)} outstanding"
    if open_accounts := len(one.payers) - one.payers_complete:
        accounts = counted(len(one.payers), "payer account")
        return f"{open_accounts:,} of {accounts} {_is(open_accounts)} not complete"
    return "the archive itself needs attention"


def _in_progress(one: PeriodDigest) -> str:
    month = period_name(one.billing_period)
    if one.is_overdue:
        return f"The deadline of {month} has passed: the next daily run evaluates it. "
    until = f" until {day_name(one.last_day + timedelta(days=1))}" if one.last_day else ""
    return f"The close of {month} is in progress: no action{until}. "


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _exceptions(
    links: Links, work: Sequence[_Work], unread: Collection[BillingPeriod]
) -> Iterator[Html]:
    acting = {one.billing_period: _exception(links, one, items) for one, items in work}
    acting |= {period: _unread(period) for period in unread}
    if acting:
        yield section(
            "What needs attention",
            element("div", (acting[one] for one in sorted(acting, reverse=True)), class_="groups"),
            name="needs-attention",
        )


def _exception(links: Links, one: PeriodDigest, items: list[OpenItem]) -> Html:
    month = period_name(one.billing_period)
    return element(
        "article",
        element("h3", links.to(period_page_key(one.billing_period), month)),
        element("p", f"{_state(one)[:1].upper()}{_state(one)[1:]}.{_outstanding_totals(one)}"),
        work_table(f"Open items of {month}", items) if items else None,
        class_="group bad",
    )


def _outstanding_totals(one: PeriodDigest) -> str:
    """The amounts that AWS lists, outside the totals."""
    totals = [f"{code} {money(value, code)}" for code, value in one.outstanding_totals.items()]
    return (
        f" Outstanding: {listed(totals)} (as AWS lists it, outside the totals)." if totals else ""
    )


def _unread(period: BillingPeriod) -> Html:
    return element(
        "article",
        element("h3", period_name(period)),
        element("p", "Its folder exists, but its completeness.json is missing or unreadable."),
        element(
            "p",
            element("strong", "Next step"),
            f" Start a run of {period}. It writes the file again.",
            class_="next",
        ),
        class_="group bad",
    )


def _years(
    links: Links, periods: Sequence[PeriodDigest], unread: Collection[BillingPeriod]
) -> Iterator[Html]:
    """All months from the first to the newest, so that a missing one is noticed."""
    known = {*unread, *(one.billing_period for one in periods)}
    if not known:
        return
    first, month = min(known), max(known)
    of_year: dict[int, list[BillingPeriod]] = {}
    while month >= first:
        of_year.setdefault(month.year, []).append(month)
        month = month.shifted(-1)
    for year, months in of_year.items():
        yield section(
            str(year),
            year_table(f"Billing periods of {year}", links, months, periods, unread),
            name=f"year-{year}",
        )


def _footer(links: Links, periods: Sequence[PeriodDigest]) -> Iterator[Html]:
    yield how_to_check(links)
    sources = [
        links.to(one.manifest, one.manifest.removeprefix(PERIODS_PREFIX))
        for one in periods
        if one.manifest
    ]
    if sources:
        yield element(
            "details",
            element("summary", "Made from these manifests"),
            element("ul", (element("li", source) for source in sources)),
        )
