"""docs/workflow.md is generated."""

from typing import Any

from infra.workflow_diagram import PAGE, PROJECT, page


def test_the_picture_of_the_workflow_is_current(machine: dict[str, Any]) -> None:
    kept = (PROJECT / PAGE).read_text(encoding="utf-8")
    assert kept == page(machine), "run: python -m infra.workflow_diagram"


def test_the_picture_shows_every_state(states: dict[str, Any], machine: dict[str, Any]) -> None:
    drawn = page(machine)
    for name in states:
        assert f"--> {name}" in drawn
