"""Files that are made from the app."""

import json
from typing import Any

import pytest

from infra.names import ARCHIVE_STACK, PAYER_READER_TEMPLATE, PROJECT
from infra.required_actions import REQUIRED_ACTIONS
from tests.infra import synthesis


@pytest.fixture(scope="module")
def templates(context: dict[str, Any]) -> dict[str, Any]:
    """As `python -m infra.generated` synthesizes them."""
    found: dict[str, Any] = json.loads(synthesis.generated_from(context).read_text())
    return found


def generated_files(templates: dict[str, Any]) -> dict[str, str]:
    from infra.generated import generated_files  # noqa: PLC0415 - starts a Node

    return generated_files(templates)


@pytest.fixture(scope="module")
def generated(templates: dict[str, Any]) -> dict[str, str]:
    return generated_files(templates)


@pytest.mark.parametrize("path", ["docs/workflow.md", "docs/iam.md", PAYER_READER_TEMPLATE])
def test_a_generated_file_is_current(path: str, generated: dict[str, str]) -> None:
    assert (PROJECT / path).read_text(encoding="utf-8") == generated[path], (
        "run: .venv/bin/python -m infra.generated"
    )


def test_these_are_all_generated_files(generated: dict[str, str]) -> None:
    assert set(generated) == {"docs/workflow.md", "docs/iam.md", PAYER_READER_TEMPLATE}


def test_what_a_deployment_takes_generates_the_same_files(
    templates: dict[str, Any], generated: dict[str, str], template: dict[str, Any]
) -> None:
    deployed = {**templates, ARCHIVE_STACK: template}
    assert generated_files(deployed)["docs/workflow.md"] == generated["docs/workflow.md"]


def test_the_page_shows_every_required_action_with_its_reason(generated: dict[str, str]) -> None:
    page = generated["docs/iam.md"]
    for required in (one for needs in REQUIRED_ACTIONS.values() for one in needs):
        [row] = [
            line
            for line in page.splitlines()
            if line.startswith(f"| `{required.action}` |") and required.on in line
        ][:1]
        assert required.why in page
        assert row.count("|") == 4
