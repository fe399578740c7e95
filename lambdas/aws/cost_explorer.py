"""Cost Explorer as a witness: which billing entities had charges in a billing period."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lambdas.aws.witness import WitnessNotRead, witness
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.charges import Charge, ChargesAnswer
from lambdas.domain.invoice_summary import Amount, AmountNotRead, read_decimal
from lambdas.domain.json_text import instant_text

_ACTION = "ce:GetCostAndUsage"
_METRIC = "UnblendedCost"
_MOST_PAGES = 100
"""Each costs 0.01 USD: an answer that goes in circles is not paid for without end."""


class CostExplorer:
    """Cost Explorer with the credentials of one payer account."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def charges(self, period: BillingPeriod, run_id: str, as_of: datetime) -> ChargesAnswer:
        """The net charges of the period by linked account and billing entity, all pages.

        An answer that could not be read whole says why, and counts the pages that were answered.
        """
        results: list[Mapping[str, Any]] = []
        requests, token, at = 0, "", instant_text(as_of)
        try:
            while (token or not requests) and requests < _MOST_PAGES:
                page = self._page(period, token)
                requests += 1
                results += page["ResultsByTime"]
                token = page.get("NextPageToken", "")
            charges = tuple(_charge(group) for one in results for group in one.get("Groups", ()))
        except WitnessNotRead as error:
            return ChargesAnswer(run_id, at, requests, not_read=str(error))
        if token:
            reason = f"{_ACTION} has no end after {requests} pages."
            return ChargesAnswer(run_id, at, requests, not_read=reason)
        is_final = bool(results) and not any(one.get("Estimated", True) for one in results)
        return ChargesAnswer(run_id, at, requests, is_final, charges)

    def _page(self, period: BillingPeriod, token: str) -> Mapping[str, Any]:
        with witness(_ACTION):
            page: Mapping[str, Any] = self._client.get_cost_and_usage(
                TimePeriod={
                    "Start": period.first_day.isoformat(),
                    "End": period.first_day_after.isoformat(),
                },
                Granularity="MONTHLY",
                Metrics=[_METRIC],
                GroupBy=[
                    {"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"},
                    {"Type": "DIMENSION", "Key": "BILLING_ENTITY"},
                ],
                **({"NextPageToken": token} if token else {}),
            )
        return page


def _charge(group: Mapping[str, Any]) -> Charge:
    account_id, billing_entity = group["Keys"]
    cost = group["Metrics"][_METRIC]
    try:
        value = read_decimal(cost["Amount"], _METRIC)
    except AmountNotRead as error:
        raise WitnessNotRead(f"{_ACTION} gave what cannot be read: {error}.") from None
    return Charge(account_id, billing_entity, Amount(cost["Unit"], value))
