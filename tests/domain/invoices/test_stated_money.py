from decimal import Decimal
from typing import Any

import pytest

from lambdas.domain.invoices.stated_money import StatedMoney, stated_money, tax_money
from lambdas.domain.invoices.summary import InvoiceSummary
from tests.domain.examples import summary_row


def amount(
    total: str | None = "119.00",
    net: str | None = "100.00",
    tax: str | None = "19.00",
    *taxes: tuple[Any, Any],
    currency: Any = "EUR",
    rate: str | None = None,
) -> dict[str, Any]:
    listed = [{"Description": name, "Rate": per_cent} for name, per_cent in taxes]
    members = {
        "TotalAmount": total,
        "TotalAmountBeforeTax": net,
        "CurrencyCode": currency,
        "AmountBreakdown": {"Taxes": {"TotalAmount": tax, "Breakdown": listed}},
        "CurrencyExchangeDetails": {"Rate": rate} if rate else None,
    }
    return {name: value for name, value in members.items() if value is not None}


def of(member: dict[str, Any], **more: Any) -> StatedMoney | None:
    return stated_money(InvoiceSummary(summary_row(PaymentCurrencyAmount=member, **more)))


def parts(found: StatedMoney | None) -> tuple[str | None, ...]:
    assert found
    return tuple(None if one is None else f"{one:f}" for one in (found.net, found.tax, found.gross))


def test_net_tax_gross_and_rate_are_those_of_the_amount_that_is_paid() -> None:
    row = summary_row(
        BaseCurrencyAmount=amount("129.53", "108.85", "20.68", currency="USD"),
        PaymentCurrencyAmount=amount("119.00", "100.00", "19.00", ("VAT", "19"), rate="0.91870"),
    )
    assert stated_money(InvoiceSummary(row)) == StatedMoney(
        currency="EUR",
        net=Decimal(100),
        tax=Decimal(19),
        gross=Decimal(119),
        exchange_rate=Decimal("0.91870"),
        source_currency="",
        tax_name="VAT",
        tax_rate=Decimal(19),
    )
    without = {name: row[name] for name in row if name != "PaymentCurrencyAmount"}
    found = stated_money(InvoiceSummary(without))
    assert found
    assert (found.currency, found.gross) == ("USD", Decimal("129.53"))


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        (amount("119.00", None, "19.00"), ("100.00", "19.00", "119.00")),
        (amount("119.00", "100.00", None), ("100.00", "19.00", "119.00")),
        (amount("119.00", None, None), (None, None, "119.00")),
        (amount("119.00", "99.99", "19.00"), ("99.99", "19.00", "119.00")),
        (amount("119.00", "=1+1", "19.00"), ("100.00", "19.00", "119.00")),
    ],
)
def test_what_aws_states_stands_and_only_a_missing_part_is_the_difference(
    member: dict[str, Any], expected: tuple[str | None, ...]
) -> None:
    assert parts(of(member)) == expected


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_credit_memo_is_negative_in_net_tax_and_gross_whatever_its_sign(sign: str) -> None:
    found = of(amount(f"{sign}119.00", f"{sign}100.00", f"{sign}19.00"), InvoiceType="CREDIT_MEMO")
    assert parts(found) == ("-100.00", "-19.00", "-119.00")


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        (amount("-110.00", "100.00", None), ("-100.00", "-10.00", "-110.00")),
        (amount("-110.00", None, "10.00"), ("-100.00", "-10.00", "-110.00")),
        (amount("-110.00", "100.00", "10.00"), ("-100.00", "-10.00", "-110.00")),
        (amount("110.00", "-100.00", "-10.00"), ("-100.00", "-10.00", "-110.00")),
        (amount("110.00", "100.00", "-10.00"), ("-100.00", "-10.00", "-110.00")),
        (amount("-110.00", None, None), (None, None, "-110.00")),
        (amount("100.00", "100.00", "0.00"), ("-100.00", "0.00", "-100.00")),
    ],
)
def test_a_credit_memo_is_negative_whatever_the_sign_of_each_of_its_amounts(
    member: dict[str, Any], expected: tuple[str | None, ...]
) -> None:
    assert parts(of(member, InvoiceType="CREDIT_MEMO")) == expected


@pytest.mark.parametrize("member", [{}, amount("a lot"), amount(None), amount(currency=None)])
def test_a_row_without_a_readable_total_has_no_money(member: dict[str, Any]) -> None:
    assert of(member) is None


