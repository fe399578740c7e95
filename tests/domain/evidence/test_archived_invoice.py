import json

import pytest

from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.evidence.record_chain import next_record
from tests.domain.examples import (
    ACME,
    BOREAL,
    archived,
    invoice_document,
    learnt,
    outstanding,
    record,
    stored,
    summary_row,
    supplement,
)


@pytest.mark.parametrize(
    "one",
    [
        archived(),
        archived(documents=(invoice_document(), supplement())),
        archived(PaymentCurrencyAmount=None, TaxAuthorityStatus="CANCELLED"),
        archived(documents=()),
    ],
)
def test_an_archived_invoice_reads_back_from_a_manifest(one: ArchivedInvoice) -> None:
    assert ArchivedInvoice.from_data(json.loads(json.dumps(one.to_data()))) == one


def test_an_outstanding_invoice_reads_back_from_a_manifest() -> None:
    one = outstanding()
    assert OutstandingInvoice.from_data(json.loads(json.dumps(one.to_data()))) == one


def test_a_supplement_alone_is_no_archived_invoice_document() -> None:
    assert archived().has_invoice_document
    assert not archived(documents=(supplement(),)).has_invoice_document


def test_it_names_everybody_who_saw_it_and_where_its_record_lies() -> None:
    seen = next_record(
        record(), stored("records/before.json"), learnt(summary_row(), seen_by=BOREAL), BOREAL
    )
    assert seen is not None
    one = ArchivedInvoice.of(seen, stored(seen.key))
    assert one.seen_by == (BOREAL, ACME)
    assert (one.sequence, one.record.key) == (2, seen.key)
    assert one.first_archived_at == record().first_archived_at
