"""A handler is one screen: settings, collaborators, one step, answer. What needs more is a step."""

import ast
from pathlib import Path

import pytest

HANDLERS = sorted((Path(__file__).parents[2] / "lambdas/handlers").glob("[!_]*.py"))
MOST_LINES = 80
MOST_LINES_OF_HELPER = 10
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def definitions(source: str) -> dict[str, int]:
    """The lines of each function and class of a module, wherever in it, by name."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, DEFINITIONS)]
    return {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in nodes}


def is_one_screen(source: str) -> bool:
    own = definitions(source)
    has_handler = own.pop("handler", None) is not None
    few = len(own) <= 1 and all(lines <= MOST_LINES_OF_HELPER for lines in own.values())
    return has_handler and few and len(source.splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", HANDLERS, ids=lambda path: path.stem)
def test_a_handler_is_one_screen_with_at_most_one_small_helper(path: Path) -> None:
    assert is_one_screen(path.read_text(encoding="utf-8"))


HANDLER = "def handler(event, context):\n    return event\n"
HELPER = "def help():\n    pass\n"


@pytest.mark.parametrize(
    "source",
    [
        HELPER,
        HANDLER + HELPER + "class Helper:\n    pass\n",
        HANDLER + HELPER + "    pass\n" * 9,
        HANDLER + "\n" * 79,
    ],
    ids=["no handler", "two helpers", "a helper that is not small", "81 lines"],
)
def test_a_handler_that_is_more_than_a_screen_is_seen(source: str) -> None:
    assert not is_one_screen(source)


def test_a_handler_with_one_small_helper_is_let_be() -> None:
    assert is_one_screen(HANDLER + HELPER)
