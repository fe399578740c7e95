"""Page tokens: opaque, bound to the query that they continue, and good for a limited time."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.invoicing.errors import bad_token

_MAC_BYTES = 32


@dataclass(frozen=True)
class Position:
    """Start of the next page, in the listing as it was at `as_of`: later invoices do not shift the
    pages.
    """

    offset: int
    as_of: datetime


class PageTokens:
    """Makes and reads the tokens of one server. They expire by real time, not by the emulated
    clock.
    """

    def __init__(self, lifetime_seconds: int) -> None:
        self._lifetime_seconds = lifetime_seconds
        self._secret = secrets.token_bytes(32)

    def issue(self, query: Mapping[str, Any], position: Position) -> str:
        payload = json.dumps(
            {
                "query": _digest(query),
                "offset": position.offset,
                "as_of": position.as_of.isoformat(),
                "expires": time.time() + self._lifetime_seconds,
            }
        ).encode()
        return base64.urlsafe_b64encode(self._mac(payload) + payload).decode()

    def position(
        self, service: str, token: str | None, query: Mapping[str, Any], now: datetime
    ) -> Position:
        """The start of a query's page; without a token the beginning, as of now. Raises the
        service's error for a token that continues nothing.
        """
        if token is None:
            return Position(0, now)
        try:
            raw = base64.b64decode(token, altchars=b"-_", validate=True)
        except ValueError:
            raw = b""
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(payload)):
            raise bad_token(service, "invalid")
        content = json.loads(payload)
        if content["query"] != _digest(query):
            raise bad_token(service, "changed")
        if time.time() >= content["expires"]:
            raise bad_token(service, "expired")
        return Position(content["offset"], datetime.fromisoformat(content["as_of"]).astimezone(UTC))

    def _mac(self, payload: bytes) -> bytes:
        return hmac.digest(self._secret, payload, hashlib.sha256)


def _digest(query: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(query, sort_keys=True, default=str).encode()).hexdigest()
