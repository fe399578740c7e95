"""The HTTP side: one loopback port for the services, the documents and the control plane."""

import errno
import json
import os
import socket
import socketserver
import struct
import sys
import threading
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from sandbox.invoicing import model
from sandbox.invoicing.bad_downloads import misbehaving
from sandbox.invoicing.billing_transfers import BillingTransfers
from sandbox.invoicing.callers import Callers
from sandbox.invoicing.catalogue import Catalogue
from sandbox.invoicing.cost_explorer import GROUPS_OF_A_PAGE, REQUEST_USD, CostExplorer
from sandbox.invoicing.documents import PATH_PREFIX, DocumentUrls, Refused
from sandbox.invoicing.errors import ServiceError, internal, unreadable_request
from sandbox.invoicing.faults import DOWNLOADS, Fault, Faults
from sandbox.invoicing.http_answers import Answer, Delivery
from sandbox.invoicing.invoice_units import InvoiceUnits
from sandbox.invoicing.invoices import Invoices
from sandbox.invoicing.misbehaviour import Operations, Services
from sandbox.invoicing.payments import Payments
from sandbox.invoicing.rates import Limit, RateLimits
from sandbox.invoicing.tokens import PageTokens

HOST = "127.0.0.1"
_LONGEST_REQUEST = 1_000_000


class PortInUse(Exception):
    """Another program listens on the port."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"port {port} on {HOST} is in use; "
            "stop the program that listens there or choose another port"
        )


class InvoicingEmulator:
    """The emulator as a context manager: it listens on `url` inside the `with` block.

    `port` 0 takes a free one. `now` decides which invoices are issued, visible and ready (None:
    real time). `now`, `faults` and `limits` can be changed while serving. `url_lifetime_seconds`,
    `token_lifetime_seconds` and the rates of `limits` are real time. `groups_of_a_page` is for
    GetCostAndUsage, which lets no caller choose. Entering raises PortInUse.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        port: int = 0,
        now: datetime | None = None,
        signature_marker: str = "",
        sts_endpoint: str | None = None,
        url_lifetime_seconds: int = 900,
        token_lifetime_seconds: int = 900,
        limits: Iterable[Limit] = (),
        groups_of_a_page: int = GROUPS_OF_A_PAGE,
    ) -> None:
        self.faults = Faults(lambda: catalogue.faults(self.now))
        self.limits = RateLimits(limits)
        self.requests = RequestCounts()
        self._now = now
        self._port = port
        self._urls = DocumentUrls(signature_marker, url_lifetime_seconds)
        tokens = PageTokens(token_lifetime_seconds)
        self._invoices = Invoices(catalogue, self._urls, tokens)
        services = Services(
            self._invoices,
            InvoiceUnits(catalogue, tokens),
            CostExplorer(catalogue, tokens, groups_of_a_page),
            BillingTransfers(catalogue, tokens),
            Payments(catalogue, self._invoices, tokens),
        )
        self._operations = Operations(services, self.faults)
        self._callers = Callers(sts_endpoint)
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}"

    @property
    def now(self) -> datetime:
        return self._now or datetime.now(UTC)

    @now.setter
    def now(self, instant: datetime) -> None:
        self._now = instant

    def __enter__(self) -> Self:
        try:
            self._server = _Server((HOST, self._port), self)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUse(self._port) from None
            raise
        self._port = self._server.server_address[1]
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to one HTTP request; header names are in lower case."""
        parts = urlsplit(target)
        if parts.path.startswith(PATH_PREFIX):
            return self._document(method, parts.path, parts.query)
        if parts.path.startswith("/_control/"):
            return self._control(method, parts.path.removeprefix("/_control/"), body)
        if (method, target) != ("POST", "/"):
            return Answer(
                404,
                "text/plain",
                b"There is nothing here. Operations are POST / with an X-Amz-Target header.\n",
            )
        operation = model.operations_by_target().get(headers.get("x-amz-target", ""))
        service = model.service_of(operation) if operation else "invoicing"
        content_type = model.content_type(service)
        try:
            caller = self._callers.account_of(headers, service)
            return Answer(200, content_type, self._operation(caller, operation, headers, body))
        except ServiceError as error:
            return Answer(error.status, content_type, model.write_error(service, error))

    def _operation(
        self, caller: str, operation: str | None, headers: Mapping[str, str], body: bytes
    ) -> bytes:
        if operation is None:
            known = ", ".join(model.operations_by_target())
            raise ServiceError("UnknownOperationException", f"X-Amz-Target must be one of {known}")
        service = model.service_of(operation)
        self.requests.count_call(caller, operation)
        try:
            self.limits.check(caller, operation)
            content_type = model.content_type(service)
            if headers.get("content-type") != content_type:
                raise unreadable_request(service, f"Content-Type must be {content_type}")
            return self._operations.answer(caller, operation, body, self.now, self.url)
        except model.OffModel as error:
            raise internal(service, str(error)) from None
        except ServiceError as error:
            if error.is_throttle:
                self.requests.count_refusal(caller, operation)
            raise

    def _document(self, method: str, path: str, query: str) -> Answer:
        try:
            key = self._urls.resolve(method, path, query)
            document = self._invoices.document(key, self.now)
        except Refused as refused:
            return Answer(refused.status, "application/xml", refused.xml())
        self.requests.count_download(key.payer_account_id)
        fault = self.faults.document(
            DOWNLOADS, key.payer_account_id, key.invoice_id, key.document_id or ""
        )
        if fault:
            return misbehaving(fault, document)
        return Answer(200, document.content_type, document.read())

    def _control(self, method: str, name: str, body: bytes) -> Answer:
        readers = {"health": lambda: {"status": "ok", "now": self.now.isoformat()}}
        readers["requests"] = self.requests.snapshot
        if method == "GET" and name in readers:
            return _json(200, readers[name]())
        writers = {"clock": self._set_clock, "faults": self._add_fault, "limits": self._set_limit}
        if method == "POST" and name in writers:
            try:
                writers[name](json.loads(body))
            except (ValueError, TypeError, KeyError) as error:
                return _json(400, {"error": f"{type(error).__name__}: {error}"})
        elif (method, name) == ("DELETE", "faults"):
            self.faults.clear()
        else:
            return _json(404, {"error": f"{method} /_control/{name} does not exist"})
        return _json(200, {"now": self.now.isoformat()})

    def _set_clock(self, content: dict[str, str]) -> None:
        self.now = instant(content["now"])

    def _add_fault(self, content: dict[str, Any]) -> None:
        self.faults.add(Fault(**content))

    def _set_limit(self, content: dict[str, Any]) -> None:
        self.limits.set(Limit(**content))


class RequestCounts:
    """Counts for each payer account: calls by operation, throttled ones of these, and downloads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[str, Counter[str]] = {}
        self._refused: dict[str, Counter[str]] = {}
        self._downloads: Counter[str] = Counter()

    def count_call(self, payer_account_id: str, operation: str) -> None:
        with self._lock:
            self._calls.setdefault(payer_account_id, Counter())[operation] += 1

    def count_refusal(self, payer_account_id: str, operation: str) -> None:
        with self._lock:
            self._refused.setdefault(payer_account_id, Counter())[operation] += 1

    def count_download(self, payer_account_id: str) -> None:
        with self._lock:
            self._downloads[payer_account_id] += 1

    def snapshot(self) -> dict[str, Any]:
        """`{"calls": {payer: {operation: count}}, "refused": as calls, "downloads": {payer: count},
        "cost_usd": text}` as a copy; the cost is AWS's charge for Cost Explorer.
        """
        with self._lock:
            served = sum(calls[model.COSTS] for calls in self._calls.values()) - sum(
                refused[model.COSTS] for refused in self._refused.values()
            )
            return {
                "calls": {payer: dict(counts) for payer, counts in self._calls.items()},
                "refused": {payer: dict(counts) for payer, counts in self._refused.items()},
                "downloads": dict(self._downloads),
                "cost_usd": str(served * REQUEST_USD),
            }


