"""Reads a page as a person does: its headings, its text in order, its links and its tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "link", "br", "input"}
_UNSEEN = {"style", "script", "title"}


@dataclass
class Node:
    tag: str
    attributes: dict[str, str | None]
    children: list["Node | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What is shown, with its white space evened."""
        return re.sub(r"\s+", " ", "".join(self._texts())).strip()

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.tag not in _UNSEEN:
                # blocks end a line, what is within one does not
                yield from child._texts()
                yield "" if child.tag in ("a", "bdi", "strong", "em", "code") else " "

    def all(self, tag: str, class_: str = "") -> list["Node"]:
        """Every element of this tag below, in the order of the page."""
        found = []
        for child in self.children:
            if isinstance(child, Node):
                classes = (child.attributes.get("class") or "").split()
                if child.tag == tag and (not class_ or class_ in classes):
                    found.append(child)
                found += child.all(tag, class_)
        return found

    def one(self, tag: str, class_: str = "") -> "Node":
        (found,) = self.all(tag, class_)
        return found

    def links(self) -> list[str]:
        return [node.attributes["href"] or "" for node in self.all("a")]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, dict(attrs))
        self._open[-1].children.append(node)
        if tag not in _VOID:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def read(page: bytes) -> Node:
    """The page as a tree. Every element must be closed by its own end."""
    reader = _Reader()
    reader.feed(page.decode())
    reader.close()
    assert len(reader._open) == 1
    return reader.root


def section(page: Node, heading: str) -> Node | None:
    """The section with this heading; None where the page has none."""
    found = [one for one in page.all("section") if [h.text for h in one.all("h2")] == [heading]]
    return found[0] if found else None


def headings(page: Node) -> list[str]:
    return [node.text for node in page.all("h2")]


def rows(part: Node, class_: str) -> list[list[str]]:
    """The texts of the cells of the tables of a class, row by row."""
    return [
        [cell.text for cell in row.all("td")]
        for table in part.all("table", class_)
        for row in table.all("tr")
        if row.all("td")
    ]
