from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from lambdas.aws import cost_explorer
from lambdas.aws.cost_explorer import CostExplorer
from lambdas.domain.witnesses.charges import Charges, ChargesAnswer, ReceivedCharges
from tests.domain.examples import ACME, BOREAL, OCTOBER

QUESTION = {
    "TimePeriod": {"Start": "2026-10-01", "End": "2026-11-01"},
    "Granularity": "MONTHLY",
    "Metrics": ["UnblendedCost"],
    "GroupBy": [
        {"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"},
        {"Type": "DIMENSION", "Key": "BILLING_ENTITY"},
    ],
}


@pytest.fixture
def stubber() -> Iterator[Stubber]:
    client = boto3.client("ce", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def page(*groups: tuple[str, str, str], estimated: bool = False, token: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {
        "ResultsByTime": [
            {
                "TimePeriod": QUESTION["TimePeriod"],
                "Total": {},
                "Groups": [
                    {
                        "Keys": [account_id, entity],
                        "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}},
                    }
                    for account_id, entity, amount in groups
                ],
                "Estimated": estimated,
            }
        ]
    }
    return found | ({"NextPageToken": token} if token else {})


def answer(stub: Stubber) -> ReceivedCharges:
    return CostExplorer(stub.client).charges(OCTOBER)


def of_run(received: ReceivedCharges) -> ChargesAnswer:
    return ChargesAnswer("run-1", "2026-11-12T12:00:00Z", received)


def test_the_month_is_asked_for_by_account_and_billing_entity(stubber: Stubber) -> None:
    stubber.add_response(
        "get_cost_and_usage",
        page((ACME, "AWS", "12.3456789012"), (ACME, "AISPL", "1E-7")),
        QUESTION,
    )
    found = answer(stubber)
    assert (found.requests, found.is_final, found.not_read) == (1, True, "")
    assert [(one.billing_entity, one.amount.value) for one in found.charges] == [
        ("AWS", Decimal("12.3456789012")),
        ("AISPL", Decimal("0.0000001")),
    ]
    assert ChargesAnswer.from_data(of_run(found).to_data()) == of_run(found)


def test_all_pages_are_read_an_empty_one_too_and_each_is_counted(stubber: Stubber) -> None:
    stubber.add_response("get_cost_and_usage", page((ACME, "AWS", "1"), token="a"), QUESTION)
    stubber.add_response(
        "get_cost_and_usage",
        {"ResultsByTime": [], "NextPageToken": "b"},
        QUESTION | {"NextPageToken": "a"},
    )
    stubber.add_response(
        "get_cost_and_usage", page((ACME, "AWS", "2")), QUESTION | {"NextPageToken": "b"}
    )
    found = answer(stubber)
    assert (found.requests, len(found.charges)) == (3, 2)


def test_one_estimated_page_makes_the_answer_an_estimate(stubber: Stubber) -> None:
    stubber.add_response("get_cost_and_usage", page((ACME, "AWS", "1"), token="a"), QUESTION)
    stubber.add_response(
        "get_cost_and_usage", page(estimated=True), QUESTION | {"NextPageToken": "a"}
    )
    assert not answer(stubber).is_final


@pytest.mark.parametrize("result", [[], [{"Groups": []}]])
def test_an_answer_that_does_not_say_that_it_is_final_is_not(
    stubber: Stubber, result: list[Any]
) -> None:
    stubber.add_response("get_cost_and_usage", {"ResultsByTime": result}, QUESTION)
    found = answer(stubber)
    assert (found.is_final, found.not_read) == (False, "")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "has no ResultsByTime"),
        ({"ResultsByTime": [{"Estimated": False}]}, "has no Groups"),
        ({"ResultsByTime": [{"Groups": [{}]}]}, "a group without a part"),
        ({"ResultsByTime": [{"Groups": [{"Keys": ["1", "AWS"]}]}]}, "a group without a part"),
        ({"ResultsByTime": [{"Groups": [{"Keys": [], "Metrics": {}}]}]}, "without a part"),
    ],
)
def test_an_answer_without_its_lists_says_nothing_of_charges(
    stubber: Stubber, body: dict[str, Any], told: str
) -> None:
    stubber.add_response("get_cost_and_usage", body, QUESTION)
    found = answer(stubber)
    assert told in found.not_read
    assert (found.charges, found.is_final) == ((), False)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("AccessDeniedException", "AWS denied ce:GetCostAndUsage (AccessDeniedException)."),
        ("LimitExceededException", "did not answer ce:GetCostAndUsage (LimitExceededException)."),
        ("DataUnavailableException", "ce:GetCostAndUsage (DataUnavailableException)."),
    ],
)
def test_whatever_it_answers_instead_is_named_with_the_permission(
    stubber: Stubber, code: str, told: str
) -> None:
    stubber.add_client_error("get_cost_and_usage", code, "secret detail", 400)
    found = answer(stubber)
    assert told in found.not_read
    assert "secret" not in found.not_read
    assert (found.requests, found.charges) == (0, ())


