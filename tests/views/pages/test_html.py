import pytest

from lambdas.views.pages.html import Html, element, join, name, text, void
from lambdas.views.pages.links import Links

HOSTILE = ("<script>alert(1)</script>", '" onmouseover="alert(1)', "'><b>", "&lt;", "\u202eneroG")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_text_is_nothing_but_text(hostile: str) -> None:
    made = element("p", hostile, title=hostile)
    for sign in '<>"':
        assert sign not in made.removeprefix('<p title="').removesuffix("</p>").replace('">', "", 1)


def test_markup_is_kept_and_series_are_joined() -> None:
    made = element("p", [element("b", "a"), ["<", None]], Html("<i>"))
    assert made == "<p><b>a</b>&lt;<i></p>"
    assert join() == ""


def test_attributes_are_written_as_html_names_them() -> None:
    made = element("a", class_="x", aria_label="y", hidden=True, id=None, open=False)
    assert made == '<a class="x" aria-label="y" hidden></a>'
    assert void("meta", charset="utf-8") == '<meta charset="utf-8">'
    assert text('a"b') == "a&quot;b"


def test_the_direction_of_a_name_ends_with_it() -> None:
    assert name("\u05d0<") == "<bdi>\u05d0&lt;</bdi>"


def test_what_would_turn_a_text_around_is_shown_as_its_number() -> None:
    assert name("\u202ea<") == "<bdi>\\u202ea&lt;</bdi>"
    assert element("p", "\u2066", title="\u200b") == '<p title="\\u200b">\\u2066</p>'


def test_a_name_takes_no_more_room_than_a_long_one() -> None:
    assert len(name("株" * 100_000).encode()) < 2_100


@pytest.mark.parametrize(
    ("region", "console"),
    [
        ("eu-west-1", "https://console.aws.amazon.com"),
        ("us-east-1", "https://console.aws.amazon.com"),
        ("cn-north-1", "https://console.amazonaws.cn"),
        ("us-gov-west-1", "https://console.amazonaws-us-gov.com"),
    ],
)
def test_a_link_leads_to_the_copy_and_the_console_is_that_of_the_region(
    region: str, console: str
) -> None:
    links = Links("my-bucket", region, depth=2)
    key = "invoices/2026-10/1/a.pdf"
    assert links.to(key, "Invoice") == f'<a href="../../{key}">Invoice</a>'
    assert links.console == f"{console}/s3/object/my-bucket?region={region}&prefix="
    assert f'href="{console}/s3/buckets/my-bucket?region={region}"' in links.to_bucket()


def test_a_link_says_more_to_those_who_hear_it() -> None:
    link = Links("b", "eu-west-1", depth=0).to("a.xlsx", "Excel", what="A & B")
    assert 'aria-label="Excel: A &amp; B"' in link


@pytest.mark.parametrize("key", ["javascript:alert(1)", "a b", 'a"b', "a?b#c", "//example.com/x"])
def test_no_key_can_make_a_link_something_else(key: str) -> None:
    link = Links("b", "eu-west-1", depth=1).to(key, "x")
    assert link.startswith('<a href="../')
    assert not set(' "?#:') & set(link.removeprefix('<a href="').split('"')[0])
