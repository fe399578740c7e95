from typing import Any

import pytest

from lambdas.aws.answers import AS_SENT, AnswerNotRead, demand_shapes, keep_answers
from tests.aws.http_answers import Service

MONTH = {"Start": "2026-10-01", "End": "2026-11-01"}


@pytest.fixture
def costs() -> Service:
    service = Service("ce")
    demand_shapes(service.client, "cost-explorer")
    return service


def cost_and_usage(service: Service) -> dict[str, Any]:
    return dict(
        service.client.get_cost_and_usage(
            TimePeriod=MONTH, Granularity="MONTHLY", Metrics=["UnblendedCost"]
        )
    )


def test_an_answer_is_given_as_it_was_sent_whatever_it_is() -> None:
    service = Service("invoicing")
    keep_answers(service.client, "invoicing")
    for body in (b"{}", b' {"x" :1.50}', b"<html>", b"", b"\xff"):
        service.answers(body)
        assert service.client.list_invoice_units()[AS_SENT] == body


def test_an_answer_of_its_shape_is_read_members_of_tomorrow_and_nulls_too(costs: Service) -> None:
    group = {
        "Keys": ["1"],
        "Metrics": {"UnblendedCost": {"Amount": "1", "Unit": None}},
        "OfTomorrow": 5,
    }
    costs.answers({"ResultsByTime": [{"Estimated": False, "Groups": [group]}]})
    (result,) = cost_and_usage(costs)["ResultsByTime"]
    assert result["Groups"][0]["Keys"] == ["1"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "is no JSON"),
        (b"<html>", "is no JSON"),
        (b"\xff", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        ([], "is no JSON object"),
        (None, "is no JSON object"),
        ({"ResultsByTime": "x"}, "ResultsByTime is str, not a list"),
        ({"ResultsByTime": [None]}, r"ResultsByTime.\[1\] is null, not a structure"),
        ({"ResultsByTime": [{"Estimated": 1}]}, "Estimated is int, not a boolean"),
        ({"ResultsByTime": [{"Groups": [{"Keys": [True]}]}]}, "is bool, not a string"),
        ({"ResultsByTime": [{"Groups": [{"Metrics": {"x": []}}]}]}, "x is list, not a structure"),
        ({"NextPageToken": 5}, "NextPageToken is int, not a string"),
    ],
)
def test_an_answer_of_another_shape_is_reported_by_its_first_wrong_member(
    costs: Service, body: object, told: str
) -> None:
    costs.answers(body)
    with pytest.raises(AnswerNotRead, match=f"ce:GetCostAndUsage .*{told}"):
        cost_and_usage(costs)


@pytest.mark.parametrize("seconds", [1e30, float("nan"), float("inf"), "soon"])
def test_an_instant_that_is_none_is_reported(seconds: object) -> None:
    service = Service("organizations")
    demand_shapes(service.client, "organizations")
    service.answers({"ResponsibilityTransfers": [{"StartTimestamp": seconds}]})
    with pytest.raises(AnswerNotRead, match="StartTimestamp is"):
        service.client.list_inbound_responsibility_transfers(Type="BILLING")


def test_no_value_of_an_answer_is_reported(costs: Service) -> None:
    costs.answers({"ResultsByTime": "https://secret"})
    with pytest.raises(AnswerNotRead) as raised:
        cost_and_usage(costs)
    assert "secret" not in str(raised.value)
