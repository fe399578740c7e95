import csv
import io
from dataclasses import replace
from decimal import Decimal

import pytest

from lambdas.domain.findings import finding
from lambdas.domain.judgement.manifests import Manifest
from lambdas.settings import CSV_FORMATS
from lambdas.views.cells import CSV_FORMS, EUROPEAN, Kind, is_formula
from lambdas.views.ledger import COLUMNS, EXCLUDED, ledger_csv, ledger_rows
from tests.domain.example_months import (
    FULL_ROW,
    amount,
    due,
    in_total,
    invoice,
    month,
    payer_state,
)
from tests.domain.examples import ACME, BOREAL, INVOICE_ID, archived, supplement

COLUMNS_SO_FAR = (
    "billing_period", "payer_account_id", "payer_name", "legal_entity", "invoice_id",
    "invoice_type", "bill_type", "invoicing_entity", "billing_entity", "issued_date", "due_date",
    "purchase_order", "original_invoice_id", "commercial_invoice_id", "currency", "amount_due",
    "base_currency", "base_before_tax", "base_discounts", "base_fees", "base_tax", "base_total",
    "base_rate", "tax_currency", "tax_before_tax", "tax_discounts", "tax_fees", "tax_tax",
    "tax_total", "tax_rate", "payment_currency", "payment_before_tax", "payment_discounts",
    "payment_fees", "payment_tax", "payment_total", "payment_rate", "receiver_role",
    "bill_source_accounts", "tax_authority_status", "einvoice_status", "verdict", "findings",
    "document_kind", "document_id", "file_name", "archive_key", "sha256", "retrieved_at", "run_id",
    "manifest",
)  # fmt: skip
"""What other programs rely on: add at the end, and change nothing before it."""


def raw_rows(manifest: Manifest) -> list[dict[str, str]]:
    """The CSV as a program reads it that knows nothing of its conventions."""
    return list(csv.DictReader(io.StringIO(ledger_csv(manifest).decode("utf-8-sig"), newline="")))


def rows(manifest: Manifest) -> list[dict[str, str]]:
    """The same for one that strips the tab which keeps a spreadsheet from reading a number."""
    return [{name: cell.rstrip("\t") for name, cell in row.items()} for row in raw_rows(manifest)]


def test_columns_only_ever_grow() -> None:
    assert tuple(column.name for column in COLUMNS)[: len(COLUMNS_SO_FAR)] == COLUMNS_SO_FAR
    assert len({column.name for column in COLUMNS}) == len(COLUMNS)
    assert len({column.heading for column in COLUMNS}) == len(COLUMNS)


def test_a_row_says_everything_of_an_invoice_and_its_document() -> None:
    one = invoice(**FULL_ROW)
    (row,) = rows(month(payer_state(invoices=(one,))))
    document = one.documents[0]
    assert row == {
        "billing_period": "2026-10",
        "payer_account_id": ACME,
        "payer_name": "Acme",
        "legal_entity": "Acme Ltd.",
        "invoice_id": INVOICE_ID,
        "invoice_type": "INVOICE",
        "bill_type": "ANNIVERSARY",
        "invoicing_entity": "Amazon Web Services EMEA SARL",
        "billing_entity": "AWS",
        "issued_date": "2026-11-03",
        "due_date": "2026-12-03",
        "purchase_order": "0042",
        "original_invoice_id": "2609000001",
        "commercial_invoice_id": "",
        "currency": "EUR",
        "amount_due": "-110.70",
        "base_currency": "USD",
        "base_before_tax": "-101.26",
        "base_discounts": "",
        "base_fees": "",
        "base_tax": "",
        "base_total": "-120.50",
        "base_rate": "",
        "tax_currency": "EUR",
        "tax_before_tax": "-93.03",
        "tax_discounts": "5.00",
        "tax_fees": "0.00",
        "tax_tax": "-17.67",
        "tax_total": "-110.70",
        "tax_rate": "0.91870",
        "payment_currency": "EUR",
        "payment_before_tax": "",
        "payment_discounts": "",
        "payment_fees": "",
        "payment_tax": "",
        "payment_total": "-110.70",
        "payment_rate": "",
        "receiver_role": "BUYER",
        "bill_source_accounts": "012345678901 999988887777",
        "tax_authority_status": "ISSUED",
        "einvoice_status": "DELIVERED",
        "verdict": "COMPLETE",
        "findings": "",
        "document_kind": "INVOICE_DOCUMENT",
        "document_id": "",
        "file_name": f"2026-10_{ACME}_INVOICE_{INVOICE_ID}.pdf",
        "archive_key": document.stored.key,
        "sha256": document.stored.sha256,
        "retrieved_at": "2026-11-05 06:00:07",
        "run_id": "run-1",
        "manifest": "periods/2026-10/manifests/manifest-0003.json",
        "base_rate_source_currency": "",
        "tax_rate_source_currency": "USD",
        "payment_rate_source_currency": "",
    }


