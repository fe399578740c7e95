import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.secret_text import has_signed_url, has_url, quoted


@pytest.mark.parametrize(
    "text",
    [
        "?X-Amz-Signature=1",
        "x-amz-SECURITY-token: abc",
        "X_Amz_Credential",
        "%58-%41mz-Signature",
        "%" + "25" * 200 + "58-Amz-Signature",
        "&#x58;&hyphen;Amz-Signature",
        "&amp;#88;-Amz-Signature",
        "\\u{58}-Amz-Signature",
        "\\x58-Amz-Signature",
        "X-Amz-Sig\\r\\nnature",
        "X-\u202eAmz-\u2060Signature",
        "signature = abc",
        "?Key-Pair-Id=K&x",
        "AWSAccessKeyId",
    ],
)
def test_a_parameter_that_signs_a_url_is_found_in_any_spelling(text: str) -> None:
    assert has_signed_url(text)
    assert has_url(text)
    assert quoted(text) == quoted({"a": [text]}) == "(it has a URL, which is not repeated here)"


@pytest.mark.parametrize(
    "text",
    ["", "Amazon signature: expires", "key pair id 7", "100%", "a & b; c", "\\", "https", "%zz"],
)
def test_words_are_no_url(text: str) -> None:
    assert not has_signed_url(text)
    assert not has_url(text)


def test_a_url_without_a_signature_is_a_url_and_no_secret() -> None:
    assert has_url("https&colon;//wiki")
    assert not has_signed_url("https://wiki")


def test_what_is_escaped_without_end_hides_something() -> None:
    assert has_signed_url("%" + "25" * 400 + "41")


def test_a_value_is_quoted_as_it_begins() -> None:
    assert quoted("2026-13") == "'2026-13'"
    assert quoted("x" * 1_000) == repr("x" * 60)
    assert len(quoted(["x" * 1_000])) == 120
    assert quoted(None) == "None"


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_looked_through(text: str) -> None:
    assert has_url(text) in (True, False)
    assert quoted(text)
