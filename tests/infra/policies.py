"""Reading policies out of a synthesized template."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def of_type(template: Mapping[str, Any], type_name: str) -> dict[str, dict[str, Any]]:
    """Properties of the resources of a type by logical id."""
    return {
        logical_id: resource.get("Properties", {})
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == type_name
    }


def only(template: Mapping[str, Any], type_name: str) -> dict[str, Any]:
    """Properties of the one resource of a type."""
    [properties] = of_type(template, type_name).values()
    return properties


Grant = tuple[str, str, str]
"""An action, what it is on, and the condition as JSON text; the last is empty where there is none.

A resource reads `<logical id without hash>/<key>`.
"""


def grants(template: Mapping[str, Any], role_id: str) -> set[Grant]:
    """Everything that the identity policies of a role allow."""
    return {
        grant
        for policy in of_type(template, "AWS::IAM::Policy").values()
        if {"Ref": role_id} in policy["Roles"]
        for grant in allowed(policy["PolicyDocument"])
    }


def allowed(document: Mapping[str, Any]) -> Iterator[Grant]:
    for statement in document["Statement"]:
        assert statement["Effect"] == "Allow"
        condition = statement.get("Condition")
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                yield action, text(resource), json.dumps(shown(condition)) if condition else ""


def shown(value: Any) -> Any:
    """A part of a template with every reference shown as the construct's name."""
    if isinstance(value, dict):
        if len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref")):
            return text(value)
        return {name: shown(member) for name, member in value.items()}
    return [shown(member) for member in value] if isinstance(value, list) else value


def by_sid(statements: list[Any]) -> dict[str, dict[str, Any]]:
    """Statements with a Sid, their references shown as names."""
    found = [shown(statement) for statement in statements if "Sid" in statement]
    named = {statement["Sid"]: statement for statement in found}
    assert len(named) == len(found)
    return named


def all_allowed_actions(template: Mapping[str, Any]) -> set[str]:
    return {
        grant[0]
        for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
        for policy in of_type(template, kind).values()
        for grant in allowed(policy["PolicyDocument"])
    }


def role_id(template: Mapping[str, Any], prefix: str) -> str:
    """The logical id of the role whose id begins so."""
    [found] = [name for name in of_type(template, "AWS::IAM::Role") if name.startswith(prefix)]
    return found


def text(value: Any) -> str:
    """A template value as text, with references shown as the construct's name."""
    if isinstance(value, str):
        return value
    [(function, argument)] = value.items()
    if function == "Fn::Join":
        return str(argument[0]).join(text(part) for part in argument[1])
    if function == "Fn::GetAtt":
        return _without_hash(argument[0])
    if function == "Ref":
        return argument if argument.startswith("AWS::") else _without_hash(argument)
    if function in ("Fn::Select", "Fn::Split"):
        return text(argument[1])
    if function == "Fn::Sub":
        return str(argument)
    raise AssertionError(f"unexpected {function}")


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _without_hash(logical_id: str) -> str:
    return logical_id[:-8]
