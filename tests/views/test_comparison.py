from dataclasses import astuple
from decimal import Decimal

from lambdas.domain.findings import KINDS, finding
from lambdas.views.comparison import CHANGE_CODES, archive_changes, difference, since_period_before
from tests.domain.example_months import digest, due, month, payer_state
from tests.domain.examples import ACME, BOREAL, OCTOBER

CARDINAL = "999900001111"


def test_totals_are_compared_payer_by_payer_and_currency_by_currency() -> None:
    before = digest(payer_state(invoices=(due("1", "10.00"), due("2", "7", "JPY"))))
    now = digest(
        payer_state(invoices=(due("3", "12.50"), due("4", "7", "JPY"), due("5", "1.00", "EUR"))),
        period=OCTOBER,
    )
    changes = [astuple(change)[5:8] for change in since_period_before(before, now)]
    assert changes == [("EUR", None, Decimal("1.00")), ("USD", Decimal("10.00"), Decimal("12.50"))]


def test_payer_accounts_that_came_or_went_are_reported_with_their_totals() -> None:
    before = digest(payer_state(ACME, "Acme", invoices=(due("1", "10.00"),)), payer_state(CARDINAL))
    now = digest(payer_state(BOREAL, "Boreal", invoices=(due("2", "5.00"),)), period=OCTOBER)
    told_changes = {
        change.payer_account_id: (change.code, change.currency, change.before, change.now)
        for change in since_period_before(before, now)
    }
    assert told_changes == {
        ACME: ("PAYER_GONE", "USD", Decimal("10.00"), None),
        BOREAL: ("PAYER_NEW", "USD", None, Decimal("5.00")),
        CARDINAL: ("PAYER_GONE", "", None, None),
    }


def test_what_is_equal_is_no_change() -> None:
    one = digest(payer_state(invoices=(due("1", "10.00"),)))
    assert list(since_period_before(one, one)) == []


def test_a_difference_is_exact_and_nothing_counts_as_zero() -> None:
    assert difference(Decimal("0.1"), Decimal("0.3")) == Decimal("0.2")
    assert difference(None, Decimal("-5")) == Decimal(-5)
    assert difference(Decimal("1e25"), Decimal("1e25") + Decimal("0.01")) == Decimal("0.01")
    (change,) = since_period_before(
        digest(payer_state(invoices=(due("1", "10.00"),))), digest(payer_state(), period=OCTOBER)
    )
    assert change.difference == Decimal("-10.00")


def test_what_happened_to_archived_invoices_is_reported_from_the_findings() -> None:
    findings = (
        finding("INVOICE_CHANGED", "1", "DueDate: a → b"),
        finding("PDF_ENCRYPTED", "invoices/x.pdf", "Encrypted."),
        finding("LATE_INVOICE", "2", "Late."),
    )
    changes = list(archive_changes(month(payer_state(findings=findings))))
    assert [(change.code, change.subject) for change in changes] == [
        ("INVOICE_CHANGED", "1"),
        ("LATE_INVOICE", "2"),
    ]
    assert all(change.next_step and change.difference is None for change in changes)


def test_every_code_that_shows_a_change_is_a_finding() -> None:
    assert set(CHANGE_CODES) <= KINDS.keys()
