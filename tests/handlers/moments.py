"""States of a world to which tests go back, so that what all of them begin with runs once."""

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
            tuple(world.bus.entries),
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
        world.topic.letters, world.bus.entries = [*self.letters], [*self.entries]
        world.runs, world.emulator.now = self.runs, self.now
        counts = world.emulator.requests
        for payer, calls in self.calls.items():
            for operation, number in calls.items():
                for _ in range(number):
                    counts.count_call(payer, operation)
        for payer, number in self.downloads.items():
            for _ in range(number):
                counts.count_download(payer)


_ENDS: dict[str, Moment] = {}


def begin(world: "World", name: str, runs: Callable[[], object]) -> None:
    """Play the runs that tests begin with, or go back to where they ended under this name before.

    `runs` change nothing but stores, channels and emulator. Stores of other kinds play each time.
    """
    if not isinstance(getattr(world.s3, "store", None), MemoryS3):
        runs()
    elif name in _ENDS:
        _ENDS[name].put_into(world)
    else:
        runs()
        _ENDS[name] = Moment.of(world)
