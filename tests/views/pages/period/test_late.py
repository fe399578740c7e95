from dataclasses import replace

import pytest

from lambdas.domain.findings import Finding, finding
from lambdas.domain.judgement.manifests import PayerState
from tests.domain.example_months import due, month, page_of_month, payer_state
from tests.domain.examples import ACME
from tests.views.pages.reading import Node, read, section

CLOSED, LATER = "2026-11-12T06:00:00Z", "2026-11-20T06:00:00Z"
HEADING, CHANGED = "Arrived after the close", "Changed after archiving"
KEY = "invoices/2026-10/111122223333/2026-10_111122223333_INVOICE_1_r2.pdf"


def page_of(state: PayerState, closed_at: str | None = CLOSED) -> Node:
    return read(page_of_month(month(state, closed_at=closed_at)))


def late(page: Node) -> Node:
    shown = section(page, HEADING)
    assert shown
    return shown


def added(code: str, at: str, key: str = KEY) -> Finding:
    return finding(code, "1", f"{key} was added at {at}.")


def test_nothing_late_is_said_once_the_archive_is_closed() -> None:
    shown = late(page_of(payer_state(invoices=(due("1", "5.00"),))))
    assert shown.text == (f"{HEADING} The archive of this month closed on 12 November 2026. None.")


def test_before_the_close_nothing_is_late() -> None:
    one = replace(due("1", "5.00"), first_archived_at=LATER)
    state = payer_state(invoices=(one,), findings=(finding("LATE_INVOICE", "1", "Late."),))
    assert section(page_of(state, closed_at=None), HEADING) is None


def test_a_late_invoice_has_its_day_and_its_amount() -> None:
    one = replace(due("1", "5.00"), first_archived_at=LATER)
    state = payer_state(invoices=(one,), findings=(finding("LATE_INVOICE", "1", "Late."),))
    page = page_of(state)
    assert [cell.text for cell in late(page).all("td")] == [
        f"Acme {ACME}", "Late invoice", "1", "20 November 2026", "5.00 USD",
    ]  # fmt: skip
    assert "Book an invoice in the open period" in late(page).text
    assert section(page, CHANGED) is None


@pytest.mark.parametrize("code", ["LATE_DOCUMENT", "DOCUMENT_REVISED"])
@pytest.mark.parametrize(("at", "is_late"), [(CLOSED, False), (LATER, True)])
def test_a_document_is_late_as_of_the_run_that_archived_it(
    code: str, at: str, is_late: bool
) -> None:
    one = due("1", "5.00")
    (document,) = one.documents
    revised = replace(document, revision=2, stored=replace(document.stored, key=KEY))
    one = replace(one, documents=(document, revised))
    page = page_of(payer_state(invoices=(one,), findings=(added(code, at),)))
    assert (section(page, CHANGED) is None) == is_late
    assert (f"../../{KEY}" in late(page).links()) == is_late
    assert ("None." in late(page).text) != is_late


@pytest.mark.parametrize("detail", ["Added.", "x was added at noon.", "a b was added at x."])
def test_a_document_with_another_sentence_stays_among_the_changes(detail: str) -> None:
    state = payer_state(findings=(finding("LATE_DOCUMENT", "1", detail),))
    page = page_of(state)
    assert "None." in late(page).text
    assert section(page, CHANGED)
