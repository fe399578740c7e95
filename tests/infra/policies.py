"""Reading policies out of a synthesized template."""

from collections.abc import Mapping
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


def grants(template: Mapping[str, Any], role_id: str) -> set[tuple[str, str]]:
    """Every (action, resource) that the identity policies of a role allow.

    A resource reads `<logical id without hash>/<key>`.
    """
    found = set()
    for policy in of_type(template, "AWS::IAM::Policy").values():
        if {"Ref": role_id} in policy["Roles"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                assert statement["Effect"] == "Allow"
                assert "Condition" not in statement
                found |= {
                    (action, text(resource))
                    for action in as_list(statement["Action"])
                    for resource in as_list(statement["Resource"])
                }
    return found


def all_allowed_actions(template: Mapping[str, Any]) -> set[str]:
    return {
        action
        for policy in of_type(template, "AWS::IAM::Policy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        for action in as_list(statement["Action"])
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
    if function == "Fn::Select":
        return text(argument[1])
    if function == "Fn::Split":
        return text(argument[1])
    raise AssertionError(f"unexpected {function}")


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _without_hash(logical_id: str) -> str:
    return logical_id[:-8]
