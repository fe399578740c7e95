from dataclasses import replace

import pytest

from lambdas.domain.close.owners import Owners
from lambdas.domain.findings import Finding, finding
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.judgement.manifests import Manifest, OutstandingSince, PayerState
from lambdas.domain.runs.payer_register import Payer
from tests.domain.example_months import amount, month, page_of_month, payer_state
from tests.domain.examples import ACME, BOREAL, archived, outstanding, summary_row
from tests.domain.judging import judged, outcome
from tests.domain.payments.records import answer, credit_memo, financial_record
from tests.views.pages.reading import Node, read, section

OWNERS = Owners([Payer(ACME, "Acme", owner="Dana Whitlock")])
BEFORE, AFTER = "2026-11-05T06:00:00Z", "2026-11-12T06:00:00Z"
NONE = "\N{EN DASH}"


def awaited(invoice_id: str = "2", code: str = "PDF_NOT_READY") -> PayerState:
    row = summary_row(invoice_id, PaymentCurrencyAmount=amount("3303781", "JPY"))
    gap = replace(outstanding(invoice_id, code=code), summary=InvoiceSummary(row))
    state = payer_state(outstanding=(gap,), verdict="PARTIAL")
    return replace(state, outstanding_since=(OutstandingSince(invoice_id, "2026-11-04T06:00:00Z"),))


def page_of(*payers: PayerState, at: str = AFTER, findings: tuple[Finding, ...] = ()) -> Node:
    manifest: Manifest = replace(
        month(*payers, verdict="ACTION_REQUIRED", findings=findings),
        generated_at=at,
        last_day="2026-11-10",
    )
    return read(page_of_month(manifest, owners=OWNERS))


def rows(page: Node, heading: str = "Action required") -> list[list[str]]:
    shown = section(page, heading)
    assert shown
    return [[cell.text for cell in row.all("td")] for row in shown.all("tr") if row.all("td")]


def test_a_row_says_who_does_what_and_for_how_much() -> None:
    (row,) = rows(page_of(awaited()))
    assert row[:6] == [
        f"Acme {ACME}",
        "Dana Whitlock acts for finance",
        "2",
        "3 November 2026",
        "4 November 2026",
        "JPY 3,303,781 listed by AWS, PDF outstanding",
    ]
    assert row[6].startswith("Open an AWS Billing case. Deadline: 10 November 2026")


def test_the_table_has_a_heading_for_each_cell() -> None:
    shown = section(page_of(awaited()), "Action required")
    assert shown
    headings = [one.text for one in shown.one("thead").all("th")]
    assert [one.attributes["data-label"] for one in shown.all("td")] == headings


def test_the_deadline_is_a_day_that_the_script_can_count_from() -> None:
    shown = section(page_of(awaited()), "Action required")
    assert shown
    marked = [one for one in shown.all("time") if "data-late" in one.attributes]
    assert [one.attributes["datetime"] for one in marked] == ["2026-11-10"]
    assert "late" not in shown.text


def test_before_the_deadline_it_waits_for_aws() -> None:
    page = page_of(awaited(), at=BEFORE)
    assert section(page, "Action required") is None
    (row,) = rows(page, "Waiting for AWS")
    assert row[1] == "Dana Whitlock AWS acts"
    assert row[6].startswith(
        "No action until 11 November 2026; we retry daily. After that: Open an AWS Billing case"
    )


def test_after_the_deadline_nothing_says_that_there_is_nothing_to_do() -> None:
    page = page_of(awaited())
    assert "No action until" not in page.text
    assert "Nothing yet" not in page.text


def test_the_details_are_folded_with_the_word_of_the_runbook() -> None:
    shown = section(page_of(awaited()), "Action required")
    assert shown
    details = shown.one("details", "details")
    assert "open" not in details.attributes
    assert details.text == (
        "Details PDF not ready: AWS has no document for this invoice yet. "
        "In the runbook: PDF_NOT_READY"
    )


def test_an_account_that_cannot_be_read_is_a_row_without_an_invoice() -> None:
    denied = finding("NO_ACCESS", ACME, "The role cannot be assumed.")
    (row,) = rows(page_of(payer_state(findings=(denied,), verdict="NO_ACCESS")))
    assert row[:6] == [f"Acme {ACME}", "Dana Whitlock cloud admin acts", "No access", *3 * [NONE]]