def test_an_empty_row_of_aws_leaves_cells_empty() -> None:
    bare = archived(IssuedDate=None, InvoiceType=None, PaymentCurrencyAmount=None)
    (row,) = rows(month(payer_state(invoices=(bare,))))
    assert (row["issued_date"], row["invoice_type"], row["currency"], row["amount_due"]) == 4 * (
        "",
    )
    assert row["findings"] == "AMOUNT_NOT_READ"


def test_there_is_one_row_for_each_document_the_invoice_first() -> None:
    one = invoice(INVOICE_ID, supplement("TAX-1"), supplement("A-2", "SUPPLEMENT"))
    one = replace(one, documents=one.documents[::-1])
    listed = rows(month(payer_state(invoices=(one,))))
    assert [(row["document_kind"], row["document_id"]) for row in listed] == [
        ("INVOICE_DOCUMENT", ""),
        ("SUPPLEMENT", "A-2"),
        ("TAX_E_INVOICE", "TAX-1"),
    ]
    assert [row["amount_due"] for row in listed] == ["100.00", "", ""]
    assert {row["payment_total"] for row in listed} == {"100.00"}


def test_the_amounts_due_add_up_to_the_manifests_totals() -> None:
    manifest = month(
        payer_state(
            invoices=(
                invoice("1", supplement(), PaymentCurrencyAmount=amount("100.10")),
                due("2", "30.05", "EUR", InvoiceType="CREDIT_MEMO"),
                due("3", "70.00", "EUR", CommercialInvoiceId="1"),
                due("4", "70.00", "EUR", InvoiceType="PAYMENT_RECEIPT"),
                due("5", "9", "JPY"),
                due("twice", "1.00", "EUR"),
            )
        ),
        payer_state(BOREAL, invoices=(due("twice", "1.00", "EUR", payer=BOREAL),)),
    )
    sums: dict[str, Decimal] = {}
    for row in rows(manifest):
        if row["amount_due"]:
            so_far = sums.get(row["currency"], Decimal(0))
            sums[row["currency"]] = so_far + Decimal(row["amount_due"])
    assert sums == {"EUR": in_total(manifest, "EUR"), "JPY": in_total(manifest, "JPY")}
    assert sums["EUR"] == Decimal("71.05")


def test_findings_stand_with_the_invoice_or_the_document_that_they_are_of() -> None:
    one = invoice(INVOICE_ID, supplement("TAX-1"))
    flagged = finding("UNKNOWN_FILE_TYPE", one.documents[1].stored.key, "Neither.")
    late = finding("LATE_INVOICE", INVOICE_ID, "Late.")
    other = finding("LATE_INVOICE", "another", "Late.")
    one = replace(one, findings=(flagged,))
    first, second = rows(month(payer_state(invoices=(one,), findings=(late, other))))
    assert first["findings"] == "LATE_INVOICE"
    assert second["findings"] == "LATE_INVOICE UNKNOWN_FILE_TYPE"


def test_the_file_is_what_a_double_click_wants() -> None:
    content = ledger_csv(month(payer_state(name="Côté 🍊", invoices=(invoice(),))))
    assert content.startswith(b'\xef\xbb\xbf"billing_period",')
    assert content.count(b"\r\n") == content.count(b"\n") == 2
    assert "Côté 🍊".encode() in content


def test_a_month_without_documents_is_a_header() -> None:
    assert rows(month(payer_state())) == rows(month()) == []


def test_the_same_manifest_gives_the_same_bytes() -> None:
    manifest = month(payer_state(invoices=(invoice(**FULL_ROW),)))
    assert ledger_csv(manifest) == ledger_csv(Manifest.from_data(manifest.to_data()))


HOSTILE = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "\N{FULLWIDTH EQUALS SIGN}1+1",
    '=cmd|"x"!A0',
)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_that_begins_like_a_formula_is_harmless_wherever_it_stands(text: str) -> None:
    hostile = invoice(
        text, PurchaseOrderNumber=text, Entity={"InvoicingEntity": text, "BillingEntity": text}
    )
    state = payer_state(name=text, legal_entity=text, invoices=(hostile,))
    (row,) = raw_rows(month(state))
    for name in (
        "payer_name",
        "legal_entity",
        "invoice_id",
        "purchase_order",
        "invoicing_entity",
        "billing_entity",
    ):
        assert row[name].startswith("'"), name
        assert not is_formula(row[name])


def test_an_amount_that_is_no_number_is_harmless_text() -> None:
    (row,) = raw_rows(month(payer_state(invoices=(invoice(PaymentCurrencyAmount=amount("=1+1")),))))
    assert (row["payment_total"], row["amount_due"]) == ("'=1+1", "")


def test_negative_amounts_stay_numbers() -> None:
    content = ledger_csv(month(payer_state(invoices=(invoice(**FULL_ROW),)))).decode()
    assert ',"EUR",-110.70,' in content
    assert ",-93.03,5.00,0.00,-17.67,-110.70,0.91870," in content


@pytest.mark.parametrize("total", ["244460", "9887.094", "-0.00", "1E+3", "0.1"])
def test_amounts_keep_the_decimals_that_aws_gave(total: str) -> None:
    one = invoice(PaymentCurrencyAmount=amount(total, "KWD"))
    (row,) = rows(month(payer_state(invoices=(one,))))
    assert Decimal(row["payment_total"]) == Decimal(total)
    assert "E" not in row["payment_total"]


