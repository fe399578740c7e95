"""JSON that reads the same to everybody: each member once, and no number but whole ones."""

import json
from typing import Any


def read_strictly(text: str | bytes) -> Any:
    """The value. Raises ValueError, and RecursionError for what is nested too deeply."""
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
