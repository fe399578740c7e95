"""Fewer payer accounts at a time than on AWS, where each has processors of its own.

Here every payer account of the map takes a process of each function, and all share this machine:
more of them than processors only start and wait.
"""

import re
from pathlib import Path

PAYERS_AT_A_TIME = 3
_MOST = re.compile(r'(\\"MaxConcurrency\\":)(\d+)')


def run_few_at_a_time(assembly: Path) -> None:
    """Lower the map's concurrency in every template of a cloud assembly."""
    for path in assembly.glob("*.template.json"):
        template = path.read_text(encoding="utf-8")
        path.write_text(_MOST.sub(_lowered, template), encoding="utf-8")


def _lowered(found: re.Match[str]) -> str:
    return found[1] + str(min(PAYERS_AT_A_TIME, int(found[2])))
