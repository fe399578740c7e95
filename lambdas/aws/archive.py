"""The archive bucket. Evidence is written once, locked and checksummed; a view is replaced only by
a run that saw the view it replaces.
"""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from lambdas.aws.busy import busy_is_unavailable, credentials_have_ended, is_busy
from lambdas.domain.errors import ArchiveUnusable, EvidenceConflict, ServiceUnavailable
from lambdas.domain.evidence.archive_layout import (
    VIEW_TAG,
    file_extension,
    is_evidence,
    manifest_of_view,
)
from lambdas.domain.evidence.kept_versions import KeptVersions
from lambdas.domain.evidence.records import StoredObject
from lambdas.domain.evidence.retention import RetentionMode
from lambdas.domain.json_text import sha256_hex, to_json
from lambdas.domain.stored_form import NotUnderstood, read_json

_CONFLICT_TRIES = 5
_BLOCK = 1 << 16
_MADE_FROM = "manifest"
"""Metadata of a view: the number of its manifest."""
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_MOST_BYTES = 512 << 20
"""Limit for an object that is read whole; a manifest of 100,000 invoices is smaller."""
_CONTENT_TYPES = {
    "pdf": "application/pdf",
    "xml": "application/xml",
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pem": "application/x-pem-file",
}


@dataclass(frozen=True)
class ListedObject:
    """A current object in a listing."""

    key: str
    size_bytes: int


@dataclass(frozen=True)
class ReadObject:
    """An object's bytes, and its version to refer to it."""

    content: bytes
    stored: StoredObject

    def data(self) -> Any:
        return read_json(self.content)


class ObjectTooLarge(NotUnderstood):
    """An object is larger than any that runs write and read."""


