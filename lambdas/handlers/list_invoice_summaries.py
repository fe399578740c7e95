"""ListInvoiceSummaries: what should this payer account have? Every listing, all pages, united by
invoice id, written down.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.aws.archive import Archive
from lambdas.aws.clients import invoicing_client, s3_client
from lambdas.aws.invoicing import Invoicing
from lambdas.aws.payer_role import NoAccess, WrongAccount, assume_payer_role
from lambdas.domain.archive_layout import listing_key
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.findings import finding
from lambdas.domain.invoice_summary import InvoiceSummary
from lambdas.domain.listing_spans import issued_date_spans
from lambdas.domain.payer_run import (
    BY_BILLING_PERIOD,
    BY_ISSUED_DATE,
    CHECKED,
    NO_ACCESS,
    WRONG_ACCOUNT,
    Listing,
    PayerRun,
    union_by_invoice_id,
)
from lambdas.settings import FunctionSettings
from lambdas.telemetry import logger


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take one item of the run's list; return it with `more_to_fetch` and the number of invoices
    listed.

    A payer account that cannot be read is an outcome. Whatever else goes wrong is raised: then
    nothing is written, and the payer account has no outcome in this run.
    """
    settings = FunctionSettings.from_environment()
    run = PayerRun.from_data(event)
    archive = Archive(s3_client(), settings.archive_bucket, settings.retention.mode)
    try:
        credentials = assume_payer_role(run, settings.external_id)
        listing = list_invoices(Invoicing(invoicing_client(credentials)), run)
    except NoAccess as error:
        listing = Listing(run.payer_account_id, NO_ACCESS, str(error), run.billing_periods)
    except WrongAccount as error:
        listing = Listing(run.payer_account_id, WRONG_ACCOUNT, str(error), run.billing_periods)
    archive.put_run_file(listing_key(run.run_id, run.payer_account_id), listing.to_data())
    logger().info(
        "listed invoice summaries",
        extra={
            "run_id": run.run_id,
            "payer_account_id": run.payer_account_id,
            "outcome": listing.outcome,
            "invoices": len(listing.invoices),
        },
    )
    return {
        **run.to_data(),
        "invoices_listed": len(listing.invoices),
        "more_to_fetch": listing.outcome == CHECKED and not run.dry_run,
    }


def list_invoices(invoicing: Invoicing, run: PayerRun) -> Listing:
    """Ask by billing period and by issued date.

    Raises NoAccess and ServiceUnavailable; there is no partial listing.
    """
    rows: list[tuple[str, BillingPeriod | None, InvoiceSummary]] = []
    for period in run.billing_periods:
        rows += (
            (BY_BILLING_PERIOD, period, InvoiceSummary(row))
            for row in invoicing.summaries_of_period(run.payer_account_id, period)
        )
    for start, end in issued_date_spans(run.issued_from, run.issued_to):
        rows += (
            (BY_ISSUED_DATE, None, InvoiceSummary(row))
            for row in invoicing.summaries_issued(run.payer_account_id, start, end)
        )
    invoices, unusable = union_by_invoice_id(rows, run.payer_account_id)
    findings = tuple(
        finding(
            "INVOICE_WITHOUT_ID",
            run.payer_account_id,
            f"AWS lists an invoice without an id (row {summary.fingerprint()[:12]}).",
        )
        for summary in unusable
    )
    return Listing(
        run.payer_account_id, CHECKED, "", run.billing_periods, tuple(invoices), findings
    )
