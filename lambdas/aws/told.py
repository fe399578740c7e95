"""What was told of each billing period, and when its payer accounts were last swept: attributes
beside the head of the period's chain.
"""

import json
from typing import Any

from lambdas.aws.busy import busy_is_unavailable
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.telling import Told


class ToldTable:
    """One item per billing period. Errors of DynamoDB are raised as botocore's ClientError."""

    def __init__(self, client: Any, table: str) -> None:
        self._dynamodb = client
        self._table = table

    def told(self, period: BillingPeriod, channel: str) -> Told | None:
        """What was told last through this channel."""
        text = self._read(period, f"told_{channel}")
        return Told.from_data(json.loads(text)) if text else None

    def mark_told(self, period: BillingPeriod, channel: str, told: Told) -> None:
        self._write(period, f"told_{channel}", json.dumps(told.to_data(), sort_keys=True))

    def swept_at(self, period: BillingPeriod) -> str | None:
        """The instant of the last run that read every payer account of the period."""
        return self._read(period, "swept_at")

    def mark_swept(self, period: BillingPeriod, at: str) -> None:
        self._write(period, "swept_at", at)

    @busy_is_unavailable("dynamodb:GetItem")
    def _read(self, period: BillingPeriod, name: str) -> str | None:
        answer = self._dynamodb.get_item(
            TableName=self._table,
            Key={"billing_period": {"S": str(period)}},
            ConsistentRead=True,
            ProjectionExpression="#name",
            ExpressionAttributeNames={"#name": name},
        )
        text: str | None = answer.get("Item", {}).get(name, {}).get("S")
        return text

    @busy_is_unavailable("dynamodb:UpdateItem")
    def _write(self, period: BillingPeriod, name: str, text: str) -> None:
        self._dynamodb.update_item(
            TableName=self._table,
            Key={"billing_period": {"S": str(period)}},
            UpdateExpression="SET #name = :text",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":text": {"S": text}},
        )
