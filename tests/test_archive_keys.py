"""Only lambdas/domain/evidence/archive_layout.py builds archive keys and takes them apart."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import product

import pytest

from tests.sources import modules, text_of, tree_of

LAYOUT = "lambdas/domain/evidence/archive_layout.py"
MODULES = modules("lambdas", "infra", "ops", "sandbox", "bench")

ALLOWED = {
    "lambdas/views/readme.py": "its program runs without this software, its text is prose",
    "bench/views.py": "what it prints calls each view by its file name",
}
"""Modules that may name what lies in the archive, and why."""
NO_KEY = {
    ("infra/deploy_settings.py", "arn.rpartition('/')"): "the name in the ARN of a role",
    ("infra/permissions.py", "on.partition('/')"): "a word of the table, then a pattern",
    ("infra/principals.py", "role.rpartition('/')"): "the name in the ARN of a role",
    ("ops/check/scope.py", "text.partition('/')"): "a part of the whole, such as 2/7",
    ("ops/doctor.py", "arn.rpartition('/')"): "the name in the ARN of a role",
    ("sandbox/export.py", "key.split('/')"): "any key at all must be a path on the disk",
    ("sandbox/payer_roles.py", "arn.rpartition('/')"): "the name in the ARN of a role",
}
"""What is taken apart at a slash and is no archive key."""

FOLDER = re.compile(
    r"(?:(?<![\w./-])|(?<=\}/))(?:invoices|records|periods|runs)\\?/|(?<![\w-])manifests\\?/"
    r"|\}/\{[^{}]*\}/"
)
FILE = re.compile(
    r"(?:^|[/})])(?:(?:manifest|fetch|charges)-(?:\W.*)?|(?:claim|request|payers|result|listing"
    r"|completeness|find|\{:04d\})\\?\.json|SHA256SUMS|ledger\\?\.(?:csv|xlsx)|README\\?\.txt"
    r"|index\\?\.html|manifest-signing-key\\?\.pem)$"
)
"""In the text of a literal, with `{}` for what is filled in; dots of a pattern are escaped."""
CUT = {*product(("split", "rsplit", "partition", "rpartition"), "/"), ("rpartition", ".")}


@cache
def handled_keys(text: str) -> list[str]:
    """The source of whatever builds, matches or takes apart archive keys."""
    tree = tree_of(text)
    prose = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        ast.unparse(node)
        for node in ast.walk(tree)
        if node not in prose and (_names_a_place(node) or _takes_apart(node))
    ]


def _names_a_place(node: ast.AST) -> bool:
    written = "".join(_written(node))
    return bool(FOLDER.search(written) or FILE.search(written))


def _written(node: ast.AST) -> Iterator[str]:
    """The text of a literal, with `{}` for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        yield node.value if isinstance(node.value, str) else node.value.decode("latin-1")
    elif isinstance(node, ast.JoinedStr):
        for part in node.values:
            yield from _written(part)
    elif isinstance(node, ast.FormattedValue):
        yield f"{{:{''.join(_written(node.format_spec))}}}" if node.format_spec else "{}"


def _takes_apart(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
        return False
    first = node.args[0]
    return isinstance(first, ast.Constant) and (node.func.attr, first.value) in CUT


@pytest.mark.parametrize("place", [one for one in MODULES if one != LAYOUT and one not in ALLOWED])
def test_only_the_layout_builds_archive_keys_and_takes_them_apart(place: str) -> None:
    found = handled_keys(text_of(place))
    assert [source for source in found if (place, source) not in NO_KEY] == []


def test_what_is_allowed_is_still_there() -> None:
    sources = {place: handled_keys(text_of(place)) for place in MODULES}
    assert all(sources[place] for place in ALLOWED)
    assert all(source in sources[place] for place, source in NO_KEY)


@pytest.mark.parametrize(
    "snippet",
    [
        "archive.list('invoices/')",
        "key.startswith(('records/', 'x'))",
        "f'periods/{period}/'",
        "f'{PERIODS_PREFIX}{period}/manifests/'",
        "f'{bucket}/runs/*'",
        "f'{folder}/{period}/{account_id}/*'",
        "{'Resource': ['records/*', 'periods/*/manifests/*']}",
        "re.compile(r'periods/\\d{4}-\\d{2}/[^/]+')",
        "re.compile(rf'(?:{ROOT})manifest-(\\d{4,})\\.json')",
        "re.compile(rb'runs/[^/]+/claim\\.json')",
        "f'{prefix}manifest-{number:04d}.json'",
        "f'{chain}/{sequence:04d}.json'",
        "f'{run_prefix(run_id)}payers.json'",
        "folder + 'completeness.json'",
        "prefix + 'fetch-'",
        "key.endswith('/listing.json')",
        "key = 'manifest-signing-key.pem'",
        "VIEWS = ('SHA256SUMS', 'ledger.xlsx')",
        "key.rpartition('/')[2]",
        "record.key.split('/')[1]",
        "key.rsplit('/', 1)",
        "path.partition('/')",
        "key.rpartition('.')[0]",
        "def f():\n    'A docstring.'\n    return 'records/'",
    ],
)
def test_a_key_that_is_built_or_taken_apart_is_seen(snippet: str) -> None:
    assert handled_keys(snippet)


@pytest.mark.parametrize(
    "snippet",
    [
        "'Below runs/ lies what each run did.'\n",
        "def f():\n    'What is kept in records/.'",
        "x = 'ledger.csv has all rows.'",
        "x = 'lambdas/domain/invoices/types.py'",
        "x = 'https://example.com/records/1'",
        "x = 'two manifests, three records or documents'",
        "host.split('.')",
        "key.startswith(RECORDS_PREFIX)",
        "f'{fetch_passes_prefix(run_id, payer)}*'",
        "f'{number:04d}'",
    ],
)
def test_what_is_no_key_is_let_be(snippet: str) -> None:
    assert handled_keys(snippet) == []
