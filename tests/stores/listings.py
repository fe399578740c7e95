"""Listings of a bucket in memory, page by page."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from itertools import groupby, islice
from typing import Any

from tests.stores.bucket import Bucket, Version

_MOST_KEYS = 1000


def list_objects(bucket: Bucket, given: Mapping[str, Any]) -> dict[str, Any]:
    """A page of current objects, and of the folders of those with the delimiter in their keys."""
    after = given.get("ContinuationToken") or given.get("StartAfter", "")
    keys = [key for key in _keys(bucket, given) if bucket.current(key)]
    found = (
        folder or bucket.versions[key][-1]
        for folder, key in _folded(keys, given)
        if (folder or key) > after
    )
    page, is_cut = _page(found, given)
    answer: dict[str, Any] = {"IsTruncated": is_cut, "KeyCount": len(page)}
    if is_cut:
        answer["NextContinuationToken"] = page[-1] if isinstance(page[-1], str) else page[-1].key
    objects = [_listed(one) for one in page if isinstance(one, Version)]
    return answer | _members(Contents=objects, CommonPrefixes=_folders(page))


def list_versions(bucket: Bucket, given: Mapping[str, Any]) -> dict[str, Any]:
    """A page of all versions and delete markers, of each key the newest first, and of folders."""
    page, is_cut = _page(_versions(bucket, given), given)
    answer: dict[str, Any] = {"IsTruncated": is_cut}
    if is_cut:
        answer |= _markers_after(page[-1])
    versions, markers = [], []
    for one in page:
        if isinstance(one, str):
            continue
        is_newest = {"IsLatest": one is bucket.newest(one.key)}
        if one.content is None:
            markers.append(_known(one) | is_newest)
        else:
            versions.append(_listed(one) | _known(one) | is_newest)
    return answer | _members(
        Versions=versions, DeleteMarkers=markers, CommonPrefixes=_folders(page)
    )


def _versions(bucket: Bucket, given: Mapping[str, Any]) -> Iterator[Version | str]:
    key_marker, id_marker = given.get("KeyMarker", ""), given.get("VersionIdMarker", "")
    for folder, key in _folded(_keys(bucket, given), given):
        if (folder or key) < key_marker:
            continue
        newest_first = [*reversed(bucket.versions[key])]
        if (folder or key) == key_marker:
            ids = [one.version_id for one in newest_first]
            newest_first = newest_first[ids.index(id_marker) + 1 :] if id_marker in ids else []
        if not folder:
            yield from newest_first
        elif folder != key_marker:
            yield folder


def _markers_after(last: Version | str) -> dict[str, str]:
    if isinstance(last, str):
        return {"NextKeyMarker": last}
    return {"NextKeyMarker": last.key, "NextVersionIdMarker": last.version_id}


def _folded(keys: list[str], given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each key that is in no folder, and the first key of each folder with the folder."""
    prefix, delimiter = given.get("Prefix", ""), given.get("Delimiter", "")

    def folder_of(key: str) -> str:
        name, mark, _ = key.removeprefix(prefix).partition(delimiter)
        return f"{prefix}{name}{mark}" if mark else ""

    if not delimiter:
        yield from (("", key) for key in keys)
        return
    for folder, inside in groupby(keys, folder_of):
        for key in inside:
            yield folder, key
            if folder:
                break


def _keys(bucket: Bucket, given: Mapping[str, Any]) -> list[str]:
    """The keys below the prefix, in their order."""
    keys, prefix = sorted(bucket.versions), given.get("Prefix", "")
    first = bisect_left(keys, prefix)
    return [key for key in keys[first:] if key.startswith(prefix)]


def _page(
    found: Iterator[Version | str], given: Mapping[str, Any]
) -> tuple[list[Version | str], bool]:
    """As many as fit on a page, and whether there are more."""
    most = min(given.get("MaxKeys", _MOST_KEYS), _MOST_KEYS)
    page = list(islice(found, most + 1))
    return page[:most], len(page) > most


def _folders(page: list[Version | str]) -> list[dict[str, str]]:
    return [{"Prefix": one} for one in page if isinstance(one, str)]


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
