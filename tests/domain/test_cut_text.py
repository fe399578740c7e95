"""Text is cut by bytes and never within a character."""

import json

from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.cut_text import short, within_bytes
from lambdas.domain.errors import InvalidExecutionInput

NOTE = " [cut]"


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(len(NOTE), 60))
def test_a_text_is_whole_or_cut_between_characters_and_says_so(text: str, most: int) -> None:
    cut = within_bytes(text, most, NOTE)
    assert len(cut.encode()) <= most
    if len(text.encode()) <= most:
        assert cut == text
    else:
        assert cut.endswith(NOTE)
        assert text.startswith(cut.removesuffix(NOTE))


def test_letters_of_several_bytes_count_as_several() -> None:
    assert within_bytes("株" * 10, 29, NOTE) == "株" * 7 + NOTE


def test_more_problems_than_an_error_holds_are_cut_in_its_text_alone() -> None:
    problems = [f"payer account '{'é' * 200}{n}' is not twelve digits" for n in range(5000)]
    error = InvalidExecutionInput(problems)
    assert len(json.dumps(str(error))) <= 200_000  # AWS passes 262,144 bytes, with a stack trace
    assert str(error).endswith("[Cut here: there are more problems than an error message holds.]")
    assert len(error.problems) == 5000


def test_half_of_a_surrogate_pair_makes_no_text_that_is_not_utf_8() -> None:
    assert within_bytes("a\ud800", 60, NOTE) == "a?"


def test_what_others_wrote_is_cut_where_a_sentence_has_no_room_for_it() -> None:
    assert short("x" * 8_000) == "x" * 8_000
    assert short("株" * 8_000).endswith("… [Cut here.]")
    assert len(short("株" * 8_000).encode()) <= 8_000
    assert len(short("x" * 100, 20).encode()) == 20
