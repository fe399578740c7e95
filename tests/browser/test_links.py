"""Every link of an exported archive's pages leads somewhere."""

import json
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Reader
from tests.example_archive import PERIOD
from tests.handlers.conftest import BUCKET

CONSOLE = f"https://console.aws.amazon.com/s3/object/{BUCKET}?region=us-east-1&prefix="
BUCKET_IN_CONSOLE = f"https://console.aws.amazon.com/s3/buckets/{BUCKET}?region=us-east-1"


def links(page: Page) -> list[str]:
    """The links as the page writes them."""
    found: list[str] = page.eval_on_selector_all("a", "all => all.map(a => a.getAttribute('href'))")
    assert found
    return found


def pages(archive: Path) -> list[Path]:
    found = sorted(archive.glob("periods/*/index.html"))
    assert len(found) == 3
    return [archive / "index.html", *found]


def test_every_link_opens_a_file_or_a_place_and_with_the_switch_the_console(
    reader: Reader, exported_archive: Path
) -> None:
    archive = exported_archive.resolve()
    for path in pages(archive):
        page = reader.open(path).page
        anchors = page.eval_on_selector_all("[id]", "all => all.map(a => a.id)")
        found = links(page)
        page.get_by_label("Open from").select_option("AWS console")
        in_console = links(page)
        for link, console in zip(found, in_console, strict=True):
            if link.startswith("#"):
                assert unquote(link[1:]) in anchors
            elif link.startswith("https:"):
                assert link == console == BUCKET_IN_CONSOLE
            else:
                target = (path.parent / unquote(link)).resolve()
                assert target.is_file(), link
                assert console == CONSOLE + target.relative_to(archive).as_posix()
        page.get_by_label("Open from").select_option("this copy")
        assert links(page) == found


def test_what_a_script_adds_opens_from_the_same_place(reader: Reader, period_path: Path) -> None:
    page = reader.open(period_path).page
    page.get_by_label("Open from").select_option("AWS console")
    page.evaluate(
        """() => {
          const part = document.createElement("p");
          part.innerHTML = '<a id="added" href="../../README.txt">x</a>';
          document.querySelector("main").append(part);
        }"""
    )
    page.wait_for_function("document.getElementById('added').protocol === 'https:'")
    added = page.locator("#added")
    assert added.get_attribute("href") == f"{CONSOLE}README.txt"
    page.get_by_label("Open from").select_option("this copy")
    assert added.get_attribute("href") == "../../README.txt"


def test_a_page_that_the_console_shows_opens_files_there(reader: Reader, period_path: Path) -> None:
    """S3 signs only the page, so that it refuses its relative links."""
    page = reader.open(period_path).page
    page.goto(f"{period_path.as_uri()}?X-Amz-Signature=00")
    assert page.get_by_label("Open from").input_value() == "AWS console"
    assert page.get_by_role("link", name="Ledger as CSV").get_attribute("href") == (
        f"{CONSOLE}periods/{PERIOD}/ledger.csv"
    )
    page.goto(period_path.as_uri())
    assert page.get_by_label("Open from").input_value() == "this copy"


def test_without_a_script_the_page_says_where_the_console_has_the_files(
    reader: Reader, period_path: Path
) -> None:
    page = reader.open(period_path, java_script_enabled=False).page
    assert page.get_by_label("Open from").count() == 0
    link = page.locator("footer").get_by_role("link", name=BUCKET, exact=True)
    assert link.get_attribute("href") == BUCKET_IN_CONSOLE


def test_every_document_of_a_month_is_linked(
    reader: Reader, exported_archive: Path, period_path: Path
) -> None:
    completeness = json.loads(period_path.with_name("completeness.json").read_bytes())
    manifest = json.loads((exported_archive / completeness["manifest"]).read_bytes())
    documents = {
        document["key"]
        for payer in manifest["payers"]
        for invoice in payer["invoices"]
        for document in invoice["documents"]
    }
    assert len(documents) > 25
    linked = {link.removeprefix("../../") for link in links(reader.open(period_path).page)}
    assert documents <= linked
    on_disk = exported_archive / "invoices" / PERIOD
    assert documents == {
        path.relative_to(exported_archive).as_posix() for path in on_disk.rglob("*.*")
    }


def test_a_reader_goes_from_the_archive_to_a_period_to_a_document_and_back(
    reader: Reader, root_path: Path, period_path: Path
) -> None:
    page = reader.open(root_path).page
    page.get_by_role("row").get_by_role("link", name="October 2026", exact=True).click()
    page.wait_for_url(period_path.as_uri())
    assert page.get_by_role("heading", level=1).text_content() == "October 2026"
    page.locator(".payer").get_by_text("Verdejante Alimentos").first.click()
    page.get_by_role("link", name="Tax e-invoice (XML)", exact=True).click()
    page.wait_for_url("**/*.xml")
    assert "<" in page.content()
    page.go_back()
    page.get_by_role("link", name="All billing periods", exact=True).click()
    page.wait_for_url(root_path.as_uri())


def test_a_ledger_is_offered_as_a_file(reader: Reader, period_path: Path) -> None:
    page = reader.open(period_path).page
    for name, file in (("Ledger for Excel", "ledger.xlsx"), ("Ledger as CSV", "ledger.csv")):
        with page.expect_download() as download:
            page.get_by_role("link", name=name, exact=True).click()
        assert download.value.suggested_filename == file
        assert Path(download.value.path()).read_bytes() == period_path.with_name(file).read_bytes()


@pytest.mark.parametrize("has_script", [True, False])
def test_an_exception_leads_to_the_line_of_its_payer_account(
    reader: Reader, period_path: Path, has_script: bool
) -> None:
    page = reader.open(period_path, java_script_enabled=has_script).page
    work = page.get_by_role("region", name="Action required")
    work.get_by_role("link", name="Minato Seimitsu").click()
    assert urlsplit(page.url).fragment == "payer-357902468813"
    line = page.locator("#payer-357902468813")
    assert line.locator("summary").is_visible()
    if has_script:  # which follows the link a moment after the click
        line.and_(page.locator("[open]")).wait_for()
    else:
        assert line.get_attribute("open") is None
