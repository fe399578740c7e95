import csv
import io
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from lambdas.domain.close.owners import Owners
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.json_text import instant_text
from lambdas.domain.judgement.manifests import Manifest, OutstandingSince
from lambdas.domain.runs.payer_register import Payer
from lambdas.views.cells import Kind, is_formula
from lambdas.views.invoices_csv import INVOICE_COLUMNS, invoices_csv
from sandbox.organization import MADE_UP_PAYERS, Organization
from tests.domain.example_months import (
    FULL_ROW,
    OWNERS,
    amount,
    due,
    invoice,
    month,
    payer_state,
)
from tests.domain.examples import ACME, BOREAL, INVOICE_ID, OCTOBER, archived, outstanding

COLUMNS_OF_THE_ISSUE = (
    "invoice_id", "billing_period", "payer_account_id", "payer_name", "legal_entity", "owner",
    "seller", "issued", "due", "po_number", "currency", "net", "tax", "gross", "tax_rate",
    "tax_name", "exchange_rate", "document_group", "status", "outstanding_since", "file",
)  # fmt: skip
COLUMNS_SO_FAR = (
    *COLUMNS_OF_THE_ISSUE,
    "invoice_type", "bill_type", "billing_entity", "original_invoice_id", "commercial_invoice_id",
    "repeats", "tax_currency", "tax_currency_net", "tax_currency_tax", "tax_currency_gross",
    "tax_exchange_rate", "receipt_currency", "receipt_amount", "receiver_role",
    "bill_source_accounts", "inherited_from", "other_payer_account_ids", "tax_authority_status",
    "einvoice_status", "findings", "documents", "archived_on", "sha256",
    "exchange_rate_source_currency", "tax_exchange_rate_source_currency",
)  # fmt: skip
"""Other programs rely on them: add at the end, and change nothing before it."""


def rows(manifest: Manifest, owners: Owners = OWNERS) -> list[dict[str, str]]:
    """The view as any program reads it that knows RFC 4180 and nothing else."""
    content = invoices_csv(manifest, owners).decode()
    return list(csv.DictReader(io.StringIO(content, newline=""), strict=True))


def pivot(found: list[dict[str, str]], *by: str) -> dict[tuple[str, ...], tuple[Decimal, ...]]:
    """Sums of net, tax and gross, as a pivot table has them: an empty cell adds nothing."""
    sums: dict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: 3 * [Decimal(0)])
    for row in found:
        key = tuple(row[name] for name in by)
        for at, name in enumerate(("net", "tax", "gross")):
            sums[key][at] += Decimal(row[name] or 0)
    return {key: tuple(values) for key, values in sums.items() if any(values)}


def test_columns_only_ever_grow() -> None:
    names = tuple(column.name for column in INVOICE_COLUMNS)
    assert names[: len(COLUMNS_SO_FAR)] == COLUMNS_SO_FAR
    assert len(set(names)) == len(names)
    assert len({column.heading for column in INVOICE_COLUMNS}) == len(names)


def test_a_row_has_all_that_a_ledger_books() -> None:
    one = invoice(**FULL_ROW)
    (row,) = rows(month(payer_state(invoices=(one,))))
    document = one.documents[0]
    assert row == {
        "invoice_id": INVOICE_ID,
        "billing_period": "2026-10",
        "payer_account_id": ACME,
        "payer_name": "Acme",
        "legal_entity": "Acme Ltd.",
        "owner": "Dana Whitlock",
        "seller": "Amazon Web Services EMEA SARL",
        "issued": "2026-11-03",
        "due": "2026-12-03",
        "po_number": "0042",
        "currency": "EUR",
        "net": "",
        "tax": "",
        "gross": "-110.70",
        "tax_rate": "",
        "tax_name": "",
        "exchange_rate": "",
        "document_group": "INVOICE",
        "status": "ARCHIVED",
        "outstanding_since": "",
        "file": document.stored.key,
        "invoice_type": "INVOICE",
        "bill_type": "ANNIVERSARY",
        "billing_entity": "AWS",
        "original_invoice_id": "2609000001",
        "commercial_invoice_id": "",
        "repeats": "",
        "tax_currency": "EUR",
        "tax_currency_net": "-93.03",
        "tax_currency_tax": "-17.67",
        "tax_currency_gross": "-110.70",
        "tax_exchange_rate": "0.91870",
        "receipt_currency": "",
        "receipt_amount": "",
        "receiver_role": "BUYER",
        "bill_source_accounts": "012345678901 999988887777",
        "inherited_from": "",
        "other_payer_account_ids": "",
        "tax_authority_status": "ISSUED",
        "einvoice_status": "DELIVERED",
        "findings": "",
        "documents": "1",
        "archived_on": "2026-11-05",
        "sha256": document.stored.sha256,
        "exchange_rate_source_currency": "",
        "tax_exchange_rate_source_currency": "USD",
    }


