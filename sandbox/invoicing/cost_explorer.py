"""Cost Explorer's GetCostAndUsage: the rules of the service over a catalogue, without HTTP."""

import calendar
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sandbox.invoicing.catalogue import Catalogue, CostLine
from sandbox.invoicing.costs import CURRENCY, costs_of
from sandbox.invoicing.errors import ServiceError, data_unavailable, not_found
from sandbox.invoicing.tokens import PageTokens, Position

REQUEST_USD = Decimal("0.01")
"""AWS's charge for each request, and so for each page."""
GROUPS_OF_A_PAGE = 100
_MONTHS_OF_HISTORY = 14
_FINAL_DAY = 6
"""Day of the following month at whose noon (UTC) a month's figures become final."""

BY_ACCOUNT = "LINKED_ACCOUNT"
UNDOCUMENTED_KEY = "BILLING_ENTITY"
"""AWS documents this dimension for filters only; the live service was seen to take it for groups.
"""

_METRICS = {
    "UnblendedCost": "UNBLENDED_COST",
    "BlendedCost": "BLENDED_COST",
    "NetUnblendedCost": "NET_UNBLENDED_COST",
    "AmortizedCost": "AMORTIZED_COST",
    "NetAmortizedCost": "NET_AMORTIZED_COST",
    "NormalizedUsageAmount": "NORMALIZED_USAGE_AMOUNT",
    "UsageQuantity": "USAGE_QUANTITY",
}
"""Every metric by its name in answers, with the other name that requests may use."""
_MODELLED_METRICS = ("UnblendedCost", "BlendedCost", "NetUnblendedCost")
"""All the same here: discounts are lines of their own, and nobody shares reserved rates."""

_DIMENSIONS: Mapping[str, Callable[[CostLine], str]] = {
    BY_ACCOUNT: lambda line: line.linked_account_id,
    "BILLING_ENTITY": lambda line: line.billing_entity,
    "LEGAL_ENTITY_NAME": lambda line: line.legal_entity,
    "INVOICING_ENTITY": lambda line: line.invoicing_entity,
    "RECORD_TYPE": lambda line: line.record_type,
    "SERVICE": lambda line: line.service,
}
_GROUPING_DIMENSIONS = (
    *_DIMENSIONS,
    *("AZ", "INSTANCE_TYPE", "OPERATION", "PURCHASE_TYPE", "USAGE_TYPE", "PLATFORM", "TENANCY"),
    *("DEPLOYMENT_OPTION", "DATABASE_ENGINE", "CACHE_ENGINE", "INSTANCE_TYPE_FAMILY", "REGION"),
    *("RESERVATION_ID", "SAVINGS_PLANS_TYPE", "SAVINGS_PLAN_ARN", "OPERATING_SYSTEM"),
)
_MATCH_OPTIONS = {"EQUALS", "CASE_SENSITIVE"}
_TINIEST = Decimal("0.0000000001")

_Group = tuple[tuple[str, ...], Decimal]


@dataclass(frozen=True)
class _Entry:
    """A group of one stretch of time; without grouping, or without charges, all of it."""

    start: date
    end: date
    group: _Group | None
    total: Decimal


