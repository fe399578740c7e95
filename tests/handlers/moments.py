"""States of a world to which tests go back, so that what all of them begin with runs once."""

import copy
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.stores.bucket import Bucket
from tests.stores.dynamodb import Item
from tests.stores.s3 import MemoryS3

if TYPE_CHECKING:
    from tests.handlers.conftest import World


@dataclass(frozen=True)
class Moment:
    """What runs have left behind in the stores, the channels and the emulator; never changed."""

    buckets: Mapping[str, Bucket]
    tables: Mapping[str, dict[str, Item]]
    signing_key: int
    letters: tuple[tuple[str, str], ...]
    entries: tuple[dict[str, Any], ...]
    calls: Mapping[str, Mapping[str, int]]
    downloads: Mapping[str, int]
    runs: int
    now: datetime

    @classmethod
    def of(cls, world: "World") -> "Moment":
        requests = world.requests()
        return cls(
            world.s3.store.taken(),
            world.dynamodb.store.taken(),
            world.kms.private_value,
            tuple(world.topic.letters),
            tuple(copy.deepcopy(world.bus.entries)),
            requests["calls"],
            requests["downloads"],
            world.runs,
            world.emulator.now,
        )

    def put_into(self, world: "World") -> None:
        """Make a new world as this one was."""
        world.s3.store.put_back(self.buckets)
        world.dynamodb.store.put_back(self.tables)
        world.kms.use_private_value(self.signing_key)
        world.topic.letters, world.bus.entries = [*self.letters], copy.deepcopy([*self.entries])
        world.runs, world.emulator.now = self.runs, self.now
        counts = world.emulator.requests
        for payer, calls in self.calls.items():
            for operation, number in calls.items():
                for _ in range(number):
                    counts.count_call(payer, operation)
        for payer, number in self.downloads.items():
            for _ in range(number):
                counts.count_download(payer)


_ENDS: dict[tuple[str, str], Moment] = {}


def begin(world: "World", name: str, runs: Callable[[], object]) -> None:
    """Play the runs that tests begin with, or go back to where they ended under this name before.

    `runs` change nothing but stores, channels, emulator and catalogue. Stores of other kinds play
    each time, and so does a world with other settings or another catalogue than before.
    """
    begins_with = name, _given(world)
    if not isinstance(getattr(world.s3, "store", None), MemoryS3):
        runs()
    elif begins_with in _ENDS:
        _ENDS[begins_with].put_into(world)
    else:
        runs()
        _ENDS[begins_with] = Moment.of(world)


def _given(world: "World") -> str:
    """Hash of the settings and of the catalogue that the runs begin with."""
    settings = {name: os.environ.get(name) for name in world.settings.to_environment()}
    return hashlib.sha256(repr((settings, vars(world.catalogue))).encode()).hexdigest()
