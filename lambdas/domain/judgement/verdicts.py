"""The verdicts on a payer account, a billing period and a run. Pure: the same facts give the same
verdict.
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
    "FINANCIAL_RECORD_WITHOUT_INVOICE",
)
"""Codes of findings on a whole invoice that a witness expects and no listing shows."""
_NOT_LISTED: Collection[str] = (*INVOICE_NOT_LISTED, "INVOICE_VANISHED")
"""These codes, and that of an invoice once listed, never archived and no longer listed."""


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

    `outcome` is the latest that its runs reported (None: never asked). `expected` counts invoices;
    `unarchived` counts those neither archived nor acknowledged. `is_proven` is true if independent
    witnesses prove the archived invoices to be all, so that nobody need wait for the deadline.
    `without_invoices` is the verdict of a witness if no invoice is expected.

    A gap that time fixes is awaited until the deadline; one that a person must fix is not. Once
    overdue, the kind of gap decides, not the count: MISSING if an expected invoice is not listed,
    PARTIAL if all are listed.
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
    """The overdue verdict if every invoice that a witness expects is listed."""
    if not expected:
        return "MISSING"
    return "COMPLETE" if is_whole else "PARTIAL"


def period_verdict(verdicts: Iterable[PayerVerdict]) -> PeriodVerdict:
    """The verdict on a period: ACTION_REQUIRED as soon as one payer account needs a person.

    A period without payer accounts is not complete either.
    """
    payer_verdicts = list(verdicts)
    if not payer_verdicts or any(map(needs_a_person, payer_verdicts)):
        return "ACTION_REQUIRED"
    return "AWAITING" if "AWAITING" in payer_verdicts else "COMPLETE"


def run_verdict(
    target: PeriodVerdict,
    others: Iterable[tuple[PeriodVerdict | None, PeriodVerdict]],
    *,
    all_trusted: bool,
) -> PeriodVerdict:
    """The verdict of a run: that of its target, or ACTION_REQUIRED if another period, given as
    (before, after), got worse in it.

    So a known old gap does not turn every day red. Manifests that cannot be trusted do.
    """
    if not all_trusted or any(
        before not in (None, "ACTION_REQUIRED") and after == "ACTION_REQUIRED"
        for before, after in others
    ):
        return "ACTION_REQUIRED"
    return target
