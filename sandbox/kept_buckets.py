"""Keeping the archived bytes while everything else of the embedded AWS is made anew.

ministack writes each object at once but its control plane only at a graceful end. A killed run may
therefore leave bytes without the bucket, key and stack they belong to, and CloudFormation refuses a
bucket that exists. So the bytes are put aside, the deployment is made from nothing, and the bytes
are put back while ministack is down. Every step may be interrupted and repeated.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from sandbox import deployment
from sandbox.places import Places
from sandbox.program import ACCOUNT_ID

# ministack's layout under S3_DATA_DIR: current versions, and those behind them.
_FOLDERS = (Path(ACCOUNT_ID), Path(".versions") / ACCOUNT_ID)


def start_anew(places: Places) -> None:
    """Forget all but the bytes of the buckets, which `put_back` returns after a deployment."""
    put_back(places)  # from an interrupted earlier attempt
    deployment.forget(places)
    if places.buckets.exists():
        places.buckets.rename(places.kept_buckets)
    shutil.rmtree(places.state, ignore_errors=True)


def put_back(places: Places) -> None:
    """Return the bytes that were put aside, if any. ministack must not be running."""
    if not places.kept_buckets.exists():
        return
    for kept in _buckets_in(places.kept_buckets):
        target = places.buckets / kept.relative_to(places.kept_buckets)
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        kept.rename(target)
    shutil.rmtree(places.kept_buckets)


def _buckets_in(root: Path) -> Iterator[Path]:
    """Bucket folders but the CDK's own, whose assets every deployment uploads again."""
    for folder in _FOLDERS:
        if (root / folder).is_dir():
            yield from (
                bucket
                for bucket in sorted((root / folder).iterdir())
                if not bucket.name.startswith("cdk-")
            )
