"""Tables sort by their headings: numbers as numbers, days as days, equal rows in their order."""

import pytest
from playwright.sync_api import Locator, Page

from tests.browser.conftest import PHONE, Reader
from tests.browser.test_page_behaviour import open_all
from tests.browser.test_search import FIND, OWNERS, months
from tests.domain.example_months import due, month, payer_state


def column(table: Locator, number: int) -> list[str]:
    cells = table.locator(f"tbody td:nth-child({number})").all_inner_texts()
    return [cell.split("\n")[0] for cell in cells]


def ids(table: Locator) -> list[str]:
    return table.locator("tbody td:first-child bdi").all_text_contents()


def invoices(reader: Reader) -> tuple[Page, Locator]:
    """A month's table of five invoices."""
    rows = (
        due("5", "1000.00", IssuedDate="2026-11-30T00:00:00Z"),
        due("10", "90.00", IssuedDate="2026-12-01T00:00:00Z", DueDate="2027-01-05T00:00:00Z"),
        due("9", "20", "JPY", IssuedDate="2026-11-04T00:00:00Z"),
        due("7", "5.00", IssuedDate="2026-11-30T00:00:00Z", InvoiceType="CREDIT_MEMO"),
        due("8", "90.00", IssuedDate="2026-11-30T00:00:00Z"),
    )
    page = reader.open_month(month(payer_state(invoices=rows))).page
    open_all(page)
    return page, page.locator("table.invoices")


def test_a_heading_sorts_up_then_down_and_says_so(reader: Reader) -> None:
    page, table = invoices(reader)
    assert ids(table) == ["5", "10", "9", "7", "8"]
    heading = page.get_by_role("columnheader", name="Invoice")
    assert heading.get_attribute("aria-sort") is None
    button = heading.get_by_role("button")
    button.click()
    assert ids(table) == ["5", "7", "8", "9", "10"]
    assert heading.get_attribute("aria-sort") == "ascending"
    button.press("Enter")
    assert ids(table) == ["10", "9", "8", "7", "5"]
    assert heading.get_attribute("aria-sort") == "descending"
    page.get_by_role("button", name="Issued").click()
    assert table.locator("[aria-sort]").count() == 1


def test_numbers_sort_as_numbers_of_one_currency_and_equal_rows_stay_in_their_order(
    reader: Reader,
) -> None:
    page, table = invoices(reader)
    page.get_by_role("button", name="Amount").click()
    amounts = ["20 JPY", "\N{MINUS SIGN}5.00 USD", "90.00 USD", "90.00 USD", "1,000.00 USD"]
    assert column(table, 4) == amounts
    assert ids(table) == ["9", "7", "10", "8", "5"]
    page.get_by_role("button", name="Amount").click()
    assert column(table, 4) == amounts[::-1]
    assert ids(table) == ["5", "10", "8", "7", "9"]


def test_days_sort_as_days_and_cells_without_a_value_come_last(reader: Reader) -> None:
    page, table = invoices(reader)
    page.get_by_role("button", name="Issued").click()
    days = ["4 November 2026", *3 * ["30 November 2026"], "1 December 2026"]
    assert column(table, 2) == days
    assert ids(table) == ["9", "5", "7", "8", "10"]
    for _ in range(2):
        page.get_by_role("button", name="Due").click()
        assert column(table, 3) == ["5 January 2027", *4 * ["\N{EN DASH}"]]


def test_months_sort_and_found_invoices_too(reader: Reader) -> None:
    page = reader.open_archive(*months(), owners=OWNERS).page
    table = page.locator("table.periods")
    page.locator("table.periods").get_by_role("button", name="Billing period").click()
    assert column(table, 1) == ["September 2026", "October 2026"]
    assert table.get_by_role("button", name="Net invoiced").count() == 0  # several currencies
    page.get_by_label(FIND).fill("acme")
    found = page.locator("table.found")
    found.get_by_role("button", name="Amount").click()
    assert column(found, 5) == [
        "110.70 EUR",
        "1,234.50 EUR",
        "1,234.56 EUR",
        "\N{MINUS SIGN}99.00 USD",
        "1,234,567.80 USD",
    ]
    page.get_by_label(FIND).fill("acm")
    assert found.locator("[aria-sort]").count() == 0


@pytest.mark.parametrize("has_script", [True, False])
def test_a_phone_and_a_browser_without_scripts_have_plain_headings(
    reader: Reader, has_script: bool
) -> None:
    page = reader.open_archive(*months(), size=PHONE, java_script_enabled=has_script).page
    assert page.locator("th button").count() == 0
