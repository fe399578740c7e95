from dataclasses import replace
from typing import Any

import pytest

from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.evidence.shared_documents import documents_of_others, invoices_in_doubt
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.witnesses.acknowledgements import GivenAcknowledgement
from tests.domain.examples import (
    ACME,
    AFTER_DEADLINE,
    BOREAL,
    OCTOBER,
    archived,
    invoice_document,
    stored,
)
from tests.domain.judging import codes, judged, outcome, payer

UNNAMED = (("INVOICE_ID_NOT_IN_TEXT", ""),)


def holding(
    invoice_id: str,
    content: str = "one paper",
    *,
    flags: tuple[tuple[str, str], ...] = UNNAMED,
    account: str = ACME,
    **row: Any,
) -> ArchivedInvoice:
    """An archived invoice with a document of this content."""
    document = invoice_document(invoice_id, account, flags=flags)
    at = replace(document.stored, sha256=stored("", content.encode()).sha256)
    return archived(invoice_id, payer=account, documents=(replace(document, stored=at),), **row)


def in_doubt(*invoices: ArchivedInvoice) -> list[tuple[str, str]]:
    return sorted(documents_of_others(invoices))


def test_an_invoice_that_its_paper_names_keeps_it_and_the_others_are_in_doubt() -> None:
    found = documents_of_others(
        [holding("1", flags=()), holding("2"), holding("3", account=BOREAL)]
    )
    assert sorted(found) == [(BOREAL, "3"), (ACME, "2")]
    assert "invoice 1, 3." in found[ACME, "2"].detail
    assert found[ACME, "2"].severity == "blocking"


def test_where_the_paper_names_none_all_are_in_doubt() -> None:
    assert in_doubt(holding("1"), holding("2")) == [(ACME, "1"), (ACME, "2")]


def test_papers_that_differ_and_those_that_name_all_are_in_order() -> None:
    assert in_doubt(holding("1", "a"), holding("2", "b")) == []
    assert in_doubt(holding("1", flags=()), holding("2", flags=())) == []


def test_one_invoice_under_two_accounts_is_one() -> None:
    assert in_doubt(holding("1"), holding("1", account=BOREAL)) == []


@pytest.mark.parametrize(
    "row",
    [
        {"CommercialInvoiceId": "1"},
        {"InvoiceType": "PAYMENT_RECEIPT", "OriginalInvoiceId": "1"},
    ],
)
def test_a_copy_may_have_the_paper_of_its_invoice(row: dict[str, str]) -> None:
    assert in_doubt(holding("1"), holding("2", **row)) == []
    assert in_doubt(holding("1"), holding("2", **row), holding("3")) == [(ACME, "1"), (ACME, "3")]


def test_a_credit_memo_with_the_paper_of_its_original_is_in_doubt() -> None:
    memo = holding("2", InvoiceType="CREDIT_MEMO", OriginalInvoiceId="1")
    assert in_doubt(holding("1", flags=()), memo) == [(ACME, "2")]


def test_the_newest_document_of_an_invoice_counts() -> None:
    first = holding("2")
    revision = replace(holding("2", "its own").documents[0], revision=2)
    healed = replace(first, documents=(*first.documents, revision))
    assert in_doubt(holding("1", flags=()), healed) == []


def test_a_paper_of_another_blocks_until_a_person_accepts_it() -> None:
    invoices = [holding("1", flags=()), holding("2")]
    asked = outcome(listed=("1", "2"))
    manifest = judged(asked, invoices=invoices)
    assert payer(manifest).verdict == "PARTIAL"
    assert codes(manifest)["OTHER_INVOICE"] == "blocking"
    until = AFTER_DEADLINE.date().replace(year=2027)
    given = GivenAcknowledgement(ACME, OCTOBER, "AWS was asked", "Jo", until)
    accepted = judged(asked, invoices=invoices, acknowledgements=[given], previous=manifest)
    assert payer(accepted).verdict == "COMPLETE"
    assert codes(accepted)["OTHER_INVOICE"] == "warning"
    again = judged(asked, invoices=invoices, previous=accepted, run_id="run-3")
    assert again.says_the_same_as(accepted)


def test_a_view_shows_which_invoices_are_in_doubt() -> None:
    manifest = judged(outcome(listed=("1", "2")), invoices=[holding("1"), holding("2")])
    assert invoices_in_doubt(manifest.completeness()) == {"1", "2"}


def closed_by_an_earlier_release(
    *invoices: ArchivedInvoice, monkeypatch: pytest.MonkeyPatch
) -> Manifest:
    """A month that was closed when papers were not compared."""
    with monkeypatch.context() as patch:
        patch.setattr("lambdas.domain.judgement.facts.documents_of_others", lambda _: {})
        return judged(outcome(), invoices=invoices)


def test_a_paper_of_another_in_a_month_that_an_earlier_release_closed_is_no_news(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    two = [holding("1", flags=()), holding("2")]
    closed = closed_by_an_earlier_release(*two, monkeypatch=monkeypatch)
    assert (closed.verdict, bool(closed.closed_at)) == ("COMPLETE", True)
    again = judged(outcome(), invoices=two, previous=closed)
    assert again.says_the_same_as(closed)
    later = judged(outcome(), invoices=[*two, holding("3", "another")], previous=closed)
    assert (later.verdict, codes(later)["OTHER_INVOICE"]) == ("COMPLETE", "warning")
    assert invoices_in_doubt(later.completeness()) == set()


def test_a_paper_that_comes_late_and_is_another_ones_blocks_in_a_closed_month() -> None:
    closed = judged(outcome(), invoices=[holding("2")])
    assert closed.closed_at
    two = [holding("1", flags=()), holding("2")]
    late = judged(outcome(), invoices=two, previous=closed)
    again = judged(outcome(), invoices=two, previous=late, run_id="run-3")
    for manifest in (late, again):
        assert codes(manifest)["OTHER_INVOICE"] == "blocking"
        assert payer(manifest).verdict == "PARTIAL"
