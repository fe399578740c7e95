"""Reading a manifest piece by piece gives what reading it at once gives."""

import hashlib
import json
from collections.abc import Iterator
from itertools import count, islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.evidence.signatures import ALGORITHM, Signature, signed_file, signed_part
from lambdas.domain.json_text import sha256_hex, to_canonical_json
from ops.check import manifest_reader
from ops.check.manifest_reader import InvoicePart, ManifestReader, NotAManifest, PayerPart

SIGNATURE = Signature("arn:key", ALGORITHM, "c2lnbmF0dXJl")
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
MEMBERS = st.dictionaries(st.text().filter(lambda name: name != "invoices"), PLAIN, max_size=4)
PAYERS = st.lists(st.tuples(MEMBERS, st.none() | st.lists(PLAIN, max_size=4)), max_size=4)
APART = {"payers", "signature"}


def blocks(content: bytes, size: int) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def members(data: dict[str, Any], *apart: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in apart}


@given(st.dictionaries(st.text(), PLAIN, max_size=5), PAYERS, st.integers(1, 60))
def test_whatever_the_blocks_the_parts_and_hashes_are_those_of_the_whole_file(
    top: dict[str, Any], payers: list[tuple[dict[str, Any], list[Any] | None]], size: int
) -> None:
    listed = [
        {**one, "invoices": invoices} if invoices is not None else {**one, "x": 0}
        for one, invoices in payers
    ]
    content = {**members(top, *APART), "payers": listed, "verdict": "COMPLETE"}
    file = signed_file(content, SIGNATURE)
    reader = ManifestReader(blocks(file, size))
    parts = list(reader.parts())
    expected: list[InvoicePart | PayerPart] = []
    for payer in listed:
        expected += [InvoicePart(invoice) for invoice in payer.get("invoices", ())]
        expected.append(PayerPart(members(payer, "invoices")))
    assert parts == expected
    assert reader.members == members(content, *APART)
    assert reader.sha256 == sha256_hex(file)
    assert reader.signed_digest == hashlib.sha256(signed_part(content, "arn:key")).digest()
    assert (reader.has_ended, reader.is_canonical) == (True, True)


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"schema":"x"}',
        b'{"payers":{}}',
        b'{"payers":[1]}',
        b'{"payers":[{"a":1,"a":1}]}',
        b'{"payers":[{"invoices":3}]}',
        b'{"payers":[],"payers":[]}',
        b'{"payers":[]} and more',
        b'{"payers":[],"total":1.5}',
        b'{"payers":[],"total":NaN}',
        b'{"payers":[],"name":"\xff"}',
        b'{"payers":[]',
        b'{"payers":[{"invoices":[{"a":1},',
        b'{1:2,"payers":[]}',
        b'{"payers":[],"deep":' + b"[" * 100_000,
        b'{"payers":[],"number":' + b"1" * 5000 + b"}",
    ],
)
def test_what_is_no_manifest_is_reported_and_hashed_all_the_same(content: bytes, size: int) -> None:
    reader = ManifestReader(blocks(content, size))
    with pytest.raises(NotAManifest):
        list(reader.parts())
    assert reader.sha256 == sha256_hex(content)
    assert not reader.has_ended


@pytest.mark.parametrize(
    "file",
    [
        '{"payers":[],"signature":{"algorithm":"a","key_id":"k", "value":"v"},"verdict":1}\n',
        '{"payers":[],"signature":{"value":"v","key_id":"k","algorithm":"a"},"verdict":1}\n',
        '{"payers":[],"signature": {"algorithm":"a","key_id":"k","value":"v"},"verdict":1}\n',
        '{"payers":[],"signature":{"algorithm":"\\u0061","key_id":"k","value":"v"}}\n',
        '{"payers":[]}',
        '{"payers":[]}\n\n',
        '{"payers":[]} \n',
        ' {"payers":[]}\n',
        '{"payers":[ ]}\n',
        '{"verdict":1,"payers":[]}\n',
        '{"payers":[],"number":-0}\n',
        '{"payers":[],"name":"\\u0061"}\n',
        '{"payers":[{"b":1,"a":1}]}\n',
        '{"payers":[{"invoices":[{"a":1} ,{"a":1}]}]}\n',
        '{"payers":[{"invoices":[{"a":{"b":1,"b":2}}]}]}\n',
        '{"payers":[{"invoices":[{"b":1,"a":1}]}]}\n',
    ],
)
def test_any_other_form_than_the_canonical_one_is_reported(file: str) -> None:
    for size in (1, 1000):
        reader = ManifestReader(blocks(file.encode(), size))
        list(reader.parts())
        assert not reader.is_canonical


def test_the_signature_covers_how_and_with_which_key_it_was_made_and_not_itself() -> None:
    content = {"payers": [], "verdict": "COMPLETE"}
    digests = set()
    for signature in (
        Signature("k", ALGORITHM, "v"),
        Signature("k", ALGORITHM, "other"),
        Signature("other", ALGORITHM, "v"),
        Signature("k", "other", "v"),
    ):
        reader = ManifestReader([signed_file(content, signature)])
        list(reader.parts())
        digests.add(reader.signed_digest)
    assert len(digests) == 3
    assert hashlib.sha256(signed_part(content, "k")).digest() in digests


def test_a_piece_that_has_no_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest_reader, "_LONGEST_PIECE", 10_000)
    endless = (b'{"payers":[],"name":"' if at == 0 else b"x" * 1000 for at in count())
    reader = ManifestReader(islice(endless, 1000))
    with pytest.raises(NotAManifest, match="a piece of it is longer than"):
        list(reader.parts())


def test_a_signature_elsewhere_than_at_the_top_is_content() -> None:
    file = to_canonical_json({"payers": [{"signature": {"value": "v"}}], "run": {"signature": 1}})
    reader = ManifestReader([file])
    assert list(reader.parts()) == [PayerPart({"signature": {"value": "v"}})]
    assert (reader.signature, reader.signed_digest) == (None, hashlib.sha256(file).digest())


def test_a_manifest_for_people_with_spaces_and_lines_is_read_too() -> None:
    content = {"payers": [{"invoices": [{"a": "1"}, {"b": []}], "name": "é"}], "key": "k"}
    reader = ManifestReader(blocks(json.dumps(content, indent=2).encode(), 3))
    assert list(reader.parts()) == [
        InvoicePart({"a": "1"}),
        InvoicePart({"b": []}),
        PayerPart({"name": "é"}),
    ]
    assert reader.members == {"key": "k"}
