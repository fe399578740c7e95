import gzip
import hashlib
import io
import logging
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import traceback
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lambdas.aws import document_download
from lambdas.aws.document_download import Downloaded, UrlExpired, download
from lambdas.domain.documents.document_refused import DocumentRefused
from lambdas.domain.documents.document_url import DocumentUrl
from lambdas.telemetry import logger

pytestmark = pytest.mark.usefixtures("loopback")

SIGNATURE = "5ec2e7516na7u2e"
BODY = b"%PDF-1.7 " + b"some document " * 4000 + b"%%EOF"
LIMIT = 1_000_000
Answer = Callable[["Server", socket.socket], None]


class Server:
    """A server of one answer, on a loopback port, that says what it was asked and what it sent."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.requests: list[bytes] = []
        self.sent = 0
        self.stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/documents/1?X-Amz-Signature={SIGNATURE}"

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            self.requests.append(connection.recv(65536, socket.MSG_PEEK))
            if not self.requests[-1].startswith(b"\x16"):  # no TLS handshake
                connection.recv(65536)
            self._answer(self, connection)

    def send(self, connection: socket.socket, data: bytes) -> None:
        connection.sendall(data)
        self.sent += len(data)

    def stop(self) -> None:
        self.stopping.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(5)


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], Server]]:
    servers: list[Server] = []

    def start(answer: Answer) -> Server:
        servers.append(Server(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(autouse=True)
def no_word_of_the_signature_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test does: no logger that the functions leave open prints the signature."""
    logger()  # as each function does, it quietens the libraries
    caplog.set_level(logging.DEBUG)
    yield
    for phase in ("setup", "call"):
        for entry in caplog.get_records(phase):  # type: ignore[arg-type]
            assert SIGNATURE not in f"{entry.getMessage()}{entry.exc_text}{entry.args}"


def respond(
    body: bytes = BODY, *headers: str, status: str = "200 OK", length: int | None = -1
) -> Answer:
    """A whole answer; `length` is what Content-Length says (None: nothing)."""

    def answer(server: Server, connection: socket.socket) -> None:
        lines = [f"HTTP/1.1 {status}", *headers, "Connection: close"]
        if length is not None:
            lines.append(f"Content-Length: {len(body) if length == -1 else length}")
        server.send(connection, "\r\n".join([*lines, "", ""]).encode() + body)

    return answer


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> Answer:
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + end
    return respond(body, "Transfer-Encoding: chunked", length=None)


def over_tls(context: ssl.SSLContext, answer: Answer) -> Answer:
    def encrypted(server: Server, connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            wrapped.recv(65536)
            answer(server, wrapped)

    return encrypted


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's certificate for this machine, which the client trusts in this test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def get(
    url: str, hosts: tuple[str, ...] = ("127.0.0.1",), limit: int = LIMIT
) -> tuple[Downloaded, bytes]:
    target = io.BytesIO()
    return download(DocumentUrl(url), target, hosts, limit), target.getvalue()


def failure(
    url: str, hosts: tuple[str, ...] = ("127.0.0.1",), limit: int = LIMIT
) -> DocumentRefused:
    """How the download failed, once it is sure that nothing of the error tells the signature."""
    with pytest.raises(DocumentRefused) as caught:
        get(url, hosts, limit)
    told = "".join(traceback.format_exception(caught.value))
    error: BaseException | None = caught.value
    while error:
        told += f"{error}{error!r}{error.args}{vars(error)}"
        assert error.__cause__ is None
        error = error.__context__
    assert SIGNATURE not in told
    assert "X-Amz" not in told
    return caught.value


def test_a_document_arrives_whole_with_its_hash_and_size(
    serve: Callable[[Answer], Server],
) -> None:
    server = serve(respond())
    arrived, content = get(server.url)
    assert content == BODY
    assert arrived == Downloaded(hashlib.sha256(BODY).hexdigest(), len(BODY), is_whole=True)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [chunked(BODY[:10], BODY[10:]), respond(length=None), respond(BODY, length=len(BODY))],
    ids=["chunked", "until the connection closes", "with its length"],
)
def test_every_way_of_sending_a_body_is_understood(
    serve: Callable[[Answer], Server], answer: Answer
) -> None:
    assert get(serve(answer).url)[1] == BODY


