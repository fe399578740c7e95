"""axe-core finds nothing, on a desk, on a phone, in the light and in the dark."""

from pathlib import Path

import pytest

from tests.browser.conftest import DESK, PHONE, Opened, Reader
from tests.browser.test_page_behaviour import hostile_month, open_all

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"


def violations(opened: Opened) -> list[str]:
    """What axe finds: the rule and the first place of each."""
    open_all(opened.page)
    if not opened.page.evaluate("'axe' in window"):
        opened.page.evaluate(AXE.read_text(encoding="utf-8"))
    found = opened.page.evaluate(
        "axe.run({resultTypes: ['violations']}).then(result => result.violations)"
    )
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(reader: Reader, root_path: Path, period_path: Path, scheme: str) -> None:
    for path in (root_path, period_path):
        opened = reader.open(path, color_scheme=scheme)
        for size in (DESK, PHONE):
            opened.resize(size)
            assert violations(opened) == [], size


def test_axe_finds_nothing_in_hostile_text(reader: Reader) -> None:
    assert violations(reader.open_month(hostile_month())) == []


def test_axe_would_find_something(reader: Reader, period_path: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.html"
    content = period_path.read_text(encoding="utf-8")
    broken.write_text(content.replace('<html lang="en">', "<html>"), encoding="utf-8")
    assert [one.split(":")[0] for one in violations(reader.open(broken))] == ["html-has-lang"]
