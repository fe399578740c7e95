"""The view `SHA256SUMS`, for `sha256sum -c` at the root of a copy of the bucket."""

from lambdas.domain.evidence.archive_layout import manifest_key
from lambdas.domain.judgement.manifests import Manifest


def sha256_sums(manifest: Manifest, manifest_sha256: str) -> bytes:
    """One line for each record and document of the period, this manifest and the one before it.

    `manifest_sha256` is of the manifest's file.
    """
    sums = {stored.key: stored.sha256 for stored in manifest.evidence}
    sums[manifest.key] = manifest_sha256
    if manifest.previous_sha256:
        before = manifest_key(manifest.billing_period, manifest.sequence - 1)
        sums[before] = manifest.previous_sha256
    lines = [sums_line(key, sha256) for key, sha256 in sorted(sums.items())]
    return "".join([sums_comment(manifest.key), *lines]).encode()


def sums_comment(key: str) -> str:
    """The first line of the view of the manifest with this key."""
    return f"# made from {key}; check with: sha256sum -c <this file>\n"


def sums_line(key: str, sha256: str) -> str:
    return f"{sha256}  {key}\n"
