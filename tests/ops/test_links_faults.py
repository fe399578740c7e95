"""Links, pipes and sockets in a copy: none is followed or waited for, each is told."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.check.archive import check_archive
from ops.check.report import CheckReport
from ops.check.scope import Level, Scope
from ops.cli import main
from ops.copy_on_disk import CopyOnDisk
from tests.ops.made_archive import NEWEST, OCTOBER, make_archive

GOOD = make_archive()
ACME = "111122223333"
FOLDERS = (
    "invoices",
    "records",
    "periods",
    "invoices/2026-10",
    "records/2026-10",
    "periods/2026-10",
    "periods/2026-10/manifests",
    f"invoices/2026-10/{ACME}",
    f"records/2026-10/{ACME}",
    f"records/2026-10/{ACME}/2609293185",
)
VIEWS = (
    "periods/2026-10/ledger.xlsx",
    "periods/2026-10/index.html",
    "periods/2026-10/ledger.csv",
    "periods/2026-10/completeness.json",
    "periods/2026-10/SHA256SUMS",
    "README.txt",
    "index.html",
)
_A_LINK = "it is a link, which is not followed"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return GOOD.write(tmp_path / "copy")


def checked(copy: Path, *, level: Level = Level.bytes, one_period: bool = False) -> CheckReport:
    scope = Scope(level, periods=(OCTOBER,) if one_period else ())
    return check_archive(CopyOnDisk(copy), scope, None, lambda *_: None)


@pytest.mark.parametrize("folder", ["invoices", "records", "periods/2026-10"])
def test_t13_a_month_of_which_a_folder_could_not_be_listed_is_not_called_right(
    copy: Path, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(copy / folder)
    (copy / folder).symlink_to(copy)
    main(["check", str(copy)])
    out = capsys.readouterr().out
    assert "2026-10   not all of it could be listed   " in out
    assert ("2026-09   verified   " in out) == (folder == "periods/2026-10")


@pytest.mark.parametrize("one_period", [False, True])
@pytest.mark.parametrize("folder", FOLDERS)
def test_t13_a_folder_that_a_link_stands_for_is_reported_and_not_followed(
    copy: Path, tmp_path: Path, folder: str, one_period: bool
) -> None:
    shutil.move(copy / folder, tmp_path / "elsewhere")
    (copy / folder).symlink_to(tmp_path / "elsewhere")
    for level in (Level.presence, Level.bytes):
        report = checked(copy, level=level, one_period=one_period)
        assert report.result == "ACTION_REQUIRED"
        told = {(one.object.rstrip("/"), one.found) for one in report.findings}
        assert (folder, _A_LINK) in told


def test_t13_a_link_to_the_manifests_is_reported_at_the_level_of_structure(copy: Path) -> None:
    for folder in ("periods", "periods/2026-10", "periods/2026-10/manifests"):
        (copy / folder).rename(copy.parent / "elsewhere")
        (copy / folder).symlink_to(copy.parent / "elsewhere")
        report = checked(copy, level=Level.structure, one_period=True)
        assert report.result == "ACTION_REQUIRED"
        assert {(one.object, one.found) for one in report.findings} == {(f"{folder}/", _A_LINK)}
        (copy / folder).unlink()
        (copy.parent / "elsewhere").rename(copy / folder)


def a_link(path: Path) -> None:
    path.symlink_to(__file__)


def a_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's path may have only some hundred bytes
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


OBSTACLES = (a_link, os.mkfifo, a_socket)


@pytest.mark.parametrize("make", OBSTACLES)
@pytest.mark.parametrize("view", VIEWS)
def test_t13_what_stands_in_place_of_a_view_and_is_no_file_is_reported(
    copy: Path, view: str, make: Callable[[Path], None]
) -> None:
    (copy / view).unlink(missing_ok=True)
    make(copy / view)
    for level in Level:
        report = checked(copy, level=level)
        assert [(one.code, one.object) for one in report.findings] == [("OBJECT_UNREADABLE", view)]
        assert "it is " in report.findings[0].found


@pytest.mark.parametrize("make", OBSTACLES)
@pytest.mark.parametrize("key", [GOOD.keys("records/")[0], GOOD.keys("invoices/")[0], NEWEST])
def test_t13_what_stands_in_place_of_evidence_and_is_no_file_is_reported(
    copy: Path, key: str, make: Callable[[Path], None]
) -> None:
    (copy / key).unlink()
    make(copy / key)
    for level in (Level.presence, Level.bytes):
        report = checked(copy, level=level, one_period=True)
        assert [(one.code, one.object) for one in report.findings] == [("OBJECT_UNREADABLE", key)]


@pytest.mark.parametrize("make", OBSTACLES)
def test_t13_what_is_no_file_and_belongs_nowhere_is_reported_whatever_it_is_called(
    copy: Path, make: Callable[[Path], None]
) -> None:
    names = ("elsewhere", "@eaDir", ".DS_Store", "periods/2026-10/._x", "records/2026-10/x")
    for name in names:
        make(copy / name)
    report = checked(copy)
    told = [(one.code, one.object) for one in report.findings]
    assert told == [("OBJECT_EXTRA", name) for name in sorted(names)]
    assert {one.found for one in report.findings} <= {_A_LINK, "it is no file"}
    assert not report.passed_over
