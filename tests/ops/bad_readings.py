"""The codes of what is right and reads badly: one function each, named after it."""

from tests.ops.bad_copies import a_document
from tests.ops.made_archive import MadeArchive
from tests.ops.memory_place import MemoryPlace


def object_unreadable(made: MadeArchive, place: MemoryPlace) -> None:
    """A document that cannot be read, however often it is tried."""
    place.flaws[a_document(made)] = [None] * 9


def read_unstable(made: MadeArchive, place: MemoryPlace) -> None:
    """A document of which the first reading alone is wrong."""
    place.flaws[a_document(made)] = [b"%PDF-1.4 EUINAE26-12"]
