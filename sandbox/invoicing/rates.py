"""Rate limits: a token bucket for each account and operation, in real time."""

import math
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sandbox.invoicing import model
from sandbox.invoicing.errors import throttled


@dataclass(frozen=True)
class Limit:
    """Limit of `calls_per_second` of an operation by one account, with a `burst` after a pause
    (None: a second's worth, at least one).

    For one operation or for each of all, for one account or for each of all. None calls per second
    removes the limits of such accounts and operations. Raises ValueError with every problem at
    once.
    """

    calls_per_second: float | None
    burst: int | None = None
    operation: str | None = None
    payer_account_id: str | None = None

    def __post_init__(self) -> None:
        problems = []
        rate = self.calls_per_second
        if rate is not None and not (0 < rate < math.inf):
            problems.append(f"calls_per_second is {rate!r}, not a positive number or null")
        if self.burst is not None and (not isinstance(self.burst, int) or self.burst < 1):
            problems.append(f"burst is {self.burst!r}, not a positive whole number")
        if self.operation not in (None, *model.OPERATIONS):
            problems.append(
                f"operation '{self.operation}' is not one of {', '.join(model.OPERATIONS)}"
            )
        if problems:
            raise ValueError("; ".join(problems))

    def concerns(self, payer_account_id: str, operation: str) -> bool:
        return self.operation in (None, operation) and self.payer_account_id in (
            None,
            payer_account_id,
        )


@dataclass
class _Bucket:
    rate: float
    size: float
    tokens: float
    filled_at: float

    def take(self, now: float) -> bool:
        self.tokens = min(self.size, self.tokens + (now - self.filled_at) * self.rate)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class RateLimits:
    """The limits of one server; the last one that was set for an account and operation holds."""

    def __init__(
        self, limits: Iterable[Limit] = (), *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._lock = threading.Lock()
        self._limits = list(limits)
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def set(self, limit: Limit) -> None:
        """Set a limit from now on; its buckets are full again."""
        with self._lock:
            self._limits.append(limit)
            self._buckets = {
                key: bucket for key, bucket in self._buckets.items() if not limit.concerns(*key)
            }

    def check(self, payer_account_id: str, operation: str) -> None:
        """Raises the service's throttling error for a call beyond the rate; such a call uses
        nothing up.
        """
        if not self._allows(payer_account_id, operation):
            raise throttled(model.service_of(operation))

    def _allows(self, payer_account_id: str, operation: str) -> bool:
        key, now = (payer_account_id, operation), self._clock()
        with self._lock:
            limit = next((one for one in reversed(self._limits) if one.concerns(*key)), None)
            if limit is None or limit.calls_per_second is None:
                return True
            if key not in self._buckets:
                size = limit.burst or max(1.0, limit.calls_per_second)
                self._buckets[key] = _Bucket(limit.calls_per_second, size, size, now)
            return self._buckets[key].take(now)
