"""`find.json` against the newest manifest. It follows from the manifest alone, byte by byte."""

from collections.abc import Iterator

from lambdas.domain.judgement.manifests import Manifest
from lambdas.views.find import find_file_of
from ops.check.invoices import invoice_lines_of
from ops.check.manifest import WholeManifest


def find_differences(content: bytes, newest: WholeManifest) -> Iterator[str]:
    """Yield the difference between `find.json` and the manifest, if any.

    Raises the errors in NOT_UNDERSTOOD for a file that is no manifest.
    """
    manifest = Manifest.from_data({**newest.members, "payers": []})
    if content != find_file_of(manifest, invoice_lines_of(newest)).to_json():
        yield "its invoices are not those of the manifest, or not in the form that runs write"
