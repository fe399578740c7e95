"""The verdicts on a payer account and on a billing period, as stored."""

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
COMPLETE_VERDICTS: Collection[str] = ("COMPLETE", "NO_CHARGES", "TRANSFERRED")
"""Payer verdicts with which a period can be complete."""


def is_complete(verdict: str) -> bool:
    """True if a payer account with this verdict is complete. The one definition of it."""
    return verdict in COMPLETE_VERDICTS


def needs_a_person(verdict: PayerVerdict) -> bool:
    return verdict != "AWAITING" and not is_complete(verdict)
