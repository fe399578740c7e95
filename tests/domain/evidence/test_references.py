from typing import Any

import pytest

from lambdas.domain.evidence.references import references, unarchived_references
from lambdas.domain.invoices.summary import InvoiceSummary
from tests.domain.examples import archived, summary_row


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({}, []),
        (
            {"InvoiceType": "CREDIT_MEMO", "OriginalInvoiceId": "O"},
            [("ORIGINAL_NOT_ARCHIVED", "O")],
        ),
        ({"OriginalInvoiceId": "O"}, [("ORIGINAL_NOT_ARCHIVED", "O")]),
        ({"CommercialInvoiceId": "C"}, [("COMMERCIAL_INVOICE_NOT_ARCHIVED", "C")]),
        (
            {"OriginalInvoiceId": "O", "CommercialInvoiceId": "C"},
            [("ORIGINAL_NOT_ARCHIVED", "O"), ("COMMERCIAL_INVOICE_NOT_ARCHIVED", "C")],
        ),
        (
            {"InvoiceType": "PAYMENT_RECEIPT", "OriginalInvoiceId": "O"},
            [("RECEIPT_WITHOUT_INVOICE", "O")],
        ),
        (
            {"InvoiceType": "PAYMENT_RECEIPT", "CommercialInvoiceId": "C"},
            [("RECEIPT_WITHOUT_INVOICE", "C")],
        ),
        ({"InvoiceType": "PAYMENT_RECEIPT"}, []),
        ({"InvoiceType": "CREDIT_MEMO", "OriginalInvoiceId": ""}, []),
    ],
)
def test_an_invoice_refers_to_what_its_row_names(
    row: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert list(references(InvoiceSummary(summary_row("1", **row)))) == found


def test_what_is_referred_to_and_not_archived_is_a_warning_at_who_refers_to_it() -> None:
    invoices = [
        archived("1", InvoiceType="CREDIT_MEMO", OriginalInvoiceId="GONE"),
        archived("2", CommercialInvoiceId="GONE"),
        archived("3", InvoiceType="PAYMENT_RECEIPT", OriginalInvoiceId="GONE"),
        archived("4", InvoiceType="CREDIT_MEMO", OriginalInvoiceId="1"),
    ]
    found = list(unarchived_references(invoices, {"GONE"}))
    assert [(one.code, one.severity, one.subject) for one in found] == [
        ("ORIGINAL_NOT_ARCHIVED", "warning", "1"),
        ("COMMERCIAL_INVOICE_NOT_ARCHIVED", "warning", "2"),
        ("RECEIPT_WITHOUT_INVOICE", "warning", "3"),
    ]
    assert all("GONE" in one.detail for one in found)


def test_a_receipt_that_names_no_invoice_is_reported_for_information() -> None:
    (found,) = unarchived_references([archived("1", InvoiceType="PAYMENT_RECEIPT")], set())
    assert (found.code, found.severity) == ("RECEIPT_WITHOUT_INVOICE", "info")
