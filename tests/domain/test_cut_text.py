"""Text is cut by bytes and never within a character."""

import json

from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.cut_text import within_bytes
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
