import re
from dataclasses import replace
from typing import Any

import pytest

from lambdas.domain.findings import finding
from lambdas.domain.judgement.manifests import PayerState
from lambdas.views.pages.period_table import TOTALS
from tests.domain.example_months import (
    amount,
    digest,
    due,
    invoice,
    month,
    page_of_month,
    payer_state,
)
from tests.domain.examples import ACME, BOREAL, INVOICE_ID, OCTOBER, outstanding, supplement
from tests.views.pages.reading import Node, headings, read, section

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
    page = read(page_of_month(manifest, [digest(payer_state())]))
    first = page.one("main").all("section")[0]
    assert (first.one("h1").text, first.one("span", "verdict").text) == (
        "October 2026",
        "Action required",
    )
    assert headings(page) == [
        "What needs attention",
        "What is awaited",
        TOTALS,
        "Payer accounts",
        "Since September 2026",
        "Changed after it was archived",
        "Worth a look",
        "Earlier periods",
    ]


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [
        (month(payer_state(invoices=(invoice(),))), "Every payer account is complete"),
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
    page = read(page_of_month(manifest))
    assert sentence in page.one("p", "lead").text


def test_a_kind_of_finding_is_shown_once_with_its_next_step_and_everybody_concerned() -> None:
    payers = [
        payer_state(f"{number:012d}", f"Payer {number}", verdict="NO_ACCESS", findings=(one,))
        for number in range(12)
        for one in [finding("NO_ACCESS", f"{number:012d}", f"Role {number} is refused.")]
    ]
    page = read(page_of_month(month(*payers, verdict="ACTION_REQUIRED")))
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
    shown = section(read(page_of_month(manifest)), "What needs attention")
    assert shown
    assert "Manifests rolled back" in shown.text
    assert "The whole period periods/x Number 3 is gone." in shown.text


def test_a_complete_month_has_no_exceptions() -> None:
    page = read(page_of_month(month(payer_state(invoices=(invoice(),)))))
    assert headings(page) == [TOTALS, "Payer accounts"]


def test_each_payer_account_has_its_counts_and_totals_per_currency() -> None:
    state = payer_state(invoices=(due("1", "1234.50"), due("2", "-7", "JPY"), due("3", "2.50")))
    page = read(page_of_month(month(state)))
    line = page.one("details", "payer").one("summary").text
    assert line == (
        f"Acme {ACME} Complete 3 of 3 invoices 3 documents \N{MINUS SIGN}7 JPY 1,237.00 USD"
    )
    totals = section(page, TOTALS)
    assert totals
    shown = zip(totals.all("dt"), totals.all("dd"), strict=True)
    assert [(dt.text, dd.text) for dt, dd in shown] == [
        ("JPY", "\N{MINUS SIGN}7"),
        ("USD", "1,237.00"),
    ]


def test_totals_of_what_is_not_complete_are_provisional_and_nothing_is_compared_with_them() -> None:
    partial = payer_state(
        invoices=(due("1", "12.50"),), outstanding=(outstanding(),), verdict="PARTIAL"
    )
    manifest = month(
        partial,
        payer_state(BOREAL, "Boreal", invoices=(due("2", "7.00"),)),
        verdict="ACTION_REQUIRED",
    )
    before = digest(
        payer_state(invoices=(due("0", "10.00"),)),
        payer_state(BOREAL, "Boreal", invoices=(due("00", "5.00"),)),
    )
    page = read(page_of_month(manifest, [before]))
    totals = section(page, TOTALS)
    assert totals
    assert totals.one("dd", "since").text == "provisional"
    assert totals.one("p", "note").text.startswith("Provisional: 1 invoice is outstanding.")
    since = section(page, "Since September 2026")
    assert since
    assert rows_of(since) == [
        [f"Boreal {BOREAL}", "Changed", "5.00 USD", "7.00 USD", "+2.00 USD"],
        [f"Acme {ACME}", "Not archived yet", "10.00 USD",
         "12.50 USD provisional: 1 invoice is outstanding", "\N{EN DASH}"],
    ]  # fmt: skip
    assert page.all("details", "payer")[0].one("summary").text.endswith("12.50 USD provisional")


def rows_of(part: Node) -> list[list[str]]:
    return [[cell.text for cell in row.all("td")] for row in part.all("tr") if row.all("td")]


def test_payers_that_need_attention_come_first_and_the_others_by_name() -> None:
    manifest = month(
        payer_state("000000000001", "zulu"),
        payer_state("000000000002", "Alpha"),
        payer_state("000000000003", "Mike", verdict="AWAITING"),
        payer_state("000000000004", "Yankee", verdict="MISSING"),
        verdict="ACTION_REQUIRED",
    )
    page = read(page_of_month(manifest))
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
    page = read(page_of_month(month(payer_state(invoices=(one,)))))
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
        assert console.endswith(f"/s3/object/example-archive?region=eu-west-1&prefix={key}")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-30T23:59:59Z", "30 November 2026"),
        ("0001-01-01T00:00:00Z", "1 January 1"),
        ("10000-01-01T00:00:00Z", "10000-01-01T00:00:00Z"),
    ],
)
def test_a_day_that_is_none_is_shown_as_aws_gave_it(text: str, shown: str) -> None:
    page = read(page_of_month(month(payer_state(invoices=(invoice(DueDate=text),)))))
    table = section(page, "Payer accounts").one("table", "invoices")
    assert table.all("tr")[1].all("td")[2].text == shown


