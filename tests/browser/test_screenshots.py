"""Pictures of the pages for people to look at, in build/screenshots."""

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.browser.conftest import DESK, PHONE, Reader
from tests.example_archive import PERIOD

FOLDER = Path(__file__).parents[2] / "build" / "screenshots"


def is_blank(picture: Path) -> bool:
    with Image.open(picture) as image:
        return len(image.convert("RGB").getcolors(1 << 24) or ()) < 50


def taken(page: Page, name: str) -> Path:
    picture = FOLDER / f"{name}.png"
    page.screenshot(path=picture, full_page=True)
    return picture


@pytest.mark.parametrize(
    ("name", "size", "scheme"),
    [("desk", DESK, "light"), ("dark", DESK, "dark"), ("phone", PHONE, "light")],
)
def test_pictures_are_taken(
    reader: Reader, exported_archive: Path, name: str, size: tuple[int, int], scheme: str
) -> None:
    for which, folder in (("archive", "."), ("period", f"periods/{PERIOD}")):
        path = exported_archive / folder / "index.html"
        page = reader.open(path, size, color_scheme=scheme).page
        assert not is_blank(taken(page, f"{which}-{name}"))


def test_the_printed_period_is_taken(reader: Reader, period_path: Path) -> None:
    page = reader.open(period_path).page
    FOLDER.mkdir(parents=True, exist_ok=True)
    paper = page.pdf(path=FOLDER / "period-print.pdf", format="A4", prefer_css_page_size=True)
    assert paper.startswith(b"%PDF-")
