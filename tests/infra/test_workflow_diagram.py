"""The picture of the workflow."""

from typing import Any

from infra.workflow_diagram import page


def test_the_picture_shows_every_state(states: dict[str, Any], machine: dict[str, Any]) -> None:
    drawn = page(machine)
    for name in states:
        assert f"--> {name}" in drawn
