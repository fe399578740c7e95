"""Verdicts: what the archive says of a payer account and of a billing period. Pure: the same facts
give the same verdict.
"""

from collections.abc import Collection, Iterable

from lambdas.domain.findings import KINDS, Finding
from lambdas.domain.runs.outcome import CHECKED, NO_ACCESS, NOT_CHECKED, WRONG_ACCOUNT
from lambdas.domain.verdict_words import PayerVerdict, PeriodVerdict, needs_a_person

INVOICE_NOT_LISTED: Collection[str] = (
    "NO_INVOICES_LISTED",
    "USUAL_INVOICE_MISSING",
    "CHARGES_WITHOUT_INVOICE",
    "SOURCE_WITHOUT_INVOICE",
)
"""Findings on a whole invoice that a witness expects and no listing shows."""
_NOT_LISTED: Collection[str] = (*INVOICE_NOT_LISTED, "INVOICE_VANISHED")
"""Those, and the finding on an invoice that was listed once, never archived, and is listed no more.
"""


def payer_verdict(
    outcome: str | None,
    findings: Iterable[Finding],
    *,
    expected: int,
    unarchived: int,
    is_overdue: bool,
    is_proven: bool = False,
    without_invoices: PayerVerdict | None = None,
) -> PayerVerdict:
    """The verdict on one payer account in one period.

    `outcome` is the latest that its runs reported (None: it was never asked). `expected` counts
    invoices, `lacking` those that are neither archived nor acknowledged by a person. A lack that
    time cures is awaited until the deadline; one that a person must cure is not. Once overdue, the
    kind decides and not the count: MISSING where an expected invoice is not listed, PARTIAL where
    all are listed. `is_proven` says that independent witnesses prove the archived invoices to be
    all, so that nobody need wait for the deadline. `without_invoices` is what a witness says of a
    payer account of which none is expected.
    """
    if outcome in (NO_ACCESS, WRONG_ACCOUNT):
        return "NO_ACCESS"
    if outcome == NOT_CHECKED or (outcome is None and is_overdue):
        return "NOT_CHECKED"
    if outcome not in (CHECKED, None):
        raise ValueError(f"'{outcome}' is not an outcome of a payer account")
    blocking = {finding.code for finding in findings if finding.is_blocking}
    is_missing = is_overdue and not blocking.isdisjoint(_NOT_LISTED)
    if is_missing or any(KINDS[code].fixed_by == "person" for code in blocking):
        return "MISSING" if is_missing else "PARTIAL"
    if outcome == CHECKED and not (blocking or expected) and without_invoices:
        return without_invoices
    if is_overdue:
        return _overdue_verdict(expected=expected, is_whole=not (blocking or unarchived))
    is_whole = expected > 0 and not (blocking or unarchived)
    return "COMPLETE" if outcome == CHECKED and is_whole and is_proven else "AWAITING"


def _overdue_verdict(*, expected: int, is_whole: bool) -> PayerVerdict:
    """Of a payer account of which every invoice that a witness expects is listed."""
    if not expected:
        return "MISSING"
    return "COMPLETE" if is_whole else "PARTIAL"


def period_verdict(verdicts: Iterable[PayerVerdict]) -> PeriodVerdict:
    """The verdict on a period: ACTION_REQUIRED as soon as one payer account needs a person.

    Nobody to judge is no completeness either.
    """
    judged = list(verdicts)
    if not judged or any(map(needs_a_person, judged)):
        return "ACTION_REQUIRED"
    return "AWAITING" if "AWAITING" in judged else "COMPLETE"


def run_verdict(
    target: PeriodVerdict,
    others: Iterable[tuple[PeriodVerdict | None, PeriodVerdict]],
    *,
    all_trusted: bool,
) -> PeriodVerdict:
    """How a run ends: as its target, but red too when another period, given as (before, after), got
    worse in it.

    So one old gap that everybody knows of does not paint every day. Manifests that cannot be
    trusted do.
    """
    if not all_trusted or any(
        before not in (None, "ACTION_REQUIRED") and after == "ACTION_REQUIRED"
        for before, after in others
    ):
        return "ACTION_REQUIRED"
    return target
