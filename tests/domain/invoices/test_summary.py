from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.invoices.summary import InvoiceSummary, row_changes
from lambdas.domain.money import EXACT, Amount, AmountNotRead, decimal_text
from tests.domain.examples import summary_row


def amount_of(total: Any, currency: str = "USD", **members: Any) -> Amount | None:
    money = {"TotalAmount": total, "CurrencyCode": currency}
    return InvoiceSummary(summary_row(PaymentCurrencyAmount=money, **members)).amount_due()


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("1234.56", "USD"),
        ("120000", "JPY"),
        ("12.345", "KWD"),
        ("0.00", "USD"),
        ("-7.10", "EUR"),
        ("0.1000000000000000055", "USD"),
        ("99999999999999999999.99", "IDR"),
        ("1234567890123456789012345678901234.56", "IDR"),
    ],
)
def test_an_amount_keeps_every_digit(text: str, currency: str) -> None:
    amount = amount_of(text, currency)
    assert amount == Amount(currency, Decimal(text))
    assert amount.to_data() == {"currency": currency, "amount": text}
    assert Amount.from_data(amount.to_data()) == amount


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("-0.00", "0.00"),
        ("-0", "0"),
        ("1E+3", "1000"),
        ("1E-3", "0.001"),
        ("-0.05", "-0.05"),
        ("5", "5"),
    ],
)
def test_decimal_text_has_no_exponent_and_no_negative_zero(value: str, text: str) -> None:
    assert decimal_text(Decimal(value)) == text


@example(Decimal("10000000000000000000000000.001"))
@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**15)))
def test_decimal_text_reads_back_as_the_same_number(value: Decimal) -> None:
    text = decimal_text(value)
    assert Decimal(text) == value
    assert "E" not in text
    assert text != "-0.000"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**15)))
def test_a_stored_amount_is_read_as_it_was_written(value: Decimal) -> None:
    amount = Amount("USD", value)
    assert Amount.from_data(amount.to_data()) == amount
    total = Amount("USD", EXACT.add(Decimal(10) ** 119, Decimal(10) ** -60))
    assert Amount.from_data(total.to_data()) == total


@pytest.mark.parametrize(
    "text", ["1E+999999999", "1E-9", "NaN", "9" * 5000, "", " 1", "1.", "\u0661", 5, True, None, []]
)
def test_what_the_archive_never_writes_of_an_amount_is_none(text: Any) -> None:
    with pytest.raises(AmountNotRead, match="is no amount as the archive stores them") as error:
        Amount.from_data({"currency": "USD", "amount": text})
    assert len(str(error.value)) < 100


@pytest.mark.parametrize(
    "text", ["n/a", "", "1,234.56", "NaN", "sNaN", "Infinity", "-Infinity", "USD 5", "--1"]
)
def test_what_is_no_finite_number_is_no_amount(text: str) -> None:
    with pytest.raises(AmountNotRead, match="not a decimal number") as error:
        amount_of(text)
    assert f"PaymentCurrencyAmount.TotalAmount is '{text}'" in str(error.value)


@pytest.mark.parametrize("text", ["1E+9999999", "-1E+999999", "1E-9999999"])
def test_an_amount_beyond_all_measure_stops_nothing(text: str) -> None:
    row = summary_row(PaymentCurrencyAmount={"TotalAmount": text, "CurrencyCode": "USD"})
    try:
        amount = InvoiceSummary(row).amount_due()
    except AmountNotRead:
        return
    assert amount is not None
    assert len(amount.to_data()["amount"]) < 1000


def test_the_base_currency_counts_where_no_payment_currency_is_given() -> None:
    row = summary_row(
        PaymentCurrencyAmount=None,
        BaseCurrencyAmount={"TotalAmount": "9.90", "CurrencyCode": "EUR"},
    )
    assert InvoiceSummary(row).amount_due() == Amount("EUR", Decimal("9.90"))


def test_the_payment_currency_goes_before_the_base_and_tax_currencies() -> None:
    row = summary_row(
        BaseCurrencyAmount={"TotalAmount": "1", "CurrencyCode": "USD"},
        TaxCurrencyAmount={"TotalAmount": "2", "CurrencyCode": "EUR"},
        PaymentCurrencyAmount={"TotalAmount": "3", "CurrencyCode": "JPY"},
    )
    assert InvoiceSummary(row).amount_due() == Amount("JPY", Decimal(3))


@pytest.mark.parametrize(
    "money",
    [None, {}, {"TotalAmount": "1"}, {"CurrencyCode": "USD"}, {"TotalAmount": None}],
)
def test_a_row_without_a_total_and_its_currency_is_not_zero(money: Any) -> None:
    with pytest.raises(AmountNotRead, match="no total with its currency"):
        InvoiceSummary(summary_row(PaymentCurrencyAmount=money)).amount_due()


@pytest.mark.parametrize("text", ["25.00", "-25.00"])
def test_a_credit_memo_counts_as_negative_whatever_its_sign(text: str) -> None:
    assert amount_of(text, InvoiceType="CREDIT_MEMO") == Amount("USD", Decimal("-25.00"))


def test_a_tax_document_and_a_payment_receipt_add_nothing_to_the_total() -> None:
    assert amount_of("100", CommercialInvoiceId="2609293185") is None
    assert amount_of("100", InvoiceType="PAYMENT_RECEIPT") is None
    assert amount_of("n/a", InvoiceType="PAYMENT_RECEIPT") is None


