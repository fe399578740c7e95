"""The words of texts for people (README, docs, README.txt, help, messages, the Makefile's help) and
of the code (docstrings, comments, names).

`OUT` is the table of words that left. To hold more texts to it, give them a parameter of their own
in `TEXTS`.
"""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator, Mapping
from functools import cache

import pytest

from lambdas.domain.findings import KINDS
from lambdas.views.ledger import COLUMNS
from lambdas.views.readme import RULE, readme_text
from lambdas.views.wording import PAYER_VERDICTS
from ops.cli import main
from ops.verbs import VERBS
from tests.sources import PROJECT, modules, text_of, tree_of

OUT = {
    r"lacks?|lacking": "missing, outstanding, a gap",
    r"told|tells?|telling|ToldNobody": "notified, notification, e-mail, says, shows",
    r"settled": "complete",
    r"closed (?:period|month)s?|(?<!archive of the )(?:period|month) (?:is|was) closed": (
        "its archive is closed"
    ),
    r"verdicts?": "status; the JSON member is `verdict`",
    r"heads?": "latest-manifest record",
    r"witness(?:es)?": "the source's name",
    r"finally|no longer as an estimate|no longer estimated": "with final figures",
    r"(?:is|are|was) right|found right|proves? .* right": "verified",
    r"so far": "provisional",
    r"ripens?|teach(?:es)?": "becomes, shows help for",
    r"lies? in|belongs? into|cures?|cured": "is stored in, belongs in, fix",
    r"watch(?:es|ing)?": "monitoring",
}
"""A pattern for each word that is out, and what is in."""

_WORDS = {pattern: re.compile(rf"(?<![-\w\"])(?:{pattern})(?![-\w(=\"])", re.I) for pattern in OUT}
_QUESTION = re.compile(r"(?:^|[.:;] )(?:What|Whether)\b[^.?|]*[.|]", re.MULTILINE)
"""A sentence that begins with a clause instead of a subject."""

NAMES = {
    "invoices heads": "a command, which people have in scripts",
    "    heads      ": "the same in the list of commands",
    "one HEAD for": "a method of HTTP",
    "verdict = '": "an expression of the workflow",
    "heads.json": "a file's name",
    "h.json": "a file's name",
}
"""Names that contracts keep, which hold a word that is out, each with its reason."""

ALLOWED = {
    "docs/chat.md": {"verdicts?": "its template names a member of the event"},
    "docs/auditors.md": {"witness(?:es)?": "auditors know the manifest's member"},
    "docs/faults.md": {"witness(?:es)?": "it names places of the code"},
    "ops/verbs/explain.py": {"witness(?:es)?": "`explain` names them so"},
    "invoices explain --help": {"witness(?:es)?": "`explain` names them so"},
    "invoices --help": {"witness(?:es)?": "the summary of `explain`"},
    "infra/reviewers.py": {"heads?": "another description would replace a policy that is deployed"},
}
"""Words that stay in one text, each with its reason."""

_LATER = {
    "lambdas/domain/judgement/expectations.py": "a finding's detail",
}
"""Messages whose sentences people get with a finding or by e-mail, reworded together."""

CODE = ("lambdas", "infra", "ops", "sandbox", "bench")
ALLOWED_IN_CODE = {
    r"verdicts?": "the member of manifests and events, and its type",
    r"witness(?:es)?": "the member of manifests, and the setting",
    r"heads?": "the verb, and the table's logical id",
}
"""Words that stay in docstrings and comments, each with its reason."""

_NAMES_OUT = frozenset(
    (
        *("lack", "lacks", "lacking", "told", "tell", "tells", "telling", "letter", "letters"),
        *("settle", "settles", "settled", "light", "weigh", "weighs", "weighed", "weight"),
        *("weights", "cure", "cures", "cured", "ripen", "ripens", "teach", "teaches", "watching"),
    )
)
_CONTRACT_NAMES = {
    "lacks": "a member of records",
    "settled_at": "a member of manifests and of completeness.json",
    "dead_letter_queue": "the CDK's parameter",
    "DEAD_LETTERS": "the queue that AWS calls so",
}
"""Names that contracts keep, which have a word that is out, each with its reason."""

_CLAUSE = re.compile(r"(?:What|Whether|How|Who|Whom|Whose|Why|Where|When)\b")
"""The beginning of a docstring that is a clause instead of a noun or a verb."""


def prose(text: str) -> str:
    """The text of a page without headings, names between backticks and the columns of the sheet."""
    for column in COLUMNS:
        text = text.replace(f"| {column.heading} | {column.kind.value} | {column.meaning} |", "")
    text = re.sub(r"^(#|```).*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"`[^`]*`|\]\([^)]*\)", " ", text)
    return re.sub(r"(?<=\S)\n *(?=\w)", " ", text)


def pages() -> Iterator[tuple[str, str]]:
    files = [
        PROJECT / "README.md",
        *sorted((PROJECT / "docs").glob("*.md")),
        PROJECT / "docs/events/README.md",
    ]
    for file in files:
        yield file.relative_to(PROJECT).as_posix(), prose(file.read_text(encoding="utf-8"))


def readme_of_the_bucket() -> Iterator[tuple[str, str]]:
    """Its prose: neither the program nor the sentences that the pages share with it."""
    before, _, after = readme_text("bucket").decode("ascii").split(RULE)
    text = " ".join(f"{before} {after}".split())
    for meaning in (kind.next_step for kind in KINDS.values()):
        text = text.replace(meaning, "")
    for _, meaning in PAYER_VERDICTS.values():
        text = text.replace(meaning, "")
    yield "README.txt", text


def code(*folders: str) -> Iterator[tuple[str, str]]:
    for place in modules(*sorted(folders)):
        yield place, text_of(place)


def messages() -> Iterator[tuple[str, str]]:
    """Every string with more than one word, of a module that speaks to people."""
    for name, text in code("ops", "sandbox", "infra", "bench", "lambdas"):
        if name not in _LATER and not name.startswith("lambdas/views/"):
            yield name, re.sub(r"`[^`\n]*`", " ", "\n".join(_sentences(tree_of(text))))


def _sentences(tree: ast.Module) -> Iterator[str]:
    no_message: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            no_message.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            no_message.update(id(part) for part in node.values)
            parts = (one.value if isinstance(one, ast.Constant) else "…" for one in node.values)
            yield "".join(map(str, parts))
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in no_message
            and " " in node.value.strip()
        ):
            yield node.value


