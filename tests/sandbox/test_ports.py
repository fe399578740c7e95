"""The ports of the embedded AWS."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.ports import Ports, kept_ports, require_free

pytestmark = pytest.mark.usefixtures("loopback")


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_ports_are_picked_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "sandbox" / "ports.json"
    picked = kept_ports(path)
    assert picked.ministack != picked.invoicing
    assert kept_ports(path) == picked
    require_free(picked, "ports.json")


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"ministack": 1, "invoicing": 1}', '{"ministack": 0, "invoicing": 5}'],
)
def test_a_damaged_file_is_written_anew(tmp_path: Path, content: str) -> None:
    path = tmp_path / "ports.json"
    path.write_text(content)
    picked = kept_ports(path)
    assert len({port for port in (picked.ministack, picked.invoicing) if port >= 20000}) == 2
    assert json.loads(path.read_text()) == {
        "ministack": picked.ministack,
        "invoicing": picked.invoicing,
    }


def test_a_port_in_use_is_reported_with_the_file_that_keeps_it_and_the_remedy(
    taken_port: int,
) -> None:
    ports = Ports(ministack=taken_port, invoicing=20001)
    with pytest.raises(SandboxError) as refused:
        require_free(ports, "build/sandbox/ports.json")
    assert str(refused.value) == (
        f"another program uses port {taken_port} (ministack) of 127.0.0.1, which "
        "build/sandbox/ports.json keeps for the embedded AWS; stop that program, or remove "
        "build/sandbox/ports.json to have other ports picked (the archive stays)"
    )
