"""Parsers in processes of their own: few, bounded in time and memory, and started again when one
ends.

Two suffice for all threads, because they only compute; with their limits both fit into the
function's memory. They get no environment, because their input is hostile.
"""

import importlib.util
import json
import os
import queue
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

SECONDS = 20
"""Limit for a parser's work on one document."""
PROCESSES = 2
UNKNOWN_ENCODING = "unknown encoding"
"""The error of an XML that may be valid; parser_processes and its parsers share the word."""
_START_SECONDS = 60
_GRACE_SECONDS = 10
_MOST_ANSWER_BYTES = 32 << 20
_BLOCK = 1 << 16
_HIDDEN = ("cryptography", "Crypto")
"""Packages that the zip does not have; hidden where installed, so that PDFs are read the same."""
_PROGRAM = (
    f"import sys; sys.modules.update(dict.fromkeys({_HIDDEN})); sys.path[:0] = sys.argv[1:]; "
    "from lambdas.parsers.document_parser import main; main()"
)
_ENVIRONMENT = ("LD_LIBRARY_PATH",)
"""Lambda's Python does not start without it."""


class BeyondLimits(Exception):
    """No parser finished the document: it took too much time or memory, or crashed.

    This says nothing about the document.
    """


class ParserNotStarted(Exception):
    """The processes cannot run here at all; no document is at fault."""


class ParserProcesses:
    """Asks parsers about documents. Methods may run in several threads."""

    def __init__(self, processes: int = PROCESSES, packages: tuple[str, ...] | None = None) -> None:
        """Prepare idle processes. `packages` are the folders to import from, by default this
        process's own.
        """
        # last in, first out: if one process suffices, no other is started
        self._idle: queue.LifoQueue[_Parser] = queue.LifoQueue()
        for _ in range(processes):
            self._idle.put(_Parser(packages))

    def ask(self, question: str, stream: IO[bytes], size_bytes: int) -> Any:
        """The parser's answer on the stream's first bytes. Raises BeyondLimits.

        `question` is a key of document_parser.QUESTIONS.
        """
        with _descriptor(stream) as descriptor:
            parser = self._idle.get()
            try:
                return parser.ask(f"{question} {size_bytes}", descriptor)
            finally:
                self._idle.put(parser)

    def end(self) -> None:
        """End the idle processes; later questions start others."""
        parsers = [self._idle.get() for _ in range(self._idle.qsize())]
        for parser in parsers:
            parser.end()
            self._idle.put(parser)


class _Parser:
    """A process that is started at its first question."""

    def __init__(self, packages: tuple[str, ...] | None) -> None:
        self._packages = packages
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None

    def ask(self, question: str, descriptor: int) -> Any:
        message = f"{question} {int(SECONDS + _GRACE_SECONDS)}".encode()
        connection = self._connected()
        try:
            socket.send_fds(connection, [message], [descriptor])
        except OSError:  # it ended while idle
            self.end()
            connection = self._connected()
            socket.send_fds(connection, [message], [descriptor])
        try:
            reply = json.loads(_line(connection, SECONDS))
        except (OSError, ValueError):
            self.end()
            raise BeyondLimits from None
        if reply["is_worn"]:
            self.end()
        return reply["answer"]

    def _connected(self) -> socket.socket:
        if self._connection is None:
            try:
                return self._begun()
            except (OSError, ValueError):  # memory may have been short for a moment
                self.end()
            try:
                return self._begun()
            except (OSError, ValueError) as error:
                self.end()
                raise ParserNotStarted(f"the parser does not start ({error})") from None
        return self._connection

    def _begun(self) -> socket.socket:
        self._connection, theirs = socket.socketpair()
        with theirs:
            self._process = _started(theirs, self._packages or _folders())
        _line(self._connection, _START_SECONDS)
        return self._connection

    def end(self) -> None:
        if self._connection:
            self._connection.close()
        if self._process:
            self._process.kill()
            self._process.wait()
        self._connection = self._process = None


def _line(connection: socket.socket, seconds: float) -> bytes:
    """The process's next line. Raises OSError if there is none, ValueError if it is too long."""
    deadline = time.monotonic() + seconds
    line = bytearray()
    while not line.endswith(b"\n"):
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        part = connection.recv(_BLOCK)
        if not part:
            raise ConnectionResetError("it ended")
        line += part
        if len(line) > _MOST_ANSWER_BYTES:
            raise ValueError("it says too much")
    return bytes(line)


def _started(theirs: socket.socket, packages: tuple[str, ...]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-B", "-c", _PROGRAM, *packages],
        stdin=theirs.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
    )


def _folders() -> tuple[str, ...]:
    """The folders of this package and of the parser's; in the zip they are the same."""
    spec = importlib.util.find_spec("pypdf")
    if spec is None or spec.origin is None:
        raise ParserNotStarted("pypdf is not installed")
    own = Path(__file__).resolve().parents[2]
    return (str(own), str(Path(spec.origin).resolve().parent.parent))


@contextmanager
def _descriptor(stream: IO[bytes]) -> Iterator[int]:
    """The stream as an open file; its position is not moved."""
    try:
        descriptor = stream.fileno()
    except OSError:  # it is in memory
        with tempfile.TemporaryFile() as copy:
            stream.seek(0)
            shutil.copyfileobj(stream, copy)
            copy.flush()
            yield copy.fileno()
    else:
        stream.flush()
        yield descriptor
