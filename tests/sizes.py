"""How much exhaustive tests try: a spread of the cases in `make test`, all in `make test-slow`."""

import os
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

THOROUGH = os.environ.get("INVOICE_ARCHIVE_TESTS") == "thorough"

Value = TypeVar("Value")


def examples(short: int, long: int) -> int:
    """The number of examples that a property test tries."""
    return long if THOROUGH else short


def sample(
    values: Sequence[Value], at_most: int, kind: Callable[[Value], Hashable] = lambda _: None
) -> list[Value]:
    """All values, or `at_most` of them, spread from the first to the last, each time the same; and
    the first of each kind that is not among these.
    """
    if THOROUGH or len(values) <= at_most:
        return list(values)
    last = len(values) - 1
    spread = [values[index * last // max(1, at_most - 1)] for index in range(at_most)]
    missing = {kind(value): value for value in reversed(values)}
    for value in spread:
        missing.pop(kind(value), None)
    return [*spread, *missing.values()]
