"""One billing period: its chain of manifests, the evidence of the newest, its views."""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.evidence.archive_layout import (
    PERIOD_VIEWS,
    documents_prefix,
    manifest_key,
    manifest_sequence,
    manifests_prefix,
    period_prefix,
    records_prefix,
)
from lambdas.domain.evidence.manifest_heads import ManifestHead
from ops.check.all_evidence import AllEvidence, Progress, extra_object
from ops.check.chain import ChainCheck, Link
from ops.check.findings import Severity
from ops.check.period_checked import PeriodChecked
from ops.check.scope import Level, Scope
from ops.check.signing_keys import SigningKeys
from ops.check.views import ViewsCheck
from ops.errors import CannotRead
from ops.places import Place, PlacedObject

_FOLDERS = (records_prefix, documents_prefix, manifests_prefix)


@dataclass(frozen=True)
class PeriodCheck:
    """Settings to check every period with; `pool` examines evidence."""

    place: Place
    keys: SigningKeys | None
    scope: Scope
    pool: Executor
    progress: Progress

    def run(self, period: BillingPeriod, bucket: str | None) -> PeriodChecked:
        """Check one period of the archive `bucket` (None: not known).

        The period is checked once more if a manifest or view with a finding reads otherwise the
        second time.
        """
        first = _Pass(self, period, bucket)
        first.run()
        unstable = {
            key: sha256
            for key, sha256 in first.checked.suspects.items()
            if self._reads_otherwise(key, sha256, first)
        }
        if not unstable:
            return first.checked
        second = _Pass(self, period, bucket)
        second.run()
        for key, sha256 in unstable.items():
            found = f"SHA-256 {sha256} at first" if sha256 else "it could not be read at first"
            second.checked.find("READ_UNSTABLE", key, "the same bytes at each reading", found)
        return second.checked

    def _reads_otherwise(self, key: str, sha256: str, one: "_Pass") -> bool:
        try:
            digest = self.place.digest_again(key, one.version_of(key), most=one.size_of(key))
        except CannotRead:
            return False
        return digest.sha256 != sha256


