"""Calls of S3 and DynamoDB whose answers are to be the same everywhere, and what came of them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

BUCKET, TABLE = "compared", "compared"
UNTIL = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
SHA256_OF_ONE = "dpLDrTVAu4A8Ags67mbNiIcSMjTqDG5xQ8Ct1z/0Me0="
"""Of `b"one"`, as S3 wants it."""
LOCKED = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": UNTIL}
SUMMED = {"ChecksumAlgorithm": "SHA256", "ChecksumSHA256": SHA256_OF_ONE}
_LEFT_OUT = {
    *("ResponseMetadata", "ServerSideEncryption", "AcceptRanges", "Owner", "StorageClass"),
    *("ChecksumCRC32", "ChecksumCRC64NVME", "ChecksumType", "ChecksumAlgorithm", "CacheControl"),
    *("Name", "Delimiter", "MaxKeys", "EncodingType", "KeyMarker", "VersionIdMarker"),
    *("StartAfter", "ContinuationToken", "NextContinuationToken", "Expiration", "RequestCharged"),
    *("TableDescription", "ConsumedCapacity", "ContentEncoding", "ContentLanguage", "Location"),
    *("DeleteMarker", "TagCount"),
}
"""Members that neither the functions nor their tests read."""
_IDS = {"VersionId", "NextVersionIdMarker"}


class Calls:
    """Makes calls with a client and notes their outcomes, without what differs each time."""

    def __init__(self, client: Any) -> None:
        self.outcomes: list[tuple[str, Any]] = []
        self._client = client
        self._numbers: dict[str, int] = {}

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        def call(**given: Any) -> dict[str, Any]:
            if operation == "put_object":  # without a type, each implementation has its own
                given = {"ContentType": "text/plain"} | given
            try:
                answer: dict[str, Any] = getattr(self._client, operation)(**given)
            except ParamValidationError as error:
                self.outcomes.append((operation, str(error)))
                return {}
            except ClientError as error:
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                code = error.response["Error"]["Code"]
                self.outcomes.append((operation, (type(error).__name__, code, status)))
                return {}
            self._note(operation, answer)
            return answer

        return call

    def pages(self, operation: str, **given: Any) -> None:
        """Note all pages of a listing."""
        for page in self._client.get_paginator(operation).paginate(**given):
            self._note(operation, page)

    def _note(self, operation: str, answer: dict[str, Any]) -> None:
        unread = {"Prefix", "ChecksumSHA256"} if operation != "head_object" else set()
        told = {name: value for name, value in answer.items() if name not in unread}
        self.outcomes.append((operation, self._plain(told)))

    def _plain(self, value: Any, name: str = "") -> Any:
        if name in _IDS and value != "null":
            return self._numbers.setdefault(value, len(self._numbers))
        if name == "LastModified":
            assert abs(value - datetime.now(UTC)) < timedelta(hours=1)
            return "an instant"
        if hasattr(value, "read"):
            return value.read()
        if isinstance(value, dict):
            return {
                one: self._plain(inner, one)
                for one, inner in value.items()
                if one not in _LEFT_OUT and (inner or inner is False)
            }
        return [self._plain(one) for one in value] if isinstance(value, list) else value


def of_buckets(s3: Calls) -> None:
    s3.create_bucket(Bucket="plain")
    for bucket in (BUCKET, "plain", "absent"):
        s3.get_bucket_versioning(Bucket=bucket)
        s3.get_object_lock_configuration(Bucket=bucket)
        s3.list_objects_v2(Bucket=bucket)
        s3.list_object_versions(Bucket=bucket)
        s3.get_object(Bucket=bucket, Key="a")
    s3.put_object(Bucket="absent", Key="a", Body=b"one")
    s3.put_object(Bucket="plain", Key="a", Body=b"one")
    s3.put_object(Bucket="plain", Key="a", Body=b"two")
    s3.get_object(Bucket="plain", Key="a")
    s3.put_bucket_versioning(Bucket="plain", VersioningConfiguration={"Status": "Suspended"})
    s3.get_bucket_versioning(Bucket="plain")


def of_writes(s3: Calls) -> None:
    meaning = {"run-id": "run-1", "Flags": "[]"}
    page = {"ContentType": "text/html", "Metadata": meaning, "Tagging": "view=true&a=b%20c"}
    etag = s3.put_object(Bucket=BUCKET, Key="a", Body=b"one", **page, **SUMMED, **LOCKED)["ETag"]
    for mode in ({}, {"ChecksumMode": "ENABLED"}):
        s3.head_object(Bucket=BUCKET, Key="a", **mode)
        s3.get_object(Bucket=BUCKET, Key="a", **mode)
    s3.get_object_tagging(Bucket=BUCKET, Key="a")
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"two", IfNoneMatch="*")
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"two", IfMatch='"another"')
    s3.put_object(Bucket=BUCKET, Key="b", Body=b"two", IfMatch=etag)
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"two", IfMatch=etag)
    s3.put_object(Bucket=BUCKET, Key="b", Body=b"two", IfNoneMatch="*")
    s3.delete_object(Bucket=BUCKET, Key="b")
    s3.put_object(Bucket=BUCKET, Key="b", Body=b"three", IfNoneMatch="*")
    s3.get_object(Bucket=BUCKET, Key="b")
    s3.put_object(Bucket=BUCKET, Key="c")
    s3.head_object(Bucket=BUCKET, Key="c")


def of_refused_parameters(s3: Calls) -> None:
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"one", Colour="red")
    s3.put_object(Bucket=BUCKET, Key=5, Body=b"one")
    s3.put_object(Bucket=BUCKET, Body=b"one")
    s3.put_object(
        Bucket=BUCKET,
        Key="a",
        Body=b"one",
        Metadata={"name": "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}"},
    )
    s3.put_object(Bucket="a bucket", Key="a", Body=b"one")
    s3.get_object(Bucket=BUCKET, Key="")


def of_versions(s3: Calls) -> None:
    first = s3.put_object(Bucket=BUCKET, Key="a", Body=b"one")["VersionId"]
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"two")
    marker = s3.delete_object(Bucket=BUCKET, Key="a")["VersionId"]
    s3.put_object(Bucket=BUCKET, Key="b", Body=b"three")
    s3.get_object(Bucket=BUCKET, Key="a")
    s3.head_object(Bucket=BUCKET, Key="a")
    s3.get_object(Bucket=BUCKET, Key="a", VersionId=first)
    s3.head_object(Bucket=BUCKET, Key="a", VersionId=first)
    s3.list_objects_v2(Bucket=BUCKET)
    s3.list_object_versions(Bucket=BUCKET)
    s3.delete_object(Bucket=BUCKET, Key="a", VersionId=marker)
    s3.get_object(Bucket=BUCKET, Key="a")
    s3.delete_object(Bucket=BUCKET, Key="a", VersionId=first)
    s3.get_object(Bucket=BUCKET, Key="a", VersionId=first)
    s3.list_object_versions(Bucket=BUCKET, Prefix="a")


def of_locks(s3: Calls) -> None:
    free = s3.put_object(Bucket=BUCKET, Key="a", Body=b"one")["VersionId"]
    held = s3.put_object(Bucket=BUCKET, Key="a", Body=b"two", **LOCKED)["VersionId"]
    a_version = {"Bucket": BUCKET, "Key": "a", "VersionId": held}
    s3.delete_object(**a_version)
    later = {"Mode": "GOVERNANCE", "RetainUntilDate": UNTIL + timedelta(days=1)}
    s3.put_object_retention(**a_version, Retention=later)
    s3.head_object(**a_version)
    s3.delete_object(Bucket=BUCKET, Key="a", VersionId=free)
    s3.delete_object(**a_version, BypassGovernanceRetention=True)
    for_good = LOCKED | {"ObjectLockMode": "COMPLIANCE"}
    key = {"Bucket": BUCKET, "Key": "b"}
    version_id = s3.put_object(**key, Body=b"three", **for_good)["VersionId"]
    s3.delete_object(**key, VersionId=version_id, BypassGovernanceRetention=True)
    s3.list_object_versions(Bucket=BUCKET)


def of_listings(s3: Calls) -> None:
    for key in (
        "x/1/a",
        "x/1/b",
        "x/2/a",
        "x/2",
        "x/3/a b",
        "y",
        "x/\N{LATIN SMALL LETTER E WITH ACUTE}",
    ):
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    s3.put_object(Bucket=BUCKET, Key="x/2/a", Body=b"newer")
    s3.delete_object(Bucket=BUCKET, Key="x/1/b")
    for size in (2, 1000):
        paged = {"Bucket": BUCKET, "PaginationConfig": {"PageSize": size}}
        s3.pages("list_objects_v2", **paged)
        s3.pages("list_objects_v2", **paged, Prefix="x/")
        s3.pages("list_objects_v2", **paged, Prefix="x/", Delimiter="/")
        s3.pages("list_objects_v2", **paged, Prefix="z")
        s3.pages("list_object_versions", **paged)
        s3.pages("list_object_versions", **paged, Prefix="x/2")
    s3.list_object_versions(Bucket=BUCKET, Prefix="x/", Delimiter="/")


def of_items(table: Calls) -> None:
    key = {"TableName": TABLE, "Key": {"billing_period": {"S": "2026-10"}}}
    table.get_item(**key, ConsistentRead=True)
    for number in ("1", "10", "9"):
        table.update_item(
            **key,
            UpdateExpression="SET #sequence = :sequence, sha256 = :sum",
            ConditionExpression="attribute_not_exists(#sequence) OR #sequence < :sequence",
            ExpressionAttributeNames={"#sequence": "sequence"},
            ExpressionAttributeValues={":sequence": {"N": number}, ":sum": {"S": "ab"}},
        )
    table.get_item(**key)
    named = {"ProjectionExpression": "#n", "ExpressionAttributeNames": {"#n": "sequence"}}
    table.get_item(**key, **named)
    table.get_item(**key, **(named | {"ExpressionAttributeNames": {"#n": "absent"}}))
    table.put_item(TableName=TABLE, Item={"billing_period": {"S": "sweep"}, "at": {"S": "x"}})
    table.delete_item(**key)
    table.delete_item(**key)
    table.scan(TableName=TABLE)
    table.get_item(**(key | {"TableName": "absent"}))
    table.get_item(TableName=TABLE, Key="2026-10")


def of_refused_expressions(table: Calls) -> None:
    key = {"TableName": TABLE, "Key": {"billing_period": {"S": "2026-10"}}}
    name, value = {"#a": "a"}, {":a": {"S": "x"}}

    def update(expression: str, names: dict[str, str], values: dict[str, Any]) -> None:
        named = {"ExpressionAttributeNames": names} if names else {}
        table.update_item(
            **key, UpdateExpression=expression, **named, ExpressionAttributeValues=values
        )

    update("SET #a = :a", name, value)
    update("SET #a = :a", name | {"#b": "b"}, value)
    update("SET #a = :a", name, value | {":b": {"S": "y"}})
    update("SET #a = :a, b = :b", name, value)
    update("SET sequence = :a", {}, value)
    update("SET billing_period = :a", {}, value)
    update("SET #a = :a", name, {":a": {"S": "x" * 500_000}})
    table.get_item(**key, ExpressionAttributeNames=name)
    item = {"TableName": TABLE, "Item": {"billing_period": {"S": "2026-10"}, "a": {"S": "y"}}}
    table.put_item(**item, ConditionExpression="attribute_not_exists(billing_period)")
    table.delete_item(**key, ConditionExpression="attribute_not_exists(billing_period)")
    table.scan(TableName=TABLE)
