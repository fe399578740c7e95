import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.findings import KINDS, Finding, finding
from lambdas.domain.judgement.verdicts import payer_verdict, period_verdict, run_verdict
from lambdas.domain.runs.outcome import CHECKED, NO_ACCESS, NOT_CHECKED, WRONG_ACCOUNT
from lambdas.domain.verdict_words import COMPLETE_VERDICTS, PayerVerdict, is_complete

WAIT = finding("PDF_NOT_READY", "1", "")
PERSON = finding("OTHER_INVOICE", "1", "")
NOTE = finding("INVOICE_VANISHED", "1", "")
ACCEPTED = finding("PDF_NOT_READY", "1", "", severity="warning")
USUAL = finding("USUAL_INVOICE_MISSING", "invoice of AWS", "")
CHARGED = finding("CHARGES_WITHOUT_INVOICE", "AWS", "")
GONE = finding("INVOICE_VANISHED", "1", "", severity="blocking")
NONE = finding("NO_INVOICES_LISTED", "1", "")
ALL, TWO_OF_THREE, NOTHING, ZERO = (3, 3, 0), (3, 2, 1), (1, 0, 1), (0, 0, 0)
"""Expected, archived, lacking."""


@pytest.mark.parametrize(
    ("outcome", "findings", "counts", "circumstances", "verdict"),
    [
        # after the deadline
        (CHECKED, [], ALL, "overdue", "COMPLETE"),
        (CHECKED, [NOTE], ALL, "overdue", "COMPLETE"),
        (CHECKED, [ACCEPTED], (3, 2, 0), "overdue", "COMPLETE"),
        (CHECKED, [ACCEPTED], (1, 0, 0), "overdue", "COMPLETE"),
        (CHECKED, [WAIT], TWO_OF_THREE, "overdue", "PARTIAL"),
        (CHECKED, [], TWO_OF_THREE, "overdue", "PARTIAL"),
        (CHECKED, [WAIT], NOTHING, "overdue", "PARTIAL"),
        (CHECKED, [], NOTHING, "overdue", "PARTIAL"),
        (CHECKED, [GONE], NOTHING, "overdue", "MISSING"),
        (CHECKED, [GONE, WAIT], TWO_OF_THREE, "overdue", "MISSING"),
        (CHECKED, [], ZERO, "overdue", "MISSING"),
        (CHECKED, [NONE], ZERO, "overdue", "MISSING"),
        (CHECKED, [USUAL], TWO_OF_THREE, "overdue", "MISSING"),
        (CHECKED, [CHARGED], TWO_OF_THREE, "overdue", "MISSING"),
        (CHECKED, [USUAL, WAIT], (3, 1, 2), "overdue", "MISSING"),
        (CHECKED, [WAIT, PERSON], (3, 1, 2), "overdue", "PARTIAL"),
        (CHECKED, [USUAL, PERSON], (3, 1, 2), "overdue", "MISSING"),
        # before it
        (CHECKED, [], ALL, "", "AWAITING"),
        (CHECKED, [], ZERO, "", "AWAITING"),
        (CHECKED, [WAIT], TWO_OF_THREE, "", "AWAITING"),
        (CHECKED, [USUAL], TWO_OF_THREE, "", "AWAITING"),
        (CHECKED, [PERSON], TWO_OF_THREE, "", "PARTIAL"),
        (CHECKED, [USUAL, PERSON], TWO_OF_THREE, "", "PARTIAL"),
        # before it, with independent witnesses
        (CHECKED, [], ALL, "proven", "COMPLETE"),
        (CHECKED, [NOTE], ALL, "proven", "COMPLETE"),
        (CHECKED, [WAIT], TWO_OF_THREE, "proven", "AWAITING"),
        (CHECKED, [], TWO_OF_THREE, "proven", "AWAITING"),
        (CHECKED, [CHARGED], ALL, "proven", "AWAITING"),
        (CHECKED, [], ZERO, "proven", "AWAITING"),
        (None, [], ALL, "proven", "AWAITING"),
        # without invoices, when a witness says why
        (CHECKED, [], ZERO, "overdue no_charges", "NO_CHARGES"),
        (CHECKED, [], ZERO, "no_charges", "NO_CHARGES"),
        (CHECKED, [], ZERO, "overdue transferred", "TRANSFERRED"),
        (CHECKED, [], ZERO, "transferred", "TRANSFERRED"),
        (CHECKED, [], ALL, "overdue no_charges", "COMPLETE"),
        (CHECKED, [WAIT], NOTHING, "overdue transferred", "PARTIAL"),
        (CHECKED, [NONE], ZERO, "overdue no_charges", "MISSING"),
        (CHECKED, [PERSON], ZERO, "no_charges", "PARTIAL"),
        # not read
        (NO_ACCESS, [], ALL, "", "NO_ACCESS"),
        (NO_ACCESS, [], ALL, "overdue", "NO_ACCESS"),
        (NO_ACCESS, [], ZERO, "overdue no_charges", "NO_ACCESS"),
        (WRONG_ACCOUNT, [], ALL, "overdue", "NO_ACCESS"),
        (NOT_CHECKED, [], ALL, "proven", "NOT_CHECKED"),
        (NOT_CHECKED, [], ALL, "overdue", "NOT_CHECKED"),
        (NOT_CHECKED, [], ZERO, "overdue transferred", "NOT_CHECKED"),
        (None, [], ZERO, "", "AWAITING"),
        (None, [], ZERO, "overdue", "NOT_CHECKED"),
        (None, [], ZERO, "transferred", "AWAITING"),
    ],
)
def test_the_verdict_on_a_payer_account(
    outcome: str | None,
    findings: list[Finding],
    counts: tuple[int, int, int],
    circumstances: str,
    verdict: str,
) -> None:
    assert verdict_on(outcome, findings, counts, circumstances) == verdict


