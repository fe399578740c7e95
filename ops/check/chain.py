"""A period's chain of manifests: each link by itself, against its predecessor, and against the
latest-manifest record.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.evidence.archive_layout import manifest_key
from lambdas.domain.evidence.manifest_heads import ManifestHead
from lambdas.domain.evidence.signatures import signature_of
from lambdas.domain.judgement.manifests import SCHEMA
from ops.check.expected import forgotten
from ops.check.findings import excerpt
from ops.check.judgement import Judgement
from ops.check.limits import LARGEST_MANIFEST
from ops.check.manifest import WholeManifest, mark_of
from ops.check.period_checked import PeriodChecked
from ops.check.recount import miscounts
from ops.check.signing_keys import SigningKeys
from ops.places import Place, PlacedObject, blocks_up_to

SCHEMAS = frozenset({SCHEMA})
"""Schemas whose form, signature, chain and evidence are checked. A manifest's own figures and views
are compared only in the newest schema.
"""
_NOT_OWN = ("MANIFEST_DAMAGED", "MANIFEST_MISPLACED", "SIGNATURE_INVALID")
_STILL_OWN = ("EVIDENCE_DROPPED", "EXPECTATION_DROPPED", "MANIFEST_CONTRADICTED")
"""Faults by which the chain still leads to the archive's own newest manifest."""
_MOST_EXAMPLES = 20
_MOST_REASONS = 3


@dataclass
class Link:
    """One manifest in its place in the chain."""

    period: BillingPeriod
    sequence: int
    placed: PlacedObject
    manifest: WholeManifest
    is_whole: bool
    """True if it was understood to its end."""
    is_own: bool = True
    """True if it is signed and is stored where it belongs."""
    judgement: Judgement | None = None
    """None unless it is comparable."""

    @property
    def members(self) -> Mapping[str, Any]:
        return self.manifest.members

    @property
    def sha256(self) -> str:
        return self.manifest.sha256

    @property
    def has_newest_schema(self) -> bool:
        return self.members.get("schema") == SCHEMA

    @property
    def is_comparable(self) -> bool:
        """True if it comes from the signer, in a form that can be judged."""
        return self.is_whole and self.has_newest_schema and self.is_own

    @property
    def mark(self) -> int:
        return mark_of(self.placed.key, self.sha256)


