"""What goes into the Lambda zip."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.lambda_package import LambdaPackage, PackageNotBuilt
from infra.steps import STEPS
from infra.workflow_diagram import PROJECT

LARGEST_UNZIPPED = 250 * 1024 * 1024  # Lambda's limit


@pytest.fixture(scope="session")
def zip_content(assembly: Path) -> Path:
    """The folder that the CDK CLI zips."""
    assets = json.loads((assembly / "InvoiceArchive.assets.json").read_text())["files"].values()
    [folder] = [
        assembly / asset["source"]["path"]
        for asset in assets
        if asset["source"]["packaging"] == "zip"
    ]
    return folder


def test_the_zip_is_the_lambdas_package_its_requirements_and_the_register(
    zip_content: Path, context: dict[str, Any]
) -> None:
    own = {
        path.relative_to(PROJECT).as_posix()
        for path in (PROJECT / "lambdas").rglob("*")
        if path.is_file() and path.suffix != ".pyc" and path.name != "requirements.txt"
    }
    packed = {
        path.relative_to(zip_content).as_posix()
        for path in (zip_content / "lambdas").rglob("*")
        if path.is_file()
    }
    assert packed == own
    register = PROJECT / context["invoice_archive"]["payers_file"]
    assert (zip_content / "payers.csv").read_bytes() == register.read_bytes()
    assert (zip_content / "boto3").is_dir()


def test_the_zip_has_no_compiled_or_needless_file(zip_content: Path) -> None:
    files = [path for path in zip_content.rglob("*") if path.is_file()]
    assert [path for path in files if path.suffix in (".so", ".pyd", ".dylib", ".pyc")] == []
    assert list(zip_content.rglob("__pycache__")) == []
    for name in ("bin", "tests", "infra", "sandbox", "docker", "aws_cdk", "pytest"):
        assert not (zip_content / name).exists()
    assert sum(path.stat().st_size for path in files) < LARGEST_UNZIPPED


def test_every_handler_can_be_imported_from_the_zip_alone(zip_content: Path) -> None:
    modules = [step.handler.rpartition(".")[0] for step in STEPS]
    program = (
        f"import sys; sys.path.insert(0, {str(zip_content)!r})\n"
        "import importlib\n"
        f"for name in {modules!r}:\n"
        "    assert callable(importlib.import_module(name).handler)\n"
        "import boto3, lambdas\n"
        "print(boto3.__file__); print(lambdas.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program],  # no site-packages, no project folder
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert all(line.startswith(str(zip_content)) for line in done.stdout.splitlines())


@pytest.fixture
def small_project(tmp_path: Path) -> LambdaPackage:
    lambdas = tmp_path / "lambdas"
    lambdas.mkdir()
    (lambdas / "__init__.py").write_text("")
    (lambdas / "requirements.txt").write_text("# none\n")
    (tmp_path / "payers.csv").write_text("account_id,name\n111122223333,A\n")
    return LambdaPackage(tmp_path, tmp_path / "payers.csv")


def change_code(project: Path) -> None:
    (project / "lambdas" / "__init__.py").write_text("x = 1\n")


def change_requirements(project: Path) -> None:
    (project / "lambdas" / "requirements.txt").write_text("# still none\n")


def change_register(project: Path) -> None:
    (project / "payers.csv").write_text("account_id,name\n111122223333,B\n")


def add_a_file(project: Path) -> None:
    (project / "lambdas" / "new.py").write_text("")


@pytest.mark.parametrize("change", [change_code, change_requirements, change_register, add_a_file])
def test_the_zip_changes_with_each_of_its_sources(
    change: Callable[[Path], None], small_project: LambdaPackage
) -> None:
    before = small_project.sources_sha256()
    change(small_project.project)
    assert small_project.sources_sha256() != before


def test_the_zip_does_not_change_with_its_place_or_with_compiled_files(
    small_project: LambdaPackage, tmp_path: Path
) -> None:
    before = small_project.sources_sha256()
    cache = small_project.project / "lambdas" / "__pycache__"
    cache.mkdir()
    (cache / "x.cpython-311.pyc").write_bytes(b"x")
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(small_project.project / "lambdas", elsewhere / "lambdas")
    shutil.copyfile(small_project.register, elsewhere / "other.csv")

    assert small_project.sources_sha256() == before
    assert LambdaPackage(elsewhere, elsewhere / "other.csv").sources_sha256() == before


def test_installed_requirements_are_used_again(small_project: LambdaPackage) -> None:
    kept = small_project.dependencies()
    (kept / "mark").write_text("")
    assert small_project.dependencies() == kept
    assert (kept / "mark").exists()


def test_a_requirement_without_a_pure_python_wheel_is_refused_with_what_pip_says(
    small_project: LambdaPackage,
) -> None:
    requirements = small_project.project / "lambdas" / "requirements.txt"
    requirements.write_text("./no-such-wheel.whl\n")

    with pytest.raises(PackageNotBuilt) as refused:
        small_project.dependencies()

    assert str(requirements) in str(refused.value)
    assert "no-such-wheel" in str(refused.value)
    kept = small_project.project / "build" / "lambda-dependencies"
    assert list(kept.iterdir()) == []
