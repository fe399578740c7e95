"""Downloading one document: streamed to a file, bounded in size and time, with no trace of its URL.

The URL is a bearer secret, and requests and urllib3 put it into their exceptions. The errors raised
here carry a code and a sentence, and none of those exceptions leaves this module, not even as a
cause.
"""

import errno
import hashlib
import os
import socket
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from lambdas.domain.documents.content_coding import CodingUnknown, Decoder, NotDecoded, codings
from lambdas.domain.documents.document_refused import DocumentRefused
from lambdas.domain.documents.document_url import DocumentUrl, refusal

CONNECT_TIMEOUT_SECONDS = 10
READ_TIMEOUT_SECONDS = 30
TOTAL_TIMEOUT_SECONDS = 300
_BLOCK = 1 << 16
_FULL = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EMFILE,
    errno.ENFILE,
    errno.EIO,
    errno.EROFS,
)


class UrlExpired(DocumentRefused):
    """The server no longer accepts the URL; a new one may work."""


class TooSlow(DocumentRefused):
    """The document did not arrive within the total time; another try would take as long."""

    may_pass = False


class StorageFull(DocumentRefused):
    """The function's own storage cannot take the document now; the document is not at fault."""

    may_pass = True

    def __init__(self, error: OSError) -> None:
        why = os.strerror(error.errno) if error.errno else type(error).__name__
        super().__init__(
            "NOT_FETCHED",
            f"The function's own storage (/tmp) does not take it ({why}). Every run tries again. "
            "If it lasts, lower fetch_threads or give the function more ephemeral storage.",
        )


@dataclass(frozen=True)
class Downloaded:
    """A document in its file, decoded if it was served in a coding.

    `is_whole`: it has the length that the server stated. `flags`: finding codes with details.
    """

    sha256: str
    size_bytes: int
    is_whole: bool = False
    flags: tuple[tuple[str, str], ...] = ()


@contextmanager
def working_file() -> Iterator[IO[bytes]]:
    """A temporary file in the function's own storage for one document.

    Raises StorageFull if there is no room, also for the bytes that are written on closing.
    """
    try:
        with tempfile.TemporaryFile() as file:
            yield file
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise StorageFull(error) from None


def download(
    url: DocumentUrl, target: IO[bytes], hosts: Sequence[str], max_bytes: int
) -> Downloaded:
    """Stream the document into `target`.

    Raises DocumentRefused (UrlExpired, TooSlow, StorageFull); discard `target` then.
    """
    reason = refusal(url, hosts)
    if reason:
        raise DocumentRefused("DOCUMENT_URL_REFUSED", f"Not opened: {reason}.")
    too_late = TooSlow("DOWNLOAD_FAILED", f"Not complete after {TOTAL_TIMEOUT_SECONDS} seconds.")
    failure: DocumentRefused = too_late
    deadline = _Deadline(TOTAL_TIMEOUT_SECONDS)
    try:
        document = _download(url, target, max_bytes, deadline)
        if not deadline.has_ended:  # a cut connection can look like the end of the answer
            return document
    except DocumentRefused as refused:
        failure = refused
    except (requests.Timeout, urllib3.exceptions.TimeoutError):
        failure = DocumentRefused("DOWNLOAD_FAILED", "The server took too long to answer.")
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        failure = DocumentRefused(
            "DOWNLOAD_FAILED", f"The connection failed ({type(error).__name__})."
        )
    finally:
        deadline.stop()
    # Raised outside the except blocks, so that no context names the URL.
    raise too_late if deadline.has_ended else failure


