"""What several tests of the AWS clients need."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of DynamoDB with the empty table `heads`, as the stack defines it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client: Any = boto3.client("dynamodb", region_name="eu-central-1")
        client.create_table(
            TableName="heads",
            KeySchema=[{"AttributeName": "billing_period", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "billing_period", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client