class CostExplorer:
    """Parameters and answers are in boto3's form, already checked against the model."""

    def __init__(
        self, catalogue: Catalogue, tokens: PageTokens, groups_of_a_page: int = GROUPS_OF_A_PAGE
    ) -> None:
        self._catalogue = catalogue
        self._tokens = tokens
        self._groups_of_a_page = groups_of_a_page

    def get_cost_and_usage(
        self,
        caller: str,
        params: Mapping[str, Any],
        now: datetime,
        *,
        is_hidden: Callable[[CostLine], bool] = lambda _: False,
        is_empty: bool = False,
        refused_key: str = "",
    ) -> dict[str, Any]:
        """Answer a request. `is_hidden` selects charges to leave out, as AWS should never do.
        `is_empty` requests a page without groups and a token that goes on with the same page.
        Groups may not be by `refused_key`.
        """
        metrics = _metrics(params["Metrics"])
        stretches = _stretches(params, now.date())
        keys = _grouping(params.get("GroupBy", ()), refused_key)
        _check_filter(params.get("Filter"), "Filter")
        query = {"caller": caller, **{k: v for k, v in params.items() if k != "NextPageToken"}}
        position = self._tokens.position("ce", params.get("NextPageToken"), query, now)
        lines = [
            line
            for line in self._lines(caller, params, stretches, position.as_of)
            if _matches(line, params.get("Filter")) and not is_hidden(line)
        ]
        entries = list(_entries(lines, stretches, keys, position.as_of))
        begin = position.offset
        end = begin if is_empty else begin + self._groups_of_a_page
        answer: dict[str, Any] = {
            "ResultsByTime": _results(entries[begin:end], metrics, position.as_of),
            "DimensionValueAttributes": [],
        }
        if keys:
            answer["GroupDefinitions"] = [{"Type": "DIMENSION", "Key": key} for key in keys]
        if end < len(entries) or is_empty:
            answer["NextPageToken"] = self._tokens.issue(query, Position(end, position.as_of))
        return answer

    def _lines(
        self,
        caller: str,
        params: Mapping[str, Any],
        stretches: Sequence[tuple[date, date]],
        now: datetime,
    ) -> list[CostLine]:
        """Charges that the caller may see: a payer account all, a linked account its own."""
        payer = self._payer_of(caller)
        view = params.get("BillingViewArn", f"arn:aws:billing::{payer}:billingview/primary")
        if view != f"arn:aws:billing::{payer}:billingview/primary":
            raise not_found(
                f"Billing view {view} was not found; this emulator has primary views only."
            )
        start, end = stretches[0][0], stretches[-1][1]
        invoices = self._catalogue.invoices(payer, now).values()
        lines = costs_of(invoices, payer, start, end)
        lines += self._catalogue.costs_without_invoice(payer, now)
        return [line for line in lines if caller in (payer, line.linked_account_id)]

    def _payer_of(self, caller: str) -> str:
        payers = self._catalogue.payer_account_ids()
        if caller in payers:
            return caller
        for payer in payers:
            if caller in self._catalogue.linked_accounts(payer):
                return payer
        raise data_unavailable()


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)


def _metrics(names_in_request: Sequence[str]) -> list[str]:
    """The metrics by their names in answers."""
    if not names_in_request:
        raise _invalid("Metrics is empty; name at least one.")
    names = {**{name: name for name in _METRICS}, **{two: one for one, two in _METRICS.items()}}
    unknown = [name for name in names_in_request if name not in names]
    if unknown:
        raise _invalid(f"Metrics {unknown} are invalid. Valid values are {', '.join(_METRICS)}")
    found = list(dict.fromkeys(names[name] for name in names_in_request))
    _require_modelled("metric", found, _MODELLED_METRICS)
    return found


def _require_modelled(what: str, metrics: Sequence[str], modelled: Sequence[str]) -> None:
    for name in metrics:
        if name not in modelled:
            raise _invalid(
                f"AWS has the {what} {name}, this emulator has not; it has {', '.join(modelled)}."
            )


def _stretches(params: Mapping[str, Any], today: date) -> list[tuple[date, date]]:
    """The months or days of the answer; the first and last may be cut short."""
    granularity = params["Granularity"]
    if granularity == "HOURLY":
        raise _invalid("Hourly granularity is not enabled for this account.")
    start, end = (_day(name, params["TimePeriod"][name]) for name in ("Start", "End"))
    if start >= end:
        raise _invalid("Start date (and hour) should be before end date (and hour)")
    if start > today:
        raise _invalid(f"Start date {start} is after the current date {today}")
    if end > _first_of_next_month(today):
        raise _invalid(f"end date past the beginning of next month: {end}")
    if start < _months_before(today, _MONTHS_OF_HISTORY):
        raise _invalid(f"You haven't enabled historical data beyond {_MONTHS_OF_HISTORY} months.")
    stretches = []
    while start < end:
        step = _first_of_next_month(start) if granularity == "MONTHLY" else start + timedelta(1)
        stretches.append((start, min(step, end)))
        start = step
    return stretches


