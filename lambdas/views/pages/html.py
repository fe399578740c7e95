"""HTML from Python values; all but markup is text and is escaped."""

import html
from collections.abc import Iterable
from typing import TypeAlias

from lambdas.domain.cut_text import short
from lambdas.domain.visible_text import shown

_LONGEST_NAME = 2_000


class Html(str):
    """Markup, as opposed to text."""

    __slots__ = ()


Content: TypeAlias = "str | Iterable[Content] | None"


def text(content: str) -> Html:
    """Escaped text, for elements and attributes."""
    return Html(html.escape(shown(content)))


def element(tag: str, /, *content: Content, **attributes: str | bool | None) -> Html:
    """`<tag attributes>content</tag>`.

    Content is text, Html or a series of both. An attribute that is None or False is left out; one
    that is True gets no value. `class_` is written as `class`, `aria_label` as `aria-label`.
    """
    return Html(f"<{tag}{_attributes(attributes)}>{join(*content)}</{tag}>")


def void(tag: str, /, **attributes: str | bool | None) -> Html:
    """An element without content, for example `<link>`."""
    return Html(f"<{tag}{_attributes(attributes)}>")


def join(*content: Content) -> Html:
    """All content in a row."""
    return Html("".join(_flat(content)))


def name(content: str) -> Html:
    """A name or id chosen by people or AWS. The direction of its letters does not affect the text
    after it, and its length is limited.
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
    parts = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        attribute = key.rstrip("_").replace("_", "-")
        parts.append(f" {attribute}" if value is True else f' {attribute}="{text(value)}"')
    return "".join(parts)
