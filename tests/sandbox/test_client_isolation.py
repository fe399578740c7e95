"""The client of the embedded AWS reads nothing of the person's."""

import http.server
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.certificate import keep_certificate
from sandbox.ministack import Ministack
from sandbox.places import Places
from sandbox.program import ACCOUNT_ID


class Sts(http.server.BaseHTTPRequestHandler):
    """Answers GetCallerIdentity with the access key that signed."""

    def do_POST(self) -> None:
        key = self.headers["Authorization"].partition("Credential=")[2].partition("/")[0]
        body = (
            "<GetCallerIdentityResponse><GetCallerIdentityResult>"
            f"<Account>{key}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places.under(tmp_path, tmp_path)
    keep_certificate(places, datetime.now(UTC))
    return places


@pytest.fixture
def endpoint_port(loopback: None, places: Places) -> Iterator[int]:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(places.certificate, places.certificate_key)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sts) as server:
        server.socket = serving.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_profiles_credentials_endpoints_and_proxies_of_the_caller_do_not_count(
    endpoint_port: int, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text("[profile production]\naws_access_key_id = AKIAREAL\nproxy = x\n")
    for name, value in {
        "AWS_PROFILE": "production",
        "AWS_CONFIG_FILE": str(config),
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1",
        "HTTPS_PROXY": "http://127.0.0.1:1",
        "https_proxy": "http://127.0.0.1:1",
        "AWS_CA_BUNDLE": str(config),
        "AWS_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    aws = Ministack(places, endpoint_port, held=0)
    assert aws.client("sts").get_caller_identity()["Account"] == ACCOUNT_ID


def test_a_profile_that_does_not_exist_is_no_obstacle(
    endpoint_port: int, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "gone")
    aws = Ministack(places, endpoint_port, held=0)
    assert aws.client("sts").get_caller_identity()["Account"] == ACCOUNT_ID


def test_a_client_speaks_as_the_root_of_any_account(endpoint_port: int, places: Places) -> None:
    aws = Ministack(places, endpoint_port, held=0)
    payer = aws.client("sts", "104718293645")
    assert payer.get_caller_identity()["Account"] == "104718293645"
