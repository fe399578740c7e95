"""ValidateCompleteness: compares expected with archived invoices, period by period, and writes
verdicts, manifests, views and the run's result.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.aws.archive import Archive
from lambdas.aws.clients import warm_dynamodb_client as dynamodb_client
from lambdas.aws.clients import warm_events_client as events_client
from lambdas.aws.clients import warm_kms_client as kms_client
from lambdas.aws.clients import warm_s3_client as s3_client
from lambdas.aws.clients import warm_sns_client as sns_client
from lambdas.aws.manifest_heads import ManifestHeads
from lambdas.aws.manifest_signing import ManifestSigner
from lambdas.aws.notification_table import NotificationTable
from lambdas.aws.notifications import ChatRoom, EventBus, Mailbox
from lambdas.settings import FunctionSettings
from lambdas.steps.judge_run import RunEnd
from lambdas.steps.notify import Channels
from lambdas.steps.plan_run import plan_run
from lambdas.telemetry import logger, metrics


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take the answer of EnumeratePayerAccounts; return the run's verdict with a report in plain
    words.
    """
    settings = FunctionSettings.from_environment()
    archive = Archive(s3_client(), settings.archive_bucket, settings.retention.mode)
    if event["dry_run"]:
        result = plan_run(archive, settings, event)
    else:
        dynamodb, sns = dynamodb_client(), sns_client()
        end = RunEnd(
            archive,
            settings,
            event,
            signer=ManifestSigner(kms_client(), settings.manifest_signing_key),
            heads=ManifestHeads(dynamodb, settings.manifest_heads_table),
            channels=Channels(
                Mailbox(sns, settings.notification_topic),
                EventBus(events_client()),
                ChatRoom(sns, settings.chat_topic) if settings.chat_topic else None,
                NotificationTable(dynamodb, settings.manifest_heads_table),
                settings.escalation,
                archive.region,
            ),
            now=datetime.now(UTC),
        )
        result, values = end.judge()
        _emit_metrics(values)
    logger().info(
        "validated completeness", extra={"run_id": result["run_id"], "verdict": result["verdict"]}
    )
    return {key: result[key] for key in ("run_id", "billing_period", "verdict", "message")}


def _emit_metrics(values: Mapping[str, float]) -> None:
    for name, value in values.items():
        unit = MetricUnit.NoUnit if name == "HoursSinceLastSweep" else MetricUnit.Count
        metrics().add_metric(name, unit, value)
    metrics().flush_metrics()
