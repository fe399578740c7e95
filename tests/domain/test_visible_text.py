from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.visible_text import shown, visible


@pytest.mark.parametrize(
    "text", ["", "Acme", 'Côté, "Fils" & Associés', "פרדס רמת 🍊", "\u202eneroG", "日本", "a  b"]
)
def test_text_that_people_write_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize("breaking", ["\n", "\r\n", "\t", "\v", "\x1c", "\x85", "\u2028"])
def test_breaks_and_tabs_become_one_space(breaking: str) -> None:
    assert visible(f"a{breaking}b") == "a b"


@pytest.mark.parametrize(
    "character",
    ["\x00", "\x07", "\x1b", "\x7f", "\x9f", "\ud800", "\ufffe", "\U0001ffff"],
)
def test_what_is_no_character_is_shown_as_such(character: str) -> None:
    assert visible(f"a{character}b") == "a\ufffdb"


@given(st.text(st.characters(exclude_categories=())))
def test_every_text_can_stand_in_xml_and_be_encoded(text: str) -> None:
    shown = visible(text)
    element = ElementTree.Element("t")
    element.text = shown
    written = ElementTree.tostring(element, "utf-8")
    assert (ElementTree.fromstring(written).text or "") == shown  # noqa: S314 - our own
    assert visible(shown) == shown


@pytest.mark.parametrize(
    "character",
    [
        *("\u202a", "\u202e", "\u2066", "\u2069", "\u200e", "\u200f", "\u061c"),
        *("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u180e"),
        *("\u115f", "\u3164", "\uffa0", "\u2800", "\ufe00", "\ufe0f", "\ufffb"),
        *("\U000e0001", "\U000e0041", "\U000e007f", "\U000e0100", "\U0001d173"),
    ],
)
def test_what_hides_or_turns_is_shown_as_its_number(character: str) -> None:
    number = character.encode("unicode_escape").decode()
    number = {"\\xad": "\\u00ad"}.get(number, number)
    assert shown(f"a{character}b") == f"a{number}b"
    assert shown(character * 2) == number * 2


@pytest.mark.parametrize(
    "text",
    [
        "\u05e9\u05dc\u05d5\u05dd",  # Hebrew
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian
        "\u0915\u094d\u200d\u0937",  # Hindi
        "\U0001f469\u200d\U0001f4bb",  # a woman and a computer are one picture
        "\U0001f469\U0001f3fd\u200d\U0001f4bb",
        "\U0001f441\ufe0f\u200d\U0001f5e8\ufe0f",
        "\u2764\ufe0f 1\ufe0f\u20e3",
        "Côté, 株式会社 & Söhne",
    ],
)
def test_letters_and_pictures_that_join_stay_as_they_are(text: str) -> None:
    assert shown(text) == text


@given(st.text(st.characters(exclude_categories=())))
def test_what_is_shown_can_be_encoded_and_shows_itself(text: str) -> None:
    once = shown(text)
    once.encode()
    assert shown(once) == once
    assert shown(visible(text)) == once
