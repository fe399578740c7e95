"""The archive as files."""

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import SandboxError
from sandbox.export import export
from sandbox.snapshot import StoredObject


@dataclass
class Bucket:
    """A bucket of versions, as far as an export needs one; `read` lists what was downloaded."""

    contents: dict[tuple[str, str], bytes] = field(default_factory=dict)
    current: dict[str, StoredObject] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)

    def put(self, key: str, content: bytes) -> None:
        version = str(len(self.contents))
        self.contents[key, version] = content
        self.current[key] = StoredObject(version, len(content))

    def get_object(self, *, Bucket: str, Key: str, VersionId: str) -> dict[str, Any]:  # noqa: N803
        assert Bucket == "archive"
        self.read.append(Key)
        return {"Body": io.BytesIO(self.contents[Key, VersionId])}


@dataclass
class Exporting:
    """A bucket and the folder that it is exported to."""

    bucket: Bucket
    root: Path

    @property
    def folder(self) -> Path:
        return self.root / "archive"

    def run(self) -> int:
        self.bucket.read.clear()
        record = self.root / "exported.json"
        return export(self.bucket, "archive", self.bucket.current, self.folder, record)

    def files(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file()
        }


@pytest.fixture
def exporting(tmp_path: Path) -> Exporting:
    exporting = Exporting(Bucket(), tmp_path)
    exporting.bucket.put("README.txt", b"what this is")
    exporting.bucket.put("invoices/2026-10/1/a.pdf", b"%PDF-1")
    exporting.bucket.put("runs/r1/payers/1/listing.json", b"[]")
    return exporting


def test_every_object_becomes_a_file_of_the_same_bytes(exporting: Exporting) -> None:
    assert exporting.run() == 3
    assert exporting.files() == {
        "README.txt": b"what this is",
        "invoices/2026-10/1/a.pdf": b"%PDF-1",
        "runs/r1/payers/1/listing.json": b"[]",
    }


def test_only_what_changed_is_written(exporting: Exporting) -> None:
    exporting.run()
    assert exporting.run() == 0
    exporting.bucket.put("README.txt", b"what this is now")
    assert exporting.run() == 1
    assert exporting.bucket.read == ["README.txt"]
    assert exporting.files()["README.txt"] == b"what this is now"


def test_a_file_that_somebody_changed_or_removed_is_written_again(exporting: Exporting) -> None:
    exporting.run()
    (exporting.folder / "README.txt").write_bytes(b"scribbled")
    (exporting.folder / "invoices/2026-10/1/a.pdf").unlink()
    assert exporting.run() == 2
    assert exporting.files()["README.txt"] == b"what this is"
    assert exporting.files()["invoices/2026-10/1/a.pdf"] == b"%PDF-1"


def test_the_file_of_an_object_that_is_gone_is_removed_with_its_empty_folders(
    exporting: Exporting,
) -> None:
    exporting.run()
    (exporting.folder / "my notes.txt").write_text("keep me")
    del exporting.bucket.current["runs/r1/payers/1/listing.json"]
    exporting.run()
    assert not (exporting.folder / "runs").exists()
    assert (exporting.folder / "my notes.txt").read_text() == "keep me"


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"README.txt": ["0"]}'])
def test_a_damaged_record_means_that_everything_is_written_again(
    exporting: Exporting, damage: str
) -> None:
    exporting.run()
    (exporting.root / "exported.json").write_text(damage)
    assert exporting.run() == 3
    assert exporting.run() == 0


@pytest.mark.parametrize(
    "key",
    [
        "../outside",
        "a/../../outside",
        "/etc/passwd",
        "a//b",
        "a/",
        "a\\b",
        "c:d",
        "line\nbreak",
        ".",
    ],
)
def test_a_key_that_could_leave_the_folder_stops_the_export_before_a_file_is_written(
    exporting: Exporting, key: str
) -> None:
    exporting.bucket.put(key, b"x")
    with pytest.raises(SandboxError, match="cannot be file names") as refused:
        exporting.run()
    assert repr(key) in str(refused.value)
    assert not exporting.folder.exists()


def test_an_object_over_anothers_folder_stops_the_export(exporting: Exporting) -> None:
    exporting.bucket.put("invoices/2026-10", b"x")
    with pytest.raises(SandboxError, match="'invoices/2026-10'"):
        exporting.run()


def test_a_download_that_breaks_off_leaves_the_old_file_and_is_made_up_for(
    exporting: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporting.run()
    exporting.bucket.put("README.txt", b"new")

    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise ConnectionError("gone")

    monkeypatch.setattr(exporting.bucket, "get_object", lambda **_: {"Body": Broken()})
    with pytest.raises(ConnectionError):
        exporting.run()
    assert exporting.files()["README.txt"] == b"what this is"
    assert len(exporting.files()) == 3
    monkeypatch.undo()
    assert exporting.run() == 1
    assert exporting.files()["README.txt"] == b"new"