def test_an_invoice_that_is_not_archived_is_listed_with_the_reason() -> None:
    state = payer_state(outstanding=(outstanding("AWAITED-1"),), verdict="PARTIAL")
    page = read(page_of_month(month(state, verdict="ACTION_REQUIRED")))
    row = page.one("tr", "outstanding")
    assert row.text.startswith("AWAITED-1")
    assert row.text.endswith("Not archived yet: PDF not ready")


@pytest.mark.parametrize(
    ("members", "shown"),
    [
        ({"InvoiceType": "PAYMENT_RECEIPT"}, "5.00 USD not added: payment receipt"),
        ({"CommercialInvoiceId": "2"}, "5.00 USD not added: tax document"),
        ({"PaymentCurrencyAmount": amount("much", "USD")}, "not added: it cannot be read"),
    ],
)
def test_what_counts_in_no_total_is_shown_and_says_why(members: dict[str, Any], shown: str) -> None:
    state = payer_state(
        invoices=(invoice("1", **({"PaymentCurrencyAmount": amount("5", "USD")} | members)),)
    )
    page = read(page_of_month(month(state)))
    assert rows_of(page.one("table", "invoices"))[0][3] == shown
    totals = section(page, TOTALS)
    assert totals
    assert "There are no amounts." in totals.text


@pytest.mark.parametrize(
    ("invoice_type", "name"),
    [
        ("INVOICE", "Invoice document (PDF)"),
        ("CREDIT_MEMO", "Credit memo (PDF)"),
        ("PAYMENT_RECEIPT", "Payment receipt (PDF)"),
    ],
)
def test_a_documents_name_is_what_it_is(invoice_type: str, name: str) -> None:
    state = payer_state(invoices=(due("1", "5.00", InvoiceType=invoice_type),))
    page = read(page_of_month(month(state)))
    assert page.one("table", "invoices").one("li").all("a")[0].text == name


def test_the_difference_from_the_month_before_is_shown_per_currency_and_payer() -> None:
    manifest = month(
        payer_state(invoices=(due("1", "12.50"),)),
        payer_state(BOREAL, "Boreal", invoices=(due("2", "1.00"),)),
    )
    before = digest(payer_state(invoices=(due("0", "10.00"),)), payer_state(CARDINAL, "Cardinal"))
    page = read(page_of_month(manifest, [before]))
    totals = section(page, TOTALS)
    assert totals
    assert totals.one("dd", "since").text == "+3.50 since September"
    since = section(page, "Since September 2026")
    assert since
    assert since.one("p", "note").text == (
        "New: 1 payer account. No longer here: 1 payer account. "
        "New and missing ones come first, then the largest change in per cent."
    )
    none = "\N{EN DASH}"
    assert rows_of(since) == [
        [f"Boreal {BOREAL}", "New", none, "1.00 USD", "+1.00 USD"],
        [f"Cardinal {CARDINAL}", "No longer here", none, none, none],
        [f"Acme {ACME}", "Changed", "10.00 USD", "12.50 USD", "+2.50 USD"],
    ]
    assert f"#payer-{CARDINAL}" not in page.links()


