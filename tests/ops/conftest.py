"""A live bucket with a good archive in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from lambdas.aws.manifest_heads import ManifestHeads
from lambdas.domain.evidence.archive_layout import is_evidence
from lambdas.domain.evidence.retention import RetentionPolicy
from ops.live import bucket as live_bucket
from ops.live import heads as live_heads
from ops.live.session import client
from tests.ops.made_archive import BUCKET, MadeArchive, make_archive

TABLE = "heads-under-test"
POLICY = RetentionPolicy(10, "COMPLIANCE", 12)
LOCKED_UNTIL = datetime(2037, 1, 1, tzinfo=UTC)


@dataclass
class Watch:
    """Every call that the tool makes of S3."""

    calls: list[str] = field(default_factory=list)
    retention_answer: str = "NoSuchObjectLockConfiguration"
    """The error code that GetObjectRetention answers with."""


@dataclass
class Live:
    """A bucket with a good archive, and a table with its heads."""

    s3: Any
    dynamodb: Any
    made: MadeArchive
    watch: Watch = field(default_factory=Watch)


@contextmanager
def watched(s3: Any, dynamodb: Any, watch: Watch) -> Iterator[None]:
    """Let the tool read these stores, and note what it asks of S3."""

    def note(model: Any, **_: object) -> None:
        watch.calls.append(model.name)
        if model.name == "GetObjectRetention":
            error = {"Error": {"Code": watch.retention_answer, "Message": "no"}}
            raise ClientError(error, model.name)  # type: ignore[arg-type]

    s3.meta.events.register_first("provide-client-params.s3", note)
    try:
        with (
            patch.object(live_bucket, "client", lambda _service: s3),
            patch.object(live_heads, "client", lambda _service: dynamodb),
        ):
            yield
    finally:
        s3.meta.events.unregister("provide-client-params.s3", note)


client_once = cache(client)


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Any]]:
    """Clients of S3, with an empty bucket, and of DynamoDB, by moto, whose locks hold nothing
    back: tests play somebody who got around them.
    """
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3 = client_once("s3")
        s3.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
        yield s3, client_once("dynamodb")


@pytest.fixture
def live(stores: tuple[Any, Any]) -> Iterator[Live]:
    s3, dynamodb = stores

    def put(key: str, content: bytes) -> str:
        lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": LOCKED_UNTIL}
        answer = s3.put_object(
            Bucket=BUCKET, Key=key, Body=content, **(lock if is_evidence(key) else {})
        )
        return str(answer["VersionId"])

    live = Live(s3, dynamodb, make_archive(put=put))
    _make_heads_table(dynamodb, live.made)
    with watched(s3, dynamodb, live.watch):
        yield live


def _make_heads_table(dynamodb: Any, made: MadeArchive) -> None:
    dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "billing_period", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "billing_period", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for head in made.heads.values():
        ManifestHeads(dynamodb, TABLE).advance(head)
