"""What pages do, and above all what they do not do."""

import io
import time
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from bench.views import manifest_of
from lambdas.domain.close.owners import Owners
from lambdas.domain.cut_text import short
from lambdas.domain.findings import finding
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.runs.payer_register import Payer
from lambdas.domain.visible_text import shown
from lambdas.views.digest import PeriodDigest
from tests.browser.conftest import DESK, PHONE, SMALLEST, Reader
from tests.domain.example_months import due, invoice, month, payer_state
from tests.domain.examples import BOREAL, outstanding

FIND = "Find an invoice, amount, PO, payer account, file or finding"
HOSTILE_NAMES = (
    "<script>alert('name')</script><b>bold</b>",
    '" onmouseover="alert(1)" autofocus onfocus="alert(2)',
    "' onclick='alert(3)",
    "javascript:alert(4)",
    "</summary></details></style></script><img src=x onerror=alert(5)>",
    "&lt;i&gt; &amp;#x3c;script&amp;#x3e; ]]> <!-- -->",
    "\u202eneroG morf yenoM",
    "a\x00b\x1b[31m\ud800",
    "=HYPERLINK(\"https://example.com/\")",
    "<svg/onload=alert(6)>{{7*7}}${7*7}`",
    "W" * 3000,
    "\u0627\u0644\u0634\u0631\u0643\u0629 " * 20,
)  # fmt: skip


def hostile_month() -> Manifest:
    """Every hostile text wherever a text of somebody can stand."""
    payers = [
        payer_state(
            f"{number:012d}",
            text,
            legal_entity=text,
            invoices=(
                invoice(
                    f"{text}-{number}"[:1024],
                    payer=f"{number:012d}",
                    InvoiceType=text[:40],
                    PaymentCurrencyAmount={"TotalAmount": "1.00", "CurrencyCode": text[:3]},
                ),
            ),
            outstanding=(outstanding(f"{text}-missing"[:1024], payer=f"{number:012d}"),),
            findings=(finding("INVOICE_CHANGED", text, text), finding("NO_ACCESS", text, text)),
            verdict="PARTIAL",
        )
        for number, text in enumerate(HOSTILE_NAMES)
    ]
    return month(*payers, verdict="ACTION_REQUIRED")


def open_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")


@pytest.mark.parametrize("has_script", [True, False])
def test_hostile_text_does_nothing(reader: Reader, has_script: bool) -> None:
    manifest = hostile_month()
    owners = Owners(
        Payer(payer.payer_account_id, payer.name, owner=payer.name) for payer in manifest.payers
    )
    opened = reader.open_month(manifest, owners=owners, java_script_enabled=has_script)
    page = opened.page
    names = page.locator(".payer .name bdi").all_text_contents()
    assert sorted(names) == sorted(shown(short(text, 2_000)) for text in HOSTILE_NAMES)
    assert max(map(len, names)) == 2_000 - len("\N{HORIZONTAL ELLIPSIS}".encode()) + 1
    for tag in ("img", "svg", "b", "i", "iframe", "form", "object", "embed", "base"):
        assert page.locator(tag).count() == 0, tag
    assert page.locator("script").count() == page.locator("style").count() == 1
    if has_script:
        open_all(page)
        for line in page.locator(".payer > summary").all():
            line.hover()
            line.click()
        attributes = page.evaluate(
            "[...new Set([...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()))]"
        )
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
    schemes = page.eval_on_selector_all("a", "all => all.map(a => a.protocol)")
    assert set(schemes) == {"file:", "https:"}
    assert (opened.dialogs, opened.said) == ([], [])


def test_a_name_that_turns_its_letters_round_turns_nothing_else(reader: Reader) -> None:
    page = reader.open_month(hostile_month()).page
    line = page.locator("#payer-000000000006 > summary")
    identity, verdict = line.locator(".id").bounding_box(), line.locator(".verdict").bounding_box()
    assert identity
    assert verdict
    assert identity["x"] + identity["width"] < verdict["x"]
    assert line.locator(".id").inner_text() == "000000000006"
    assert line.locator(".counts").inner_text().startswith("1 of 2 invoices")


