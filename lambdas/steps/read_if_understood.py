"""Reading a file of the bucket that the work goes on without."""

from collections.abc import Callable
from typing import Any, TypeVar

from lambdas.aws.archive import Archive
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.telemetry import logger

Read = TypeVar("Read")


def read_if_understood(
    archive: Archive, key: str, understand: Callable[[Any], Read]
) -> Read | None:
    """What `understand` makes of the JSON at the key. None where there is no file, and where it
    cannot be understood, which the log names.
    """
    try:
        found = archive.read(key)
        return understand(found.data()) if found else None
    except NOT_UNDERSTOOD as error:
        reason = f"{type(error).__name__}: {error}"
        logger().warning("took an unreadable file for none", extra={"key": key, "reason": reason})
        return None
