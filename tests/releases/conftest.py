"""Worlds of released archives."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ops.live import bucket as live_bucket
from ops.live import heads as live_heads
from tests.handlers.conftest import World, world  # noqa: F401 - a fixture
from tests.releases import a_close, kept

V1 = Path(__file__).parent / "v1" / "archive.zip"


@pytest.fixture
def upgraded(
    world: World,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[], World]:
    """What v1 left behind, under the code as it is now; the tool reads it with the same clients."""
    a_close.prepare(monkeypatch)
    kept.restore(world, V1)
    monkeypatch.setattr(live_bucket, "client", lambda _service: world.s3)
    monkeypatch.setattr(live_heads, "client", lambda _service: world.dynamodb)
    return world
