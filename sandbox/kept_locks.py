"""Versions whose lock the saved state of the embedded AWS holds.

ministack itself forgets the retention of each version at its end; sandbox.ministack_server has it
saved with the rest. A run that was killed saved nothing, so its versions are locked anew.
"""

import ast
import json
from collections.abc import Set
from contextlib import suppress

from sandbox.places import Places

Version = tuple[str, str]
"""Key and version id."""


def kept_locks(places: Places, bucket: str) -> Set[Version]:
    """The locked versions of a bucket in the saved state; empty without a readable one."""
    with suppress(OSError, ValueError, LookupError, TypeError, SyntaxError):
        state = json.loads((places.state / "s3.json").read_bytes())
        names = state["payload"]["object_retention"]["data"]
        locked = (ast.literal_eval(name.partition("\0")[2]) for name in names)
        return {(key, version_id) for of, key, version_id in locked if of == bucket}
    return set()
