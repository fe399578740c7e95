"""A close that leaves one closed and one open month behind, with every stored form in it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.handlers import enumerate_payer_accounts
from sandbox.invoicing.catalogue import CatalogueInvoice
from sandbox.invoicing.faults import Fault
from tests.handlers.conftest import ACME, BOREAL, World, charge, invoice, pdf, supplement, transfer

CERES, DELTA, EPSILON = "222233334444", "555566667777", "666677778888"
LAST_DAY = datetime(2026, 11, 16, 6, tzinfo=UTC)
"""A Monday: everybody has just been asked for everything."""
_ON = (
    "2026-10-05", "2026-10-07", "2026-10-12", "2026-10-19", "2026-10-26", "2026-11-02",
    "2026-11-05", "2026-11-09", "2026-11-12", "2026-11-13", "2026-11-16",
)  # fmt: skip
_MARKETPLACE = {
    "InvoicingEntity": "Amazon Web Services EMEA SARL",
    "BillingEntity": "AWS_MARKETPLACE",
}


def prepare(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings with which such an archive is deployed."""
    for name in ("COST_EXPLORER", "BILLING_TRANSFERS", "INVOICE_UNITS"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("LOOKBACK_PERIODS", "1")


def play(world: World) -> None:
    """Run the close of September, and that of October up to LAST_DAY."""
    enumerate_payer_accounts.REGISTER.write_text(
        "account_id,name,legal_entity,active_from\n"
        f"{ACME},Acme Cloud,Acme Inc.,2026-09\n"
        f"{BOREAL},Boreal Data,Boreal Oy,2026-09\n"
        f"{CERES},Ceres Farms,Acme Inc.,2026-09\n"
        f"{DELTA},Delta Idle,Acme Inc.,2026-09\n"
        f"{EPSILON},Epsilon Lab,Epsilon BV,2026-09\n"
    )
    world.catalogue.payers = {
        ACME: [*_september(), *_october()],
        BOREAL: [
            invoice(
                "B-9/ü",
                BOREAL,
                period="2026-09",
                issued="2026-10-03",
                amount="1250",
                currency="JPY",
            ),
        ],
        CERES: [],
        DELTA: [],
        EPSILON: [],
    }
    # Boreal's October invoice never comes; that of Epsilon does not either, and a person accepts it
    world.catalogue.charges = {
        BOREAL: [charge(BOREAL, amount="77.70")],
        EPSILON: [charge(EPSILON, amount="5.00")],
    }
    world.catalogue.moves = [transfer(CERES, ACME, datetime(2026, 1, 1, tzinfo=UTC))]
    for day in _ON:
        at = datetime.fromisoformat(f"{day}T06:00:00+00:00")
        _change_what_aws_says(world, day)
        given: dict[str, Any] = {"scheduled_time": at.isoformat()}
        world.run(given, at=at)
        if world.errors:
            raise world.errors[0]
        if day == "2026-11-13":
            world.run({"billing_period": "2026-10", "acknowledgements": [_accepted()]}, at=at)


def _september() -> Iterable[CatalogueInvoice]:
    period: dict[str, Any] = {"period": "2026-09", "issued": "2026-10-03"}
    yield invoice(
        "2609293185",
        supplements=(
            supplement("TX-1", b"<e-invoice/>"),
            supplement("TX-2", pdf("Late"), kind="SUPPLEMENT", ready_from=_at("2026-10-18")),
        ),
        **period,
    )
    yield invoice("EUINAE26-11", amount="40.50", currency="EUR", Entity=_MARKETPLACE, **period)
    yield invoice("SLOW-1", ready_from=_at("2026-10-06"), **period)
    yield invoice(
        "MEMO-1", amount="12.00", InvoiceType="CREDIT_MEMO", OriginalInvoiceId="1999", **period
    )
    yield invoice("TAX-1", CommercialInvoiceId="2609293185", **period)
    yield invoice("RCPT-1", InvoiceType="PAYMENT_RECEIPT", OriginalInvoiceId="2609293185", **period)
    yield invoice("SOURCE-1", BillSourceAccounts=[CERES], BillSourceAccountsTotalCount=1, **period)
    yield invoice("ODD-1", document=pdf("No number"), amount="NaN", **period)
    # after the close, in the window by issued date
    yield invoice("LATE-1", period="2026-09", issued="2026-10-18", visible_from=_at("2026-10-18"))
    yield invoice("GONE-1", **period)


def _october() -> Iterable[CatalogueInvoice]:
    period: dict[str, Any] = {"period": "2026-10", "issued": "2026-11-03"}
    yield invoice("2610293185", supplements=(supplement("TX-3", b"<e-invoice/>"),), **period)
    yield invoice("EUINAE26-12", amount="41.50", currency="EUR", Entity=_MARKETPLACE, **period)
    yield invoice("SOURCE-2", BillSourceAccounts=[CERES], BillSourceAccountsTotalCount=1, **period)


def _change_what_aws_says(world: World, day: str) -> None:
    if day == "2026-10-19":
        september = world.catalogue.payers[ACME]
        world.catalogue.payers[ACME] = [
            _cancelled(one) if one.invoice_id == "EUINAE26-11" else one
            for one in september
            if one.invoice_id != "GONE-1"
        ]
    world.emulator.faults.clear()
    if day == "2026-11-09":
        world.emulator.faults.add(
            Fault(DELTA, "AccessDeniedException", None, operation="ListInvoiceUnits")
        )


def _cancelled(one: CatalogueInvoice) -> CatalogueInvoice:
    return invoice(
        one.invoice_id,
        period="2026-09",
        issued="2026-10-03",
        amount="40.50",
        currency="EUR",
        document=pdf("Invoice Number: EUINAE26-11", "CANCELLED"),
        Entity=_MARKETPLACE,
        TaxAuthorityStatus="CANCELLED",
    )


def _accepted() -> dict[str, Any]:
    return {
        "payer_account_id": EPSILON,
        "reason": "A trial that AWS does not bill.",
        "by": "Dana Whitlock",
        "until": "2027-06-30",
    }


def _at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T00:00:00+00:00")