def verdict_on(
    outcome: str | None,
    findings: list[Finding],
    counts: tuple[int, int, int],
    circumstances: str,
) -> str:
    """The verdict; circumstances are words of `overdue`, `proven`, `no_charges`, `transferred`."""
    expected, _, unarchived = counts
    words = circumstances.split()
    without: dict[str, PayerVerdict] = {"no_charges": "NO_CHARGES", "transferred": "TRANSFERRED"}
    return payer_verdict(
        outcome,
        findings,
        expected=expected,
        unarchived=unarchived,
        is_overdue="overdue" in words,
        is_proven="proven" in words,
        without_invoices=next((without[word] for word in words if word in without), None),
    )


outcomes = st.sampled_from([CHECKED, NO_ACCESS, WRONG_ACCOUNT, NOT_CHECKED, None])
found = st.lists(
    st.sampled_from(sorted(KINDS)).map(lambda code: finding(code, "1", "")), max_size=3
)
counts = st.tuples(st.integers(0, 4), st.integers(0, 4)).map(
    lambda pair: (max(pair), min(pair), max(pair) - min(pair))
)
circumstances = st.sampled_from(
    [
        f"{deadline} {proof} {why}"
        for deadline in ("overdue", "")
        for proof in ("proven", "")
        for why in ("no_charges", "transferred", "")
    ]
)
STRICTNESS = dict.fromkeys(COMPLETE_VERDICTS, 0) | {"AWAITING": 1}


def strictness(verdict: str) -> int:
    """Complete, awaited, or in need of a person."""
    return STRICTNESS.get(verdict, 2)


@given(outcomes, found, counts, circumstances)
def test_complete_means_read_nothing_blocking_and_nothing_missing(
    outcome: str | None, findings: list[Finding], counts: tuple[int, int, int], about: str
) -> None:
    verdict = verdict_on(outcome, findings, counts, about)
    if is_complete(verdict):
        assert outcome == CHECKED
        assert all(one.severity != "blocking" for one in findings)
        assert counts[2] == 0
    if verdict == "COMPLETE":
        assert counts[0] > 0
        assert "overdue" in about or "proven" in about
    if verdict in ("NO_CHARGES", "TRANSFERRED"):
        assert counts[0] == 0
        assert verdict.lower() in about


@given(outcomes, found, counts, circumstances, st.sampled_from(sorted(KINDS)))
def test_one_more_finding_never_makes_the_verdict_milder(
    outcome: str | None,
    findings: list[Finding],
    counts: tuple[int, int, int],
    about: str,
    code: str,
) -> None:
    before = verdict_on(outcome, findings, counts, about)
    after = verdict_on(outcome, [*findings, finding(code, "2", "")], counts, about)
    assert strictness(after) >= strictness(before)


@given(outcomes, found, counts, circumstances)
def test_one_more_missing_invoice_never_makes_the_verdict_milder(
    outcome: str | None, findings: list[Finding], counts: tuple[int, int, int], about: str
) -> None:
    expected, archived, unarchived = counts
    before = verdict_on(outcome, findings, counts, about)
    after = verdict_on(outcome, findings, (expected + 1, archived, unarchived + 1), about)
    assert strictness(after) >= strictness(before)


@given(outcomes, found, counts, circumstances)
def test_a_witness_that_says_nothing_never_makes_the_verdict_milder(
    outcome: str | None, findings: list[Finding], counts: tuple[int, int, int], about: str
) -> None:
    silent = " ".join(word for word in about.split() if word == "overdue")
    assert strictness(verdict_on(outcome, findings, counts, silent)) >= strictness(
        verdict_on(outcome, findings, counts, about)
    )


def test_an_outcome_that_nobody_reports_is_not_taken_for_success() -> None:
    with pytest.raises(ValueError, match="'DONE' is not an outcome"):
        payer_verdict("DONE", [], expected=1, unarchived=0, is_overdue=True)


@pytest.mark.parametrize(
    ("verdicts", "verdict"),
    [
        (["COMPLETE", "NO_CHARGES", "TRANSFERRED"], "COMPLETE"),
        (["COMPLETE", "AWAITING"], "AWAITING"),
        (["AWAITING"], "AWAITING"),
        (["COMPLETE", "MISSING"], "ACTION_REQUIRED"),
        (["COMPLETE", "PARTIAL"], "ACTION_REQUIRED"),
        (["AWAITING", "NO_ACCESS"], "ACTION_REQUIRED"),
        (["COMPLETE", "NOT_CHECKED"], "ACTION_REQUIRED"),
    ],
)
def test_the_verdict_on_a_period(verdicts: list[str], verdict: str) -> None:
    assert period_verdict(verdicts) == verdict  # type: ignore[arg-type]


def test_a_period_in_which_nobody_was_judged_is_not_complete() -> None:
    assert period_verdict([]) != "COMPLETE"


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
