import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.findings import KINDS, Finding, finding
from lambdas.domain.payer_run import CHECKED, NO_ACCESS, NOT_CHECKED, WRONG_ACCOUNT
from lambdas.domain.verdicts import (
    SETTLED_VERDICTS,
    payer_verdict,
    period_verdict,
    run_verdict,
)

WAIT = finding("PDF_NOT_READY", "1", "")
PERSON = finding("OTHER_INVOICE", "1", "")
NOTE = finding("INVOICE_VANISHED", "1", "")
codes = st.sampled_from(sorted(KINDS))


@pytest.mark.parametrize(
    ("outcome", "findings", "counts", "is_overdue", "verdict"),
    [
        (CHECKED, [], (3, 3), True, "COMPLETE"),
        (CHECKED, [NOTE], (3, 3), True, "COMPLETE"),
        (CHECKED, [], (3, 3), False, "AWAITING"),
        (CHECKED, [], (0, 0), False, "AWAITING"),
        (CHECKED, [], (0, 0), True, "MISSING"),
        (CHECKED, [WAIT], (3, 2), False, "AWAITING"),
        (CHECKED, [WAIT], (3, 2), True, "PARTIAL"),
        (CHECKED, [WAIT], (1, 0), True, "MISSING"),
        (CHECKED, [PERSON], (3, 2), False, "PARTIAL"),
        (CHECKED, [WAIT, PERSON], (3, 1), True, "PARTIAL"),
        (NO_ACCESS, [], (3, 3), False, "NO_ACCESS"),
        (NO_ACCESS, [], (3, 3), True, "NO_ACCESS"),
        (WRONG_ACCOUNT, [], (3, 3), True, "NO_ACCESS"),
        (NOT_CHECKED, [], (3, 3), False, "NOT_CHECKED"),
        (NOT_CHECKED, [], (3, 3), True, "NOT_CHECKED"),
        (None, [], (0, 0), False, "AWAITING"),
        (None, [], (0, 0), True, "NOT_CHECKED"),
    ],
)
def test_the_verdict_on_a_payer_account(
    outcome: str | None,
    findings: list[Finding],
    counts: tuple[int, int],
    is_overdue: bool,
    verdict: str,
) -> None:
    expected, archived = counts
    assert (
        payer_verdict(
            outcome, findings, expected=expected, archived=archived, is_overdue=is_overdue
        )
        == verdict
    )


@given(
    st.sampled_from([CHECKED, NO_ACCESS, WRONG_ACCOUNT, NOT_CHECKED, None]),
    st.lists(codes.map(lambda code: finding(code, "1", "")), max_size=3),
    st.integers(0, 5),
    st.integers(0, 5),
    st.booleans(),
)
def test_complete_means_asked_overdue_expected_and_nothing_blocking(
    outcome: str | None, findings: list[Finding], expected: int, archived: int, is_overdue: bool
) -> None:
    verdict = payer_verdict(
        outcome, findings, expected=expected, archived=archived, is_overdue=is_overdue
    )
    if verdict in SETTLED_VERDICTS:
        assert outcome == CHECKED
        assert is_overdue
        assert expected > 0
        assert all(found.severity != "blocking" for found in findings)


def test_an_outcome_that_nobody_reports_is_not_taken_for_success() -> None:
    with pytest.raises(ValueError, match="'DONE' is not an outcome"):
        payer_verdict("DONE", [], expected=1, archived=1, is_overdue=True)


@pytest.mark.parametrize(
    ("verdicts", "is_overdue", "verdict"),
    [
        (["COMPLETE", "NO_CHARGES", "TRANSFERRED"], True, "COMPLETE"),
        (["COMPLETE"], False, "AWAITING"),
        (["COMPLETE", "AWAITING"], True, "AWAITING"),
        (["AWAITING"], False, "AWAITING"),
        (["COMPLETE", "MISSING"], True, "ACTION_REQUIRED"),
        (["COMPLETE", "PARTIAL"], True, "ACTION_REQUIRED"),
        (["AWAITING", "NO_ACCESS"], False, "ACTION_REQUIRED"),
        (["COMPLETE", "NOT_CHECKED"], True, "ACTION_REQUIRED"),
    ],
)
def test_the_verdict_on_a_period(verdicts: list[str], is_overdue: bool, verdict: str) -> None:
    assert period_verdict(verdicts, is_overdue=is_overdue) == verdict  # type: ignore[arg-type]


def test_a_period_in_which_nobody_was_judged_is_not_complete() -> None:
    assert period_verdict([], is_overdue=True) != "COMPLETE"


@pytest.mark.parametrize(
    ("target", "others", "verdict"),
    [
        ("COMPLETE", [], "COMPLETE"),
        ("COMPLETE", [("COMPLETE", "COMPLETE"), (None, "COMPLETE")], "COMPLETE"),
        ("COMPLETE", [("ACTION_REQUIRED", "ACTION_REQUIRED")], "COMPLETE"),
        ("COMPLETE", [("COMPLETE", "ACTION_REQUIRED")], "ACTION_REQUIRED"),
        ("COMPLETE", [("AWAITING", "ACTION_REQUIRED")], "ACTION_REQUIRED"),
        ("COMPLETE", [(None, "ACTION_REQUIRED")], "COMPLETE"),
        ("AWAITING", [("COMPLETE", "ACTION_REQUIRED")], "ACTION_REQUIRED"),
        ("AWAITING", [("ACTION_REQUIRED", "COMPLETE")], "AWAITING"),
        ("ACTION_REQUIRED", [], "ACTION_REQUIRED"),
    ],
)
def test_a_run_ends_as_its_target_but_red_where_another_period_got_worse(
    target: str, others: list[tuple[str, str]], verdict: str
) -> None:
    assert run_verdict(target, others, all_trusted=True) == verdict  # type: ignore[arg-type]


def test_a_run_that_met_manifests_that_cannot_be_trusted_is_red() -> None:
    assert run_verdict("COMPLETE", [], all_trusted=False) == "ACTION_REQUIRED"
