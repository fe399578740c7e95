"""Which statements of a resource policy refuse a request: enough of IAM to try them out."""

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from tests.infra.policies import as_list

Context = Mapping[str, str | Sequence[str]]


def _present(actual: Any, wanted: str) -> bool:
    return (actual is None) == (wanted == "true")


def _number(compare: Callable[[float, float], bool]) -> Callable[[Any, str], bool]:
    return lambda actual, wanted: actual is not None and compare(float(actual), float(wanted))


_OPERATORS: Mapping[str, Callable[[Any, str], bool]] = {
    "Null": _present,
    "Bool": lambda actual, wanted: actual == wanted,
    "StringNotEquals": lambda actual, wanted: actual != wanted,
    "ForAllValues:StringNotEquals": lambda actual, wanted: wanted not in (actual or ()),
    "ArnNotLike": lambda actual, wanted: actual is None or not fnmatchcase(actual, wanted),
    "NumericLessThan": _number(lambda actual, wanted: actual < wanted),
    "NumericGreaterThan": _number(lambda actual, wanted: actual > wanted),
}


def denied_by(
    statements: Mapping[str, Mapping[str, Any]], action: str, resource: str, context: Context
) -> set[str]:
    """The Sids that refuse the action. The condition keys that the request lacks are absent."""
    return {
        sid
        for sid, statement in statements.items()
        if statement["Effect"] == "Deny"
        and action in as_list(statement["Action"])
        and any(fnmatchcase(resource, one) for one in as_list(statement["Resource"]))
        and all(
            all(_OPERATORS[operator](context.get(key), one) for one in as_list(wanted))
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    }
