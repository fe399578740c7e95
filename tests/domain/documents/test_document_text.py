import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.documents.document_text import ListedIds, Others, Whose, is_proven, whose_paper
from lambdas.domain.invoices.summary import InvoiceSummary
from tests.domain.examples import ACME, BOREAL

OWN, OTHER = "2609293185", "2609293186"
LISTED = (OWN, OTHER, "EUINAE26-1234567", "AIN26-1234567", "CAIN26-1234567", "12", "A2")
OTHERS = Others(ListedIds(LISTED), frozenset({ACME, BOREAL}))


def read(text: str, invoice_id: str = OWN, others: Others = OTHERS) -> Whose:
    return whose_paper(text, invoice_id, {ACME}, others)


@pytest.mark.parametrize(
    "text",
    [
        f"Invoice Number: {OTHER}",
        f"Invoice Number{OTHER}Invoice Date",
        f"No.{OTHER}, page 1",
        f"Invoice ({OTHER}).",
        "Invoice\nEUINAE26-1234567Date",
        "InvoiceEUINAE26-1234567",
        "Invoice EUINAE26\u20111234567",
        f"12 {OTHER} {ACME}",
    ],
)
def test_a_text_that_names_another_listed_invoice_and_not_its_own_is_anothers(text: str) -> None:
    assert "and not this one" in read(text).other


@pytest.mark.parametrize(
    "text",
    [
        "Page 12 of 12, section A2",
        f"Invoice Number: 9{OTHER}",
        f"Invoice Number: {OTHER}7",
        f"Order {OTHER}-1",
        f"Order 7-{OTHER}",
        f"Order PO/{OTHER}",
        f"IDR {OTHER}.00",
        f"1,{OTHER}",
        "XEUINAE26-1234567",
        "EUINAE26-12345678",
        "EUINAE26-1234567-2",
        "",
        "Nota Fiscal 000.123.456",
    ],
)
def test_what_is_a_part_of_something_longer_or_too_short_is_no_other_invoice(text: str) -> None:
    assert read(text) == Whose(is_own=False)


@pytest.mark.parametrize(
    "text",
    [
        f"Statement: {OTHER}, {OWN}, account {BOREAL}",
        f"Credit for {OTHER}\n26092\n93185",
        f"Number{OWN}Date {OTHER}",
    ],
)
def test_a_text_that_names_its_own_invoice_is_its_own_whatever_it_names_beside(text: str) -> None:
    assert read(text) == Whose(is_own=True)


def test_an_id_that_is_a_part_of_a_longer_listed_one_is_not_named_by_that() -> None:
    assert read("Invoice CAIN26-1234567", "AIN26-1234567").other
    assert read("Invoice AIN26-1234567, CAIN26-1234567", "AIN26-1234567").is_own
    assert "invoice CAIN26-1234567 " in read("Invoice CAIN26-1234567").other


def test_an_id_at_the_end_of_a_text_is_named_although_a_longer_one_is_listed() -> None:
    listed = Others(ListedIds(["EUINIT24-123456", "EUINIT24-1234567"]), frozenset())
    assert read("Invoice EUINIT24-123456", "EUINIT24-123456", listed).is_own


def test_what_the_row_names_is_no_other_invoice() -> None:
    row = InvoiceSummary({"InvoiceId": OWN, "OriginalInvoiceId": OTHER, "Nested": {"Ids": ["x"]}})
    assert read(f"Credit for {OTHER}", others=OTHERS.beside(row)) == Whose(is_own=False)
    assert not OTHERS.beside(row).is_copy
    assert OTHERS.beside(InvoiceSummary({"CommercialInvoiceId": OTHER})).is_copy


@pytest.mark.parametrize(
    "account", [BOREAL, "0444-5555-6666", "0444 5555 6666", "0444\u20115555\u20116666"]
)
def test_a_known_account_of_others_is_seen_in_each_form(account: str) -> None:
    assert f"names account {BOREAL}" in read(f"Konto: {account}.").other
    assert read(f"Konto: {account}, {ACME[:4]} {ACME[4:8]} {ACME[8:]}") == Whose(is_own=False)


@pytest.mark.parametrize(
    "text",
    [
        "Account number: 987654321098",
        "Account 9876-5432-1098",
        f"IBAN 2{BOREAL}",
        f"{BOREAL}1",
        "IBAN DE29 0444 5555 6666 00",
        "Card 0444 5555 6666 7777",
        f"Reference {BOREAL}-7",
        "0444\n5555\n6666",
    ],
)
def test_a_number_that_no_one_is_known_by_or_that_is_longer_speaks_against_no_paper(
    text: str,
) -> None:
    assert read(text) == Whose(is_own=False)


def test_an_account_that_the_paper_may_carry_is_no_others() -> None:
    found = whose_paper(f"Account {BOREAL}", OWN, {ACME, BOREAL}, OTHERS)
    assert found == Whose(is_own=False)


def test_a_document_is_proven_by_what_was_not_flagged() -> None:
    assert is_proven([])
    assert is_proven([("PDF_WITH_SCRIPTS", "")])
    assert not is_proven([("INVOICE_ID_NOT_IN_TEXT", "")])


@given(
    st.lists(st.from_regex(r"[A-Z]{0,4}[0-9]{2}-?[0-9]{7,10}", fullmatch=True), max_size=20),
    st.text("0123456789ABab -/.,\n", max_size=80),
)
def test_what_is_found_stands_in_the_text_by_itself(ids: list[str], text: str) -> None:
    for place in ListedIds(ids).places(text):
        assert text[place.start : place.end] == place.invoice_id
        assert place.invoice_id in ids
        assert not text[place.end : place.end + 1].isdigit()
        assert not text[max(0, place.start - 1) : place.start].isdigit()


@given(st.from_regex(r"[A-Z]{0,6}[0-9]{2}-?[0-9]{7,10}", fullmatch=True), st.integers(1, 400))
def test_an_id_between_words_is_always_found(invoice_id: str, seed: int) -> None:
    others = [f"{number * 7919 * seed:010}" for number in range(1, 30)]
    places = ListedIds([*others, invoice_id]).places(f"Invoice number: {invoice_id}\nDate")
    assert [place.invoice_id for place in places] == [invoice_id]


def test_twenty_thousand_listed_invoices_cost_a_text_no_more_than_a_few() -> None:
    listed = ListedIds(
        [*(str(10**9 + n) for n in range(20_000)), *(f"SGIN26-{n}" for n in range(10**5, 120_000))]
    )
    text = " ".join(f"{n:,} item 2026-10-{n % 30:02} 0.0{n}" for n in range(3_000))
    began = time.process_time()
    assert listed.places(f"{text} SGIN26-110000")[0].invoice_id == "SGIN26-110000"
    assert time.process_time() - began < 1
