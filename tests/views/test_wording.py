from datetime import date
from decimal import Decimal
from typing import get_args

import pytest

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.day_names import day_name, instant_name, month_name, period_name
from lambdas.domain.findings import KINDS
from lambdas.domain.money_text import money, money_change, rounded_money
from lambdas.domain.verdict_words import PayerVerdict, PeriodVerdict
from lambdas.views.wording import PAYER_VERDICTS, PERIOD_VERDICTS, code_name, verdict_name


def test_every_verdict_has_its_words() -> None:
    assert set(PAYER_VERDICTS) == set(get_args(PayerVerdict))
    assert set(PERIOD_VERDICTS) == set(get_args(PeriodVerdict))


def test_a_verdict_that_is_not_known_here_is_its_own_word() -> None:
    assert verdict_name("PARTIAL") == "Partial"
    assert verdict_name("ACTION_REQUIRED") == "Action required"
    assert verdict_name("ON_HOLD") == "On hold"


def test_codes_are_read_as_words_and_stay_apart() -> None:
    assert code_name("PDF_NOT_READY") == "PDF not ready"
    assert code_name("NO_DOCUMENT_URL") == "No document URL"
    assert code_name("INVOICE_WITHOUT_ID") == "Invoice without ID"
    assert len({code_name(code) for code in KINDS}) == len(KINDS)


def test_days_and_periods_are_read_alike_in_every_country() -> None:
    assert day_name(date(2026, 3, 4)) == "4 March 2026"
    assert period_name(BillingPeriod(2026, 10)) == "October 2026"
    assert month_name(BillingPeriod(2026, 1)) == "January"
    assert instant_name("2026-11-12T06:00:00+02:00") == "12 November 2026, 04:00 UTC"


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("1234567.80", "USD", "1,234,567.80"),
        ("244460", "JPY", "244,460"),
        ("244460", "USD", "244,460.00"),
        ("12.5", "KWD", "12.500"),
        ("9887.094", "USD", "9,887.094"),
        ("0.5", "JPY", "0.5"),
        ("-0.00", "USD", "0.00"),
        ("-1234.5", "EUR", "\N{MINUS SIGN}1,234.50"),
        ("1E+3", "JPY", "1,000"),
        ("10000000000000000000000000000.01", "USD", "10,000,000,000,000,000,000,000,000,000.01"),
        ("1E+60", "USD", "1" + 20 * ",000" + ".00"),
    ],
)
def test_money_has_all_its_decimals_and_at_least_its_currencys(
    value: str, currency: str, text: str
) -> None:
    assert money(Decimal(value), currency) == text


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("100.0049", "USD", "100.00"),
        ("100.005", "USD", "100.01"),
        ("-0.5", "JPY", "\N{MINUS SIGN}1"),
        ("-0.001", "USD", "0.00"),
        ("7.12345", "KWD", "7.123"),
    ],
)
def test_what_nobody_pays_to_the_last_digit_is_rounded(
    value: str, currency: str, text: str
) -> None:
    assert rounded_money(Decimal(value), currency) == text


def test_a_change_of_money_shows_its_sign() -> None:
    assert money_change(Decimal("5.00"), "USD") == "+5.00"
    assert money_change(Decimal("-5"), "USD") == "\N{MINUS SIGN}5.00"
    assert money_change(Decimal("0.00"), "USD") == "no change"
