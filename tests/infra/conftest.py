"""The app, synthesized once for all tests as it is in the project."""

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.names import ARCHIVE_STACK, PAYER_READER_STACK
from infra.stacks import PROJECT, add_stacks
from infra.workflow_diagram import definition

import aws_cdk as cdk  # isort: skip

Template = dict[str, Any]
Synthesize = Callable[..., Template]


@pytest.fixture(scope="session")
def context() -> dict[str, Any]:
    """What cdk.json gives the app."""
    found: dict[str, Any] = json.loads((PROJECT / "cdk.json").read_text())["context"]
    return found


@pytest.fixture(scope="session")
def assembly(context: Mapping[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with everything that a deployment of the project as it is would take."""
    outdir = tmp_path_factory.mktemp("assembly")
    paths = {"aws:cdk:enable-path-metadata": True}  # as the CLI asks for them
    app = cdk.App(outdir=str(outdir), context={**context, **paths})
    add_stacks(app, PROJECT)
    app.synth()
    return outdir


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
def synthesize(context: Mapping[str, Any], tmp_path: Path) -> Synthesize:
    """A function that synthesizes a stack's template with some settings changed, without assets."""

    def synthesized(stack_name: str = ARCHIVE_STACK, **settings: object) -> Template:
        changed = copy.deepcopy(dict(context))
        changed["invoice_archive"] |= settings
        changed["aws:cdk:bundling-stacks"] = []
        app = cdk.App(outdir=str(tmp_path / "assembly"), context=changed)
        add_stacks(app, PROJECT)
        found: Template = app.synth().get_stack_by_name(stack_name).template
        return found

    return synthesized
