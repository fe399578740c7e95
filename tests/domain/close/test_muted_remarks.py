"""Remarks that a setting leaves off the pages: which may be, and which are."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.close.muted_remarks import (
    NOTHING_MUTED,
    MutedRemark,
    MutedRemarks,
    muted_remarks,
    muted_remarks_text,
)
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.findings import KINDS, Finding, finding
from lambdas.domain.input_values import WrongValue
from tests.domain.example_months import invoice, month, payer_state
from tests.domain.examples import ACME, BOREAL, outstanding

BRAZIL, JAPAN = "Amazon AWS Serviços Brasil Ltda.", "Amazon Web Services Japan G.K."
CODE = "INVOICE_ID_NOT_IN_TEXT"
MUTED = MutedRemarks([MutedRemark(BRAZIL, CODE)])


def of(seller: str, invoice_id: str = "1") -> ArchivedInvoice:
    one: ArchivedInvoice = invoice(
        invoice_id, Entity={"InvoicingEntity": seller, "BillingEntity": "AWS"}
    )
    return one


def key_of(one: ArchivedInvoice) -> str:
    return one.documents[0].stored.key


def test_only_the_code_of_the_seller_is_left_out() -> None:
    brazil, japan = of(BRAZIL), of(JAPAN, "2")
    left_out = finding(CODE, key_of(brazil), "Not in the text.")
    others = (
        finding(CODE, key_of(japan), "Not in the text."),
        finding("LATE_INVOICE", "1", "Late."),
        finding("WITNESSES_DISAGREE", ACME, "They do."),
    )
    payer = payer_state(invoices=(brazil, japan), findings=(left_out, *others))
    assert set(MUTED.shown(payer)) == set(others)
    assert MUTED.counts(month(payer)) == [(MutedRemark(BRAZIL, CODE), 1)]
    assert left_out in payer.findings


def test_a_remark_on_an_invoice_is_that_of_its_seller_as_one_on_its_document_is() -> None:
    late = MutedRemarks([MutedRemark(BRAZIL, "LATE_INVOICE")])
    payer = payer_state(invoices=(of(BRAZIL),), findings=(finding("LATE_INVOICE", "1", "Late."),))
    assert late.shown(payer) == ()
    listed = replace(outstanding(), summary=of(BRAZIL).summary)
    found = finding("UNKNOWN_VALUE", listed.invoice_id, "Odd.")
    awaited = payer_state(outstanding=(listed,), findings=(found,))
    odd = MutedRemarks([MutedRemark(BRAZIL, "UNKNOWN_VALUE")])
    assert [found.code for found in odd.shown(awaited)] == ["PDF_NOT_READY"]


@pytest.mark.parametrize("severity", ["warning", "blocking"])
def test_what_is_more_than_a_remark_is_shown(severity: Any) -> None:
    one = of(BRAZIL)
    found = finding(CODE, key_of(one), "Not in the text.", severity=severity)
    payer = payer_state(invoices=(one,), findings=(found,))
    assert MUTED.shown(payer) == (found,)
    assert MUTED.counts(month(payer)) == []


def test_the_counts_are_those_of_the_month_the_most_frequent_first() -> None:
    def payer(account_id: str, *sellers: str) -> Any:
        invoices = tuple(of(seller, f"{n}-{account_id}") for n, seller in enumerate(sellers))
        invoices = tuple(replace(one, payer_account_id=account_id) for one in invoices)
        found: list[Finding] = [finding(CODE, key_of(one), "Not there.") for one in invoices]
        return payer_state(account_id, invoices=invoices, findings=tuple(found))

    both = MutedRemarks([MutedRemark(BRAZIL, CODE), MutedRemark(JAPAN, CODE)])
    months = month(payer(ACME, BRAZIL, JAPAN), payer(BOREAL, JAPAN))
    assert both.counts(months) == [(MutedRemark(JAPAN, CODE), 2), (MutedRemark(BRAZIL, CODE), 1)]
    assert NOTHING_MUTED.counts(months) == []
    assert NOTHING_MUTED.shown(months.payers[0]) == months.payers[0].findings


def entry(seller: object = BRAZIL, finding: object = CODE, **more: object) -> dict[str, object]:
    return {"seller": seller, "finding": finding, **more}


def problems(value: object) -> tuple[str, ...]:
    with pytest.raises(WrongValue) as wrong:
        muted_remarks(value)
    return wrong.value.problems


def test_the_setting_is_a_list_of_sellers_and_findings() -> None:
    assert muted_remarks([]) == ()
    assert muted_remarks([entry(), entry(JAPAN)]) == (
        MutedRemark(BRAZIL, CODE),
        MutedRemark(JAPAN, CODE),
    )


def test_a_code_that_nobody_knows_gets_the_nearest_that_can_be_muted() -> None:
    assert problems([entry(finding="INVOICE_ID_NOT_IN_TXT")]) == (
        "entry 1.finding 'INVOICE_ID_NOT_IN_TXT' is no finding; did you mean "
        "'INVOICE_ID_NOT_IN_TEXT'?",
    )
    (far,) = problems([entry(finding="X")])
    assert far.startswith("entry 1.finding 'X' is no finding; these can be muted: LATE_INVOICE, ")


@pytest.mark.parametrize("code", [*KINDS])
def test_only_remarks_on_invoices_and_documents_can_be_muted(code: str) -> None:
    of_no_invoice = {"ESTIMATE_LISTED", "WITNESSES_DISAGREE", "LATER_THAN_USUAL"}
    if KINDS[code].severity == "info" and code not in of_no_invoice:
        assert muted_remarks([entry(finding=code)]) == (MutedRemark(BRAZIL, code),)
    else:
        (problem,) = problems([entry(finding=code)])
        assert problem.startswith(
            f"entry 1.finding {code} is always shown; these can be muted: LATE_INVOICE, "
        )


def test_all_problems_are_reported_at_once() -> None:
    found = problems(
        [
            entry(seller=" ", finding=7),
            entry(sellr="x"),
            {"finding": CODE},
            "x",
            entry(),
            entry(),
        ]
    )
    assert [problem.partition(";")[0] for problem in found] == [
        "entry 1.seller ' ' is not text",
        "entry 1.finding 7 is not text",
        "entry 2.sellr is unknown",
        "entry 3.seller is missing",
        "entry 4 'x' is not an object",
        f"'{CODE}' of '{BRAZIL}' is listed more than once",
    ]


@pytest.mark.parametrize("value", [{}, "x", 7, None, {"seller": BRAZIL}])
def test_what_is_no_list_is_refused(value: object) -> None:
    (problem,) = problems(value)
    assert problem.endswith('is not a list; write [{"seller": "…", "finding": "…"}]')


def test_more_than_the_environment_has_room_for_is_refused() -> None:
    (problem,) = problems([entry(f"{number} {'ç' * 100}") for number in range(4)])
    assert problem == (
        "the entries take 2,605 bytes, and the function's environment has room for 1,500; "
        "remove some"
    )


@given(st.lists(st.text(min_size=1).filter(str.strip), max_size=3, unique=True))
def test_what_the_environment_gets_is_ascii_and_reads_the_same(sellers: list[str]) -> None:
    muted = tuple(MutedRemark(one, CODE) for one in sellers)
    text = muted_remarks_text(muted)
    assert text.isascii()
    assert muted_remarks(json.loads(text)) == muted
