from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.close.invoice_lines import (
    InvoiceLine,
    document_counts,
    document_group,
    exclusion,
    invoice_lines,
    repeated_invoice,
)
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.findings import Finding, finding
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.judgement.manifests import Manifest, OutstandingSince
from lambdas.domain.money import Amount, sums
from tests.domain.example_months import OWNERS, amount, due, invoice, month, payer_state
from tests.domain.examples import ACME, BOREAL, archived, outstanding, summary_row, supplement

COPY = {"CommercialInvoiceId": "5286405569"}
RECEIPT = {"InvoiceType": "PAYMENT_RECEIPT", "OriginalInvoiceId": "2609293185"}


def lines(manifest: Manifest) -> dict[str, InvoiceLine]:
    found = list(invoice_lines(manifest, OWNERS))
    assert len({one.invoice.invoice_id for one in found}) == len(found)
    return {one.invoice.invoice_id: one for one in found}


@pytest.mark.parametrize(
    ("members", "group", "repeats", "excluded"),
    [
        ({}, "INVOICE", None, None),
        ({"InvoiceType": None}, "INVOICE", None, None),
        ({"InvoiceType": "NEW"}, "INVOICE", None, None),
        ({"InvoiceType": "CREDIT_MEMO", "OriginalInvoiceId": "1"}, "CREDIT_MEMO", None, None),
        (COPY, "TAX_COPY", "5286405569", "tax copy of 5286405569"),
        (COPY | {"InvoiceType": "CREDIT_MEMO"}, "TAX_COPY", "5286405569", "tax copy of 5286405569"),
        (RECEIPT, "RECEIPT", "2609293185", "payment receipt of 2609293185"),
        (COPY | {"InvoiceType": "PAYMENT_RECEIPT"}, "RECEIPT", "5286405569",
         "payment receipt of 5286405569"),
        ({"InvoiceType": "PAYMENT_RECEIPT"}, "RECEIPT", None, "payment receipt"),
    ],
)  # fmt: skip
def test_the_group_of_a_document_and_the_invoice_that_it_repeats(
    members: dict[str, Any], group: str, repeats: str | None, excluded: str | None
) -> None:
    summary = InvoiceSummary(summary_row(**members))
    assert document_group(summary) == group
    assert repeated_invoice(summary) == repeats
    assert exclusion(summary) == excluded


def test_documents_are_counted_as_a_ledger_counts_them() -> None:
    manifest = month(
        payer_state(
            invoices=(
                due("1", "1"),
                due("2", "1", InvoiceType="CREDIT_MEMO"),
                due("3", "1", **COPY),
                due("4", "1", **RECEIPT),
                due("twice", "1"),
            ),
            outstanding=(outstanding(),),
        ),
        payer_state(BOREAL, invoices=(due("twice", "1", payer=BOREAL),)),
    )
    assert str(document_counts(manifest)) == "2 invoices, 1 credit memo, 2 other documents"
    assert str(document_counts(month())) == "0 invoices"


def test_a_record_without_its_invoice_document_is_counted_apart() -> None:
    bare = replace(due("1", "1"), documents=())
    only_supplement = replace(due("2", "1", InvoiceType="CREDIT_MEMO"), documents=(supplement(),))
    counts = document_counts(month(payer_state(invoices=(bare, only_supplement, due("3", "1")))))
    assert str(counts) == "1 invoice, 2 without their invoice document"
    counts = document_counts(month(payer_state(invoices=(bare,))))
    assert str(counts) == "0 invoices, 1 without its invoice document"


