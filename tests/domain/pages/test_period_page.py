import re
from dataclasses import replace

import pytest

from lambdas.domain.findings import finding
from lambdas.domain.pages.period_page import period_page
from tests.domain.example_months import digest, due, invoice, month, payer_state
from tests.domain.examples import ACME, BOREAL, INVOICE_ID, OCTOBER, outstanding, supplement
from tests.domain.pages.reading import headings, read, section

NO_ACCESS = finding("NO_ACCESS", BOREAL, "The role cannot be assumed.")
CARDINAL = "999900001111"


def test_the_verdict_comes_first_then_exceptions_payers_differences_and_history() -> None:
    manifest = month(
        payer_state(ACME, outstanding=(outstanding(),), verdict="PARTIAL"),
        payer_state(CARDINAL, "Cardinal", outstanding=(outstanding("2"),), verdict="AWAITING"),
        payer_state(
            BOREAL,
            "Boreal",
            findings=(
                finding("LATE_INVOICE", "1", "Late."),
                finding("PDF_ENCRYPTED", "invoices/x.pdf", "Encrypted."),
            ),
        ),
        verdict="ACTION_REQUIRED",
    )
    page = read(period_page(manifest, [digest(payer_state())]))
    first = page.one("main").all("section")[0]
    assert (first.one("h1").text, first.one("span", "verdict").text) == (
        "October 2026",
        "Action required",
    )
    assert headings(page) == [
        "What needs attention",
        "What is awaited",
        "Totals",
        "Payer accounts",
        "Since September 2026",
        "Changed after it was archived",
        "Worth a look",
        "Earlier periods",
    ]


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [
        (month(payer_state(invoices=(invoice(),))), "Every payer account is settled"),
        (
            month(payer_state(verdict="NO_ACCESS"), verdict="ACTION_REQUIRED"),
            "1 payer account needs attention.",
        ),
        (
            month(
                payer_state(verdict="MISSING"),
                payer_state(BOREAL, verdict="PARTIAL"),
                payer_state(CARDINAL, verdict="AWAITING"),
                verdict="ACTION_REQUIRED",
            ),
            "2 payer accounts need attention. 1 payer account waits for the deadline",
        ),
        (month(payer_state(), verdict="AWAITING"), "the deadline is not over"),
        (month(verdict="ACTION_REQUIRED"), "No payer account was judged"),
        (
            month(
                payer_state(),
                verdict="ACTION_REQUIRED",
                findings=(finding("MANIFEST_DAMAGED", "periods/x", "It is gone."),),
            ),
            "The archive itself needs a look",
        ),
    ],
)
def test_one_sentence_says_why(manifest, sentence) -> None:  # type: ignore[no-untyped-def]
    page = read(period_page(manifest, []))
    assert sentence in page.one("p", "lead").text


def test_a_kind_of_finding_is_shown_once_with_its_next_step_and_everybody_concerned() -> None:
    payers = [
        payer_state(f"{number:012d}", f"Payer {number}", verdict="NO_ACCESS", findings=(one,))
        for number in range(12)
        for one in [finding("NO_ACCESS", f"{number:012d}", f"Role {number} is refused.")]
    ]
    page = read(period_page(month(*payers, verdict="ACTION_REQUIRED"), []))
    shown = section(page, "What needs attention")
    assert shown
    (group,) = shown.all("article")
    assert group.one("h3").text == "No access"
    assert group.one("p", "next").text == f"Next step {NO_ACCESS.next_step}"
    rows = [row.text for row in group.all("tr") if row.all("td")]
    assert [f"Role {n} is refused." in rows[n] for n in range(12)] == 12 * [True]
    assert group.one("details").one("summary").text == "4 more"
    assert f"#payer-{3:012d}" in group.links()


