"""Billing periods known outside the bucket, and the limits of that knowledge."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from lambdas.domain.billing_period import BillingPeriod
from ops.check.findings import CheckFinding, NotChecked, check_finding
from ops.check.scope import Scope

_NEWER = "use latest-manifest records that were read just now"


def gaps(periods: Sequence[BillingPeriod]) -> Iterator[CheckFinding]:
    """Report empty months without a latest-manifest record, between months that have objects."""
    for before, after in pairwise(periods):
        first, last = before.shifted(1), after.shifted(-1)
        if first <= last:
            expected = f"billing periods between {before} and {after}"
            yield check_finding("PERIOD_ABSENT", _span(first, last), expected, "nothing there")


def unknown_to_heads(scope: Scope, periods: Sequence[BillingPeriod]) -> Iterator[NotChecked]:
    """Questions about the checked periods that the latest-manifest records leave open."""
    heads = scope.heads
    if heads is None:
        yield NotChecked(
            "whether the newest manifests were removed, whole billing periods removed, or the "
            "whole archive rolled back",
            "no latest-manifest records were given, and an archive cannot show its own past",
            "give --heads FILE or --heads-table NAME",
        )
        return
    unnamed = [period for period in periods if period not in heads]
    left_out = [period for period in unnamed if period in scope.heads_left_out]
    if others := [period for period in unnamed if period not in left_out]:
        yield NotChecked(
            f"whether newer manifests of {spans(others)} were removed",
            "the latest-manifest records do not name any",
            _NEWER,
        )
    if left_out:
        yield NotChecked(
            f"whether newer manifests of {spans(left_out)} were removed",
            "the earlier report has no latest-manifest record of them: no chain was verified",
            _NEWER,
        )
    if not (scope.heads_are_current or scope.periods):
        known = sorted({*heads, *scope.heads_left_out})
        yield NotChecked(
            f"whether whole billing periods before {known[0]} or after {known[-1]} were removed",
            "the latest-manifest records name none",
            _NEWER,
        )


def spans(periods: Sequence[BillingPeriod]) -> str:
    """Periods in their order as text: `2026-05, 2026-08 to 2026-10`."""
    first, texts = periods[0], []
    for before, after in pairwise([*periods, None]):
        if after is None or (before and before.shifted(1) != after):
            texts.append(_span(first, before or first))
            first = after or first
    return ", ".join(texts)


def _span(first: BillingPeriod, last: BillingPeriod) -> str:
    return str(first) if first == last else f"{first} to {last}"
