"""The page of a billing period: the verdict, the next steps for people, the payer accounts with
all documents, the differences from the month before, and earlier periods.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from lambdas.domain.close.muted_remarks import NOTHING_MUTED, MutedRemarks
from lambdas.domain.day_names import day_name, instant_name, month_name, period_name
from lambdas.domain.evidence.archive_layout import (
    ARCHIVE_PAGE_KEY,
    completeness_key,
    file_name,
    ledger_csv_key,
    ledger_workbook_key,
    sha256_sums_key,
)
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.money_text import money, money_change
from lambdas.domain.words import counted
from lambdas.views.comparison import Total, total_changes
from lambdas.views.digest import PeriodDigest
from lambdas.views.pages.differences import differences
from lambdas.views.pages.finding_groups import exceptions, remarks
from lambdas.views.pages.frame import (
    NOTHING,
    as_of,
    fact,
    how_to_check,
    page_of,
    section,
    tone,
    verdict_mark,
)
from lambdas.views.pages.html import Html, element, name
from lambdas.views.pages.payer_list import payer_list
from lambdas.views.pages.period_context import PeriodContext
from lambdas.views.pages.period_table import TOTALS, period_table
from lambdas.views.provisional import provisional
from lambdas.views.wording import verdict_name

_MOST_PERIODS = 12
"""Number of earlier periods shown; the archive's own page has all."""


def period_page(
    manifest: Manifest,
    periods: Sequence[PeriodDigest],
    region: str,
    *,
    muted: MutedRemarks = NOTHING_MUTED,
) -> bytes:
    """The view `index.html` of a period. `periods` are all of the archive, in any order; `region`
    is that of its bucket. The page leaves out what is `muted`, and says so.
    """
    page = PeriodContext(manifest, periods, region, muted)
    return page_of(
        title=f"{period_name(page.period)}: {verdict_name(manifest.verdict)}",
        bucket=manifest.bucket,
        way=page.links.to(ARCHIVE_PAGE_KEY, "All billing periods"),
        content=[
            _verdict(page),
            *exceptions(page),
            _totals(page),
            payer_list(page),
            *differences(page),
            remarks(page),
            _history(page),
        ],
        footer=_footer(page),
    )


def _verdict(page: PeriodContext) -> Html:
    verdict, now, closed_at = page.manifest.verdict, page.now, page.manifest.closed_at
    return element(
        "section",
        element("p", f"Billing period {page.period}", class_="eyebrow"),
        element("h1", period_name(page.period)),
        element("p", verdict_mark(verdict_name(verdict), verdict), class_="headline"),
        element("p", _sentence(page), class_="lead"),
        as_of(page.manifest.generated_at),
        element(
            "dl",
            fact("Payer accounts complete", f"{now.payers_complete:,}", f" of {len(now.payers):,}"),
            fact("Invoices archived", f"{now.archived:,}", f" of {now.expected:,}"),
            fact("Documents", f"{now.documents:,}"),
            fact("Closed", day_name(read_instant(closed_at).date()))
            if closed_at
            else _deadline(page.manifest),
            class_="figures",
        ),
        _files(page),
        class_=f"hero {tone(verdict)}",
        aria_label="Verdict",
    )


def _sentence(page: PeriodContext) -> str:
    """The reason of the verdict."""
    manifest = page.manifest
    if manifest.verdict == "COMPLETE" and page.now.expected > page.now.archived:
        return (
            "Every payer account is complete. What is not archived was accepted, or is a receipt "
            "or a tax copy that AWS does not hand out; the remarks name it."
        )
    if manifest.verdict == "COMPLETE":
        return (
            "Every payer account is complete, and every expected invoice lies in the archive with "
            "all its documents."
        )
    open_verdicts = [p.verdict for p in manifest.payers if not p.is_complete]
    waiting = open_verdicts.count("AWAITING")
    acting = len(open_verdicts) - waiting
    parts = []
    if manifest.findings:
        parts.append("The archive itself needs a look before anything on this page counts.")
    if not manifest.payers:
        parts.append("No payer account was judged for this period.")
    if acting:
        needs = "needs" if acting == 1 else "need"
        parts.append(f"{counted(acting, 'payer account')} {needs} attention.")
    if waiting:
        waits = "waits" if waiting == 1 else "wait"
        parts.append(
            f"{counted(waiting, 'payer account')} {waits} for the deadline or for invoices that "
            "AWS has not issued yet; nobody has to do anything."
        )
    elif manifest.verdict == "AWAITING":
        parts.append("Everything expected so far is archived; the deadline is not over.")
    return " ".join(parts)


def _deadline(manifest: Manifest) -> Html:
    if not manifest.last_day:
        return fact("Deadline", NOTHING)
    last_day = date.fromisoformat(manifest.last_day)
    has_passed = read_instant(manifest.generated_at).date() > last_day
    return fact("Deadline (passed)" if has_passed else "Deadline", day_name(last_day))


def _files(page: PeriodContext) -> Html:
    files = [
        (ledger_workbook_key(page.period), "Ledger for Excel"),
        (ledger_csv_key(page.period), "Ledger as CSV"),
        (completeness_key(page.period), "Verdict as data"),
        (sha256_sums_key(page.period), "SHA-256 sums"),
    ]
    if page.manifest.sequence:
        files.append((page.manifest.key, "Signed manifest"))
    items = (element("li", page.links.to(key, label)) for key, label in files)
    return element("ul", items, class_="files")


def _totals(page: PeriodContext) -> Html:
    items = []
    for total in total_changes(page.before, page.now):
        since = _since(page, total)
        amount = NOTHING if total.now is None else money(total.now, total.currency)
        items.append(
            element(
                "div",
                element("dt", name(total.currency)),
                element("dd", amount),
                element("dd", since, class_="since") if since else None,
            )
        )
    return section(
        TOTALS,
        element("dl", items, class_="totals") if items else element("p", "There are no amounts."),
        name="totals",
        note=" ".join(_about_totals(page)),
    )


def _since(page: PeriodContext, total: Total) -> str | None:
    """The difference from the month before, if there is one."""
    if total.is_provisional:
        return "provisional"
    if total.difference is None:
        return None
    month_before = month_name(page.period.shifted(-1))
    return f"{money_change(total.difference, total.currency)} since {month_before}"


def _about_totals(page: PeriodContext) -> Iterator[str]:
    if not page.now.is_complete:
        yield f"{provisional(page.now).capitalize()}."
    elif page.before and not page.before.is_complete and not page.now.is_in_progress:
        month = period_name(page.before.billing_period)
        yield f"{month} is not complete, so nothing is compared with it here."
    yield "Per currency and never added across currencies."
    yield "Tax documents and receipts repeat an invoice and are not added."


def _history(page: PeriodContext) -> Html | None:
    if not page.earlier:
        return None
    table = period_table("Earlier billing periods", page.links, page.earlier[:_MOST_PERIODS])
    return section("Earlier periods", table, name="history")


def _footer(page: PeriodContext) -> Iterator[Html]:
    manifest = page.manifest
    source = Html("no manifest that can be read")
    if manifest.sequence:
        source = page.links.to(manifest.key, file_name(manifest.key))
    yield element(
        "p",
        "Made from ",
        source,
        f" of run {manifest.run_id}, as of {instant_name(manifest.generated_at)}.",
    )
    yield how_to_check(page.links)