def test_a_body_shorter_than_its_length_is_refused(serve: Callable[[Answer], Server]) -> None:
    found = failure(serve(respond(BODY[:-30], length=len(BODY))).url)
    assert found.code in ("DOCUMENT_DAMAGED", "DOWNLOAD_FAILED")


@pytest.mark.parametrize(
    "answer",
    [
        chunked(BODY[:1000], end=b""),
        chunked(BODY[:1000], end=b"2000\r\nonly the beginning of a chunk"),
        chunked(BODY[:1000], end=b"not a length\r\n"),
    ],
    ids=["between chunks", "within a chunk", "garbage"],
)
def test_a_chunked_body_that_was_cut_is_refused(
    serve: Callable[[Answer], Server], answer: Answer
) -> None:
    assert failure(serve(answer).url).code == "DOWNLOAD_FAILED"


def test_a_document_that_says_it_is_too_large_is_not_read(
    serve: Callable[[Answer], Server],
) -> None:
    def answer(server: Server, connection: socket.socket) -> None:
        server.send(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n")
        for _ in range(900):
            server.send(connection, b"x" * 1_000_000)

    server = serve(answer)
    found = failure(server.url)
    assert (found.code, found.detail) == (
        "DOCUMENT_TOO_LARGE",
        "It has 900000000 bytes, the limit is 1000000.",
    )
    assert server.sent < 20_000_000  # what the buffers of two sockets hold


@pytest.mark.parametrize("framing", [b"", b"Transfer-Encoding: chunked\r\n"])
def test_an_endless_body_is_read_up_to_the_limit(
    serve: Callable[[Answer], Server], framing: bytes
) -> None:
    def answer(server: Server, connection: socket.socket) -> None:
        server.send(connection, b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n")
        piece = b"x" * 100_000
        for _ in range(500):  # 50 MB: endless enough
            server.send(connection, b"186a0\r\n" + piece + b"\r\n" if framing else piece)

    server = serve(answer)
    target = io.BytesIO()
    with pytest.raises(DocumentRefused, match="DOCUMENT_TOO_LARGE: More than 1000000 bytes"):
        download(DocumentUrl(server.url), target, ("127.0.0.1",), LIMIT)
    assert len(target.getvalue()) <= LIMIT
    assert server.sent < 30_000_000


def test_a_body_of_exactly_the_limit_is_not_too_large(serve: Callable[[Answer], Server]) -> None:
    assert get(serve(respond()).url, limit=len(BODY))[0].size_bytes == len(BODY)
    assert failure(serve(respond()).url, limit=len(BODY) - 1).code == "DOCUMENT_TOO_LARGE"


def test_a_large_document_needs_little_memory(
    serve: Callable[[Answer], Server], tmp_path: Path
) -> None:
    def answer(server: Server, connection: socket.socket) -> None:
        server.send(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n")
        for _ in range(300):
            server.send(connection, b"x" * 100_000)

    server = serve(answer)
    with (tmp_path / "document").open("wb") as target:
        tracemalloc.start()
        arrived = download(DocumentUrl(server.url), target, ("127.0.0.1",), 50_000_000)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert arrived.size_bytes == 30_000_000
    assert peak < 4_000_000


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Encoding:",),
        ("Content-Encoding: aws-chunked",),
        ("Content-Encoding: AWS-Chunked ,",),
        ("Content-Encoding: identity",),
        ("Content-Encoding: identity,aws-chunked",),
        ("Content-Encoding: aws-chunked", "Content-Encoding:   Identity"),
    ],
)
def test_a_header_that_names_no_coding_changes_nothing(
    serve: Callable[[Answer], Server], headers: tuple[str, ...]
) -> None:
    arrived, content = get(serve(respond(BODY, *headers)).url)
    assert (content, arrived.is_whole, arrived.flags) == (BODY, True, ())


def packed(content: bytes, level: int = 9) -> bytes:
    return gzip.compress(content, level, mtime=0)


def raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", packed(BODY)),
        ("GZIP", packed(BODY[:99]) + packed(BODY[99:])),
        ("x-gzip, aws-chunked", packed(BODY) + b"\0" * 700 + b"\x1f"),
        ("aws-chunked,gzip", packed(BODY, 0)),
        ("deflate", zlib.compress(BODY)),
        ("deflate", raw_deflate(BODY)),
        ("deflate, gzip", packed(raw_deflate(BODY))),
    ],
)
def test_a_document_in_a_coding_is_decoded_and_noted(
    serve: Callable[[Answer], Server], coding: str, body: bytes
) -> None:
    server = serve(respond(body, f"Content-Encoding: {coding}"))
    arrived, content = get(server.url)
    assert content == BODY
    assert (arrived.sha256, arrived.size_bytes) == (hashlib.sha256(BODY).hexdigest(), len(BODY))
    assert arrived.is_whole
    assert [code for code, _ in arrived.flags] == ["DOCUMENT_DECODED"]
    assert b"Accept-Encoding: identity" in server.requests[0]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, gzip"])
