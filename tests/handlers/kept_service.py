"""Servers and clients of the emulated AWS that the tests of a process use one after the other: made
anew for each run, they would take as long as its calls. Each test has an emulator of its own.

Clients hand their signed requests to the emulator without a connection and read the bytes of its
answers; documents are downloaded from its server. tests/sandbox has clients with connections.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import uuid4

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from lambdas.aws.clients import RoleCredentials
from sandbox.invoicing.catalogue import FixedCatalogue
from sandbox.invoicing.server import InvoicingEmulator

MakeClient = Callable[[RoleCredentials], Any]
SERVICES = ("INVOICING", "COST_EXPLORER", "ORGANIZATIONS", "PAYMENTS")
"""Services of a payer account that the emulator answers for, by their names in the environment."""
_CHANGES = ("register", "register_first", "register_last", "unregister")


class KeptEmulator(InvoicingEmulator):
    """An emulator that listens where others did before it, one at a time."""

    def __enter__(self) -> Self:
        self._address = _IDLE.pop() if _IDLE else _Address()
        self._port = self._address.answer_by(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._address.answer_by(_nobody())
        _IDLE.append(self._address)


class _Address:
    """A server that stays, so that clients that were made for its address can stay too."""

    def __init__(self) -> None:
        first = _nobody().__enter__()
        self._server: Any = first._server
        _ADDRESSES[urlsplit(first.url).netloc] = self

    def answer_by(self, emulator: InvoicingEmulator) -> int:
        """Hand all requests from now on to this emulator; return the port."""
        self._server.emulator = emulator
        return int(self._server.server_address[1])

    def answer(self, request: AWSPreparedRequest) -> AWSResponse:
        """The answer of the emulator to a request, as if it had come over a connection."""
        headers = {
            name.lower(): text.decode() if isinstance(text, bytes) else text
            for name, text in request.headers.items()
        }
        body = request.body or b""
        content = body.encode() if isinstance(body, str) else bytes(body)
        target = urlsplit(request.url).path or "/"
        answer = self._server.emulator.answer(request.method, target, headers, content)
        sent = {
            "Content-Type": answer.content_type,
            "Content-Length": str(len(answer.body)),
            "x-amzn-RequestId": str(uuid4()),
        }
        return AWSResponse(request.url, answer.status, sent | answer.headers, _Body(answer.body))


@dataclass(frozen=True)
class _Body:
    content: bytes

    def stream(self) -> Iterator[bytes]:
        yield self.content


_IDLE: list[_Address] = []
_ADDRESSES: dict[str, _Address] = {}


def _nobody() -> InvoicingEmulator:
    return InvoicingEmulator(FixedCatalogue({}))


def kept(make: MakeClient) -> MakeClient:
    """The maker of a client that gives the same one again, by credentials and endpoints, as long as
    it is as new: each call was answered at the first try, and nobody changed its hooks.
    """
    as_new: dict[object, Any] = {}

    @wraps(make)
    def client(credentials: RoleCredentials) -> Any:
        of = credentials, *(os.environ.get(f"AWS_ENDPOINT_URL_{name}") for name in SERVICES)
        found = as_new.get(of)
        if found is None:
            found = as_new[of] = make(credentials)
            _prepare(found, lambda: as_new.pop(of, None))
        return found

    return client


def _prepare(client: Any, forget: Callable[[], object]) -> None:
    """Let the client ask emulators without connections, and call `forget` once it is not as new."""

    def look_at(parsed: dict[str, Any], **_: object) -> None:
        answer = parsed["ResponseMetadata"]
        if answer["HTTPStatusCode"] >= 300 or answer.get("RetryAttempts"):
            forget()

    def send(request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        address = _ADDRESSES.get(urlsplit(request.url).netloc)
        return address.answer(request) if address else None

    events = client.meta.events
    events.register("before-send", send)
    events.register("after-call", look_at)
    events.register("after-call-error", lambda **_: forget())
    for name in _CHANGES:
        setattr(events, name, _forgetting(getattr(events, name), forget))


def _forgetting(change: Callable[..., Any], forget: Callable[[], object]) -> Callable[..., Any]:
    def changed(*arguments: Any, **named: Any) -> Any:
        forget()
        return change(*arguments, **named)

    return changed
