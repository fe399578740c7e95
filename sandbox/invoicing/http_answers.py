"""One HTTP answer as data, well-formed or not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Delivery:
    """Transport of a body that does not go out at once.

    Each of `parts` leaves at once. `length` is the Content-Length (None: it is not sent). The
    connection then goes on ("whole"), closes ("cut": with chunks, before their end mark) or is
    reset; without `starts`, before even the status line.
    """

    parts: Iterable[bytes]
    length: int | None = None
    chunked: bool = False
    starts: bool = True
    ends: Literal["whole", "cut", "reset"] = "whole"


@dataclass(frozen=True)
class Answer:
    """Status, headers, and a body that is there or that a `delivery` brings."""

    status: int
    content_type: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery | None = None
