import re
from pathlib import Path

from lambdas.domain import errors
from lambdas.domain.findings import KINDS
from lambdas.settings import InvalidEnvironment

RUNBOOK = (Path(__file__).parent.parent / "docs" / "runbook.md").read_text()


def test_each_finding_code_has_exactly_one_heading_in_the_runbook() -> None:
    section = RUNBOOK.partition("\n## Findings\n")[2].partition("\n## ")[0]
    assert re.findall(r"^### (\w+)$", section, re.MULTILINE) == list(KINDS)


def test_each_error_that_a_person_must_fix_is_in_the_runbook() -> None:
    named = set(re.findall(r"^\| `(\w+)` \| ", RUNBOOK, re.MULTILINE))
    for error in (
        errors.InvalidExecutionInput,
        errors.InvalidRegister,
        errors.ArchiveUnusable,
        InvalidEnvironment,
    ):
        assert error.__name__ in named
