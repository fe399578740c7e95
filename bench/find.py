"""Size of the archive's first page, and time of a search in it: 36 months of 1,000 invoices,
against a tenth of the months.

    python -m bench.find [MONTHS [INVOICES [PROGRAM]]]

The real code makes the page; a headless Chromium (`PROGRAM`, or the first of the usual names) opens
it and searches as a reader types, letter by letter. The ratio compares the bytes of one invoice. 1
if the page is too large, a search too slow, or bytes are not proportional.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bench.views import INVOICES, manifest_of
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close.owners import Owners
from lambdas.domain.stored_form import read_json
from lambdas.views.digest import PeriodDigest
from lambdas.views.find import FindFile, find_file
from lambdas.views.pages.archive_page import archive_page
from lambdas.views.pages.search import Search

MONTHS, EACH = 36, 1000
MOST_BYTES_EACH = 80
"""Of the page, for an invoice."""
MOST_SECONDS = 0.25
"""From a key press to the results: more is felt as waiting."""
MOST_RATIO = 1.5
QUERIES = ("0000017", "1,234.56", "PO-2026-118", "payer account number 7", "no such invoice", "26")
_TRIES = 3
_BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_SECONDS_OF_A_KEY = """(text) => {
  const field = document.querySelector(".find input");
  field.value = text;
  const began = performance.now();
  field.dispatchEvent(new Event("input"));
  document.querySelector(".results").getBoundingClientRect();
  return (performance.now() - began) / 1000;
}"""


@dataclass(frozen=True)
class Page:
    content: bytes
    find_bytes: int
    """Of all its `find.json`."""
    seconds: float
    """To make it from those files."""
    invoices: int


def page_of(months: int, invoices: int) -> Page:
    """The page of as many months."""
    one = manifest_of(max(1, invoices // INVOICES))
    newest = BillingPeriod(2027, 6)
    manifests = [replace(one, billing_period=newest.shifted(-n)) for n in range(months)]
    contents = [find_file(manifest).to_json() for manifest in manifests]
    digests = [PeriodDigest.of(manifest) for manifest in manifests]
    began = time.process_time()
    search = Search.of(_read(contents), Owners(()))
    content = archive_page(one.bucket, "eu-west-1", digests, search=search)
    seconds = time.process_time() - began
    searched = len(search.months) * len(list(one.invoices))
    return Page(content, sum(map(len, contents)), seconds, searched)


def _read(contents: list[bytes]) -> Iterator[FindFile]:
    return (FindFile.from_data(read_json(content)) for content in contents)


def search_seconds(content: bytes, program: str) -> dict[str, float]:
    """The slowest key press of each query, each the best of some tries since the machine may be
    busy; and the seconds to open the page.
    """
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only with a browser

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "page.html"
        path.write_bytes(content)
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        began = time.monotonic()
        page.goto(path.as_uri())
        took = {"open the page": time.monotonic() - began}
        took["first key"] = page.evaluate(_SECONDS_OF_A_KEY, "ab")
        for query in QUERIES:
            keys = [query[:end] for end in range(2, len(query) + 1)]
            took[query] = max(
                min(page.evaluate(_SECONDS_OF_A_KEY, key) for _ in range(_TRIES)) for key in keys
            )
        browser.close()
    return took


def main(months: int, invoices: int, program: str | None) -> int:
    small, large = page_of(max(1, months // 10), invoices), page_of(months, invoices)
    for one in (small, large):
        print(
            f"{one.invoices:,} invoices: find.json {one.find_bytes / 1e6:.2f} MB, page "
            f"{len(one.content) / 1e6:.2f} MB, made in {one.seconds:.2f} s"
        )
    each = len(large.content) / large.invoices
    ratio = each / (len(small.content) / small.invoices)
    print(f"{each:.0f} bytes of the page for an invoice (at most {MOST_BYTES_EACH})")
    print(f"months against a tenth of them: {ratio:.2f} (at most {MOST_RATIO})")
    if program is None:
        print("no browser here: no search was timed")
        return int(each > MOST_BYTES_EACH or ratio > MOST_RATIO)
    took = search_seconds(large.content, program)
    for name, seconds in took.items():
        print(f"  {name:<24} {seconds:6.3f} s")
    slowest = max(took[query] for query in QUERIES)
    print(f"slowest key press: {slowest:.3f} s (at most {MOST_SECONDS})")
    return int(each > MOST_BYTES_EACH or ratio > MOST_RATIO or slowest > MOST_SECONDS)


if __name__ == "__main__":
    months, invoices, program = [*sys.argv[1:], *(f"{MONTHS}", f"{EACH}", "")[len(sys.argv) - 1 :]]
    browser = program or next(filter(None, map(shutil.which, _BROWSERS)), None)
    sys.exit(main(int(months), int(invoices), browser))