def test_the_findings_of_the_period_itself_are_exceptions_too() -> None:
    rolled_back = finding("MANIFESTS_ROLLED_BACK", "periods/x", "Number 3 is gone.")
    manifest = month(payer_state(), verdict="ACTION_REQUIRED", findings=(rolled_back,))
    shown = section(read(period_page(manifest, [])), "What needs attention")
    assert shown
    assert "Manifests rolled back" in shown.text
    assert "The whole period periods/x Number 3 is gone." in shown.text


def test_a_complete_month_has_no_exceptions() -> None:
    page = read(period_page(month(payer_state(invoices=(invoice(),))), []))
    assert headings(page) == ["Totals", "Payer accounts"]


def test_each_payer_account_has_its_counts_and_totals_per_currency() -> None:
    state = payer_state(
        invoices=(due("1", "1234.50"), due("2", "-7", "JPY"), due("3", "2.50")),
        outstanding=(outstanding("AWAITED-1"),),
        verdict="PARTIAL",
    )
    page = read(period_page(month(state, verdict="ACTION_REQUIRED"), []))
    line = page.one("details", "payer").one("summary").text
    assert line.startswith(f"Acme {ACME} Partial 3 of 4 invoices 3 documents")
    assert line.endswith("\N{MINUS SIGN}7 JPY 1,237.00 USD")
    totals = section(page, "Totals")
    assert totals
    assert [
        (dt.text, dd.text) for dt, dd in zip(totals.all("dt"), totals.all("dd"), strict=True)
    ] == [
        ("JPY", "\N{MINUS SIGN}7"),
        ("USD", "1,237.00"),
    ]


def test_payers_that_need_attention_come_first_and_the_others_by_name() -> None:
    manifest = month(
        payer_state("000000000001", "zulu"),
        payer_state("000000000002", "Alpha"),
        payer_state("000000000003", "Mike", verdict="AWAITING"),
        payer_state("000000000004", "Yankee", verdict="MISSING"),
        verdict="ACTION_REQUIRED",
    )
    page = read(period_page(manifest, []))
    assert [one.one("span", "name").text for one in page.all("details", "payer")] == [
        "Yankee",
        "Mike",
        "Alpha",
        "zulu",
    ]


def test_every_document_has_a_link_to_the_file_and_one_to_the_console() -> None:
    one = invoice(INVOICE_ID, supplement("TAX-1"))
    revised = replace(
        one.documents[0],
        revision=2,
        stored=replace(one.documents[0].stored, key="invoices/2026-10/x_r2.pdf"),
    )
    one = replace(one, documents=(*one.documents, revised))
    page = read(period_page(month(payer_state(invoices=(one,))), []))
    items = page.one("table", "invoices").all("li")
    assert [item.all("a")[0].text for item in items] == [
        "Invoice document (PDF)",
        "Invoice document, revision 2 (PDF)",
        "Tax e-invoice (XML)",
    ]
    for item, key in zip(
        items,
        sorted(
            (document.stored.key for document in one.documents),
            key=lambda key: ("TAX" in key, key),
        ),
        strict=True,
    ):
        here, console = item.links()
        assert here == f"../../{key}"
        assert console.endswith(f"/s3/object/example-archive?prefix={key}")


def test_an_invoice_that_is_not_archived_is_listed_with_the_reason() -> None:
    state = payer_state(outstanding=(outstanding("AWAITED-1"),), verdict="PARTIAL")
    page = read(period_page(month(state, verdict="ACTION_REQUIRED"), []))
    row = page.one("tr", "outstanding")
    assert row.text.startswith("AWAITED-1")
    assert row.text.endswith("Not archived yet: PDF not ready")


def test_what_counts_in_no_total_says_so() -> None:
    state = payer_state(invoices=(due("1", "5.00", CommercialInvoiceId="2"),))
    page = read(period_page(month(state), []))
    assert "in no total" in page.one("table", "invoices").text
    totals = section(page, "Totals")
    assert totals
    assert "There are no amounts." in totals.text


