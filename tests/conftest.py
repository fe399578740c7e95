"""No test reaches a network; those that ask for `loopback` reach this machine alone. Property tests
try the same examples everywhere, so that a build is green or red by its code.
"""

from pathlib import Path

import pytest
import pytest_socket
from hypothesis import HealthCheck, settings

settings.register_profile(
    "same-everywhere",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],  # that is the machine
)
settings.load_profile("same-everywhere")


@pytest.fixture
def loopback() -> None:
    """Let this test open sockets to this machine; the plugin takes that back after each test."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def exported_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of the made-up organization as files: see tests/example_archive.py."""
    from tests.example_archive import export_example_archive  # noqa: PLC0415 - for those who ask

    folder = tmp_path_factory.mktemp("example-archive")
    export_example_archive(folder)
    return folder / "archive"