@pytest.mark.parametrize("body", [BODY, b""])
def test_a_document_that_is_not_in_the_coding_it_is_said_to_be_in_is_taken_as_it_is(
    serve: Callable[[Answer], Server], coding: str, body: bytes
) -> None:
    arrived, content = get(serve(respond(body, f"Content-Encoding: {coding}")).url)
    assert (content, arrived.flags) == (body, ())


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, br", "gzip, gzip, gzip"])
def test_a_coding_that_is_not_known_is_named(
    serve: Callable[[Answer], Server], coding: str
) -> None:
    found = failure(serve(respond(BODY, f"Content-Encoding: {coding}")).url)
    assert found.code == "DOCUMENT_CODING_UNKNOWN"
    assert coding in found.detail


PACKED = packed(BODY)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", PACKED[:-1]),
        ("gzip", PACKED[:-8]),
        ("gzip", PACKED[:12]),
        ("gzip", PACKED[: len(PACKED) // 2]),
        ("gzip", PACKED + PACKED[:20]),
        ("gzip", PACKED[:-8] + b"checksum"),
        ("deflate", zlib.compress(BODY)[:-4]),
        ("deflate", raw_deflate(BODY)[:-1]),
        ("gzip, gzip", packed(PACKED[:-9])),
    ],
)
@pytest.mark.parametrize("has_length", [True, False])
def test_a_document_that_ends_within_its_coding_is_damaged(
    serve: Callable[[Answer], Server], coding: str, body: bytes, has_length: bool
) -> None:
    answer = respond(body, f"Content-Encoding: {coding}", length=len(body) if has_length else None)
    assert failure(serve(answer).url).code == "DOCUMENT_DAMAGED"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, gzip"])
