"""Examples of whole months, which tests vary."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close.muted_remarks import NOTHING_MUTED, MutedRemarks
from lambdas.domain.close.owners import Owners
from lambdas.domain.evidence.archived_invoice import ArchivedInvoice, OutstandingInvoice
from lambdas.domain.evidence.records import ArchivedDocument
from lambdas.domain.findings import Finding
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.domain.runs.payer_register import Payer
from lambdas.domain.verdict_words import PayerVerdict, PeriodVerdict
from lambdas.views.digest import PeriodDigest
from lambdas.views.pages.period_page import period_page
from tests.domain.examples import ACME, OCTOBER, archived

SEPTEMBER = OCTOBER.shifted(-1)
OWNERS = Owners([Payer(ACME, "Acme", owner="Dana Whitlock", owner_email="dana@example.com")])
NO_OWNERS = Owners(())


def amount(total: str, currency: str = "EUR", **members: Any) -> dict[str, Any]:
    """One of the three amounts of a row."""
    return {"TotalAmount": total, "CurrencyCode": currency} | members


FULL_ROW: dict[str, Any] = {
    "DueDate": "2026-12-03T00:00:00Z",
    "Entity": {"InvoicingEntity": "Amazon Web Services EMEA SARL", "BillingEntity": "AWS"},
    "BillType": "ANNIVERSARY",
    "PurchaseOrderNumber": "0042",
    "BaseCurrencyAmount": amount("-120.50", "USD", TotalAmountBeforeTax="-101.26"),
    "TaxCurrencyAmount": amount(
        "-110.70",
        TotalAmountBeforeTax="-93.03",
        AmountBreakdown={
            "SubTotalAmount": "-98.03",
            "Discounts": {"TotalAmount": "5.00"},
            "Fees": {"TotalAmount": "0.00"},
            "Taxes": {"TotalAmount": "-17.67"},
        },
        CurrencyExchangeDetails={
            "SourceCurrencyCode": "USD",
            "TargetCurrencyCode": "EUR",
            "Rate": "0.91870",
        },
    ),
    "PaymentCurrencyAmount": amount("-110.70"),
    "ReceiverRole": "BUYER",
    "BillSourceAccounts": ["012345678901", "999988887777"],
    "TaxAuthorityStatus": "ISSUED",
    "EinvoiceDeliveryStatus": "DELIVERED",
    "OriginalInvoiceId": "2609000001",
}
"""Members of a row that has everything."""


def invoice(invoice_id: str = "2609293185", *more: ArchivedDocument, **members: Any) -> Any:
    """An archived invoice whose row has these members, with its document and more."""
    one = archived(invoice_id, **members)
    return replace(one, documents=(*one.documents, *more)) if more else one


def payer_state(
    account_id: str = ACME,
    name: str = "Acme",
    *,
    invoices: tuple[ArchivedInvoice, ...] = (),
    outstanding: tuple[OutstandingInvoice, ...] = (),
    findings: tuple[Finding, ...] = (),
    verdict: str = "COMPLETE",
    legal_entity: str = "Acme Ltd.",
) -> PayerState:
    """A payer account; what its invoices tell is among its findings."""
    told = [found for one in (*invoices, *outstanding) for found in one.findings]
    state = PayerState(
        account_id,
        name,
        legal_entity,
        "CHECKED",
        cast(PayerVerdict, verdict),
        "run-2",
        "2026-11-12T06:00:00Z",
        len(invoices) + len(outstanding),
        invoices,
        outstanding,
        (),
        tuple(sorted({*findings, *told})),
    )
    return replace(state, unarchived=len(state.missing_invoices))


def month(
    *payers: PayerState,
    verdict: PeriodVerdict = "COMPLETE",
    period: BillingPeriod = OCTOBER,
    findings: tuple[Finding, ...] = (),
    closed_at: str | None = None,
    sequence: int = 3,
) -> Manifest:
    return Manifest(
        "example-archive",
        period,
        sequence,
        "a" * 64,
        "run-2",
        "2026-11-12T06:00:00Z",
        verdict,
        closed_at,
        payers,
        findings,
    )


def page_of_month(
    manifest: Manifest,
    periods: Sequence[PeriodDigest] = (),
    *,
    owners: Owners = NO_OWNERS,
    muted: MutedRemarks = NOTHING_MUTED,
    payments: PaymentStatus | None = None,
) -> bytes:
    """The month's page of an archive in Ireland."""
    return period_page(
        manifest, periods, region="eu-west-1", owners=owners, muted=muted, payments=payments
    )


def digest(
    *payers: PayerState, verdict: PeriodVerdict = "COMPLETE", period: BillingPeriod = SEPTEMBER
) -> PeriodDigest:
    """What another period's views know of a period."""
    return PeriodDigest.of(month(*payers, verdict=verdict, period=period))


def due(invoice_id: str, total: str, currency: str = "USD", **members: Any) -> ArchivedInvoice:
    return archived(invoice_id, PaymentCurrencyAmount=amount(total, currency), **members)


def in_total(manifest: Manifest, currency: str) -> Decimal:
    """The manifest's own total of a currency."""
    totals = {row["currency"]: Decimal(row["amount"]) for row in manifest.to_data()["totals"]}
    return totals[currency]