def test_ids_end_in_a_tab_so_that_they_stay_text() -> None:
    (row,) = raw_rows(month(payer_state(BOREAL, invoices=(invoice(payer=BOREAL, **FULL_ROW),))))
    assert row["payer_account_id"] == f"{BOREAL}\t"
    ids = [column.name for column in COLUMNS if column.kind is Kind.ID and row[column.name]]
    assert all(row[name].endswith("\t") for name in ids)


@pytest.mark.parametrize(
    "text", ["007", "1E5", "3-11", "10:30", "1/2", "Mar 3", "3 May 2026", "OKT-26", "TRUE", "12%"]
)
def test_a_name_that_looks_like_a_value_stays_text(text: str) -> None:
    (row,) = raw_rows(month(payer_state(name=text, invoices=(invoice(),))))
    assert row["payer_name"] == f"{text}\t"


@pytest.mark.parametrize("text", ["Acme", "Acme Holdings 2026 Ltd.", "-", "A & B", "Truefitt"])
def test_a_name_that_looks_like_a_name_gets_no_tab(text: str) -> None:
    (row,) = raw_rows(month(payer_state(name=text, invoices=(invoice(),))))
    assert row["payer_name"] == ("'-" if text == "-" else text)


def test_rows_are_in_the_order_of_payer_accounts_and_invoices() -> None:
    manifest = month(
        payer_state(BOREAL, invoices=(invoice("7", payer=BOREAL), invoice("9", payer=BOREAL))),
        payer_state(ACME, invoices=(invoice("8"),)),
    )
    assert [row["invoice_id"] for row in rows(manifest)] == ["7", "9", "8"]
    assert len(list(ledger_rows(manifest))) == 3


@pytest.mark.parametrize("text", ["Acme;=1+1", "Acme; @SUM(1)", "a;-1;+1"])
def test_what_follows_a_semicolon_is_no_formula_either(text: str) -> None:
    content = ledger_csv(month(payer_state(name=text, invoices=(invoice(),)))).decode("utf-8-sig")
    cells = [cell for line in content.splitlines() for cell in line.split(";")]
    assert len(cells) == len(content.splitlines()) + text.count(";")
    assert not any(is_formula(cell) for cell in cells)


def european_rows(manifest: Manifest) -> list[dict[str, str]]:
    content = ledger_csv(manifest, EUROPEAN).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content, newline=""), delimiter=";"))


def test_the_forms_of_the_csv_are_those_of_the_setting() -> None:
    assert tuple(CSV_FORMS) == CSV_FORMATS


def test_the_european_form_has_semicolons_and_decimal_commas_and_else_the_same_cells() -> None:
    manifest = month(payer_state(BOREAL, invoices=(invoice(payer=BOREAL, **FULL_ROW),)))
    content = ledger_csv(manifest, EUROPEAN)
    assert content.startswith(b'\xef\xbb\xbf"billing_period";"payer_account_id";')
    assert ";-93,03;5,00;0,00;-17,67;-110,70;0,91870;" in content.decode()
    (row,), (other,) = european_rows(manifest), raw_rows(manifest)
    numbers = {column.name for column in COLUMNS if column.kind is Kind.NUMBER}
    for name, cell in other.items():
        assert row[name] == (cell.replace(".", ",") if name in numbers else cell), name


@pytest.mark.parametrize("text", ["Acme, =1+1", "Acme,@SUM(1)", "a, -1, +1", "=1+1", "a, \t=1"])
def test_no_european_text_becomes_a_formula_in_a_spreadsheet_set_to_commas(text: str) -> None:
    """A quotation mark protects no comma behind a semicolon there, as the cell does not begin with
    it.
    """
    manifest = month(payer_state(name=text, legal_entity="Acme", invoices=(invoice(),)))
    content = ledger_csv(manifest, EUROPEAN).decode("utf-8-sig")
    cells = [cell for line in content.splitlines() for cell in line.split(",")]
    assert not any(is_formula(cell) for cell in cells)
    assert not any(is_formula(cell) for row in european_rows(manifest) for cell in row.values())


def test_what_has_no_amount_due_says_why() -> None:
    manifest = month(
        payer_state(
            invoices=(
                invoice("1", supplement(), PaymentCurrencyAmount=amount("100.10")),
                due("3", "70.00", "EUR", CommercialInvoiceId="5286405569"),
                due("4", "70.00", "EUR", InvoiceType="PAYMENT_RECEIPT", OriginalInvoiceId="1"),
                due("5", "70.00", "EUR", InvoiceType="PAYMENT_RECEIPT"),
                due("6", "a lot"),
                due("twice", "1.00", "EUR"),
            )
        ),
        payer_state(BOREAL, invoices=(due("twice", "1.00", "EUR", payer=BOREAL),)),
    )
    assert [cell for (cell,) in ledger_rows(manifest, [EXCLUDED])] == [
        None,
        "further document of the invoice",
        "tax copy of 5286405569",
        "payment receipt of 1",
        "payment receipt",
        "amount not read",
        "counted under another payer account",
        None,
    ]
