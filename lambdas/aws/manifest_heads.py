"""The latest-manifest record of each period, in a DynamoDB table: access to the bucket does not
suffice to change it.
"""

from typing import Any

from lambdas.aws.busy import busy_is_unavailable
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.manifest_heads import ManifestHead

_NUMBERS = ("sequence",)


class ManifestHeads:
    """One item per billing period. Errors of DynamoDB are raised as botocore's ClientError."""

    def __init__(self, client: Any, table: str) -> None:
        self._dynamodb = client
        self._table = table

    @busy_is_unavailable("dynamodb:GetItem")
    def read(self, period: BillingPeriod) -> ManifestHead | None:
        answer = self._dynamodb.get_item(
            TableName=self._table,
            Key={"billing_period": {"S": str(period)}},
            ConsistentRead=True,
        )
        item = answer.get("Item", {})
        if "sequence" not in item:
            return None
        return ManifestHead.from_data(
            {name: value.get("S") or value.get("N") for name, value in item.items()}
        )

    @busy_is_unavailable("dynamodb:UpdateItem")
    def advance(self, head: ManifestHead) -> None:
        """Move the record forward; nothing happens if it is as far already."""
        values = {
            name: {"N" if name in _NUMBERS else "S": str(value)}
            for name, value in head.to_data().items()
            if name != "billing_period"
        }
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"billing_period": {"S": str(head.billing_period)}},
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
                ConditionExpression="attribute_not_exists(#sequence) OR #sequence < :sequence",
                ExpressionAttributeNames={f"#{name}": name for name in values},
                ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return
