"""What is installed is what is pinned, and what is shipped needs nothing of the tests."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OF_PROJECT = ("requirements.txt", "lambdas/requirements.txt")
OF_TESTS = ("requirements-test.txt", "constraints.txt")
OF_EMBEDDED_AWS = ("sandbox/requirements.txt",)
MADE_WITH_THE_ENVIRONMENT = {"pip", "setuptools"}
SHIPPED = ("app.py", "bench", "infra", "lambdas", "ops", "sandbox")


def pins(*files: str) -> dict[str, str]:
    """Version by name. Fails on a line that pins nothing."""
    found = {}
    for file in files:
        for line in (ROOT / file).read_text().splitlines():
            if line and not line.startswith(("#", "-c ", "-r ")):
                name, version = re.fullmatch(r"([\w.-]+)==([\w.]+)", line).groups()
                found[normal(name)] = version
    return found


def installed(*folders: str) -> dict[str, str]:
    found = metadata.distributions(path=list(folders)) if folders else metadata.distributions()
    return {normal(one.name): one.version for one in found}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_nothing_is_installed_in_another_version_than_is_pinned_or_unpinned() -> None:
    expected = pins(*OF_PROJECT, *OF_TESTS)
    found = installed()
    assert {name: found[name] for name in expected if name in found} == {
        name: version for name, version in expected.items() if name in found
    }
    assert found.keys() - expected.keys() <= MADE_WITH_THE_ENVIRONMENT | {"invoice-archive"}


def test_the_embedded_aws_has_what_is_pinned_for_it_and_nothing_else() -> None:
    environment = Path(sys.prefix, "ministack")
    [folder] = environment.glob("lib/python*/site-packages")
    assert installed(str(folder)) == pins(*OF_EMBEDDED_AWS)


def test_no_package_is_pinned_twice_for_the_project() -> None:
    files = (*OF_PROJECT, *OF_TESTS)
    assert len(pins(*files)) == sum(len(pins(file)) for file in files)


@pytest.mark.parametrize("place", SHIPPED)
def test_what_is_shipped_imports_only_what_requirements_txt_names(place: str) -> None:
    named = pins(*OF_PROJECT, *(OF_TESTS if place == "bench" else ()))  # it drives a browser
    homes = metadata.packages_distributions()
    foreign = {
        module
        for path in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
        for module in imported(path)
        if module not in sys.stdlib_module_names and not (ROOT / module).is_dir()
    }
    assert [
        one for one in foreign if not {normal(home) for home in homes[one]} & named.keys()
    ] == []


def imported(path: Path) -> Iterator[str]:
    """The first part of each name that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
