"""Latest-manifest records as a file, kept outside the bucket: `{"heads": [...]}`.

The report of an earlier check (`--json`) has them too and serves as such a file. It also names
periods with manifests but no such record (`heads_left_out`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.evidence.manifest_heads import ManifestHead
from lambdas.domain.json_text import to_json
from ops.check.given_file import read_given_file
from ops.check.limits import LARGEST_HEADS_FILE
from ops.check.strict_json import read_strictly

_SHA256 = re.compile(r"[0-9a-f]{64}")


def heads_file(heads: Iterable[ManifestHead]) -> bytes:
    in_order = sorted(heads, key=lambda head: head.billing_period)
    return to_json({"heads": [head.to_data() for head in in_order]})


@dataclass(frozen=True)
class KnownHeads:
    """Contents of a file of latest-manifest records."""

    heads: Mapping[BillingPeriod, ManifestHead]
    left_out: tuple[BillingPeriod, ...] = ()
    """Billing periods that had manifests but have no record in the file."""


def read_heads_file(path: Path) -> KnownHeads:
    """Read the file. Raises ValueError with a sentence that names the file and its fault."""
    content = read_given_file(path, LARGEST_HEADS_FILE)
    try:
        report = read_strictly(content)
        heads = [_head(row) for row in report["heads"]]
        known = {head.billing_period: head for head in heads}
        left_out = tuple(sorted(_with_manifests(report) - known.keys()))
    except NOT_UNDERSTOOD as error:
        raise ValueError(
            f"{path} is not a file of latest-manifest records ({type(error).__name__}: "
            f'{error!s:.200}); "invoices heads" writes one'
        ) from None
    if not (heads or left_out):
        raise ValueError(f"{path} names no manifest, so nothing can be compared with it")
    if len(heads) != len(known):
        raise ValueError(f"{path} names a billing period twice")
    return KnownHeads(known, left_out)


def _with_manifests(report: Mapping[str, Any]) -> set[BillingPeriod]:
    """Periods that had manifests, if the file is a check's report."""
    checked = {row["billing_period"] for row in report.get("periods", ()) if row["manifests"]}
    return {BillingPeriod.parse(text) for text in {*checked, *report.get("heads_left_out", ())}}


def _head(row: Mapping[str, Any]) -> ManifestHead:
    """Read one record. Raises ValueError, LookupError or TypeError for anything else."""
    sequence, sha256, run_id = row["sequence"], row["sha256"], row["run_id"]
    if type(sequence) is not int or sequence < 1:
        raise ValueError(f"{sequence!r} is no number of a manifest")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is no SHA-256")
    if not isinstance(run_id, str):
        raise ValueError(f"{run_id!r} is no run")  # noqa: TRY004 - the fault is in the file's text
    return ManifestHead.from_data(row)