class ChainCheck:
    """The manifests of one period, oldest first."""

    def __init__(
        self,
        place: Place,
        keys: SigningKeys | None,
        checked: PeriodChecked,
        now: datetime | None = None,
    ) -> None:
        self._place = place
        self._keys = keys
        self._checked = checked
        self._period = checked.billing_period
        self._now = now
        self.is_broken = False
        """True if the newest manifest may not be the archive's own."""
        self.manifest: WholeManifest | None = None
        """The manifest that was read last, as far as it could be read."""
        self._last: Link | None = None
        """The last link alone is held, for a chain of any length."""
        self._sha256: dict[int, str] = {}
        """SHA-256 of each manifest that was read, by its number."""
        self._expected = 1

    def read(self, placed: PlacedObject, sequence: int) -> Link | None:
        """Read and check the next existing manifest; None if it cannot be read."""
        before = self._before(sequence)
        self.manifest = None
        if self.size(placed) > LARGEST_MANIFEST:
            limit = f"a manifest, and none has more than {LARGEST_MANIFEST} bytes"
            self._add("MANIFEST_DAMAGED", placed.key, limit, f"{self.size(placed)} bytes")
            return None
        self.manifest = manifest = WholeManifest(self._blocks(placed), self._period)
        if manifest.unreadable is not None:
            self._checked.suspects[placed.key] = ""
            self._add("OBJECT_UNREADABLE", placed.key, "its bytes", manifest.unreadable)
            return None
        link = Link(self._period, sequence, placed, manifest, manifest.damage is None)
        try:
            self._check(link)
            if link.is_whole:
                self._check_order(link, before)
            if link.is_whole and link.has_newest_schema:
                self._check_counts(link, before)
        except NOT_UNDERSTOOD as error:
            link.is_whole = False
            odd = f"something that nobody understands ({type(error).__name__})"
            self._found(link, "MANIFEST_DAMAGED", "what every manifest says", odd)
        self._last, self._sha256[sequence] = link, link.sha256
        return link

    def compare_with_head(self, head: ManifestHead) -> None:
        """Compare the chain with the latest-manifest record from outside the bucket."""
        newest = self._expected - 1
        at = manifest_key(self._period, head.sequence)
        if head.sequence > newest:
            self._add(
                "MANIFESTS_ROLLED_BACK",
                at,
                f"manifest {head.sequence}, written by run {head.run_id}",
                f"the newest is {newest}" if newest else "no manifest of the period",
            )
            return
        sha256 = self._sha256.get(head.sequence, head.sha256)
        if sha256 != head.sha256:
            self._checked.suspects[at] = sha256
            expected = f"SHA-256 {head.sha256}, as the latest-manifest record says"
            self._add("HEAD_DIFFERS", at, expected, f"SHA-256 {sha256}")

    def _before(self, sequence: int) -> Link | None:
        """The link before this number, None if it is not there; missing manifests are reported."""
        if sequence > self._expected:
            last = sequence - 1
            count = f"manifests {self._expected} to {last}" if last > self._expected else "it"
            key = manifest_key(self._period, self._expected)
            self._add("MANIFEST_GONE", key, f"{count}, for there is {sequence}", "nothing there")
        self._expected = sequence + 1
        return self._last if self._last and self._last.sequence == sequence - 1 else None

    def _check(self, link: Link) -> None:
        """Check the file by itself."""
        schema = excerpt(link.members.get("schema", SCHEMA))
        if schema not in SCHEMAS:
            link.is_whole = False
            self._found(link, "SCHEMA_UNKNOWN", " or ".join(sorted(SCHEMAS)), schema)
        elif link.manifest.damage:
            expected = "a manifest in canonical JSON"
            self._found(link, "MANIFEST_DAMAGED", expected, link.manifest.damage)
        if link.is_whole:
            self._check_place(link)
        self._check_signature(link)

    def _check_place(self, link: Link) -> None:
        members = link.members
        if self._checked.bucket is None and isinstance(members.get("bucket"), str):
            self._checked.bucket = members["bucket"]
        right = {
            "bucket": self._checked.bucket,
            "key": link.placed.key,
            "billing_period": str(self._period),
            "sequence": link.sequence,
        }
        wrong = [name for name, value in right.items() if members.get(name) != value]
        if wrong:
            expected = ", ".join(f"{name} {right[name]}" for name in wrong)
            found = ", ".join(f"{name} {excerpt(members.get(name))}" for name in wrong)
            self._found(link, "MANIFEST_MISPLACED", expected, found)

    def _check_order(self, link: Link, before: Link | None) -> None:
        predecessor = link.members.get("previous_sha256")
        if link.sequence == 1 or before:
            right = before.sha256 if before else None
            if predecessor != right:
                expected = f"predecessor {right}" if right else "no predecessor"
                self._found(link, "CHAIN_BROKEN", expected, f"predecessor {excerpt(predecessor)}")
        if not (before and before.is_whole):
            return
        if dropped := before.manifest.names - link.manifest.names:
            marks = ((mark_of(one.key, one.sha256), one) for one in before.manifest.evidence)
            for stored in islice((one for mark, one in marks if mark in dropped), _MOST_EXAMPLES):
                self._add(
                    "EVIDENCE_DROPPED",
                    stored.key,
                    f"SHA-256 {stored.sha256}, as manifest {before.sequence} says",
                    f"manifest {link.sequence} does not say so ({len(dropped)} objects in all)",
                )
            self._checked.suspects[link.placed.key] = link.sha256
        if no_more := list(forgotten(before.manifest, link.manifest)):
            expected = f"{_some(no_more)}, as manifest {before.sequence} says"
            found = f"manifest {link.sequence} does not name it"
            self._found(link, "EXPECTATION_DROPPED", expected, found)

    def _check_counts(self, link: Link, before: Link | None) -> None:
        wrong = list(miscounts(link.manifest))
        if link.is_comparable:
            link.judgement = Judgement(
                link.manifest,
                self._period,
                before.judgement if before and before.is_comparable else None,
                is_first=link.sequence == 1,
                now=self._now,
            )
            wrong += link.judgement.wrong
        if wrong:
            expected = "what follows from its invoices and payer accounts, and the manifest before"
            self._found(link, "MANIFEST_CONTRADICTED", expected, _some(wrong))

    def _check_signature(self, link: Link) -> None:
        manifest = link.manifest
        if not manifest.has_ended:
            return  # its covered bytes are not known either
        if not manifest.is_canonical:  # only canonical JSON is signed
            found = "JSON in another form, or with something that its content has not"
            self._found(link, "MANIFEST_DAMAGED", "canonical JSON", found)
            return
        try:
            signature = signature_of({"signature": manifest.signature})
        except ValueError as error:
            self._found(link, "SIGNATURE_INVALID", "a signature", str(error))
            return
        if self._keys and not self._keys.verify(manifest.signed_digest, signature.value):
            self._found(
                link,
                "SIGNATURE_INVALID",
                f"a signature made with the key of {self._keys.source}",
                "a signature that does not match the content",
            )

    def size(self, placed: PlacedObject) -> int:
        """Size of the version that counts."""
        return placed.sizes.get(self.version(placed), placed.size_bytes)

    def _blocks(self, placed: PlacedObject) -> Iterator[bytes]:
        return blocks_up_to(self._place, placed.key, self.version(placed), self.size(placed))

    def version(self, placed: PlacedObject) -> str:
        """The version that was written first: evidence is written once."""
        return placed.oldest_version_id if self._place.has_versions else ""

    def _found(self, link: Link, code: str, expected: str, found: str) -> None:
        link.is_own &= code not in _NOT_OWN
        self._checked.suspects[link.placed.key] = link.sha256
        self._add(code, link.placed.key, expected, found)

    def _add(self, code: str, key: str, expected: str, found: str) -> None:
        self.is_broken |= code not in _STILL_OWN
        self._checked.find(code, key, expected, found)


def _some(reasons: list[str]) -> str:
    more = len(reasons) - _MOST_REASONS
    return "; ".join(reasons[:_MOST_REASONS]) + (f"; {more} more" if more > 0 else "")
