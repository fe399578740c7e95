"""Plain data with one member of another kind than it must have, for each member and kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]
_ODD: tuple[Any, ...] = (None, True, 5, 1.5, "\ud800?", [], [None], {}, {"x": []})


@dataclass(frozen=True)
class Odd:
    """The data with an odd value in place of a member, or without that member."""

    data: Any
    value: Any = None
    is_gone: bool = False


def with_odd_members(data: Any) -> Iterator[tuple[str, Odd]]:
    """Each member by its name, as `invoices.*.summary`, with each odd value in its place."""
    for path, value in _members(data, ()):
        name = ".".join("*" if isinstance(part, int) else part for part in path)
        yield name, Odd(_without(data, path), is_gone=True)
        for odd in _ODD:
            if type(odd) is not type(value) or odd == [None]:
                yield name, Odd(_with(data, path, odd), odd)


def _members(data: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    items: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(data, dict):
        items = iter(data.items())
    elif isinstance(data, list):
        items = iter(enumerate(data))
    for name, value in items:
        yield (*path, name), value
        yield from _members(value, (*path, name))


def _with(data: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    changed = data.copy()
    changed[path[0]] = _with(data[path[0]], path[1:], value)
    return changed


def _without(data: Any, path: Path) -> Any:
    changed = data.copy()
    if path[1:]:
        changed[path[0]] = _without(data[path[0]], path[1:])
    else:
        del changed[path[0]]
    return changed
