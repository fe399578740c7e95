"""The archive as files that a person can open."""

import json
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.errors import SandboxError
from sandbox.snapshot import Snapshot

_THREADS = 4


@dataclass(frozen=True)
class _Written:
    """A file as the export left it; another size or time means that somebody changed it."""

    version_id: str
    size: int
    modified_ns: int


def export(s3: Any, bucket: str, objects: Snapshot, folder: Path, record: Path) -> int:
    """Make the files under `folder` equal the objects; return the number of files written.

    Only changes are written. A file of an object that is gone is removed; a file from elsewhere
    stays. `record` keeps a list of the written files. Raises SandboxError, before anything is
    written, if a key cannot be a file's path.
    """
    _require_paths(objects)
    written = _read(record)
    for key in written.keys() - objects.keys():
        _remove(folder, key)
    kept = {
        key: before
        for key, current in objects.items()
        if (before := written.get(key))
        and before.version_id == current.version_id
        and _stamp(folder / key) == (before.size, before.modified_ns)
    }
    changed = [key for key in objects if key not in kept]

    def download(key: str) -> None:
        version_id, path = objects[key].version_id, folder / key
        _download(s3, bucket, key, version_id, path)
        kept[key] = _Written(version_id, *_stamp(path))

    try:
        with ThreadPoolExecutor(_THREADS) as threads:
            list(threads.map(download, changed))
    finally:
        _write(record, {**{key: was for key, was in written.items() if key in objects}, **kept})
    return len(changed)


def _require_paths(objects: Snapshot) -> None:
    """Check that every key is a path of its own below the folder."""
    folders = {key[:end] for key in objects for end, one in enumerate(key) if one == "/"}
    unsafe = [
        key
        for key in objects
        if key in folders
        or any(part in {"", ".", ".."} or len(part.encode()) > 255 for part in key.split("/"))
        or any(one in "\\:" or not one.isprintable() for one in key)
    ]
    if unsafe:
        raise SandboxError(
            f"{len(unsafe)} archive keys cannot be file names, so no file was written: {unsafe[:5]}"
        )


def _download(s3: Any, bucket: str, key: str, version_id: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    body = s3.get_object(Bucket=bucket, Key=key, VersionId=version_id)["Body"]
    # Beside the target: a cut-off download leaves the old file, and the rename stays on one file
    # system.
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as unfinished:
        try:
            shutil.copyfileobj(body, unfinished)
        except BaseException:
            Path(unfinished.name).unlink()
            raise
    Path(unfinished.name).chmod(0o644)
    Path(unfinished.name).replace(path)


def _remove(folder: Path, key: str) -> None:
    path = folder / key
    path.unlink(missing_ok=True)
    for parent in path.parents:
        if parent == folder or not parent.is_dir() or any(parent.iterdir()):
            return
        parent.rmdir()


def _stamp(path: Path) -> tuple[int, int]:
    """Size and time of the file; zeros if there is none."""
    try:
        status = path.lstat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


def _read(record: Path) -> dict[str, _Written]:
    try:
        return {key: _Written(*values) for key, values in json.loads(record.read_bytes()).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write(record: Path, written: dict[str, _Written]) -> None:
    rows = {key: (was.version_id, was.size, was.modified_ns) for key, was in written.items()}
    unfinished = record.with_suffix(".tmp")
    unfinished.write_text(json.dumps(rows))
    unfinished.replace(record)
