"""A copy of the archive that lies nowhere but in memory, and can be read badly."""

import hashlib
from collections.abc import Iterator, Mapping

from ops.errors import CannotRead
from ops.places import Digest, Lock, LockNotShown, PlacedObject, read


class MemoryPlace:
    """`flaws` of a key come one after another instead of its bytes: other bytes, or None for an
    error.
    """

    name = "memory"
    bucket = None
    has_versions = False
    readers = 2
    unlisted: Mapping[str, str] = {}
    passed_over = ()

    def __init__(self, contents: dict[str, bytes], block_size: int = 1000) -> None:
        self.contents = contents
        self._block_size = block_size
        self.flaws: dict[str, list[bytes | None]] = {}

    def folders(self, prefix: str) -> list[str]:
        below = [key.removeprefix(prefix) for key in self.contents if key.startswith(prefix)]
        return sorted({rest.partition("/")[0] for rest in below if "/" in rest})

    def files(self, prefix: str) -> Iterator[PlacedObject]:
        return (o for o in self.objects(prefix) if "/" not in o.key.removeprefix(prefix))

    def objects(self, prefix: str) -> Iterator[PlacedObject]:
        for key, content in self.contents.items():
            if key.startswith(prefix):
                yield PlacedObject(key, len(content))

    def blocks(self, key: str, _: str) -> Iterator[bytes]:
        flaws = self.flaws.get(key)
        content = flaws.pop(0) if flaws else self.contents[key]
        if content is None:
            raise CannotRead(f"{key}: input/output error")
        for at in range(0, len(content), self._block_size):
            yield content[at : at + self._block_size]

    def digest(self, key: str, version_id: str, *, most: int) -> Digest:
        content = read(self, key, version_id, most=most)
        return Digest(hashlib.sha256(content).hexdigest(), len(content))

    digest_again = digest

    def stop(self) -> None:
        """Nothing takes long here."""

    def lock(self, key: str, _: str) -> Lock | None:
        raise LockNotShown(key)
