"""Whatever is edited in what is signed or named, the check is red."""

import base64
import copy
import json
import string
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.evidence.archive_layout import is_evidence
from lambdas.domain.json_text import to_canonical_json, to_json
from tests.ops.made_archive import NEWEST, MadeArchive, make_archive
from tests.ops.memory_place import MemoryPlace
from tests.ops.test_check_findings import check
from tests.sizes import sample

GOOD = make_archive()
MANIFESTS = [*GOOD.keys("periods/2026-09/manifests/"), *GOOD.keys("periods/2026-10/manifests/")]
EVIDENCE = sorted(key for key in GOOD.files if is_evidence(key))
OTHER_VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers())
UNSIGNED = ("SIGNATURE_INVALID", "MANIFEST_DAMAGED")
"""The second where what is left is no manifest any more."""
Path = tuple[str | int, ...]


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where every member and item is, containers included."""
    members: Any = ()
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    for name, member in members:
        yield (*path, name)
        yield from paths(member, (*path, name))


def signed_paths(key: str) -> list[Path]:
    return [path for path in paths(GOOD.data(key)) if path[0] != "signature"]


def member(path: Path) -> str:
    """The member, wherever in a list it is."""
    return ".".join("*" if isinstance(step, int) else step for step in path)


def with_value(key: str, path: Path, value: Any) -> Any:
    data = copy.deepcopy(GOOD.data(key))
    target = data
    for step in path[:-1]:
        target = target[step]
    if target[path[-1]] == value and type(target[path[-1]]) is type(value):
        value = [value]
    target[path[-1]] = value
    return data


def without(key: str, path: Path) -> Any:
    data = copy.deepcopy(GOOD.data(key))
    target = data
    for step in path[:-1]:
        target = target[step]
    del target[path[-1]]
    return data


def is_red(key: str, content: bytes, *codes: str) -> None:
    assert content != GOOD.files[key]
    made = MadeArchive(GOOD.kms, {**GOOD.files, key: content})
    report = check(made, MemoryPlace(made.files))
    assert report.result == "ACTION_REQUIRED"
    if codes:
        assert {finding.code for finding in report.findings} & set(codes)


@given(st.data())
def test_any_edit_of_a_signed_field_of_any_manifest_is_red(data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(MANIFESTS))
    path = data.draw(st.sampled_from(signed_paths(key)))
    edited = with_value(key, path, data.draw(OTHER_VALUES))
    is_red(key, to_canonical_json(edited), *UNSIGNED)


@pytest.mark.sized
@pytest.mark.parametrize(
    "path",
    sample(signed_paths(NEWEST), 60, member),
    ids=lambda path: ".".join(map(str, path)),
)
def test_each_signed_field_of_the_newest_manifest_left_out_is_red(path: Path) -> None:
    """Nothing comes after the newest manifest to vouch for it but its signature."""
    is_red(NEWEST, to_canonical_json(without(NEWEST, path)), *UNSIGNED)


@given(st.sampled_from(MANIFESTS), st.text(), OTHER_VALUES)
def test_a_member_that_was_added_to_a_manifest_is_red(key: str, name: str, value: Any) -> None:
    said = GOOD.data(key)
    if name not in said:
        is_red(key, to_canonical_json({**said, name: value}), "SIGNATURE_INVALID")


@given(st.data())
def test_any_edit_of_any_field_of_any_record_is_red(data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(GOOD.keys("records/")))
    path = data.draw(st.sampled_from(list(paths(GOOD.data(key)))))
    edited = with_value(key, path, data.draw(OTHER_VALUES))
    is_red(key, to_json(edited), "RECORD_CHANGED", "SIZE_CHANGED")


@given(st.sampled_from(EVIDENCE), st.integers(0), st.integers(0, 7))
def test_any_bit_of_any_evidence_flipped_is_red(key: str, at: int, bit: int) -> None:
    content = bytearray(GOOD.files[key])
    content[at % len(content)] ^= 1 << bit
    is_red(key, bytes(content))


@given(st.sampled_from(EVIDENCE), st.integers(0), st.binary(max_size=3))
def test_any_evidence_cut_or_lengthened_is_red(key: str, at: int, more: bytes) -> None:
    content = GOOD.files[key]
    changed = content[: at % len(content)] + more
    if changed != content:
        is_red(key, changed)


def test_a_signature_written_in_another_form_is_red() -> None:
    """Everything that is signed is as it was; the file is not."""
    said = GOOD.data(NEWEST)["signature"]
    turned = json.dumps(dict(reversed(said.items())), separators=(",", ":"))
    right = json.dumps(said, separators=(",", ":"))
    content = GOOD.files[NEWEST].decode().replace(right, turned).encode()
    is_red(NEWEST, content, "MANIFEST_DAMAGED")


@pytest.mark.parametrize("member", ["key_id", "algorithm", "value"])
@pytest.mark.parametrize("value", ["", "arn:aws:kms:us-east-1:999999999999:key/other", 7, None])
def test_any_edit_of_the_signature_is_red(member: str, value: object) -> None:
    edited = with_value(NEWEST, ("signature", member), value)
    is_red(NEWEST, to_canonical_json(edited), "SIGNATURE_INVALID")


def test_the_same_signature_in_other_base64_is_red() -> None:
    """The last letter before the padding has bits that mean nothing."""
    signed = (json.loads(GOOD.sign(GOOD.data(NEWEST))) for _ in range(100))
    said = next(one for one in signed if one["signature"]["value"].endswith("="))
    value = said["signature"]["value"]
    bare = value.rstrip("=")
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
    other = bare[:-1] + letters[letters.index(bare[-1]) ^ 1] + "=" * (len(value) - len(bare))
    assert base64.b64decode(other) == base64.b64decode(value)
    said["signature"]["value"] = other
    is_red(NEWEST, to_canonical_json(said), "SIGNATURE_INVALID")


@pytest.mark.parametrize("key", MANIFESTS)
def test_the_same_content_in_another_form_is_red(key: str) -> None:
    is_red(key, json.dumps(GOOD.data(key), indent=1).encode(), "MANIFEST_DAMAGED")
    is_red(key, GOOD.files[key].rstrip(b"\n"), "MANIFEST_DAMAGED")