class Archive:
    """One bucket. Errors of S3 not named here are raised as botocore's ClientError."""

    def __init__(self, client: Any, bucket: str, retention_mode: RetentionMode) -> None:
        self._s3 = client
        self.bucket = bucket
        self._retention_mode = retention_mode

    @property
    def region(self) -> str:
        """The bucket's region; the functions and their clients are deployed in the same one."""
        region: str = self._s3.meta.region_name
        return region

    @busy_is_unavailable("S3")
    def check_usable(self) -> None:
        """Raise ArchiveUnusable unless the bucket exists, is versioned and has Object Lock."""
        problems = []
        try:
            versioning = self._s3.get_bucket_versioning(Bucket=self.bucket).get("Status")
            if versioning != "Enabled":
                problems.append(
                    f"versioning of bucket {self.bucket} is {versioning or 'off'}; enable it"
                )
            lock = self._s3.get_object_lock_configuration(Bucket=self.bucket)
            if lock["ObjectLockConfiguration"].get("ObjectLockEnabled") != "Enabled":
                problems.append(f"Object Lock of bucket {self.bucket} is off; enable it")
        except ClientError as error:
            if is_busy(error) or credentials_have_ended(error):
                raise
            code = error.response["Error"]["Code"]
            if code == "ObjectLockConfigurationNotFoundError":
                problems.append(f"bucket {self.bucket} has no Object Lock; enable it")
            else:
                problems.append(
                    f"bucket {self.bucket} answers {code}; deploy the stack or repair its policies"
                )
        if problems:
            raise ArchiveUnusable(problems)

    def list(self, prefix: str) -> Iterator[ListedObject]:
        """All current objects below the prefix, in the order of keys."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix
        )
        with busy_is_unavailable("S3"):
            for page in pages:
                for item in page.get("Contents", ()):
                    yield ListedObject(item["Key"], item["Size"])

    def kept_versions(self, prefix: str) -> dict[str, KeptVersions]:
        """The versions kept at each key below the prefix, also of keys behind a delete marker."""
        pages = self._s3.get_paginator("list_object_versions").paginate(
            Bucket=self.bucket, Prefix=prefix
        )
        current: dict[str, tuple[str | None, int]] = {}
        versions: Counter[str] = Counter()
        markers: Counter[str] = Counter()
        with busy_is_unavailable("S3"):
            for page in pages:
                for item in page.get("Versions", ()):
                    versions[item["Key"]] += 1
                    if item["IsLatest"]:
                        current[item["Key"]] = (item["VersionId"], item["Size"])
                markers.update(item["Key"] for item in page.get("DeleteMarkers", ()))
        by_key = {}
        for key in sorted({*versions, *markers}):
            version_id, size_bytes = current.get(key, (None, 0))
            by_key[key] = KeptVersions(key, version_id, size_bytes, versions[key], markers[key])
        return by_key

    def folders(self, prefix: str) -> Iterator[str]:
        """The names of the folders right below the prefix."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix, Delimiter="/"
        )
        with busy_is_unavailable("S3"):
            for page in pages:
                for folder in page.get("CommonPrefixes", ()):
                    yield folder["Prefix"].removeprefix(prefix).rstrip("/")

    @busy_is_unavailable("S3")
    def read(self, key: str, most_bytes: int = _MOST_BYTES) -> ReadObject | None:
        """Read the current version; None if there is none. Raises ObjectTooLarge."""
        try:
            answer = self._s3.get_object(Bucket=self.bucket, Key=key)
            if answer["ContentLength"] > most_bytes:
                raise ObjectTooLarge(f"{key} has {answer['ContentLength']} bytes")
            content = answer["Body"].read()
        except ClientError as error:
            if _status(error) == 404:
                return None
            raise
        stored = StoredObject(key, answer.get("VersionId", ""), sha256_hex(content), len(content))
        return ReadObject(content, stored)

    @busy_is_unavailable("S3")
    def copy(self, key: str, version_id: str, target: IO[bytes]) -> bool:
        """Write one version's bytes to a file; False if the version no longer exists."""
        try:
            answer = self._s3.get_object(Bucket=self.bucket, Key=key, VersionId=version_id)
        except ClientError as error:
            if _status(error) == 404:
                return False
            raise
        while block := answer["Body"].read(_BLOCK):
            target.write(block)
        return True

    @busy_is_unavailable("S3")
    def adopt(self, key: str) -> tuple[StoredObject, Mapping[str, str]] | None:
        """The object at the key and its metadata, without its bytes; None if there is none.

        Raises EvidenceConflict for an object without a SHA-256: this archive did not store it.
        """
        head = self._head(key)
        if head is None:
            return None
        checksum = head.get("ChecksumSHA256")
        if not checksum or "-" in checksum:  # absent, or a checksum of a multipart upload's parts
            raise EvidenceConflict(
                f"{key} exists without a SHA-256: this archive did not store it; find who did"
            )
        sha256 = base64.b64decode(checksum).hex()
        stored = StoredObject(key, head.get("VersionId", ""), sha256, head["ContentLength"])
        return stored, head.get("Metadata", {})

    def put_evidence(
        self,
        key: str,
        body: bytes | IO[bytes],
        *,
        sha256: str,
        size_bytes: int,
        retain_until: datetime,
        metadata: Mapping[str, str] | None = None,
    ) -> StoredObject | None:
        """Store a locked object at a free key; None, and nothing written, if the key exists."""
        answer = self._put_new(
            key,
            body,
            ChecksumAlgorithm="SHA256",
            ChecksumSHA256=base64.b64encode(bytes.fromhex(sha256)).decode(),
            ObjectLockMode=self._retention_mode,
            ObjectLockRetainUntilDate=retain_until,
            Metadata=metadata or {},
        )
        return (
            StoredObject(key, answer.get("VersionId", ""), sha256, size_bytes) if answer else None
        )

    def put_record(self, key: str, content: bytes, retain_until: datetime) -> StoredObject | None:
        """Store a locked JSON object at a free key; None if the key exists."""
        return self.put_evidence(
            key,
            content,
            sha256=sha256_hex(content),
            size_bytes=len(content),
            retain_until=retain_until,
        )

    @busy_is_unavailable("S3")
    def put_run_file(self, key: str, value: object) -> None:
        """Write a run's request, listing or result; a retry of the same step writes it again."""
        if is_evidence(key):
            raise ValueError(f"{key} is evidence; put_evidence stores it")
        self._s3.put_object(
            Bucket=self.bucket, Key=key, Body=to_json(value), ContentType=_CONTENT_TYPES["json"]
        )

    def claim(self, key: str, value: object) -> bool:
        """Write the object if the key is free; False if another writer was first."""
        return self._put_new(key, to_json(value)) is not None

    @busy_is_unavailable("S3")
    def update_view(self, key: str, content: bytes, sequence: int) -> bool:
        """Store a view made from the manifest of this number; False if nothing was written.

        An identical view, or one of a later manifest, is left alone. A view's own claim proves
        nothing: a later manifest counts only if it exists.
        """
        sha256 = _checksum(content)
        for _ in range(_CONFLICT_TRIES):
            current = self._head(key)
            if current and (
                current.get("ChecksumSHA256") == sha256
                or self._is_of_a_later_manifest(key, current, sequence)
            ):
                return False
            if self._replace_view(key, content, current, {_MADE_FROM: str(sequence)}):
                return True
        raise _kept_replacing(key)

    @busy_is_unavailable("S3")
    def merge_view(self, key: str, merged: Callable[["ReadObject | None"], bytes]) -> bool:
        """Store the view that `merged` makes of the present one; False if it is the same.

        Another run may replace the view in between: then it is made again of the new one. A view
        that is too large to be read is made anew.
        """
        for _ in range(_CONFLICT_TRIES):
            current = self._head(key)
            try:
                before = self.read(key) if current else None
            except ObjectTooLarge:
                before = None
            content = merged(before)
            if before and before.content == content:
                return False
            if self._replace_view(key, content, current, {}):
                return True
        raise _kept_replacing(key)

    def _replace_view(
        self, key: str, content: bytes, current: Mapping[str, Any] | None, metadata: dict[str, str]
    ) -> bool:
        """Write a view in place of the current one; False if another writer was first."""
        condition = {"IfMatch": current["ETag"]} if current else {"IfNoneMatch": "*"}
        try:
            self._s3.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=content,
                ContentType=_content_type(key),
                Tagging=urlencode(VIEW_TAG),
                Metadata=metadata,
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=_checksum(content),
                **condition,
            )
        except ClientError as error:
            if _status(error) not in (404, 409, 412):
                raise
            return False
        return True

    def _is_of_a_later_manifest(self, key: str, head: dict[str, Any], sequence: int) -> bool:
        number = head["Metadata"].get(_MADE_FROM, "")
        if not _NUMBER.fullmatch(number) or int(number) <= sequence:
            return False
        manifest = manifest_of_view(key, int(number))
        return manifest is not None and self._head(manifest) is not None

    def _head(self, key: str) -> dict[str, Any] | None:
        try:
            head: dict[str, Any] = self._s3.head_object(
                Bucket=self.bucket, Key=key, ChecksumMode="ENABLED"
            )
        except ClientError as error:
            if _status(error) == 404:
                return None
            raise
        return head

    @busy_is_unavailable("S3")
    def _put_new(
        self, key: str, body: bytes | IO[bytes], **arguments: Any
    ) -> dict[str, Any] | None:
        for _ in range(_CONFLICT_TRIES):
            if not isinstance(body, bytes):
                body.seek(0)
            try:
                answer: dict[str, Any] = self._s3.put_object(
                    Bucket=self.bucket,
                    Key=key,
                    Body=body,
                    ContentType=_content_type(key),
                    IfNoneMatch="*",
                    **arguments,
                )
            except ClientError as error:
                if _status(error) == 412:
                    return None
                if _status(error) != 409:  # another write is in progress: its outcome decides
                    raise
            else:
                return answer
        raise ServiceUnavailable(f"another writer kept {key} busy; start a run once it ended")


def _checksum(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def _kept_replacing(key: str) -> ServiceUnavailable:
    return ServiceUnavailable(f"other runs kept replacing {key}; start a run once they ended")


def _content_type(key: str) -> str:
    return _CONTENT_TYPES.get(file_extension(key), "application/octet-stream")


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
