"""A bill: the common source of an invoice summary, its paper and Cost Explorer, so that they never
disagree.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from sandbox.organization.payers import MadeUpPayer
from sandbox.organization.sellers import Seller, Tax

BASE_CURRENCY = "USD"
_UNITS = {"JPY": Decimal(1), "KWD": Decimal("0.001")}
_PERCENT = Decimal(100)


@dataclass(frozen=True)
class Charge:
    """One line; `amount` is in the base currency before discount and tax. `record_type` is Cost
    Explorer's word for it.
    """

    description: str
    amount: Decimal
    record_type: str = "Usage"


@dataclass(frozen=True)
class Money:
    """A bill's amounts in one currency, rounded to the currency's unit and exactly additive."""

    currency: str
    subtotal: Decimal
    discount: Decimal
    taxes: tuple[tuple[Tax, Decimal], ...]

    @property
    def tax(self) -> Decimal:
        return sum((amount for _, amount in self.taxes), Decimal(0))

    @property
    def before_tax(self) -> Decimal:
        return self.subtotal + self.discount

    @property
    def total(self) -> Decimal:
        return self.before_tax + self.tax


@dataclass(frozen=True, kw_only=True)
class Bill:
    """One invoice. `exchange_rate` turns the base currency into the seller's; `printed_number` is
    the number on the paper; `source_account` is the account billed under a billing transfer.
    `vendor` sells the purchases on the Marketplace. `usage_day` is the only day of usage (None:
    the whole period), and one that `is_late` was metered late.
    """

    payer: MadeUpPayer
    seller: Seller
    invoice_id: str
    printed_number: str
    period: BillingPeriod
    issued: datetime
    charges: tuple[Charge, ...]
    exchange_rate: Decimal
    invoice_type: str = "INVOICE"
    bill_type: str = "ANNIVERSARY"
    frequency: str = "RECURRING"
    billing_entity: str = "AWS"
    original_invoice_id: str = ""
    commercial_invoice_id: str = ""
    purchase_order: str = ""
    source_account: str = ""
    vendor: str = ""
    usage_day: date | None = None
    is_late: bool = False

    @property
    def due(self) -> datetime:
        # An American customer pays by card on the day of issue, elsewhere invoices run for thirty
        # days.
        days = 0 if self.seller.currency == BASE_CURRENCY else 30
        return datetime.combine(self.issued.date(), datetime.min.time(), UTC) + timedelta(days=days)

    @property
    def discount(self) -> Decimal:
        """Discount in percent; the agreement with AWS does not cover Marketplace software."""
        return self.payer.discount if self.billing_entity == "AWS" else Decimal(0)

    @cached_property
    def base(self) -> Money:
        return self._money(BASE_CURRENCY, Decimal(1))

    @cached_property
    def local(self) -> Money:
        return self._money(self.seller.currency, self.exchange_rate)

    def summary(self) -> Mapping[str, Any]:
        """The row of ListInvoiceSummaries in boto3's form. The copy for the tax office has no
        payment amount.
        """
        row: dict[str, Any] = {
            "AccountId": self.payer.account_id,
            "InvoiceId": self.invoice_id,
            "IssuedDate": self.issued,
            "DueDate": self.due,
            "Entity": {"InvoicingEntity": self.seller.name, "BillingEntity": self.billing_entity},
            "BillingPeriod": {"Month": self.period.month, "Year": self.period.year},
            "InvoiceFrequency": self.frequency,
            "BillType": self.bill_type,
            "InvoiceType": self.invoice_type,
            "BaseCurrencyAmount": self._amount(self.base),
            "TaxCurrencyAmount": self._amount(self.local),
        }
        if not self.commercial_invoice_id:
            row["PaymentCurrencyAmount"] = self._amount(self.local)
        if self.source_account:
            row |= {"BillSourceAccounts": [self.source_account], "BillSourceAccountsTotalCount": 1}
        if self.seller.reports:
            row |= {"EinvoiceDeliveryStatus": "DELIVERED", "TaxAuthorityStatus": "ISSUED"}
        for name, value in (
            ("OriginalInvoiceId", self.original_invoice_id),
            ("CommercialInvoiceId", self.commercial_invoice_id),
            ("PurchaseOrderNumber", self.purchase_order),
        ):
            if value:
                row[name] = value
        return row

    def _money(self, currency: str, rate: Decimal) -> Money:
        subtotal = rounded(
            sum((charge.amount for charge in self.charges), Decimal(0)) * rate, currency
        )
        discount = -rounded(subtotal * self.discount / _PERCENT, currency)
        before_tax = subtotal + discount
        taxes = tuple(
            (tax, rounded(before_tax * tax.rate / _PERCENT, currency)) for tax in self.payer.taxes
        )
        return Money(currency, subtotal, discount, taxes)

    def _amount(self, money: Money) -> dict[str, Any]:
        breakdown: dict[str, Any] = {"SubTotalAmount": f"{money.subtotal:f}"}
        if money.discount:
            discount = {
                "Description": "Enterprise Discount Program",
                "Amount": f"{money.discount:f}",
                "Rate": f"{self.discount}",
            }
            breakdown["Discounts"] = {"Breakdown": [discount], "TotalAmount": f"{money.discount:f}"}
        breakdown["Taxes"] = {
            "Breakdown": [
                {"Description": tax.name, "Amount": f"{amount:f}", "Rate": f"{tax.rate}"}
                for tax, amount in money.taxes
            ],
            "TotalAmount": f"{money.tax:f}",
        }
        amount: dict[str, Any] = {
            "TotalAmount": f"{money.total:f}",
            "TotalAmountBeforeTax": f"{money.before_tax:f}",
            "CurrencyCode": money.currency,
            "AmountBreakdown": breakdown,
        }
        if money.currency != BASE_CURRENCY:
            amount["CurrencyExchangeDetails"] = {
                "SourceCurrencyCode": BASE_CURRENCY,
                "TargetCurrencyCode": money.currency,
                "Rate": f"{self.exchange_rate}",
            }
        return amount


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount in whole units of its currency, half away from zero; never a negative zero."""
    return amount.quantize(_UNITS.get(currency, Decimal("0.01")), ROUND_HALF_UP) + 0
