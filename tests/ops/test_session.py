"""In which account and region the tool looks."""

from collections.abc import Callable
from typing import Any

import pytest

from ops.errors import CannotRead
from ops.live import session
from ops.live.bucket import LiveBucket

pytestmark = pytest.mark.usefixtures("nothing_but_credentials")


@pytest.fixture
def nothing_but_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


@pytest.mark.parametrize(
    "make",
    [
        lambda: session.client("cloudformation"),
        lambda: session.client("dynamodb"),
        lambda: LiveBucket("example-corp-archive")._s3,
    ],
    ids=["stack", "heads", "bucket"],
)
def test_the_region_of_the_environment_counts_by_itself_as_it_does_for_cdk(
    monkeypatch: pytest.MonkeyPatch, make: Callable[[], Any]
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert make().meta.region_name == "eu-central-1"


def test_it_comes_before_the_other_name_as_it_does_for_cdk_and_the_aws_command_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    assert session.client("cloudformation").meta.region_name == "eu-central-1"


def test_without_it_boto3s_own_ways_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    assert session.client("cloudformation").meta.region_name == "us-west-2"


def test_no_region_at_all_is_a_sentence() -> None:
    with pytest.raises(CannotRead, match="must specify a region"):
        session.client("cloudformation")