def test_an_exchange_rate_has_the_currency_that_it_converts() -> None:
    details = {"SourceCurrencyCode": "USD", "TargetCurrencyCode": "JPY", "Rate": "151.2"}
    money = amount("100", "JPY", CurrencyExchangeDetails=details)
    odd = amount("100", "JPY", CurrencyExchangeDetails={"SourceCurrencyCode": ["USD"]})
    two = invoice("1", PaymentCurrencyAmount=money), invoice("2", PaymentCurrencyAmount=odd)
    first, second = rows(month(payer_state(invoices=two)))
    assert (first["exchange_rate"], first["exchange_rate_source_currency"]) == ("151.2", "USD")
    assert second["exchange_rate_source_currency"] == ""


def test_a_tax_copy_names_its_invoice_and_has_its_amounts_in_the_currency_of_its_paper() -> None:
    copy = invoice(
        "2",
        CommercialInvoiceId="1",
        TaxCurrencyAmount=amount("428.40", "ILS", TotalAmountBeforeTax="360.00"),
    )
    receipt = due("3", "119.00", "EUR", InvoiceType="PAYMENT_RECEIPT", OriginalInvoiceId="1")
    two, three = rows(month(payer_state(invoices=(copy, receipt))))
    assert (two["document_group"], two["repeats"]) == ("TAX_COPY", "1")
    assert (two["currency"], two["net"], two["tax"], two["gross"]) == ("", "", "", "")
    of_paper = [two[f"tax_currency{part}"] for part in ("", "_net", "_tax", "_gross")]
    assert of_paper == ["ILS", "360.00", "68.40", "428.40"]
    assert (three["document_group"], three["repeats"]) == ("RECEIPT", "1")
    assert (three["gross"], three["receipt_currency"], three["receipt_amount"]) == (
        "",
        "EUR",
        "119.00",
    )


def test_an_outstanding_invoice_is_a_row_with_its_amount_and_no_file() -> None:
    gap = replace(outstanding(), summary=due("AWAITED-1", "41.10").summary)
    state = payer_state(verdict="PARTIAL", outstanding=(gap,))
    since = (OutstandingSince("AWAITED-1", "2026-11-04T06:00:00Z"),)
    (row,) = rows(month(replace(state, outstanding_since=since)))
    assert (row["status"], row["outstanding_since"]) == ("OUTSTANDING", "2026-11-04")
    assert (row["gross"], row["file"], row["archived_on"], row["documents"]) == (
        "41.10",
        "",
        "",
        "0",
    )


def test_an_account_outside_the_register_has_name_and_owner_of_the_payer_that_showed_it() -> None:
    shown = replace(archived("1", payer=BOREAL), seen_by=(ACME,))
    child = payer_state(BOREAL, "", legal_entity="", invoices=(shown,))
    (row,) = rows(month(payer_state(), child))
    assert (row["payer_account_id"], row["payer_name"], row["owner"]) == (
        BOREAL,
        "Acme",
        "Dana Whitlock",
    )
    assert (row["legal_entity"], row["inherited_from"]) == ("Acme Ltd.", ACME)


def test_a_row_of_aws_that_is_no_number_or_day_leaves_typed_cells_empty() -> None:
    """A database loads the columns as numbers and days, whatever AWS sends."""
    strange = "=1+1"
    money = amount(strange, TotalAmountBeforeTax=strange, CurrencyExchangeDetails={"Rate": strange})
    one = invoice(
        IssuedDate=strange, DueDate="2026-02-30", PaymentCurrencyAmount=money,
        TaxCurrencyAmount=amount("1", TotalAmountBeforeTax=strange),
    )  # fmt: skip
    (row,) = rows(month(payer_state(invoices=(one,))))
    for column in INVOICE_COLUMNS:
        if column.kind in (Kind.NUMBER, Kind.DAY) and row[column.name]:
            assert row[column.name] in ("1", "2026-11-05"), column.name


def test_a_row_of_the_longest_numbers_is_a_row_like_any_other() -> None:
    small = f"0.{'9' * 60}"
    taxes = [{"Description": "A", "Rate": small}, {"Description": "B", "Rate": small}]
    money = amount(
        f"{'9' * 60}E60",
        TotalAmountBeforeTax=small,
        AmountBreakdown={"Taxes": {"TotalAmount": f"{'9' * 60}E60", "Breakdown": taxes}},
    )
    one = invoice(PaymentCurrencyAmount=money, TaxCurrencyAmount=money)
    (row,) = rows(month(payer_state(invoices=(one,))))
    assert (row["net"], row["tax_name"], row["tax_rate"]) == (small, "A + B", "")


