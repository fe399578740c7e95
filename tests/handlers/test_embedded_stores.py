"""What holds on stores in memory holds on the embedded ones too, which are another program: S3, KMS
and DynamoDB of ministack over TLS.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.certificate import keep_certificate
from sandbox.lock import FolderLock
from sandbox.ministack import Ministack
from sandbox.month_end import PROJECT
from sandbox.places import Places
from sandbox.ports import kept_ports
from tests.handlers import test_meddling_faults as meddling
from tests.handlers import test_storing_faults as storing
from tests.handlers.conftest import Stores, World, prepared_world
from tests.stores.calls import of_items
from tests.stores.client import client_of
from tests.stores.dynamodb import MemoryDynamoDB
from tests.stores.s3 import MemoryS3
from tests.stores.test_contract import OF_S3, Script, outcomes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
month = storing.month


@pytest.fixture
def world(loopback: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[World]:
    places = Places.under(tmp_path, PROJECT)
    places.sandbox.mkdir()
    lock = FolderLock(places.lock)
    lock.acquire()
    keep_certificate(places, datetime.now(UTC))
    with Ministack(places, kept_ports(places.ports).ministack, lock.descriptor) as aws:
        yield from prepared_world(monkeypatch, tmp_path, lambda: embedded_stores(aws))
    lock.release()


@pytest.mark.parametrize("script", OF_S3, ids=lambda script: script.__name__)
def test_s3_in_memory_answers_as_the_embedded_one_does(world: World, script: Script) -> None:
    client = world.s3
    assert outcomes(client_of(MemoryS3(), client), script) == outcomes(client, script)


def test_dynamodb_in_memory_answers_as_the_embedded_one_does(world: World) -> None:
    client, script = world.dynamodb, of_items
    assert outcomes(client_of(MemoryDynamoDB(), client), script) == outcomes(client, script)


def embedded_stores(aws: Ministack) -> Stores:
    kms = aws.client("kms")
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    return Stores(aws.client("s3"), kms, key, aws.client("dynamodb"))


def test_a_crash_after_any_single_call_of_the_embedded_stores_ends_in_the_same_archive(
    month: World,
) -> None:
    storing.test_r01_a_crash_after_any_single_storage_call_ends_in_the_same_archive(month, 1)


def test_a_crash_in_a_later_run_on_the_embedded_stores_loses_nothing(month: World) -> None:
    storing.test_r01_a_crash_in_a_later_run_loses_nothing_of_what_the_earlier_ones_stored(month, 1)


def test_another_run_in_the_middle_of_a_run_leaves_one_chain_in_the_embedded_stores(
    month: World,
) -> None:
    storing.test_r03_another_run_in_the_middle_of_a_run_leaves_one_chain_and_the_same_totals(
        month, 1
    )


@pytest.mark.parametrize("function", ["fetch", "validate"])
def test_a_retry_beside_a_zombie_leaves_one_chain_in_the_embedded_stores(
    month: World, function: str
) -> None:
    storing.test_r03_a_retry_beside_a_zombie_of_the_same_function_leaves_one_chain(
        month, function, 1
    )


def test_what_is_hidden_or_overlaid_in_the_embedded_s3_is_reported_and_not_stored_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOKBACK_PERIODS", "0")
    meddling.two_invoices(world)
    meddling.test_t02_hidden_evidence_is_reported_and_is_neither_fetched_again_nor_stored_over(
        world, (meddling.RECORD, meddling.DOCUMENT)
    )