def _day(name: str, text: str) -> date:
    # The model allows an instant, but only hourly granularity takes one.
    try:
        if len(text) == len("2026-10-01"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise _invalid(f"{name} time {text} is invalid. Valid format is: yyyy-MM-dd.")


def _first_of_next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _months_before(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 - months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _grouping(definitions: Sequence[Mapping[str, str]], refused_key: str) -> list[str]:
    known = [key for key in _GROUPING_DIMENSIONS if key != refused_key]
    if len(definitions) > 2:
        raise _invalid("Group by supports at most 2 group definitions.")
    keys = []
    for definition in definitions:
        if definition.get("Type") is None:
            raise _invalid("Group Definition type is invalid.")
        key = definition.get("Key", "")
        _require_modelled("group type", [definition["Type"]], ["DIMENSION"])
        if key not in known:
            raise _invalid(
                f"Group Definition dimension is invalid. Valid values are {', '.join(known)}"
            )
        _require_modelled("dimension", [key], list(_DIMENSIONS))
        keys.append(key)
    if len(set(keys)) < len(keys):
        raise _invalid(f"Group Definitions name {keys[0]} twice.")
    return keys


def _check_filter(expression: Mapping[str, Any] | None, path: str) -> None:
    """Raises ValidationException for an expression that the service refuses."""
    if expression is None:
        return
    if len(expression) != 1:
        problem = "more than one roots" if expression else "no root"
        raise _invalid(
            f"{path}: Expression has {problem}. Only one root operator is allowed for each "
            "expression: And, Or, Not, Dimensions, Tags, CostCategories"
        )
    ((operator, operand),) = expression.items()
    _require_modelled("filter", [operator], ["And", "Or", "Not", "Dimensions"])
    if operator == "Not":
        _check_filter(operand, f"{path}.Not")
    elif operator == "Dimensions":
        _check_dimensions(operand, f"{path}.Dimensions")
    else:
        if len(operand) < 2:
            raise _invalid(f"{path}.{operator} needs at least two expressions, not {len(operand)}")
        for index, one in enumerate(operand):
            _check_filter(one, f"{path}.{operator}[{index}]")


def _check_dimensions(operand: Mapping[str, Any], path: str) -> None:
    if "Key" not in operand or not operand.get("Values"):
        raise _invalid(f"{path} needs a Key and at least one of Values")
    _require_modelled("dimension", [operand["Key"]], list(_DIMENSIONS))
    options = sorted(set(operand.get("MatchOptions", ())) - _MATCH_OPTIONS)
    if options:
        raise _invalid(f"{path}: MatchOptions {options} are not for this operation")


def _matches(line: CostLine, expression: Mapping[str, Any] | None) -> bool:
    if expression is None:
        return True
    ((operator, operand),) = expression.items()
    if operator == "Not":
        return not _matches(line, operand)
    if operator == "Dimensions":
        return _DIMENSIONS[operand["Key"]](line) in operand["Values"]
    return (all if operator == "And" else any)(_matches(line, one) for one in operand)


def _entries(
    lines: Sequence[CostLine],
    stretches: Sequence[tuple[date, date]],
    keys: Sequence[str],
    now: datetime,
) -> Iterator[_Entry]:
    for start, end in stretches:
        sums: dict[tuple[str, ...], Decimal] = {}
        for line in lines:
            amount = line.within(start, end, now)
            if amount is not None:
                names = tuple(_DIMENSIONS[key](line) for key in keys)
                sums[names] = sums.get(names, Decimal(0)) + amount
        if keys and sums:
            for group in sorted(sums.items()):
                yield _Entry(start, end, group, Decimal(0))
        else:
            yield _Entry(start, end, None, sum(sums.values(), Decimal(0)))


def _results(
    entries: Sequence[_Entry], metrics: Sequence[str], now: datetime
) -> list[dict[str, Any]]:
    """The entries by their stretches; one that the page's end cuts goes on in the next page."""
    results: list[dict[str, Any]] = []
    for entry in entries:
        period = {"Start": entry.start.isoformat(), "End": entry.end.isoformat()}
        if not results or results[-1]["TimePeriod"] != period:
            results.append(
                {
                    "TimePeriod": period,
                    "Total": {} if entry.group else _amounts(entry.total, metrics),
                    "Groups": [],
                    "Estimated": now < _final_from(entry.start),
                }
            )
        if entry.group:
            names, amount = entry.group
            results[-1]["Groups"].append(
                {"Keys": list(names), "Metrics": _amounts(amount, metrics)}
            )
    return results


def _final_from(day: date) -> datetime:
    final = _first_of_next_month(day).replace(day=_FINAL_DAY)
    return datetime.combine(final, time(12), UTC)


def _amounts(amount: Decimal, metrics: Sequence[str]) -> dict[str, dict[str, str]]:
    text = f"{(amount.quantize(_TINIEST) + 0).normalize():f}"
    return {metric: {"Amount": text, "Unit": CURRENCY} for metric in metrics}
