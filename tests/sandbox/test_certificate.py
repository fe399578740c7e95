"""The certificate of the embedded AWS."""

import socket
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.certificate import keep_certificate
from sandbox.places import Places

NOW = datetime.now(UTC)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places.under(tmp_path, tmp_path)
    keep_certificate(places, NOW)
    return places


def content(places: Places) -> tuple[bytes, bytes]:
    return places.certificate.read_bytes(), places.certificate_key.read_bytes()


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_it_is_good_for_this_machine_with_the_strictest_clients(places: Places, name: str) -> None:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(places.certificate, places.certificate_key)
    trusting = ssl.create_default_context(cafile=places.certificate)
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with serving.wrap_socket(listener.accept()[0], server_side=True) as connection:
                connection.sendall(b"served")

        threading.Thread(target=serve, daemon=True).start()
        with (
            socket.create_connection(listener.getsockname()) as plain,
            trusting.wrap_socket(plain, server_hostname=name) as connection,
        ):
            assert connection.recv(6) == b"served"


def test_nobody_else_may_read_the_key(places: Places) -> None:
    assert places.certificate_key.stat().st_mode & 0o077 == 0


def test_it_is_kept_until_a_month_before_it_ends(places: Places) -> None:
    made = content(places)
    keep_certificate(places, NOW + timedelta(days=334))
    assert content(places) == made
    keep_certificate(places, NOW + timedelta(days=336))
    assert content(places) != made


def test_it_is_made_anew_when_the_clock_was_wrong(places: Places) -> None:
    made = content(places)
    keep_certificate(places, NOW - timedelta(days=2))
    assert content(places) != made


def lose_the_certificate(places: Places) -> None:
    places.certificate.unlink()


def lose_the_key(places: Places) -> None:
    places.certificate_key.unlink()


def break_the_certificate(places: Places) -> None:
    places.certificate.write_text("half")


def break_the_key(places: Places) -> None:
    places.certificate_key.write_bytes(places.certificate_key.read_bytes()[:100])


def swap_the_key(places: Places) -> None:
    """As when a renewal was cut off between the two files."""
    other = Places.under(places.project / "other", places.project)
    keep_certificate(other, NOW)
    places.certificate_key.write_bytes(other.certificate_key.read_bytes())


@pytest.mark.parametrize(
    "damage",
    [
        lose_the_certificate,
        lose_the_key,
        break_the_certificate,
        break_the_key,
        swap_the_key,
    ],
)
def test_a_damaged_pair_is_made_anew(places: Places, damage: Callable[[Places], None]) -> None:
    damage(places)
    keep_certificate(places, NOW)
    made = content(places)
    pair = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pair.load_cert_chain(places.certificate, places.certificate_key)
    keep_certificate(places, NOW)
    assert content(places) == made
