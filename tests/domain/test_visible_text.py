from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.visible_text import visible


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
