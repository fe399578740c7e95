"""The project's modules, read and parsed once a process, for the tests that hold rules to them."""

import ast
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parent.parent

tree_of = cache(ast.parse)
"""The tree of a module's text, which nobody changes."""


@cache
def modules(*roots: str) -> tuple[str, ...]:
    """The paths of all modules below these folders of the project."""
    found = (path for root in roots for path in sorted((PROJECT / root).rglob("*.py")))
    return tuple(path.relative_to(PROJECT).as_posix() for path in found)


@cache
def text_of(place: str) -> str:
    """The text of the file at this path in the project."""
    return (PROJECT / place).read_text(encoding="utf-8")
