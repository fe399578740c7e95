"""Which way imports point."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.stacks import PROJECT

FILES = [PROJECT / "app.py", *sorted((PROJECT / "infra").glob("*.py"))]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: a relative import hides where it points"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_deployment_knows_of_the_functions_only_their_domain_and_settings(path: Path) -> None:
    for name in imported(path):
        top = name.split(".")[0]
        assert top not in ("sandbox", "ops", "tests")
        if top == "lambdas":
            assert name.startswith(("lambdas.domain.", "lambdas.settings."))


def test_the_functions_know_nothing_of_the_deployment() -> None:
    for path in (PROJECT / "lambdas").rglob("*.py"):
        assert not [name for name in imported(path) if name.split(".")[0] == "infra"]