def test_an_invoice_of_an_account_that_cannot_be_read_waits_for_its_access() -> None:
    denied = finding("NO_ACCESS", ACME, "The role cannot be assumed.")
    (gap,) = awaited().outstanding
    state = payer_state(outstanding=(gap,), findings=(denied,), verdict="NO_ACCESS")
    by_subject = {row[2]: row[6] for row in rows(page_of(state))}
    assert set(by_subject) == {"No access", "2"}
    assert by_subject["2"].startswith("Deploy or repair the payer account's reader role")
    assert "No access: The role cannot be assumed. PDF not ready: " in by_subject["2"]
    assert "In the runbook: NO_ACCESS and PDF_NOT_READY" in by_subject["2"]


def test_several_sources_that_expect_an_invoice_are_one_row() -> None:
    expected = (
        finding("USUAL_INVOICE_MISSING", "AWS", "Each of 2026-08, 2026-09 has one."),
        finding("CHARGES_WITHOUT_INVOICE", f"{ACME} AWS", "Cost Explorer shows charges."),
    )
    ((_, _, what, *_),) = rows(page_of(payer_state(findings=expected, verdict="MISSING")))
    assert what == f"Charges without invoice {ACME} AWS AWS"


def test_a_missing_document_of_an_archived_invoice_is_in_the_totals() -> None:
    gap = finding("DOWNLOAD_FAILED", "2609293185 TAX_E_INVOICE T-1", "Status 500.")
    one = replace(archived(), findings=(gap,))
    (row,) = rows(page_of(payer_state(invoices=(one,), findings=(gap,), verdict="PARTIAL")))
    assert row[2] == "2609293185 2609293185 TAX_E_INVOICE T-1"
    assert row[5] == "in the totals"


def test_a_listed_invoice_that_cannot_be_archived_says_so() -> None:
    (row,) = rows(page_of(awaited(code="ROWS_DIFFER")))
    assert row[5] == "JPY 3,303,781 listed by AWS, not archived"


def test_a_problem_of_the_whole_period_comes_first() -> None:
    damaged = finding("MANIFEST_DAMAGED", "periods/x", "It is gone.")
    first, _ = rows(page_of(awaited(), findings=(damaged,)))
    assert first[:3] == ["The whole period", "cloud admin acts", "Manifest damaged periods/x"]


@pytest.mark.parametrize(("items", "more"), [(20, None), (300, "280 more items")])
def test_the_first_twenty_are_shown_and_the_rest_is_folded(items: int, more: str | None) -> None:
    gaps = tuple(outstanding(f"A-{n:03d}") for n in range(items))
    page = page_of(payer_state(outstanding=gaps, verdict="PARTIAL"))
    shown = section(page, "Action required")
    assert shown
    assert len(rows(page)) == items
    folded = shown.all("details", "folded")
    assert [one.all("summary")[0].text for one in folded] == ([more] if more else [])


def test_an_account_outside_the_register_is_marked_with_the_one_that_lists_it() -> None:
    shown = replace(outstanding("2"), payer_account_id=BOREAL, seen_by=(ACME,))
    child = payer_state(BOREAL, "", outstanding=(shown,), verdict="PARTIAL")
    page = page_of(payer_state(), child)
    (row,) = rows(page)
    assert row[:2] == [f"Listed under Acme {BOREAL}", "Dana Whitlock acts for finance"]
    names = [one.one("span", "name").text for one in page.all("details", "payer")]
    assert names == ["Listed under Acme", "Acme"]


def test_what_aws_payments_alone_has_is_an_invoice_or_a_credit_memo() -> None:
    asked = outcome(payments=answer(financial_record("7"), credit_memo("9", "41.10")))
    invoice, memo = rows(read(page_of_month(judged(asked, invoices=[archived("1")]))))

    assert (invoice[2], memo[2]) == (
        "7 invoice, not listed by AWS Invoicing",
        "9 credit memo, not listed by AWS Invoicing",
    )
    assert invoice[5] == "USD 100.00 by AWS Payments, due 3 December 2026"
    assert memo[5] == "USD 41.10 credit by AWS Payments"
