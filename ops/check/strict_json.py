"""JSON that every program reads alike: each member once, and whole numbers only."""

import json
from typing import Any


def read_strictly(text: str | bytes) -> Any:
    """Read a value. Raises ValueError, and RecursionError for data that is nested too deeply."""
    return json.loads(
        text, object_pairs_hook=_members_once, parse_float=_refuse, parse_constant=_refuse
    )


def _members_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("it has a member twice")
    return members


def _refuse(number: str) -> Any:
    raise ValueError(f"it has the number {number}; runs write whole ones")
