"""Whatever happens to its output, its files or its patience, the tool ends as documented: with one
sentence at most, and no traceback.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ops.cli import main
from ops.copy_on_disk import CopyOnDisk
from ops.errors import CannotRead
from ops.exit_codes import ExitCode
from tests.ops.bad_copies import a_document
from tests.ops.made_archive import MadeArchive, make_archive
from tests.ops.memory_place import MemoryPlace
from tests.ops.test_check_findings import check

PROJECT = Path(__file__).parents[2]
GOOD = make_archive()
NOBODY = 65534
FULL, CLOSED = ">/dev/full", ">&-"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return GOOD.write(tmp_path / "copy")


def run(copy: Path, arguments: str, redirected: str) -> tuple[int, list[str]]:
    """How the tool ends, and what it says on stderr."""
    command = f'exec "{sys.executable}" -m ops {arguments} {redirected}'
    ran = subprocess.run(
        ["bash", "-c", command],
        cwd=PROJECT,
        env={**os.environ, "COPY": str(copy)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    return ran.returncode, ran.stderr.decode().splitlines()


@pytest.mark.parametrize(("redirected", "why"), [
    (FULL, "no space left on device"), (CLOSED, "stdout is closed"),
])  # fmt: skip
@pytest.mark.parametrize("arguments", [
    'check "$COPY"',
    'check "$COPY" --json',
    "check --help",
    'explain 2026-10 111122223333 --archive "$COPY"',
])  # fmt: skip
def test_t16_an_answer_that_cannot_be_written_is_a_sentence_and_ends_7(
    copy: Path, arguments: str, redirected: str, why: str
) -> None:
    sentence = f"invoices: the answer could not be written: {why}"
    assert run(copy, arguments, redirected) == (ExitCode.NOT_WRITTEN, [sentence])


@pytest.mark.parametrize("arguments", ['check "$COPY/nowhere"', 'check "$COPY/nowhere" --json'])
def test_t16_an_error_that_cannot_be_written_where_it_belongs_ends_as_that_error(
    copy: Path, arguments: str
) -> None:
    code, (line,) = run(copy, arguments, FULL)
    assert (code, "nowhere does not exist" in line) == (ExitCode.UNREADABLE, True)


@pytest.mark.parametrize("redirected", ["2>/dev/full", "2>&-"])
def test_t16_without_a_stderr_the_tool_ends_as_it_would_with_one(
    copy: Path, redirected: str
) -> None:
    assert run(copy, 'check "$COPY"', redirected) == (ExitCode.ALL_WELL, [])
    assert run(copy, 'check "$COPY/nowhere"', redirected) == (ExitCode.UNREADABLE, [])
    assert run(copy, 'check "$COPY"', f"{FULL} {redirected}") == (ExitCode.NOT_WRITTEN, [])


LONG_NAME, LONG_PATH, NULL = "x" * 300, "x/" * 3000, "x\0y"


@pytest.mark.parametrize("path", [LONG_NAME, LONG_PATH, NULL])
@pytest.mark.parametrize(("arguments", "code"), [
    (["check", "{}"], ExitCode.UNREADABLE),
    (["explain", "2026-10", "111122223333", "--archive", "{}"], ExitCode.UNREADABLE),
    (["check", "{copy}", "--key", "{}"], ExitCode.USAGE),
    (["check", "{copy}", "--heads", "{}"], ExitCode.USAGE),
    (["check", "s3://{}"], ExitCode.USAGE),
    (["doctor", "--project", "{}"], ExitCode.ACTION_REQUIRED),
])  # fmt: skip
def test_t16_a_path_that_no_system_has_is_a_sentence(
    copy: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, path: str
) -> None:
    assert main([one.format(path, copy=copy) for one in arguments]) == code
    told = "".join(capsys.readouterr())
    assert "Traceback" not in told
    assert "fault of the tool" not in told


@pytest.mark.parametrize("number", ["9" * 5000, "1" * 400])
@pytest.mark.parametrize("arguments", [
    ["check", "{copy}", "--subset", "1/{}"],
    ["check", "{copy}", "--subset", "{0}/{0}"],
    ["check", "s3://bucket", "--retention", "{}"],
    ["check", "{copy}", "--period", "{}-10"],
])  # fmt: skip
def test_t16_a_number_beyond_all_measure_is_a_sentence(
    copy: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], number: str
) -> None:
    assert main([one.format(number, copy=copy) for one in arguments]) == ExitCode.USAGE
    assert number[:60] in capsys.readouterr().err


@contextmanager
def without_privileges(copy: Path) -> Iterator[Path]:
    """The copy as somebody's who is not root, to whom no folder is closed.

    It is checked before: Python loads some of its own modules late, and those may be root's.
    """
    assert main(["check", str(copy)]) == ExitCode.ALL_WELL
    if os.geteuid():
        yield copy
        return
    with tempfile.TemporaryDirectory() as folder:
        theirs = Path(shutil.copytree(copy, Path(folder, "copy")))
        for path in (Path(folder), theirs, *theirs.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        os.seteuid(NOBODY)
        try:
            yield theirs
        finally:
            os.seteuid(0)


CLOSED_FOLDERS = ("invoices/2026-10/044455556666", "records", "periods/2026-10/manifests")


@pytest.mark.parametrize("mode", [0o000, 0o111, 0o444])
@pytest.mark.parametrize("folder", CLOSED_FOLDERS)
def test_t16_a_folder_that_may_not_be_searched_is_reported_and_the_check_goes_on(
    copy: Path, folder: str, mode: int
) -> None:
    with without_privileges(copy) as theirs:
        (theirs / folder).chmod(mode)
        (theirs / "notes.txt").write_text("x")
        report = check(MadeArchive(GOOD.kms), CopyOnDisk(theirs))  # type: ignore[arg-type]
        (theirs / folder).chmod(0o755)
    found = {(one.code, one.found.rpartition(": ")[2]) for one in report.findings}
    assert found == {("OBJECT_UNREADABLE", "permission denied"), ("OBJECT_EXTRA", "1 bytes")}
    assert all(
        one.object.startswith(folder) for one in report.findings if one.object != "notes.txt"
    )


def test_t16_a_place_that_may_not_be_searched_is_a_sentence(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with without_privileges(copy) as theirs:
        theirs.chmod(0o000)
        for place in (theirs, theirs / "within"):
            assert main(["check", str(place)]) == ExitCode.UNREADABLE
            assert capsys.readouterr().err == f"invoices: {place}: permission denied\n"
        theirs.chmod(0o755)


class Slow(MemoryPlace):
    """Somebody presses Ctrl-C while it is read."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(files)
        self._once = threading.Lock()
        self._is_stopped = threading.Event()
        self.read_to_the_end: list[str] = []

    def blocks(self, key: str, version_id: str) -> Iterator[bytes]:
        if threading.current_thread() is not threading.main_thread():
            if self._once.acquire(blocking=False):
                time.sleep(0.1)  # until it is waited for
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            if self._is_stopped.wait(5):
                raise CannotRead("interrupted")
        yield from super().blocks(key, version_id)
        self.read_to_the_end.append(key)

    def stop(self) -> None:
        self._is_stopped.set()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT interrupts, also in a process that began in the background and ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_t16_an_interruption_ends_what_is_being_read_in_threads() -> None:
    place = Slow(GOOD.files)
    with pytest.raises(KeyboardInterrupt):
        check(MadeArchive(GOOD.kms), place)
    assert not [key for key in place.read_to_the_end if key.startswith(("invoices/", "records/"))]


def test_t16_a_copy_that_is_stopped_reads_nothing_more(copy: Path) -> None:
    place, key = CopyOnDisk(copy), a_document(GOOD)
    size = len(GOOD.files[key])
    assert place.digest(key, "", most=size).size_bytes == size
    place.stop()
    for read in (place.digest, place.digest_again):
        with pytest.raises(CannotRead, match="interrupted"):
            read(key, "", most=size)
    with pytest.raises(CannotRead, match="interrupted"):
        list(place.blocks(key, ""))
