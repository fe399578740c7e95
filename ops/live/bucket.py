"""The live bucket, read by ListObjectVersions, GetObject, HeadObject and GetObjectRetention."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.errors import CannotRead
from ops.live.session import READERS, aws_errors, client
from ops.places import Digest, Lock, LockNotShown, PlacedObject, too_long

_BLOCK = 1 << 20


class LiveBucket:
    """One bucket with its versions, delete markers and locks."""

    has_versions = True
    readers = READERS
    unlisted: Mapping[str, str] = {}
    passed_over = ()

    def __init__(self, bucket: str) -> None:
        """Open the bucket. Raises CannotRead."""
        self.name = f"s3://{bucket}"
        self.bucket = bucket
        self._s3 = client("s3")
        self._is_stopped = False

    def folders(self, prefix: str) -> list[str]:
        return [
            folder["Prefix"].removeprefix(prefix).rstrip("/")
            for page in self._pages(prefix, Delimiter="/")
            for folder in page.get("CommonPrefixes", ())
        ]

    def files(self, prefix: str) -> Iterator[PlacedObject]:
        yield from _placed(self._pages(prefix, Delimiter="/"))

    def objects(self, prefix: str) -> Iterator[PlacedObject]:
        yield from _placed(self._pages(prefix))

    def blocks(self, key: str, version_id: str) -> Iterator[bytes]:
        with aws_errors(key):
            body = self._s3.get_object(**self._version(key, version_id))["Body"]
            # closed even if nobody reads on: the connection can serve nothing else before
            with closing(body):
                while block := body.read(_BLOCK):
                    if self._is_stopped:
                        raise CannotRead("interrupted")
                    yield block

    def digest(self, key: str, version_id: str, *, most: int) -> Digest:
        sha256, size = hashlib.sha256(), 0
        for block in self.blocks(key, version_id):
            size += len(block)
            if size > most:
                raise too_long(key, most)
            sha256.update(block)
        return Digest(sha256.hexdigest(), size)

    def digest_again(self, key: str, version_id: str, *, most: int) -> Digest:
        return self.digest(key, version_id, most=most)

    def stop(self) -> None:
        self._is_stopped = True

    def lock(self, key: str, version_id: str) -> Lock | None:
        version = self._version(key, version_id)
        with aws_errors(key):
            head = self._s3.head_object(**version)
        if "ObjectLockMode" in head:
            return Lock(head["ObjectLockMode"], head["ObjectLockRetainUntilDate"])
        # HEAD omits the lock if there is none, and also if it may not be seen
        try:
            retention = self._s3.get_object_retention(**version)["Retention"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchObjectLockConfiguration":
                return None
            raise LockNotShown(error.response["Error"]["Code"]) from None
        except BotoCoreError as error:
            raise CannotRead(f"{key}: {error}") from None
        return Lock(retention["Mode"], retention["RetainUntilDate"])

    def _version(self, key: str, version_id: str) -> dict[str, str]:
        version = {"Bucket": self.bucket, "Key": key}
        return {**version, "VersionId": version_id} if version_id else version

    def _pages(self, prefix: str, **arguments: str) -> Iterator[dict[str, Any]]:
        pages = self._s3.get_paginator("list_object_versions").paginate(
            Bucket=self.bucket, Prefix=prefix, **arguments
        )
        with aws_errors(f"{self.name}/{prefix}"):
            yield from pages


def _placed(pages: Iterator[dict[str, Any]]) -> Iterator[PlacedObject]:
    """Join the pages to one object for each key. A key's versions come newest first and may go on
    on the next page; its delete markers come in a list of their own.
    """
    key: str | None = None
    versions: list[dict[str, Any]] = []
    markers: list[dict[str, Any]] = []
    for page in pages:
        found = sorted(
            [
                *((item["Key"], 0, item) for item in page.get("DeleteMarkers", ())),
                *((item["Key"], 1, item) for item in page.get("Versions", ())),
            ],
            key=lambda one: one[:2],
        )
        for at, is_version, item in found:
            if at != key:
                if key is not None:
                    yield _object(key, versions, markers)
                key, versions, markers = at, [], []
            (versions if is_version else markers).append(item)
    if key is not None:
        yield _object(key, versions, markers)


def _object(
    key: str, versions: list[dict[str, Any]], markers: list[dict[str, Any]]
) -> PlacedObject:
    if not versions:
        return PlacedObject(key, 0, is_hidden=True)
    (version_id, size), *older = ((one["VersionId"], one["Size"]) for one in versions)
    first = versions[-1]["LastModified"]
    beneath = [one for one in markers if not one["IsLatest"]]
    return PlacedObject(
        key,
        size,
        version_id,
        any(one["IsLatest"] for one in markers),
        tuple(older),
        first,
        # a marker that is not on top is beneath the only version
        any(len(versions) == 1 or one["LastModified"] < first for one in beneath),
    )
