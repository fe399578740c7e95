from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.invoices.row_arithmetic import contradictions
from lambdas.domain.money import Amount, is_money, smallest_unit
from sandbox.organization.invoices import Organization
from sandbox.organization.payers import MADE_UP_PAYERS
from tests.domain.examples import AFTER_DEADLINE, record


def amount(
    total: str,
    currency: str = "USD",
    subtotal: str | None = None,
    before_tax: str | None = None,
    **parts: str,
) -> dict[str, Any]:
    """A currency's amounts; parts are `discounts`, `fees` and `taxes`."""
    breakdown: dict[str, Any] = {
        name.capitalize(): {"TotalAmount": text} for name, text in parts.items()
    }
    if subtotal is not None:
        breakdown["SubTotalAmount"] = subtotal
    found: dict[str, Any] = {"TotalAmount": total, "CurrencyCode": currency}
    if before_tax is not None:
        found["TotalAmountBeforeTax"] = before_tax
    return found | ({"AmountBreakdown": breakdown} if breakdown else {})


def told(**members: Any) -> list[str]:
    return list(contradictions(members))


@pytest.mark.parametrize(
    ("currency", "unit"),
    [("USD", "0.01"), ("JPY", "1"), ("KWD", "0.001"), ("BRL", "0.01"), ("none", "0.01")],
)
def test_the_smallest_unit_of_a_currency(currency: str, unit: str) -> None:
    assert smallest_unit(currency) == Decimal(unit)


@pytest.mark.parametrize(
    ("value", "currency", "is_any"),
    [
        ("0.005", "USD", True),
        ("-0.005", "USD", True),
        ("0.0049", "USD", False),
        ("0.49", "JPY", False),
        ("0.0005", "KWD", True),
        ("0", "USD", False),
    ],
)
def test_less_than_half_a_unit_is_no_money(value: str, currency: str, is_any: bool) -> None:
    assert is_money(Amount(currency, Decimal(value))) is is_any


@pytest.mark.parametrize(
    "row_amount",
    [
        amount("119.00", subtotal="100.00", taxes="19.00"),
        amount("114.00", subtotal="100.00", discounts="5.00", taxes="19.00"),
        amount("114.00", subtotal="100.00", discounts="-5.00", taxes="19.00"),
        amount("102.50", subtotal="100.00", fees="2.50"),
        amount("119.00", before_tax="100.00", taxes="19.00"),
        amount("0.00", subtotal="0", taxes="-0.00"),
        amount("-119.00", subtotal="-100.00", taxes="-19.00"),
        # each number was rounded by itself: half a unit for each of three
        amount("119.01", subtotal="100.00", taxes="19.00"),
        amount("1100", "JPY", subtotal="1001", taxes="100"),
        amount("1.100", "KWD", subtotal="1.001", taxes="0.100"),
        # what is not told is not guessed
        amount("119.00"),
        amount("119.00", before_tax="1.00"),
        amount("119.00", taxes="1.00"),
        {"CurrencyCode": "USD", "AmountBreakdown": {"SubTotalAmount": "1"}},
    ],
)
def test_what_adds_up_or_cannot_be_added_is_not_reported(row_amount: dict[str, Any]) -> None:
    assert told(PaymentCurrencyAmount=row_amount) == []


@pytest.mark.parametrize(
    ("row_amount", "sentence"),
    [
        (
            amount("119.02", subtotal="100.00", taxes="19.00"),
            "PaymentCurrencyAmount has subtotal 100.00, taxes 19.00 and total 119.02",
        ),
        (
            amount("1098", "JPY", subtotal="1000", taxes="100"),
            "PaymentCurrencyAmount has subtotal 1000, taxes 100 and total 1098",
        ),
        (
            amount("1.098", "KWD", subtotal="1.000", taxes="0.100"),
            "PaymentCurrencyAmount has subtotal 1.000, taxes 0.100 and total 1.098",
        ),
        (
            amount("100.00", subtotal="100.00", discounts="5.00"),
            "PaymentCurrencyAmount has subtotal 100.00, discounts 5.00 and total 100.00",
        ),
        (
            amount("100.00", before_tax="100.00", taxes="19.00"),
            "PaymentCurrencyAmount has 100.00 before tax, taxes 19.00 and total 100.00",
        ),
        (
            amount("100.00", subtotal="1.234,56"),
            "PaymentCurrencyAmount, subtotal is '1.234,56', not a decimal number",
        ),
    ],
)
def test_what_does_not_add_up_is_reported_with_its_numbers(
    row_amount: dict[str, Any], sentence: str
) -> None:
    assert told(PaymentCurrencyAmount=row_amount) == [sentence]


def test_each_currency_of_a_row_is_added_up_by_itself() -> None:
    wrong = amount("2", subtotal="1")
    assert told(BaseCurrencyAmount=wrong, TaxCurrencyAmount=amount("1", subtotal="1")) == [
        "BaseCurrencyAmount has subtotal 1 and total 2"
    ]
    assert len(told(BaseCurrencyAmount=wrong, PaymentCurrencyAmount=wrong)) == 2


@given(
    st.decimals(-(10**12), 10**12, places=2),
    st.decimals(0, 10**6, places=2),
    st.decimals(0, 10**6, places=2),
    st.booleans(),
)
def test_what_was_added_up_exactly_always_adds_up(
    subtotal: Decimal, discount: Decimal, tax: Decimal, negative: bool
) -> None:
    shown = -discount if negative else discount
    total = subtotal - discount + tax
    one = amount(f"{total}", subtotal=f"{subtotal}", discounts=f"{shown}", taxes=f"{tax}")
    assert told(BaseCurrencyAmount=one) == []


def test_every_row_of_the_made_up_organization_adds_up() -> None:
    names = {payer.account_id: payer.name for payer in MADE_UP_PAYERS}
    organization = Organization(names)
    rows = [
        invoice.summary
        for account_id in names
        for invoice in organization.invoices(account_id, AFTER_DEADLINE).values()
    ]
    assert len(rows) > 1000
    assert [list(contradictions(row)) for row in rows if list(contradictions(row))] == []


def test_a_record_shows_what_does_not_add_up_as_a_warning() -> None:
    one = record("1", PaymentCurrencyAmount=amount("2.00", subtotal="1.00"))
    (found,) = one.findings()
    assert (found.code, found.severity, found.subject) == ("AMOUNTS_DO_NOT_ADD_UP", "warning", "1")
    assert "subtotal 1.00 and total 2.00" in found.detail
