"""The verdicts on a payer account and on a billing period, as they are stored."""

from collections.abc import Collection
from typing import Literal

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


def needs_a_person(verdict: PayerVerdict) -> bool:
    return verdict != "AWAITING" and verdict not in SETTLED_VERDICTS
