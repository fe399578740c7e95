"""Reading an optional file of the bucket."""

from collections.abc import Callable
from typing import Any, TypeVar

from lambdas.aws.archive import Archive, ReadObject
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.telemetry import logger

Read = TypeVar("Read")


def read_if_understood(
    archive: Archive, key: str, understand: Callable[[Any], Read]
) -> Read | None:
    """The result of `understand` for the JSON at the key. None if there is no file, or if it cannot
    be understood, which is logged.
    """
    return understood(key, lambda: archive.read(key), understand)


def if_understood(file: ReadObject | None, understand: Callable[[Any], Read]) -> Read | None:
    """The same for a file that was read."""
    return understood(file.stored.key if file else "", lambda: file, understand)


def understood(
    key: str, read: Callable[[], ReadObject | None], understand: Callable[[Any], Read]
) -> Read | None:
    """The same for a file that `read` reads."""
    try:
        file = read()
        return understand(file.data()) if file else None
    except NOT_UNDERSTOOD as error:
        reason = f"{type(error).__name__}: {error}"
        logger().warning("ignored an unreadable file", extra={"key": key, "reason": reason})
        return None
