"""Verdicts: what the archive says of a payer account and of a billing period. Pure: the same facts
give the same verdict.
"""

from collections.abc import Collection, Iterable
from typing import Literal

from lambdas.domain.findings import KINDS, Finding
from lambdas.domain.payer_run import CHECKED, NO_ACCESS, NOT_CHECKED, WRONG_ACCOUNT

PayerVerdict = Literal[
    "COMPLETE",
    "AWAITING",
    "MISSING",
    "PARTIAL",
    "NO_CHARGES",
    "TRANSFERRED",
    "NO_ACCESS",
    "NOT_CHECKED",
]
PeriodVerdict = Literal["COMPLETE", "AWAITING", "ACTION_REQUIRED"]

SETTLED_VERDICTS: Collection[str] = ("COMPLETE", "NO_CHARGES", "TRANSFERRED")
"""Payer verdicts with which a period can be complete."""


def payer_verdict(
    outcome: str | None,
    findings: Iterable[Finding],
    *,
    expected: int,
    archived: int,
    is_overdue: bool,
) -> PayerVerdict:
    """The verdict on one payer account in one period.

    `outcome` is the latest that its runs reported (None: it was never asked); `expected` counts
    invoices, `archived` those whose invoice document is stored. A lack that time cures is awaited
    until the deadline; one that a person must cure is not.
    """
    if outcome in (NO_ACCESS, WRONG_ACCOUNT):
        return "NO_ACCESS"
    if outcome == NOT_CHECKED or (outcome is None and is_overdue):
        return "NOT_CHECKED"
    blocking = [KINDS[finding.code] for finding in findings if finding.severity == "blocking"]
    if any(kind.cure == "person" for kind in blocking):
        return "PARTIAL"
    if not is_overdue:
        return "AWAITING"
    if outcome != CHECKED:
        raise ValueError(f"'{outcome}' is not an outcome of a payer account")
    if not archived:
        return "MISSING"
    return "PARTIAL" if blocking or archived < expected else "COMPLETE"


def period_verdict(verdicts: Iterable[PayerVerdict], *, is_overdue: bool) -> PeriodVerdict:
    """The verdict on a period: ACTION_REQUIRED as soon as one payer account needs a person.

    Nobody to judge is no completeness either.
    """
    judged = list(verdicts)
    unsettled = [verdict for verdict in judged if verdict not in SETTLED_VERDICTS]
    if not judged or any(verdict != "AWAITING" for verdict in unsettled):
        return "ACTION_REQUIRED"
    return "AWAITING" if unsettled or not is_overdue else "COMPLETE"


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
