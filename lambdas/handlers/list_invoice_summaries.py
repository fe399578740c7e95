"""ListInvoiceSummaries: what should this payer account have? Every listing, all pages, united by
invoice id, written down, with what invoice units and billing transfers say.
"""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.aws.archive import Archive
from lambdas.aws.clients import invoicing_client, organizations_client, s3_client
from lambdas.aws.invoicing import Invoicing
from lambdas.aws.payer_role import NoAccess, PayerRole, WrongAccount
from lambdas.aws.responsibility_transfers import ResponsibilityTransfers
from lambdas.aws.witness import WitnessNotRead, witness
from lambdas.domain.archive_layout import listing_key
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.invoice_summary import InvoiceSummary
from lambdas.domain.json_text import instant_text
from lambdas.domain.listing_spans import issued_date_spans
from lambdas.domain.payer_run import (
    BY_BILLING_PERIOD,
    BY_ISSUED_DATE,
    CHECKED,
    NO_ACCESS,
    OF_RECEIVER_BY_BILLING_PERIOD,
    OF_RECEIVER_BY_ISSUED_DATE,
    WRONG_ACCOUNT,
    Listing,
    PayerRun,
    union_by_invoice_id,
)
from lambdas.domain.witnesses import InvoiceUnits
from lambdas.settings import FunctionSettings
from lambdas.telemetry import logger

OF_RECEIVER = (OF_RECEIVER_BY_BILLING_PERIOD, OF_RECEIVER_BY_ISSUED_DATE)
Row = tuple[str, BillingPeriod | None, InvoiceSummary]
"""A row with the listing that showed it, and the period asked for if it was one by period."""


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take one item of the run's list; return it with `more_to_fetch` and the number of invoices
    listed.

    A payer account that cannot be read is an outcome. Whatever else goes wrong is raised: then
    nothing is written, and the payer account has no outcome in this run.
    """
    settings = FunctionSettings.from_environment()
    run = PayerRun.from_data(event)
    archive = Archive(s3_client(), settings.archive_bucket, settings.retention.mode)
    role = PayerRole(run, settings.external_id)
    try:
        listing = list_invoices(
            Invoicing(
                invoicing_client(role.credentials()), lambda: invoicing_client(role.renewed())
            ),
            run,
            asks_units=settings.witnesses.invoice_units,
        )
        if settings.witnesses.billing_transfers:
            organizations = ResponsibilityTransfers(organizations_client(role.credentials()))
            transfers = organizations.transfers(run.run_id, run.as_of)
            listing = replace(listing, transfers=transfers)
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
            "unfinished": {str(period): why for period, why in listing.unfinished.items()},
        },
    )
    return {
        **run.to_data(),
        "invoices_listed": len(listing.invoices),
        "more_to_fetch": listing.outcome == CHECKED and not run.dry_run,
    }


def list_invoices(invoicing: Invoicing, run: PayerRun, *, asks_units: bool) -> Listing:
    """Ask by billing period and by issued date, for the payer account itself and, if `asks_units`,
    for each receiver of its invoice units.

    Raises NoAccess and ServiceUnavailable. What an answer left out is named as unfinished, and what
    of the units cannot be read in them.
    """
    rows, unfinished = _rows(
        invoicing, run, run.payer_account_id, (BY_BILLING_PERIOD, BY_ISSUED_DATE)
    )
    units, listed = (None, ()) if not asks_units else _ask_units(invoicing, run, rows)
    invoices, unusable = union_by_invoice_id(rows, run.payer_account_id)
    in_target = max(run.billing_periods)
    unusable_rows = tuple(
        replace(row, billing_period=row.billing_period or in_target) for row in unusable
    )
    return Listing(
        run.payer_account_id,
        CHECKED,
        "",
        run.billing_periods,
        tuple(invoices),
        unusable_rows,
        units,
        listed,
        unfinished=unfinished,
    )


def _ask_units(
    invoicing: Invoicing, run: PayerRun, rows: list[Row]
) -> tuple[InvoiceUnits, tuple[str, ...]]:
    """What the invoice units say, and which of their receivers were listed; their rows are added.

    Units change from month to month, so they are asked for as of each period's end and as of now.
    """
    ends = (datetime.combine(one.first_day_after, time(), UTC) for one in run.billing_periods)
    instants = [None, *(end for end in ends if end <= run.as_of)]
    try:
        found = {account for at in instants for account in invoicing.invoice_unit_receivers(at)}
    except WitnessNotRead as error:
        return InvoiceUnits(not_read=str(error)), ()
    receivers = sorted(found - {run.payer_account_id})
    listed, problems = [], []
    for account_id in receivers:
        try:
            with witness(f"invoicing:ListInvoiceSummaries for account {account_id}"):
                more, unfinished = _rows(invoicing, run, account_id, OF_RECEIVER)
        except WitnessNotRead as error:
            problems.append(str(error))
            continue
        rows += more
        if unfinished:
            problems.append(f"Of account {account_id}: {' '.join(sorted({*unfinished.values()}))}")
        else:
            listed.append(account_id)
    return (
        InvoiceUnits(run.run_id, instant_text(run.as_of), tuple(receivers), " ".join(problems)),
        tuple(listed),
    )


def _rows(
    invoicing: Invoicing, run: PayerRun, account_id: str, listings: tuple[str, str]
) -> tuple[list[Row], dict[BillingPeriod, str]]:
    """Every row of an account's two listings, by billing period and by issued date, and why they
    may not be all of a period.

    What the listing by issued date leaves out may be of any period.
    """
    by_billing_period, by_issued_date = listings
    rows: list[Row] = []
    unfinished: dict[BillingPeriod, str] = {}
    for period in run.billing_periods:
        found = invoicing.summaries_of_period(account_id, period)
        rows += ((by_billing_period, period, row) for row in found.rows)
        if found.unfinished:
            unfinished[period] = f"AWS's listing of {period} is not whole: {found.unfinished}."
    for start, end in issued_date_spans(run.issued_from, run.issued_to):
        found = invoicing.summaries_issued(account_id, start, end)
        rows += ((by_issued_date, None, row) for row in found.rows)
        if found.unfinished:
            days = f"what was issued from {start} to {end - timedelta(days=1)}"
            cause = f"AWS's listing of {days} is not whole: {found.unfinished}."
            unfinished = dict.fromkeys(run.billing_periods, cause) | unfinished
    return rows, unfinished