def test_no_text_makes_a_page_wider_than_the_screen(
    reader: Reader, root_path: Path, period_path: Path
) -> None:
    for opened in (
        reader.open_month(hostile_month()),
        reader.open(period_path),
        reader.open(root_path),
    ):
        open_all(opened.page)
        for size in (DESK, PHONE, SMALLEST):
            opened.resize(size)
            assert not opened.is_too_wide(), size


def test_a_page_asks_for_nothing_but_itself(
    reader: Reader, root_path: Path, period_path: Path
) -> None:
    for path in (root_path, period_path):
        opened = reader.open(path)
        opened.page.wait_for_timeout(200)
        assert [one for one in opened.requests if not one.startswith("data:")] == [path.as_uri()]
        assert opened.said == []


def test_the_policy_of_the_page_lets_no_foreign_script_run(
    reader: Reader, period_path: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.html"
    content = period_path.read_text(encoding="utf-8")
    evil = "<script>alert('in')</script><img src=x onerror=\"alert('on')\"><h1 style='color:red'>"
    broken.write_text(content.replace("</main>", f"{evil}</main>"), encoding="utf-8")
    opened = reader.open(broken)
    opened.page.wait_for_timeout(200)
    assert opened.dialogs == []
    assert sum("Content Security Policy" in text for text in opened.said) >= 3


def test_without_scripts_nothing_is_missing_but_the_filter(
    reader: Reader, period_path: Path
) -> None:
    with_script = reader.open(period_path).page
    without = reader.open(period_path, java_script_enabled=False).page
    assert (with_script.locator(".filter").count(), without.locator(".filter").count()) == (1, 0)
    assert with_script.locator(".payer").count() == without.locator(".payer").count() == 18
    without.locator(".payer").get_by_text("Verdejante Alimentos").first.click()
    assert without.get_by_role("link", name="Tax e-invoice (XML)", exact=True).is_visible()


def test_the_filter_finds_payer_accounts_by_name_id_invoice_and_verdict(
    reader: Reader, period_path: Path
) -> None:
    page = reader.open(period_path).page
    shown = page.locator(".payer:visible .who .id")
    words = page.get_by_label(FIND)
    words.fill("kessler")
    assert shown.all_text_contents() == ["236481957204"]
    assert page.get_by_role("status").text_content() == "1 of 18 payer accounts shown"
    words.fill("020417736915")
    assert shown.all_text_contents() == ["020417736915"]
    words.fill("<script> orchard")
    assert shown.all_text_contents() == ["318406957221"]
    words.fill("no such payer")
    assert shown.count() == 0
    words.fill("")
    page.locator(".filter select").select_option("Transferred")
    assert shown.all_text_contents() == ["934820175563", "915037284461"]
    work = page.get_by_role("region", name="Action required")
    work.get_by_role("link", name="Minato Seimitsu").click()
    page.locator("#payer-357902468813").wait_for()
    assert shown.count() == 3
    page.locator(".filter select").select_option("All")
    assert shown.count() == 18


def test_the_filter_finds_the_names_of_files_and_the_codes_of_findings(
    reader: Reader, period_path: Path
) -> None:
    page = reader.open(period_path).page
    shown = page.locator(".payer:visible .who .id")
    words = page.get_by_label(FIND)
    file = page.locator(".payer a[href$='.xml']").first.get_attribute("href")
    assert file
    name = file.rpartition("/")[2]
    words.fill(name)
    assert shown.all_text_contents() == [name.split("_")[1]]
    words.fill("NO_ACCESS")
    assert shown.all_text_contents() == ["528491730066"]
    words.fill("pdf_not_ready")
    for one in shown.all_text_contents():
        assert "PDF not ready" in (page.locator(f"#payer-{one}").text_content() or "")


def test_the_filter_opens_and_marks_invoices_and_goes_from_one_to_the_next(reader: Reader) -> None:
    acme = (
        due("AB-1", "1234.50", PurchaseOrderNumber="4500012345"),
        due("AB-2", "77.00"),
        due("CD-1", "1234.50"),
    )
    boreal = (due("AB-3", "12.00", payer=BOREAL), due("CD-2", "1.00", payer=BOREAL))
    page = reader.open_month(
        month(
            payer_state(invoices=acme),
            payer_state(BOREAL, "Boreal", invoices=boreal),
            *(payer_state(f"{n:012d}", f"Filler {n}") for n in range(1, 40)),
        )
    ).page
    words, hits = page.get_by_label(FIND), page.locator("tr.hit td:first-child bdi")
    said = page.locator(".filter").get_by_role("status")
    for query, ids in (
        ("ab-", ["AB-1", "AB-2", "AB-3"]),
        ("1.234,50", ["AB-1", "CD-1"]),
        ("1234.5 ab", ["AB-1"]),
        ("4500012345", ["AB-1"]),
        ("boreal ab", ["AB-3"]),
        ("boreal", []),
    ):
        words.fill(query)
        assert hits.all_text_contents() == ids, query
        assert all(hit.is_visible() for hit in hits.all())
    words.fill("ab-")
    assert said.text_content() == (
        "3 invoices found, 2 of 41 payer accounts shown. Press Enter to go to the next one."
    )
    for expected in ("AB-1", "AB-2", "AB-3", "AB-1"):
        words.press("Enter")
        in_view = [
            hit.text_content()
            for hit in hits.all()
            if hit.evaluate("e => (y => 0 < y && y < innerHeight)(e.getBoundingClientRect().top)")
        ]
        assert expected in in_view
    words.fill("nobody")
    assert said.text_content() == (
        "Nothing in this month matches \N{LEFT DOUBLE QUOTATION MARK}nobody"
        "\N{RIGHT DOUBLE QUOTATION MARK}. Search all months."
    )
    words.fill("")
    assert hits.count() == page.locator(".payer[open]").count() == 0


def few() -> Manifest:
    """Two payer accounts: one invoice in the first, two in the second."""
    acme = (
        due(
            "AB-1", "3980.36", "USD", PurchaseOrderNumber="0042", IssuedDate="2026-11-03T00:00:00Z"
        ),
    )
    boreal = (
        due("CD-1", "1234.50", payer=BOREAL, PurchaseOrderNumber="PO-8"),
        due("CD-2", "607", "JPY", payer=BOREAL),
    )
    return month(payer_state(invoices=acme), payer_state(BOREAL, "Boreal", invoices=boreal))


def test_the_filter_finds_an_amount_that_the_line_of_its_payer_account_shows(
    reader: Reader,
) -> None:
    page = reader.open_month(few()).page
    words, hits = page.get_by_label(FIND), page.locator("tr.hit td:first-child bdi")
    for query, ids in (
        ("3,980.36", ["AB-1"]),
        ("3980.36", ["AB-1"]),
        ("3.980,36 \N{EURO SIGN}", ["AB-1"]),
        ("$ 3 980,36", ["AB-1"]),
        ("607", ["CD-2"]),
        ("JPY607", ["CD-2"]),
        ("607 JPY", ["CD-2"]),
        ("acme 3,980.36", ["AB-1"]),
        ("boreal 3,980.36", []),
    ):
        words.fill(query)
        assert hits.all_text_contents() == ids, query
        assert all(hit.is_visible() for hit in hits.all())


def test_the_filter_finds_amounts_whole_and_no_text_across_two_cells(reader: Reader) -> None:
    page = reader.open_month(few()).page
    words = page.get_by_label(FIND)
    for query in ("234.50", "61,234.50", "80.36", "60", "00423", "20263,980.36"):
        words.fill(query)
        assert page.locator("tr.hit").count() == page.locator(".payer:visible").count() == 0, query
    for query, code in (("0042", "AB-1"), ("po-8", "CD-1"), ("1,234", "CD-1")):
        words.fill(query)
        assert page.locator("tr.hit td:first-child bdi").all_text_contents() == [code], query


def test_a_keyboard_goes_from_the_filter_through_the_hits_to_a_document(reader: Reader) -> None:
    page = reader.open_month(few()).page
    focused = "document.activeElement.dataset.invoice"
    page.get_by_label(FIND).focus()
    page.keyboard.type("cd-")
    for expected in ("CD-1", "CD-2", "CD-1"):
        page.keyboard.press("Enter")
        assert page.evaluate(focused) == expected
    page.keyboard.press("Tab")
    assert "CD-1" in page.evaluate("document.activeElement.getAttribute('href')")


def test_a_link_to_a_payer_account_opens_it_each_time(reader: Reader, period_path: Path) -> None:
    page = reader.open(period_path).page
    link = page.get_by_role("region", name="Action required").get_by_role(
        "link", name="Minato Seimitsu"
    )
    line = page.locator("#payer-357902468813")
    said = page.locator(".filter").get_by_role("status")
    link.click()
    line.locator("summary").click()
    assert line.get_attribute("open") is None
    link.click()
    assert line.get_attribute("open") is not None
    page.locator(".filter select").select_option("Transferred")
    assert said.text_content() == "2 of 18 payer accounts shown"
    assert not line.is_visible()
    link.click()
    assert line.is_visible()
    assert said.text_content() == "3 of 18 payer accounts shown"


def test_an_invoice_of_a_link_has_the_focus_and_keeps_the_hits_of_the_filter(
    reader: Reader,
) -> None:
    page = reader.open_month(few()).page
    page.get_by_label(FIND).fill("cd-")
    page.evaluate("location.hash = '#invoice-AB-1'")
    expect(page.locator("[data-invoice=AB-1]")).to_be_focused()
    assert page.locator("tr.hit").count() == 3
    assert page.locator(".filter").get_by_role("status").text_content() == (
        "2 invoices found. Press Enter to go to the next one."
    )


@pytest.fixture(scope="module")
def large_month() -> Manifest:
    """Five hundred payer accounts with twenty invoices each."""
    return manifest_of(500)


def test_five_hundred_payer_accounts_with_twenty_invoices_each_are_readable(
    reader: Reader, large_month: Manifest
) -> None:
    began = time.monotonic()
    opened = reader.open_month(large_month)
    page = opened.page
    assert page.locator(".payer").count() == 500
    page.get_by_label(FIND).fill("100001979750")
    assert page.locator(".payer:visible").count() == 1
    page.locator(".payer:visible > summary").click()
    assert page.locator(".payer:visible table.invoices tbody tr").count() == 20
    assert time.monotonic() - began < 30
    assert not opened.is_too_wide()
    work = page.get_by_role("region", name="Waiting for AWS")
    assert work.get_by_role("row").count() == 11  # a heading and the gap of every fiftieth account


def month_before(manifest: Manifest) -> PeriodDigest:
    """September, in which every payer account of October had another amount."""
    october = PeriodDigest.of(manifest)
    payers = tuple(
        replace(payer, totals={currency: value / 3 for currency, value in payer.totals.items()})
        for payer in october.payers
    )
    period = october.billing_period.shifted(-1)
    return replace(october, billing_period=period, verdict="COMPLETE", payers=payers)


def test_five_hundred_payer_accounts_with_a_month_before_fit_a_phone(
    reader: Reader, large_month: Manifest
) -> None:
    opened = reader.open_month(large_month, [month_before(large_month)], size=PHONE)
    assert opened.page.locator("table.since tr").count() > 500
    for is_open in ("false", "true"):
        opened.page.evaluate(
            f"document.querySelectorAll('.folded').forEach(d => {{ d.open = {is_open} }})"
        )
        for size in (PHONE, SMALLEST):
            opened.resize(size)
            assert not opened.is_too_wide(), size


def folded_month() -> Manifest:
    """So many of everything that each kind is folded."""
    payers = [
        payer_state(
            f"{n:012d}",
            f"Payer-{n:03d}",
            invoices=(due(f"{n}", "1.00"),),
            findings=tuple(
                finding(code, f"Subject-{code}-{n:03d}", "x")
                for code in ("NO_ACCESS", "INVOICE_CANCELLED", "LATE_INVOICE")
            ),
            verdict="NO_ACCESS",
        )
        for n in range(40)
    ]
    return month(*payers, verdict="ACTION_REQUIRED")


@pytest.mark.parametrize("has_script", [True, False])
def test_what_is_folded_is_printed_and_a_filter_shortens_nothing(
    reader: Reader, tmp_path: Path, has_script: bool
) -> None:
    manifest = folded_month()
    before = month_before(manifest)
    page = reader.open_month(manifest, [before], java_script_enabled=has_script).page
    if has_script:
        page.get_by_label(FIND).fill("Payer-007")
        assert page.locator(".payer:visible").count() == 1
    printed = printed_text(page)
    for n in range(40):
        # its finding, warning, remark, difference and line, and two changes
        assert printed.count(f"Payer-{n:03d}") == 7, n
        for code in ("NO_ACCESS", "INVOICE_CANCELLED", "LATE_INVOICE"):
            assert f"Subject-{code}-{n:03d}" in printed
    assert page.locator("details[open]").count() == 0


def printed_text(page: Page) -> str:
    """What is on paper, without its white space: a name may be broken in two lines."""
    text = "".join(one.extract_text() for one in PdfReader(io.BytesIO(page.pdf())).pages)
    return "".join(text.split())


def test_a_browser_that_cannot_print_what_is_folded_opens_it_for_that(reader: Reader) -> None:
    page = reader.open_month(folded_month()).page
    page.locator(".folded > summary").first.click()
    folded = page.locator(".folded").count()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".folded[open]").count() == folded > 3
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".folded[open]").count() == 1


