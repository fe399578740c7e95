"""The made-up organization as its other witnesses tell it, and its periods that are not routine."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.domain.billing_period import BillingPeriod
from sandbox.invoicing import CatalogueInvoice, InvoicingEmulator
from sandbox.organization import MADE_UP_PAYERS, Organization
from sandbox.organization.stories import (
    CLOSES_IN_TIME,
    CONTRADICTED,
    EVERY_VERDICT,
    OWED,
    STAYS_OPEN,
)
from tests.sandbox.invoicing_calls import client

pytestmark = pytest.mark.usefixtures("loopback")

REGISTER = {payer.account_id: payer.name for payer in MADE_UP_PAYERS}
BRIGHTWATER, KESSLER, MINATO, SARVODAYA, POLDERHAVEN, THORNBURY = (
    "020417736915",
    "236481957204",
    "357902468813",
    "528491730066",
    "693174820559",
    "817263540912",
)
STRAITS, LANTERN, KAMPONG, AL_MARFA, FERNHOLLOW = (
    "142857306914",
    "915037284461",
    "934820175563",
    "660219384750",
    "771930284615",
)
COTE, WATTLEBIRD, ORCHARD, VEREINIGUNG = (
    "284650917332",
    "509174628830",
    "318406957221",
    "430718265994",
)
ROUTINE = BillingPeriod(2026, 10)
CENTS = Decimal("0.05")


@cache
def organization() -> Organization:
    return Organization(REGISTER)


@pytest.fixture
def emulator() -> Iterator[InvoicingEmulator]:
    with InvoicingEmulator(organization()) as running:
        yield running


def instant(period: BillingPeriod, day: int, hour: int = 6) -> datetime:
    """An instant of the month after the period."""
    first = period.first_day_after
    return datetime(first.year, first.month, day, hour, tzinfo=UTC)


def invoices(payer: str, period: BillingPeriod) -> list[CatalogueInvoice]:
    everything = organization().invoices(payer, instant(period, 28)).values()
    wanted = {"Year": period.year, "Month": period.month}
    return [one for one in everything if one.summary["BillingPeriod"] == wanted]


def charges(
    emulator: InvoicingEmulator, payer: str, period: BillingPeriod, *keys: str
) -> dict[tuple[str, ...], Decimal]:
    """What Cost Explorer says of the month, grouped by up to two dimensions."""
    answer = client(emulator, payer, service="ce").get_cost_and_usage(
        TimePeriod={
            "Start": period.first_day.isoformat(),
            "End": period.first_day_after.isoformat(),
        },
        Granularity="MONTHLY",
        Metrics=["UnblendedCost"],
        GroupBy=[{"Type": "DIMENSION", "Key": key} for key in keys],
    )
    assert "NextPageToken" not in answer
    return {
        tuple(group["Keys"]): Decimal(group["Metrics"]["UnblendedCost"]["Amount"])
        for result in answer["ResultsByTime"]
        for group in result["Groups"]
    }


def billed(payer: str, period: BillingPeriod) -> Mapping[str, Decimal]:
    """USD by billing entity, as Cost Explorer calls them, of all that is billed to the payer for
    its own organization.
    """
    sums: dict[str, Decimal] = {}
    for invoice in invoices(payer, period):
        row = invoice.summary
        if row["InvoiceType"] == "PAYMENT_RECEIPT" or "CommercialInvoiceId" in row:
            continue
        if "BillSourceAccounts" not in row:
            name = row["Entity"]["BillingEntity"].replace("_MARKETPLACE", " Marketplace")
            amount = Decimal(row["BaseCurrencyAmount"]["TotalAmount"])
            sums[name] = sums.get(name, Decimal(0)) + amount
    return sums


# Cost Explorer


@pytest.mark.parametrize("period", [ROUTINE, BillingPeriod(2026, 2), STAYS_OPEN])
def test_cost_explorer_shows_what_the_invoices_bill_up_to_fractions_of_a_cent_a_service(
    emulator: InvoicingEmulator, period: BillingPeriod
) -> None:
    emulator.now = instant(period, 28)
    for payer in REGISTER.keys() - {LANTERN}:
        found = charges(emulator, payer, period, "BILLING_ENTITY")
        expected = billed(payer, period)
        assert found.keys() == {(name,) for name in expected}
        for name, amount in expected.items():
            assert abs(found[name,] - amount) < CENTS, (payer, name)


def test_it_is_not_the_same_to_the_cent_and_has_fractions(emulator: InvoicingEmulator) -> None:
    emulator.now = instant(ROUTINE, 28)
    found = charges(emulator, KESSLER, ROUTINE, "SERVICE")
    amounts = [amount for (name,), amount in found.items() if name != "Tax"]
    assert any(amount != amount.quantize(Decimal("0.01")) for amount in amounts)


def test_charges_arise_in_accounts_of_the_payer_and_those_of_a_unit_in_the_units(
    emulator: InvoicingEmulator,
) -> None:
    emulator.now = instant(ROUTINE, 28)
    for payer in REGISTER.keys() - {FERNHOLLOW, KAMPONG}:
        found = charges(emulator, payer, ROUTINE, "LINKED_ACCOUNT")
        known = {payer, *organization().linked_accounts(payer)}
        assert {name for (name,) in found} <= known, payer
    (unit,) = organization().invoice_units(COTE)
    found = charges(emulator, COTE, ROUTINE, "LINKED_ACCOUNT")
    of_unit = sum(found.get((account,), Decimal(0)) for account in unit.linked_accounts)
    (invoice,) = [
        one for one in invoices(COTE, ROUTINE) if one.summary["AccountId"] == unit.receiver
    ]
    total = Decimal(invoice.summary["BaseCurrencyAmount"]["TotalAmount"])
    assert abs(of_unit - total) < CENTS


def test_it_tells_taxes_credits_refunds_discounts_support_and_upfront_fees_apart(
    emulator: InvoicingEmulator,
) -> None:
    emulator.now = instant(ROUTINE, 28)
    kinds: dict[str, set[int]] = {}
    for payer in REGISTER:
        for (kind,), amount in charges(emulator, payer, ROUTINE, "RECORD_TYPE").items():
            kinds.setdefault(kind, set()).add(1 if amount > 0 else -1)
    assert kinds == {
        "Usage": {1},
        "Tax": {1},
        "Support": {1},
        "SavingsPlanUpfrontFee": {1},
        "Credit": {-1},
        "Refund": {-1},
        "Enterprise Discount Program Discount": {-1},
    }
    entities = charges(emulator, THORNBURY, ROUTINE, "BILLING_ENTITY", "LEGAL_ENTITY_NAME")
    sellers = dict(entities.keys())
    assert sellers["AWS"] == "Amazon Web Services EMEA SARL, UK Branch"
    assert "Amazon" not in sellers["AWS Marketplace"]


def test_charges_grow_through_the_month_and_taxes_follow_it(emulator: InvoicingEmulator) -> None:
    days = [datetime(2026, 10, 2, tzinfo=UTC) + timedelta(days=number) for number in range(30)]
    sums = []
    for now in days:
        emulator.now = now
        found = charges(emulator, KESSLER, ROUTINE, "RECORD_TYPE")
        assert ("Tax",) not in found
        sums.append(sum(found.values()))
    assert sums == sorted(set(sums))
    emulator.now = instant(ROUTINE, 3)
    assert charges(emulator, KESSLER, ROUTINE, "RECORD_TYPE")["Tax",] > 0


def test_usage_that_was_metered_late_is_known_when_it_is_billed(
    emulator: InvoicingEmulator,
) -> None:
    (late,) = [one for one in invoices(KESSLER, ROUTINE) if one.summary["IssuedDate"].day == 18]
    emulator.now = instant(ROUTINE, 17)
    before = charges(emulator, KESSLER, ROUTINE, "BILLING_ENTITY")["AWS",]
    emulator.now = instant(ROUTINE, 19)
    after = charges(emulator, KESSLER, ROUTINE, "BILLING_ENTITY")["AWS",]
    total = Decimal(late.summary["BaseCurrencyAmount"]["TotalAmount"])
    assert abs(after - before - total) < CENTS


def test_an_answer_about_the_payer_with_most_invoices_comes_quickly(
    emulator: InvoicingEmulator,
) -> None:
    emulator.now = instant(ROUTINE, 28)
    charges(emulator, POLDERHAVEN, ROUTINE, "BILLING_ENTITY")
    began = time.perf_counter()
    charges(emulator, POLDERHAVEN, ROUTINE, "BILLING_ENTITY")
    assert time.perf_counter() - began < 1


# Transfers and accounts that stand alone


def transfers(emulator: InvoicingEmulator, payer: str, direction: str) -> dict[str, str]:
    """Status by the id of the transfer."""
    call = f"list_{direction}_responsibility_transfers"
    answer = getattr(client(emulator, payer, service="organizations"), call)(Type="BILLING")
    return {one["Id"]: one["Status"] for one in answer["ResponsibilityTransfers"]}


def test_each_side_sees_its_transfers(emulator: InvoicingEmulator) -> None:
    emulator.now = instant(ROUTINE, 12)
    inbound = transfers(emulator, STRAITS, "inbound")
    expected = ["ACCEPTED", "ACCEPTED", "DECLINED", "EXPIRED", "WITHDRAWN"]
    assert sorted(inbound.values()) == expected
    assert transfers(emulator, STRAITS, "outbound") == {}
    assert list(transfers(emulator, LANTERN, "outbound").values()) == ["ACCEPTED"]
    assert sorted(transfers(emulator, KAMPONG, "outbound").values()) == ["ACCEPTED", "WITHDRAWN"]
    with pytest.raises(ClientError) as caught:
        transfers(emulator, FERNHOLLOW, "outbound")
    assert caught.value.response["Error"]["Code"] == "AWSOrganizationsNotInUseException"


def test_of_two_sources_one_goes_on_to_see_charges_and_the_other_sees_none(
    emulator: InvoicingEmulator,
) -> None:
    emulator.now = instant(ROUTINE, 12)
    assert charges(emulator, LANTERN, ROUTINE, "BILLING_ENTITY")["AWS",] > 1000
    assert charges(emulator, KAMPONG, ROUTINE, "BILLING_ENTITY") == {}
    assert charges(emulator, FERNHOLLOW, ROUTINE, "BILLING_ENTITY") == {}


# Periods that are not routine


def pending(period: BillingPeriod, now: datetime) -> dict[str, int]:
    """By payer, what is not there of all that the period gets: rows, documents, supplements. But
    Sarvodaya's annexure, which comes on day 16 of every month and which nothing announces.
    """
    found: dict[str, int] = {}
    for payer in REGISTER:
        for invoice in invoices(payer, period):
            supplements = () if payer == SARVODAYA else invoice.supplements
            documents = (invoice.document, *supplements)
            missing = sum(document.ready_from > now for document in documents)
            found[payer] = found.get(payer, 0) + missing
    return {payer: count for payer, count in found.items() if count}


@pytest.mark.parametrize("period", [ROUTINE, CLOSES_IN_TIME, STAYS_OPEN])
def test_payers_become_complete_day_by_day(period: BillingPeriod) -> None:
    waiting = [len(pending(period, instant(period, day))) for day in range(1, 9)]
    assert waiting[0] == len(REGISTER) - len({FERNHOLLOW, LANTERN, KAMPONG})
    assert waiting == sorted(waiting, reverse=True)
    assert len(set(waiting)) >= 5


def test_in_a_routine_period_one_document_and_one_late_invoice_are_left_after_the_deadline() -> (
    None
):
    assert pending(ROUTINE, instant(ROUTINE, 12)) == {MINATO: 1, KESSLER: 1}
    assert pending(ROUTINE, instant(ROUTINE, 19)) == {}


def test_one_period_has_everything_two_days_before_the_deadline() -> None:
    assert pending(CLOSES_IN_TIME, instant(CLOSES_IN_TIME, 8)) == {MINATO: 1}
    assert pending(CLOSES_IN_TIME, instant(CLOSES_IN_TIME, 8, hour=13)) == {}


def test_another_period_waits_for_an_invoice_and_a_document_beyond_the_deadline(
    emulator: InvoicingEmulator,
) -> None:
    for day in (9, 10, 16):
        assert pending(STAYS_OPEN, instant(STAYS_OPEN, day)) == {THORNBURY: 1, ORCHARD: 1}
    assert pending(STAYS_OPEN, instant(STAYS_OPEN, 20)) == {}
    emulator.now = instant(STAYS_OPEN, 10)
    assert ("AWS Marketplace",) in charges(emulator, THORNBURY, STAYS_OPEN, "BILLING_ENTITY")


def listed(emulator: InvoicingEmulator, payer: str, period: BillingPeriod) -> list[dict[str, Any]]:
    pages = (
        client(emulator, payer)
        .get_paginator("list_invoice_summaries")
        .paginate(
            Selector={"ResourceType": "ACCOUNT_ID", "Value": payer},
            Filter={"BillingPeriod": {"Month": period.month, "Year": period.year}},
        )
    )
    return [row for page in pages for row in page["InvoiceSummaries"]]


def error(emulator: InvoicingEmulator, payer: str, period: BillingPeriod, call: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(emulator, payer, period)
    return str(caught.value.response["Error"]["Code"])


def marketplace(emulator: InvoicingEmulator, payer: str, period: BillingPeriod) -> bool:
    return any(
        row["Entity"]["BillingEntity"] == "AWS_MARKETPLACE"
        for row in listed(emulator, payer, period)
    )


def test_one_period_has_every_verdict_that_there_is_after_a_deadline(
    emulator: InvoicingEmulator,
) -> None:
    period, before = EVERY_VERDICT, EVERY_VERDICT.shifted(-1)
    emulator.now = instant(period, 12)
    # MISSING: bought as in every month, and not invoiced
    assert marketplace(emulator, THORNBURY, before)
    assert not marketplace(emulator, THORNBURY, period)
    assert ("AWS Marketplace",) in charges(emulator, THORNBURY, period, "BILLING_ENTITY")
    # COMPLETE in spite of the history: bought nothing, and nothing is invoiced
    assert marketplace(emulator, WATTLEBIRD, before)
    assert not marketplace(emulator, WATTLEBIRD, period)
    assert ("AWS Marketplace",) not in charges(emulator, WATTLEBIRD, period, "BILLING_ENTITY")
    # PARTIAL, NO_CHARGES, TRANSFERRED
    assert pending(period, emulator.now) == {MINATO: 1, KESSLER: 1, THORNBURY: 1}
    assert listed(emulator, FERNHOLLOW, period) == listed(emulator, LANTERN, period) == []
    # COMPLETE, as its transfer ended in March and the next begins in June
    assert listed(emulator, KAMPONG, period)
    # NO_ACCESS, NOT_CHECKED, and a witness that cannot be asked
    assert error(emulator, AL_MARFA, period, listed) == "AccessDeniedException"
    assert error(emulator, VEREINIGUNG, period, listed) == "ValidationException"

    def costs(*about: Any) -> Any:
        return charges(*about, "BILLING_ENTITY")

    assert error(emulator, COTE, period, costs) == "AccessDeniedException"
    assert listed(emulator, COTE, period)
    # and all is well when the access is back and the late invoices have come
    emulator.now = instant(period, 25)
    assert pending(period, emulator.now) == {}
    for payer in (AL_MARFA, VEREINIGUNG, COTE):
        assert listed(emulator, payer, period)
        assert costs(emulator, payer, period)


def test_in_one_period_the_witnesses_contradict_each_other_for_good(
    emulator: InvoicingEmulator,
) -> None:
    emulator.now = instant(CONTRADICTED, 28)
    assert not marketplace(emulator, BRIGHTWATER, CONTRADICTED)
    found = charges(emulator, BRIGHTWATER, CONTRADICTED, "BILLING_ENTITY")
    assert found["AWS Marketplace",] > 1000
    assert listed(emulator, AL_MARFA, CONTRADICTED)
    assert charges(emulator, AL_MARFA, CONTRADICTED, "BILLING_ENTITY") == {}
    others = REGISTER.keys() - {BRIGHTWATER, AL_MARFA}
    for payer in others:
        found = charges(emulator, payer, CONTRADICTED, "BILLING_ENTITY")
        assert {name for (name,) in found} == billed(payer, CONTRADICTED).keys()


def records(
    emulator: InvoicingEmulator, payer: str, period: BillingPeriod, at: datetime
) -> dict[str, dict[str, Any]]:
    """The financial records of the period at an instant, by the id of their invoice."""
    emulator.now = at
    asked = client(emulator, payer, service="payments")
    pages = asked.get_paginator("list_financial_records").paginate(types=["INVOICE", "CREDIT_MEMO"])
    keys = [{"identifier": one["id"]} for page in pages for one in page["financialRecordSummaries"]]
    found = {}
    for begin in range(0, len(keys), 100):
        batch = asked.batch_get_financial_record(keys=keys[begin : begin + 100])
        for one in batch["financialRecords"]:
            details = next(iter(one["details"].values()))
            if details["billingPeriod"]["startDate"].date() == period.first_day:
                found[details["invoiceId"]] = one
    return found


def statuses(emulator: InvoicingEmulator, payer: str, at: datetime) -> set[str]:
    return {one["status"] for one in records(emulator, payer, ROUTINE, at).values()}


@pytest.mark.parametrize("payer", [POLDERHAVEN, COTE, STRAITS, ORCHARD])
def test_every_own_invoice_and_credit_memo_has_a_financial_record(
    emulator: InvoicingEmulator, payer: str
) -> None:
    of_receivers = {unit.receiver for one in MADE_UP_PAYERS for unit in one.units}
    rows = [one.summary for one in invoices(payer, ROUTINE)]
    own = {
        str(row["InvoiceId"])
        for row in rows
        if row["InvoiceType"] != "PAYMENT_RECEIPT"
        and "CommercialInvoiceId" not in row
        and row["AccountId"] not in of_receivers
    }
    assert own
    assert records(emulator, payer, ROUTINE, instant(ROUTINE, 28)).keys() == own


@pytest.mark.parametrize(
    ("payer", "day", "status"),
    [
        ("104718293645", 10, "SETTLED"),
        (THORNBURY, 12, "OUTSTANDING"),
        (MINATO, 12, "PROCESSING"),
        (STRAITS, 30, "SETTLED"),
    ],
)
def test_payers_pay_by_card_late_slowly_and_in_time(
    emulator: InvoicingEmulator, payer: str, day: int, status: str
) -> None:
    assert status in statuses(emulator, payer, instant(ROUTINE, day))


def test_thornbury_pays_a_week_late_and_kessler_weeks_late(emulator: InvoicingEmulator) -> None:
    after = instant(ROUTINE.shifted(1), 12)
    for one in records(emulator, KESSLER, ROUTINE, after).values():
        is_due = one["details"]["invoiceDetails"]["dueDate"] < after
        assert (one["status"], is_due) == ("OUTSTANDING", one["issuedAt"].day < 10)
    for one in records(emulator, THORNBURY, ROUTINE, after + timedelta(days=20)).values():
        assert one["closedAt"] > one["details"]["invoiceDetails"]["dueDate"]


def test_brightwater_cancels_its_purchase(emulator: InvoicingEmulator) -> None:
    assert "CANCELED" in statuses(emulator, BRIGHTWATER, instant(ROUTINE, 12))


def test_aws_wants_an_invoice_paid_and_gives_a_credit_that_invoicing_never_lists(
    emulator: InvoicingEmulator,
) -> None:
    day_12 = instant(OWED, 12)
    for payer, kind in ((KESSLER, "INVOICE"), ("104718293645", "CREDIT_MEMO")):
        listed = {one.invoice_id for one in invoices(payer, OWED)}
        owed = records(emulator, payer, OWED, day_12)
        [never_listed] = owed.keys() - listed
        assert owed[never_listed]["type"] == kind
        assert never_listed not in organization().invoices(payer, instant(ROUTINE, 28))
    for payer in (KESSLER, "104718293645"):
        listed = {one.invoice_id for one in invoices(payer, ROUTINE)}
        assert records(emulator, payer, ROUTINE, instant(ROUTINE, 28)).keys() <= listed


def test_wattlebird_denies_aws_payments_for_most_of_june_2026(emulator: InvoicingEmulator) -> None:
    emulator.now = datetime(2026, 6, 12, 6, tzinfo=UTC)
    asked = client(emulator, WATTLEBIRD, service="payments")
    with pytest.raises(ClientError, match="payments:ListFinancialRecords"):
        asked.list_financial_records(types=["INVOICE"])
    emulator.now = datetime(2026, 6, 21, 6, tzinfo=UTC)
    assert asked.list_financial_records(types=["INVOICE"])["financialRecordSummaries"]