@pytest.mark.parametrize(
    ("taxes", "tax", "name", "rate"),
    [
        ((), "19.00", "", None),
        ((("VAT", "19"),), "19.00", "VAT", "19"),
        ((("VAT", "19.00%"),), "19.00", "VAT", "19.00"),
        ((("VAT", "nineteen"),), "19.00", "VAT", None),
        (((None, "19"),), "19.00", "", "19"),
        ((("CGST", "9"), ("SGST", "9")), "18.00", "CGST + SGST", "18"),
        ((("CGST", "9"), ("SGST", "9")), "18.01", "CGST + SGST", "18"),  # each was rounded
        ((("CGST", "9"), ("SGST", "9")), "18.02", "CGST + SGST", None),
        ((("VAT", "19"), ("VAT", "19")), "19.00", "VAT", "19"),  # of halves of net
        ((("VAT", "19"), ("VAT", "0")), "9.50", "VAT", None),
        ((("GST", "5"), ("QST", "9.975")), "14.98", "GST + QST", "14.975"),
        ((("GST", "5"), ("QST", None)), "14.98", "GST + QST", None),
        ((("GST", {}), (["QST"], 5)), "14.98", "GST", None),
    ],
)
def test_a_tax_rate_is_the_one_by_which_net_gives_the_tax(
    taxes: tuple[tuple[Any, Any], ...], tax: str, name: str, rate: str | None
) -> None:
    found = of(amount("119.00", "100.00", tax, *taxes))
    assert found
    assert (found.tax_name, found.tax_rate) == (name, None if rate is None else Decimal(rate))


@pytest.mark.parametrize(
    ("currency", "net", "tax", "rates"),
    [
        ("JPY", "20", "2", ("8", "10")),  # both 8 and 10 give 2
        ("JPY", "15", "2", ("10", "10")),
        ("JPY", "10", "0", ("8", "10")),
        ("JPY", "0", "0", ("8", "10")),
        ("USD", "0.10", "0.01", ("10", "10")),
    ],
)
def test_an_amount_of_which_several_rates_give_the_tax_has_none(
    currency: str, net: str, tax: str, rates: tuple[str, ...]
) -> None:
    gross = str(Decimal(net) + Decimal(tax))
    found = of(amount(gross, net, tax, *(("GST", rate) for rate in rates), currency=currency))
    assert found
    assert found.tax_rate is None


def test_the_rate_of_one_of_several_taxes_is_the_rate_if_it_alone_gives_the_tax() -> None:
    found = of(amount("1080", "1000", "80", ("CT", "8"), ("CT", "10"), currency="JPY"))
    assert found
    assert found.tax_rate == 8


@pytest.mark.parametrize(
    "breakdown", [None, "VAT", 7, {}, ["VAT", 7, None], {"Description": "VAT"}]
)
def test_taxes_in_another_form_are_none(breakdown: Any) -> None:
    member = amount()
    member["AmountBreakdown"]["Taxes"]["Breakdown"] = breakdown
    found = of(member)
    assert found
    assert (found.tax_name, found.tax_rate) == ("", None)


def test_a_tax_copy_has_the_amounts_of_its_paper_in_the_tax_currency() -> None:
    row = summary_row(
        CommercialInvoiceId="1", TaxCurrencyAmount=amount("119.00", currency="ILS", rate="3.64")
    )
    found = tax_money(InvoiceSummary(row))
    assert found
    assert (found.currency, found.gross, found.exchange_rate) == (
        "ILS",
        Decimal("119.00"),
        Decimal("3.64"),
    )
    assert tax_money(InvoiceSummary(summary_row())) is None


SMALL = f"0.{'9' * 60}"
LARGE = f"{'9' * 60}E60"


@pytest.mark.parametrize("net", ["9" * 60, SMALL, LARGE])
@pytest.mark.parametrize("tax", ["9" * 60, SMALL, LARGE])
@pytest.mark.parametrize("rates", [("9" * 60, SMALL), (SMALL, SMALL), (LARGE, SMALL)])
def test_no_amount_is_too_long_for_a_rate(net: str, tax: str, rates: tuple[str, ...]) -> None:
    found = of(amount(net, net, tax, *(("A", rate) for rate in rates)))
    assert found
    assert found.tax_rate is None
