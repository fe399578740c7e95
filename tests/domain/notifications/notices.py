"""Notifications that tests vary."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close.open_items import open_items
from lambdas.domain.close.owners import Owners
from lambdas.domain.evidence.archived_invoice import OutstandingInvoice
from lambdas.domain.findings import Finding, finding
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.judgement.manifests import Manifest, OutstandingSince, PayerState
from lambdas.domain.notifications.reasons import LastNotification, Notification, Reason
from lambdas.domain.runs.payer_register import Payer
from lambdas.domain.verdict_words import PeriodVerdict
from tests.domain.examples import ACME, BOREAL, OCTOBER, archived, summary_row

NOON = datetime(2026, 11, 12, 12, tzinfo=UTC)
EARLY = datetime(2026, 11, 5, 6, tzinfo=UTC)
"""Before the deadline, 10 November."""
SHA = 64 * "b"
PAGE = (
    "https://console.aws.amazon.com/s3/object/example-archive?region=eu-west-1"
    "&prefix=periods/2026-10/index.html"
)
CEDAR = "999988887777"
OWNERS = Owners(
    [
        Payer(ACME, "Acme", owner="Dana Whitlock", owner_email="Dana@Example.com"),
        Payer(BOREAL, "Boreal", owner="Miriam Vogt", owner_email="miriam@example.com"),
    ]
)
MISSING = finding("USUAL_INVOICE_MISSING", "invoice of AWS", "Three periods have one.")
DENIED = finding("NO_ACCESS", CEDAR, "Denied.")


def last(
    verdict: PeriodVerdict = "ACTION_REQUIRED",
    *,
    is_overdue: bool = True,
    days_ago: float = 1,
    **more: Any,
) -> LastNotification:
    at = (NOON - timedelta(days=days_ago)).isoformat()
    return LastNotification(verdict, is_overdue, at, "run-1", **more)


def outstanding(
    invoice_id: str, total: str = "41.10", currency: str = "EUR", *codes: str, payer: str = BOREAL
) -> OutstandingInvoice:
    row = summary_row(
        invoice_id,
        AccountId=payer,
        PaymentCurrencyAmount={"TotalAmount": total, "CurrencyCode": currency},
    )
    found = tuple(
        finding(code, invoice_id, "AWS has none.") for code in codes or ("PDF_NOT_READY",)
    )
    return OutstandingInvoice(invoice_id, OCTOBER, payer, (payer,), InvoiceSummary(row), found)


def account(
    verdict: str = "COMPLETE",
    account_id: str = ACME,
    name: str = "Acme, Inc.",
    *,
    missing: Iterable[OutstandingInvoice] = (),
    findings: Iterable[Finding] = (),
    since: str = "2026-11-04T06:00:00Z",
    **more: Any,
) -> PayerState:
    """A payer account with one archived invoice, and those that are missing."""
    missing = tuple(missing)
    found = tuple(sorted({*findings, *(one for each in missing for one in each.findings)}))
    return PayerState(
        account_id,
        name,
        "Acme Ltd.",
        "CHECKED",
        verdict,  # type: ignore[arg-type]
        "run-2",
        "2026-11-12T12:00:00Z",
        more.pop("expected", 1 + len(missing)),
        more.pop("invoices", (archived("1" + account_id),)),
        missing,
        (),
        found,
        outstanding_since=tuple(OutstandingSince(one.invoice_id, since) for one in missing),
        **more,
    )


def notification(
    verdict: PeriodVerdict,
    *payers: PayerState,
    reason: Reason = "changed",
    before: LastNotification | None = None,
    as_of: datetime = NOON,
    period: BillingPeriod = OCTOBER,
    is_escalated: bool = False,
    **manifest: Any,
) -> Notification:
    """A notification of October, whose deadline was the 10th of November, or of another month."""
    last_day = date(2026, 11, 10)
    judged = Manifest(
        "example-archive",
        period,
        2,
        "a" * 64,
        "run-2",
        EARLY.isoformat(),
        verdict,
        manifest.pop("closed_at", None),
        payers,
        last_day=last_day.isoformat(),
        close_day="business day 9",
        **manifest,
    )
    items = open_items(judged, OWNERS, as_of).first(100)
    return Notification(
        manifest=judged.without_invoices(),
        run_id="run-2",
        as_of=as_of,
        is_overdue=as_of.date() > last_day,
        close_day="business day 9",
        before=before,
        reason=reason,
        manifest_sha256=None if judged.findings else SHA,
        open=items,
        last_day=last_day,
        page=PAGE.replace("2026-10", str(period)),
        is_escalated=is_escalated,
    )


def noted(one: Notification, days_ago: float = 7) -> LastNotification:
    """The note of a notification that was sent some days ago."""
    return replace(one.as_last(), at=(NOON - timedelta(days=days_ago)).isoformat())
