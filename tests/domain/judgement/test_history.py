from dataclasses import replace
from typing import Any

import pytest

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice
from lambdas.domain.findings import Severity, finding
from lambdas.domain.invoices.issuers import Issuer, billing_entity_of
from lambdas.domain.judgement.history import PastPeriod, history_of
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.witnesses.statements import History, PayerWitnesses
from tests.domain.examples import ACME, BOREAL, OCTOBER, archived, outstanding

SEPTEMBER, AUGUST, JULY = (OCTOBER.shifted(-back) for back in (1, 2, 3))
RECEIVER = "777788889999"
AWS = {"InvoicingEntity": "Amazon Web Services, Inc.", "BillingEntity": "AWS"}


def invoice(invoice_id: str = "1", payer: str = ACME, **row: Any) -> ArchivedInvoice:
    return archived(invoice_id, payer=payer, **{"Entity": AWS, "BillType": "ANNIVERSARY", **row})


def state(
    account_id: str = ACME,
    *invoices: ArchivedInvoice,
    settled_at: str | None = None,
    checked_at: str | None = "2026-11-05T06:00:00Z",
) -> PayerState:
    return PayerState(
        account_id,
        "Acme",
        "",
        "CHECKED",
        "COMPLETE",
        "run-1",
        checked_at,
        len(invoices),
        invoices,
        (),
        (),
        (),
        settled_at=settled_at,
    )


def past(period: BillingPeriod, *states: PayerState) -> PastPeriod:
    return PastPeriod.of(Manifest("b", period, 1, None, "run-1", "x", "COMPLETE", None, states))


def history(*months: list[ArchivedInvoice]) -> History:
    """Acme's history before October, given its invoices of September, August and so on."""
    periods = (SEPTEMBER, AUGUST, JULY)
    return history_of(
        ACME,
        [past(period, state(ACME, *one)) for period, one in zip(periods, months, strict=False)],
    )


def usual(*months: list[ArchivedInvoice]) -> list[str]:
    return [str(issuer) for issuer in history(*months).usual]


A = "invoice of Amazon Web Services, Inc. (AWS, ANNIVERSARY) for 111122223333"


def test_what_each_of_three_periods_has_is_usual() -> None:
    assert usual([invoice("1")], [invoice("2")], [invoice("3")]) == [A]


def test_two_periods_are_enough_and_one_is_not() -> None:
    assert usual([invoice("1")], [invoice("2")]) == [A]
    assert usual([invoice("1")]) == []
    assert history([invoice("1")]).periods == (SEPTEMBER,)


@pytest.mark.parametrize("came", [{0}, {1}, {2}, {0, 1}, {0, 2}, {1, 2}])
def test_what_came_once_or_twice_is_not_expected_again(came: set[int]) -> None:
    months = [[invoice(str(month))] for month in range(3)]
    for month in came:
        months[month].append(invoice(f"P{month}", BillType="PURCHASE"))
    assert usual(*months) == [A]


def unarchived(severity: Severity = "blocking", **changes: Any) -> PayerState:
    """Acme in a month in which its usual invoice lacks."""
    issuer = Issuer.of(ACME, invoice().summary)
    assert issuer
    found = finding("USUAL_INVOICE_MISSING", str(issuer), "", severity=severity)
    said = PayerWitnesses(history=History((JULY, JULY.shifted(-1)), (issuer,)))
    return replace(state(), findings=(found,), witnesses=said, **changes)


def test_a_usual_invoice_that_is_still_missing_stays_usual_month_after_month() -> None:
    months = [past(SEPTEMBER, unarchived()), past(AUGUST, unarchived())]
    assert [str(one) for one in history_of(ACME, months).usual] == [A]


@pytest.mark.parametrize(
    "explained",
    [unarchived("warning"), replace(unarchived(), findings=())],
    ids=["accepted", "no charges"],
)
def test_a_usual_invoice_that_is_no_longer_expected_is_no_longer_usual(
    explained: PayerState,
) -> None:
    months = [past(SEPTEMBER, explained), past(AUGUST, state(ACME, invoice("1")))]
    assert history_of(ACME, months).usual == ()


def test_an_invoice_whose_document_is_outstanding_is_usual_too() -> None:
    waiting = replace(outstanding("1"), summary=invoice("1").summary)
    month = past(SEPTEMBER, replace(state(), outstanding=(waiting,)))
    months = [month, past(AUGUST, state(ACME, invoice("2")))]
    assert [str(one) for one in history_of(ACME, months).usual] == [A]
    of_receiver = replace(waiting, payer_account_id=RECEIVER, seen_by=(ACME,))
    receiver = replace(state(RECEIVER, checked_at=None), outstanding=(of_receiver,))
    shown = [past(period, state(), receiver) for period in (SEPTEMBER, AUGUST)]
    assert [one.account_id for one in history_of(ACME, shown).usual] == [RECEIVER]