def test_nothing_is_compared_with_the_totals_of_a_month_that_is_not_whole() -> None:
    partial = payer_state(
        invoices=(due("0", "10.00"),), outstanding=(outstanding(),), verdict="PARTIAL"
    )
    before = digest(partial, verdict="ACTION_REQUIRED")
    page = read(page_of_month(month(payer_state(invoices=(due("1", "12.50"),))), [before]))
    assert not page.all("dd", "since")
    since = section(page, "Since September 2026")
    assert since
    assert since.one("p", "note").text.startswith("September 2026 itself is not complete")
    assert rows_of(since) == [
        [
            f"Acme {ACME}",
            "Changed",
            "10.00 USD provisional: 1 invoice is outstanding",
            "12.50 USD",
            "\N{EN DASH}",
        ]
    ]


def test_twenty_differences_are_shown_the_largest_in_per_cent_first() -> None:
    def states(factor: int) -> list[PayerState]:
        return [
            payer_state(
                f"{n:012d}",
                f"P{n}",
                invoices=(due(f"{n}-{factor}", str(1000 + factor * n), "USD" if n % 2 else "JPY"),),
            )
            for n in range(30)
        ]

    page = read(page_of_month(month(*states(2)), [digest(*states(1))]))
    since = section(page, "Since September 2026")
    assert since
    assert [row[0].split()[0] for row in rows_of(since)] == [f"P{n}" for n in range(29, 0, -1)]
    folded = since.one("details")
    assert folded.one("summary").text == "9 more differences"
    assert len(rows_of(folded)) == 9


@pytest.mark.parametrize(
    ("last_day", "label"),
    [("2026-11-12", "Deadline"), ("2026-11-11", "Deadline (passed)"), ("", "Deadline")],
)
def test_it_says_of_which_instant_it_speaks_and_whether_the_deadline_has_passed(
    last_day: str, label: str
) -> None:
    manifest = replace(month(payer_state(), verdict="AWAITING"), last_day=last_day)
    hero = read(page_of_month(manifest)).one("section", "hero")
    assert hero.one("p", "as-of").text == "As of 12 November 2026, 06:00 UTC"
    assert hero.all("dt")[-1].text == label


def test_without_a_month_before_nothing_is_compared() -> None:
    august = digest(payer_state(), period=OCTOBER.shifted(-2))
    page = read(page_of_month(month(payer_state(invoices=(due("1", "1.00"),))), [august]))
    assert not page.all("dd", "since")
    assert [h for h in headings(page) if h.startswith("Since")] == []


def test_the_history_has_the_twelve_periods_before_latest_first() -> None:
    others = [digest(payer_state(), period=OCTOBER.shifted(n)) for n in range(-14, 3) if n]
    page = read(page_of_month(month(payer_state()), others))
    history = section(page, "Earlier periods")
    assert history
    links = [link for link in history.links() if not link.startswith("https:")]
    assert links == [
        f"../../periods/{OCTOBER.shifted(-n)}/{name}"
        for n in range(1, 13)
        for name in ("index.html", "ledger.xlsx")
    ]


def test_a_finding_of_a_file_leads_to_the_file() -> None:
    one = invoice()
    key = one.documents[0].stored.key
    flagged = (
        finding("PDF_ENCRYPTED", key, "Encrypted."),
        finding("PDF_ENCRYPTED", "x", "Not it."),
    )
    page = read(page_of_month(month(payer_state(invoices=(one,), findings=flagged))))
    shown = section(page, "Worth a look")
    assert shown
    assert f"../../{key}" in shown.links()
    assert "../../x" not in page.links()


def test_the_page_says_which_manifest_it_was_made_from() -> None:
    manifest = month(payer_state())
    footer = read(page_of_month(manifest)).one("footer")
    assert "Made from manifest-0003.json" in footer.text
    assert f"../../{manifest.key}" in footer.links()
    assert "../../README.txt" in footer.links()


def test_a_period_without_a_readable_manifest_names_none() -> None:
    manifest = month(payer_state(), verdict="ACTION_REQUIRED", sequence=0)
    page = read(page_of_month(manifest))
    assert "no manifest that can be read" in page.one("footer").text
    assert manifest.key not in " ".join(page.links())


def test_the_page_loads_and_runs_nothing_from_outside() -> None:
    content = page_of_month(month(payer_state(invoices=(invoice(),)))).decode()
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
    assert outside == {"https://console.aws.amazon.com/s3/object/example-archive"}


def test_the_same_content_gives_the_same_bytes() -> None:
    manifest = month(payer_state(invoices=(invoice(),)))
    before = digest(payer_state())
    assert page_of_month(manifest, [before]) == page_of_month(manifest, [before])
