"""ListInvoiceUnits, and whose invoices an account with units is shown."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sandbox.invoicing import Fault, FixedCatalogue, InvoiceUnit, InvoicingEmulator
from tests.sandbox.invoicing_calls import (
    BY_ACCOUNT,
    NOW,
    OTHER,
    PAYER,
    SEPTEMBER,
    an_invoice,
    client,
    day,
    listed,
    opened,
    refusal,
    signed,
)

pytestmark = pytest.mark.usefixtures("loopback")

RECEIVER, MEMBER, PLAIN = "111122223334", "111122223335", "111122223336"
SALES = InvoiceUnit("Ventes Été", RECEIVER, (RECEIVER, MEMBER), day("2026-01-01"))
BEFORE = replace(SALES, linked_accounts=(RECEIVER,), since=day("2025-06-01"), until=SALES.since)
GONE = InvoiceUnit("Gone", PLAIN, (PLAIN,), day("2025-06-01"), day("2026-03-01"), "A team")
MANY = tuple(InvoiceUnit(f"Unit {number}", MEMBER, (), day("2026-02-01")) for number in range(22))
OWN = an_invoice("1000000001")
RECEIVERS = an_invoice("1000000002", AccountId=RECEIVER, content=b"%PDF-receiver")
PLAINS = an_invoice("1000000003", AccountId=PLAIN)


def emulator_of(*, shows_receivers: bool = False) -> InvoicingEmulator:
    catalogue = FixedCatalogue(
        {PAYER: [OWN, RECEIVERS, PLAINS], OTHER: []},
        {PAYER: [RECEIVER, MEMBER, PLAIN]},
        invoice_units={PAYER: (BEFORE, SALES, GONE, *MANY)},
        shows_receivers=shows_receivers,
    )
    return InvoicingEmulator(catalogue, now=NOW)


@pytest.fixture
def emulator() -> Iterator[InvoicingEmulator]:
    with emulator_of() as running:
        yield running


def units(emulator: InvoicingEmulator, **params: Any) -> list[dict[str, Any]]:
    paginator = client(emulator).get_paginator("list_invoice_units")
    return [unit for page in paginator.paginate(**params) for unit in page["InvoiceUnits"]]


def names(emulator: InvoicingEmulator, **params: Any) -> list[str]:
    return [unit["Name"] for unit in units(emulator, **params)]


def test_a_unit_says_who_receives_and_whose_charges(emulator: InvoicingEmulator) -> None:
    unit = units(emulator)[0]
    assert unit.pop("InvoiceUnitArn").startswith(f"arn:aws:invoicing::{PAYER}:invoice-unit/")
    assert unit == {
        "InvoiceReceiver": RECEIVER,
        "Name": "Ventes Été",
        "Description": "",
        "TaxInheritanceDisabled": False,
        "Rule": {"LinkedAccounts": [RECEIVER, MEMBER]},
        "LastModified": day("2026-01-01"),
    }


def test_a_past_state_can_be_asked_for(emulator: InvoicingEmulator) -> None:
    assert names(emulator)[:2] == ["Ventes Été", "Unit 0"]
    assert names(emulator, AsOf=day("2026-01-15")) == ["Ventes Été", "Gone"]
    (first, *_) = units(emulator, AsOf=day("2025-12-31"))
    assert first["Rule"] == {"LinkedAccounts": [RECEIVER]}
    assert first["InvoiceUnitArn"] == units(emulator)[0]["InvoiceUnitArn"]
    assert names(emulator, AsOf=day("2025-05-31")) == []
    answer = refusal(client(emulator).list_invoice_units, AsOf=NOW + timedelta(days=1))
    assert [field["name"] for field in answer["fieldList"]] == ["AsOf"]


@pytest.mark.parametrize("size", [None, 1, 23, 500])
def test_every_unit_comes_once_whatever_the_pages(
    emulator: InvoicingEmulator, size: int | None
) -> None:
    config = {"PageSize": size} if size else {}
    assert len(names(emulator, PaginationConfig=config)) == 23
    pages = emulator.requests.snapshot()["calls"][PAYER]["ListInvoiceUnits"]
    assert pages == {None: 2, 1: 23, 23: 1, 500: 1}[size]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"Names": ["Unit 3", "Unit 5", "Unit 99"]}, ["Unit 3", "Unit 5"]),
        ({"InvoiceReceivers": [RECEIVER]}, ["Ventes Été"]),
        ({"Accounts": [MEMBER], "Names": ["Ventes Été", "Unit 1"]}, ["Ventes Été", "Unit 1"]),
        ({"Accounts": [PLAIN]}, []),
        ({"BillSourceAccounts": [OTHER]}, []),
    ],
)
def test_filters_each_take_any_of_their_values_and_all_must_fit(
    emulator: InvoicingEmulator, filters: dict[str, Any], found: list[str]
) -> None:
    assert names(emulator, Filters=filters) == found


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"MaxResults": 501}', "MaxResults"),
        (b'{"Filters": {"Owners": []}}', "Filters.Owners"),
        (b'{"Filters": {"Accounts": []}}', "Filters.Accounts"),
        (b'{"Filters": {"Accounts": ["1"]}}', "Filters.Accounts[0]"),
        (b'{"Filters": {"Names": [" x"]}}', "Filters.Names[0]"),
        (b'{"Filters": {"Names": ["a\\tb"]}}', "Filters.Names[0]"),
        (b'{"AsOf": "2026-01-01"}', "AsOf"),
    ],
)
def test_a_request_that_breaks_the_service_model_is_refused_with_the_place(
    emulator: InvoicingEmulator, body: bytes, place: str
) -> None:
    status, answer = signed(emulator, body, operation="ListInvoiceUnits")
    assert (status, answer["reason"]) == (400, "fieldValidationFailed")
    assert [field["name"] for field in answer["fieldList"]] == [place]


def test_a_name_may_have_letters_of_any_script(emulator: InvoicingEmulator) -> None:
    assert names(emulator, Filters={"Names": ["経理 ٣-Ж"]}) == []


def test_a_token_is_for_its_own_query_only(emulator: InvoicingEmulator) -> None:
    asked = client(emulator).list_invoice_units
    token = asked()["NextToken"]
    answer = refusal(asked, NextToken=token, Filters={"Accounts": [MEMBER]})
    assert answer["reason"] == "invalidNextToken"
    assert len(asked(NextToken=token, MaxResults=500)["InvoiceUnits"]) == 3


def test_only_the_payer_account_has_units(emulator: InvoicingEmulator) -> None:
    answer = refusal(client(emulator, RECEIVER).list_invoice_units)
    assert answer["Error"]["Code"] == "AccessDeniedException"
    assert client(emulator, OTHER).list_invoice_units()["InvoiceUnits"] == []


def test_a_receivers_invoices_are_not_in_the_payers_own_listing_unless_the_catalogue_says_so(
    emulator: InvoicingEmulator,
) -> None:
    # PLAIN's unit is gone, but its invoices may be of that time.
    assert listed(emulator, SEPTEMBER) == [OWN.invoice_id]
    with emulator_of(shows_receivers=True) as shown:
        ids = [one.invoice_id for one in (OWN, RECEIVERS, PLAINS)]
        assert listed(shown, SEPTEMBER) == ids


def test_the_payer_may_ask_for_a_receivers_invoices_and_documents(
    emulator: InvoicingEmulator,
) -> None:
    invoicing = client(emulator)
    answer = invoicing.list_invoice_summaries(
        Selector={**BY_ACCOUNT, "Value": RECEIVER}, Filter=SEPTEMBER
    )
    assert [row["InvoiceId"] for row in answer["InvoiceSummaries"]] == [RECEIVERS.invoice_id]
    paper = invoicing.get_invoice_pdf(InvoiceId=RECEIVERS.invoice_id)["InvoicePDF"]
    assert opened(emulator, paper["DocumentUrl"])[2] == b"%PDF-receiver"
    own = client(emulator, RECEIVER).list_invoice_summaries(
        Selector={**BY_ACCOUNT, "Value": RECEIVER}, Filter=SEPTEMBER
    )
    assert [row["InvoiceId"] for row in own["InvoiceSummaries"]] == [RECEIVERS.invoice_id]


def test_a_missing_permission_is_for_this_operation_only(emulator: InvoicingEmulator) -> None:
    emulator.faults.add(Fault(PAYER, "AccessDeniedException", None, operation="ListInvoiceUnits"))
    answer = refusal(client(emulator).list_invoice_units)
    assert "invoicing:ListInvoiceUnits" in answer["Error"]["Message"]
    assert listed(emulator, SEPTEMBER) == [OWN.invoice_id]


def test_an_empty_page_has_a_token_that_goes_on(emulator: InvoicingEmulator) -> None:
    emulator.faults.add(Fault(PAYER, "empty_page", 2, operation="ListInvoiceUnits"))
    assert len(names(emulator)) == 23
    assert emulator.requests.snapshot()["calls"][PAYER] == {"ListInvoiceUnits": 4}
