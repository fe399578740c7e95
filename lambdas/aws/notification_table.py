"""The last notifications of each billing period, stored as attributes of the period's
latest-manifest record; and, as an item of its own, the last reading of each payer account and the
questions that AWS refuses.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from lambdas.aws.busy import busy_is_unavailable
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.json_form import checked
from lambdas.domain.json_text import instant_text, read_instant
from lambdas.domain.notifications.reasons import LastNotification

_SWEEP = "sweep"
"""Key of the item that is of no billing period."""
N = TypeVar("N")
_MOST_BYTES = 250_000
"""DynamoDB takes 409,600 for a whole item; this one also holds the instants of last readings."""


class NotificationTable:
    """One item per billing period, and one for all periods together.

    Errors of DynamoDB are raised as botocore's ClientError.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._dynamodb = client
        self._table = table

    def last(self, period: BillingPeriod, channel: str) -> LastNotification | None:
        """The last notification of the period through this channel."""
        return self._read(
            period, f"told_{channel}", lambda data: checked(LastNotification.from_data(data))
        )

    def mark_notified(self, period: BillingPeriod, channel: str, last: LastNotification) -> None:
        self._write(period, f"told_{channel}", json.dumps(last.to_data(), sort_keys=True))

    def swept(self) -> dict[str, str]:
        """The instant as of which each payer account was read last."""
        return self._read(_SWEEP, "swept", _instants) or {}

    def mark_swept(self, swept: Mapping[str, str]) -> None:
        self._write(_SWEEP, "swept", json.dumps(swept, sort_keys=True))

    def refused(self) -> dict[str, list[str]]:
        """The refused questions of which people were notified, by payer account."""
        return self._read(_SWEEP, "told_refused", _lists_of_texts) or {}

    def mark_refused(self, refused: Mapping[str, Sequence[str]]) -> None:
        """Note the refused questions of as many payer accounts as the item has room for.

        People are notified again of the rest, which is better than a failing run.
        """
        noted = dict(refused)
        while len(text := json.dumps(noted, sort_keys=True)) > _MOST_BYTES:
            noted = dict(islice(noted.items(), len(noted) // 2))
        self._write(_SWEEP, "told_refused", text)

    @busy_is_unavailable("dynamodb:GetItem")
    def _read(
        self, key: BillingPeriod | str, name: str, understand: Callable[[Any], N]
    ) -> N | None:
        """Read an attribute. One that cannot be understood counts as missing, so people are
        notified again.
        """
        answer = self._dynamodb.get_item(
            TableName=self._table,
            Key={"billing_period": {"S": str(key)}},
            ConsistentRead=True,
            ProjectionExpression="#name",
            ExpressionAttributeNames={"#name": name},
        )
        text: str | None = answer.get("Item", {}).get(name, {}).get("S")
        try:
            return understand(json.loads(text)) if text else None
        except NOT_UNDERSTOOD:
            return None

    @busy_is_unavailable("dynamodb:UpdateItem")
    def _write(self, key: BillingPeriod | str, name: str, text: str) -> None:
        self._dynamodb.update_item(
            TableName=self._table,
            Key={"billing_period": {"S": str(key)}},
            UpdateExpression="SET #name = :text",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":text": {"S": text}},
        )


def _instants(data: Mapping[str, str]) -> dict[str, str]:
    return {name: instant_text(read_instant(text)) for name, text in data.items()}


def _lists_of_texts(data: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {name: [str(text) for text in texts] for name, texts in data.items()}
