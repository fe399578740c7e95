from pathlib import Path

import pytest

from lambdas.domain.findings import KINDS, Finding, finding

LAMBDAS = Path(__file__).parents[2] / "lambdas"


def test_a_finding_has_the_severity_and_next_step_of_its_code() -> None:
    found = finding("PDF_NOT_READY", "2609293185", "Not yet.")
    assert (found.severity, found.next_step) == ("blocking", KINDS["PDF_NOT_READY"].next_step)


def test_a_milder_case_keeps_the_next_step() -> None:
    found = finding("NO_ACCESS", "111122223333", "Denied.", severity="warning")
    assert (found.severity, found.next_step) == ("warning", KINDS["NO_ACCESS"].next_step)


def test_a_finding_of_an_unknown_code_cannot_be_made() -> None:
    with pytest.raises(KeyError):
        finding("NO_SUCH_CODE", "x", "y")


@pytest.mark.parametrize("code", sorted(KINDS))
def test_a_finding_reads_back(code: str) -> None:
    found = finding(code, "subject", "detail")
    assert Finding.from_data(found.to_data()) == found


@pytest.mark.parametrize("code", sorted(KINDS))
def test_every_code_is_found_by_something(code: str) -> None:
    sources = [path for path in LAMBDAS.rglob("*.py") if path.name != "findings.py"]
    assert any(f'"{code}"' in path.read_text("utf-8") for path in sources)


@pytest.mark.parametrize("code", sorted(KINDS))
def test_only_what_blocks_can_ask_for_a_person(code: str) -> None:
    kind = KINDS[code]
    assert kind.cure == "time" or kind.severity == "blocking"
    assert kind.next_step.endswith(".")
