"""What a manifest says of an invoice: the names of its records and documents follow from it."""

from dataclasses import replace
from typing import Any

import pytest

from lambdas.domain.evidence.archive_layout import (
    invoice_document_stem,
    revision_stem,
    supplemental_document_stem,
)
from ops.check.manifest_reader import NotAManifest
from ops.check.statement import InvoiceStatement
from tests.domain.examples import ACME, BOREAL, OCTOBER, archived, stored, with_documents

ODD_IDS = ["2609293185", "a/b", "=cmd", "x" * 300, "é", "con", "_h", "A_INVOICE_B", "1.pdf"]


def wrong_names(data: dict[str, Any]) -> list[str]:
    return [key for key, _ in InvoiceStatement.of(data).wrong_names(OCTOBER)]


@pytest.mark.parametrize("invoice_id", ODD_IDS)
@pytest.mark.parametrize("kind", ["INVOICE", "CREDIT_MEMO", "PAYMENT_RECEIPT", None, "NEW KIND"])
def test_every_name_that_the_layout_makes_is_right(invoice_id: str, kind: str | None) -> None:
    stem = invoice_document_stem(OCTOBER, ACME, kind, invoice_id)
    supplement = supplemental_document_stem(stem, "TAX_E_INVOICE", "DOC-1", 1)
    keys = [f"{stem}.pdf", f"{revision_stem(stem, 2)}.pdf", f"{supplement}.xml"]
    one = replace(archived(invoice_id, documents=()), documents=())
    assert wrong_names(with_documents(one, *map(stored, keys)).to_data()) == []


def test_a_record_or_document_named_as_another_invoices_is_reported() -> None:
    data = archived("1").to_data() | {"invoice_id": "2"}
    assert wrong_names(data) == [data["records"][0]["key"], data["documents"][0]["key"]]


def test_a_record_or_document_of_another_payer_account_is_reported() -> None:
    data = archived("1").to_data() | {"payer_account_id": BOREAL}
    assert wrong_names(data) == [data["records"][0]["key"], data["documents"][0]["key"]]


def test_records_that_are_no_chain_from_1_on_are_reported() -> None:
    data = archived("1").to_data()
    second = data["records"][0] | {"key": data["records"][0]["key"].replace("0001", "0003")}
    assert wrong_names(data | {"records": [*data["records"], second]}) == [second["key"]]


@pytest.mark.parametrize(
    "change",
    [
        {"invoice_id": 1},
        {"records": []},
        {"records": {}},
        {"records": None},
        {"documents": [{}]},
        {"documents": "abc"},
        {"records": [stored("k").__dict__ | {"sha256": "x" * 64}]},
        {"records": [stored("k").__dict__ | {"size_bytes": "9"}]},
        {"records": [stored("k").__dict__ | {"size_bytes": True}]},
        {"records": [stored("k").__dict__ | {"key": "k" * 100_000}]},
        {"records": [stored("k").__dict__ | {"key": None}]},
    ],
)
def test_what_no_manifest_says_of_an_invoice_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(NotAManifest):
        InvoiceStatement.of(archived("1").to_data() | change)


@pytest.mark.parametrize("data", [None, [], "invoice", {}])
def test_what_is_no_invoice_is_refused(data: Any) -> None:
    with pytest.raises(NotAManifest):
        InvoiceStatement.of(data)