def test_the_period_is_the_rows_own_then_the_one_asked_for_then_the_month_before_issue() -> None:
    september, october = BillingPeriod(2026, 9), BillingPeriod(2026, 10)
    assert InvoiceSummary(summary_row()).billing_period(september) == october
    without = InvoiceSummary(summary_row(BillingPeriod=None))
    assert without.billing_period(september) == september
    assert without.billing_period(None) == october
    january = InvoiceSummary(summary_row(BillingPeriod=None, IssuedDate="2027-01-02T00:00:00Z"))
    assert january.billing_period(None) == BillingPeriod(2026, 12)
    assert (
        InvoiceSummary(summary_row(BillingPeriod=None, IssuedDate=None)).billing_period(None)
        is None
    )


def test_the_issued_date_is_a_utc_instant_or_unknown() -> None:
    assert InvoiceSummary(summary_row()).issued_at == datetime(2026, 11, 3, tzinfo=UTC)
    assert InvoiceSummary(summary_row()).day_at("IssuedDate") == date(2026, 11, 3)
    assert InvoiceSummary(summary_row(IssuedDate=None)).issued_at is None
    assert InvoiceSummary(summary_row(IssuedDate=None)).day_at("IssuedDate") is None


@pytest.mark.parametrize(
    "text", ["soon", "10000-01-01T00:00:00Z", "0001-01-01T00:00:00+05:00", "2026-11-03", 1762128000]
)
def test_a_day_that_is_none_is_unknown_and_reported(text: object) -> None:
    summary = InvoiceSummary(summary_row(IssuedDate=text, DueDate=text, BillingPeriod=None))
    assert (summary.issued_at, summary.day_at("DueDate")) == (None, None)
    assert summary.billing_period(None) is None
    assert list(summary.unknown_values()) == [f"IssuedDate={text}", f"DueDate={text}"]


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_day_of_years_without_bills_is_a_day_and_makes_no_billing_period(text: str) -> None:
    summary = InvoiceSummary(summary_row(IssuedDate=text, BillingPeriod=None))
    assert summary.day_at("IssuedDate") is not None
    assert summary.billing_period(None) is None
    assert summary.billing_period(BillingPeriod(2026, 10)) == BillingPeriod(2026, 10)
    assert list(summary.unknown_values()) == []


def test_an_empty_row_is_read_as_unknown_throughout() -> None:
    empty = InvoiceSummary({})
    assert (empty.invoice_id, empty.account_id, empty.invoice_type) == (None, None, None)
    assert empty.bill_source_accounts == ()
    assert not empty.is_cancelled
    assert list(empty.unknown_values()) == []


def test_every_value_that_the_service_model_does_not_name_is_reported() -> None:
    row = summary_row(
        InvoiceType="DEBIT_NOTE",
        BillType="ANNIVERSARY",
        TaxAuthorityStatus="PENDING",
        Entity={"InvoicingEntity": "Anybody, Inc.", "BillingEntity": "AWS_ISV"},
    )
    assert list(InvoiceSummary(row).unknown_values()) == [
        "InvoiceType=DEBIT_NOTE",
        "TaxAuthorityStatus=PENDING",
        "Entity.BillingEntity=AWS_ISV",
    ]


def test_the_fingerprint_does_not_depend_on_the_order_of_members_or_lists() -> None:
    one = summary_row(BillSourceAccounts=["1", "2"], TaxRates=[{"a": "1"}, {"b": "2"}])
    other = dict(reversed(one.items())) | {
        "BillSourceAccounts": ["2", "1"],
        "TaxRates": [{"b": "2"}, {"a": "1"}],
    }
    assert InvoiceSummary(one).fingerprint() == InvoiceSummary(other).fingerprint()
    assert row_changes(one, other) == []


@pytest.mark.parametrize(
    "members",
    [
        {"TaxAuthorityStatus": "CANCELLED"},
        {"DueDate": "2026-12-01T00:00:00Z"},
        {"PaymentCurrencyAmount": {"TotalAmount": "100.0", "CurrencyCode": "USD"}},
        {"InvoiceType": None},
        {"BillSourceAccounts": ["1", "1"]},
        {"BillSourceAccounts": []},
    ],
)
def test_any_other_word_of_aws_changes_the_fingerprint_and_is_reported(members: Any) -> None:
    before, after = summary_row(), summary_row(**members)
    assert InvoiceSummary(before).fingerprint() != InvoiceSummary(after).fingerprint()
    assert row_changes(before, after)


def test_changes_are_reported_with_the_members_path_and_both_values() -> None:
    before = summary_row(TaxAuthorityStatus="ISSUED")
    after = summary_row(
        TaxAuthorityStatus="CANCELLED",
        DueDate="2026-12-01",
        PaymentCurrencyAmount={"TotalAmount": "90.00", "CurrencyCode": "USD"},
    )
    assert row_changes(before, after) == [
        "DueDate: absent → 2026-12-01",
        "PaymentCurrencyAmount.TotalAmount: 100.00 → 90.00",
        "TaxAuthorityStatus: ISSUED → CANCELLED",
    ]
    assert "TaxAuthorityStatus: CANCELLED → ISSUED" in row_changes(after, before)
