from dataclasses import replace

from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.judgement.manifests import Manifest
from lambdas.views.wording import NET_INVOICED
from tests.domain.example_months import amount, digest, due, month, page_of_month, payer_state
from tests.domain.examples import BOREAL, outstanding, summary_row
from tests.views.pages.reading import Node, read, section


def totals(page: bytes) -> Node:
    shown = section(read(page), NET_INVOICED)
    assert shown
    return shown


def open_month(currency: str) -> Manifest:
    """A month after its deadline, with 7.00 of this currency outstanding."""
    row = summary_row("2", PaymentCurrencyAmount=amount("7", currency))
    gap = replace(outstanding("2", payer=BOREAL), summary=InvoiceSummary(row))
    late = payer_state(BOREAL, "Boreal", outstanding=(gap,), verdict="PARTIAL")
    acme = payer_state(invoices=(due("1", "12.50", "USD"), due("3", "10", "JPY")))
    return replace(month(acme, late, verdict="ACTION_REQUIRED"), last_day="2026-11-10")


def test_there_is_one_total_per_currency_and_the_counts_of_a_ledger() -> None:
    state = payer_state(
        invoices=(
            due("1", "1234.50"),
            due("2", "-7", "JPY", InvoiceType="CREDIT_MEMO"),
            due("3", "2.50"),
            due("4", "2.50", CommercialInvoiceId="3"),
            due("5", "2.50", InvoiceType="PAYMENT_RECEIPT"),
        )
    )
    shown = totals(page_of_month(month(state)))
    pairs = zip(shown.all("dt"), shown.all("dd"), strict=True)
    assert [(term.text, value.text) for term, value in pairs] == [
        ("JPY", "\N{MINUS SIGN}7"),
        ("USD", "1,237.00"),
    ]
    assert [one.text for one in shown.all("p", "tally")] == [
        "Archived: 2 invoices, 1 credit memo, 2 other documents."
    ]


def test_what_is_outstanding_has_a_line_outside_the_totals_and_only_its_currency_is_open() -> None:
    before = digest(payer_state(invoices=(due("0", "10.00", "USD"), due("00", "8", "JPY"))))
    shown = totals(page_of_month(open_month("JPY"), [before]))
    assert shown.all("p", "tally")[0].text == (
        "Outstanding: JPY 7 (as AWS lists it, outside the totals above)"
    )
    pairs = zip(shown.all("dt"), shown.all("dd", "since"), strict=True)
    assert [(term.text, since.text) for term, since in pairs] == [
        ("JPY", "provisional"),
        ("USD", "+2.50 since September"),
    ]


def test_what_cannot_be_compared_because_of_the_month_before_is_said() -> None:
    before = replace(digest(payer_state(), verdict="ACTION_REQUIRED"), verdict="ACTION_REQUIRED")
    shown = totals(page_of_month(month(payer_state(invoices=(due("1", "1.00"),))), [before]))
    assert "September 2026 is not complete" in shown.one("p", "note").text
    assert not shown.all("dd", "since")


def test_a_month_in_progress_has_only_its_own_currencies() -> None:
    state = payer_state(invoices=(due("1", "1.00", "EUR"),), verdict="AWAITING")
    before = digest(payer_state(invoices=(due("0", "10.00", "USD"),)))
    shown = totals(page_of_month(month(state, verdict="AWAITING"), [before]))
    assert [one.text for one in shown.all("dt")] == ["EUR"]
    assert [one.text for one in shown.all("dd", "since")] == ["provisional"]


def test_a_month_without_amounts_says_so() -> None:
    assert "There are no amounts." in totals(page_of_month(month(payer_state()))).text
