"""Plain data with one member of another kind than it must have, for each member and kind."""

from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]
_ODD: tuple[Any, ...] = (None, True, 5, 1.5, "\ud800?", [], [None], {}, {"x": []})


def with_odd_members(data: Any, free: frozenset[str] = frozenset()) -> Iterator[tuple[Path, Any]]:
    """The place of the member, and the data with it; at the places that are named `free`, as
    `invoices.*.name`, whatever is there says nothing.
    """
    for path, value in _members(data, ()):
        if _name(path) in free:
            continue
        yield path, _replaced(data, path, _GONE)
        for odd in _ODD:
            if _kind(odd) != _kind(value):
                yield path, _replaced(data, path, odd)


_GONE = object()


def _members(data: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    items: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(data, dict):
        items = iter(data.items())
    elif isinstance(data, list):
        items = iter(enumerate(data))
    for name, value in items:
        yield (*path, name), value
        yield from _members(value, (*path, name))


def _replaced(data: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    first, *rest = path
    changed = dict(data) if isinstance(data, dict) else list(data)
    if not rest and value is _GONE:
        del changed[first]
    else:
        changed[first] = _replaced(data[first], tuple(rest), value)  # type: ignore[index]
    return changed


def _name(path: Path) -> str:
    return ".".join("*" if isinstance(part, int) else part for part in path)


def _kind(value: Any) -> str:
    return type(value).__name__
