"""Whatever holds the private keys of the embedded AWS is its owner's alone."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.private_files import make_private, write_private

SERVER = Path(__file__).parents[2] / "sandbox" / "ministack_server.py"
SAVES = """
import os, sys
path = os.path.join(os.environ["STATE_DIR"], "kms.json")
with open(path + ".tmp", "w") as file:
    file.write("{}")
os.replace(path + ".tmp", path)
"""
"""What ministack does of its state, in short."""


@pytest.fixture(autouse=True)
def generous_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("is_fresh", [True, False])
def test_the_state_that_the_server_saves_is_for_its_owner_alone(
    tmp_path: Path, is_fresh: bool
) -> None:
    (tmp_path / "ministack.py").write_text(SAVES)
    state = tmp_path / "state"
    if not is_fresh:
        state.mkdir()
        (state / "kms.json").write_text("{}")
        (state / "kms.json.tmp").write_text("{")
    make_private(state)
    environment = {"PYTHONPATH": str(tmp_path), "STATE_DIR": str(state)}
    subprocess.run([sys.executable, "-P", SERVER], env=environment, check=True)
    assert (mode(state), mode(state / "kms.json")) == (0o700, 0o600)


def test_a_folder_that_an_earlier_version_made_is_closed_to_others(tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "keys").mkdir(parents=True)
    (state / "keys" / "one.pem").write_text("secret")
    (state / "elsewhere").symlink_to(SERVER)
    before = mode(SERVER)
    make_private(state)
    assert {mode(state), mode(state / "keys")} == {0o700}
    assert mode(state / "keys" / "one.pem") == 0o600
    assert mode(SERVER) == before


@pytest.mark.parametrize("unfinished", [None, "half of it"])
def test_a_private_file_was_never_anything_else(tmp_path: Path, unfinished: str | None) -> None:
    path = tmp_path / "chain.json"
    path.write_text("before")
    if unfinished:
        path.with_suffix(".tmp").write_text(unfinished)
    write_private(path, "after")
    assert (path.read_text(), mode(path)) == ("after", 0o600)
    assert list(tmp_path.iterdir()) == [path]
