"""The views of a billing period that follow from its newest manifest alone."""

from collections.abc import Iterator

from lambdas.aws.archive import Archive
from lambdas.domain.evidence.archive_layout import completeness_key, ledger_csv_key, sha256_sums_key
from lambdas.domain.json_text import to_json
from lambdas.domain.judgement.manifests import Manifest
from lambdas.steps.judging.manifest_chain import Link
from lambdas.views.ledger import ledger_csv
from lambdas.views.sha256_sums import sha256_sums


def update_views(archive: Archive, link: Link) -> None:
    """Make the views that are behind the manifest, or that a crash left out, again."""
    for key, content in _views(link):
        archive.update_view(key, content, link.manifest.sequence)


def show_verdict(archive: Archive, manifest: Manifest, sequence: int) -> None:
    """Show a verdict that is not in the chain, because the chain cannot be trusted.

    The other views stay what they were; `sequence` is how far the chain once was.
    """
    key = completeness_key(manifest.billing_period)
    archive.update_view(key, to_json(manifest.completeness()), sequence)


def _views(link: Link) -> Iterator[tuple[str, bytes]]:
    manifest = link.manifest
    period = manifest.billing_period
    yield sha256_sums_key(period), sha256_sums(manifest, link.sha256)
    yield ledger_csv_key(period), ledger_csv(manifest)
    yield completeness_key(period), to_json(manifest.completeness())
