"""ListInvoiceSummaries: writes the invoices expected of one payer account to a file in S3."""

from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.aws.archive import Archive
from lambdas.aws.clients import invoicing_client, organizations_client
from lambdas.aws.clients import warm_s3_client as s3_client
from lambdas.aws.invoicing import Invoicing
from lambdas.aws.payer_role import PayerRole
from lambdas.aws.responsibility_transfers import ResponsibilityTransfers
from lambdas.domain.runs.outcome import CHECKED
from lambdas.domain.runs.payer_run import PayerRun
from lambdas.settings import FunctionSettings
from lambdas.steps.list_invoices import list_invoices
from lambdas.telemetry import logger


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take one item of the run's list; return it with `more_to_fetch` and the number of invoices
    listed.
    """
    settings = FunctionSettings.from_environment()
    run = PayerRun.from_data(event)
    archive = Archive(s3_client(), settings.archive_bucket, settings.retention.mode)
    role = PayerRole(run, settings.external_id)

    def transfers() -> ResponsibilityTransfers:
        return ResponsibilityTransfers(organizations_client(role.credentials()))

    listing = list_invoices(
        archive,
        run,
        invoicing=lambda: Invoicing(
            partial(invoicing_client, role.credentials()), lambda: invoicing_client(role.renewed())
        ),
        transfers=transfers if settings.witnesses.billing_transfers else None,
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
