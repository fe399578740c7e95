from dataclasses import replace
from typing import Any

import pytest

from lambdas.domain.judgement.manifests import PayerState
from lambdas.views.wording import NET_INVOICED
from tests.domain.example_months import amount, due, invoice, month, page_of_month, payer_state
from tests.domain.examples import ACME, INVOICE_ID, outstanding, supplement
from tests.views.pages.reading import Node, read, section


def page_of(state: PayerState) -> Node:
    verdict = "COMPLETE" if state.is_complete else "ACTION_REQUIRED"
    return read(page_of_month(month(state, verdict=verdict)))


def rows(page: Node) -> list[list[str]]:
    table = page.one("table", "invoices")
    return [[cell.text for cell in row.all("td")] for row in table.all("tr") if row.all("td")]


def test_every_document_has_one_link_to_its_file() -> None:
    one = invoice(INVOICE_ID, supplement("TAX-1"))
    revised = replace(
        one.documents[0],
        revision=2,
        stored=replace(one.documents[0].stored, key="invoices/2026-10/x_r2.pdf"),
    )
    one = replace(one, documents=(*one.documents, revised))
    items = page_of(payer_state(invoices=(one,))).one("table", "invoices").all("li")
    assert [item.text for item in items] == [
        "Invoice document (PDF)",
        "Invoice document, revision 2 (PDF)",
        "Tax e-invoice (XML)",
    ]
    keys = sorted((one.stored.key for one in one.documents), key=lambda key: ("TAX" in key, key))
    assert [item.links() for item in items] == [[f"../../{key}"] for key in keys]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-30T23:59:59Z", "30 November 2026"),
        ("0001-01-01T00:00:00Z", "1 January 1"),
        ("10000-01-01T00:00:00Z", "10000-01-01T00:00:00Z"),
    ],
)
def test_a_day_that_is_none_is_shown_as_aws_gave_it(text: str, shown: str) -> None:
    ((_, _, day, *_),) = rows(page_of(payer_state(invoices=(invoice(DueDate=text),))))
    assert day == shown


def test_an_outstanding_invoice_has_its_days_its_amount_and_the_reason() -> None:
    gap = outstanding("AWAITED-1")
    page = page_of(payer_state(outstanding=(gap,), verdict="PARTIAL"))
    row = page.one("tr", "outstanding")
    stated = gap.summary.stated_amount()
    assert [cell.text for cell in row.all("td")] == [
        "AWAITED-1",
        "3 November 2026",
        "\N{EN DASH}",
        f"{stated.value:,} {stated.currency} listed by AWS, not in the totals",
        "Outstanding: PDF not ready",
    ]


@pytest.mark.parametrize(
    ("members", "shown"),
    [
        ({"InvoiceType": "PAYMENT_RECEIPT"}, "5.00 USD excluded: payment receipt"),
        (
            {"InvoiceType": "PAYMENT_RECEIPT", "OriginalInvoiceId": "2"},
            "5.00 USD excluded: payment receipt for 2",
        ),
        ({"CommercialInvoiceId": "2"}, "5.00 USD excluded: tax copy of 2"),
        (
            {"CommercialInvoiceId": "2", "TaxCurrencyAmount": amount("4.60", "EUR")},
            "4.60 EUR excluded: tax copy of 2",
        ),
        (
            {"CommercialInvoiceId": "2", "TaxCurrencyAmount": amount("much", "EUR")},
            "5.00 USD excluded: tax copy of 2",
        ),
        ({"PaymentCurrencyAmount": amount("much", "USD")}, "excluded: it cannot be read"),
    ],
)
def test_what_counts_in_no_total_says_why_in_the_currency_of_its_paper(
    members: dict[str, Any], shown: str
) -> None:
    state = payer_state(
        invoices=(invoice("1", **({"PaymentCurrencyAmount": amount("5", "USD")} | members)),)
    )
    page = page_of(state)
    assert rows(page)[0][3] == shown
    totals = section(page, NET_INVOICED)
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
    page = page_of(payer_state(invoices=(due("1", "5.00", InvoiceType=invoice_type),)))
    assert page.one("table", "invoices").one("li").one("a").text == name


def test_only_what_is_unusual_is_marked() -> None:
    of_aws = {"BillingEntity": "AWS"}
    state = payer_state(
        invoices=(
            due("1", "5.00", InvoiceType="INVOICE", Entity=of_aws),
            due("2", "5.00", InvoiceType="CREDIT_MEMO", Entity=of_aws),
            due("3", "5.00", InvoiceType="INVOICE", Entity={"BillingEntity": "AWS_MARKETPLACE"}),
            due("4", "5.00", InvoiceType="INVOICE", Entity=of_aws, ReceiverRole="BUYER"),
        )
    )
    assert [row[0] for row in rows(page_of(state))] == [
        "1",
        "2 Credit memo",
        "3 AWS marketplace",
        "4 Received as buyer",
    ]


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [(("PO-1", "PO-1"), None), (("PO-1", "PO-2"), ["PO-1", "PO-2"]),
     (("PO-1", None), ["PO-1", "\N{EN DASH}"]), ((None, None), None)],
)  # fmt: skip
def test_purchase_orders_have_a_column_where_they_differ(
    numbers: tuple[str | None, ...], shown: list[str] | None
) -> None:
    invoices = [
        due(f"{n}", "5.00", **({"PurchaseOrderNumber": number} if number else {}))
        for n, number in enumerate(numbers)
    ]
    page = page_of(payer_state(invoices=tuple(invoices)))
    headings = [one.text for one in page.one("table", "invoices").all("th")]
    assert ("PO number" in headings) == bool(shown)
    if shown:
        assert [row[1] for row in rows(page)] == shown


def test_the_account_is_repeated_on_each_printed_page() -> None:
    page = page_of(payer_state(invoices=(invoice(),)))
    repeated, _ = page.one("table", "invoices").one("thead").all("tr")
    assert (repeated.attributes["class"], repeated.text) == ("running", f"Acme {ACME}")
