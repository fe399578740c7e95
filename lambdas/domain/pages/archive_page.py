"""The page of the whole archive: what needs somebody, then every billing period."""

from collections.abc import Iterator, Sequence

from lambdas.domain.archive_layout import PERIODS_PREFIX, period_page_key
from lambdas.domain.pages.frame import fact, how_to_check, page_of, section, tone, verdict_mark
from lambdas.domain.pages.html import Html, element
from lambdas.domain.pages.links import Links
from lambdas.domain.pages.period_table import period_table
from lambdas.domain.period_digest import PeriodDigest
from lambdas.domain.plain_words import code_name, counted, listed, period_name, verdict_name
from lambdas.domain.verdicts import PeriodVerdict


def archive_page(bucket: str, periods: Sequence[PeriodDigest]) -> bytes:
    """The view `index.html` at the bucket's root; `periods` in any order."""
    links = Links(bucket, depth=0)
    newest_first = sorted(periods, key=lambda one: one.billing_period, reverse=True)
    verdict = _verdict(periods)
    return page_of(
        title=verdict_name(verdict),
        bucket=bucket,
        way=None,
        content=[
            _hero(verdict, newest_first),
            *_exceptions(links, newest_first),
            *_years(links, newest_first),
        ],
        footer=_footer(links, newest_first),
    )


def _verdict(periods: Sequence[PeriodDigest]) -> PeriodVerdict:
    """The worst of all periods; without any, nothing is complete."""
    verdicts = {one.verdict for one in periods}
    if not verdicts or "ACTION_REQUIRED" in verdicts:
        return "ACTION_REQUIRED"
    return "AWAITING" if "AWAITING" in verdicts else "COMPLETE"


def _hero(verdict: PeriodVerdict, periods: Sequence[PeriodDigest]) -> Html:
    complete = sum(one.verdict == "COMPLETE" for one in periods)
    return element(
        "section",
        element("p", "All billing periods", class_="eyebrow"),
        element("h1", "Invoice Archive"),
        element("p", verdict_mark(verdict_name(verdict), verdict), class_="headline"),
        element("p", _sentence(periods), class_="lead"),
        element(
            "dl",
            fact("Periods complete", f"{complete:,}", f" of {len(periods):,}"),
            fact("Invoices archived", f"{sum(one.archived for one in periods):,}"),
            fact("Documents", f"{sum(one.documents for one in periods):,}"),
            fact("Newest period", period_name(periods[0].billing_period) if periods else "None"),
            class_="figures",
        ),
        class_=f"hero {tone(verdict)}",
        aria_label="Verdict",
    )


def _sentence(periods: Sequence[PeriodDigest]) -> str:
    if not periods:
        return "No billing period was judged yet."
    acting = sum(one.verdict == "ACTION_REQUIRED" for one in periods)
    waiting = [one for one in periods if one.verdict == "AWAITING"]
    parts = []
    if acting:
        needs = "needs" if acting == 1 else "need"
        parts.append(f"{counted(acting, 'billing period')} {needs} attention.")
    if waiting:
        names = listed(period_name(one.billing_period) for one in reversed(waiting))
        parts.append(f"{names}: the deadline is not over; nobody has to do anything yet.")
    return " ".join(parts) or "Every billing period is complete."


def _exceptions(links: Links, periods: Sequence[PeriodDigest]) -> Iterator[Html]:
    acting = [one for one in periods if one.verdict == "ACTION_REQUIRED"]
    if acting:
        yield section(
            "What needs attention",
            element("div", (_exception(links, one) for one in acting), class_="groups"),
            name="needs-attention",
            note="Each period's page names the payer accounts and the next steps.",
        )


def _exception(links: Links, one: PeriodDigest) -> Html:
    why = ", ".join(
        f"{count:,} \N{MULTIPLICATION SIGN} {code_name(code)}"
        for code, count in one.blocking.items()
    )
    return element(
        "article",
        element(
            "h3", links.to(period_page_key(one.billing_period), period_name(one.billing_period))
        ),
        element(
            "p",
            f"{one.settled:,} of {counted(len(one.payers), 'payer account')} settled, "
            f"{one.archived:,} of {counted(one.expected, 'invoice')} archived."
            + (f" What lacks: {why}." if why else ""),
        ),
        class_="group bad",
    )


def _years(links: Links, periods: Sequence[PeriodDigest]) -> Iterator[Html]:
    for year in sorted({one.billing_period.year for one in periods}, reverse=True):
        of_year = [one for one in periods if one.billing_period.year == year]
        yield section(
            str(year),
            period_table(f"Billing periods of {year}", links, of_year),
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
