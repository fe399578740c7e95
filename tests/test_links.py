"""Links of the project's pages, and the modules and folders that pages and docstrings name."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
TOPS = ("lambdas", "infra", "ops", "sandbox", "bench", "docs", "tools", "tests")
PAGES = (
    ROOT / "README.md",
    *(file for top in TOPS for file in sorted((ROOT / top).rglob("*.md"))),
)
_PLACE = re.compile(rf"`((?:{'|'.join(TOPS)})/[\w./-]*)`")


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def broken_links(page: Path) -> Iterator[str]:
    for link in re.findall(r"\]\((?!https?://)([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield f"{page.relative_to(ROOT)}: {link}"


def test_every_link_and_anchor_resolves() -> None:
    assert [link for page in PAGES for link in broken_links(page)] == []


def test_every_place_of_the_project_that_a_text_names_is_there() -> None:
    modules = (file for top in TOPS[:5] for file in sorted((ROOT / top).rglob("*.py")))
    found = {
        f"{file.relative_to(ROOT)}: {place}"
        for file in (*PAGES, *modules)
        for place in _PLACE.findall(file.read_text(encoding="utf-8"))
        if not (ROOT / place).exists()
    }
    assert found == set()
