import json
from dataclasses import replace
from decimal import Decimal

import pytest

from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.evidence.record_chain import next_record
from lambdas.domain.findings import finding
from lambdas.domain.json_text import to_canonical_json
from lambdas.domain.judgement.manifests import Manifest, PayerState, totals
from lambdas.domain.money import Amount
from tests.domain.examples import (
    ACME,
    BOREAL,
    OCTOBER,
    archived,
    learnt,
    outstanding,
    record,
    stored,
    with_documents,
)

HASH = "a" * 64


def due(invoice_id: str, amount: str, currency: str = "USD") -> ArchivedInvoice:
    return archived(
        invoice_id, PaymentCurrencyAmount={"TotalAmount": amount, "CurrencyCode": currency}
    )


def payer_state(account_id: str = ACME, *invoices: ArchivedInvoice) -> PayerState:
    found = finding("PDF_NOT_READY", "AWAITED-1", "Not yet.")
    return PayerState(
        account_id,
        "Acme, Inc.",
        "Acme Ltd.",
        "CHECKED",
        "PARTIAL",
        "run-1",
        "2026-11-12T06:00:00Z",
        len(invoices) + 1,
        invoices,
        (outstanding(),),
        (finding("INVOICE_WITHOUT_ID", account_id, "One row."),),
        (found,),
        unarchived=2,
    )


def manifest(*payers: PayerState) -> Manifest:
    return Manifest(
        "archive",
        OCTOBER,
        3,
        HASH,
        "run-1",
        "2026-11-12T06:00:00Z",
        "ACTION_REQUIRED",
        None,
        payers,
    )


def read_back(one: Manifest) -> Manifest:
    return Manifest.from_data(json.loads(to_canonical_json(one.to_data())))


def test_a_manifest_reads_back_from_its_bytes() -> None:
    one = manifest(payer_state(ACME, archived("1"), archived("2")), payer_state(BOREAL))
    back = read_back(one)
    assert back == one
    assert back.to_data() == one.to_data()


def test_a_manifest_without_payers_or_predecessor_reads_back_too() -> None:
    one = replace(manifest(), sequence=1, previous_sha256=None)
    assert read_back(one) == one


def test_a_manifest_says_of_itself_where_it_belongs() -> None:
    said = manifest().to_data()
    assert (said["bucket"], said["key"]) == ("archive", manifest().key)


def test_a_manifest_lists_all_evidence_of_its_period() -> None:
    first = record("1")
    second = next_record(first, stored(first.key), learnt(seen_by=BOREAL), BOREAL)
    assert second
    one = ArchivedInvoice.of(second, stored(second.key))
    assert [at.key for at in manifest(payer_state(ACME, one)).evidence] == [
        first.key,
        second.key,
        first.documents[0].stored.key,
    ]


@pytest.mark.parametrize("schema", [None, "invoice-archive/manifest/1"])
def test_a_manifest_of_an_unknown_schema_is_not_read(schema: str | None) -> None:
    data = manifest().to_data() | {"schema": schema}
    with pytest.raises(ValueError, match="the manifest's schema is"):
        Manifest.from_data(data)


def test_a_manifest_lies_under_its_number() -> None:
    assert manifest().key == "periods/2026-10/manifests/manifest-0003.json"


def test_who_wrote_a_manifest_and_when_is_not_what_it_says() -> None:
    one = manifest(payer_state())
    later = replace(
        one, sequence=4, previous_sha256="b" * 64, run_id="run-2", generated_at="2026-11-13"
    )
    assert later.says_the_same_as(one)


def test_any_other_verdict_closing_or_payer_is_something_new() -> None:
    one = manifest(payer_state())
    assert not replace(one, verdict="COMPLETE").says_the_same_as(one)
    assert not replace(one, closed_at="2026-11-12T06:00:00Z").says_the_same_as(one)
    assert not manifest().says_the_same_as(one)
    assert not manifest(replace(payer_state(), name="Acme AG")).says_the_same_as(one)
    assert not manifest(payer_state(ACME, archived("1"))).says_the_same_as(one)


def test_totals_are_exact() -> None:
    assert totals([due(str(n), "0.1") for n in range(10)]) == [Amount("USD", Decimal("1.0"))]


def test_totals_of_many_digits_are_exact_too() -> None:
    (total,) = totals([due("1", "10000000000000000000000000000"), due("2", "0.01")])
    assert total.to_data()["amount"] == "10000000000000000000000000000.01"


def test_totals_never_cross_currencies() -> None:
    assert totals(
        [
            due("1", "10.50"),
            due("2", "1000", "JPY"),
            due("3", "1.250", "KWD"),
            due("4", "-0.50"),
            due("5", "0.001", "KWD"),
        ]
    ) == [
        Amount("JPY", Decimal(1000)),
        Amount("KWD", Decimal("1.251")),
        Amount("USD", Decimal("10.00")),
    ]


def test_an_invoice_counts_once_however_often_it_is_given() -> None:
    assert totals([due("1", "10"), due("1", "10"), due("2", "5")]) == [Amount("USD", Decimal(15))]


def test_what_adds_nothing_makes_no_total() -> None:
    assert totals([archived("1", PaymentCurrencyAmount=None)]) == []


def test_totals_that_cancel_out_are_zero_and_not_absent() -> None:
    assert [amount.to_data() for amount in totals([due("1", "5.00"), due("2", "-5.00")])] == [
        {"currency": "USD", "amount": "0.00"}
    ]


def test_the_counts_of_a_payer_are_of_invoices_and_of_documents() -> None:
    with_supplement = with_documents(archived("1"), stored("invoices/supplement.xml"))
    without_document = archived("2", documents=())
    state = payer_state(ACME, with_supplement, without_document)
    assert (state.archived, state.documents) == (1, 2)


def test_completeness_says_what_the_contract_names_and_nothing_else() -> None:
    view = manifest(payer_state(ACME, due("1", "10.50"))).completeness()
    assert sorted(view) == [
        "billing_period",
        "closed_at",
        "findings",
        "generated_at",
        "last_day",
        "manifest",
        "outstanding_totals",
        "payers",
        "progress",
        "run_id",
        "schema",
        "totals",
        "verdict",
    ]
    assert view["manifest"] == "periods/2026-10/manifests/manifest-0003.json"
    (payer,) = view["payers"]
    assert sorted(payer) == [
        "archived",
        "checked_at",
        "documents",
        "expected",
        "findings",
        "legal_entity",
        "name",
        "open_currencies",
        "outstanding_totals",
        "payer_account_id",
        "residuals",
        "run_id",
        "settled_at",
        "sources",
        "totals",
        "unarchived",
        "verdict",
    ]
    assert payer["totals"] == [{"currency": "USD", "amount": "10.50"}]
    assert payer["outstanding_totals"] == [{"currency": "USD", "amount": "100.00"}]
    assert sorted(payer["findings"][0]) == ["code", "detail", "next_step", "severity", "subject"]
