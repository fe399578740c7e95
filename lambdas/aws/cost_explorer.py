"""Cost Explorer as a witness: the charges of a billing period by account and billing entity."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lambdas.aws.witness_errors import QuestionRefused, WitnessNotRead, witness
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.money import Amount, AmountNotRead, read_decimal
from lambdas.domain.witnesses.charges import Charge, MonthTotal, ReceivedCharges

_ACTION = "ce:GetCostAndUsage"
_METRIC = "UnblendedCost"
_MOST_PAGES = 100
"""Each page costs 0.01 USD; the limit ends an answer whose pages go in circles."""

_BY_ACCOUNT = {"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}
_BY_ENTITY = {"Type": "DIMENSION", "Key": "BILLING_ENTITY"}
_MARKETPLACE = "AWS Marketplace"
_OF_MARKETPLACE = {"Dimensions": {"Key": "BILLING_ENTITY", "Values": [_MARKETPLACE]}}


@dataclass(frozen=True)
class _Question:
    """One question. Its groups are by account and billing entity, or by account alone if the
    question is about one `entity`.
    """

    parameters: Mapping[str, Any]
    entity: str = ""


_UNGROUPED = _Question({})
_BY_BOTH = _Question({"GroupBy": [_BY_ACCOUNT, _BY_ENTITY]})
_EACH_ENTITY = (
    _Question({"GroupBy": [_BY_ACCOUNT], "Filter": _OF_MARKETPLACE}, _MARKETPLACE),
    _Question({"GroupBy": [_BY_ACCOUNT], "Filter": {"Not": _OF_MARKETPLACE}}, "AWS"),
)
"""Two questions in place of _BY_BOTH: AWS accepts the billing entity in groups but documents it for
filters only. Invoicing has no billing entities but these."""


@dataclass
class _Answers:
    """The answers received, and their pages, each of which AWS bills."""

    pages: int = 0
    results: list[Mapping[str, Any]] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)

    @property
    def is_final(self) -> bool:
        """True if AWS marks none of the results as estimated."""
        return bool(self.results) and not any(one.get("Estimated", True) for one in self.results)


class CostExplorer:
    """Cost Explorer with the credentials of one payer account."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def charges(self, period: BillingPeriod) -> ReceivedCharges:
        """The net charges of the period by linked account and billing entity, from all pages; and
        the ungrouped total if the answer wants one, because groups can omit charges.

        An answer that was not read whole has the reason and the number of pages received.
        """
        answers = _Answers()
        try:
            try:
                self._ask(period, _BY_BOTH, answers)
            except QuestionRefused:
                if answers.pages:  # the question was understood; something else is wrong
                    raise
                for question in _EACH_ENTITY:
                    self._ask(period, question, answers)
        except WitnessNotRead as error:
            return ReceivedCharges(answers.pages, not_read=str(error))
        answer = ReceivedCharges(answers.pages, answers.is_final, tuple(answers.charges))
        return self._with_total(answer, period) if answer.wants_total else answer

    def _with_total(self, answer: ReceivedCharges, period: BillingPeriod) -> ReceivedCharges:
        answers = _Answers()
        try:
            amounts = tuple(
                _amount(result.get("Total", {}), "a total")
                for result in self._results(period, _UNGROUPED, answers)
            )
            total = MonthTotal(answers.is_final, amounts)
        except WitnessNotRead as error:
            total = MonthTotal(not_read=str(error))
        return replace(answer, requests=answer.requests + answers.pages, total=total)

    def _ask(self, period: BillingPeriod, question: _Question, answers: _Answers) -> None:
        """Add the groups of all pages to the answers. Raises WitnessNotRead."""
        for result in self._results(period, question, answers):
            groups = _list(result, "Groups")
            answers.charges += (_charge(group, question.entity) for group in groups)

    def _results(
        self, period: BillingPeriod, question: _Question, answers: _Answers
    ) -> Iterator[Mapping[str, Any]]:
        """The results of all pages, counted. Raises WitnessNotRead."""
        token = ""
        while answers.pages < _MOST_PAGES:
            page = self._page(period, question, token)
            answers.pages += 1
            answers.results += (results := _list(page, "ResultsByTime"))
            yield from results
            token = page.get("NextPageToken", "")
            if not token:
                return
        raise WitnessNotRead(f"{_ACTION} has no end after {answers.pages} pages.")

    def _page(self, period: BillingPeriod, question: _Question, token: str) -> Mapping[str, Any]:
        with witness(_ACTION):
            page: Mapping[str, Any] = self._client.get_cost_and_usage(
                TimePeriod={
                    "Start": period.first_day.isoformat(),
                    "End": period.first_day_after.isoformat(),
                },
                Granularity="MONTHLY",
                Metrics=[_METRIC],
                **question.parameters,
                **({"NextPageToken": token} if token else {}),
            )
        return page


def _list(answer: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    """A list of the answer; a missing one is not an empty one. Raises WitnessNotRead."""
    if name not in answer:
        raise WitnessNotRead(f"AWS's answer to {_ACTION} has no {name}.")
    items: Sequence[Mapping[str, Any]] = answer[name]
    return items


def _charge(group: Mapping[str, Any], entity: str) -> Charge:
    try:
        account_id, billing_entity = (*group["Keys"], entity)[:2]
        metrics = group["Metrics"]
    except (LookupError, ValueError):
        raise _without_a_part("a group") from None
    return Charge(account_id, billing_entity, _amount(metrics, "a group"))


def _amount(metrics: Mapping[str, Any], whose: str) -> Amount:
    try:
        cost = metrics[_METRIC]
        amount, unit = cost["Amount"], cost["Unit"]
    except LookupError:
        raise _without_a_part(whose) from None
    try:
        return Amount(unit, read_decimal(amount, _METRIC))
    except AmountNotRead as error:
        raise WitnessNotRead(f"{_ACTION} gave what cannot be read: {error}.") from None


def _without_a_part(what: str) -> WitnessNotRead:
    return WitnessNotRead(f"AWS's answer to {_ACTION} has {what} without a part.")
