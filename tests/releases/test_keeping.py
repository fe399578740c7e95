"""A kept release is what it was made from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.handlers.conftest import (
    ACME,
    AFTER_DEADLINE,
    BOREAL,
    HEADS,
    World,
    invoice,
    prepared_world,
)
from tests.releases import a_close, kept

RELEASE = Path(__file__).parents[2] / "build" / "release" / "archive.zip"
"""Where `make test-slow` leaves what a release of the code as it is would be kept as."""


@pytest.fixture
def another(loopback: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Starts a world of its own after the first one is gone."""

    def start() -> World:
        worlds.append(prepared_world(monkeypatch, tmp_path))
        return next(worlds[-1])

    worlds: list[Iterator[World]] = []
    yield start
    for one in worlds:
        next(one, None)


def state(world: World) -> tuple[object, ...]:
    objects = {
        key: (world.content(key), kept.object_data(world, key)) for key in sorted(world.keys())
    }
    heads = world.dynamodb.scan(TableName=HEADS)["Items"]
    return objects, heads, world.kms.private_value, world.catalogue.payers


def test_a_kept_release_is_restored_as_it_was(another: Any, tmp_path: Path) -> None:
    world = another()
    world.catalogue.payers = {ACME: [invoice("A/1")], BOREAL: [invoice("B1", BOREAL)]}
    world.run(at=AFTER_DEADLINE)
    kept.keep(world, tmp_path / "kept.zip")
    before, versions = state(world), world.versions()
    world = another()
    kept.restore(world, tmp_path / "kept.zip")
    assert state(world) == before
    world.run(at=AFTER_DEADLINE)
    assert world.versions() == versions


@pytest.mark.slow
def test_a_release_of_the_code_as_it_is_can_be_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_close.prepare(monkeypatch)
    a_close.play(world)
    RELEASE.parent.mkdir(parents=True, exist_ok=True)
    kept.keep(world, RELEASE)
    assert RELEASE.stat().st_size < 2_000_000
