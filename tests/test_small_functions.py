"""No function of the shipped code is longer than a screen or holds more names than a reader can."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
MOST_LINES, MOST_NAMES = 60, 15
Function = ast.FunctionDef | ast.AsyncFunctionDef
_OWN_SCOPE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_OWN_SCOPE += (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def names(function: Function) -> set[str]:
    """The arguments and local names of a function, without those of functions inside it."""
    given = function.args
    arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    return {one.arg for one in arguments if one} | set(_stored(function))


def _stored(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            yield child.id
        if not isinstance(child, _OWN_SCOPE):
            yield from _stored(child)


def too_large(source: str) -> list[str]:
    functions = [one for one in ast.walk(ast.parse(source)) if isinstance(one, Function)]
    return [
        f"{one.name}: {lines} lines, {len(names(one))} names"
        for one in functions
        if (lines := (one.end_lineno or 0) - one.lineno + 1) > MOST_LINES
        or len(names(one)) > MOST_NAMES
    ]


@pytest.mark.parametrize("folder", ["lambdas", "ops"])
def test_a_function_is_one_screen_with_few_names(folder: str) -> None:
    sources = sorted(PROJECT.joinpath(folder).rglob("*.py"))
    found = {str(one.relative_to(PROJECT)): too_large(one.read_text("utf-8")) for one in sources}
    assert {path: large for path, large in found.items() if large} == {}


def test_what_is_too_large_is_found() -> None:
    arguments = ", ".join(f"a{number}" for number in range(MOST_NAMES))
    assert too_large(f"def few({arguments}): [b for b in a1]") == []
    assert too_large(f"def many({arguments}):\n  for b in a1: pass") == ["many: 2 lines, 16 names"]
    assert too_large(f"def many({arguments}, *more): pass") == ["many: 1 lines, 16 names"]
    assert too_large("def long():\n" + "  pass\n" * MOST_LINES) == ["long: 61 lines, 0 names"]
