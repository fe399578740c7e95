"""A period's chain of signed manifests. Each names its predecessor's SHA-256; the latest-manifest
record is stored outside the bucket.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from lambdas.aws.archive import Archive, ReadObject
from lambdas.aws.manifest_heads import ManifestHeads
from lambdas.aws.manifest_signing import ManifestSigner
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.evidence.archive_layout import manifest_key, manifest_sequence, manifests_prefix
from lambdas.domain.evidence.manifest_heads import ManifestHead
from lambdas.domain.evidence.signatures import signature_of, signed_file, signed_part
from lambdas.domain.findings import Finding, finding
from lambdas.domain.json_text import sha256_hex
from lambdas.domain.judgement.manifests import Manifest


@dataclass(frozen=True)
class Link:
    """A manifest in the archive; `sha256` is of its file."""

    manifest: Manifest
    sha256: str


class ChainBroken(Exception):
    """The bucket's manifests differ from the latest-manifest record, so none may be added.

    `newest` is the newest readable manifest, to be shown to people.
    """

    def __init__(self, finding: Finding, sequence: int, newest: Link | None) -> None:
        super().__init__(finding.detail)
        self.finding = finding
        self.sequence = sequence
        """Number of the last manifest vouched for; views are made from no later one."""
        self.newest = newest


class ManifestChain:
    """The chains of all periods in one archive."""

    def __init__(self, archive: Archive, signer: ManifestSigner, heads: ManifestHeads) -> None:
        self._archive = archive
        self._signer = signer
        self._heads = heads

    def newest(self, period: BillingPeriod) -> Link | None:
        """The newest manifest of a period; None if there is none yet. Raises ChainBroken.

        After a crash between the two writes the latest-manifest record is behind: then later links
        are verified and the record is moved.
        """
        # The record is read before the bucket: other runs move both forward, the bucket first.
        head = self._heads.read(period)
        newest = self._newest_sequence(period)
        if head and newest < head.sequence:
            what = finding(
                "MANIFESTS_ROLLED_BACK",
                manifest_key(period, head.sequence),
                f"The archive's newest manifest is number {newest}; "
                f"number {head.sequence} was written by run {head.run_id}.",
            )
            raise ChainBroken(what, head.sequence, self._readable(period, newest))
        link: Link | None = None
        for sequence in range(head.sequence if head else 1, newest + 1):
            try:
                link = self._verified(period, sequence, link, head)
            except NOT_UNDERSTOOD as error:
                what = finding(
                    "MANIFEST_DAMAGED",
                    manifest_key(period, sequence),
                    f"The manifest cannot be trusted: {error}.",
                )
                readable = self._readable(period, sequence - 1)
                vouched_for = head.sequence if head else sequence
                raise ChainBroken(what, vouched_for, readable) from None
        if link and (head is None or head.sequence < newest):
            self._heads.advance(_head(link))
        return link

    def broken(self, period: BillingPeriod, what: Finding) -> ChainBroken:
        """The error of a period that cannot be judged, with the newest readable manifest."""
        newest = self._newest_sequence(period)
        return ChainBroken(what, newest, self._readable(period, newest))

    def stored(self, period: BillingPeriod, sequence: int) -> Link | None:
        """The manifest of this number in the archive; None if it cannot be read."""
        return self._readable(period, sequence, oldest=max(1, sequence))

    def before_run(self, link: Link | None, run_id: str) -> Link | None:
        """The newest manifest, `link` or one before it, that this run did not write; a retry of the
        step finds manifests of its own run.
        """
        while link and link.manifest.run_id == run_id:
            link = self._readable(link.manifest.billing_period, link.manifest.sequence - 1)
        return link

    def extend(self, manifest: Manifest, retain_until: datetime) -> Link | None:
        """Sign and store the next manifest and move the latest-manifest record; None if the number
        is taken.
        """
        content = manifest.to_data()
        signature = self._signer.sign(signed_part(content, self._signer.key_id))
        file = signed_file(content, signature)
        if self._archive.put_record(manifest.key, file, retain_until) is None:
            return None
        link = Link(manifest, sha256_hex(file))
        self._heads.advance(_head(link))
        return link

    def _newest_sequence(self, period: BillingPeriod) -> int:
        keys = (item.key for item in self._archive.list(manifests_prefix(period)))
        return max((manifest_sequence(key) or 0 for key in keys), default=0)

    def _verified(
        self, period: BillingPeriod, sequence: int, before: Link | None, head: ManifestHead | None
    ) -> Link:
        """The manifest of this number. Raises ValueError unless it is verified: by the hash in the
        latest-manifest record, or as the signed successor of `before`.
        """
        file = self._archive.read(manifest_key(period, sequence))
        if file is None:
            raise ValueError("it is gone")
        link = _read(file)
        if head and sequence == head.sequence:
            if link.sha256 != head.sha256:
                raise ValueError(f"its SHA-256 is not {head.sha256}, as it was when it was written")
            return link
        if link.manifest.previous_sha256 != (before.sha256 if before else None):
            raise ValueError("it does not follow the manifest before it")
        content = file.data()
        signature = signature_of(content)
        if not self._signer.is_signed_by_it(signed_part(content, signature.key_id), signature):
            raise ValueError("its signature does not match")
        return link

    def _readable(self, period: BillingPeriod, newest: int, oldest: int = 1) -> Link | None:
        """The newest readable manifest from `oldest` to `newest`."""
        for number in range(newest, oldest - 1, -1):
            with suppress(ValueError):
                if file := self._archive.read(manifest_key(period, number)):
                    return _read(file)
        return None


def _read(file: ReadObject) -> Link:
    """Read a manifest. Raises ValueError for anything but the manifest of this key."""
    try:
        manifest = Manifest.from_data(file.data())
    except NOT_UNDERSTOOD as error:
        raise ValueError(f"it is not a manifest ({type(error).__name__})") from None
    if manifest.key != file.stored.key:
        raise ValueError(f"it is {manifest.key}")
    return Link(manifest, file.stored.sha256)


def _head(link: Link) -> ManifestHead:
    manifest = link.manifest
    return ManifestHead(manifest.billing_period, manifest.sequence, link.sha256, manifest.run_id)
