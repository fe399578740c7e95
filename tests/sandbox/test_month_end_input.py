"""Bad input of `make month-end`: one clear answer and nothing started."""

import json
import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from sandbox import month_end, started
from sandbox.errors import SandboxError
from sandbox.ministack import Ministack
from sandbox.places import Places
from sandbox.settings import sandbox_settings
from sandbox.started import Sandbox

Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Ministack) -> None:
        raise AssertionError("the embedded AWS was started")

    monkeypatch.setattr(Ministack, "__enter__", refuse)


def run(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str) -> str:
    """What a month end says that must fail."""
    assert month_end.main([*arguments, "--folder", str(folder)]) == 1
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--period=2026-13"], "Month end stopped: PERIOD: '2026-13' is not a billing period"),
        (["--period=2049-01"], "Month end stopped: billing period 2049-01 is not over"),
        (["--at=yesterday"], "Month end stopped: AT=yesterday is neither a day nor an instant"),
    ],
)
def test_a_wrong_period_or_instant_is_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], message: str
) -> None:
    said = run(capsys, tmp_path, *arguments)
    assert said.startswith(message)
    assert said.count("\n") == 1


@pytest.mark.usefixtures("loopback")
def test_a_missing_register_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    said = run(capsys, tmp_path, "--payers=nowhere.csv")
    assert "payers_file: 'nowhere.csv' cannot be read (No such file or directory" in said


@pytest.mark.usefixtures("loopback")
def test_a_broken_register_is_reported_with_all_its_problems_at_once(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    register = tmp_path / "payers.csv"
    register.write_text("account_id,name\n1234,Short\n111122223333,\n111122223333,Twice\n")
    said = run(capsys, tmp_path, f"--payers={register}")
    assert [f"line {line}" in said for line in (2, 3, 4)] == [True, True, True]


@pytest.mark.usefixtures("loopback")
def test_a_full_disk_is_reported_before_anything_starts(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100 << 30, 99 << 30, 700 << 20))
    said = run(capsys, tmp_path)
    assert said.startswith("Month end stopped: only 700 MiB are free on the disk of ")
    assert said.endswith("free at least 1 GiB and start again\n")


@pytest.mark.usefixtures("loopback")
def test_a_second_month_end_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lock = started.FolderLock(Places.under(tmp_path, tmp_path).lock)
    lock.acquire()
    said = run(capsys, tmp_path)
    assert said.startswith(
        f"Month end stopped: another month end is running in this folder (process {os.getpid()})"
    )
    lock.release()


@pytest.mark.usefixtures("loopback")
def test_what_stopped_a_month_end_leaves_the_folder_free_for_the_next(tmp_path: Path) -> None:
    places = Places.under(tmp_path, month_end.PROJECT)
    for _ in range(2):
        with (
            pytest.raises(SandboxError, match="cannot be read"),
            Sandbox(places, payers_file="nowhere.csv"),
        ):
            pass


def test_the_settings_differ_from_those_of_aws_only_in_addresses_register_and_concurrency() -> None:
    block = json.loads((month_end.PROJECT / "cdk.json").read_text())["context"]["invoice_archive"]
    settings = sandbox_settings(month_end.PROJECT, "", 21001)
    differs = {key for key in settings.block if settings.block[key] != block.get(key)}
    assert differs == {"document_hosts", "billing_endpoint_url", "max_concurrent_payers"}
    assert settings.deploy.billing_endpoint_url == "http://127.0.0.1:21001"
    assert settings.deploy.document_hosts == ("127.0.0.1",)
    assert settings.deploy.max_concurrent_payers == settings.block["max_concurrent_payers"] == 3


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"context": {"invoice_archive": 5}}'])
def test_a_cdk_json_without_settings_is_reported(tmp_path: Path, content: str) -> None:
    (tmp_path / "cdk.json").write_text(content)
    with pytest.raises(SandboxError, match=r"cdk\.json holds no 'invoice_archive' block"):
        sandbox_settings(tmp_path, "", 21001)
