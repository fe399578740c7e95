"""Folders that tests keep for later runs."""

import os
import time
from pathlib import Path

import pytest

from tests import kept as module
from tests.kept import hash_of_files, hash_of_installed, kept


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that were filled, in a place of their own."""
    monkeypatch.setattr(module, "KEPT", tmp_path)
    return []


def test_a_folder_is_made_once_for_its_key(made: list[Path]) -> None:
    first, again, other = (kept("kind", key, made.append) for key in ("a", "a", "b"))
    assert first == again != other
    assert len(made) == 2


def test_another_python_or_package_makes_another_folder(
    made: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = kept("kind", "a", made.append)
    for name in ("platform.python_version", "tests.kept.distributions"):
        with monkeypatch.context() as patch:
            patch.setattr(name, lambda: "")
            hash_of_installed.cache_clear()
            assert kept("kind", "a", made.append) != folder
    hash_of_installed.cache_clear()
    assert kept("kind", "a", made.append) == folder
    assert len(made) == 3


def test_a_folder_that_could_not_be_made_whole_is_not_kept(made: list[Path]) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - as `fail` raises it
        kept("kind", "a", fail)
    folder = kept("kind", "a", made.append)
    assert len(made) == 1
    assert not list(folder.iterdir())


def test_what_nobody_asked_for_since_yesterday_is_removed(made: list[Path]) -> None:
    old, used = (kept("kind", key, made.append) for key in ("old", "used"))
    for folder in (old, used):
        os.utime(folder, (time.time() - 100_000,) * 2)
    assert kept("kind", "used", made.append) == used
    kept("kind", "new", made.append)
    assert (old.exists(), used.exists(), len(made)) == (False, True, 3)


def test_the_hash_of_files_changes_with_names_and_contents_below_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PROJECT", tmp_path)
    one, other = tmp_path / "a" / "one", tmp_path / "a" / "other"
    one.parent.mkdir()
    hashes = set()
    for content in ("x", "y"):
        one.write_text(content)
        hashes.add(hash_of_files([tmp_path / "a"]))
    one.rename(other)
    hashes.add(hash_of_files([tmp_path / "a"]))
    assert len(hashes) == 3
