import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.domain.raw_json import JsonObject, NotJson, described, member, parts, read
from tests.sizes import examples

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
SPACES = st.sampled_from([None, 1, 3])


@settings(max_examples=examples(20, 50))
@given(st.lists(VALUES), SPACES)
def test_the_parts_of_a_list_are_its_items_as_they_stand_there(
    items: list[Any], indent: int | None
) -> None:
    text = json.dumps(items, indent=indent)
    found, is_whole = parts(text, "[]")
    assert is_whole
    assert [read(one) for one in found] == items
    assert all(one in text for one in found)


@settings(max_examples=examples(20, 50))
@given(st.dictionaries(st.text(), VALUES), SPACES, st.booleans())
def test_the_parts_of_an_object_are_its_members(
    members: dict[str, Any], indent: int | None, ascii_only: bool
) -> None:
    found, is_whole = parts(json.dumps(members, indent=indent, ensure_ascii=ascii_only), "{}")
    assert is_whole
    assert {name: read(value) for name, value in map(member, found)} == members


@settings(max_examples=examples(20, 50))
@given(st.text(alphabet='{}[]",:\\ab1 '))
def test_no_text_does_more_harm_than_to_be_no_json(text: str) -> None:
    for brackets in ("{}", "[]"):
        try:
            found, _ = parts(text, brackets)
        except NotJson:
            continue
        for one in found:
            for cut in (member, read):
                with contextlib.suppress(NotJson):
                    cut(one)


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ('[{"a": 1}, {"b": [2', ['{"a": 1}', '{"b": [2']),
        ('[1, "x', ["1", '"x']),
        ("[1] x", ["1"]),
        ("[1}", ["1"]),
        ("[1,", ["1", ""]),
    ],
)
def test_what_is_broken_off_has_the_parts_before_and_is_not_whole(
    text: str, texts: list[str]
) -> None:
    assert parts(text, "[]") == (texts, False)


@pytest.mark.parametrize("text", ["", "<html>", '"[]"', "null", "{}"])
def test_what_is_no_list_has_no_parts(text: str) -> None:
    with pytest.raises(NotJson):
        parts(text, "[]")


@pytest.mark.parametrize("text", ["", "x", '"a"', '"a" 1', '"a": ', '{"a": 1}', ": 1"])
def test_what_is_no_member_has_no_value(text: str) -> None:
    with pytest.raises(NotJson):
        read(member(text)[1])


def test_escaped_quotes_and_brackets_in_strings_end_nothing() -> None:
    text = r'["a\"],[{", "\\", "}"]'
    assert [read(one) for one in parts(text, "[]").texts] == json.loads(text)


@pytest.mark.timeout(20)
def test_hostile_text_is_cut_in_time_that_grows_with_its_length_alone() -> None:
    size = 200_000
    for text in ('["' + r"\"" * size, "[" * size, '["' * size, '["a", ' * size, "[" + "\\" * size):
        parts(text, "[]")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000])
def test_what_is_nested_too_deeply_is_not_read(text: str) -> None:
    with pytest.raises(NotJson):
        read(text)


def test_a_number_beyond_all_measure_is_read_as_infinity() -> None:
    assert read("1" * 10_000) == float("inf")
    assert read("-" + "1" * 10_000) == float("-inf")


def test_a_member_that_stands_there_twice_is_known_and_the_last_one_counts() -> None:
    found = read('{"a": 1, "b": 2, "a": 3}')
    assert isinstance(found, JsonObject)
    assert (found, found.repeated) == ({"a": 3, "b": 2}, {"a"})


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "true"),
        ("soon", "the text 'soon'"),
        ("x" * 100, f"the text '{'x' * 40}…'"),
        ("a\nb\x00\ud800", "the text 'a b\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}'"),
        (5, "the number 5"),
        (float("nan"), "the number nan"),
        ({"a": 1}, "an object"),
        ([1], "a list"),
    ],
)
def test_a_value_is_reported_shortly_and_does_no_harm(value: object, words: str) -> None:
    assert described(value) == words