def instant(text: str) -> datetime:
    """An ISO instant as UTC. Raises ValueError for one without a time zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"'{text}' has no time zone; write 2026-10-12T06:00:00Z")
    return moment.astimezone(UTC)


def _json(status: int, content: Mapping[str, Any]) -> Answer:
    return Answer(status, "application/json", json.dumps(content).encode())


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # the default of 5 makes parallel functions wait for a second SYN

    def __init__(self, address: tuple[str, int], emulator: InvoicingEmulator) -> None:
        self.emulator = emulator
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # HTTPServer's own looks up the host's name in DNS, which can take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(
            sys.exception(), ConnectionError
        ):  # a client that hangs up is no error of the server
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one packet
    server: _Server

    def _respond(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if (
            not length.isdecimal()
            or int(length) > _LONGEST_REQUEST
            or self.headers.get("Transfer-Encoding")
        ):
            self.close_connection = True
            self._send(
                Answer(
                    413, "text/plain", b"The request body is too long or its length is not told.\n"
                )
            )
            return
        body = self.rfile.read(int(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(self.server.emulator.answer(self.command, self.path, headers, body))

    def _send(self, answer: Answer) -> None:
        delivery = answer.delivery or Delivery((), len(answer.body))
        if delivery.starts:
            self._send_head(answer, delivery)
        if self.command != "HEAD":
            self.wfile.write(answer.body)
            self._deliver(delivery)

    def _send_head(self, answer: Answer, delivery: Delivery) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        if delivery.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif delivery.length is not None:
            self.send_header("Content-Length", str(delivery.length))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if delivery.ends != "whole":
            self.close_connection = True
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _deliver(self, delivery: Delivery) -> None:
        for part in delivery.parts:
            # A chunk of no bytes would be the end mark.
            framed = b"%x\r\n%b\r\n" % (len(part), part) if delivery.chunked and part else part
            self.wfile.write(framed)
            self.wfile.flush()
        if delivery.chunked and delivery.ends == "whole":
            self.wfile.write(b"0\r\n\r\n")
        if delivery.ends == "reset":
            self.close_connection = True
            # Closing with nothing to linger for sends RST in place of FIN.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _respond  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Log nothing: a request line holds the signature of a document URL."""
