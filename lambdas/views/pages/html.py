"""HTML from Python values: what is not markup already is text and is escaped."""

import html
from collections.abc import Iterable
from typing import TypeAlias

from lambdas.domain.cut_text import short
from lambdas.domain.visible_text import shown

_LONGEST_NAME = 2_000


class Html(str):
    """Markup, as opposed to text that somebody gave."""

    __slots__ = ()


Content: TypeAlias = "str | Iterable[Content] | None"


def text(content: str) -> Html:
    """Text that means nothing but itself, in an element as in an attribute."""
    return Html(html.escape(shown(content)))


def element(tag: str, /, *content: Content, **attributes: str | bool | None) -> Html:
    """`<tag attributes>content</tag>`.

    Content is text, Html or a series of either. An attribute that is None or False is left out, one
    that is True has no value; `class_` is `class` and `aria_label` is `aria-label`.
    """
    return Html(f"<{tag}{_attributes(attributes)}>{join(*content)}</{tag}>")


def void(tag: str, /, **attributes: str | bool | None) -> Html:
    """An element that has no content, as `<link>`."""
    return Html(f"<{tag}{_attributes(attributes)}>")


def join(*content: Content) -> Html:
    """All content, one after the other."""
    return Html("".join(_flat(content)))


def name(content: str) -> Html:
    """A name or id that people or AWS chose: the direction of its letters ends with it, and it
    takes no more room than a long one.
    """
    return Html(f"<bdi>{text(short(content, _LONGEST_NAME))}</bdi>")


def _flat(content: Iterable[Content]) -> Iterable[str]:
    for part in content:
        if part is None:
            continue
        if isinstance(part, Html):
            yield part
        elif isinstance(part, str):
            yield text(part)
        else:
            yield from _flat(part)


def _attributes(attributes: dict[str, str | bool | None]) -> str:
    found = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        written = key.rstrip("_").replace("_", "-")
        found.append(f" {written}" if value is True else f' {written}="{text(value)}"')
    return "".join(found)
