"""find.json: what is in it, in how many bytes, and that nothing else is read as one."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bench.views import manifest_of
from lambdas.domain.close.invoice_lines import invoice_lines
from lambdas.domain.close.owners import Owners
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.views.find import FindFile, find_file
from tests.domain.example_months import FULL_ROW, amount, due, invoice, month, payer_state
from tests.domain.examples import ACME, BOREAL, OCTOBER, invoice_document, outstanding

Edit = Callable[[dict[str, Any]], object]


def data_of(*payers: Any) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(find_file(month(*payers)).to_json())
    return data


def test_it_names_its_form_its_period_and_its_manifest() -> None:
    data = data_of()
    assert data["schema"] == "invoice-archive/find/1"
    assert data["billing_period"] == "2026-10"
    assert data["manifest"] == "periods/2026-10/manifests/manifest-0003.json"
    assert data["invoices"] == []


def test_a_row_has_what_people_know_of_an_invoice() -> None:
    one = invoice(**FULL_ROW)
    data = data_of(payer_state(BOREAL), payer_state(ACME, "Acme", invoices=(one,)))
    (row,) = data["invoices"]
    assert row[:2] == ["2609293185", 0]
    assert data["payers"] == [[ACME, "Acme", "Acme Ltd.", ""]]
    names = ("types", "sellers", "orders", "documents", "statuses")
    assert [data[name][number] for name, number in zip(names, row[2:7], strict=True)] == [
        "INVOICE",
        "Amazon Web Services EMEA SARL",
        "0042",
        "INVOICE_*.pdf",
        "ARCHIVED",
    ]
    currencies = data["currencies"]
    assert [(row[7], currencies[row[8]]), (row[9], currencies[row[10]])] == [
        ("-110.70", "EUR"),
        ("-120.50", "USD"),
    ]
    assert len(row) == 11  # the tax amount is the same as that of the payment


def test_a_credit_memo_is_negative_whatever_its_sign_and_an_unread_amount_is_left_out() -> None:
    memo = due("1", "5.00", InvoiceType="CREDIT_MEMO", BaseCurrencyAmount=amount("6.00", "GBP"))
    unread = due("2", "a lot")
    rows = data_of(payer_state(invoices=(memo, unread)))["invoices"]
    assert [row[7:] for row in rows] == [["-5.00", 0, "-6.00", 1], []]


def test_statuses_are_those_of_the_lines_and_an_outstanding_invoice_is_a_row() -> None:
    manifest = month(
        payer_state(
            invoices=(due("1", "1.00"),),
            outstanding=(outstanding("2"),),
            verdict="PARTIAL",
        )
    )
    data = json.loads(find_file(manifest).to_json())
    rows = [(row[0], data["statuses"][row[6]]) for row in data["invoices"]]
    lines = invoice_lines(manifest, Owners(()))
    assert rows == [(line.invoice.invoice_id, line.status) for line in lines]
    assert [status for _, status in rows] == ["ARCHIVED", "OUTSTANDING"]
    assert [data["documents"][row[5]] for row in data["invoices"]] == ["INVOICE_*.pdf", ""]


def test_the_document_is_the_newest_revision_under_any_id() -> None:
    hostile = "../x*"
    stored = invoice_document(hostile)
    newer = replace(
        stored, revision=2, stored=replace(stored.stored, key=stored.stored.key[:-4] + "_r2.pdf")
    )
    one = replace(invoice("9"), invoice_id=hostile, documents=(stored, newer))
    data = data_of(payer_state(invoices=(one,)))
    assert data["documents"] == [newer.stored.key.partition(f"{OCTOBER}_{ACME}_")[2]]
    assert "*" not in data["documents"][0]


def test_an_invoice_takes_about_fifty_bytes() -> None:
    view = find_file(manifest_of(50))
    assert len(view.to_json()) < 55 * len(view.invoices)


def test_it_is_read_as_it_was_written() -> None:
    view = find_file(month(payer_state(invoices=(invoice(**FULL_ROW),), name="\ud800<")))
    assert FindFile.from_data(json.loads(view.to_json())) == view
    view.to_json().decode()


def row_with(at: int, value: object) -> Edit:
    return lambda data: data["invoices"][0].__setitem__(at, value)


@pytest.mark.parametrize(
    "edit",
    [
        lambda data: data.update(schema="invoice-archive/find/2"),
        lambda data: data.pop("sellers"),
        lambda data: data.update(sellers="Amazon"),
        lambda data: data.update(manifest=None),
        lambda data: data.update(billing_period="2026-13"),
        lambda data: data.update(payers=[["1", "2", "3"]]),
        lambda data: data.update(currencies=[None]),
        row_with(0, 7),
        row_with(1, 1),
        row_with(1, -1),
        row_with(2, True),
        row_with(3, "0"),
        row_with(7, 110.70),
        row_with(7, "many"),
        row_with(8, 2),
        lambda data: data["invoices"][0].append("1.00"),
        lambda data: data["invoices"].append([]),
        lambda data: data["invoices"].append(["1", 0, 0, 0]),
    ],
)
def test_nothing_else_is_read(edit: Edit) -> None:
    data = data_of(payer_state(invoices=(invoice(**FULL_ROW),)))
    assert FindFile.from_data(data)
    edit(data)
    with pytest.raises(NOT_UNDERSTOOD):
        FindFile.from_data(data)