OF_MARKETPLACE = {"Dimensions": {"Key": "BILLING_ENTITY", "Values": ["AWS Marketplace"]}}
BY_ACCOUNT = {key: value for key, value in QUESTION.items() if key != "GroupBy"} | {
    "GroupBy": [{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}]
}


def by_account(*groups: tuple[str, str], estimated: bool = False, token: str = "") -> Any:
    found = page(*((account_id, "", amount) for account_id, amount in groups))
    (result,) = found["ResultsByTime"]
    for group in result["Groups"]:
        group["Keys"].pop()
    result["Estimated"] = estimated
    return found | ({"NextPageToken": token} if token else {})


def test_where_groups_by_billing_entity_are_refused_each_entity_is_asked_for_by_itself(
    stubber: Stubber,
) -> None:
    stubber.add_client_error("get_cost_and_usage", "ValidationException", "Group by", 400)
    of_marketplace, of_others = (
        BY_ACCOUNT | {"Filter": one} for one in (OF_MARKETPLACE, {"Not": OF_MARKETPLACE})
    )
    first = by_account((ACME, "7"), token="a")
    stubber.add_response("get_cost_and_usage", first, of_marketplace)
    second = by_account((BOREAL, "0.5"))
    stubber.add_response("get_cost_and_usage", second, of_marketplace | {"NextPageToken": "a"})
    stubber.add_response("get_cost_and_usage", by_account((ACME, "12.25")), of_others)

    found = answer(stubber)

    assert (found.requests, found.is_final, found.not_read) == (3, True, "")
    assert [
        (one.linked_account_id, one.billing_entity, str(one.amount.value)) for one in found.charges
    ] == [
        (ACME, "AWS Marketplace", "7"),
        (BOREAL, "AWS Marketplace", "0.5"),
        (ACME, "AWS", "12.25"),
    ]


def test_one_entity_that_is_estimated_makes_all_an_estimate(stubber: Stubber) -> None:
    stubber.add_client_error("get_cost_and_usage", "ValidationException")
    stubber.add_response("get_cost_and_usage", by_account())
    stubber.add_response("get_cost_and_usage", by_account((ACME, "1"), estimated=True))
    assert not answer(stubber).is_final


def test_a_question_that_is_refused_in_every_way_is_not_read(stubber: Stubber) -> None:
    for _ in range(2):
        stubber.add_client_error("get_cost_and_usage", "ValidationException", "secret detail", 400)
    found = answer(stubber)
    assert found.not_read == "AWS refused ce:GetCostAndUsage (ValidationException)."
    assert (found.requests, found.charges) == (0, ())


def test_a_question_that_was_understood_is_not_put_in_another_way(stubber: Stubber) -> None:
    stubber.add_response("get_cost_and_usage", page((ACME, "AWS", "1"), token="a"), QUESTION)
    stubber.add_client_error("get_cost_and_usage", "ValidationException")
    found = answer(stubber)
    assert (found.requests, found.charges) == (1, ())
    assert "ValidationException" in found.not_read


def test_an_error_in_the_middle_is_no_short_answer_and_paid_pages_count(stubber: Stubber) -> None:
    stubber.add_response("get_cost_and_usage", page((ACME, "AWS", "1"), token="a"), QUESTION)
    stubber.add_client_error("get_cost_and_usage", "InvalidNextTokenException")
    found = answer(stubber)
    assert (found.requests, found.charges, found.is_final) == (1, (), False)
    assert "InvalidNextTokenException" in found.not_read
    assert of_run(found).statement().was_read is False


def test_an_answer_that_goes_in_circles_is_not_paid_for_without_end(
    stubber: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost_explorer, "_MOST_PAGES", 2)
    stubber.add_response("get_cost_and_usage", page((ACME, "AWS", "1"), token="a"), QUESTION)
    stubber.add_response("get_cost_and_usage", page(token="a"), QUESTION | {"NextPageToken": "a"})
    found = answer(stubber)
    assert (found.requests, found.not_read) == (2, "ce:GetCostAndUsage has no end after 2 pages.")


def test_an_amount_that_is_no_number_is_no_answer(stubber: Stubber) -> None:
    stubber.add_response("get_cost_and_usage", page((ACME, "AWS", "1,50")), QUESTION)
    assert "UnblendedCost is '1,50'" in answer(stubber).not_read


