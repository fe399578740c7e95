"""The frame of all pages: the document around the content; its policy forbids loading anything."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from lambdas.domain.day_names import day_name, instant_name
from lambdas.domain.evidence.archive_layout import PUBLIC_KEY_KEY, README_KEY
from lambdas.domain.money import Amount
from lambdas.domain.money_text import money
from lambdas.domain.verdict_words import is_complete
from lambdas.domain.words import counted
from lambdas.views.pages.assets import SCRIPT, STYLE
from lambdas.views.pages.html import Content, Html, element, join, void
from lambdas.views.pages.html import name as named
from lambdas.views.pages.links import Links

NOTHING = "\N{EN DASH}"
"""The mark for a missing value."""


def page_of(*, title: str, bucket: str, way: Content, content: Content, footer: Content) -> bytes:
    """A whole document; `way` is the link in the masthead."""
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
        f"style-src {_hash(STYLE)}; script-src {_hash(SCRIPT)}"
    )
    head = join(
        void("meta", charset="utf-8"),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        void("meta", name="color-scheme", content="light dark"),
        void("meta", name="referrer", content="no-referrer"),
        void("meta", name="robots", content="noindex"),
        void("link", rel="icon", href="data:,"),
        element("title", f"{title} · Invoice Archive"),
        Html(f"<style>{STYLE}</style>"),
    )
    masthead = element(
        "header",
        element("p", "Invoice Archive", class_="brand"),
        element("p", element("bdi", bucket), class_="bucket"),
        element("nav", way, aria_label="Archive") if way else None,
        class_="masthead",
    )
    body = join(
        element("a", "Skip to the content", class_="skip", href="#content"),
        masthead,
        element("main", content, id="content"),
        element("footer", footer, class_="imprint"),
        Html(f"<script>{SCRIPT}</script>"),
    )
    document = f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{body}</body></html>\n'
    return document.encode()


def section(heading: str, *content: Content, name: str, note: Content = None) -> Html:
    """A titled part of a page."""
    return element(
        "section",
        element("h2", heading, id=name),
        element("p", note, class_="note") if note else None,
        content,
        aria_labelledby=name,
    )


def as_of(instant: str) -> Html:
    """The line with the instant of the page's data."""
    return element("p", f"As of {instant_name(instant)}", class_="as-of")


def amounts(totals: Mapping[str, Decimal], currencies: Sequence[str]) -> Html | str:
    """Amounts with one place for each of these currencies, which may be empty."""
    if not totals:
        return NOTHING
    return element("div", (_slot(totals, one) for one in currencies), class_="amounts")


def _slot(totals: Mapping[str, Decimal], currency: str) -> Html:
    if currency not in totals:
        return element("span", class_="none")
    return element("span", money(totals[currency], currency), " ", named(currency))


def fact(label: str, value: Content, more: Content = None) -> Html:
    """A figure with its label."""
    return element(
        "div",
        element("dt", label),
        element("dd", value, element("span", more, class_="of") if more else None),
    )


def verdict_mark(word: str, verdict: str) -> Html:
    """A status as a label with a word, a shape and a colour; each of them alone suffices."""
    return element("span", word, class_=f"verdict {tone(verdict)}")


def tone(verdict: str) -> str:
    """Style class of a status: complete, waiting, or in need of a person."""
    if is_complete(verdict):
        return "good"
    return "wait" if verdict == "AWAITING" else "bad"


def table(
    caption: str,
    headings: tuple[str, ...],
    rows: Content,
    *,
    class_: str = "",
    on_each_page: Content = None,
) -> Html:
    """A table; a heading that ends in `|` is for a column of numbers. `on_each_page` stands above
    the headings on every printed page.
    """
    cells = (
        element("th", heading.rstrip("|"), scope="col", class_="number" if "|" in heading else None)
        for heading in headings
    )
    return element(
        "table",
        element("caption", caption),
        element("thead", _running(on_each_page, len(headings)), element("tr", cells)),
        element("tbody", rows),
        class_=class_ or None,
    )


def _running(content: Content, columns: int) -> Html | None:
    if not content:
        return None
    return element("tr", element("th", content, colspan=str(columns)), class_="running")


def cell(heading: str, *content: Content, number: bool = False) -> Html:
    """A cell that shows its heading on a narrow screen."""
    return element("td", content, data_label=heading, class_="number" if number else None)


def folded(label: str, content: Content) -> Html:
    """Content that is folded until a reader opens it."""
    return element("details", element("summary", label), content, class_="folded")


def how_to_check(links: Links) -> Html:
    """Links to the instructions for verifying this archive without its software, and where the
    links of the page lead.
    """
    return join(
        element(
            "p",
            "How to verify this archive without our software: ",
            links.to(README_KEY, README_KEY),
            " · ",
            links.to(PUBLIC_KEY_KEY, PUBLIC_KEY_KEY),
        ),
        element(
            "p",
            "Links on this page open the files of this copy. In the AWS console, the files are in "
            "the bucket ",
            links.to_bucket(),
            ".",
            data_console=links.console,
        ),
    )


def first_and_more(
    caption: str,
    headings: tuple[str, ...],
    rows: Sequence[Html],
    *,
    most: int,
    noun: str,
    class_: str = "",
) -> Html:
    """A table of the first rows, at most `most`, with the rest of them folded."""
    more = None
    if len(rows) > most:
        rest = table(f"{caption}, continued", headings, rows[most:], class_=class_)
        more = folded(counted(len(rows) - most, noun), rest)
    return join(table(caption, headings, rows[:most], class_=class_), more)


def amount_mark(amount: Amount) -> Html:
    """`JPY 3,303,781`, which no line break divides."""
    text = money(amount.value, amount.currency)
    return element("span", named(amount.currency), " ", text, class_="sum")


def amount_left(left: Amount, whole: Amount) -> Html:
    """`40.00 EUR of 100.00`; the part alone if nothing of the whole is paid."""
    mark = join(money(left.value, left.currency), " ", named(left.currency))
    if left == whole:
        return mark
    of = f"of {money(whole.value, whole.currency)}"
    return join(mark, " ", element("span", of, class_="kind"))


def day_mark(day: date, *, is_deadline: bool = False) -> Html:
    """A day; the page's script adds to a deadline how many days ago it was."""
    return element("time", day_name(day), datetime=day.isoformat(), data_late=is_deadline)


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