def test_the_file_is_plain_for_programs() -> None:
    content = invoices_csv(month(payer_state(BOREAL, "Côté 🍊", invoices=(invoice(payer=BOREAL),))),
                           OWNERS)  # fmt: skip
    assert content.startswith(b"invoice_id,billing_period,payer_account_id,")
    assert content.count(b"\r\n") == content.count(b"\n") == 2
    assert "Côté 🍊".encode() in content
    assert f'"{BOREAL}"'.encode() in content
    assert b"\t" not in content


@pytest.mark.parametrize("text", ["0042", "1E5", "3-11", "TRUE", 'a "b", c', "ünï", "12,5;x"])
def test_text_stands_as_it_is(text: str) -> None:
    one = invoice(PurchaseOrderNumber=text, Entity={"InvoicingEntity": text})
    (row,) = rows(month(payer_state(name=text, legal_entity=text, invoices=(one,))))
    assert {row[name] for name in ("po_number", "seller", "payer_name", "legal_entity")} == {text}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", " =1", "a;=1"])
def test_no_text_is_a_formula_where_somebody_opens_it_in_a_spreadsheet(text: str) -> None:
    one = invoice(text, PurchaseOrderNumber=text, Entity={"InvoicingEntity": text})
    state = payer_state(name=text, legal_entity=text, invoices=(one,))
    manifest = month(state)
    owners = Owners([Payer(ACME, text, owner=text)])
    content = invoices_csv(manifest, owners).decode()
    assert not any(is_formula(cell) for row in rows(manifest, owners) for cell in row.values())
    cells = [cell for line in content.splitlines() for cell in line.split(";")]
    assert not any(is_formula(cell) for cell in cells)


def made_up_month() -> Manifest:
    """October of the made-up organization, everything archived, one invoice still outstanding."""
    organization = Organization({payer.account_id: payer.name for payer in MADE_UP_PAYERS})
    states = []
    for payer in MADE_UP_PAYERS:
        found = organization.invoices(payer.account_id, datetime(2026, 11, 20, tzinfo=UTC))
        summaries = (as_json(one.summary) for one in found.values())
        invoices = tuple(
            archived(row["InvoiceId"], payer=payer.account_id, **row)
            for row in summaries
            if row["BillingPeriod"] == {"Month": 10, "Year": 2026}
        )
        states.append(payer_state(payer.account_id, payer.name, invoices=invoices))
    gap = replace(outstanding(), summary=InvoiceSummary(archived("1", **FULL_ROW).summary.row))
    states[0] = replace(states[0], outstanding=(gap,))
    return month(*states, period=OCTOBER)


def as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, dict):
        return {name: as_json(member) for name, member in value.items() if name != "AccountId"}
    return [as_json(one) for one in value] if isinstance(value, list) else value


def test_the_made_up_month_in_a_pivot_table_adds_up_to_its_totals_without_deleting_a_row() -> None:
    manifest = made_up_month()
    found = rows(manifest)
    totals = {one["currency"]: Decimal(one["amount"]) for one in manifest.to_data()["totals"]}
    groups = {row["document_group"] for row in found}
    assert groups == {"INVOICE", "CREDIT_MEMO", "TAX_COPY", "RECEIPT"}
    by_status = pivot(found, "status", "currency")
    archived_sums = {key[1]: sums for key, sums in by_status.items() if key[0] == "ARCHIVED"}
    assert {currency: gross for currency, (_, _, gross) in archived_sums.items()} == totals
    assert len(totals) > 5
    for net, tax, gross in archived_sums.values():
        assert net + tax == gross
    assert {key for key in by_status if key[0] != "ARCHIVED"} == {("OUTSTANDING", "EUR")}
    # and by any other cut of the rows that are archived
    cut = pivot([row for row in found if row["status"] == "ARCHIVED"], "currency", "legal_entity",
                "seller", "document_group")  # fmt: skip
    for currency, total in totals.items():
        assert sum(gross for key, (_, _, gross) in cut.items() if key[0] == currency) == total


def test_every_row_of_the_made_up_month_adds_up_with_the_rate_of_its_tax() -> None:
    for row in rows(made_up_month()):
        if row["status"] == "ARCHIVED" and row["gross"]:
            assert Decimal(row["net"]) + Decimal(row["tax"]) == Decimal(row["gross"])
            if Decimal(row["tax"]):
                assert row["tax_name"], row["invoice_id"]
                assert row["tax_rate"], row["invoice_id"]
