"""The app as it is in the project and with other settings, as `synthesis` keeps it."""

import copy
import json
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from infra.names import ARCHIVE_STACK, PAYER_READER_STACK, PROJECT
from infra.workflow_diagram import definition
from tests.infra import synthesis

Template = dict[str, Any]
Synthesize = Callable[..., Template]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """CDK validates the templates of other settings in the slow tests alone."""
    for item in items:
        if "synthesize" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.sized)


@pytest.fixture(scope="session")
def context() -> dict[str, Any]:
    """What cdk.json gives the app."""
    found: dict[str, Any] = json.loads((PROJECT / "cdk.json").read_text())["context"]
    return found


@pytest.fixture(scope="session")
def monitoring() -> ModuleType:
    """The module `infra.monitoring`, imported when it is needed: importing CDK starts a Node."""
    return import_module("infra.monitoring")


@pytest.fixture(scope="session")
def assembly(context: Mapping[str, Any]) -> Path:
    """The folder with everything that a deployment of the project as it is would take: to be read
    only, for other tests read it too.
    """
    return synthesis.whole_assembly(context)


@pytest.fixture(scope="session")
def template(assembly: Path) -> Template:
    found: Template = json.loads((assembly / f"{ARCHIVE_STACK}.template.json").read_text())
    return found


@pytest.fixture(scope="session")
def payer_template(assembly: Path) -> Template:
    """The template of the stack that payer accounts deploy."""
    path = assembly / f"{PAYER_READER_STACK}.template.json"
    found: Template = json.loads(path.read_text())
    return found


@pytest.fixture(scope="session")
def machine(template: Template) -> dict[str, Any]:
    """The state machine's definition."""
    return definition(template)


@pytest.fixture(scope="session")
def states(machine: Mapping[str, Any]) -> dict[str, Any]:
    """Every state of the workflow, those of the map's children included."""
    return machine["States"] | machine["States"]["ForEachPayerAccount"]["ItemProcessor"]["States"]


@pytest.fixture
def synthesize(context: Mapping[str, Any]) -> Synthesize:
    """A function that synthesizes a stack's template with some settings changed, without assets."""

    def synthesized(stack_name: str = ARCHIVE_STACK, **settings: object) -> Template:
        changed = copy.deepcopy(dict(context))
        changed["invoice_archive"] |= settings
        made = synthesis.templates(changed) / f"{stack_name}.template.json"
        found: Template = json.loads(made.read_text())
        return found

    return synthesized
