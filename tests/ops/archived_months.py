"""Months that the real handlers archived, each made once a process. Tests damage copies of them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import pytest_socket
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from lambdas.aws.manifest_signing import ManifestSigner
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.manifest_heads import ManifestHead
from ops.check.archive import check_archive
from ops.check.report import CheckReport
from ops.check.scope import Scope
from ops.check.signing_keys import SigningKeys
from ops.copy_on_disk import CopyOnDisk
from ops.live.bucket import LiveBucket
from ops.live.heads import read_heads_table
from ops.places import Place
from tests.fake_kms import FakeKms
from tests.handlers.conftest import BUCKET, HEADS, World, prepared_world
from tests.ops.conftest import Watch, watched

MANIFESTS = "periods/2026-10/manifests/"
Runs = Callable[[World], object]
"""Plays the runs of a month."""


@dataclass(frozen=True)
class Archived:
    """What the handlers left: objects of the bucket, and what is known outside it."""

    files: Mapping[str, bytes]
    versions: Mapping[str, Mapping[str, Any]]
    """Version and lock of each object, as HEAD shows them."""
    heads: Mapping[BillingPeriod, ManifestHead]
    kms: FakeKms


@dataclass
class Month:
    """A month as the handlers archived it, and a copy of it on disk."""

    archived: Archived
    folder: Path
    s3: Any = None
    """The bucket, where the test has a live one."""

    @property
    def signer(self) -> ManifestSigner:
        return ManifestSigner(self.archived.kms, self.archived.kms.key_arn)

    def check(self, *, live: bool = False, **scope: object) -> CheckReport:
        place: Place = LiveBucket(BUCKET) if live else CopyOnDisk(self.folder)
        pem = self.signer.public_key_pem()
        keys = SigningKeys.read(pem, "key.pem", is_from_the_archive=False)
        asked = Scope(**{"heads": self.archived.heads} | scope)  # type: ignore[arg-type]
        return check_archive(place, asked, keys, lambda *_: None)

    def finds(self, *codes: str, live: bool = False, **scope: object) -> None:
        """The check is red, with exactly these codes."""
        report = self.check(live=live, **scope)
        assert report.result == "ACTION_REQUIRED"
        assert {finding.code for finding in report.findings} == set(codes)

    def copy(self, key: str) -> Path:
        return self.folder / key

    def keys(self, prefix: str) -> list[str]:
        return [key for key in self.archived.files if key.startswith(prefix)]

    def content(self, key: str) -> bytes:
        return self.archived.files[key]

    def document(self, invoice_id: str) -> str:
        (key,) = (k for k in self.keys("invoices/") if f"_INVOICE_{invoice_id}." in k)
        return key

    def records(self, invoice_id: str) -> list[str]:
        return [k for k in self.keys("records/") if f"/{invoice_id}/" in k]

    def edit(self, key: str, edit: Callable[[Any], None], form: Callable[[Any], bytes]) -> None:
        said = json.loads(self.copy(key).read_bytes())
        edit(said)
        self.copy(key).write_bytes(form(said))


def copied(archived: Archived, folder: Path) -> Month:
    """A copy of the month's archive, for a test to damage."""
    month = Month(archived, folder)
    for key, content in archived.files.items():
        month.copy(key).parent.mkdir(parents=True, exist_ok=True)
        month.copy(key).write_bytes(content)
    return month


def in_bucket(archived: Archived, folder: Path, s3: Any) -> Month:
    """The month's archive in an empty bucket of moto, each object with its version and lock."""
    for key, content in archived.files.items():
        version = archived.versions[key]
        lock = {name: value for name, value in version.items() if name.startswith("ObjectLock")}
        s3.put_object(Bucket=BUCKET, Key=key, Body=content, **lock)
        stored = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[BUCKET].keys[key]
        stored._version_id = version["VersionId"]
    return Month(archived, folder, s3)


@cache
def archived_by(runs: Runs, lookback_periods: int = 0) -> Archived:
    """The archive of the month that these runs make."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch, mock_aws():
        pytest_socket.enable_socket()
        pytest_socket.socket_allow_hosts(["127.0.0.1", "localhost"], allow_unix_socket=True)
        for world in prepared_world(patch, Path(folder)):
            patch.setenv("LOOKBACK_PERIODS", str(lookback_periods))
            assert not world.keys(""), "it is made before a test opens stores of its own"
            runs(world)
            made = _archived(world)
        pytest_socket.disable_socket(allow_unix_socket=True)
    return made


def _archived(world: World) -> Archived:
    with watched(world.s3, world.dynamodb, Watch()):
        heads = read_heads_table(HEADS)
    keys = world.keys("")
    versions = {key: world.s3.head_object(Bucket=BUCKET, Key=key) for key in keys}
    return Archived({key: world.content(key) for key in keys}, versions, heads, world.kms)
