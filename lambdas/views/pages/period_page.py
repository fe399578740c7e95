"""The page of a billing period: its status with the next action, the open items, the totals, the
payer accounts with all documents, what came late or changed, and earlier periods.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from lambdas.domain.close.muted_remarks import NOTHING_MUTED, MutedRemarks
from lambdas.domain.close.owners import Owners
from lambdas.domain.day_names import day_name, instant_name, period_name
from lambdas.domain.evidence.archive_layout import (
    ARCHIVE_PAGE_KEY,
    completeness_key,
    file_name,
    invoices_csv_key,
    ledger_csv_key,
    ledger_workbook_key,
    period_page_key,
    sha256_sums_key,
)
from lambdas.domain.json_text import read_instant
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.views.digest import PeriodDigest
from lambdas.views.pages.frame import (
    NOTHING,
    as_of,
    cell,
    fact,
    how_to_check,
    page_of,
    section,
    table,
    tone,
    verdict_mark,
)
from lambdas.views.pages.html import Html, element
from lambdas.views.pages.period.context import PeriodContext
from lambdas.views.pages.period.differences import differences
from lambdas.views.pages.period.finding_groups import remarks
from lambdas.views.pages.period.lead import lead
from lambdas.views.pages.period.open_table import open_sections
from lambdas.views.pages.period.payer_list import payer_list
from lambdas.views.pages.period.payment_section import payment_section
from lambdas.views.pages.period.totals import totals
from lambdas.views.wording import verdict_name

_MOST_PERIODS = 12
"""Number of earlier periods shown; the archive's own page has all."""


def period_page(
    manifest: Manifest,
    periods: Sequence[PeriodDigest],
    *,
    region: str,
    owners: Owners,
    muted: MutedRemarks = NOTHING_MUTED,
    as_of: datetime | None = None,
    payments: PaymentStatus | None = None,
) -> bytes:
    """The view `index.html` of a period. `periods` are all of the archive, in any order; `region`
    is that of its bucket; `owners` are those of the run's register. The page leaves out what is
    `muted`, and says so. `as_of` is the run's instant, by which a deadline may have passed;
    `payments` is the payment status of the period, if AWS Payments is asked.
    """
    page = PeriodContext(
        manifest,
        periods,
        region=region,
        owners=owners,
        muted=muted,
        as_of=as_of,
        payments=payments,
    )
    return page_of(
        title=f"{period_name(page.period)}: {verdict_name(manifest.verdict)}",
        bucket=manifest.bucket,
        way=page.links.to(ARCHIVE_PAGE_KEY, "All billing periods"),
        content=[
            _status(page),
            *open_sections(page),
            totals(page),
            payment_section(page),
            payer_list(page),
            *differences(page),
            remarks(page),
            _history(page),
        ],
        footer=_footer(page),
    )


def _status(page: PeriodContext) -> Html:
    verdict, now = page.manifest.verdict, page.now
    return element(
        "section",
        element("p", f"Billing period {page.period}", class_="eyebrow"),
        element(
            "div",
            element("h1", period_name(page.period)),
            " ",
            element("p", verdict_mark(verdict_name(verdict), verdict), class_="headline"),
            class_="title",
        ),
        element("p", lead(page), class_="lead"),
        as_of(page.manifest.generated_at),
        element(
            "dl",
            fact("Payer accounts complete", f"{now.payers_complete:,}", f" of {len(now.payers):,}"),
            fact("Invoices archived", f"{now.archived:,}", f" of {now.expected:,}"),
            fact("Documents", f"{now.documents:,}"),
            _deadline(page),
            class_="figures",
        ),
        _files(page),
        class_=f"hero {tone(verdict)}",
        aria_label="Status",
    )


def _deadline(page: PeriodContext) -> Html:
    """The day on which the archive was closed; before, the deadline."""
    manifest = page.manifest
    if manifest.closed_at:
        return fact("Archive closed", day_name(read_instant(manifest.closed_at).date()))
    if not manifest.last_day:
        return fact("Deadline", NOTHING)
    last_day = date.fromisoformat(manifest.last_day)
    return fact("Deadline (passed)" if page.now.is_overdue else "Deadline", day_name(last_day))


def _files(page: PeriodContext) -> Html:
    files = [
        (ledger_workbook_key(page.period), "Ledger for Excel"),
        (ledger_csv_key(page.period), "Ledger as CSV"),
        (invoices_csv_key(page.period), "Invoices as CSV"),
        (completeness_key(page.period), "Status as data"),
        (sha256_sums_key(page.period), "SHA-256 sums"),
    ]
    if page.manifest.sequence:
        files.append((page.manifest.key, "Signed manifest"))
    items = (element("li", page.links.to(key, label)) for key, label in files)
    return element("ul", items, class_="files")


def _history(page: PeriodContext) -> Html | None:
    if not page.earlier:
        return None
    headings = ("Billing period", "Status", "Payer accounts|", "Invoices|", "Ledger")
    rows = [_period(page, one, headings) for one in page.earlier[:_MOST_PERIODS]]
    earlier = table("Earlier billing periods", headings, rows, class_="history")
    return section("Earlier periods", earlier, name="history")


def _period(page: PeriodContext, one: PeriodDigest, headings: Sequence[str]) -> Html:
    period, name = one.billing_period, period_name(one.billing_period)
    contents = (
        page.links.to(period_page_key(period), name),
        verdict_mark(verdict_name(one.verdict), one.verdict),
        f"{one.payers_complete:,} of {len(one.payers):,}",
        f"{one.archived:,} of {one.expected:,}",
        page.links.to(ledger_workbook_key(period), "Excel", what=f"ledger of {name}"),
    )
    return element(
        "tr",
        (
            cell(heading.rstrip("|"), content, number="|" in heading)
            for heading, content in zip(headings, contents, strict=True)
        ),
    )


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
