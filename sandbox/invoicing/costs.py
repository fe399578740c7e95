"""The charges that Cost Explorer shows for an invoice."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.invoicing.catalogue import CatalogueInvoice, CostLine

CURRENCY = "USD"
BILLING_ENTITIES = {"AWS_MARKETPLACE": "AWS Marketplace"}
"""Cost Explorer's word for a billing entity of Invoicing, where the two differ."""


def costs_of(
    invoices: Iterable[CatalogueInvoice], payer: str, start: date, end: date
) -> list[CostLine]:
    """The charges of all invoices whose billing period overlaps the days from `start` to `end`."""
    lines: list[CostLine] = []
    months = {(day.year, day.month) for day in _firsts_of_months(start, end)}
    for invoice in invoices:
        period = invoice.summary.get("BillingPeriod", {})
        if (period.get("Year"), period.get("Month")) not in months:
            continue
        if invoice.costs is None:
            lines += lines_of_row(invoice.summary, payer)
        else:
            lines += invoice.costs() if callable(invoice.costs) else invoice.costs
    return lines


def lines_of_row(row: Mapping[str, Any], payer: str) -> Sequence[CostLine]:
    """Charges of a row: usage, discounts and taxes, on the first day of its billing period or, for
    a single purchase or refund, on the day of issue.

    Empty for a payment receipt, for a tax office's copy of another invoice, for the bill of another
    organization (which its own Cost Explorer shows), and for a row without USD amounts.
    """
    amount = _in_dollars(row)
    is_no_charge = row.get("InvoiceType") == "PAYMENT_RECEIPT" or "CommercialInvoiceId" in row
    if amount is None or is_no_charge or row.get("BillSourceAccounts"):
        return ()
    entity = row.get("Entity", {})
    billing_entity = entity.get("BillingEntity", "AWS")
    seller = entity.get("InvoicingEntity", "Amazon Web Services, Inc.")
    period = row["BillingPeriod"]
    day = date(period["Year"], period["Month"], 1)
    if row.get("InvoiceFrequency") == "ONE_TIME" and "IssuedDate" in row:
        day = max(day, row["IssuedDate"].date())
    breakdown = amount.get("AmountBreakdown", {})
    taxes, discounts = (
        Decimal(breakdown.get(name, {}).get("TotalAmount", 0)) for name in ("Taxes", "Discounts")
    )
    is_refund = row.get("InvoiceType") == "CREDIT_MEMO"
    parts = (
        ("Refund" if is_refund else "Usage", Decimal(amount["TotalAmount"]) - taxes - discounts),
        ("Enterprise Discount Program Discount", discounts),
        ("Tax", taxes),
    )
    return [
        CostLine(
            amount=value,
            first_day=day,
            linked_account_id=row.get("AccountId", payer),
            service="Tax" if record_type == "Tax" else "Amazon Elastic Compute Cloud - Compute",
            record_type=record_type,
            billing_entity=BILLING_ENTITIES.get(billing_entity, billing_entity),
            legal_entity=seller,
            invoicing_entity=seller,
        )
        for record_type, value in parts
        if value
    ]


def _in_dollars(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for name in ("BaseCurrencyAmount", "PaymentCurrencyAmount", "TaxCurrencyAmount"):
        amount: Mapping[str, Any] = row.get(name, {})
        if amount.get("CurrencyCode") == CURRENCY and "TotalAmount" in amount:
            return amount
    return None


def _firsts_of_months(start: date, end: date) -> Iterator[date]:
    """The first day of each month that has a day from `start` to `end` (exclusive)."""
    first = start.replace(day=1)
    while first < end:
        yield first
        first = date(first.year + first.month // 12, first.month % 12 + 1, 1)
