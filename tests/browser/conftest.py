"""Pages in a headless Chromium. Every test of this folder needs programs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from lambdas.domain.close.owners import Owners
from lambdas.domain.evidence.archive_layout import ARCHIVE_PAGE_KEY, period_page_key
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.views.digest import PeriodDigest
from lambdas.views.find import find_file
from lambdas.views.pages.archive_page import archive_page
from lambdas.views.pages.period_page import period_page
from lambdas.views.pages.search import Search
from tests.domain.example_months import NO_OWNERS
from tests.programs import program

DESK, PHONE, SMALLEST = (1280, 900), (390, 844), (320, 640)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.programs)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    # the first does all that these tests ask for, at half the cost of a whole browser
    path = program("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright:
        # without a sandbox of its own it runs as root, in a container too
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Opened:
    """An open page, and what it did beside being shown."""

    page: Page
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """What the browser complained of: errors of scripts, refusals by the page's own policy."""

    def resize(self, size: tuple[int, int]) -> None:
        self.page.set_viewport_size({"width": size[0], "height": size[1]})

    def is_too_wide(self) -> bool:
        wide: bool = self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        return wide


class Reader:
    """Opens pages as files, as in a synced folder."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser = browser
        self._folder = folder
        self._opened: list[Any] = []

    def open(
        self, path: Path, size: tuple[int, int] = DESK, at: str = "", **options: Any
    ) -> Opened:
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]}, **options
        )
        self._opened.append(context)
        opened = Opened(context.new_page())
        page = opened.page
        page.on("request", lambda request: opened.requests.append(request.url))
        page.on("dialog", lambda dialog: (opened.dialogs.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: opened.said.append(str(error)))
        page.on("console", lambda message: opened.said.append(message.text))
        page.goto(path.as_uri() + at)
        return opened

    def open_month(
        self,
        manifest: Manifest,
        periods: Sequence[PeriodDigest] = (),
        *,
        owners: Owners = NO_OWNERS,
        payments: PaymentStatus | None = None,
        **options: Any,
    ) -> Opened:
        path = self._folder / "index.html"
        path.write_bytes(
            period_page(manifest, periods, region="eu-west-1", owners=owners, payments=payments)
        )
        return self.open(path, **options)

    def open_archive(
        self, *manifests: Manifest, owners: Owners | None = None, at: str = "", **options: Any
    ) -> Opened:
        """Open the page of an archive of these months, beside their own pages; `at` is an anchor
        of it.
        """
        owners = owners or Owners(())
        digests = [PeriodDigest.of(one) for one in manifests]
        newest_first = sorted(manifests, key=lambda one: one.billing_period, reverse=True)
        search = Search.of(map(find_file, newest_first), owners)
        root = self._folder / ARCHIVE_PAGE_KEY
        root.write_bytes(
            archive_page("example-archive", "eu-west-1", digests, search=search, owners=owners)
        )
        for manifest in manifests:
            path = self._folder / period_page_key(manifest.billing_period)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(period_page(manifest, digests, region="eu-west-1", owners=owners))
        return self.open(root, at=at, **options)

    def close(self) -> None:
        for context in self._opened:
            context.close()


@pytest.fixture
def reader(chromium: Browser, tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(chromium, tmp_path)
    yield reader
    reader.close()


@pytest.fixture
def period_path(exported_archive: Path) -> Path:
    return exported_archive / "periods" / "2026-10" / "index.html"


@pytest.fixture
def root_path(exported_archive: Path) -> Path:
    return exported_archive / "index.html"
