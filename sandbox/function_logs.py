"""Logs of the functions as a file: after the run nothing serves them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_GROUPS = "/aws/"


def write(logs: Any, since: datetime, path: Path) -> None:
    """Write the log events from `since` on, in order of time: instant, group, message a line."""
    events: list[tuple[int, str, str]] = []
    for groups in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=_GROUPS):
        for group in groups["logGroups"]:
            name = group["logGroupName"]
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName=name, startTime=int(since.timestamp() * 1000)
            )
            events += [
                (event["timestamp"], name, event["message"].rstrip("\n"))
                for page in pages
                for event in page["events"]
            ]
    lines = (
        f"{datetime.fromtimestamp(at / 1000, UTC):%H:%M:%S.%f} {name} {message}\n"
        for at, name, message in sorted(events, key=lambda event: event[0])
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines))
