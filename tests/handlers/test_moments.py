"""Worlds that begin where the runs of another world ended."""

import copy
from pathlib import Path
from typing import Any

import pytest

from tests.handlers.conftest import ACME, BUCKET, World, invoice, prepared_world
from tests.handlers.moments import begin

pytestmark = pytest.mark.usefixtures("loopback")


class Worlds:
    """New worlds that begin after a run; `played` counts the runs that were really made."""

    def __init__(self, folder: Path) -> None:
        self.played = 0
        self._folder = folder

    def state(self, *, invoice_id: str = "A1", lookback: str = "0") -> Any:
        """What a new world begins with; afterwards it is spoiled."""
        with pytest.MonkeyPatch.context() as patch:
            for world in prepared_world(patch, self._folder):
                patch.setenv("LOOKBACK_PERIODS", lookback)
                world.catalogue.payers = {ACME: [invoice(invoice_id)]}
                begin(world, "a world of test_moments", lambda world=world: self._run(world))  # type: ignore[misc]
                found = copy.deepcopy((world.evidence(), world.topic.letters, world.bus.entries))
                spoil(world)
        return found

    def _run(self, world: World) -> None:
        self.played += 1
        world.run()


def spoil(world: World) -> None:
    """Change all that the run left."""
    for key in world.keys(""):
        world.s3.put_object(Bucket=BUCKET, Key=key, Body=b"spoiled")
    world.topic.letters.clear()
    for entry in world.bus.entries:
        entry.clear()


def test_no_world_sees_what_was_done_in_another_after_the_same_runs(tmp_path: Path) -> None:
    worlds = Worlds(tmp_path)
    first = worlds.state(lookback="0")
    assert all(first)
    assert [worlds.state(), worlds.state()] == [first, first]
    assert worlds.played == 1


def test_runs_are_played_anew_with_other_settings_or_another_catalogue(tmp_path: Path) -> None:
    worlds = Worlds(tmp_path)
    for given in ({"lookback": "1"}, {"lookback": "2"}, {"lookback": "2", "invoice_id": "A2"}):
        worlds.state(**given)
    assert worlds.played == 3
