"""The search over all months on the archive's page, and the way from it into a month."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from lambdas.domain.close.owners import Owners
from lambdas.domain.evidence.archived_invoice import OutstandingInvoice
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.runs.payer_register import Payer
from lambdas.domain.visible_text import shown
from tests.browser.conftest import DESK, PHONE, SMALLEST, Opened, Reader
from tests.browser.test_accessibility import violations
from tests.browser.test_page_behaviour import HOSTILE_NAMES, hostile_month
from tests.domain.example_months import SEPTEMBER, amount, due, month, payer_state
from tests.domain.examples import ACME, BOREAL, outstanding

FIND = "Invoice, amount, PO number, seller, payer account, owner or legal entity"
OWNERS = Owners([Payer(BOREAL, "Boréal", owner="Haruka Nishida")])
EMEA, KK = "Amazon Web Services EMEA SARL", "Amazon Web Services Japan G.K."


def seller(name: str) -> dict[str, str]:
    return {"InvoicingEntity": name, "BillingEntity": "AWS"}


def awaited(invoice_id: str) -> OutstandingInvoice:
    return outstanding(invoice_id, payer=BOREAL)


def months() -> tuple[Manifest, Manifest]:
    """September and October of two payer accounts; one invoice of October is outstanding."""
    september = month(
        payer_state(
            ACME,
            "Acme",
            invoices=(
                due("2609000001", "1234.50", "EUR", period=SEPTEMBER, Entity=seller(EMEA)),
                due("2609000002", "1234.56", "EUR", period=SEPTEMBER, PurchaseOrderNumber="PO-77"),
                due("2609000003", "99.00", period=SEPTEMBER, InvoiceType="CREDIT_MEMO"),
            ),
        ),
        period=SEPTEMBER,
    )
    acme = (
        due("2610000001", "1234567.80", "USD", PurchaseOrderNumber="4500012345"),
        due("2610000002", "110.70", "EUR", BaseCurrencyAmount=amount("120.50", "USD")),
    )
    boreal = (due("JP-000042", "3303781", "JPY", payer=BOREAL, Entity=seller(KK)),)
    october = month(
        payer_state(ACME, "Acme", invoices=acme),
        payer_state(
            BOREAL,
            "Boréal",
            invoices=boreal,
            outstanding=(awaited("JP-000043"),),
            legal_entity="Straits Meridian Holdings",
            verdict="PARTIAL",
        ),
        verdict="ACTION_REQUIRED",
    )
    return september, replace(october, last_day="2026-11-10")


@pytest.fixture
def opened(reader: Reader) -> Opened:
    return reader.open_archive(*months(), owners=OWNERS)


def found(page: Page, words: str) -> list[str]:
    """The ids of the found invoices, in their order."""
    page.get_by_label(FIND).fill(words)
    if not page.locator(".found").is_visible():
        return []
    return page.locator(".found tbody td:nth-child(3) a").all_text_contents()


KNOWN: tuple[tuple[str, list[str]], ...] = (
    ("2609000001", ["2609000001"]),
    ("0042", ["JP-000042"]),
    ("jp-0000", ["JP-000042", "JP-000043"]),
    ("1,234.50", ["2609000001"]),
    ("1234.5", ["2609000001"]),
    ("1.234,50", ["2609000001"]),
    ("1 234,50", ["2609000001"]),
    ("1\N{NARROW NO-BREAK SPACE}234,50", ["2609000001"]),
    ("1'234.50", ["2609000001"]),
    ("\N{EURO SIGN}1,234.50", ["2609000001"]),
    ("1.234,50 \N{EURO SIGN}", ["2609000001"]),
    ("\N{EURO SIGN} 1.234,50", ["2609000001"]),
    ("1.234,50\N{EURO SIGN}", ["2609000001"]),
    ("US$ 1,234,567.80", ["2610000001"]),
    ("US$1,234,567.80", ["2610000001"]),
    ("3.303.781 \N{YEN SIGN}", ["JP-000042"]),
    ("3 303 781", ["JP-000042"]),
    ("3\N{THIN SPACE}303\N{THIN SPACE}781 JPY", ["JP-000042"]),
    ("JPY3303781", ["JP-000042"]),
    ("3.303.781JPY", ["JP-000042"]),
    ("USD3303781", []),
    ("\N{EURO SIGN}\N{EURO SIGN}", []),
    ("234.50", []),
    ("1,234", ["2609000001", "2609000002"]),
    ("1234567.8", ["2610000001"]),
    ("1.234.567,80", ["2610000001"]),
    ("12,34,567.80", ["2610000001"]),
    ("3,303,781", ["JP-000042"]),
    ("3303781 JPY", ["JP-000042"]),
    ("99.00", ["2609000003"]),
    ("-99", ["2609000003"]),
    ("\N{MINUS SIGN}99", ["2609000003"]),
    ("120.50", ["2610000002"]),
    ("po-77", ["2609000002"]),
    ("4500012345", ["2610000001"]),
    ("EMEA sarl", ["2609000001"]),
    ("japan", ["JP-000042"]),
    ("boreal", ["JP-000042", "JP-000043"]),
    (ACME, ["2610000001", "2610000002", "2609000001", "2609000002", "2609000003"]),
    ("nishida", ["JP-000042", "JP-000043"]),
    ("straits meridian", ["JP-000042", "JP-000043"]),
    ("outstanding", ["JP-000043"]),
    ("credit memo", ["2609000003"]),
    ("acme october", ["2610000001", "2610000002"]),
    ("acme 2026-09 eur", ["2609000001", "2609000002"]),
    ("boreal september", []),
    ("1234.51", []),
    ("x", []),
)


def test_an_invoice_is_found_by_whatever_is_known_of_it(opened: Opened) -> None:
    for words, ids in KNOWN:
        assert found(opened.page, words) == ids, words
    assert opened.said == []


def test_a_found_invoice_has_all_that_tells_it_from_others_and_two_ways_to_its_document(
    opened: Opened,
) -> None:
    page = opened.page
    assert found(page, "2610000002") == ["2610000002"]
    cells = page.locator(".found tbody td").all_inner_texts()
    assert [" ".join(cell.split()) for cell in cells] == [
        "October 2026",
        f"Acme {ACME}",
        "2610000002",
        "\N{EN DASH}",
        "110.70 EUR 120.50 USD",
        "\N{EN DASH}",
        "Archived",
        "This copy AWS console",
    ]
    key = f"invoices/2026-10/{ACME}/2026-10_{ACME}_INVOICE_2610000002.pdf"
    copy = page.get_by_role("link", name="This copy of 2610000002")
    console = page.get_by_role("link", name="2610000002 in the AWS console")
    assert copy.get_attribute("href") == page.url.replace("index.html", key)
    assert console.get_attribute("href") == (
        f"https://console.aws.amazon.com/s3/object/example-archive?region=eu-west-1&prefix={key}"
    )
    assert found(page, "JP-000043") == ["JP-000043"]
    assert page.locator(".found tbody .open li").count() == 0
    assert "Outstanding" in page.locator(".found tbody").inner_text()


def test_the_number_of_hits_is_announced_and_no_hit_says_where_to_look(opened: Opened) -> None:
    page = opened.page
    said = page.locator(".find").get_by_role("status")
    for words, sentence in (
        ("acme", "5 invoices found."),
        ("2610000002", "1 invoice found."),
        (
            "2701",
            "No invoice matches \N{LEFT DOUBLE QUOTATION MARK}2701\N{RIGHT DOUBLE QUOTATION MARK} "
            "in 2 months, September 2026 to October 2026. Invoices that AWS has not issued yet, "
            "and invoices of Amazon Ads, are not in this archive.",
        ),
        ("", ""),
    ):
        page.get_by_label(FIND).fill(words)
        assert said.text_content() == sentence
    assert not page.locator(".found").is_visible()


def test_many_hits_are_counted_and_the_first_fifty_shown(reader: Reader) -> None:
    invoices = tuple(due(f"26{n:08d}", "1.00") for n in range(1234))
    page = reader.open_archive(month(payer_state(invoices=invoices))).page
    assert len(found(page, "26")) == 50
    assert page.locator(".find").get_by_role("status").text_content() == (
        "1,234 invoices found. The first 50 are shown. Add a word to find fewer."
    )
    assert found(page, "2600001233") == ["2600001233"]


def test_the_invoice_itself_comes_before_those_that_only_contain_its_id(reader: Reader) -> None:
    invoices = (due("9991", "1.00"), due("999", "2.00"), due("9992", "3.00"))
    page = reader.open_archive(month(payer_state(invoices=invoices))).page
    assert found(page, "999") == ["999", "9991", "9992"]


def test_a_keyboard_is_enough_to_find_an_invoice_and_to_come_back(opened: Opened) -> None:
    page = opened.page
    field = page.get_by_role("search").get_by_label(FIND)
    field.focus()
    page.keyboard.type("jp-000042")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "JP-000042"
    page.keyboard.press("Enter")
    page.wait_for_url("**/periods/2026-10/index.html#invoice-JP-000042")
    hit = page.locator("tr.hit")
    assert hit.count() == 1
    assert hit.is_visible()
    assert "JP-000042" in hit.inner_text()
    assert page.evaluate("scrollY") > 0
    page.go_back()
    page.wait_for_url("**/index.html#find=jp-000042")
    assert page.get_by_label(FIND).input_value() == "jp-000042"
    assert page.locator(".found tbody tr").count() == 1


def test_a_month_without_a_hit_leads_to_the_search_over_all_months(opened: Opened) -> None:
    page = opened.page
    page.goto(page.url.replace("index.html", "periods/2026-10/index.html"))
    page.get_by_role("search").get_by_role("searchbox").fill("2609000001")
    assert page.locator(".filter").get_by_role("status").text_content() == (
        "Nothing in this month matches \N{LEFT DOUBLE QUOTATION MARK}2609000001"
        "\N{RIGHT DOUBLE QUOTATION MARK}. Search all months."
    )
    page.get_by_role("link", name="Search all months").click()
    page.wait_for_url("**/index.html#find=2609000001")
    assert page.locator(".found tbody td:nth-child(3) a").all_text_contents() == ["2609000001"]
    assert page.evaluate("document.activeElement.id") == "find-words"


def test_the_switch_to_the_console_leaves_the_search_over_all_months_as_it_is(
    opened: Opened,
) -> None:
    page = opened.page
    page.goto(page.url.replace("index.html", "periods/2026-10/index.html"))
    page.get_by_label("Open from").select_option("AWS console")
    page.get_by_role("search").get_by_role("searchbox").fill("2609000001")
    link = page.get_by_role("link", name="Search all months")
    expect(link).to_have_attribute("href", re.compile("^https:.*&prefix=index.html$"))
    page.get_by_label("Open from").select_option("this copy")
    assert link.get_attribute("href") == "../../index.html#find=2609000001"


def test_without_scripts_the_page_says_that_searching_needs_them(reader: Reader) -> None:
    page = reader.open_archive(*months(), java_script_enabled=False).page
    assert page.get_by_text("The search needs scripts").is_visible()
    assert not page.locator(".find").is_visible()
    assert page.get_by_role("link", name="September 2026", exact=True).first.is_visible()


def test_hostile_text_does_nothing_in_the_search(reader: Reader) -> None:
    opened = reader.open_archive(hostile_month())
    page = opened.page
    page.get_by_label(FIND).fill("missing")
    page.get_by_label(FIND).fill("00000000")
    names = page.locator(".found tbody tr td:nth-child(2) bdi").all_text_contents()
    assert {name[:500] for name in names} == {shown(text)[:500] for text in HOSTILE_NAMES}
    for tag in ("img", "svg", "b", "i", "iframe", "form", "object", "embed", "base"):
        assert page.locator(tag).count() == 0, tag
    for link in page.locator(".found tbody a[href*='#invoice-']").all():
        link.hover()
    schemes = page.eval_on_selector_all("a", "all => all.map(a => a.protocol)")
    assert set(schemes) == {"file:", "https:"}
    assert (opened.dialogs, opened.said) == ([], [])
    assert [one for one in opened.requests if not one.startswith("data:")] == [
        page.url.partition("#")[0]
    ]
    for size in (DESK, PHONE, SMALLEST):
        opened.resize(size)
        assert not opened.is_too_wide(), size


def test_a_hostile_id_leads_to_its_row(reader: Reader) -> None:
    page = reader.open_archive(hostile_month()).page
    ids = page.locator(".found tbody td:nth-child(3) a")
    for number in (0, 1, 4, 6):
        page.get_by_label(FIND).fill(f"{number:012d} archived")
        assert ids.count() == 1
        name = ids.text_content()
        ids.click()
        page.wait_for_url("**/periods/**")
        assert (page.locator("tr.hit td:first-child bdi").first.text_content() or "") == name
        page.go_back()


def test_the_page_with_hits_fits_every_width(reader: Reader) -> None:
    opened = reader.open_archive(*months(), owners=OWNERS, at="#find=26")
    assert opened.page.locator(".found tbody tr").count() == 5
    for width in range(320, 1441, 40):
        opened.resize((width, 900))
        assert not opened.is_too_wide(), width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_search(reader: Reader, scheme: str) -> None:
    opened = reader.open_archive(*months(), owners=OWNERS, at="#find=26", color_scheme=scheme)
    for size in (DESK, PHONE):
        opened.resize(size)
        assert violations(opened) == [], size
    opened.page.get_by_label(FIND).fill("nothing")
    assert violations(opened) == []
