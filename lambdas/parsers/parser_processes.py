"""Parsers in processes of their own: few, bounded in time and memory, and begun anew when one ends.

Two are enough for all threads, for they do nothing but compute; with their limits both fit into the
function beside what it needs itself. They get no environment: what they read is hostile.
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
"""How long a parser may take over a document."""
PROCESSES = 2
UNKNOWN_ENCODING = "unknown encoding"
"""What is wrong with an XML that may be in order, in words of parser_processes and its parsers."""
_START_SECONDS = 60
_GRACE_SECONDS = 10
_MOST_ANSWER_BYTES = 32 << 20
_BLOCK = 1 << 16
_HIDDEN = ("cryptography", "Crypto")
"""Packages that the zip does not have: where a tool has them, PDFs must be read no otherwise."""
_PROGRAM = (
    f"import sys; sys.modules.update(dict.fromkeys({_HIDDEN})); sys.path[:0] = sys.argv[1:]; "
    "from lambdas.parsers.document_parser import main; main()"
)
_ENVIRONMENT = ("LD_LIBRARY_PATH",)
"""Lambda's Python does not start without it."""


class BeyondLimits(Exception):
    """No parser came to an end with the document: it took too long, too much memory, or crashed.

    That is no verdict on the document.
    """


class ParserNotStarted(Exception):
    """The processes cannot run here at all, which is no document's fault."""


class ParserProcesses:
    """Asks parsers about documents. Methods may run in several threads."""

    def __init__(self, processes: int = PROCESSES, packages: tuple[str, ...] | None = None) -> None:
        """`packages` are the folders to import from, by default those of this process."""
        # the one that was used last is taken first: where one is enough, no other is begun
        self._idle: queue.LifoQueue[_Parser] = queue.LifoQueue()
        for _ in range(processes):
            self._idle.put(_Parser(packages))

    def ask(self, question: str, stream: IO[bytes], size_bytes: int) -> Any:
        """What a parser says of the stream's first bytes. Raises BeyondLimits.

        `question` is one of those that document_parser answers.
        """
        with _descriptor(stream) as descriptor:
            parser = self._idle.get()
            try:
                return parser.ask(f"{question} {size_bytes}", descriptor)
            finally:
                self._idle.put(parser)

    def end(self) -> None:
        """End the processes that are idle; what is asked later begins others."""
        parsers = [self._idle.get() for _ in range(self._idle.qsize())]
        for parser in parsers:
            parser.end()
            self._idle.put(parser)


class _Parser:
    """A process that is begun when it is first needed."""

    def __init__(self, packages: tuple[str, ...] | None) -> None:
        self._packages = packages
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None

    def ask(self, question: str, descriptor: int) -> Any:
        asked = f"{question} {int(SECONDS + _GRACE_SECONDS)}".encode()
        connection = self._connected()
        try:
            socket.send_fds(connection, [asked], [descriptor])
        except OSError:  # it ended while nobody needed it
            self.end()
            connection = self._connected()
            socket.send_fds(connection, [asked], [descriptor])
        try:
            told = json.loads(_line(connection, SECONDS))
        except (OSError, ValueError):
            self.end()
            raise BeyondLimits from None
        if told["is_worn"]:
            self.end()
        return told["answer"]

    def _connected(self) -> socket.socket:
        if self._connection is None:
            try:
                return self._begun()
            except (OSError, ValueError):  # there may have been no memory for it just then
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
    """What a process says next. Raises OSError where that is nothing, ValueError where too much."""
    deadline = time.monotonic() + seconds
    said = bytearray()
    while not said.endswith(b"\n"):
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        part = connection.recv(_BLOCK)
        if not part:
            raise ConnectionResetError("it ended")
        said += part
        if len(said) > _MOST_ANSWER_BYTES:
            raise ValueError("it says too much")
    return bytes(said)


def _started(theirs: socket.socket, packages: tuple[str, ...]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-B", "-c", _PROGRAM, *packages],
        stdin=theirs.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
    )


def _folders() -> tuple[str, ...]:
    """Where this package and the parser's are; in the zip that is one folder."""
    found = importlib.util.find_spec("pypdf")
    if found is None or found.origin is None:
        raise ParserNotStarted("pypdf is not installed")
    own = Path(__file__).resolve().parents[2]
    return (str(own), str(Path(found.origin).resolve().parent.parent))


@contextmanager
def _descriptor(stream: IO[bytes]) -> Iterator[int]:
    """The stream as an open file, whose position stays as it is."""
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
