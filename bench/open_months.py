"""Memory of a run that judges several billing periods, against one that judges a single one.

    python -m bench.open_months [PERIODS [PAYERS [INVOICES]]]

The real handler judges as many invoices in each period. The measure is Python's peak while a period
is judged, beside the stores of this process. 1 if it grows with the number of periods.
"""

import sys
import tracemalloc
from typing import Any
from unittest import mock

from bench.judge_period import AFTER_DEADLINE, Bucket, Heads, Size, connect, prepare, validate
from lambdas.steps import judge_run

step: Any = judge_run

PERIODS, PAYERS, INVOICES = 6, 50, 20
MOST_RATIO = 1.2
"""Growth for the verdicts and findings of judged periods, which are kept without invoices."""


def peak_kib(size: Size) -> int:
    """The highest peak of the periods; their outcomes are read before."""
    bucket, peaks = Bucket(), list[int]()
    prepare(bucket, "run", AFTER_DEADLINE, size)
    connect(bucket, Heads())
    stored, judge_period = bucket.size, step.judge_period

    def measured(*args: Any, **options: Any) -> Any:
        tracemalloc.reset_peak()
        judged = judge_period(*args, **options)
        peaks.append((tracemalloc.get_traced_memory()[1] + stored - bucket.size) // 1024)
        return judged

    with mock.patch.object(step, "judge_period", measured):
        tracemalloc.start()
        validate(bucket, "run", AFTER_DEADLINE)
        tracemalloc.stop()
    print(f"{size}: at most {max(peaks)} KiB in one of {len(peaks)} periods")
    return max(peaks)


def main(periods: int, payers: int, invoices: int) -> int:
    one = peak_kib(Size(payers, invoices))
    several = peak_kib(Size(payers, invoices, periods))
    print(f"{periods} periods take {several / one:.2f} times the memory of one")
    return int(several / one > MOST_RATIO)


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*(numbers + [PERIODS, PAYERS, INVOICES][len(numbers) :])))
