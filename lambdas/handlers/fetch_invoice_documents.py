"""FetchInvoiceDocuments: asks for, downloads, checks and stores the missing documents. One pass
within the function's time; the workflow loops.
"""

import time
from datetime import UTC, datetime
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.aws.archive import Archive
from lambdas.aws.clients import invoicing_client
from lambdas.aws.clients import warm_s3_client as s3_client
from lambdas.aws.invoicing import Invoicing
from lambdas.aws.payer_role import PayerRole
from lambdas.domain.runs.payer_run import PayerRun
from lambdas.settings import FunctionSettings
from lambdas.steps.fetch_documents import fetch_documents
from lambdas.telemetry import logger

RESERVE_SECONDS = 360
"""No invoice is started in the last part of the function's time: even a slow one must end before
Lambda stops the function.
"""


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take and return the item; `more_to_fetch` is true if another pass is needed.

    Raises ServiceUnavailable if it ended the pass early, after the pass was recorded.
    """
    seconds = context.get_remaining_time_in_millis() / 1000
    stop_at = time.monotonic() + max(seconds - RESERVE_SECONDS, seconds / 3)
    settings = FunctionSettings.from_environment()
    run = PayerRun.from_data(event)
    role = PayerRole(run, settings.external_id)
    this_pass, failure = fetch_documents(
        Archive(s3_client(), settings.archive_bucket, settings.retention.mode),
        settings,
        run,
        invoicing=lambda: Invoicing(
            partial(invoicing_client, role.credentials()), lambda: invoicing_client(role.renewed())
        ),
        clock=lambda: datetime.now(UTC),
        has_time=lambda: time.monotonic() < stop_at,
    )
    logger().info(
        "fetched invoice documents",
        extra={
            "run_id": run.run_id,
            "payer_account_id": run.payer_account_id,
            "outcome": this_pass.outcome,
            "archived": len(this_pass.archived),
            "outstanding": len(this_pass.outstanding),
        },
    )
    if failure:
        raise failure
    return {**event, "more_to_fetch": this_pass.outcome is None}