def test_a_day_stands_in_one_line_on_a_desk(reader: Reader) -> None:
    manifest = replace(
        month(payer_state(invoices=(due("1", "1.00", DueDate="2026-09-30T00:00:00Z"),))),
        closed_at="2026-09-30T06:00:00Z",
    )
    page = reader.open_month(manifest).page
    open_all(page)
    for place in (".figures dd >> nth=3", ".invoices td >> nth=1", ".invoices td >> nth=2"):
        day = page.locator(place)
        assert "2026" in day.inner_text()
        lines = day.evaluate(
            "e => { const r = document.createRange(); r.selectNodeContents(e);"
            " return new Set([...r.getClientRects()].map(one => one.top)).size }"
        )
        assert lines == 1, place


def test_on_a_phone_too_a_payer_account_shows_that_it_opens(
    reader: Reader, period_path: Path
) -> None:
    for size in (DESK, PHONE):
        page = reader.open(period_path, size).page
        shown = page.locator(".payer > summary").first.evaluate(
            "e => { const s = getComputedStyle(e, '::after'); return s.display + s.width }"
        )
        assert shown not in ("none", "noneauto")
        assert not shown.startswith("none")


def test_on_paper_there_is_all_that_counts_and_nothing_to_click(
    reader: Reader, period_path: Path
) -> None:
    page = reader.open(period_path).page
    page.emulate_media(media="print")
    for hidden in (".filter", ".open-from", ".files", ".masthead nav"):
        assert not page.locator(hidden).is_visible(), hidden
    for there in (".hero .verdict", ".payer .verdict >> nth=0", ".totals", "#history"):
        assert page.locator(there).is_visible(), there
    paper = page.pdf(format="A4", prefer_css_page_size=True)
    assert 2 <= paper.count(b"/Type /Page\n") <= 6


def test_dark_and_light_follow_the_reader(reader: Reader, period_path: Path) -> None:
    grounds = [
        reader.open(period_path, color_scheme=scheme).page.evaluate(
            "getComputedStyle(document.documentElement).backgroundColor"
        )
        for scheme in ("light", "dark")
    ]
    assert grounds == ["rgb(246, 245, 241)", "rgb(16, 22, 28)"]


def test_a_keyboard_is_enough(reader: Reader, period_path: Path) -> None:
    page = reader.open(period_path).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.locator("#payer-481516234277 > summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("#payer-481516234277").get_attribute("open") is not None
    page.keyboard.press("Tab")
    path = page.evaluate("document.activeElement.getAttribute('href')")
    assert path.startswith("../../invoices/2026-10/481516234277/")