def test_a_period_without_the_payer_account_says_nothing() -> None:
    gap = PastPeriod(AUGUST, {})
    with_gap = history_of(
        ACME,
        [past(SEPTEMBER, state(ACME, invoice("1"))), gap, past(JULY, state(ACME, invoice("3")))],
    )
    assert with_gap.periods == (SEPTEMBER, JULY)
    assert [str(issuer) for issuer in with_gap.usual] == [A]


def test_a_period_in_which_it_was_never_read_says_nothing() -> None:
    unread = past(AUGUST, state(ACME, checked_at=None))
    assert ACME not in unread.payers


@pytest.mark.parametrize(
    "row",
    [
        {"Entity": {"InvoicingEntity": "AWS EMEA", "BillingEntity": "AWS"}},
        {"Entity": {"InvoicingEntity": AWS["InvoicingEntity"], "BillingEntity": "AWS_MARKETPLACE"}},
        {"BillType": "PURCHASE"},
        {"CommercialInvoiceId": "1"},
        {"BillSourceAccounts": [BOREAL]},
    ],
)
def test_another_entity_kind_or_source_is_another_invoice(row: dict[str, Any]) -> None:
    assert len(usual([invoice("1"), invoice("2", **row)], [invoice("3"), invoice("4", **row)])) == 2
    assert usual([invoice("1")], [invoice("2", **row)]) == []


@pytest.mark.parametrize(
    "row",
    [
        {"InvoiceType": "CREDIT_MEMO"},
        {"InvoiceType": "PAYMENT_RECEIPT"},
        {"Entity": None},
        {"Entity": {"BillingEntity": "AWS"}},
    ],
)
def test_what_is_no_invoice_or_names_no_entity_is_never_usual(row: dict[str, Any]) -> None:
    assert usual([invoice("1", **row)], [invoice("2", **row)], [invoice("3", **row)]) == []


def test_an_invoice_filed_under_a_receiver_is_usual_for_who_is_shown_it() -> None:
    def month(period: BillingPeriod, invoice_id: str) -> PastPeriod:
        of_receiver = replace(invoice(invoice_id, RECEIVER), seen_by=(ACME,))
        receiver = state(RECEIVER, of_receiver, checked_at=None)
        return past(period, state(ACME), receiver)

    months = [month(SEPTEMBER, "1"), month(AUGUST, "2")]
    (issuer,) = history_of(ACME, months).usual
    assert issuer.account_id == RECEIVER
    assert history_of(RECEIVER, months) == History()


def test_an_invoice_filed_under_a_payer_account_that_is_asked_is_that_ones_alone() -> None:
    shared = replace(invoice("1", BOREAL), seen_by=(ACME, BOREAL))
    months = [past(SEPTEMBER, state(ACME), state(BOREAL, shared))] * 2
    assert history_of(ACME, months).usual == ()


@pytest.mark.parametrize(
    ("days", "usual_day"),
    [
        ((4, 4, 4), 4),
        ((3, 9, 4), 4),
        ((3, 9), 9),
        ((3,), None),
        ((3, None, 5), 5),
        ((3, 45, 60), None),
        ((), None),
    ],
)
def test_the_usual_day_is_the_median_of_closes_in_their_month(
    days: tuple[int | None, ...], usual_day: int | None
) -> None:
    periods = (SEPTEMBER, AUGUST, JULY)
    months = []
    for period, day in zip(periods, days, strict=False):
        after = period.first_day_after
        when = None
        if day is not None:
            when = f"{after.fromordinal(after.toordinal() + day - 1)}T06:00:00Z"
        months.append(past(period, state(ACME, invoice("1"), settled_at=when)))
    assert history_of(ACME, months).usual_day == usual_day


def test_an_account_nobody_knows_has_no_history() -> None:
    assert history_of("999999999999", [past(SEPTEMBER, state(ACME))]) == History()


@pytest.mark.parametrize(
    ("word", "entity"),
    [
        ("AWS", "AWS"),
        ("AISPL", "AWS"),
        ("Amazon Web Services, Inc.", "AWS"),
        ("", "AWS"),
        ("AWS Marketplace", "AWS_MARKETPLACE"),
        ("AWS_MARKETPLACE", "AWS_MARKETPLACE"),
    ],
)
def test_two_services_words_for_a_billing_entity_become_one(word: str, entity: str) -> None:
    assert billing_entity_of(word) == entity


def test_an_issuer_reads_back_and_prints_what_a_person_looks_for() -> None:
    issuer = Issuer.of(ACME, invoice("1", BillSourceAccounts=[BOREAL]).summary)
    assert issuer
    assert Issuer.from_data(issuer.to_data()) == issuer
    assert str(issuer) == f"{A} of {BOREAL}"
