"""The archived bytes outlive a control plane that is made anew, wherever that is cut off."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.kept_buckets import put_back, start_anew
from sandbox.places import Places
from sandbox.program import ACCOUNT_ID

OBJECT = f"{ACCOUNT_ID}/archive/invoices/2026-10/a.pdf"
OLD_VERSION = f".versions/{ACCOUNT_ID}/archive/v1/periods/2026-10/ledger.csv"
ASSET = f"{ACCOUNT_ID}/cdk-hnb659fds-assets-{ACCOUNT_ID}-us-east-1/code.zip"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """An embedded AWS after a run."""
    places = Places.under(tmp_path, tmp_path)
    write(places.buckets / OBJECT, "document")
    write(places.buckets / OLD_VERSION, "view")
    write(places.buckets / ASSET, "code")
    write(places.state / "s3.json", "{}")
    write(places.deployed, "{}")
    return places


def write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def deploy(places: Places) -> None:
    """What a deployment leaves: an asset, and a bucket in which nothing is worth keeping."""
    write(places.buckets / ASSET, "new code")
    write(places.buckets / ACCOUNT_ID / "archive" / "invoices" / "2026-10" / "a.pdf", "empty")


def archived(places: Places) -> dict[str, str]:
    return {
        name: (places.buckets / name).read_text()
        for name in (OBJECT, OLD_VERSION, ASSET)
        if (places.buckets / name).exists()
    }


def test_all_but_the_archived_bytes_is_made_anew(places: Places) -> None:
    start_anew(places)
    assert archived(places) == {}
    assert not places.state.exists()
    assert not places.deployed.exists()
    deploy(places)
    put_back(places)
    assert archived(places) == {OBJECT: "document", OLD_VERSION: "view", ASSET: "new code"}
    assert not places.kept_buckets.exists()


def test_without_anything_kept_nothing_is_put_back(places: Places) -> None:
    put_back(places)
    assert archived(places) == {OBJECT: "document", OLD_VERSION: "view", ASSET: "code"}


def test_a_first_deployment_starts_from_nothing(tmp_path: Path) -> None:
    places = Places.under(tmp_path, tmp_path)
    start_anew(places)
    put_back(places)
    assert not places.buckets.exists()


@pytest.mark.parametrize("deployments", [0, 1])
def test_a_deployment_that_was_cut_off_is_begun_again_without_losing_a_byte(
    places: Places, deployments: int
) -> None:
    start_anew(places)
    for _ in range(deployments):
        deploy(places)
    start_anew(places)
    deploy(places)
    put_back(places)
    assert archived(places) == {OBJECT: "document", OLD_VERSION: "view", ASSET: "new code"}


@pytest.mark.parametrize("after", [start_anew, put_back])
def test_putting_back_that_was_cut_off_half_way_is_finished(
    places: Places, after: Callable[[Places], object]
) -> None:
    start_anew(places)
    deploy(places)
    # cut off after the first of the two folders
    shutil.rmtree(places.buckets / ACCOUNT_ID / "archive")
    (places.kept_buckets / ACCOUNT_ID / "archive").rename(places.buckets / ACCOUNT_ID / "archive")
    after(places)
    if after is start_anew:
        deploy(places)
        put_back(places)
    assert archived(places) == {OBJECT: "document", OLD_VERSION: "view", ASSET: "new code"}
