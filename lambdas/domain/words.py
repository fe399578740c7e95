"""Counts and lists in words."""

from collections.abc import Iterable, Sequence


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def lower_first(sentence: str) -> str:
    """The sentence within another one; a name that begins it must stay."""
    return sentence[:1].lower() + sentence[1:]


def some_of(names: Sequence[str], most: int = 3) -> str:
    """`a, b, c and 4 more`."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
