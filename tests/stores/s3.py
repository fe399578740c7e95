"""S3 in memory, as far as the archive and its tests use it: versions, delete markers, conditional
writes, checksums and Object Lock. Held to other implementations by test_contract.py.
"""

import base64
import hashlib
import io
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from botocore.response import StreamingBody

from tests.stores.bucket import Bucket, Version
from tests.stores.client import Refused, now
from tests.stores.listings import list_objects, list_versions

_MOST_METADATA_BYTES = 2048
_MOST_KEY_BYTES = 1024
_MOST_TAGS = 10
_VERSION = {"Bucket", "Key", "VersionId"}
_LOCK = {"ObjectLockMode", "ObjectLockRetainUntilDate"}
_LISTING = {"Bucket", "Prefix", "Delimiter", "MaxKeys", "EncodingType"}
_READ: Mapping[str, set[str]] = {
    "CreateBucket": {"Bucket", "ObjectLockEnabledForBucket"},
    "GetBucketVersioning": {"Bucket"},
    "PutBucketVersioning": {"Bucket", "VersioningConfiguration"},
    "GetObjectLockConfiguration": {"Bucket"},
    "PutObject": {
        *("Bucket", "Key", "Body", "ContentType", "Metadata", "Tagging", "IfMatch", "IfNoneMatch"),
        *("ChecksumAlgorithm", "ChecksumSHA256", *_LOCK),
    },
    "GetObject": _VERSION | {"ChecksumMode"},
    "HeadObject": _VERSION | {"ChecksumMode"},
    "DeleteObject": _VERSION | {"BypassGovernanceRetention"},
    "GetObjectTagging": _VERSION,
    "PutObjectRetention": _VERSION | {"Retention", "BypassGovernanceRetention"},
    "GetObjectRetention": _VERSION,
    "ListObjectsV2": _LISTING | {"StartAfter", "ContinuationToken"},
    "ListObjectVersions": _LISTING | {"KeyMarker", "VersionIdMarker"},
}
"""The members of a request that this store understands."""