def makefile() -> Iterator[tuple[str, str]]:
    text = (PROJECT / "Makefile").read_text(encoding="utf-8")
    yield "Makefile", "\n".join(re.findall(r"## (.*)$", text, re.MULTILINE))


TEXTS: dict[str, Callable[[], Iterator[tuple[str, str]]]] = {
    "pages": pages,
    "README.txt": readme_of_the_bucket,
    "messages": messages,
    "Makefile": makefile,
}


@cache
def docstrings(text: str) -> tuple[str, ...]:
    """The strings of a module that are statements: docstrings, also of fields and constants."""
    return tuple(_docstrings(text))


def _docstrings(text: str) -> Iterator[str]:
    for node in ast.walk(tree_of(text)):
        match node:
            case ast.Expr(ast.Constant(str(docstring))):
                yield docstring


def comments(text: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


@cache
def remarks() -> tuple[tuple[str, str], ...]:
    """Docstrings and comments of each module, without names between backticks."""
    return tuple(
        (name, re.sub(r"`[^`\n]*`", " ", "\n".join((*docstrings(text), *comments(text)))))
        for name, text in code(*CODE)
    )


@cache
def names(text: str) -> frozenset[str]:
    """Every name that a module makes or uses."""
    fields = ("name", "id", "arg", "attr", "asname")
    found = (getattr(node, field, None) for node in ast.walk(tree_of(text)) for field in fields)
    return frozenset(name for name in found if isinstance(name, str))


def words_that_are_out(name: str, text: str, allowed: Mapping[str, str] | None = None) -> list[str]:
    for kept in NAMES:
        text = text.replace(kept, "")
    allowed = ALLOWED.get(name, {}) if allowed is None else allowed
    return [
        f"{name}: '{found[0]}' in '{_around(found)}'; write {OUT[pattern]}"
        for pattern, words in _WORDS.items()
        if pattern not in allowed
        for found in words.finditer(text)
    ]


def _around(found: re.Match[str]) -> str:
    return " ".join(found.string[max(found.start() - 40, 0) : found.end() + 30].split())


@pytest.mark.parametrize("kind", TEXTS)
def test_no_text_has_a_word_that_is_out(kind: str) -> None:
    texts = dict(TEXTS[kind]())
    assert any(texts.values())
    found = [line for name, text in texts.items() for line in words_that_are_out(name, text)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("verb", ["", *(verb.name for verb in VERBS)])
def test_no_help_has_a_word_that_is_out(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*([verb] if verb else []), "--help"])
    text = capsys.readouterr().out
    assert text
    assert words_that_are_out(" ".join(f"invoices {verb} --help".split()), text) == []


def test_no_sentence_of_a_page_begins_with_a_clause() -> None:
    texts = dict((*pages(), *readme_of_the_bucket()))
    found = [f"{name}: {one}" for name, text in texts.items() for one in _QUESTION.findall(text)]
    assert found == []


def test_no_docstring_or_comment_has_a_word_that_is_out() -> None:
    found = [
        line for name, text in remarks() for line in words_that_are_out(name, text, ALLOWED_IN_CODE)
    ]
    assert not found, "\n".join(found)


def test_no_docstring_begins_with_a_clause() -> None:
    found = [
        f"{name}: {one}"
        for name, text in code(*CODE)
        for one in docstrings(text)
        if _CLAUSE.match(one)
    ]
    assert found == []


def test_no_name_of_the_code_has_a_word_that_is_out() -> None:
    found = {
        f"{file}: {name}"
        for file, text in code(*CODE)
        for name in names(text)
        if _NAMES_OUT.intersection(_parts(name)) and name not in _CONTRACT_NAMES
    }
    assert found == set()


def _parts(name: str) -> list[str]:
    return [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def test_whatever_is_allowed_is_there() -> None:
    texts = {name: text for kind in TEXTS.values() for name, text in kind()}
    for name, patterns in ALLOWED.items():
        for pattern in patterns:
            assert name.endswith("--help") or _WORDS[pattern].search(texts[name]), (name, pattern)
    for pattern in ALLOWED_IN_CODE:
        assert any(_WORDS[pattern].search(text) for _, text in remarks()), pattern
    for name in _LATER:
        tree = tree_of(text_of(name))
        assert words_that_are_out(name, "\n".join(_sentences(tree))), name
    assert set(_CONTRACT_NAMES) <= {name for _, text in code(*CODE) for name in names(text)}
