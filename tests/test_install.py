"""tools/install.sh with programs in place of uv and Python that note how they are called."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "tools" / "install.sh"
INDEX = "https://someone:secret@packages.example.com/simple"

PYTHON = """#!/bin/sh
case "$*" in
  *"pip config list"*) cat pip-settings; exit ;;
esac
echo "python $*" >> calls
"""
UV = """#!/bin/sh
if [ "$1" = --version ]; then cat uv-version; exit; fi
echo "uv $* index=${UV_DEFAULT_INDEX:-}" >> calls
exit "$(cat uv-status)"
"""


@dataclass
class Project:
    """A folder with the script, and what its run said."""

    folder: Path
    output: str = ""

    def writes(self, **files: str) -> None:
        for name, content in files.items():
            (self.folder / name.replace("_", "-")).write_text(content)

    def installs(self, *arguments: str, status: int = 0, **variables: str) -> list[str]:
        """The calls of one run, in their order."""
        (self.folder / "calls").write_text("")
        done = subprocess.run(
            ["bash", "tools/install.sh", *arguments],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status
        self.output = done.stdout + done.stderr
        return (self.folder / "calls").read_text().splitlines()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "tools").mkdir()
    shutil.copy(SCRIPT, tmp_path / "tools")
    (tmp_path / "requirements.txt").write_text("uv==0.13.9\nother==1.0\n")
    for name, content in (("python", PYTHON), ("uv", UV)):
        program = tmp_path / ".venv" / "bin" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(content)
        program.chmod(0o755)
    made = Project(tmp_path)
    made.writes(uv_version="uv 0.13.9 (x86_64)\n", uv_status="0\n", pip_settings="")
    return made


def test_uv_installs_into_the_environment_that_is_named(project: Project) -> None:
    calls = project.installs(".venv/ministack/bin/python", "--no-deps", "-r", "a.txt")
    assert calls == ["uv pip install --python .venv/ministack/bin/python --no-deps -r a.txt index="]


def test_pip_installs_the_pinned_uv_in_place_of_another(project: Project) -> None:
    project.writes(uv_version="uv 0.12.0\n")
    installed, used = project.installs(".venv/bin/python", "-r", "a.txt")
    assert installed.startswith("python -m pip install ")
    assert installed.endswith(" uv==0.13.9")
    assert used.startswith("uv pip install")


def test_pip_installs_if_uv_fails(project: Project) -> None:
    project.writes(uv_status="2\n")
    _, last = project.installs(".venv/ministack/bin/python", "--no-deps", "-r", "a.txt")
    assert last.startswith("python -m pip --python .venv/ministack/bin/python install ")
    assert last.endswith(" --no-deps -r a.txt")
    assert "uv could not install this" in project.output


def test_uv_uses_the_index_of_pips_settings_and_no_output_names_it(project: Project) -> None:
    project.writes(
        pip_settings=f"global.extra-index-url='https://b.example.com'\nglobal.index-url='{INDEX}'\n"
    )
    [call] = project.installs(".venv/bin/python", "-r", "a.txt")
    assert call.endswith(f" index={INDEX}")
    assert INDEX not in project.output


def test_settings_that_pip_cannot_read_end_it_with_pips_own_words(project: Project) -> None:
    (project.folder / "pip-settings").unlink()
    assert project.installs(".venv/bin/python", "-r", "a.txt", status=1) == []
    assert "pip-settings" in project.output


def test_pips_variable_comes_before_its_settings_and_uvs_own_before_both(project: Project) -> None:
    project.writes(pip_settings="global.index-url='https://settings.example.com'\n")
    [call] = project.installs(".venv/bin/python", "x", PIP_INDEX_URL=INDEX)
    assert call.endswith(f" index={INDEX}")
    own = {"PIP_INDEX_URL": INDEX, "UV_DEFAULT_INDEX": "https://own.example.com"}
    [call] = project.installs(".venv/bin/python", "x", **own)
    assert call.endswith(" index=https://own.example.com")
