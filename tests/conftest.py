"""No test reaches a network; those that ask for `loopback` reach this machine alone. Property tests
try the same examples everywhere, so that a build is green or red by its code.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
import pytest_socket
from botocore.loaders import JSONFileLoader
from hypothesis import HealthCheck, settings

from tests.sizes import examples

settings.register_profile(
    "same-everywhere",
    max_examples=examples(25, 100),
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],  # that is the machine
)
settings.load_profile("same-everywhere")

# Models of services are megabytes of read-only data: they are read once, not once a client.
setattr(JSONFileLoader, "load_file", staticmethod(cache(JSONFileLoader().load_file)))  # noqa: B010


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Mark the property tests, whose number of examples the profile sizes."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.sized)


@pytest.fixture
def loopback() -> None:
    """Let this test open sockets to this machine; the plugin takes that back after each test."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def exported_archive() -> Path:
    """The archive of the made-up organization as files: see tests/example_archive.py."""
    from tests.example_archive import example_archive  # noqa: PLC0415 - for those who ask

    return example_archive()
