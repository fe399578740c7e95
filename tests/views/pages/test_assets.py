"""The style and the script lie in files of their own, wherever the pages are made."""

import tomllib
from fnmatch import fnmatch
from pathlib import Path

from lambdas.views.pages.assets import SCRIPT, SCRIPTS, STYLE, STYLES

PROJECT = Path(__file__).parents[3]
OF_THE_DEPLOYMENT = {"requirements.txt"}
"""What neither a page nor the tool reads."""


def test_a_page_has_the_files_as_they_are() -> None:
    folder = PROJECT / "lambdas/views/pages"
    for names, text in ((STYLES, STYLE), (SCRIPTS, SCRIPT)):
        assert "".join(f"\n{(folder / name).read_text('utf-8')}" for name in names) == text
    assert {path.name for path in folder.glob("*.js")} == set(SCRIPTS)
    assert {path.name for path in folder.glob("*.css")} == set(STYLES)


def test_no_file_ends_the_element_that_holds_it() -> None:
    assert "</" not in STYLE + SCRIPT


def test_what_is_installed_has_every_file_of_its_packages() -> None:
    """`pip install .` takes modules, and other files only as package data."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    setuptools = project["tool"]["setuptools"]
    patterns = setuptools["package-data"]
    found = [
        path.relative_to(PROJECT)
        for package in setuptools["packages"]["find"]["include"]
        for path in (PROJECT / package.removesuffix("*")).rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
        if path.name not in OF_THE_DEPLOYMENT
    ]
    assert {path.name for path in found} >= {"style.css", "script.js"}
    for path in found:
        of_package = patterns.get(".".join(path.parent.parts), ())
        assert any(fnmatch(path.name, pattern) for pattern in of_package), path
