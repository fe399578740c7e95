"""A live bucket with a good archive in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from moto import mock_aws

from lambdas.aws.manifest_heads import ManifestHeads
from lambdas.domain.evidence.archive_layout import is_evidence
from lambdas.domain.evidence.retention import RetentionPolicy
from ops.live import bucket as live_bucket
from tests.handlers.conftest import world as world  # noqa: PLC0414 - pytest finds it by its name
from tests.ops.made_archive import BUCKET, MadeArchive, make_archive

TABLE = "heads-under-test"
POLICY = RetentionPolicy(10, "COMPLIANCE", 12)
LOCKED_UNTIL = datetime(2037, 1, 1, tzinfo=UTC)


@dataclass
class Watch:
    """Every call that the tool makes of S3."""

    calls: list[str] = field(default_factory=list)
    retention_answer: str = "NoSuchObjectLockConfiguration"
    """The error code that GetObjectRetention answers with: moto does not have that call."""


@dataclass
class Live:
    """A bucket with a good archive, and a table with its heads."""

    s3: Any
    made: MadeArchive
    watch: Watch = field(default_factory=Watch)


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Note what the tool asks of S3."""
    made = live_bucket.client("s3")
    made.meta.events.register("before-call.s3", lambda model, **_: watch.calls.append(model.name))
    made.meta.events.register_first(
        "before-send.s3.GetObjectRetention", lambda **_: _refusal(watch.retention_answer)
    )
    with patch.object(live_bucket, "client", lambda _service: made):
        yield


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3, dynamodb = boto3.client("s3"), boto3.client("dynamodb")
        s3.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)

        def put(key: str, content: bytes) -> str:
            lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": LOCKED_UNTIL}
            answer = s3.put_object(
                Bucket=BUCKET, Key=key, Body=content, **(lock if is_evidence(key) else {})
            )
            return str(answer["VersionId"])

        live = Live(s3, make_archive(put=put))
        _make_heads_table(dynamodb, live.made)
        with watched(live.watch):
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


def _refusal(code: str) -> AWSResponse:
    body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
    status = 404 if code == "NoSuchObjectLockConfiguration" else 403
    raw = SimpleNamespace(stream=lambda **_: iter([body]))
    return AWSResponse("https://s3.amazonaws.com", status, {}, raw)
