"""ListInvoiceSummaries: writes the invoices expected of one payer account to a file in S3."""

import time
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.aws.archive import Archive
from lambdas.aws.clients import invoicing_client, organizations_client, payments_client
from lambdas.aws.clients import warm_s3_client as s3_client
from lambdas.aws.invoicing import Invoicing
from lambdas.aws.payer_role import PayerRole
from lambdas.aws.payments import Payments
from lambdas.aws.responsibility_transfers import ResponsibilityTransfers
from lambdas.domain.runs.outcome import CHECKED
from lambdas.domain.runs.payer_run import PayerRun
from lambdas.settings import FunctionSettings
from lambdas.steps.list_invoices import list_invoices
from lambdas.telemetry import logger

RESERVE_SECONDS = 360
"""AWS Payments is asked nothing more in the last part of the function's time, so that even a slow
answer does not cost the listing.
"""


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take one item of the run's list; return it with `more_to_fetch` and the number of invoices
    listed.
    """
    seconds = context.get_remaining_time_in_millis() / 1000
    stop_at = time.monotonic() + max(seconds - RESERVE_SECONDS, seconds / 3)
    settings = FunctionSettings.from_environment()
    run = PayerRun.from_data(event)
    archive = Archive(s3_client(), settings.archive_bucket, settings.retention.mode)
    role = PayerRole(run, settings.external_id)

    def payments() -> Payments:
        return Payments(
            lambda: payments_client(role.credentials()),
            lambda: payments_client(role.renewed()),
            has_time=lambda: time.monotonic() < stop_at,
        )

    listing = list_invoices(
        archive,
        run,
        invoicing=lambda: Invoicing(
            partial(invoicing_client, role.credentials()), lambda: invoicing_client(role.renewed())
        ),
        transfers=(lambda: ResponsibilityTransfers(organizations_client(role.credentials())))
        if settings.witnesses.billing_transfers
        else None,
        payments=payments if settings.witnesses.payments else None,
        asks_units=settings.witnesses.invoice_units,
    )
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
