from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lambdas.aws.manifest_heads import ManifestHeads
from lambdas.aws.notification_table import NotificationTable
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.manifest_heads import ManifestHead
from lambdas.domain.notifications.reasons import LastNotification
from ops.live import heads

OCTOBER = BillingPeriod(2026, 10)
TOLD = LastNotification("ACTION_REQUIRED", True, "2026-11-12T06:00:00Z", "run-1")
HEAD = ManifestHead(OCTOBER, 7, "a" * 64, "run-1")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        dynamodb: Any = boto3.client("dynamodb", region_name="eu-central-1")
        dynamodb.create_table(
            TableName="heads",
            KeySchema=[{"AttributeName": "billing_period", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "billing_period", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield dynamodb


def test_nothing_was_sent_until_it_is_noted_by_period_and_channel(client: Any) -> None:
    table = NotificationTable(client, "heads")
    assert table.last(OCTOBER, "mail") is None
    table.mark_notified(OCTOBER, "mail", TOLD)
    assert table.last(OCTOBER, "mail") == TOLD
    assert table.last(OCTOBER, "event") is None
    assert table.last(OCTOBER.shifted(-1), "mail") is None


def test_who_was_read_when_is_noted(client: Any) -> None:
    table = NotificationTable(client, "heads")
    assert table.swept() == {}
    table.mark_swept({"111122223333": "2026-11-12T06:00:00Z"})
    assert table.swept() == {"111122223333": "2026-11-12T06:00:00Z"}


def test_what_is_noted_beside_the_heads_is_no_head(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "client", lambda _: client)
    table = NotificationTable(client, "heads")
    table.mark_swept({"111122223333": "2026-11-12T06:00:00Z"})
    table.mark_notified(OCTOBER.shifted(1), "mail", TOLD)
    assert heads.read_heads_table("heads") == {}
    ManifestHeads(client, "heads").advance(HEAD)
    assert heads.read_heads_table("heads") == {OCTOBER: HEAD}


@pytest.mark.parametrize("is_first", [True, False])
def test_what_was_sent_and_the_head_of_the_chain_leave_each_other_alone(
    client: Any, is_first: bool
) -> None:
    table, chain_heads = NotificationTable(client, "heads"), ManifestHeads(client, "heads")
    if is_first:
        table.mark_notified(OCTOBER, "mail", TOLD)
        assert chain_heads.read(OCTOBER) is None
    chain_heads.advance(HEAD)
    table.mark_notified(OCTOBER, "mail", TOLD)
    assert chain_heads.read(OCTOBER) == HEAD
    assert table.last(OCTOBER, "mail") == TOLD


def test_refusals_are_noted_as_far_as_an_item_has_room_for_them(client: Any) -> None:
    table = NotificationTable(client, "heads")
    refused = {"111122223333": ["AWS denied x (AccessDenied)."]}
    table.mark_refused(refused)
    assert table.refused() == refused
