"""Cost Explorer as a witness: which billing entities had charges in a billing period."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from lambdas.aws.witness import QuestionRefused, WitnessNotRead, witness
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.charges import Charge, ChargesAnswer, MonthTotal
from lambdas.domain.invoice_summary import Amount, AmountNotRead, read_decimal
from lambdas.domain.json_text import instant_text

_ACTION = "ce:GetCostAndUsage"
_METRIC = "UnblendedCost"
_MOST_PAGES = 100
"""Each costs 0.01 USD: an answer that goes in circles is not paid for without end."""

_BY_ACCOUNT = {"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}
_BY_ENTITY = {"Type": "DIMENSION", "Key": "BILLING_ENTITY"}
_MARKETPLACE = "AWS Marketplace"
_OF_MARKETPLACE = {"Dimensions": {"Key": "BILLING_ENTITY", "Values": [_MARKETPLACE]}}


@dataclass(frozen=True)
class _Question:
    """One way to ask. Its groups are by account and billing entity, or by account alone where it is
    about the charges of one `entity`.
    """

    asked: Mapping[str, Any]
    entity: str = ""


_UNGROUPED = _Question({})
_BY_BOTH = _Question({"GroupBy": [_BY_ACCOUNT, _BY_ENTITY]})
_EACH_ENTITY = (
    _Question({"GroupBy": [_BY_ACCOUNT], "Filter": _OF_MARKETPLACE}, _MARKETPLACE),
    _Question({"GroupBy": [_BY_ACCOUNT], "Filter": {"Not": _OF_MARKETPLACE}}, "AWS"),
)
"""AWS documents the billing entity for filters and not for groups, which it takes all the same. Two
questions instead of one; Invoicing knows no other billing entities than these."""


@dataclass
class _Asked:
    """What was answered so far; AWS bills each page."""

    pages: int = 0
    results: list[Mapping[str, Any]] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)

    @property
    def is_final(self) -> bool:
        """Whether AWS calls nothing of it estimated."""
        return bool(self.results) and not any(one.get("Estimated", True) for one in self.results)


class CostExplorer:
    """Cost Explorer with the credentials of one payer account."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def charges(self, period: BillingPeriod, run_id: str, as_of: datetime) -> ChargesAnswer:
        """The net charges of the period by linked account and billing entity, all pages; and the
        total that has no groups, where the groups leave out what they may leave out.

        An answer that could not be read whole says why, and counts the pages that were answered.
        """
        asked, at = _Asked(), instant_text(as_of)
        try:
            try:
                self._ask(period, _BY_BOTH, asked)
            except QuestionRefused:
                if asked.pages:  # so it was understood, and something else is wrong
                    raise
                for question in _EACH_ENTITY:
                    self._ask(period, question, asked)
        except WitnessNotRead as error:
            return ChargesAnswer(run_id, at, asked.pages, not_read=str(error))
        answer = ChargesAnswer(run_id, at, asked.pages, asked.is_final, tuple(asked.charges))
        return self._with_total(answer, period) if answer.wants_total else answer

    def _with_total(self, answer: ChargesAnswer, period: BillingPeriod) -> ChargesAnswer:
        asked = _Asked()
        try:
            amounts = tuple(
                _amount(result.get("Total", {}))
                for result in self._results(period, _UNGROUPED, asked)
            )
            total = MonthTotal(asked.is_final, amounts)
        except WitnessNotRead as error:
            total = MonthTotal(not_read=str(error))
        return replace(answer, requests=answer.requests + asked.pages, total=total)

    def _ask(self, period: BillingPeriod, question: _Question, asked: _Asked) -> None:
        """Add the groups of all pages to what was answered. Raises WitnessNotRead."""
        for result in self._results(period, question, asked):
            asked.charges += (_charge(group, question.entity) for group in result.get("Groups", ()))

    def _results(
        self, period: BillingPeriod, question: _Question, asked: _Asked
    ) -> Iterator[Mapping[str, Any]]:
        """The results of all pages, counted. Raises WitnessNotRead."""
        token = ""
        while asked.pages < _MOST_PAGES:
            page = self._page(period, question, token)
            asked.pages += 1
            if "ResultsByTime" not in page:
                raise WitnessNotRead(f"{_ACTION} gave an answer without results.")
            asked.results += page["ResultsByTime"]
            yield from page["ResultsByTime"]
            token = page.get("NextPageToken", "")
            if not token:
                return
        raise WitnessNotRead(f"{_ACTION} has no end after {asked.pages} pages.")

    def _page(self, period: BillingPeriod, question: _Question, token: str) -> Mapping[str, Any]:
        with witness(_ACTION):
            page: Mapping[str, Any] = self._client.get_cost_and_usage(
                TimePeriod={
                    "Start": period.first_day.isoformat(),
                    "End": period.first_day_after.isoformat(),
                },
                Granularity="MONTHLY",
                Metrics=[_METRIC],
                **question.asked,
                **({"NextPageToken": token} if token else {}),
            )
        return page


def _charge(group: Mapping[str, Any], entity: str) -> Charge:
    keys = (*group.get("Keys", ()), *([entity] if entity else ()))
    if len(keys) < 2:
        raise WitnessNotRead(f"{_ACTION} gave a group without its keys.")
    return Charge(keys[0], keys[1], _amount(group.get("Metrics", {})))


def _amount(metrics: Mapping[str, Any]) -> Amount:
    cost = metrics.get(_METRIC, {})
    if not (cost.get("Amount") and cost.get("Unit")):
        raise WitnessNotRead(f"{_ACTION} gave no {_METRIC} where one was asked for.")
    try:
        return Amount(cost["Unit"], read_decimal(cost["Amount"], _METRIC))
    except AmountNotRead as error:
        raise WitnessNotRead(f"{_ACTION} gave what cannot be read: {error}.") from None