class _Pass:
    """One pass over one period."""

    def __init__(self, check: PeriodCheck, period: BillingPeriod, bucket: str | None) -> None:
        self._place = check.place
        self._scope = check.scope
        self._period = period
        self.checked = PeriodChecked(period, bucket)
        self._manifests: dict[int, PlacedObject] = {}
        self._views: dict[str, PlacedObject] = {}
        self._no_folders: list[str] = []
        """Prefix of an object in place of the folder of manifests."""
        self._newest: Link | None = None
        self._chain = ChainCheck(check.place, check.keys, self.checked, check.scope.now)
        self._list()
        self._evidence = AllEvidence(
            check.place, check.scope, self.checked, check.pool, check.progress
        )

    def version_of(self, key: str) -> str:
        """The version of a suspect that this pass has read."""
        sequence = manifest_sequence(key)
        return "" if sequence is None else self._chain.version(self._manifests[sequence])

    def size_of(self, key: str) -> int:
        """Size of that version as it was listed."""
        sequence = manifest_sequence(key)
        if sequence is None:
            return self._views[key].size_bytes
        return self._chain.size(self._manifests[sequence])

    def run(self) -> None:
        """Run the pass; no fault in this period stops the check of another."""
        try:
            self._check()
        except NOT_UNDERSTOOD as error:
            self.checked.find(
                "MANIFEST_DAMAGED",
                manifests_prefix(self._period),
                "manifests, records and views that can be understood",
                f"something that nobody understands ({type(error).__name__})",
            )
            self.checked.leave_out(
                f"the rest of {self._period}",
                "something in it cannot be understood",
                "bring back what was changed there, then check again",
            )
        self._gather()

    def _check(self) -> None:
        self.structure()
        if self._scope.level >= Level.presence:
            self.presence()
        if self._scope.level >= Level.bytes:
            self.contents()
        if self._chain.manifest:
            self._evidence.changes(self._chain.manifest)
        self.latest()

    def structure(self) -> None:
        """Every manifest is there, signed, in its place, and follows from its own invoices and the
        manifest before it. The newest gives records and documents their right names.
        """
        numbers = sorted(number for number, placed in self._manifests.items() if _has_bytes(placed))
        for number in numbers:
            self._newest = self._chain.read(self._manifests[number], number)
        if self._chain.manifest:
            self._evidence.names(self._chain.manifest)
        if numbers and not self._whole:
            self.checked.leave_out(
                f"records, documents and views of {self._period}",
                "its newest manifest cannot be understood to its end",
                "bring the manifest back, then check again",
            )
        if self._place.has_versions:
            for placed in self._manifests.values():
                self._report_versions(placed)

    def presence(self) -> None:
        """Everything that the newest manifest names is there, in its size and version, and nothing
        else is; in a bucket, all of it and every manifest is locked.
        """
        if self._chain.manifest:
            self._evidence.presence(
                self._chain.manifest,
                is_whole=self._whole is not None,
                manifest_written_at=self._newest.placed.written_at if self._newest else None,
            )
        if self._evidence.new:
            self.checked.leave_out(
                f"{self._evidence.new} records and documents of {self._period}",
                "they are newer than its newest manifest, so nothing vouches for them yet",
                "check again after the run that stored them",
            )
        if self._place.has_versions:
            for placed in filter(_has_bytes, self._manifests.values()):
                version, examined = self._chain.version(placed), self._evidence.examined
                self._evidence.examiner.locks(placed.key, version, examined)

    def contents(self) -> None:
        """Every byte of the records and documents is what the newest manifest names, the records
        say what it says, and the views follow from it.
        """
        if self._chain.manifest:
            self._evidence.contents(self._chain.manifest)
        if self._whole and self._whole.has_newest_schema:
            ViewsCheck(self._place, self.checked, self._views).compare(self._whole)
        elif self._whole:
            self.checked.leave_out(
                f"the views of {self._period}, and what its newest manifest says of itself",
                f"that manifest has the form {self._whole.members.get('schema')}",
                "check with the version of this tool that wrote it",
            )

    def latest(self) -> None:
        """The newest manifest is the one that the latest-manifest record names, if one is given."""
        hidden = (*self._place.unlisted, *self._no_folders)
        if manifests_prefix(self._period).startswith(hidden):
            self.checked.leave_out(
                f"everything of {self._period}",
                "the folder of its manifests cannot be listed",
                "fix that, then check again",
            )
            return
        if self._scope.heads is not None:
            self._compare_with_head(self._scope.heads)
        if not self._manifests:
            self._report_without_manifests()

    @property
    def _whole(self) -> Link | None:
        """The newest manifest, if it was understood to its end."""
        return self._newest if self._newest and self._newest.is_whole else None

    def _gather(self) -> None:
        checked, examined = self.checked, self._evidence.examined
        checked.findings += examined.findings
        checked.manifests = len(self._manifests)
        if self._newest:
            self._describe(self._newest)
        checked.objects_read, checked.bytes_read = examined.objects_read, examined.bytes_read
        checked.is_hidden = any(map(self._hides, self._place.unlisted))
        if examined.locks_not_shown:
            checked.leave_out(
                f"the locks of {examined.locks_not_shown} objects of {self._period}",
                "the credentials may not see them",
                "allow s3:GetObjectRetention",
            )

    def _hides(self, folder: str) -> bool:
        own = (folder_of(self._period) for folder_of in _FOLDERS)
        return any(folder.startswith(one) or one.startswith(folder) for one in own)

    def _list(self) -> None:
        """Sort the objects in the period's folder: manifests, views, and those that do not belong
        there.
        """
        views = {key_of(self._period) for key_of in PERIOD_VIEWS}
        for placed in self._place.objects(period_prefix(self._period)):
            sequence = manifest_sequence(placed.key)
            if sequence and placed.key == manifest_key(self._period, sequence):
                self._manifests[sequence] = placed
            elif placed.key in views:
                self._views[placed.key] = placed
                if placed.obstacle:
                    self.checked.find("OBJECT_UNREADABLE", placed.key, "a file", placed.obstacle)
            elif placed.obstacle and f"{placed.key}/" == manifests_prefix(self._period):
                self._no_folders.append(f"{placed.key}/")
                self.checked.find(
                    "OBJECT_UNREADABLE", f"{placed.key}/", "a folder", placed.obstacle
                )
            else:
                self.checked.findings.append(extra_object(placed, self._period))

    def _compare_with_head(self, heads: Mapping[BillingPeriod, ManifestHead]) -> None:
        head = heads.get(self._period)
        newest = max(self._manifests, default=0)
        if head:
            self._chain.compare_with_head(head)
        if head and head.sequence < newest:
            self.checked.leave_out(
                f"whether newer manifests of {self._period} than {newest} were removed",
                f"the latest-manifest record names only manifest {head.sequence}",
                "use latest-manifest records that were read just now",
            )

    def _report_without_manifests(self) -> None:
        """Report evidence that no manifest vouches for, or an empty period."""
        places = (records_prefix(self._period), documents_prefix(self._period))
        at = manifests_prefix(self._period)
        if self._views or any(any(True for _ in self._place.objects(at)) for at in places):
            found = "records, documents or views, and no manifest"
            severity: Severity | None = "warning" if self._may_be_in_its_first_run() else None
            expected = "a manifest that names them"
            self.checked.find("MANIFESTS_ABSENT", at, expected, found, severity)
        elif self._period in self._scope.heads_left_out:
            expected = "a manifest, as in the earlier report that was given with --heads"
            self.checked.find("MANIFESTS_ABSENT", at, expected, "nothing of the period")
        elif not self._chain.is_broken:
            found = "no manifest, record or document"
            self.checked.find("NOTHING_TO_CHECK", at, "at least one manifest", found)

    def _may_be_in_its_first_run(self) -> bool:
        """True if the bucket is live and the period has no view and no current latest-manifest
        record.
        """
        heads = self._scope.heads
        return (
            self._place.has_versions
            and not self._views
            and heads is not None
            and self._scope.heads_are_current
            and self._period not in heads
        )

    def _report_versions(self, placed: PlacedObject) -> None:
        """Report what is on top of a manifest, or beneath it."""
        version = self._chain.version(placed)
        if placed.is_hidden:
            code = "OBJECT_HIDDEN" if _has_bytes(placed) else "OBJECT_GONE"
            self.checked.find(code, placed.key, "the manifest on top", "a delete marker on top")
        if placed.older:
            expected, found = f"version {version} alone", f"version {placed.version_id} on top"
            self.checked.find("OBJECT_OVERLAID", placed.key, expected, found)
        if placed.is_over_a_marker:
            expected, found = f"version {version} alone", "a delete marker beneath it"
            self.checked.find("OBJECT_OVERLAID", placed.key, expected, found)

    def _describe(self, newest: Link) -> None:
        members = newest.members
        run_id, verdict = members.get("run_id"), members.get("verdict")
        if not self._chain.is_broken:
            self.checked.head = ManifestHead(
                self._period,
                newest.sequence,
                newest.sha256,
                run_id if isinstance(run_id, str) else "",
            )
        self.checked.verdict = verdict if isinstance(verdict, str) else None


def _has_bytes(placed: PlacedObject) -> bool:
    """True if there is any version; a delete marker alone has none."""
    return not (placed.is_hidden and not placed.version_id)