def test_the_difference_from_the_month_before_is_shown_per_currency_and_payer() -> None:
    manifest = month(payer_state(invoices=(due("1", "12.50"),)), payer_state(BOREAL, "Boreal"))
    before = digest(
        payer_state(invoices=(due("0", "10.00"),)),
        payer_state(CARDINAL, "Cardinal"),
        verdict="ACTION_REQUIRED",
    )
    page = read(period_page(manifest, [before]))
    totals = section(page, "Totals")
    assert totals
    assert totals.one("dd", "since").text == "+2.50 since September"
    since = section(page, "Since September 2026")
    assert since
    assert since.one("p", "note").text == (
        "September 2026 itself is not complete, so this is provisional. "
        "New since then: 1 payer account. No longer here: 1 payer account."
    )
    rows = [[one.text for one in row.all("td")] for row in since.all("tr") if row.all("td")]
    assert [f"Acme {ACME}", "10.00 USD", "12.50 USD", "+2.50 USD"] in rows
    assert f"#payer-{CARDINAL}" not in page.links()


def test_without_a_month_before_nothing_is_compared() -> None:
    august = digest(payer_state(), period=OCTOBER.shifted(-2))
    page = read(period_page(month(payer_state(invoices=(due("1", "1.00"),))), [august]))
    assert not page.all("dd", "since")
    assert [h for h in headings(page) if h.startswith("Since")] == []


def test_the_history_has_the_twelve_periods_before_latest_first() -> None:
    others = [digest(payer_state(), period=OCTOBER.shifted(n)) for n in range(-14, 3) if n]
    page = read(period_page(month(payer_state()), others))
    history = section(page, "Earlier periods")
    assert history
    links = [link for link in history.links() if not link.startswith("https:")]
    assert links == [f"../../periods/{OCTOBER.shifted(-n)}/index.html" for n in range(1, 13)]


def test_a_finding_of_a_file_leads_to_the_file() -> None:
    one = invoice()
    key = one.documents[0].stored.key
    flagged = (
        finding("PDF_ENCRYPTED", key, "Encrypted."),
        finding("PDF_ENCRYPTED", "x", "Not it."),
    )
    page = read(period_page(month(payer_state(invoices=(one,), findings=flagged)), []))
    shown = section(page, "Worth a look")
    assert shown
    assert f"../../{key}" in shown.links()
    assert "../../x" not in page.links()


def test_the_page_says_which_manifest_it_was_made_from() -> None:
    manifest = month(payer_state())
    footer = read(period_page(manifest, [])).one("footer")
    assert "Made from manifest-0003.json" in footer.text
    assert f"../../{manifest.key}" in footer.links()
    assert "../../README.txt" in footer.links()


def test_a_period_without_a_readable_manifest_names_none() -> None:
    manifest = month(payer_state(), verdict="ACTION_REQUIRED", sequence=0)
    page = read(period_page(manifest, []))
    assert "no manifest that can be read" in page.one("footer").text
    assert manifest.key not in " ".join(page.links())


def test_the_page_loads_and_runs_nothing_from_outside() -> None:
    content = period_page(month(payer_state(invoices=(invoice(),))), []).decode()
    page = read(content.encode())
    policy = next(
        m.attributes["content"]
        for m in page.all("meta")
        if m.attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert not re.findall(
        r"(?:src|srcset|action|style|on\w+)=",
        re.sub(
            r"<script>.*?</script>|<style>.*?</style>|content=\"[^\"]*\"",
            "",
            content,
            flags=re.DOTALL,
        ),
    )
    outside = {link.split("?")[0] for link in page.links() if "://" in link}
    assert outside == {"https://s3.console.aws.amazon.com/s3/object/example-archive"}


def test_the_same_content_gives_the_same_bytes() -> None:
    manifest = month(payer_state(invoices=(invoice(),)))
    before = digest(payer_state())
    assert period_page(manifest, [before]) == period_page(manifest, [before])
