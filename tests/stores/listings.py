"""Listings of a bucket in memory, page by page."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from tests.stores.bucket import Bucket, Version

_MOST_KEYS = 1000


def list_objects(bucket: Bucket, given: Mapping[str, Any]) -> dict[str, Any]:
    """A page of current objects, and of the folders of those with the delimiter in their keys."""
    after = given.get("ContinuationToken") or given.get("StartAfter", "")
    most = given.get("MaxKeys", _MOST_KEYS)
    found = list(islice(_objects_and_folders(bucket, given, after), most + 1))
    page = found[:most]
    answer: dict[str, Any] = {"IsTruncated": len(found) > most, "KeyCount": len(page)}
    if answer["IsTruncated"]:
        answer["NextContinuationToken"] = page[-1] if isinstance(page[-1], str) else page[-1].key
    objects = [_listed(one) for one in page if isinstance(one, Version)]
    folders = [{"Prefix": one} for one in page if isinstance(one, str)]
    return answer | _members(Contents=objects, CommonPrefixes=folders)


def list_versions(bucket: Bucket, given: Mapping[str, Any]) -> dict[str, Any]:
    """A page of all versions and delete markers; of each key the newest first."""
    most = given.get("MaxKeys", _MOST_KEYS)
    after = (given.get("KeyMarker", ""), given.get("VersionIdMarker", ""))
    found = list(islice(_versions(bucket, given.get("Prefix", ""), after), most + 1))
    page = found[:most]
    answer: dict[str, Any] = {"IsTruncated": len(found) > most}
    if answer["IsTruncated"]:
        answer["NextKeyMarker"], answer["NextVersionIdMarker"] = page[-1].key, page[-1].version_id
    known = [_known(one) | {"IsLatest": one is bucket.newest(one.key)} for one in page]
    versions = [
        _listed(one) | described
        for one, described in zip(page, known, strict=True)
        if one.content is not None
    ]
    markers = [described for one, described in zip(page, known, strict=True) if one.content is None]
    return answer | _members(Versions=versions, DeleteMarkers=markers)


def _objects_and_folders(
    bucket: Bucket, given: Mapping[str, Any], after: str
) -> Iterator[Version | str]:
    prefix, delimiter = given.get("Prefix", ""), given.get("Delimiter", "")
    folder = ""
    for key in _keys(bucket, prefix):
        current = bucket.current(key)
        if current is None or (folder and key.startswith(folder)):
            continue
        name, mark, _ = key.removeprefix(prefix).partition(delimiter) if delimiter else ("", "", "")
        folder = f"{prefix}{name}{mark}" if mark else ""
        if (folder or key) > after:
            yield folder or current


def _versions(bucket: Bucket, prefix: str, after: tuple[str, str]) -> Iterator[Version]:
    key_marker, id_marker = after
    for key in _keys(bucket, prefix):
        if key < key_marker or (key == key_marker and not id_marker):
            continue
        kept = bucket.versions[key]
        if key == key_marker:
            ids = [one.version_id for one in kept]
            kept = kept[: ids.index(id_marker)] if id_marker in ids else []
        yield from reversed(kept)


def _keys(bucket: Bucket, prefix: str) -> Iterator[str]:
    """The keys below the prefix, in their order."""
    keys = sorted(bucket.versions)
    for key in keys[bisect_left(keys, prefix) :]:
        if not key.startswith(prefix):
            return
        yield key


def _known(version: Version) -> dict[str, Any]:
    return {
        "Key": version.key,
        "VersionId": version.version_id,
        "LastModified": version.modified,
    }


def _listed(version: Version) -> dict[str, Any]:
    return {
        "Key": version.key,
        "LastModified": version.modified,
        "ETag": version.etag,
        "Size": len(version.content or b""),
        "StorageClass": "STANDARD",
    }


def _members(**lists: list[Any]) -> dict[str, Any]:
    """Those that are not empty: botocore leaves out a list without members."""
    return {name: members for name, members in lists.items() if members}
