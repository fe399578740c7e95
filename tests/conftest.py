"""No test reaches a network; those that ask for `loopback` reach this machine alone."""

from collections.abc import Iterator

import pytest
import pytest_socket


@pytest.fixture
def loopback() -> Iterator[None]:
    """Let this test open sockets to this machine."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1", "localhost"], allow_unix_socket=True)
    yield
    pytest_socket.disable_socket(allow_unix_socket=True)
