import json
from collections import OrderedDict
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.json_text import (
    instant_text,
    read_instant,
    sha256_hex,
    to_canonical_json,
    to_hashed_json,
    to_json,
)

any_text = st.text(st.characters(categories=("L", "N", "P", "S", "Z", "C")), max_size=12).filter(
    lambda text: json.loads(json.dumps(text)) == text
)
"""Two halves side by side are a letter to whoever reads JSON."""
plain_data = st.recursive(
    st.none() | st.booleans() | st.integers() | any_text,
    lambda data: st.lists(data, max_size=4) | st.dictionaries(any_text, data, max_size=4),
)
instants = st.datetimes(
    datetime(1990, 1, 1),  # noqa: DTZ001 - hypothesis wants it so
    datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours))),
)


@given(plain_data)
def test_what_is_stored_reads_back(data: object) -> None:
    assert json.loads(to_json(data)) == data


@given(st.dictionaries(any_text, st.integers(), max_size=6), st.randoms())
def test_the_same_data_gives_the_same_bytes(data: dict[str, int], random: object) -> None:
    items = list(data.items())
    random.shuffle(items)  # type: ignore[attr-defined]
    assert to_json(OrderedDict(items)) == to_json(data)


@given(plain_data | st.tuples(plain_data, plain_data))
def test_the_indented_form_is_that_of_the_standard_library(data: object) -> None:
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, indent=2) + "\n"
    assert to_hashed_json(data) == text.encode(errors="surrogatepass")
    assert to_json(data) == text.encode(errors="backslashreplace")


def test_the_form_is_sorted_indented_utf_8_with_a_newline_at_the_end() -> None:
    assert to_json({"b": "é", "a": [1]}) == '{\n  "a": [\n    1\n  ],\n  "b": "é"\n}\n'.encode()


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), {"rate": 1.5}, [{"rates": (1, 0.1)}], {"a": {"b": [0.0]}}]
)
def test_a_float_is_refused_wherever_it_is(value: object) -> None:
    with pytest.raises(TypeError, match="amounts and rates are decimal text"):
        to_json(value)


@given(instants)
def test_an_instant_reads_back_as_the_same_instant_in_utc(instant: datetime) -> None:
    text = instant_text(instant)
    assert text.endswith("Z")
    assert read_instant(text) == instant
    assert read_instant(text).tzinfo is UTC


def test_an_instant_prints_in_utc_with_a_z() -> None:
    ahead = timezone(timedelta(hours=2))
    assert instant_text(datetime(2026, 11, 3, 8, tzinfo=ahead)) == "2026-11-03T06:00:00Z"


@pytest.mark.parametrize(
    "text", ["2026-11-03T06:00:00", "2026-11-03", "yesterday", "", "2026-13-01T00:00:00Z"]
)
def test_what_is_no_instant_with_an_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"time zone|isoformat|month must be"):
        read_instant(text)


def test_a_hash_is_sha_256_in_hex() -> None:
    assert sha256_hex(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


HALF = "\ud800"


def test_half_of_a_surrogate_pair_is_written_as_an_escape_and_reads_back() -> None:
    data = {HALF: [f"a{HALF}b", "\udc00"]}
    assert json.loads(to_json(data).decode()) == data


def test_what_is_signed_and_what_is_hashed_keep_the_form_of_the_first_release() -> None:
    assert to_canonical_json({"a": HALF}) == b'{"a":"\xed\xa0\x80"}\n'
    assert to_hashed_json({"a": HALF}) == b'{\n  "a": "\xed\xa0\x80"\n}\n'
