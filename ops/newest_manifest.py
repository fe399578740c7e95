"""The newest manifest of a billing period, read without checking from a copy or the live bucket.

`invoices check` proves that it can be trusted.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.evidence.archive_layout import manifest_key, manifest_sequence, manifests_prefix
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.stored_form import read_json
from ops.check.limits import LARGEST_READ_WHOLE
from ops.copy_on_disk import CopyOnDisk
from ops.errors import CannotRead, NothingThere
from ops.places import Place, read

EXPORTED = Path("build/archive")
"""Folder into which `make month-end` exports the embedded bucket."""
_BUCKET = "s3://"


def archive_place(text: str | None) -> Place:
    """Open the archive: a folder, or `s3://BUCKET`; by default the exported one, else the deployed
    stack's. Raises CannotRead.
    """
    if text is None and os.path.isdir(EXPORTED):
        return CopyOnDisk(EXPORTED)
    if text is not None and not text.startswith(_BUCKET):
        return CopyOnDisk(Path(text))
    from ops.live.bucket import LiveBucket  # noqa: PLC0415 - a copy needs no boto3
    from ops.live.deployment import required_outputs  # noqa: PLC0415

    bucket = text.removeprefix(_BUCKET).rstrip("/") if text else None
    return LiveBucket(bucket or required_outputs()["ArchiveBucketName"])


def newest_manifest(place: Place, period: BillingPeriod) -> Manifest:
    """Read it. Raises CannotRead and NothingThere."""
    numbers = {
        number: placed.key
        for placed in place.files(manifests_prefix(period))
        if (number := manifest_sequence(placed.key))
        and placed.key == manifest_key(period, number)
        and not placed.is_hidden
    }
    for folder, why in place.unlisted.items():
        raise CannotRead(f"{folder}: {why}")
    if not numbers:
        raise NothingThere(f"{place.name} has no manifest of {period}; no run has judged it")
    key = numbers[max(numbers)]
    with understood(key):
        manifest = Manifest.from_data(read_json(read(place, key, most=LARGEST_READ_WHOLE)))
        if not all(isinstance(payer.payer_account_id, str) for payer in manifest.payers):
            raise TypeError("a payer account's id is no text")
        if manifest.key != key:
            raise ValueError(f"it is the manifest {manifest.key}")
    return manifest


@contextmanager
def understood(key: str) -> Iterator[None]:
    """Raise CannotRead for every part of a manifest that cannot be understood."""
    try:
        yield
    except NOT_UNDERSTOOD as error:
        raise CannotRead(
            f"{key} cannot be read ({type(error).__name__}); 'invoices check' shows more"
        ) from None


def payer_state(manifest: Manifest, payer_account_id: str) -> PayerState:
    """Find the account in the manifest. Raises NothingThere."""
    states = {state.payer_account_id: state for state in manifest.payers}
    if payer_account_id not in states:
        known = ", ".join(states) or "nobody"
        raise NothingThere(
            f"{manifest.key} names no payer account '{payer_account_id}'; it names {known}"
        )
    return states[payer_account_id]
