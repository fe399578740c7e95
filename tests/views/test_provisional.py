from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lambdas.domain.findings import Finding, finding
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.judgement.manifests import PayerState
from lambdas.views.digest import PeriodDigest
from lambdas.views.provisional import open_currencies, provisional_in
from tests.domain.example_months import digest, due, month, payer_state
from tests.domain.examples import ACME, BOREAL, OCTOBER, outstanding, summary_row

ALL = {"EUR", "JPY", "USD"}


def missing(currency: str = "EUR", *more: Finding, **members: object) -> PayerState:
    amount = {"TotalAmount": "7", "CurrencyCode": currency}
    row = summary_row("2", **{"PaymentCurrencyAmount": amount} | members)
    gap = replace(outstanding("2"), summary=InvoiceSummary(row))
    return payer_state(
        invoices=(due("1", "5", "USD"),), outstanding=(gap,), findings=more, verdict="PARTIAL"
    )


def now(*payers: PayerState, in_progress: bool = False) -> PeriodDigest:
    manifest = month(*payers, verdict="ACTION_REQUIRED")
    return PeriodDigest.of(
        replace(manifest, last_day="2026-11-30" if in_progress else "2026-11-10")
    )


def found(one: PeriodDigest, other: PeriodDigest | None = None) -> set[str]:
    opened = open_currencies(one, other)
    return {currency for currency in ALL if currency in opened}


def test_a_listed_invoice_opens_its_own_currency() -> None:
    assert found(now(missing("EUR"))) == {"EUR"}


def test_a_row_whose_amount_cannot_be_read_may_be_of_any_currency_that_the_account_has() -> None:
    unread = missing("EUR", PaymentCurrencyAmount=None)
    september = digest(payer_state(invoices=(due("0", "5", "JPY"),)))
    assert found(now(unread), september) == {"USD", "JPY"}


@pytest.mark.parametrize("code", ["INVOICE_WITHOUT_ID", "ARCHIVE_DAMAGED", "ROWS_DIFFER"])
def test_a_gap_that_may_be_another_invoice_opens_what_the_account_usually_has(code: str) -> None:
    state = missing("EUR", finding(code, "somewhere", "Something."))
    september = digest(payer_state(invoices=(due("0", "5", "JPY"),)))
    assert found(now(state), september) == ALL


def test_a_missing_document_of_an_archived_invoice_opens_nothing() -> None:
    gap = finding("DOWNLOAD_FAILED", "1 TAX T-1", "No.")
    state = payer_state(invoices=(due("1", "5"),), findings=(gap,), verdict="PARTIAL")
    assert found(now(state)) == set()


def test_a_receipt_that_is_outstanding_opens_nothing() -> None:
    assert found(now(missing("EUR", InvoiceType="PAYMENT_RECEIPT"))) == set()


def test_an_account_without_known_currencies_may_get_any() -> None:
    assert found(now(payer_state(verdict="NO_ACCESS"))) == ALL


def test_damage_of_the_period_opens_all_of_every_account() -> None:
    damaged = finding("MANIFEST_DAMAGED", "periods/x", "It is gone.")
    manifest = month(
        payer_state(invoices=(due("1", "5"),)), verdict="ACTION_REQUIRED", findings=(damaged,)
    )
    one = PeriodDigest.of(manifest)
    assert found(one) == ALL
    assert "EUR" in open_currencies(one, None, ACME)


def test_who_was_there_the_month_before_may_still_come_until_the_deadline() -> None:
    september = digest(
        payer_state(), payer_state(BOREAL, "Boreal", invoices=(due("9", "5", "JPY"),))
    )
    assert found(now(missing("EUR"), in_progress=True), september) == {"EUR", "JPY", "USD"}
    assert found(now(missing("EUR")), september) == {"EUR"}


def test_a_month_before_that_is_not_whole_may_miss_what_this_month_has() -> None:
    september = digest(
        payer_state(invoices=(due("0", "5", "EUR"),), verdict="NO_ACCESS"),
        verdict="ACTION_REQUIRED",
    )
    october = digest(payer_state(invoices=(due("1", "5", "JPY"),)), period=OCTOBER)
    assert found(september, october) == {"EUR", "JPY"}


def test_the_deadline_of_an_unchanged_month_passes_all_the_same() -> None:
    one = now(missing("EUR"), in_progress=True)
    assert one.is_in_progress
    assert not one.read_as_of(datetime(2026, 12, 1, 6, tzinfo=UTC)).is_in_progress


def test_the_remark_of_a_period_names_the_currencies_unless_all_are_open() -> None:
    whole = payer_state(BOREAL, "Boreal", invoices=(due("9", "5", "JPY"),))
    said = "1 invoice is outstanding"
    assert provisional_in(now(missing("EUR"), whole)) == f"provisional in EUR: {said}"
    every = replace(missing("USD"), invoices=())
    assert provisional_in(now(every)) == f"provisional: {said}"
    assert provisional_in(digest(whole)) is None
    assert provisional_in(now(payer_state(verdict="NO_ACCESS"))) == "provisional"


def test_an_account_without_a_total_may_get_what_it_had_the_month_before() -> None:
    whole = payer_state(BOREAL, "Boreal", invoices=(due("9", "5", "EUR"),))
    denied = payer_state(verdict="NO_ACCESS")
    september = digest(payer_state(invoices=(due("0", "5", "JPY"),)), whole)
    assert provisional_in(now(denied, whole), september) == "provisional in JPY"
