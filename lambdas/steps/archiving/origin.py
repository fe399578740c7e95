"""The metadata of a stored document, for a run that finds it without a record."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lambdas.domain.cut_text import short
from lambdas.domain.findings import Flag
from lambdas.domain.json_form import checked
from lambdas.domain.json_text import Instant

MOST_DETAIL_BYTES = 400
_MOST_FLAGS_BYTES = 1_500
"""S3 takes 2,048 bytes of metadata per object; in JSON a letter may take twelve."""


@dataclass(frozen=True)
class Origin:
    """The run that stored a document, the instant at which it came from AWS, and its flags."""

    run_id: str
    retrieved_at: Instant
    flags: tuple[Flag, ...]

    @classmethod
    def with_room(cls, run_id: str, retrieved_at: Instant, flags: Sequence[Flag]) -> "Origin":
        """An origin whose flags have their details cut to fit an object's metadata."""
        most = MOST_DETAIL_BYTES
        while len(json.dumps(flags)) > _MOST_FLAGS_BYTES:
            flags = [(code, short(detail, most)) for code, detail in flags]
            most //= 2
        return cls(run_id, retrieved_at, tuple(flags))

    def metadata(self) -> dict[str, str]:
        return {
            "run-id": self.run_id,
            "retrieved-at": self.retrieved_at,
            "flags": json.dumps(self.flags),
        }

    @classmethod
    def of(cls, metadata: Mapping[str, str]) -> "Origin":
        """Raises an error of NOT_UNDERSTOOD if no run of this archive wrote the metadata."""
        flags = tuple((code, detail) for code, detail in json.loads(metadata["flags"]))
        return checked(cls(metadata["run-id"], metadata["retrieved-at"], flags))
