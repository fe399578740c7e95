"""The page of a period on any screen and on paper: what is seen first, and nothing beside it."""

import io
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

from lambdas.domain.judgement.manifests import Manifest
from tests.browser.conftest import DESK, PHONE, SMALLEST, Reader
from tests.browser.test_page_behaviour import hostile_month, open_all
from tests.domain.example_months import due, month, payer_state
from tests.domain.examples import ACME, outstanding

WIDTHS = (320, 360, 414, 600, 736, 737, 900, 992, 993, 1100, 1280, 1440)
FOLD = (1280, 800)


def overdue_month() -> Manifest:
    """One invoice of two is outstanding, two days after the deadline."""
    state = payer_state(
        invoices=(due("1", "5.00"),), outstanding=(outstanding(),), verdict="PARTIAL"
    )
    return replace(month(state, verdict="ACTION_REQUIRED"), last_day="2026-11-10")


def test_no_width_makes_the_page_scroll_sideways(reader: Reader, period_path: Path) -> None:
    for opened in (reader.open(period_path), reader.open_month(hostile_month())):
        for is_open in (False, True):
            if is_open:
                open_all(opened.page)
            for width in WIDTHS:
                opened.resize((width, 800))
                assert not opened.is_too_wide(), (width, is_open)


@pytest.mark.parametrize("size", [FOLD, PHONE])
def test_the_problem_and_the_next_step_are_above_the_fold(
    reader: Reader, period_path: Path, size: tuple[int, int]
) -> None:
    page = reader.open(period_path, size).page
    lead = page.locator(".lead")
    assert "outstanding" in lead.inner_text()
    for seen in (lead, page.locator("h1"), page.get_by_role("heading", name="Action required")):
        box = seen.bounding_box()
        assert box
        assert box["y"] + box["height"] <= size[1]


def test_a_row_of_a_payer_account_is_about_forty_pixels_high(
    reader: Reader, period_path: Path
) -> None:
    page = reader.open(period_path, FOLD).page
    heights = page.eval_on_selector_all(
        ".payer > summary", "all => all.map(one => one.getBoundingClientRect().height)"
    )
    assert len(heights) > 15
    assert 34 <= min(heights) <= max(heights) <= 46


def boxes(page: Page) -> list[list[dict[str, float]]]:
    """The places of name, id, status, counts and total in the line of each payer account."""
    found: list[list[dict[str, float]]] = page.eval_on_selector_all(
        ".payer > summary",
        """all => all.map(line => [".name", ".id", ".verdict", ".counts", ".money"].map(
          part => line.querySelector(part).getBoundingClientRect().toJSON()))""",
    )
    return found


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    return (
        min(one["right"], other["right"]) - max(one["left"], other["left"]) > 1
        and min(one["bottom"], other["bottom"]) - max(one["top"], other["top"]) > 1
    )


def test_nothing_in_a_line_covers_anything_else(reader: Reader, period_path: Path) -> None:
    awaiting = month(payer_state(invoices=(due("1", "5.00"),), verdict="AWAITING"),
                     verdict="AWAITING")  # fmt: skip
    for opened in (reader.open(period_path), reader.open_month(awaiting)):
        for width in WIDTHS:
            opened.resize((width, 800))
            lines = boxes(opened.page)
            assert lines
            for line in lines:
                assert not [pair for pair in combinations(line, 2) if overlap(*pair)], width


def test_the_script_counts_the_days_since_the_deadline(reader: Reader) -> None:
    page = reader.open_month(overdue_month()).page
    for now, text in (
        ("2026-11-18T12:00:00Z", "Deadline: 10 November 2026 8 days late"),
        ("2026-11-11T00:00:01Z", "Deadline: 10 November 2026 1 day late"),
        ("2026-11-10T23:00:00Z", "Deadline: 10 November 2026"),
        ("2026-10-01T00:00:00Z", "Deadline: 10 November 2026"),
    ):
        page.clock.set_fixed_time(now)
        page.reload()
        step = page.locator(".open-items td").last.inner_text()
        assert text in step
        assert ("late" in step) == ("late" in text)


def test_without_a_script_the_deadline_stands_alone(reader: Reader) -> None:
    page = reader.open_month(overdue_month(), java_script_enabled=False).page
    step = page.locator(".open-items td").last.inner_text()
    assert "Deadline: 10 November 2026" in step
    assert "late" not in step


def long_account() -> Manifest:
    invoices = tuple(due(f"INV-{n:04d}", "5.00") for n in range(150))
    return month(payer_state(invoices=invoices))


def printed_pages(page: Page) -> list[str]:
    paper = page.pdf(format="A4", prefer_css_page_size=True)
    return [one.extract_text() for one in PdfReader(io.BytesIO(paper)).pages]


def test_each_printed_page_of_an_account_has_its_name_its_id_and_the_headings(
    reader: Reader,
) -> None:
    page = reader.open_month(long_account()).page
    open_all(page)
    with_invoices = [text for text in printed_pages(page) if "INV-" in text]
    assert len(with_invoices) > 2
    for text in with_invoices:
        assert f"Acme {ACME}" in " ".join(text.split())
        assert "Documents" in text


def test_a_printed_heading_is_not_left_behind_by_its_table(
    reader: Reader, period_path: Path
) -> None:
    for text in printed_pages(reader.open(period_path).page):
        lines = [line for line in text.strip().splitlines() if line.strip()]
        body = [line for line in lines if " / " not in line]
        headings = ("Payer accounts", "Earlier periods", "Worth a look", "Action required")
        assert not body[-1].startswith(headings)


@pytest.mark.parametrize("size", [DESK, PHONE, SMALLEST])
def test_the_switch_is_there_on_every_screen(
    reader: Reader, period_path: Path, size: tuple[int, int]
) -> None:
    switch: Any = reader.open(period_path, size).page.get_by_label("Open from").bounding_box()
    assert 0 <= switch["x"] <= switch["x"] + switch["width"] <= size[0]
