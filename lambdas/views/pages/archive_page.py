"""The page of the whole archive: periods that need a person, then all billing periods."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.day_names import period_name
from lambdas.domain.evidence.archive_layout import PERIODS_PREFIX, period_page_key
from lambdas.domain.verdict_words import PeriodVerdict
from lambdas.domain.words import counted, listed
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
from lambdas.views.pages.html import Content, Html, element
from lambdas.views.pages.links import Links
from lambdas.views.pages.period_table import year_table
from lambdas.views.wording import code_name, verdict_name


def archive_page(
    bucket: str,
    region: str,
    periods: Sequence[PeriodDigest],
    unread: Collection[BillingPeriod] = (),
) -> bytes:
    """The view `index.html` at the root of a bucket; `periods` in any order.

    `unread` are periods with a folder whose verdict cannot be read.
    """
    links = Links(bucket, region, depth=0)
    newest_first = sorted(periods, key=lambda one: one.billing_period, reverse=True)
    verdict = _verdict(periods, unread)
    return page_of(
        title=verdict_name(verdict),
        bucket=bucket,
        way=None,
        content=[
            _hero(verdict, newest_first, unread),
            *_exceptions(links, newest_first, unread),
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
    verdict: PeriodVerdict, periods: Sequence[PeriodDigest], unread: Collection[BillingPeriod]
) -> Html:
    complete = sum(one.verdict == "COMPLETE" for one in periods)
    expected = sum(one.expected for one in periods)
    newest = max((*unread, *(one.billing_period for one in periods)), default=None)
    return element(
        "section",
        element("p", "All billing periods", class_="eyebrow"),
        element("h1", "Invoice Archive"),
        element("p", verdict_mark(verdict_name(verdict), verdict), class_="headline"),
        element("p", _sentence(periods, unread), class_="lead"),
        as_of(max(one.generated_at for one in periods)) if periods else None,
        element(
            "dl",
            fact("Periods complete", f"{complete:,}", f" of {len(periods) + len(unread):,}"),
            fact(
                "Invoices archived",
                f"{sum(one.archived for one in periods):,}",
                f" of {expected:,}",
            ),
            fact("Documents", f"{sum(one.documents for one in periods):,}"),
            fact("Newest period", period_name(newest) if newest else "None"),
            class_="figures",
        ),
        class_=f"hero {tone(verdict)}",
        aria_label="Verdict",
    )


def _sentence(periods: Sequence[PeriodDigest], unread: Collection[BillingPeriod]) -> str:
    if not (periods or unread):
        return "No billing period was judged yet."
    acting = len(unread) + sum(one.verdict == "ACTION_REQUIRED" for one in periods)
    waiting = [one for one in periods if one.verdict == "AWAITING"]
    parts = []
    if acting:
        needs = "needs" if acting == 1 else "need"
        parts.append(f"{counted(acting, 'billing period')} {needs} attention.")
    if waiting:
        names = listed(period_name(one.billing_period) for one in reversed(waiting))
        parts.append(f"{names}: the deadline is not over; nobody has to do anything yet.")
    return " ".join(parts) or "Every billing period is complete."


def _exceptions(
    links: Links, periods: Sequence[PeriodDigest], unread: Collection[BillingPeriod]
) -> Iterator[Html]:
    acting = {
        one.billing_period: _exception(links, one)
        for one in periods
        if one.verdict == "ACTION_REQUIRED"
    }
    acting |= {period: _unread(period) for period in unread}
    if acting:
        yield section(
            "What needs attention",
            element("div", (acting[one] for one in sorted(acting, reverse=True)), class_="groups"),
            name="needs-attention",
            note="Each period's page names the payer accounts.",
        )


def _exception(links: Links, one: PeriodDigest) -> Html:
    return _article(
        links.to(period_page_key(one.billing_period), period_name(one.billing_period)),
        f"{one.payers_complete:,} of {counted(len(one.payers), 'payer account')} complete, "
        f"{one.archived:,} of {counted(one.expected, 'invoice')} archived.",
        (
            (f"{count:,} \N{MULTIPLICATION SIGN} {code_name(code)}", one.next_steps[code])
            for code, count in one.blocking.items()
        ),
    )


def _unread(period: BillingPeriod) -> Html:
    return _article(
        period_name(period),
        "Its folder is there, and its verdict (completeness.json) is missing or is none.",
        [("Next step", f"start a run of {period}: it makes the verdict again.")],
    )


def _article(heading: Content, what: str, steps: Iterable[tuple[str, str]]) -> Html:
    return element(
        "article",
        element("h3", heading),
        element("p", what),
        [element("p", element("strong", why), " ", step, class_="next") for why, step in steps],
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
