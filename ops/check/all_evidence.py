"""All records and documents of one period, in both directions: everything that the newest manifest
names is there and unchanged, and nothing else is there.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TypeVar

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import (
    documents_prefix,
    is_named_as_evidence,
    records_prefix,
)
from lambdas.domain.evidence.records import StoredObject
from ops.check.evidence import Changed, Evidence, Examined, Examiner
from ops.check.findings import CheckFinding, check_finding
from ops.check.manifest import WholeManifest
from ops.check.period_checked import PeriodChecked
from ops.check.scope import Level, Scope
from ops.errors import CannotRead
from ops.places import Digest, Place, PlacedObject

_BATCH = 32
_BATCHES_A_READER = 4

T = TypeVar("T")
Progress = Callable[[str, int, int], None]
"""Reports progress: title, done, total."""


class AllEvidence:
    """Lists the place, then compares it with the newest manifest."""

    def __init__(
        self,
        place: Place,
        scope: Scope,
        checked: PeriodChecked,
        pool: Executor,
        progress: Progress,
    ) -> None:
        self._place = place
        self._checked = checked
        self._period = period = checked.billing_period
        self._pool = pool
        self._progress = progress
        self.examiner = Examiner(place, scope, period)
        self.examined = Examined()
        self.new = 0
        """Number of records and documents newer than the newest manifest."""
        self._placed: dict[str, PlacedObject] = {}
        if scope.level >= Level.presence:
            for prefix in (records_prefix(period), documents_prefix(period)):
                self._placed |= {placed.key: placed for placed in place.objects(prefix)}
        self._listed = len(self._placed)

    def names(self, manifest: WholeManifest) -> None:
        """Count what the manifest names, and check the names."""
        for statement in manifest.statements:
            self._checked.invoices += 1
            self._checked.records += len(statement.records)
            self._checked.documents += len(statement.documents)
            for key, expected in statement.wrong_names(self._period):
                self._checked.find("NAME_WRONG", key, expected, key)

    def presence(
        self, manifest: WholeManifest, *, is_whole: bool, manifest_written_at: datetime | None
    ) -> None:
        """Report objects that are gone, moved or extra, and those with other versions or locks.

        Extra objects are not judged unless the manifest `is_whole`. The next manifest may name
        objects stored after this one.
        """
        gone: list[StoredObject] = []
        self._examine(self.examiner.presence, self._pairs(manifest, gone))
        extra = self._placed if is_whole else {}
        places = self._places_by_bytes({one.size_bytes for one in gone}, extra)
        for stored in gone:
            if places.get(stored.sha256):
                moved_to = places[stored.sha256].pop()
                del extra[moved_to]
                found = f"the same bytes at {moved_to}"
                self._checked.find("OBJECT_MOVED", stored.key, "to lie at this key", found)
            elif not stored.key.startswith(tuple(self._place.unlisted)):
                self._checked.find("OBJECT_GONE", stored.key, _expected(stored), "nothing there")
        for placed in extra.values():
            self._report_extra(placed, manifest_written_at)

    def contents(self, manifest: WholeManifest) -> None:
        """Read every record and document in the subset that `presence` has not condemned."""
        to_read = (
            one
            for one in _evidence(manifest)
            if self.examiner.is_to_be_read(one.stored.key)
            and one.mark not in self.examined.condemned
        )
        self._examine(self.examiner.contents, to_read)

    def changes(self, manifest: WholeManifest) -> None:
        """Report changed objects; one with the bytes of another named object was swapped."""
        changed = self._read_where_another_has_that_size(manifest)
        digests = {one.digest.sha256 for one in changed if one.digest.sha256}
        named = manifest.evidence if digests else ()
        holders = {one.sha256: one.key for one in named if one.sha256 in digests}
        for one in changed:
            stored, digest = one.stored, one.digest
            if digest.sha256 in holders:
                found = f"the bytes of {holders[digest.sha256]}"
                self._checked.find("CONTENT_SWAPPED", stored.key, _expected(stored), found)
            elif digest.size_bytes != stored.size_bytes:
                found = f"{digest.size_bytes} bytes"
                self._checked.find("SIZE_CHANGED", stored.key, f"{stored.size_bytes} bytes", found)
            else:
                code = "RECORD_CHANGED" if one.is_record else "DOCUMENT_CHANGED"
                found = f"SHA-256 {digest.sha256}"
                self._checked.find(code, stored.key, _expected(stored), found)

    def _pairs(
        self, manifest: WholeManifest, gone: list[StoredObject]
    ) -> Iterator[tuple[Evidence, PlacedObject]]:
        """Each named object with the stored one; `gone` gets those that are not there."""
        for one in _evidence(manifest):
            placed = self._placed.pop(one.stored.key, None)
            if placed is None:
                gone.append(one.stored)
                self.examined.condemned.add(one.mark)
            else:
                yield one, placed

    def _examine(self, examine: Callable[[list[T]], Examined], objects: Iterator[T]) -> None:
        """Examine the objects in other threads. A limit on the batches that wait keeps memory flat
        for a period of any size.
        """
        running: deque[tuple[Future[Examined], int]] = deque()
        done = 0
        while (batch := list(islice(objects, _BATCH))) or running:
            if batch:
                running.append((self._pool.submit(examine, batch), len(batch)))
            if not batch or len(running) > _BATCHES_A_READER * self._place.readers:
                future, size = running.popleft()
                self.examined.add(future.result())
                done += size
                self._progress(str(self._period), done, self._listed)

    def _report_extra(self, placed: PlacedObject, manifest_written_at: datetime | None) -> None:
        """Report an extra object; a record or document stored after the manifest is only new."""
        at = placed.written_at
        # S3 reports whole seconds
        is_newer = at is not None and manifest_written_at is not None and at >= manifest_written_at
        is_one_version = not (placed.is_hidden or placed.older or placed.is_over_a_marker)
        if is_newer and is_one_version and is_named_as_evidence(placed.key, self._period):
            self.new += 1
            expected = f"to be in a manifest; the newest is of {manifest_written_at}"
            self._checked.find(
                "OBJECT_NEW", placed.key, expected, f"stored at {at}, and not named yet"
            )
        else:
            self._checked.findings.append(extra_object(placed, self._period))

    def _places_by_bytes(
        self, sizes: set[int], extra: Mapping[str, PlacedObject]
    ) -> dict[str, list[str]]:
        """Keys of extra objects by SHA-256, read only if they have one of these sizes."""
        candidates = [
            o for o in extra.values() if o.size_bytes in sizes and not (o.is_hidden or o.obstacle)
        ]
        places: dict[str, list[str]] = {}
        digests = self._pool.map(self._digest, candidates)
        for placed, digest in zip(candidates, digests, strict=True):
            if digest:
                places.setdefault(digest.sha256, []).append(placed.key)
        return places

    def _digest(self, placed: PlacedObject) -> Digest | None:
        try:
            return self._place.digest(placed.key, placed.version_id, most=placed.size_bytes)
        except CannotRead:
            return None  # it is reported as extra

    def _read_where_another_has_that_size(self, manifest: WholeManifest) -> list[Changed]:
        """Read objects of a wrong size if another named object has that size. This reads no more
        than the manifest names.
        """
        changed = self.examined.changed
        sizes = {one.digest.size_bytes for one in changed if one.version_id is not None}
        named = manifest.evidence if sizes else ()
        in_manifest = {one.size_bytes for one in named if one.size_bytes in sizes}
        return list(self._pool.map(partial(self._read_late, in_manifest), changed))

    def _read_late(self, sizes: set[int], one: Changed) -> Changed:
        size = one.digest.size_bytes
        if one.version_id is None or size not in sizes:
            return one
        try:
            digest = self._place.digest(one.stored.key, one.version_id, most=size)
        except CannotRead:
            return one  # it is reported by its size
        return replace(one, digest=digest)


def _evidence(manifest: WholeManifest) -> Iterator[Evidence]:
    for statement in manifest.statements:
        for number, record in enumerate(statement.records):
            yield Evidence(record, statement, number)
        for document in statement.documents:
            yield Evidence(document, statement, None)


def extra_object(placed: PlacedObject, period: BillingPeriod | None = None) -> CheckFinding:
    """Make the finding for an object that nothing names; milder under a delete marker."""
    return check_finding(
        "OBJECT_EXTRA",
        placed.key,
        "nothing here: no manifest names it, and it is not a view",
        placed.obstacle
        or f"{placed.size_bytes} bytes" + ", hidden by a delete marker" * placed.is_hidden,
        period=period,
        severity="warning" if placed.is_hidden else None,
    )


def _expected(stored: StoredObject) -> str:
    return f"{stored.size_bytes} bytes, SHA-256 {stored.sha256}"
