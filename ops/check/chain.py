"""A period's chain of manifests: each link by itself, against its predecessor, and against the
latest-manifest record.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.evidence.archive_layout import manifest_key
from lambdas.domain.evidence.manifest_heads import ManifestHead
from lambdas.domain.evidence.records import StoredObject
from lambdas.domain.evidence.signatures import signature_of
from lambdas.domain.judgement.manifests import SCHEMA
from ops.check.expected import Expected
from ops.check.findings import CheckFinding, check_finding, excerpt
from ops.check.judgement import Judgement
from ops.check.limits import LARGEST_MANIFEST
from ops.check.manifest_reader import InvoicePart, ManifestReader, NotAManifest, PayerPart
from ops.check.recount import Recount
from ops.check.signing_keys import SigningKeys
from ops.check.statement import InvoiceStatement
from ops.errors import CannotRead
from ops.places import Place, PlacedObject, blocks_up_to

SCHEMAS = frozenset({SCHEMA})
"""Schemas whose form, signature, chain and evidence are checked. A manifest's own figures and views
are compared only in the newest schema.
"""
_NOT_OWN = ("MANIFEST_DAMAGED", "MANIFEST_MISPLACED", "SIGNATURE_INVALID")
_MOST_DAMAGED = 1000
"""Parts of a manifest. A file with more damaged parts is no manifest and is not read on."""
_MOST_EXAMPLES = 20
_MOST_REASONS = 3


def mark_of(key: str, sha256: str) -> int:
    """Integer that stands for `this key has this content`, to hold many in little memory."""
    return hash((key, sha256))


@dataclass
class Link:
    """One manifest after it was read."""

    period: BillingPeriod
    sequence: int
    placed: PlacedObject
    sha256: str
    members: Mapping[str, Any]
    """Its members without the payer accounts."""
    is_whole: bool
    """True if it was understood to its end."""
    expected: Expected
    judgement: Judgement
    is_own: bool = True
    """True if it is signed and is stored where it belongs."""
    names: set[int] = field(default_factory=set)
    """Marks of every record and document that it names, until the next link is compared."""

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
    """The manifests of one period, oldest first.

    `suspects` maps each file with a finding to the SHA-256 of the bytes that were read.
    """

    def __init__(
        self,
        place: Place,
        keys: SigningKeys | None,
        period: BillingPeriod,
        bucket: str | None,
        now: datetime | None = None,
    ) -> None:
        self._place = place
        self._keys = keys
        self._period = period
        self._now = now
        self.bucket = bucket
        """The archive's bucket, None while it is not known."""
        self.findings: list[CheckFinding] = []
        self.suspects: dict[str, str] = {}
        self.links: list[Link] = []
        self._expected = 1

    def read(
        self,
        placed: PlacedObject,
        sequence: int,
        on_invoice: Callable[[InvoiceStatement], None] | None = None,
        on_payer: Callable[[PayerPart], None] | None = None,
    ) -> Link | None:
        """Read and check the next existing manifest; None if it cannot be read."""
        before = self._before(sequence)
        if self.size(placed) > LARGEST_MANIFEST:
            limit = f"a manifest, and none has more than {LARGEST_MANIFEST} bytes"
            self._add("MANIFEST_DAMAGED", placed.key, limit, f"{self.size(placed)} bytes")
            return None
        reader = ManifestReader(self._blocks(placed))
        names: set[int] = set()
        recount, expected = Recount(), Expected(before.expected if before else None)
        judgement = Judgement(
            reader.members,
            self._period,
            before.judgement if before and before.is_comparable else None,
            is_first=sequence == 1,
            now=self._now,
        )
        readers = (recount, expected, judgement)
        take_invoice = [*(one.invoice for one in readers), *([on_invoice] if on_invoice else [])]
        take_payer = [*(one.payer for one in readers), *([on_payer] if on_payer else [])]
        damage: str | None = None
        damaged = 0
        try:
            for part in reader.parts():
                if isinstance(part, InvoicePart):
                    found = self._invoice(part, names, take_invoice)
                else:
                    found = _payer(part, take_payer)
                damage, damaged = found or damage, damaged + bool(found)
                if damaged > _MOST_DAMAGED:
                    reader.drain()
                    break
        except CannotRead as error:
            self.suspects[placed.key] = ""
            self._add("OBJECT_UNREADABLE", placed.key, "its bytes", str(error))
            return None
        except NotAManifest as error:
            damage = str(error)
        link = Link(
            self._period,
            sequence,
            placed,
            reader.sha256,
            reader.members,
            damage is None,
            expected,
            judgement,
            names=names,
        )
        try:
            self._check(link, reader, damage)
            if link.is_whole:
                self._check_order(link, before)
            if link.is_whole and link.has_newest_schema:
                self._check_counts(link, recount)
        except NOT_UNDERSTOOD as error:
            link.is_whole = False
            self._found(link, "MANIFEST_DAMAGED", "what every manifest says", _odd(error))
        if before:
            before.names = set()  # only one link's names are held, for a chain of any length
            before.judgement.forget()
        self.links.append(link)
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
        for link in self.links:
            if link.sequence == head.sequence and link.sha256 != head.sha256:
                expected = f"SHA-256 {head.sha256}, as the latest-manifest record says"
                self._found(link, "HEAD_DIFFERS", expected, f"SHA-256 {link.sha256}")

    def stated(self, link: Link) -> Iterator[StoredObject]:
        """Read a manifest once more; yield every object that it names."""
        with suppress(NotAManifest):
            for part in self.parts(link):
                if isinstance(part, InvoicePart):
                    statement = InvoiceStatement.of(part.data)
                    yield from (*statement.records, *statement.documents)

    def parts(self, link: Link) -> Iterator[InvoicePart | PayerPart]:
        """Read a manifest once more. Raises CannotRead and NotAManifest."""
        yield from ManifestReader(self._blocks(link.placed), is_first=False).parts()

    def _before(self, sequence: int) -> Link | None:
        """The link before this number, None if it is not there; missing manifests are reported."""
        if sequence > self._expected:
            last = sequence - 1
            count = f"manifests {self._expected} to {last}" if last > self._expected else "it"
            key = manifest_key(self._period, self._expected)
            self._add("MANIFEST_GONE", key, f"{count}, for there is {sequence}", "nothing there")
        self._expected = sequence + 1
        last_link = self.links[-1] if self.links else None
        return last_link if last_link and last_link.sequence == sequence - 1 else None

    def _invoice(
        self,
        part: InvoicePart,
        names: set[int],
        takers: Iterable[Callable[[InvoiceStatement], None]],
    ) -> str | None:
        """The fault of an invoice in the manifest, None if it can be understood."""
        try:
            statement = InvoiceStatement.of(part.data)
        except NotAManifest as error:
            return str(error)
        if statement.billing_period != str(self._period):
            return f"it has an invoice of {statement.billing_period}"
        for stored in (*statement.records, *statement.documents):
            mark = mark_of(stored.key, stored.sha256)
            if mark in names:
                return f"it names {stored.key} twice"
            names.add(mark)
        try:
            for take in takers:
                take(statement)
        except NOT_UNDERSTOOD as error:
            return f"its invoice {statement.invoice_id} has {_odd(error)}"
        return None

    def _check(self, link: Link, reader: ManifestReader, damage: str | None) -> None:
        """Check the file by itself."""
        schema = excerpt(link.members.get("schema", SCHEMA))
        if schema not in SCHEMAS:
            link.is_whole = False
            self._found(link, "SCHEMA_UNKNOWN", " or ".join(sorted(SCHEMAS)), schema)
        elif damage:
            self._found(link, "MANIFEST_DAMAGED", "a manifest in canonical JSON", damage)
        if link.is_whole:
            self._check_place(link)
        self._check_signature(link, reader)

    def _check_place(self, link: Link) -> None:
        members = link.members
        if self.bucket is None and isinstance(members.get("bucket"), str):
            self.bucket = members["bucket"]
        right = {
            "bucket": self.bucket,
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
        if before and before.is_whole and (dropped := before.names - link.names):
            for stored in self._first(self.stated(before), dropped):
                self._add(
                    "EVIDENCE_DROPPED",
                    stored.key,
                    f"SHA-256 {stored.sha256}, as manifest {before.sequence} says",
                    f"manifest {link.sequence} does not say so ({len(dropped)} objects in all)",
                )
            self.suspects[link.placed.key] = link.sha256
        if before and before.is_whole and (forgotten := list(link.expected.forgotten())):
            expected = f"{_some(forgotten)}, as manifest {before.sequence} says"
            found = f"manifest {link.sequence} does not name it"
            self._found(link, "EXPECTATION_DROPPED", expected, found)

    def _check_counts(self, link: Link, recount: Recount) -> None:
        recount.whole(link.members, lambda: self.parts(link))
        wrong = [*recount.wrong, *(link.judgement.wrong() if link.is_comparable else ())]
        if wrong:
            expected = "what follows from its invoices and payer accounts, and the manifest before"
            self._found(link, "MANIFEST_CONTRADICTED", expected, _some(wrong))

    def _first(self, statements: Iterable[StoredObject], marks: set[int]) -> list[StoredObject]:
        matches = (stored for stored in statements if mark_of(stored.key, stored.sha256) in marks)
        return [stored for stored, _ in zip(matches, range(_MOST_EXAMPLES), strict=False)]

    def _check_signature(self, link: Link, reader: ManifestReader) -> None:
        if not reader.has_ended:
            return  # its covered bytes are not known either
        if not reader.is_canonical:  # only canonical JSON is signed
            found = "JSON in another form, or with something that its content has not"
            self._found(link, "MANIFEST_DAMAGED", "canonical JSON", found)
            return
        try:
            signature = signature_of({"signature": reader.signature})
        except ValueError as error:
            self._found(link, "SIGNATURE_INVALID", "a signature", str(error))
            return
        if self._keys and not self._keys.verify(reader.signed_digest, signature.value):
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
        self.suspects[link.placed.key] = link.sha256
        self._add(code, link.placed.key, expected, found)

    def _add(self, code: str, key: str, expected: str, found: str) -> None:
        self.findings.append(check_finding(code, key, expected, found, period=self._period))


def _payer(part: PayerPart, takers: Iterable[Callable[[PayerPart], None]]) -> str | None:
    """The fault of a payer account in the manifest, None if it can be understood."""
    try:
        for take in takers:
            take(part)
    except NOT_UNDERSTOOD as error:
        return f"a payer account in it has {_odd(error)}"
    return None


def _odd(error: Exception) -> str:
    return f"something that nobody understands ({type(error).__name__})"


def _some(reasons: list[str]) -> str:
    more = len(reasons) - _MOST_REASONS
    return "; ".join(reasons[:_MOST_REASONS]) + (f"; {more} more" if more > 0 else "")