def test_what_swells_is_decoded_up_to_the_limit_in_little_memory(
    serve: Callable[[Answer], Server], coding: str
) -> None:
    bomb = bytes(50_000_000)
    for name in coding.split(", "):
        bomb = (packed if name == "gzip" else zlib.compress)(bomb)
    server, target = serve(respond(bomb, f"Content-Encoding: {coding}")), io.BytesIO()
    tracemalloc.start()
    with pytest.raises(DocumentRefused, match="DOCUMENT_TOO_LARGE: More than 1000000 bytes"):
        download(DocumentUrl(server.url), target, ("127.0.0.1",), LIMIT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(target.getvalue()) <= LIMIT
    assert peak < 5_000_000


def test_the_length_that_is_sent_counts_the_bytes_on_the_wire(
    serve: Callable[[Answer], Server],
) -> None:
    cut = serve(respond(PACKED, "Content-Encoding: gzip", length=len(PACKED) + 1))
    assert failure(cut.url).code in ("DOWNLOAD_FAILED", "DOCUMENT_DAMAGED")
    unlengthed = serve(respond(PACKED, "Content-Encoding: gzip", length=None))
    arrived, content = get(unlengthed.url)
    assert (content, arrived.is_whole) == (BODY, False)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed(serve: Callable[[Answer], Server], status: str) -> None:
    target = serve(respond())
    found = failure(serve(respond(b"", f"Location: {target.url}", status=status)).url)
    assert found.code == "DOCUMENT_URL_REFUSED"
    assert target.requests == []


def test_a_url_that_is_no_longer_accepted_has_expired(serve: Callable[[Answer], Server]) -> None:
    found = failure(serve(respond(b"<Error/>", status="403 Forbidden")).url)
    assert isinstance(found, UrlExpired)


@pytest.mark.parametrize(
    "status", ["500 Internal Server Error", "503 Slow Down", "404 Not Found", "206 Partial Content"]
)
def test_any_other_status_is_a_failed_download(
    serve: Callable[[Answer], Server], status: str
) -> None:
    found = failure(serve(respond(status=status)).url)
    assert (found.code, found.detail) == ("DOWNLOAD_FAILED", f"The server answered {status[:3]}.")
    assert not isinstance(found, UrlExpired)


def test_a_body_that_drips_is_given_up_at_the_deadline(
    serve: Callable[[Answer], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(server: Server, connection: socket.socket) -> None:
        server.send(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            server.send(connection, b"x")
            server.stopping.wait(0.05)

    monkeypatch.setattr(document_download, "TOTAL_TIMEOUT_SECONDS", 0.5)
    began = time.monotonic()
    assert failure(serve(answer).url).code == "DOWNLOAD_FAILED"
    assert time.monotonic() - began < 2


def test_headers_that_drip_are_given_up_at_the_deadline(
    serve: Callable[[Answer], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(server: Server, connection: socket.socket) -> None:
        server.send(connection, b"HTTP/1.1 200 OK\r\n")
        for _ in range(60):
            server.send(connection, b"X-Drip: x\r\n")
            time.sleep(0.05)
        server.send(connection, b"Content-Length: 1\r\n\r\nx")

    monkeypatch.setattr(document_download, "TOTAL_TIMEOUT_SECONDS", 0.5)
    began = time.monotonic()
    assert failure(serve(answer).url).code == "DOWNLOAD_FAILED"
    assert time.monotonic() - began < 2


def test_a_deadline_that_passes_before_the_connection_is_there_holds_all_the_same(
    serve: Callable[[Answer], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(server: Server, connection: socket.socket) -> None:
        server.send(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(60):
            server.send(connection, b"x")
            server.stopping.wait(0.05)

    def slow(*arguments: object, **named: object) -> object:
        time.sleep(0.4)
        return looked_up(*arguments, **named)  # type: ignore[arg-type]

    looked_up = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", slow)
    monkeypatch.setattr(document_download, "TOTAL_TIMEOUT_SECONDS", 0.2)
    began = time.monotonic()
    assert failure(serve(answer).url).code == "DOWNLOAD_FAILED"
    assert time.monotonic() - began < 2


def test_a_server_that_says_nothing_is_given_up(
    serve: Callable[[Answer], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_download, "READ_TIMEOUT_SECONDS", 0.3)
    found = failure(serve(lambda server, _: server.stopping.wait(9) and None).url)
    assert (found.code, found.detail) == (
        "DOWNLOAD_FAILED",
        "The server took too long to answer.",
    )


def test_a_body_that_stops_is_given_up(
    serve: Callable[[Answer], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(server: Server, connection: socket.socket) -> None:
        server.send(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")
        server.stopping.wait(9)

    monkeypatch.setattr(document_download, "READ_TIMEOUT_SECONDS", 0.3)
    assert failure(serve(answer).url).code == "DOWNLOAD_FAILED"


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx"])
def test_a_connection_that_is_reset_is_a_failed_download(
    serve: Callable[[Answer], Server], sent: bytes
) -> None:
    def answer(server: Server, connection: socket.socket) -> None:
        server.send(connection, sent)
        time.sleep(0.1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    assert failure(serve(answer).url).code == "DOWNLOAD_FAILED"


@pytest.mark.parametrize(
    "answer", [b"", b"\r\n\r\n", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200]
)
def test_what_is_no_http_answer_is_a_failed_download(
    serve: Callable[[Answer], Server], answer: bytes
) -> None:
    server = serve(lambda server, connection: server.send(connection, answer))
    assert failure(server.url).code == "DOWNLOAD_FAILED"


def test_broken_headers_do_not_get_the_url_into_the_log(
    serve: Callable[[Answer], Server], caplog: pytest.LogCaptureFixture
) -> None:
    server = serve(respond(BODY, "X-Ordinary: header", "a line that is no header"))
    with suppress(DocumentRefused):
        get(server.url)
    assert SIGNATURE not in caplog.text


def test_a_function_that_debugs_prints_no_url_even_before_its_first_log_line(
    serve: Callable[[Answer], Server],
) -> None:
    program = (
        "import io, logging, sys; logging.basicConfig(level=logging.DEBUG)\n"
        "from lambdas.handlers import fetch_invoice_documents\n"
        "from lambdas.aws.document_download import DocumentUrl, download\n"
        "print(download(DocumentUrl(sys.argv[1]), io.BytesIO(), ('127.0.0.1',), 10**6))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, serve(respond()).url],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(document_download.__file__).parents[2],
    )
    assert f"size_bytes={len(BODY)}" in ran.stdout
    assert SIGNATURE not in ran.stdout + ran.stderr


def test_a_port_that_nobody_listens_on_is_a_failed_download(
    serve: Callable[[Answer], Server],
) -> None:
    server = serve(respond())
    server.stop()
    assert failure(server.url).code == "DOWNLOAD_FAILED"


def test_a_document_arrives_over_tls(
    serve: Callable[[Answer], Server], certificate: ssl.SSLContext
) -> None:
    server = serve(over_tls(certificate, respond()))
    assert get(server.url.replace("http:", "https:"))[1] == BODY


def test_a_certificate_that_nobody_vouches_for_is_refused(
    serve: Callable[[Answer], Server],
    certificate: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", certifi.where())
    server = serve(over_tls(certificate, respond()))
    assert failure(server.url.replace("http:", "https:")).code == "DOWNLOAD_FAILED"
    assert server.sent == 0


@pytest.mark.parametrize("part", [b"X-Drip: x\r\n", b"Content-Length: 1000\r\n\r\nx"])
def test_what_drips_over_tls_is_given_up_at_the_deadline(
    serve: Callable[[Answer], Server],
    certificate: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
    part: bytes,
) -> None:
    def answer(server: Server, connection: socket.socket) -> None:
        server.send(connection, b"HTTP/1.1 200 OK\r\n")
        for _ in range(60):
            server.send(connection, part)
            server.stopping.wait(0.05)

    monkeypatch.setattr(document_download, "TOTAL_TIMEOUT_SECONDS", 0.5)
    server = serve(over_tls(certificate, answer))
    began = time.monotonic()
    assert failure(server.url.replace("http:", "https:")).code == "DOWNLOAD_FAILED"
    assert time.monotonic() - began < 2


def test_a_failed_tls_handshake_is_a_failed_download(serve: Callable[[Answer], Server]) -> None:
    server = serve(respond())
    assert failure(server.url.replace("http:", "https:")).code == "DOWNLOAD_FAILED"


def test_a_name_that_is_not_found_is_a_failed_download(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_found(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", not_found)
    url = f"https://bucket.s3.amazonaws.com/k?X-Amz-Signature={SIGNATURE}"
    assert failure(url, ("*.s3.amazonaws.com",)).code == "DOWNLOAD_FAILED"


def test_a_name_that_no_resolver_takes_is_a_failed_download() -> None:
    url = f"https://{'x' * 64}.s3.amazonaws.com/k?X-Amz-Signature={SIGNATURE}"
    assert failure(url, ("*.s3.amazonaws.com",)).code == "DOWNLOAD_FAILED"


def test_a_refused_url_is_not_even_connected_to(serve: Callable[[Answer], Server]) -> None:
    server = serve(respond())
    found = failure(server.url, ("*.s3.amazonaws.com",))
    assert found.code == "DOCUMENT_URL_REFUSED"
    assert "127.0.0.1" in found.detail
    assert server.requests == []


def test_neither_a_proxy_nor_a_netrc_of_the_environment_is_used(
    serve: Callable[[Answer], Server], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proxy, server = serve(respond(b"from the proxy")), serve(respond())
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{proxy.port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert get(server.url)[1] == BODY
    assert proxy.requests == []
    assert b"authorization" not in server.requests[0].lower()


def test_a_full_disk_is_not_blamed_on_the_server(serve: Callable[[Answer], Server]) -> None:
    class FullDisk(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises((OSError, DocumentRefused)) as caught:
        download(DocumentUrl(serve(respond()).url), FullDisk(), ("127.0.0.1",), LIMIT)
    assert "connection" not in str(caught.value)
