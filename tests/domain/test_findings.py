from pathlib import Path

import pytest

from lambdas.domain.findings import KINDS, Finding, document_subject, finding

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
    assert kind.fixed_by == "time" or kind.severity == "blocking"
    assert kind.next_step.endswith(".")


def test_a_detail_hides_nothing_and_has_an_end() -> None:
    made = finding("UNKNOWN_VALUE", "A1", "AWS gave \u202e" + "株" * 100_000)
    assert made.detail.startswith("AWS gave \\u202e株")
    assert len(made.detail.encode()) <= 8_000


def test_ids_that_are_longer_than_ids_are_make_short_subjects_that_differ() -> None:
    one, other = (document_subject("A1", "SUPPLEMENT", "x" * 100_000 + end) for end in "ab")
    assert one != other
    assert len(one) < 1_100
    assert document_subject("x" * 1_024, None, "T-1").startswith("x" * 1_024 + " UNTYPED T-1")
