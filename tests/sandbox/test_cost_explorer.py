"""GetCostAndUsage of the emulator, asked by boto3 and by signed raw requests."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3
import pytest

from sandbox.invoicing import CostLine, Fault, FixedCatalogue, InvoicingEmulator, Limit
from tests.sandbox.invoicing_calls import (
    ARCHIVE,
    NOW,
    OTHER,
    PAYER,
    an_invoice,
    client,
    control,
    day,
    refusal,
    signed,
)

pytestmark = pytest.mark.usefixtures("loopback")

LINKED, OTHER_LINKED = "111122223334", "111122223335"
SEPTEMBER = {"Start": "2026-09-01", "End": "2026-10-01"}
BY_ACCOUNT_AND_ENTITY = [
    {"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"},
    {"Type": "DIMENSION", "Key": "BILLING_ENTITY"},
]
SELLER = "Amazon Web Services, Inc."
LATER = datetime(2026, 10, 18, tzinfo=UTC)


def line(amount: str, first_day: str, **particulars: Any) -> CostLine:
    return CostLine(
        **{
            "amount": Decimal(amount),
            "first_day": date.fromisoformat(first_day),
            "linked_account_id": PAYER,
            "service": "Amazon Simple Storage Service",
            "legal_entity": SELLER,
            "invoicing_entity": SELLER,
        }
        | particulars
    )


MARKETPLACE = {"billing_entity": "AWS Marketplace", "legal_entity": "Corvid Software, Inc."}
COSTS = (
    line("60", "2026-09-01", days=30),
    line("30", "2026-09-01", days=30, linked_account_id=LINKED),
    line("12.5", "2026-09-15", linked_account_id=LINKED, **MARKETPLACE),
    line("-4", "2026-09-20", record_type="Refund"),
    line("7.25", "2026-09-01", record_type="Tax", service="Tax", known_from=day("2026-10-02")),
    line("3", "2026-09-01", days=30, linked_account_id=OTHER_LINKED, known_from=LATER),
)
ROWS = (replace(an_invoice("1000000001"), costs=COSTS),)
AUGUST = (replace(an_invoice("1000000002", period=(2026, 8)), costs=(line("31", "2026-08-01"),)),)


@pytest.fixture
def emulator() -> Iterator[InvoicingEmulator]:
    catalogue = FixedCatalogue(
        {PAYER: [*ROWS, *AUGUST], OTHER: []}, {PAYER: (LINKED, OTHER_LINKED)}
    )
    with InvoicingEmulator(catalogue, now=NOW, groups_of_a_page=3) as running:
        yield running


def asked(emulator: InvoicingEmulator, account: str = PAYER, **params: Any) -> dict[str, Any]:
    query = {"TimePeriod": SEPTEMBER, "Granularity": "MONTHLY", "Metrics": ["UnblendedCost"]}
    answer = client(emulator, account, service="ce").get_cost_and_usage(**query | params)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def total(emulator: InvoicingEmulator, **params: Any) -> Decimal:
    """The sum of one stretch of time without groups."""
    (result,) = asked(emulator, **params)["ResultsByTime"]
    assert result["Groups"] == []
    cost = result["Total"]["UnblendedCost"]
    assert cost["Unit"] == "USD"
    return Decimal(cost["Amount"])


def groups(emulator: InvoicingEmulator, *keys: str, **params: Any) -> dict[Any, Decimal]:
    """The amounts of one stretch of time by group, of all pages."""
    found: dict[Any, Decimal] = {}
    params["GroupBy"] = [{"Type": "DIMENSION", "Key": key} for key in keys]
    while True:
        answer = asked(emulator, **params)
        for result in answer["ResultsByTime"]:
            for group in result["Groups"]:
                name = tuple(group["Keys"]) if len(keys) > 1 else group["Keys"][0]
                assert name not in found
                found[name] = Decimal(group["Metrics"]["UnblendedCost"]["Amount"])
        if "NextPageToken" not in answer:
            return found
        params["NextPageToken"] = answer["NextPageToken"]


def refused(emulator: InvoicingEmulator, **params: Any) -> tuple[str, str]:
    """Code and message of a query that must be refused."""
    error = refusal(lambda: asked(emulator, **params))["Error"]
    return error["Code"], error["Message"]


# Who asks, and how


def test_boto3_reaches_it_through_its_own_endpoint_variable(
    emulator: InvoicingEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_COST_EXPLORER", emulator.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", PAYER)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    ce = boto3.session.Session().client("ce", region_name="eu-central-1")
    answer = ce.get_cost_and_usage(
        TimePeriod=SEPTEMBER, Granularity="MONTHLY", Metrics=["UnblendedCost"]
    )
    assert answer["ResultsByTime"][0]["TimePeriod"] == SEPTEMBER


def test_the_wire_is_json_1_1_and_signed_for_ce(emulator: InvoicingEmulator) -> None:
    body = json.dumps(
        {"TimePeriod": SEPTEMBER, "Granularity": "MONTHLY", "Metrics": ["UnblendedCost"]}
    ).encode()
    call = {"operation": "GetCostAndUsage", "target": "AWSInsightsIndexService"}
    json_1_1 = "application/x-amz-json-1.1"
    assert signed(emulator, body, service="ce", content_type=json_1_1, **call)[0] == 200
    status, answer = signed(emulator, body, service="ce", **call)
    assert (status, answer["__type"]) == (400, "SerializationException")
    status, answer = signed(emulator, body, content_type=json_1_1, **call)
    assert (status, answer["__type"]) == (403, "SignatureDoesNotMatch")
    status, answer = signed(emulator, b"{", service="ce", content_type=json_1_1, **call)
    assert (status, answer["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"Granularity": "YEARLY"}, "'Granularity'"),
        ({"Granularity": None}, "'Granularity' is missing"),
        ({"Metrics": None}, "'Metrics' is missing"),
        ({"TimePeriod": {"Start": "2026-09-01"}}, "'TimePeriod.End' is missing"),
        ({"TimePeriod": {"Start": "September", "End": "2026-10-01"}}, "'TimePeriod.Start'"),
        ({"MaxResults": 5}, "'MaxResults' is no member"),
        ({"Filter": {"Dimensions": {"Key": "PLANET", "Values": ["x"]}}}, "'Filter.Dimensions.Key'"),
        ({"BillingViewArn": "arn"}, "'BillingViewArn'"),
    ],
)
def test_a_request_that_breaks_the_service_model_is_refused_with_the_place(
    emulator: InvoicingEmulator, changes: dict[str, Any], place: str
) -> None:
    query = {"TimePeriod": SEPTEMBER, "Granularity": "MONTHLY", "Metrics": ["UnblendedCost"]}
    body = {name: value for name, value in (query | changes).items() if value is not None}
    status, answer = signed(
        emulator,
        json.dumps(body).encode(),
        operation="GetCostAndUsage",
        target="AWSInsightsIndexService",
        service="ce",
        content_type="application/x-amz-json-1.1",
    )
    assert (status, answer["__type"]) == (400, "ValidationException")
    assert place in answer["message"]


def test_a_linked_account_sees_its_own_charges_only(emulator: InvoicingEmulator) -> None:
    assert groups(emulator, "LINKED_ACCOUNT", account=LINKED) == {LINKED: Decimal("42.5")}


def test_a_payer_without_charges_has_no_groups_and_a_total_of_nothing(
    emulator: InvoicingEmulator,
) -> None:
    answer = asked(emulator, OTHER, GroupBy=BY_ACCOUNT_AND_ENTITY)
    assert answer["ResultsByTime"] == [
        {
            "TimePeriod": SEPTEMBER,
            "Total": {"UnblendedCost": {"Amount": "0", "Unit": "USD"}},
            "Groups": [],
            "Estimated": False,
        }
    ]
    assert answer["GroupDefinitions"] == BY_ACCOUNT_AND_ENTITY


def test_an_account_that_nobody_pays_for_has_no_data(emulator: InvoicingEmulator) -> None:
    ce = client(emulator, ARCHIVE, service="ce")
    with pytest.raises(ce.exceptions.DataUnavailableException):
        ce.get_cost_and_usage(
            TimePeriod=SEPTEMBER, Granularity="MONTHLY", Metrics=["UnblendedCost"]
        )


def test_only_the_primary_billing_view_is_there(emulator: InvoicingEmulator) -> None:
    primary = f"arn:aws:billing::{PAYER}:billingview/primary"
    assert total(emulator, BillingViewArn=primary) == total(emulator)
    code, message = refused(emulator, BillingViewArn=primary.replace("primary", "custom-1"))
    assert code == "ResourceNotFoundException"
    assert "custom-1" in message


# What it adds up


def test_a_months_charges_are_reported_by_linked_account_and_billing_entity(
    emulator: InvoicingEmulator,
) -> None:
    assert groups(emulator, "LINKED_ACCOUNT", "BILLING_ENTITY") == {
        (PAYER, "AWS"): Decimal("63.25"),
        (LINKED, "AWS"): Decimal(30),
        (LINKED, "AWS Marketplace"): Decimal("12.5"),
    }
    assert total(emulator) == Decimal("105.75")


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("RECORD_TYPE", {"Usage", "Refund", "Tax"}),
        ("SERVICE", {"Amazon Simple Storage Service", "Tax"}),
        ("LEGAL_ENTITY_NAME", {SELLER, "Corvid Software, Inc."}),
        ("INVOICING_ENTITY", {SELLER}),
    ],
)
def test_it_groups_by_other_dimensions(
    emulator: InvoicingEmulator, key: str, names: set[str]
) -> None:
    assert groups(emulator, key).keys() == names


def test_the_end_of_a_time_period_is_exclusive_and_months_may_be_cut(
    emulator: InvoicingEmulator,
) -> None:
    cut = {"Start": "2026-08-15", "End": "2026-09-16"}
    august, september = asked(emulator, TimePeriod=cut)["ResultsByTime"]
    assert august["TimePeriod"] == {"Start": "2026-08-15", "End": "2026-09-01"}
    assert august["Total"]["UnblendedCost"]["Amount"] == "0"
    assert september["TimePeriod"] == {"Start": "2026-09-01", "End": "2026-09-16"}
    # half of 90, the purchase of the 15th and the tax; the refund came later
    assert september["Total"]["UnblendedCost"]["Amount"] == "64.75"
    assert asked(emulator, TimePeriod={"Start": "2026-08-01", "End": "2026-09-01"})[
        "ResultsByTime"
    ][0]["Total"]["UnblendedCost"] == {"Amount": "31", "Unit": "USD"}


def test_days_add_up_to_their_month(emulator: InvoicingEmulator) -> None:
    answers = [
        asked(
            emulator,
            Granularity="DAILY",
            TimePeriod={"Start": f"2026-09-{first:02}", "End": f"2026-09-{first + 1:02}"}
            if first < 30
            else {"Start": "2026-09-30", "End": "2026-10-01"},
        )["ResultsByTime"]
        for first in range(1, 31)
    ]
    days = [result for results in answers for result in results]
    assert [result["TimePeriod"]["Start"][-2:] for result in days] == [
        f"{number:02}" for number in range(1, 31)
    ]
    amounts = [Decimal(result["Total"]["UnblendedCost"]["Amount"]) for result in days]
    assert sum(amounts) == total(emulator)
    assert len(set(amounts)) == 4  # the tax on the 1st, two single days, and the rest alike


def test_usage_is_known_on_the_next_day_and_some_charges_only_later(
    emulator: InvoicingEmulator,
) -> None:
    known = {}
    for text in ("2026-09-01T12:00", "2026-09-02T00:00", "2026-09-16T01:00", "2026-10-01T23:00"):
        emulator.now = day(text)
        period = {"Start": "2026-09-01", "End": "2026-10-01"}
        known[text] = total(emulator, TimePeriod=period)
    assert list(known.values()) == [0, 3, Decimal("57.5"), Decimal("98.5")]
    emulator.now = LATER
    assert total(emulator) == Decimal("108.75")


def test_a_month_is_estimated_until_noon_of_the_sixth_of_the_next(
    emulator: InvoicingEmulator,
) -> None:
    def estimated(**params: Any) -> list[bool]:
        return [result["Estimated"] for result in asked(emulator, **params)["ResultsByTime"]]

    last_noon = day("2026-10-06T12:00")
    emulator.now = last_noon - timedelta(seconds=1)
    two_months = {"Start": "2026-08-01", "End": "2026-10-01"}
    assert estimated(TimePeriod=two_months) == [False, True]
    last_days = {"Start": "2026-09-29", "End": "2026-10-01"}
    assert estimated(TimePeriod=last_days, Granularity="DAILY") == [True, True]
    emulator.now = last_noon
    assert estimated(TimePeriod=two_months) == [False, False]
    assert estimated(TimePeriod={"Start": "2026-10-01", "End": "2026-11-01"}) == [True]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [LINKED, "1"]}}, "42.5"),
        ({"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": ["123456789012"]}}, "0"),
        ({"Not": {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Tax", "Refund"]}}}, "102.5"),
        (
            {
                "And": [
                    {"Dimensions": {"Key": "BILLING_ENTITY", "Values": ["AWS"]}},
                    {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [LINKED]}},
                ]
            },
            "30",
        ),
        (
            {
                "Or": [
                    {"Dimensions": {"Key": "BILLING_ENTITY", "Values": ["AWS Marketplace"]}},
                    {
                        "Dimensions": {
                            "Key": "RECORD_TYPE",
                            "Values": ["Tax"],
                            "MatchOptions": ["EQUALS"],
                        }
                    },
                ]
            },
            "19.75",
        ),
    ],
)
def test_it_filters(emulator: InvoicingEmulator, expression: Any, expected: str) -> None:
    assert total(emulator, Filter=expression) == Decimal(expected)


def test_every_metric_that_it_has_may_be_asked_by_either_name(emulator: InvoicingEmulator) -> None:
    names = ["UNBLENDED_COST", "BlendedCost", "NET_UNBLENDED_COST", "UnblendedCost"]
    (result,) = asked(emulator, Metrics=names)["ResultsByTime"]
    assert result["Total"].keys() == {"UnblendedCost", "BlendedCost", "NetUnblendedCost"}


# What it refuses


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"Metrics": []}, "Metrics is empty"),
        ({"Metrics": ["Cost"]}, "Valid values are UnblendedCost"),
        ({"Metrics": ["AmortizedCost"]}, "this emulator has not; it has UnblendedCost"),
        ({"Granularity": "HOURLY"}, "Hourly granularity is not enabled"),
        (
            {"TimePeriod": {"Start": "2026-09-01T00:00:00Z", "End": "2026-10-01"}},
            "Start time 2026-09-01T00:00:00Z is invalid",
        ),
        ({"TimePeriod": {"Start": "2026-09-01", "End": "2026-09-31"}}, "End time 2026-09-31"),
        (
            {"TimePeriod": {"Start": "2026-09-01", "End": "2026-09-01"}},
            "Start date (and hour) should be before end date (and hour)",
        ),
        ({"TimePeriod": {"Start": "2026-10-13", "End": "2026-10-14"}}, "after the current date"),
        (
            {"TimePeriod": {"Start": "2026-10-01", "End": "2026-11-02"}},
            "end date past the beginning of next month",
        ),
        (
            {"TimePeriod": {"Start": "2025-08-11", "End": "2025-09-01"}},
            "You haven't enabled historical data beyond 14 months",
        ),
        ({"GroupBy": [{"Key": "LINKED_ACCOUNT"}]}, "Group Definition type is invalid"),
        ({"GroupBy": [{"Type": "TAG", "Key": "team"}]}, "this emulator has not; it has DIMENSION"),
        (
            {"GroupBy": [{"Type": "DIMENSION", "Key": "PAYER_ACCOUNT"}]},
            "Group Definition dimension is invalid. Valid values are LINKED_ACCOUNT",
        ),
        (
            {"GroupBy": [{"Type": "DIMENSION", "Key": "REGION"}]},
            "AWS has the dimension REGION, this emulator has not",
        ),
        (
            {"GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}, *BY_ACCOUNT_AND_ENTITY]},
            "at most 2 group definitions",
        ),
        ({"GroupBy": BY_ACCOUNT_AND_ENTITY[:1] * 2}, "name LINKED_ACCOUNT twice"),
        ({"Filter": {}}, "Filter: Expression has no root"),
        (
            {
                "Filter": {
                    "Not": {"Dimensions": {"Key": "SERVICE", "Values": ["x"]}},
                    "Dimensions": {"Key": "SERVICE", "Values": ["x"]},
                }
            },
            "Expression has more than one roots",
        ),
        (
            {"Filter": {"And": [{"Dimensions": {"Key": "SERVICE", "Values": ["x"]}}]}},
            "Filter.And needs at least two expressions, not 1",
        ),
        ({"Filter": {"Not": {"Dimensions": {"Key": "SERVICE"}}}}, "Filter.Not.Dimensions needs"),
        ({"Filter": {"Tags": {"Key": "team", "Values": ["x"]}}}, "AWS has the filter Tags"),
        (
            {
                "Filter": {
                    "Dimensions": {
                        "Key": "SERVICE",
                        "Values": ["A"],
                        "MatchOptions": ["STARTS_WITH"],
                    }
                }
            },
            "MatchOptions ['STARTS_WITH']",
        ),
    ],
)
def test_a_query_that_the_service_does_not_take_is_refused(
    emulator: InvoicingEmulator, params: dict[str, Any], complaint: str
) -> None:
    code, message = refused(emulator, **params)
    assert code == "ValidationException"
    assert complaint in message


def test_history_goes_back_fourteen_months_from_today_and_not_from_a_month(
    emulator: InvoicingEmulator,
) -> None:
    assert total(emulator, TimePeriod={"Start": "2025-08-12", "End": "2025-09-01"}) == 0
    emulator.now = datetime(2027, 4, 30, tzinfo=UTC)
    assert total(emulator, TimePeriod={"Start": "2026-02-28", "End": "2026-03-01"}) == 0


# Pages


def test_a_month_may_go_on_in_the_next_page_and_every_group_comes_once(
    emulator: InvoicingEmulator,
) -> None:
    emulator.now = LATER
    two_months = {"Start": "2026-08-01", "End": "2026-10-01"}
    first = asked(emulator, TimePeriod=two_months, GroupBy=BY_ACCOUNT_AND_ENTITY)
    rest = asked(
        emulator,
        TimePeriod=two_months,
        GroupBy=BY_ACCOUNT_AND_ENTITY,
        NextPageToken=first["NextPageToken"],
    )
    told = [
        (result["TimePeriod"]["Start"], len(result["Groups"]))
        for page in (first, rest)
        for result in page["ResultsByTime"]
    ]
    assert told == [("2026-08-01", 1), ("2026-09-01", 2), ("2026-09-01", 2)]
    assert "NextPageToken" not in rest


def test_a_token_is_for_its_own_query_only(emulator: InvoicingEmulator) -> None:
    emulator.now = LATER
    token = asked(emulator, GroupBy=BY_ACCOUNT_AND_ENTITY)["NextPageToken"]
    assert refused(emulator, NextPageToken=token)[0] == "RequestChangedException"
    assert refused(emulator, NextPageToken="next")[0] == "InvalidNextTokenException"
    assert refused(emulator, account=OTHER, GroupBy=BY_ACCOUNT_AND_ENTITY, NextPageToken=token)[
        0
    ] == ("RequestChangedException")


def test_every_page_is_a_request_that_costs_a_cent_and_a_throttled_one_is_not(
    emulator: InvoicingEmulator,
) -> None:
    emulator.now = LATER
    assert len(groups(emulator, "LINKED_ACCOUNT", "BILLING_ENTITY")) == 4
    total(emulator)
    emulator.limits.set(Limit(0.001, operation="GetCostAndUsage"))
    total(emulator)
    ce = client(emulator, service="ce")
    with pytest.raises(ce.exceptions.LimitExceededException):
        ce.get_cost_and_usage(
            TimePeriod=SEPTEMBER, Granularity="MONTHLY", Metrics=["UnblendedCost"]
        )
    _, told = control(emulator, "GET", "requests")
    assert told["calls"] == {PAYER: {"GetCostAndUsage": 5}}
    assert told["refused"] == {PAYER: {"GetCostAndUsage": 1}}
    assert told["cost_usd"] == "0.04"


# What it takes from the invoices


def amount(total_amount: str, tax: str = "0", discount: str = "0") -> dict[str, Any]:
    return {
        "TotalAmount": total_amount,
        "CurrencyCode": "USD",
        "AmountBreakdown": {
            "Taxes": {"TotalAmount": tax},
            "Discounts": {"TotalAmount": discount},
        },
    }


def row(invoice_id: str, entity: str = "AWS", **members: Any) -> Any:
    return an_invoice(
        invoice_id, Entity={"InvoicingEntity": SELLER, "BillingEntity": entity}, **members
    )


def test_without_lines_of_its_own_an_invoice_shows_its_charges_by_its_row() -> None:
    rows = [
        row("1", BaseCurrencyAmount=amount("110", tax="15", discount="-5")),
        row("2", "AWS_MARKETPLACE", PaymentCurrencyAmount=amount("20"), AccountId=LINKED),
        row(
            "3",
            issued="2026-09-20",
            InvoiceType="CREDIT_MEMO",
            InvoiceFrequency="ONE_TIME",
            BaseCurrencyAmount=amount("-8"),
        ),
        row("4", InvoiceType="PAYMENT_RECEIPT", BaseCurrencyAmount=amount("110")),
        row("5", CommercialInvoiceId="1", BaseCurrencyAmount=amount("110")),
        row("6", BillSourceAccounts=[OTHER], BaseCurrencyAmount=amount("70")),
        row("7", PaymentCurrencyAmount={"TotalAmount": "9", "CurrencyCode": "JPY"}),
    ]
    with InvoicingEmulator(FixedCatalogue({PAYER: rows}, {PAYER: [LINKED]}), now=NOW) as emulator:
        assert groups(emulator, "RECORD_TYPE") == {
            "Usage": Decimal(120),
            "Enterprise Discount Program Discount": Decimal(-5),
            "Tax": Decimal(15),
            "Refund": Decimal(-8),
        }
        assert groups(emulator, "LINKED_ACCOUNT", "BILLING_ENTITY") == {
            (PAYER, "AWS"): Decimal(102),
            (LINKED, "AWS Marketplace"): Decimal(20),
        }
        before_refund = {"Start": "2026-09-01", "End": "2026-09-20"}
        assert total(emulator, TimePeriod=before_refund) == 130


def test_charges_and_invoices_can_contradict_each_other() -> None:
    without_charges = replace(row("1", BaseCurrencyAmount=amount("50")), costs=())
    without_invoice = [line("40", "2026-09-05", **MARKETPLACE)]
    catalogue = FixedCatalogue(
        {PAYER: [without_charges]}, costs_without_invoice={PAYER: without_invoice}
    )
    with InvoicingEmulator(catalogue, now=NOW) as emulator:
        assert groups(emulator, "BILLING_ENTITY") == {"AWS Marketplace": Decimal(40)}


# Programmed misbehaviour


def test_charges_can_be_hidden_by_account_by_entity_or_all(emulator: InvoicingEmulator) -> None:
    emulator.faults.add(Fault(PAYER, "hidden_charges", 1, linked_account_id=LINKED))
    assert total(emulator) == Decimal("63.25")
    emulator.faults.add(Fault(PAYER, "hidden_charges", 1, billing_entity="AWS"))
    assert total(emulator) == Decimal("12.5")
    hidden = {"payer_account_id": PAYER, "kind": "hidden_charges", "times": 1}
    assert control(emulator, "POST", "faults", hidden)[0] == 200
    assert groups(emulator, "BILLING_ENTITY") == {}
    assert total(emulator) == Decimal("105.75")


def test_groups_by_account_can_leave_support_out_and_the_total_has_it() -> None:
    support = replace(line("23.67", "2026-09-01"), record_type="Support")
    catalogue = FixedCatalogue(
        {PAYER: []}, costs_without_invoice={PAYER: [support, line("40", "2026-09-01")]}
    )
    with InvoicingEmulator(catalogue, now=NOW) as emulator:
        emulator.faults.add(Fault(PAYER, "ungrouped_support", None))
        assert groups(emulator, "LINKED_ACCOUNT") == {PAYER: Decimal(40)}
        assert groups(emulator, "BILLING_ENTITY") == {"AWS": Decimal("63.67")}
        assert total(emulator) == Decimal("63.67")


def test_groups_by_billing_entity_can_be_refused_and_filters_by_it_are_not(
    emulator: InvoicingEmulator,
) -> None:
    emulator.faults.add(Fault(PAYER, "refused_grouping", None))
    code, message = refused(emulator, GroupBy=BY_ACCOUNT_AND_ENTITY)
    assert code == "ValidationException"
    assert "BILLING_ENTITY" not in message
    of_aws = {"Dimensions": {"Key": "BILLING_ENTITY", "Values": ["AWS"]}}
    found = asked(emulator, GroupBy=BY_ACCOUNT_AND_ENTITY[:1], Filter=of_aws)
    assert [group["Keys"] for group in found["ResultsByTime"][0]["Groups"]] == [[PAYER], [LINKED]]


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("AccessDeniedException", "AccessDeniedException", 400),
        ("ThrottlingException", "LimitExceededException", 400),
        ("InternalServerException", "InternalFailure", 500),
        ("ValidationException", "ValidationException", 400),
        ("ExpiredNextToken", "InvalidNextTokenException", 400),
        ("DataUnavailableException", "DataUnavailableException", 400),
    ],
)
def test_a_fault_answers_in_the_words_of_cost_explorer(
    emulator: InvoicingEmulator, kind: str, code: str, status: int
) -> None:
    emulator.faults.add(Fault(PAYER, kind, 1, operation="GetCostAndUsage"))
    answer = refusal(lambda: asked(emulator))
    assert answer["Error"]["Code"] == code
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    assert total(emulator)


def test_a_missing_permission_is_named(emulator: InvoicingEmulator) -> None:
    emulator.faults.add(Fault(PAYER, "AccessDeniedException", None, operation="GetCostAndUsage"))
    _, message = refused(emulator)
    assert "is not authorized to perform: ce:GetCostAndUsage on resource: arn:aws:ce:" in message
    assert client(emulator).list_invoice_units()["InvoiceUnits"] == []


def test_a_page_can_be_empty_and_go_on(emulator: InvoicingEmulator) -> None:
    emulator.faults.add(Fault(PAYER, "empty_page", 1, operation="GetCostAndUsage"))
    assert len(groups(emulator, "LINKED_ACCOUNT", "BILLING_ENTITY")) == 3
    assert emulator.requests.snapshot()["calls"][PAYER] == {"GetCostAndUsage": 2}


def test_boto3_waits_out_a_short_storm_of_throttling_in_its_standard_mode(
    emulator: InvoicingEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its legacy mode, the default, does not know LimitExceededException.
    monkeypatch.setenv("AWS_RETRY_MODE", "standard")
    emulator.faults.add(Fault(PAYER, "ThrottlingException", 1))
    ce = client(emulator, service="ce", attempts=2)
    answer = ce.get_cost_and_usage(
        TimePeriod=SEPTEMBER, Granularity="MONTHLY", Metrics=["UnblendedCost"]
    )
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
