"""The stores in memory answer as other implementations of the same services do."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.stores import calls
from tests.stores.client import client_of
from tests.stores.dynamodb import MemoryDynamoDB
from tests.stores.s3 import MemoryS3

OF_S3 = (
    calls.of_buckets,
    calls.of_writes,
    calls.of_refused_parameters,
    calls.of_versions,
    calls.of_locks,
    calls.of_listings,
)
Script = Callable[[calls.Calls], None]


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


def outcomes(client: Any, script: Script) -> list[tuple[str, Any]]:
    """What the calls came to, with an empty bucket and table to begin with."""
    if client.meta.service_model.service_name == "s3":
        client.create_bucket(Bucket=calls.BUCKET, ObjectLockEnabledForBucket=True)
    else:
        client.create_table(
            TableName=calls.TABLE,
            KeySchema=[{"AttributeName": "billing_period", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "billing_period", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    made = calls.Calls(client)
    script(made)
    return made.outcomes


@pytest.mark.parametrize("script", OF_S3, ids=lambda script: script.__name__)
@pytest.mark.usefixtures("moto")
def test_s3_in_memory_answers_as_moto_does(script: Script) -> None:
    client = boto3.client("s3")
    assert outcomes(client_of(MemoryS3(), client), script) == outcomes(client, script)


@pytest.mark.parametrize(
    "script", [calls.of_items, calls.of_refused_expressions], ids=lambda script: script.__name__
)
@pytest.mark.usefixtures("moto")
def test_dynamodb_in_memory_answers_as_moto_does(script: Script) -> None:
    client = boto3.client("dynamodb")
    assert outcomes(client_of(MemoryDynamoDB(), client), script) == outcomes(client, script)


@pytest.mark.usefixtures("moto")
def test_s3_in_memory_answers_as_s3_does_where_moto_does_not() -> None:
    client = client_of(MemoryS3(), boto3.client("s3"))
    client.create_bucket(Bucket=calls.BUCKET, ObjectLockEnabledForBucket=True)
    made = calls.Calls(client)
    made.put_object(Bucket=calls.BUCKET, Key="a", Body=b"two", **calls.SUMMED)
    made.head_object(Bucket=calls.BUCKET, Key="a")
    made.put_object(Bucket=calls.BUCKET, Key="a", Body=b"one", **calls.SUMMED)
    marker = client.delete_object(Bucket=calls.BUCKET, Key="a")["VersionId"]
    made.get_object(Bucket=calls.BUCKET, Key="a", VersionId=marker)
    made.head_object(Bucket=calls.BUCKET, Key="a", VersionId=marker)
    made.head_object(Bucket="absent", Key="a")
    refused = [outcome[1:] for _, outcome in made.outcomes if isinstance(outcome, tuple)]
    assert refused == [
        ("BadDigest", 400),
        ("404", 404),
        ("MethodNotAllowed", 405),
        ("405", 405),
        ("404", 404),
    ]


@pytest.mark.usefixtures("moto")
def test_s3_in_memory_refuses_what_s3_refuses_and_moto_takes() -> None:
    client = client_of(MemoryS3(), boto3.client("s3"))
    client.create_bucket(Bucket=calls.BUCKET, ObjectLockEnabledForBucket=True)
    made, a_key = calls.Calls(client), {"Bucket": calls.BUCKET, "Key": "a"}
    made.put_object(**a_key, ObjectLockMode="GOVERNANCE")
    made.put_object(**a_key, ObjectLockRetainUntilDate=calls.UNTIL)
    past = calls.UNTIL - timedelta(days=60)
    made.put_object(**a_key, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=past)
    made.put_object(Bucket=calls.BUCKET, Key="k" * 1025)
    made.put_object(**a_key, Metadata={"a": "x" * 2048})
    made.put_object(**a_key, Tagging="&".join(f"t{number}=1" for number in range(11)))
    for_good = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": calls.UNTIL}
    a_version = a_key | {"VersionId": client.put_object(**a_key, **for_good)["VersionId"]}
    softer = {"Mode": "GOVERNANCE", "RetainUntilDate": calls.UNTIL + timedelta(days=1)}
    made.put_object_retention(**a_version, Retention=softer, BypassGovernanceRetention=True)
    assert [outcome[1:] for _, outcome in made.outcomes] == [
        *[("InvalidArgument", 400)] * 3,
        ("KeyTooLongError", 400),
        ("MetadataTooLarge", 400),
        ("BadRequest", 400),
        ("AccessDenied", 403),
    ]
    with pytest.raises(ValueError, match="newline"):
        client.put_object(**a_key, Metadata={"a": "x\ny"})


@pytest.mark.usefixtures("moto")
def test_a_page_of_s3_in_memory_has_a_thousand_keys_at_most() -> None:
    store = MemoryS3()
    client = client_of(store, boto3.client("s3"))
    client.create_bucket(Bucket=calls.BUCKET)
    for number in range(1001):
        client.put_object(Bucket=calls.BUCKET, Key=f"{number:04}")
    page = client.list_objects_v2(Bucket=calls.BUCKET, MaxKeys=2000)
    assert (len(page["Contents"]), page["IsTruncated"]) == (1000, True)


@pytest.mark.usefixtures("moto")
def test_no_store_in_memory_passes_over_what_it_does_not_understand() -> None:
    s3 = client_of(MemoryS3(), boto3.client("s3"))
    with pytest.raises(NotImplementedError, match="Range"):
        s3.get_object(Bucket=calls.BUCKET, Key="a", Range="bytes=0-1")
    table = client_of(MemoryDynamoDB(), boto3.client("dynamodb"))
    with pytest.raises(NotImplementedError, match="ReturnValues"):
        table.delete_item(TableName=calls.TABLE, Key={}, ReturnValues="ALL_OLD")


@pytest.mark.usefixtures("moto")
def test_hooks_are_called_around_each_call_and_only_those_of_their_client() -> None:
    made = boto3.client("s3")
    client, other = client_of(MemoryS3(), made), client_of(MemoryS3(), made)
    seen: list[object] = []
    client.meta.events.register(
        "provide-client-params.s3.CreateBucket", lambda params, **_: seen.append(params)
    )
    client.meta.events.register(
        "after-call.s3.CreateBucket",
        lambda model, http_response, **_: seen.append((model.name, http_response.status_code)),
    )
    for one in (client, other, made):
        one.create_bucket(Bucket=calls.BUCKET)
    assert seen == [{"Bucket": calls.BUCKET}, ("CreateBucket", 200)]
