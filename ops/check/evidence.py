"""One record or document against the manifest: there, locked, and byte for byte verified."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.records import SCHEMA, StoredObject
from lambdas.domain.evidence.retention import policy_end
from lambdas.domain.json_text import instant_text, sha256_hex
from ops.check.findings import CheckFinding, check_finding
from ops.check.limits import LARGEST_RECORD
from ops.check.manifest import mark_of
from ops.check.scope import Level, Scope
from ops.check.statement import InvoiceStatement
from ops.errors import CannotRead
from ops.places import Digest, Lock, LockNotShown, Place, PlacedObject, read


@dataclass(frozen=True, slots=True)
class Evidence:
    """One object as the manifest names it.

    `record_number` is a record's place in the invoice's chain (from 0 on), None for a document.
    """

    stored: StoredObject
    statement: InvoiceStatement
    record_number: int | None

    @property
    def is_record(self) -> bool:
        return self.record_number is not None

    @property
    def mark(self) -> int:
        return mark_of(self.stored.key, self.stored.sha256)

    def changed(self, digest: Digest, version_id: str | None = None) -> "Changed":
        return Changed(self.stored, self.is_record, digest, version_id)


@dataclass(frozen=True, slots=True)
class Changed:
    """An object whose bytes differ from the manifest. With a `version_id` the bytes were not read:
    only the size in `digest` holds, and that version may have them.
    """

    stored: StoredObject
    is_record: bool
    digest: Digest
    version_id: str | None = None


@dataclass
class Examined:
    """Results for some objects."""

    findings: list[CheckFinding] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    condemned: set[int] = field(default_factory=set)
    """Marks of the objects whose bytes need no reading any more."""
    objects_read: int = 0
    bytes_read: int = 0
    locks_not_shown: int = 0

    def add(self, other: "Examined") -> None:
        self.findings += other.findings
        self.changed += other.changed
        self.condemned |= other.condemned
        self.objects_read += other.objects_read
        self.bytes_read += other.bytes_read
        self.locks_not_shown += other.locks_not_shown


class Examiner:
    """Examines objects of one period; methods may run in several threads."""

    def __init__(self, place: Place, scope: Scope, period: BillingPeriod) -> None:
        self._place = place
        self._scope = scope
        self._period = period

    def presence(self, batch: Iterable[tuple[Evidence, PlacedObject]]) -> Examined:
        """Examine size, versions and lock of each object that is there."""
        examined = Examined()
        for evidence, placed in batch:
            with self._readable(evidence, examined):
                if not self._is_intact(evidence, placed, examined):
                    examined.condemned.add(evidence.mark)
        return examined

    def contents(self, batch: Iterable[Evidence]) -> Examined:
        """Compare every byte of each object that is present."""
        examined = Examined()
        for evidence in batch:
            with self._readable(evidence, examined):
                self._compare(evidence, examined)
        return examined

    @contextmanager
    def _readable(self, evidence: Evidence, examined: Examined) -> Iterator[None]:
        try:
            yield
        except CannotRead as error:
            examined.condemned.add(evidence.mark)
            examined.findings.append(
                self._finding("OBJECT_UNREADABLE", evidence, "its bytes", str(error))
            )

    def is_to_be_read(self, key: str) -> bool:
        return self._scope.level >= Level.bytes and key in self._scope.subset

    def locks(self, key: str, version_id: str, examined: Examined) -> None:
        """Check that the version is locked as the retention policy requires."""
        try:
            lock = self._place.lock(key, version_id)
        except LockNotShown:
            examined.locks_not_shown += 1
            return
        policy = self._scope.retention
        for code, expected, found in _lock_problems(
            lock,
            Lock(policy.mode, policy_end(self._period, policy)) if policy else None,
        ):
            examined.findings.append(check_finding(code, key, expected, found, period=self._period))

    def _is_intact(self, evidence: Evidence, placed: PlacedObject, examined: Examined) -> bool:
        """True if its bytes may be those that the manifest names."""
        stored = evidence.stored
        version_id, size = "", placed.size_bytes
        if self._place.has_versions:
            version_id = stored.version_id
            if version_id not in placed.sizes:
                examined.findings.append(self._version_gone(evidence, placed))
                return False
            size = placed.sizes[version_id]
            examined.findings += self._on_top(evidence, placed)
            examined.findings += self._beneath(evidence, placed)
            self.locks(stored.key, version_id, examined)
        if placed.obstacle:
            raise CannotRead(f"{stored.key}: {placed.obstacle}")
        if size != stored.size_bytes:
            # its size is wrong; finding another object with its bytes needs all objects
            version = version_id if self.is_to_be_read(stored.key) else None
            examined.changed.append(evidence.changed(Digest("", size), version))
            return False
        if evidence.is_record and size > LARGEST_RECORD:
            expected = f"a record, and none has more than {LARGEST_RECORD} bytes"
            found = f"{size} bytes, as the manifest says"
            examined.findings.append(
                self._finding("RECORD_CONTRADICTED", evidence, expected, found)
            )
            return False
        return True

    def _compare(self, evidence: Evidence, examined: Examined) -> None:
        """Compare every byte; a difference is read once more before it is reported."""
        stored = evidence.stored
        version_id = stored.version_id if self._place.has_versions else ""
        right = Digest(stored.sha256, stored.size_bytes)
        try:
            digest, content = self._read(evidence, version_id)
            first = f"SHA-256 {digest.sha256}"
        except CannotRead as error:
            digest, content, first = None, None, str(error)
        if digest != right:
            digest = self._place.digest_again(stored.key, version_id, most=stored.size_bytes)
            if digest == right:
                digest, content = self._read(evidence, version_id)
                finding = self._finding(
                    "READ_UNSTABLE", evidence, f"SHA-256 {right.sha256}", f"{first} at first"
                )
                examined.findings.append(finding)
        examined.objects_read += 1
        examined.bytes_read += digest.size_bytes
        if digest != right:
            examined.changed.append(evidence.changed(digest))
        elif evidence.record_number is not None and content is not None:
            examined.findings += self._contradictions(evidence, evidence.record_number, content)

    def _read(self, evidence: Evidence, version_id: str) -> tuple[Digest, bytes | None]:
        """Read one version; a record's bytes are kept, a document's are not."""
        stored = evidence.stored
        if evidence.record_number is None:
            digest = self._place.digest(stored.key, version_id, most=stored.size_bytes)
            return digest, None
        content = read(self._place, stored.key, version_id, most=stored.size_bytes)
        return Digest(sha256_hex(content), len(content)), content

    def _contradictions(
        self, evidence: Evidence, number: int, content: bytes
    ) -> Iterator[CheckFinding]:
        others = evidence.statement.contradictions(number, content)
        if "schema" in others:
            yield self._finding("SCHEMA_UNKNOWN", evidence, SCHEMA, "a record of another schema")
        elif others:
            yield self._finding(
                "RECORD_CONTRADICTED",
                evidence,
                "what the manifest says of the invoice",
                f"the record says otherwise of {', '.join(others)}",
            )

    def _version_gone(self, evidence: Evidence, placed: PlacedObject) -> CheckFinding:
        expected = f"version {evidence.stored.version_id}"
        if not placed.version_id:
            return self._finding("OBJECT_GONE", evidence, expected, "only a delete marker")
        return self._finding("VERSION_GONE", evidence, expected, f"version {placed.version_id}")

    def _on_top(self, evidence: Evidence, placed: PlacedObject) -> Iterator[CheckFinding]:
        stored = evidence.stored
        expected = f"version {stored.version_id} on top"
        if placed.is_hidden:
            yield self._finding("OBJECT_HIDDEN", evidence, expected, "a delete marker on top of it")
        elif placed.version_id != stored.version_id:
            # Restoring an object by copying it leaves the correct bytes on top.
            yield self._overlaid(stored, expected, placed.version_id, placed.size_bytes)

    def _beneath(self, evidence: Evidence, placed: PlacedObject) -> Iterator[CheckFinding]:
        """Versions stored before the one that the manifest names: evidence is written once."""
        stored = evidence.stored
        expected = f"nothing beneath version {stored.version_id}"
        versions = list(placed.sizes.items())
        first = list(placed.sizes).index(stored.version_id) + 1
        for version_id, size in versions[first:]:
            yield self._overlaid(stored, expected, version_id, size, " beneath it")
        if placed.is_over_a_marker:
            found = "a delete marker beneath all versions"
            yield self._finding("OBJECT_OVERLAID", evidence, expected, found)

    def _overlaid(
        self, stored: StoredObject, expected: str, version_id: str, size: int, where: str = ""
    ) -> CheckFinding:
        """Make the finding for another version beside it; milder if the bytes are the same."""
        sha256 = ""
        if size == stored.size_bytes:
            sha256 = self._place.digest(stored.key, version_id, most=size).sha256
        is_same = sha256 == stored.sha256
        what = "the same bytes" if is_same else f"SHA-256 {sha256}" if sha256 else f"{size} bytes"
        return check_finding(
            "OBJECT_OVERLAID",
            stored.key,
            expected,
            f"version {version_id} with {what}{where}",
            period=self._period,
            severity="warning" if is_same else None,
        )

    def _finding(self, code: str, evidence: Evidence, expected: str, found: str) -> CheckFinding:
        return check_finding(code, evidence.stored.key, expected, found, period=self._period)


def _lock_problems(lock: Lock | None, policy: Lock | None) -> Iterator[tuple[str, str, str]]:
    """Yield code, expected and found for each way in which the lock is less than the policy."""
    needed = f"{policy.mode} until {instant_text(policy.until)}" if policy else "a lock"
    if lock is None:
        yield "LOCK_ABSENT", needed, "no lock"
        return
    found = f"{lock.mode} until {instant_text(lock.until)}"
    if policy and lock.until < policy.until:
        yield "LOCK_SHORT", needed, found
    if policy and policy.mode == "COMPLIANCE" != lock.mode:
        yield "LOCK_WEAK", needed, found