def gap(code: str, severity: str = "blocking", subject: str = "AWAITED-1") -> Finding:
    return replace(finding(code, subject, "Not there."), severity=severity)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("members", "own", "of_payer", "status"),
    [
        ({}, ["PDF_NOT_READY"], [gap("PDF_NOT_READY")], "OUTSTANDING"),
        ({}, ["PDF_NOT_READY"], [gap("PDF_NOT_READY", "warning")], "ACCEPTED"),
        ({}, ["PDF_NOT_READY"], [], "OUTSTANDING"),
        ({}, ["PDF_NOT_READY", "ROWS_DIFFER"],
         [gap("PDF_NOT_READY", "warning"), gap("ROWS_DIFFER")], "OUTSTANDING"),
        ({}, ["PDF_NOT_READY", "ROWS_DIFFER"], [gap("PDF_NOT_READY", "warning")], "OUTSTANDING"),
        ({}, [], [gap("NOT_FETCHED")], "OUTSTANDING"),
        ({}, [], [gap("NOT_FETCHED", "warning")], "ACCEPTED"),
        (COPY, ["PDF_NOT_READY"], [gap("PDF_NOT_READY", "warning")], "NOT_OFFERED"),
        (RECEIPT, ["NO_DOCUMENT_URL"], [gap("NO_DOCUMENT_URL", "warning")], "NOT_OFFERED"),
        (COPY, ["DOWNLOAD_FAILED"], [gap("DOWNLOAD_FAILED")], "OUTSTANDING"),
        (COPY, ["DOWNLOAD_FAILED"], [gap("DOWNLOAD_FAILED", "warning")], "ACCEPTED"),
    ],
)  # fmt: skip
def test_the_status_of_an_invoice_without_a_record_follows_from_the_findings(
    members: dict[str, Any], own: list[str], of_payer: list[Finding], status: str
) -> None:
    row = InvoiceSummary(summary_row("AWAITED-1", **members))
    one = replace(outstanding(), summary=row, findings=tuple(map(gap, own)))
    state = replace(payer_state(outstanding=(one,)), findings=tuple(sorted(of_payer)))
    (line,) = invoice_lines(month(state), OWNERS)
    assert line.status == status
    assert line.document is None


def test_an_outstanding_invoice_has_its_amount_and_the_instant_since_when() -> None:
    one = replace(outstanding(), summary=due("AWAITED-1", "41.10").summary)
    state = payer_state(outstanding=(one,))
    since = (OutstandingSince("AWAITED-1", "2026-11-04T06:00:00Z"),)
    (line,) = invoice_lines(month(replace(state, outstanding_since=since)), OWNERS)
    assert line.money
    assert (line.money.gross, line.outstanding_since) == (Decimal("41.10"), since[0].since)
    assert (line.who.name, line.who.owner.name) == ("Acme", "Dana Whitlock")
    assert line.codes == ("PDF_NOT_READY",)


def test_the_earliest_of_several_gaps_of_an_invoice_counts() -> None:
    days = ("2026-11-05", "2026-11-04", "2026-11-06")
    since = tuple(
        OutstandingSince("AWAITED-1", f"{day}T06:00:00Z", code)
        for day, code in zip(days, ("", "DOCUMENT_TOO_LARGE", "OTHER_INVOICE"), strict=True)
    )
    state = replace(payer_state(outstanding=(outstanding(),)), outstanding_since=since)
    (line,) = invoice_lines(month(state), OWNERS)
    assert line.outstanding_since == "2026-11-04T06:00:00Z"


def test_a_missing_document_of_an_archived_invoice_has_its_instant_too() -> None:
    missing = finding("DOWNLOAD_FAILED", "1 TAX_E_INVOICE T-1", "Status 500.")
    one = replace(due("1", "9.00"), findings=(missing,))
    state = payer_state(invoices=(one, due("2", "1.00")), findings=(missing,))
    since = (OutstandingSince(missing.subject, "2026-11-04T06:00:00Z"),)
    found = lines(month(replace(state, outstanding_since=since)))
    assert (found["1"].status, found["1"].outstanding_since) == ("ARCHIVED", since[0].since)
    assert (found["2"].status, found["2"].outstanding_since) == ("ARCHIVED", None)


def test_estimates_of_the_first_release_are_no_invoices() -> None:
    state = payer_state(outstanding=(outstanding("estimate-1"), outstanding("2")))
    assert list(lines(month(state))) == ["2"]


def test_an_id_under_two_payer_accounts_has_the_line_that_the_totals_count() -> None:
    manifest = month(
        payer_state(ACME, invoices=(due("twice", "1.00"), due("1", "2.00"))),
        payer_state(BOREAL, invoices=(due("twice", "3.00", payer=BOREAL),)),
    )
    found = lines(manifest)
    assert found["twice"].who.account_id == BOREAL
    assert found["twice"].other_accounts == (ACME,)
    assert found["1"].other_accounts == ()


def test_an_id_that_one_payer_account_has_archived_is_archived() -> None:
    manifest = month(
        payer_state(ACME, invoices=(due("twice", "1.00"),)),
        payer_state(BOREAL, outstanding=(outstanding("twice", payer=BOREAL),)),
    )
    found = lines(manifest)
    assert (found["twice"].status, found["twice"].who.account_id) == ("ARCHIVED", ACME)
    assert found["twice"].other_accounts == (BOREAL,)


