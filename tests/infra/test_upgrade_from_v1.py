"""The deployed stacks of v1 upgrade in place: nothing is taken away, and nothing is replaced but an
alarm that got another name.
"""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.names import ARCHIVE_STACK, PAYER_READER_STACK
from tests.infra.conftest import Template
from tests.infra.schemas import resource_schema

V1 = Path(__file__).parents[1] / "releases" / "v1"
STACKS = (ARCHIVE_STACK, PAYER_READER_STACK)
RENAMED = {"invoice-archive-ToldNobody": "invoice-archive-NotificationFailed"}
"""An alarm keeps nothing, so CloudFormation may make it anew under its new name."""


@pytest.fixture
def now(template: Template, payer_template: Template) -> dict[str, Template]:
    return {ARCHIVE_STACK: template, PAYER_READER_STACK: payer_template}


def of_v1(stack: str) -> Template:
    found: Template = json.loads(gzip.decompress((V1 / f"{stack}.template.json.gz").read_bytes()))
    return found


def create_only(resource: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The properties whose change makes CloudFormation replace the resource, always or in some
    cases, with their values.
    """
    schema = resource_schema(resource["Type"])
    if schema is None:
        assert resource["Type"].startswith(("Custom::", "AWS::CDK::"))
        return
    kinds = ("createOnlyProperties", "conditionalCreateOnlyProperties")
    for path in (path for kind in kinds for path in schema.get(kind, ())):
        value: Any = resource.get("Properties", {})
        for name in path.removeprefix("/properties/").split("/"):
            value = value.get(name) if isinstance(value, dict) else None
        yield path, value


def _name_now(value: Any) -> Any:
    return RENAMED.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("stack", STACKS)
def test_every_resource_keeps_its_logical_id_and_type(stack: str, now: dict[str, Template]) -> None:
    before = {name: one["Type"] for name, one in of_v1(stack)["Resources"].items()}
    after = {name: one["Type"] for name, one in now[stack]["Resources"].items()}
    assert before.items() <= after.items()


@pytest.mark.parametrize("stack", STACKS)
def test_no_resource_is_replaced(stack: str, now: dict[str, Template]) -> None:
    resources, compared = now[stack]["Resources"], 0
    for name, one in of_v1(stack)["Resources"].items():
        before, after = dict(create_only(one)), dict(create_only(resources[name]))
        expected = {path: _name_now(value) for path, value in before.items()}
        assert (name, after) == (name, expected)
        compared += len(before)
    assert compared > 0


@pytest.mark.parametrize("stack", STACKS)
def test_what_v1_keeps_when_the_stack_goes_is_kept(stack: str, now: dict[str, Template]) -> None:
    for name, one in of_v1(stack)["Resources"].items():
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            if one.get(policy) == "Retain":
                assert now[stack]["Resources"][name].get(policy) == "Retain", name


@pytest.mark.parametrize("stack", STACKS)
def test_every_output_and_parameter_is_still_there(stack: str, now: dict[str, Template]) -> None:
    for part in ("Outputs", "Parameters"):
        assert of_v1(stack).get(part, {}).keys() <= now[stack].get(part, {}).keys()