def _download(
    url: DocumentUrl, target: IO[bytes], max_bytes: int, deadline: "_Deadline"
) -> Downloaded:
    with requests.Session() as session:
        session.trust_env = False  # no proxy, no netrc: the URL goes to its host only
        for scheme in ("http://", "https://"):
            session.mount(scheme, _DeadlineAdapter(deadline))
        with session.get(
            url.value,
            stream=True,
            allow_redirects=False,
            timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
            headers={"Accept-Encoding": "identity"},
        ) as response:
            _check_status(response.status_code)
            decoder = _decoder(response)
            expected = _content_length(response, max_bytes)
            body = _Body(target, max_bytes)
            on_the_wire = 0
            # read1 returns the bytes at hand instead of waiting for a full block
            while block := response.raw.read1(_BLOCK, decode_content=False):
                on_the_wire += len(block)
                if on_the_wire > max_bytes:
                    raise _too_large(max_bytes)
                body.take(decoder.decode(block))
    if expected is not None and on_the_wire != expected:
        raise DocumentRefused("DOCUMENT_DAMAGED", f"{on_the_wire} of {expected} bytes arrived.")
    body.take(decoder.end())
    with _storage():
        target.flush()
    return Downloaded(
        body.digest.hexdigest(),
        body.size,
        is_whole=expected is not None,
        flags=(("DOCUMENT_DECODED", f"Served as {decoder.name}."),) if decoder.name else (),
    )


class _Body:
    """A document's decoded bytes, written as they arrive, up to a limit."""

    def __init__(self, target: IO[bytes], max_bytes: int) -> None:
        self._target = target
        self._max_bytes = max_bytes
        self.digest = hashlib.sha256()
        self.size = 0

    def take(self, blocks: Iterable[bytes]) -> None:
        try:
            for block in blocks:
                self.size += len(block)
                if self.size > self._max_bytes:
                    raise _too_large(self._max_bytes)
                self.digest.update(block)
                with _storage():
                    self._target.write(block)
        except NotDecoded as error:
            raise DocumentRefused("DOCUMENT_DAMAGED", f"{error}.") from None


def _too_large(max_bytes: int) -> DocumentRefused:
    return DocumentRefused("DOCUMENT_TOO_LARGE", f"More than {max_bytes} bytes arrived.")


class _Deadline:
    """Ends a download at its deadline by cutting its connection.

    A socket's timeout starts anew with each byte: a server that sends one now and then, in the
    headers or the body, never reaches it.
    """

    def __init__(self, seconds: float) -> None:
        self.has_ended = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def apply_to(self, connected: socket.socket) -> None:
        """Take over the connection of the download; cut it at once after the deadline."""
        self._socket = connected
        if self.has_ended:
            self._cut()

    def stop(self) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.has_ended = True
        self._cut()

    def _cut(self) -> None:
        if self._socket:
            with suppress(OSError):  # the other side may have closed it already
                self._socket.shutdown(socket.SHUT_RDWR)


class _DeadlineAdapter(HTTPAdapter):
    """Applies a deadline to the sockets of its connections."""

    def __init__(self, deadline: _Deadline) -> None:
        self._deadline = deadline
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named)
        deadline = self._deadline

        class Plain(urllib3.connection.HTTPConnection):
            def connect(self) -> None:
                super().connect()
                deadline.apply_to(self.sock)

        class Encrypted(urllib3.connection.HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                deadline.apply_to(self.sock)

        class PlainPool(urllib3.HTTPConnectionPool):
            ConnectionCls = Plain

        class EncryptedPool(urllib3.HTTPSConnectionPool):
            ConnectionCls = Encrypted

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": EncryptedPool}


@contextmanager
def _storage() -> Iterator[None]:
    """Raise StorageFull, so that errors of the function's own storage differ from the network's."""
    try:
        yield
    except OSError as error:
        raise StorageFull(error) from None


def _check_status(status: int) -> None:
    if status == 403:
        raise UrlExpired("DOWNLOAD_FAILED", "The server refused the URL (403).")
    if 300 <= status < 400:
        raise DocumentRefused(
            "DOCUMENT_URL_REFUSED", f"The server redirects ({status}); not followed."
        )
    if status != 200:
        raise DocumentRefused("DOWNLOAD_FAILED", f"The server answered {status}.")


def _decoder(response: requests.Response) -> Decoder:
    try:
        return Decoder(codings(response.headers.get("Content-Encoding", "")))
    except CodingUnknown as unknown:
        raise DocumentRefused("DOCUMENT_CODING_UNKNOWN", f"{unknown}.") from None


def _content_length(response: requests.Response, max_bytes: int) -> int | None:
    text = response.headers.get("Content-Length", "")
    if not text.isascii() or not text.isdigit():
        return None
    if int(text) > max_bytes:
        raise DocumentRefused(
            "DOCUMENT_TOO_LARGE", f"It has {text} bytes, the limit is {max_bytes}."
        )
    return int(text)
