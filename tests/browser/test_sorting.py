"""Tables sort by their headings: numbers as numbers, days as days, equal rows in their order."""

import pytest
from playwright.sync_api import Locator, Page

from tests.browser.conftest import PHONE, Reader
from tests.browser.test_page_behaviour import open_all
from tests.browser.test_search import FIND, OWNERS, months
from tests.domain.example_months import due, month, payer_state
from tests.domain.examples import outstanding


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


def test_the_folded_rest_of_a_table_is_sorted_with_it(reader: Reader) -> None:
    """Twenty open items are shown, and the others folded."""
    gaps = tuple(outstanding(f"GAP-{n:02d}") for n in range(25))
    page = reader.open_month(
        month(payer_state(outstanding=gaps, verdict="PARTIAL"), verdict="ACTION_REQUIRED")
    ).page
    open_all(page)
    first, rest = page.locator("table.open-items").all()
    assert (first.locator("tbody tr").count(), rest.locator("tbody tr").count()) == (20, 5)
    for heading in (first, rest):
        heading.get_by_role("button", name="Invoice").click()
    ordered = [f"GAP-{n:02d}" for n in range(25)][::-1]
    assert column(first, 3) + column(rest, 3) == ordered
    for table in (first, rest):
        headings = table.get_by_role("columnheader", name="Invoice")
        assert headings.get_attribute("aria-sort") == "descending"
        assert table.locator("[aria-sort]").count() == 1
    assert (first.locator("tbody tr").count(), rest.locator("tbody tr").count()) == (20, 5)


def test_one_row_in_the_rest_of_a_table_is_sorted_too(reader: Reader) -> None:
    gaps = tuple(outstanding(f"GAP-{n:02d}") for n in range(21))
    page = reader.open_month(
        month(payer_state(outstanding=gaps, verdict="PARTIAL"), verdict="ACTION_REQUIRED")
    ).page
    open_all(page)
    first, rest = page.locator("table.open-items").all()
    for _ in range(2):
        rest.get_by_role("button", name="Invoice").click()
    assert column(first, 3)[0] == "GAP-20"
    assert column(rest, 3) == ["GAP-00"]


def test_the_search_says_which_of_many_hits_are_sorted(reader: Reader) -> None:
    invoices = tuple(due(f"26{n:08d}", "1.00") for n in range(51))
    page = reader.open_archive(month(payer_state(invoices=invoices))).page
    said = page.locator(".find").get_by_role("status")
    sort = page.locator("table.found").get_by_role("button", name="Amount")
    page.get_by_label(FIND).fill("26")
    sort.click()
    shown = "51 invoices found. The first 50 are shown. Add a word to find fewer."
    assert said.text_content() == f"{shown} Only these 50 are sorted."
    page.get_by_label(FIND).fill("26000")
    assert said.text_content() == shown
    sort.click()
    assert said.text_content() == f"{shown} Only these 50 are sorted."
    page.get_by_label(FIND).fill("2600000001")
    sort.click()
    assert said.text_content() == "1 invoice found."


@pytest.mark.parametrize("has_script", [True, False])
def test_a_phone_and_a_browser_without_scripts_have_plain_headings(
    reader: Reader, has_script: bool
) -> None:
    page = reader.open_archive(*months(), size=PHONE, java_script_enabled=has_script).page
    assert page.locator("th button").count() == 0
