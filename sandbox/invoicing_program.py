"""The Invoicing emulator as a process beside ministack."""

import http.client
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.context import Context
from sandbox.errors import SandboxError
from sandbox.places import Places
from sandbox.program import Program, aws_environment

_START_SECONDS = 30


@dataclass(frozen=True)
class RequestTotals:
    """Requests to the service since its start: calls by operation, and document downloads."""

    calls: Mapping[str, int]
    downloads: int

    def since(self, earlier: "RequestTotals") -> "RequestTotals":
        """Requests after those of `earlier`."""
        calls = Counter(self.calls) - Counter(earlier.calls)
        return RequestTotals(calls, self.downloads - earlier.downloads)


class InvoicingProgram(Context):
    """Runs while the context is open.

    `signature_marker` begins the signature of every document URL. `hostile`: the made-up payers
    have their hostile names and purchase orders.
    """

    def __init__(
        self,
        places: Places,
        port: int,
        *,
        register: Path,
        sts_endpoint: str,
        signature_marker: str,
        hostile: bool,
        held: int,
    ) -> None:
        super().__init__()
        self.port = port
        command: list[str | Path] = [
            sys.executable, "-m", "sandbox.invoicing_emulator",
            "--port", str(port),
            "--register", register,
            "--sts-endpoint", sts_endpoint,
            "--papers", places.papers,
        ]  # fmt: skip
        if signature_marker:
            command += ["--signature-marker", signature_marker]
        if hostile:
            command.append("--hostile")
        self._program = Program(
            "the Invoicing emulator",
            command,
            environment=aws_environment(places, sts_endpoint),
            folder=places.project,
            log=places.logs / "invoicing.log",
            held=held,
        )

    def _open(self, opening: ExitStack) -> None:
        opening.enter_context(self._program)
        self._await_ready()

    def set_clock(self, now: datetime) -> None:
        """Set the service's clock to this instant."""
        self.control("POST", "clock", {"now": now.isoformat()})

    def request_totals(self) -> RequestTotals:
        counts = self.control("GET", "requests")
        calls: Counter[str] = Counter()
        for by_operation in counts["calls"].values():
            calls.update(by_operation)
        return RequestTotals(calls, sum(counts["downloads"].values()))

    def control(self, method: str, name: str, content: Mapping[str, object] | None = None) -> Any:
        """One request of the emulator's control plane, which no deployed function knows."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(
                method, f"/_control/{name}", None if content is None else json.dumps(content)
            )
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise SandboxError(
                f"the Invoicing emulator refused {method} {name}: {answer.decode(errors='replace')}"
            )
        return json.loads(answer)

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.control("GET", "health")
            except OSError:
                if self._program.has_ended or time.monotonic() > deadline:
                    raise self._program.failure("the Invoicing emulator did not start") from None
                time.sleep(0.05)
            else:
                return
