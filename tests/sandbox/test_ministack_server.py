"""The functions' processes share one unpacked and compiled zip."""

import os
import runpy
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from sandbox.ministack import PYTHON

SERVER = Path(__file__).parents[2] / "sandbox" / "ministack_server.py"
RUNS_A_FUNCTION = """
import runpy, sys, zipfile
from pathlib import Path
server = runpy.run_path(sys.argv[1])
server["share_code"](Path(sys.argv[3]))
from ministack.core import lambda_runtime
config = {
    "Runtime": "python3.14", "Handler": "step.handler", "FunctionName": "step", "Timeout": 60,
    "FunctionArn": "arn:aws:lambda:us-east-1:888877776666:function:step",
}
zipped = Path(sys.argv[2]).read_bytes()
for number in range(2):
    worker = lambda_runtime.Worker("step", config, zipped)
    print(worker.invoke({"number": number}, "request")["result"])
    worker.kill()
"""
"""Two processes of a function, as ministack starts them."""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "code.zip"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr(
            "step.py", "import part\ndef handler(event, _):\n    return part.of(event)\n"
        )
        zipped.writestr("part/__init__.py", "def of(event):\n    return event['number'] + 40\n")
    return path


@pytest.fixture
def unpacked() -> Any:
    return runpy.run_path(str(SERVER))["unpacked"]


def test_a_zip_is_unpacked_once_with_its_bytecode(
    archive: Path, unpacked: Any, tmp_path: Path
) -> None:
    folder = unpacked(str(archive), tmp_path / "functions")
    assert (folder / "part" / "__init__.py").is_file()
    assert list((folder / "part" / "__pycache__").glob("__init__.*.pyc"))
    (folder / "kept").touch()
    assert unpacked(str(archive), tmp_path / "functions") == folder
    assert (folder / "kept").is_file()


def test_another_zip_gets_another_folder(archive: Path, unpacked: Any, tmp_path: Path) -> None:
    first = unpacked(str(archive), tmp_path)
    with zipfile.ZipFile(archive, "a") as zipped:
        zipped.writestr("more.py", "")
    assert unpacked(str(archive), tmp_path) != first


def test_what_an_interrupted_start_left_is_no_unpacked_zip(
    archive: Path, unpacked: Any, tmp_path: Path
) -> None:
    folder = unpacked(str(archive), tmp_path / "functions")
    folder.rename(folder.with_name("unfinished-abc"))
    (folder.with_name("unfinished-abc") / "part" / "__init__.py").unlink()
    assert unpacked(str(archive), tmp_path / "functions") == folder
    assert (folder / "part" / "__init__.py").is_file()


def test_a_zip_that_cannot_be_unpacked_leaves_nothing_behind(
    archive: Path, unpacked: Any, tmp_path: Path
) -> None:
    content = archive.read_bytes()
    archive.write_bytes(content.replace(b"number", b"NUMBER"))  # its check sum is wrong now
    for _ in range(2):
        with pytest.raises(zipfile.BadZipFile):
            unpacked(str(archive), tmp_path / "functions")
    assert list((tmp_path / "functions").iterdir()) == []


def test_processes_of_a_function_run_from_the_shared_folder(archive: Path, tmp_path: Path) -> None:
    ran = subprocess.run(
        [PYTHON, "-c", RUNS_A_FUNCTION, SERVER, archive, tmp_path / "functions"],
        env={"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)},
        capture_output=True,
        check=False,
        text=True,
    )
    assert ran.stdout.split() == ["40", "41"], ran.stderr
    assert len(list((tmp_path / "functions").iterdir())) == 1