def test_a_service_that_cannot_be_reached_is_named() -> None:
    class Gone:
        def get_cost_and_usage(self, **_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://ce.example")

    found = CostExplorer(Gone()).charges(OCTOBER)
    assert found.not_read == ("AWS did not answer ce:GetCostAndUsage (EndpointConnectionError).")


TOTAL = {key: value for key, value in QUESTION.items() if key != "GroupBy"}


def of_month(amount: str, *, estimated: bool = False) -> dict[str, Any]:
    found = page(estimated=estimated)
    found["ResultsByTime"][0]["Total"] = {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}
    return found


@pytest.mark.parametrize(
    "groups", [(), ((ACME, "AWS Marketplace", "7"),), ((ACME, "AWS", "-3"),), ((ACME, "AWS", "0"),)]
)
def test_groups_with_nothing_to_pay_to_aws_are_held_against_the_total(
    stubber: Stubber, groups: tuple[tuple[str, str, str], ...]
) -> None:
    stubber.add_response("get_cost_and_usage", page(*groups), QUESTION)
    stubber.add_response("get_cost_and_usage", of_month("23.67"), TOTAL)
    found = answer(stubber)
    assert (found.requests, found.is_final) == (2, True)
    assert "AWS" in of_run(found).statement().charged
    assert of_run(found).statement().is_final
    assert ChargesAnswer.from_data(of_run(found).to_data()) == of_run(found)
    assert Charges.from_data(of_run(found).statement().to_data()) == of_run(found).statement()


def test_an_estimate_is_not_held_against_a_total_for_it_explains_nothing(
    stubber: Stubber,
) -> None:
    stubber.add_response("get_cost_and_usage", page(estimated=True), QUESTION)
    assert answer(stubber).requests == 1


def test_a_total_of_several_pages_is_added_up(stubber: Stubber) -> None:
    stubber.add_response("get_cost_and_usage", page(), QUESTION)
    stubber.add_response("get_cost_and_usage", of_month("5") | {"NextPageToken": "a"}, TOTAL)
    stubber.add_response("get_cost_and_usage", of_month("-5"), TOTAL | {"NextPageToken": "a"})
    found = answer(stubber)
    assert found.requests == 3
    assert [one.value for one in of_run(found).statement().total or ()] == [0]


def test_a_total_that_is_an_estimate_or_none_confirms_nothing(stubber: Stubber) -> None:
    for total, why in (
        (of_month("0", estimated=True), ""),
        (page(), "AWS's answer to ce:GetCostAndUsage has a total without a part."),
        (of_month("many"), "UnblendedCost is 'many'"),
        ({}, "AWS's answer to ce:GetCostAndUsage has no ResultsByTime."),
        ({"ResultsByTime": []}, ""),
    ):
        stubber.add_response("get_cost_and_usage", page(), QUESTION)
        stubber.add_response("get_cost_and_usage", total, TOTAL)
        said = of_run(answer(stubber)).statement()
        assert (said.is_final, said.was_read) == (False, True)
        assert why in said.not_read
        assert bool(said.not_read) == bool(why)


def test_a_total_that_is_refused_keeps_what_the_groups_said(stubber: Stubber) -> None:
    stubber.add_response("get_cost_and_usage", page((ACME, "AWS Marketplace", "7")), QUESTION)
    stubber.add_client_error("get_cost_and_usage", "LimitExceededException")
    found = answer(stubber)
    said = of_run(found).statement()
    assert (found.requests, said.is_final, said.charged) == (1, False, {"AWS_MARKETPLACE"})
    assert "LimitExceededException" in said.not_read
    assert ChargesAnswer.from_data(of_run(found).to_data()) == of_run(found)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"ResultsByTime": [{"Groups": [{"Keys": [ACME, "AWS"]}], "Estimated": False}]},
        {"ResultsByTime": [{"Groups": [{"Metrics": {}}], "Estimated": False}]},
        {
            "ResultsByTime": [
                {"Groups": [{"Keys": [ACME, "AWS"], "Metrics": {"UnblendedCost": {"Amount": "1"}}}]}
            ]
        },
    ],
)
def test_an_answer_that_is_none_is_a_witness_that_was_not_read(
    stubber: Stubber, broken: dict[str, Any]
) -> None:
    stubber.add_response("get_cost_and_usage", broken, QUESTION)
    found = answer(stubber)
    assert found.not_read.startswith("AWS's answer to ce:GetCostAndUsage has ")
    assert not of_run(found).statement().was_read
