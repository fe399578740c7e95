"""Sized tests: the slow tests run them whole, and a sample has a case of each kind."""

import ast
from collections.abc import Iterator, Mapping

import pytest

from tests.sizes import sample
from tests.sources import modules, text_of, tree_of

ITSELF = "tests/test_sizes.py"
SIZING = {"THOROUGH", "examples", "sample"}
MARKS = {"sized", "given"}
"""Of `pytest.mark.sized`, and of property tests, which conftest.py marks."""


def statements(tree: ast.Module) -> Iterator[tuple[set[str], ast.stmt]]:
    """The statements of a module and of its classes, with the names that each defines."""
    for one in tree.body:
        if isinstance(one, ast.ClassDef):
            yield {one.name}, one
            yield from statements(ast.Module(one.body, []))
        elif isinstance(one, ast.FunctionDef):
            yield {one.name}, one
        else:
            stored = (node for node in ast.walk(one) if isinstance(node, ast.Name))
            yield {node.id for node in stored if isinstance(node.ctx, ast.Store)}, one


def mentioned(node: ast.AST) -> set[str]:
    """All names in it: of variables, of attributes and of the fixtures that a function asks for."""
    found = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    found |= {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}
    return found | {one.arg for one in ast.walk(node) if isinstance(one, ast.arg)}


def reached(start: set[str], uses: Mapping[str, set[str]]) -> set[str]:
    found, open_names = set(), set(start)
    while open_names:
        name = open_names.pop()
        found.add(name)
        open_names |= uses.get(name, set()) - found
    return found


def unmarked(source: str) -> set[str]:
    """The tests of a module that are sized, by themselves or by what they use of the module, and
    that `make test-slow` does not run.
    """
    tree = tree_of(source)
    uses: dict[str, set[str]] = {}
    for names, statement in statements(tree):
        for name in names:
            uses.setdefault(name, set()).update(mentioned(statement) - {name})
    if "sized" in uses.get("pytestmark", ()):
        return set()
    found = set()
    for names, statement in statements(tree):
        if isinstance(statement, ast.FunctionDef) and statement.name.startswith("test_"):
            decorators = set().union(*map(mentioned, statement.decorator_list))
            is_marked = MARKS & reached(decorators, uses)
            if SIZING & reached(mentioned(statement), uses) and not is_marked:
                found |= names
    return found


def test_every_test_that_is_sized_runs_whole_in_the_slow_tests() -> None:
    """A helper that samples for tests of other modules is their conftest.py's to mark."""
    importing = [place for place in modules("tests") if "from tests.sizes import" in text_of(place)]
    assert "tests/ops/test_edited_fields.py" in importing
    found = {place: unmarked(text_of(place)) for place in importing if place != ITSELF}
    assert {place: names for place, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "def test_a():\n    for one in sample(ALL, 3): assert one",
        "@pytest.mark.parametrize('one', sample(ALL, 3))\ndef test_a(one): ...",
        "SOME = sample(ALL, 3)\n@pytest.mark.parametrize('one', SOME)\ndef test_a(one): ...",
        "@pytest.fixture\ndef few(): return sizes.examples(1, 9)\ndef test_a(few): assert few",
        "def some(): return ALL if THOROUGH else ALL[:2]\nclass TestB:\n"
        "    def test_a(self): assert some()",
    ],
)
def test_a_sized_test_without_its_mark_is_found(source: str) -> None:
    assert unmarked(source) == {"test_a"}
    assert unmarked("pytestmark = [pytest.mark.sized]\n" + source) == set()
    marked = source.replace("def test_a", "@pytest.mark.sized\n{}def test_a")
    indent = "    " if "class" in source else ""
    assert unmarked(marked.format(indent)) == set()


def test_a_sample_spreads_and_has_one_of_each_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.sizes.THOROUGH", False)
    values = [*range(100)]
    assert sample(values, 5) == [0, 24, 49, 74, 99]
    kinds = sample(values, 5, lambda value: value // 10)
    assert kinds[:5] == sample(values, 5)
    assert {value // 10 for value in kinds} == {*range(10)}
    assert sample(values[:5], 5) == values[:5]
    monkeypatch.setattr("tests.sizes.THOROUGH", True)
    assert sample(values, 5) == values