def test_an_id_outstanding_under_two_payer_accounts_is_outstanding_once() -> None:
    manifest = month(
        payer_state(ACME, outstanding=(outstanding("twice"),)),
        payer_state(BOREAL, outstanding=(outstanding("twice", payer=BOREAL),)),
    )
    assert lines(manifest)["twice"].other_accounts == (ACME,)


@pytest.mark.parametrize("missing_under", [ACME, BOREAL])
def test_an_id_accepted_under_one_payer_account_has_the_line_of_the_one_that_misses_it(
    missing_under: str,
) -> None:
    states = []
    for payer in (ACME, BOREAL):
        summary = due("twice", "100.00", payer=payer).summary
        gap_of = replace(outstanding("twice", payer=payer), summary=summary)
        severity = "blocking" if payer == missing_under else "warning"
        state = payer_state(payer, outstanding=(gap_of,))
        states.append(replace(state, findings=(gap("PDF_NOT_READY", severity, "twice"),)))
    manifest = month(*states)
    line = lines(manifest)["twice"]
    assert (line.status, line.who.account_id) == ("OUTSTANDING", missing_under)
    assert {*line.other_accounts, line.who.account_id} == {ACME, BOREAL}
    assert line.money
    assert manifest.outstanding_totals == [Amount(line.money.currency, line.money.gross)]


def test_the_file_is_the_latest_revision_of_the_invoice_document() -> None:
    one = invoice("1", supplement())
    first = one.documents[0]
    key = first.stored.key.replace(".pdf", "_r10.pdf")
    later = replace(first, stored=replace(first.stored, key=key), revision=10)
    one = replace(one, documents=(later, *one.documents))
    assert lines(month(payer_state(invoices=(one,))))["1"].document == later


AMOUNTS = st.decimals(min_value=-(10**6), max_value=10**6, places=2).map(str)
KINDS: tuple[dict[str, Any], ...] = ({}, {"InvoiceType": "CREDIT_MEMO"}, COPY, RECEIPT)


@st.composite
def invoices(draw: st.DrawFn) -> ArchivedInvoice:
    net, tax = Decimal(draw(AMOUNTS)), Decimal(draw(AMOUNTS))
    kind = draw(st.sampled_from(KINDS))
    signs = [1, 1, 1]
    if kind.get("InvoiceType") == "CREDIT_MEMO":
        net, tax = abs(net), abs(tax)
        signs = [draw(st.sampled_from([1, -1])) for _ in signs]  # each is turned by itself
    stated = draw(st.sampled_from([{"net"}, {"tax"}, {"net", "tax"}]))
    member = amount(str(signs[0] * (net + tax)), draw(st.sampled_from(["EUR", "JPY", "USD"])))
    if "net" in stated:
        member["TotalAmountBeforeTax"] = str(signs[1] * net)
    if "tax" in stated:
        member["AmountBreakdown"] = {"Taxes": {"TotalAmount": str(signs[2] * tax)}}
    payer = draw(st.sampled_from([ACME, BOREAL]))
    invoice_id = str(draw(st.integers(1, 9)))
    return archived(invoice_id, payer=payer, PaymentCurrencyAmount=member, **kind)


def of_payer(account_id: str, found: Iterable[ArchivedInvoice]) -> Any:
    own = {one.invoice_id: one for one in found if one.payer_account_id == account_id}
    return payer_state(account_id, invoices=tuple(own.values()), outstanding=(outstanding(),))


@given(st.lists(invoices(), max_size=12))
def test_archived_lines_add_up_to_the_totals_and_net_and_tax_to_gross(
    found: list[ArchivedInvoice],
) -> None:
    manifest = month(of_payer(ACME, found), of_payer(BOREAL, found))
    money = [one.money for one in invoice_lines(manifest, OWNERS) if one.status == "ARCHIVED"]
    gross = sums(Amount(one.currency, one.gross) for one in money if one)
    assert [one.to_data() for one in gross] == manifest.to_data()["totals"]
    for one in money:
        assert one is None or (one.net or 0) + (one.tax or 0) == one.gross
    for line in invoice_lines(manifest, OWNERS):
        if line.group == "CREDIT_MEMO" and line.money:
            assert max(line.money.net or 0, line.money.tax or 0, line.money.gross) <= 0
