"""EnumeratePayerAccounts: writes the run's list of payer accounts and billing periods to S3."""

from pathlib import Path
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

import lambdas
from lambdas.aws.archive import Archive
from lambdas.aws.clients import warm_s3_client as s3_client
from lambdas.domain.runs.payer_register import parse_register
from lambdas.settings import FunctionSettings
from lambdas.steps.enumerate_payers import enumerate_payers
from lambdas.telemetry import logger

REGISTER = Path(lambdas.__file__).parent.parent / "payers.csv"
"""The deployment puts the payer register beside the code, so that the two always match."""


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take the execution's input and identity; return the place of the run's list.

    Raises InvalidExecutionInput, InvalidRegister and ArchiveUnusable before any work.
    """
    settings = FunctionSettings.from_environment()
    register = parse_register(REGISTER.read_bytes(), REGISTER.name)
    archive = Archive(s3_client(), settings.archive_bucket, settings.retention.mode)
    answer = enumerate_payers(archive, register, settings, event)
    done = "left a claimed run alone" if answer["already_claimed"] else "enumerated payer accounts"
    logger().info(done, extra={"run_id": answer["run_id"], "payers": answer["payers"]})
    return answer
