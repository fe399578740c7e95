"""Which rules there are. What each finds is held to CODES at every judgement of the unit tests."""

from pathlib import Path

from lambdas.domain.findings import KINDS
from lambdas.domain.judgement.rules import RULES
from tests.domain.codes_of_rules import CODES

RUNBOOK = Path(__file__).parents[3] / "docs" / "runbook.md"
OF_THE_PERIOD = {"MANIFESTS_ROLLED_BACK", "MANIFEST_DAMAGED"}
AFTER_THE_RULES = {"ACKNOWLEDGED", "LATER_THAN_USUAL"}
"""What is known only once it is known what is accepted."""


def test_every_rule_is_listed_with_its_codes_and_says_what_it_finds() -> None:
    assert [rule.__name__ for rule in RULES] == list(CODES)
    assert all(rule.__doc__ for rule in RULES)


def test_every_code_comes_from_a_rule_and_has_a_heading_in_the_runbook() -> None:
    of_rules = set().union(*CODES.values())
    assert of_rules | OF_THE_PERIOD | AFTER_THE_RULES == set(KINDS)
    headings = {
        line.removeprefix("### ")
        for line in RUNBOOK.read_text("utf-8").splitlines()
        if line.startswith("### ")
    }
    assert set(KINDS) <= headings
