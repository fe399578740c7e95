from lambdas.domain.findings import KINDS, finding
from tests.domain.example_months import invoice, month, page_of_month, payer_state
from tests.views.pages.reading import Node, read, section


def remarks(page: bytes) -> Node:
    shown = section(read(page), "Worth a look")
    assert shown
    return shown


def test_a_kind_of_finding_is_shown_once_with_its_next_step_and_every_account() -> None:
    payers = [
        payer_state(f"{number:012d}", f"Payer {number}", findings=(one,))
        for number in range(12)
        for one in [finding("INVOICE_CHANGED", f"I-{number}", f"Row {number} changed.")]
    ]
    shown = remarks(page_of_month(month(*payers)))
    assert shown.one("p", "note").text == (
        "None of these blocks the close. Grouped by issue, with next step and accounts."
    )
    assert shown.all("summary")[0].text == "12 warnings"
    (group,) = shown.all("article")
    assert group.one("h3").text == "Invoice changed"
    assert group.one("p", "next").text == f"Next step {KINDS['INVOICE_CHANGED'].next_step}"
    rows = [row.text for row in group.all("tr") if row.all("td")]
    assert [f"Row {n} changed." in rows[n] for n in range(12)] == 12 * [True]
    assert group.one("details").one("summary").text == "4 more accounts"
    assert f"#payer-{3:012d}" in group.links()


def test_a_finding_of_a_file_leads_to_the_file() -> None:
    one = invoice()
    key = one.documents[0].stored.key
    flagged = (
        finding("PDF_ENCRYPTED", key, "Encrypted."),
        finding("PDF_ENCRYPTED", "x", "Not it."),
    )
    page = page_of_month(month(payer_state(invoices=(one,), findings=flagged)))
    assert f"../../{key}" in remarks(page).links()
    assert "../../x" not in read(page).links()


def test_what_blocks_is_no_remark() -> None:
    denied = finding("NO_ACCESS", "1", "Denied.")
    page = page_of_month(
        month(payer_state(findings=(denied,), verdict="NO_ACCESS"), verdict="ACTION_REQUIRED")
    )
    assert section(read(page), "Worth a look") is None