class MemoryS3:
    """Buckets by their names; a call waits for the one before it."""

    def __init__(self) -> None:
        self.buckets: dict[str, Bucket] = {}
        self._lock = threading.RLock()
        self._operations: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "CreateBucket": self._create_bucket,
            "GetBucketVersioning": self._get_versioning,
            "PutBucketVersioning": self._put_versioning,
            "GetObjectLockConfiguration": self._get_lock_configuration,
            "PutObject": self._put,
            "GetObject": self._get,
            "HeadObject": self._head,
            "DeleteObject": self._delete,
            "GetObjectTagging": self._get_tagging,
            "PutObjectRetention": self._put_retention,
            "GetObjectRetention": self._get_retention,
            "ListObjectsV2": lambda given: list_objects(self._bucket(given), given),
            "ListObjectVersions": lambda given: list_versions(self._bucket(given), given),
        }

    def answer(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        if unknown := given.keys() - _READ[operation]:
            raise NotImplementedError(unknown)
        with self._lock:
            return self._operations[operation](given)

    def taken(self) -> dict[str, Bucket]:
        """The buckets as they are now; later calls do not change them."""
        with self._lock:
            return {name: bucket.copied() for name, bucket in self.buckets.items()}

    def put_back(self, buckets: Mapping[str, Bucket]) -> None:
        """Go on with buckets that were taken; they stay as they are."""
        self.buckets = {name: bucket.copied() for name, bucket in buckets.items()}

    def _bucket(self, given: Mapping[str, Any]) -> Bucket:
        try:
            return self.buckets[given["Bucket"]]
        except KeyError:
            raise Refused(404, "NoSuchBucket", "The specified bucket does not exist") from None

    def _create_bucket(self, given: Mapping[str, Any]) -> dict[str, Any]:
        has_lock = given.get("ObjectLockEnabledForBucket", False)
        self.buckets[given["Bucket"]] = Bucket(has_lock, "Enabled" if has_lock else "")
        return {"Location": f"/{given['Bucket']}"}

    def _get_versioning(self, given: Mapping[str, Any]) -> dict[str, Any]:
        status = self._bucket(given).versioning
        return {"Status": status} if status else {}

    def _put_versioning(self, given: Mapping[str, Any]) -> dict[str, Any]:
        self._bucket(given).versioning = given["VersioningConfiguration"]["Status"]
        return {}

    def _get_lock_configuration(self, given: Mapping[str, Any]) -> dict[str, Any]:
        if not self._bucket(given).has_lock:
            raise Refused(404, "ObjectLockConfigurationNotFoundError")
        return {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}

    def _put(self, given: Mapping[str, Any]) -> dict[str, Any]:
        bucket = self._bucket(given)
        _check_limits(given)
        _check_lock(given)
        _check_condition(given, bucket.current(given["Key"]))
        body = given.get("Body", b"")
        content = bytes(body) if isinstance(body, bytes | bytearray) else body.read()
        checksum = given.get("ChecksumSHA256", "")
        if checksum and checksum != _sha256(content):
            raise Refused(400, "BadDigest")
        if given.get("ChecksumAlgorithm") == "SHA256":
            checksum = _sha256(content)
        if given.get("ObjectLockMode") and not bucket.has_lock:
            raise Refused(400, "InvalidRequest", "Bucket is missing ObjectLockConfiguration")
        version = Version(
            given["Key"],
            _new_id() if bucket.versioning == "Enabled" else "null",
            now(),
            content=content,
            content_type=given.get("ContentType", Version.content_type),
            sha256=checksum,
            metadata={name.lower(): text for name, text in given.get("Metadata", {}).items()},
            tagging=given.get("Tagging", ""),
            lock_mode=given.get("ObjectLockMode", ""),
            locked_until=given.get("ObjectLockRetainUntilDate"),
        )
        bucket.add(version)
        return _id_of(version, bucket) | _checksum_of(version) | {"ETag": version.etag}

    def _get(self, given: Mapping[str, Any]) -> dict[str, Any]:
        version = self._found(given)
        content = version.content or b""
        body = StreamingBody(io.BytesIO(content), len(content))
        return self._described(given, version) | {"Body": body}

    def _head(self, given: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self._described(given, self._found(given))
        except Refused as refused:  # an answer to HEAD has no body, so the code is the status
            raise Refused(refused.status, str(refused.status), "Not Found") from None

    def _described(self, given: Mapping[str, Any], version: Version) -> dict[str, Any]:
        described = _id_of(version, self._bucket(given)) | {
            "LastModified": version.modified,
            "ContentLength": len(version.content or b""),
            "ETag": version.etag,
            "ContentType": version.content_type,
            "Metadata": dict(version.metadata),
        }
        if given.get("ChecksumMode") == "ENABLED":
            described |= _checksum_of(version)
        if version.lock_mode:
            described["ObjectLockMode"] = version.lock_mode
            described["ObjectLockRetainUntilDate"] = version.locked_until
        return described

    def _delete(self, given: Mapping[str, Any]) -> dict[str, Any]:
        bucket, key = self._bucket(given), given["Key"]
        if "VersionId" not in given:
            marker_id = _new_id() if bucket.versioning == "Enabled" else "null"
            if bucket.versioning:
                bucket.add(Version(key, marker_id, now()))
                return {"DeleteMarker": True, "VersionId": marker_id}
            bucket.versions.pop(key, None)
            return {}
        version = _of_id(bucket.versions.get(key, ()), given["VersionId"])
        if version is None:
            return {"VersionId": given["VersionId"]}
        may_bypass = version.lock_mode == "GOVERNANCE" and given.get("BypassGovernanceRetention")
        if _is_locked(version) and not may_bypass:
            raise Refused(403, "AccessDenied", "Access Denied because object protected by lock.")
        bucket.remove(version)
        marker = {"DeleteMarker": True} if version.content is None else {}
        return marker | {"VersionId": version.version_id}

    def _get_tagging(self, given: Mapping[str, Any]) -> dict[str, Any]:
        version = self._found(given)
        tags = [{"Key": name, "Value": text} for name, text in parse_qsl(version.tagging)]
        return _id_of(version, self._bucket(given)) | {"TagSet": tags}

    def _put_retention(self, given: Mapping[str, Any]) -> dict[str, Any]:
        version, bucket = self._found(given), self._bucket(given)
        wanted = given["Retention"]
        may_bypass = version.lock_mode == "GOVERNANCE" and given.get("BypassGovernanceRetention")
        is_weaker = (version.lock_mode, wanted["Mode"]) == ("COMPLIANCE", "GOVERNANCE") or (
            wanted["RetainUntilDate"] < (version.locked_until or wanted["RetainUntilDate"])
        )
        if _is_locked(version) and is_weaker and not may_bypass:
            raise Refused(403, "AccessDenied", "Access Denied because object protected by lock.")
        kept = bucket.versions[version.key]
        kept[kept.index(version)] = replace(
            version, lock_mode=wanted["Mode"], locked_until=wanted["RetainUntilDate"]
        )
        return {}

    def _get_retention(self, given: Mapping[str, Any]) -> dict[str, Any]:
        version = self._found(given)
        if not version.lock_mode:
            raise Refused(404, "NoSuchObjectLockConfiguration")
        return {"Retention": {"Mode": version.lock_mode, "RetainUntilDate": version.locked_until}}

    def _found(self, given: Mapping[str, Any]) -> Version:
        """The version that is asked for, or the current one."""
        bucket, key = self._bucket(given), given["Key"]
        if "VersionId" in given:
            version = _of_id(bucket.versions.get(key, ()), given["VersionId"])
            if version is None:
                raise Refused(404, "NoSuchVersion", "The specified version does not exist.")
            if version.content is None:
                raise Refused(405, "MethodNotAllowed")
            return version
        current = bucket.current(key)
        if current is None:
            raise Refused(404, "NoSuchKey", "The specified key does not exist.")
        return current


def _check_condition(given: Mapping[str, Any], current: Version | None) -> None:
    """The condition of a write."""
    wanted = given.get("IfMatch")
    if wanted and current is None:
        raise Refused(404, "NoSuchKey", "The specified key does not exist.")
    is_other = wanted and current and current.etag.strip('"') != wanted.strip('"')
    if is_other or (given.get("IfNoneMatch") and current):
        raise Refused(
            412,
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
        )


def _check_limits(given: Mapping[str, Any]) -> None:
    """What S3 takes of a key, of metadata and of tags."""
    if len(given["Key"].encode()) > _MOST_KEY_BYTES:
        raise Refused(400, "KeyTooLongError", "Your key is too long")
    texts = [text for pair in given.get("Metadata", {}).items() for text in pair]
    if any(set("\r\n") & set(text) for text in texts):  # the client itself refuses it
        raise ValueError("Header values must not contain newline characters.")
    if sum(map(len, texts)) > _MOST_METADATA_BYTES:
        raise Refused(400, "MetadataTooLarge")
    if len(parse_qsl(given.get("Tagging", ""), keep_blank_values=True)) > _MOST_TAGS:
        raise Refused(400, "BadRequest", "Object tags cannot be greater than 10")


def _check_lock(given: Mapping[str, Any]) -> None:
    until = given.get("ObjectLockRetainUntilDate")
    if bool(given.get("ObjectLockMode")) != bool(until):
        raise Refused(400, "InvalidArgument", "A lock has a mode and a date")
    if until and until <= now():
        raise Refused(400, "InvalidArgument", "The retain until date must be in the future!")


def _is_locked(version: Version) -> bool:
    return version.locked_until is not None and version.locked_until > now()


def _of_id(kept: Iterable[Version], version_id: str) -> Version | None:
    return next((one for one in kept if one.version_id == version_id), None)


def _id_of(version: Version, bucket: Bucket) -> dict[str, str]:
    return {"VersionId": version.version_id} if bucket.versioning else {}


def _checksum_of(version: Version) -> dict[str, str]:
    return {"ChecksumSHA256": version.sha256} if version.sha256 else {}


def _sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def _new_id() -> str:
    return str(uuid.uuid4())
