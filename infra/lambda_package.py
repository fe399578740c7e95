"""Content of the Lambda zip: `lambdas`, its requirements and the payer register.

The requirements are pure Python, so the same zip serves every architecture, without Docker.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REGISTER_NAME = "payers.csv"
"""The register's name in the zip, for any file name in the project."""

_PYTHON_VERSION = "3.14"
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", "requirements.txt")
_NEEDLESS = (
    "bin",
    "certifi/tests",
    "boto3/data",
    "boto3/examples",
    "aws_lambda_powertools/event_handler",
)
"""Folders of the requirements that no function imports or reads."""
_SERVICE_MODELS = "botocore/data"
_CLIENT = re.compile(r"""client\(\s*["']([a-z0-9-]+)["']""")


class PackageNotBuilt(Exception):
    """The dependencies of the zip could not be installed; the message has pip's output."""


@dataclass(frozen=True)
class LambdaPackage:
    """The zip's content for a project folder and a register file."""

    project: Path
    register: Path

    def sources_sha256(self) -> str:
        """Hash of the sources, equal on every machine; this file, which packs them, is included."""
        digest = hashlib.sha256(Path(__file__).read_bytes())
        for name, path in [*self._own_files(), (REGISTER_NAME, self.register)]:
            content = path.read_bytes()
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.hexdigest()

    def dependencies(self) -> Path:
        """The folder with the installed requirements, kept in `build`. Raises PackageNotBuilt."""
        requirements = self.project / "lambdas" / "requirements.txt"
        content = f"{_PYTHON_VERSION}\0".encode() + requirements.read_bytes()
        kept = self.project / "build" / "lambda-dependencies"
        folder = kept / hashlib.sha256(content).hexdigest()[:16]
        if not folder.is_dir():
            kept.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=kept, prefix="unfinished-") as unfinished:
                _install(requirements, Path(unfinished) / "installed")
                _move(Path(unfinished) / "installed", folder)
        return folder

    def services(self) -> set[str]:
        """The AWS services for which the functions' code makes clients."""
        sources = (self.project / "lambdas").rglob("*.py")
        return {name for path in sources for name in _CLIENT.findall(path.read_text("utf-8"))}

    def fill(self, target: Path, dependencies: Path) -> None:
        """Write the zip's content into an empty folder.

        Of botocore's models, nine tenths of all bytes, only those of the services are included.
        """
        services = self.services()

        def needless(folder: str, names: list[str]) -> list[str]:
            place = Path(folder).relative_to(dependencies)
            return [
                name
                for name in names
                if name == "__pycache__"
                or (place / name).as_posix() in _NEEDLESS
                or (
                    place.as_posix() == _SERVICE_MODELS
                    and not name.endswith(".json")
                    and name not in services
                )
            ]

        shutil.copytree(dependencies, target, ignore=needless, dirs_exist_ok=True)
        shutil.copytree(self.project / "lambdas", target / "lambdas", ignore=_LEFT_OUT)
        shutil.copyfile(self.register, target / REGISTER_NAME)

    def _own_files(self) -> Iterator[tuple[str, Path]]:
        root = self.project / "lambdas"
        for path in sorted(root.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(self.project).as_posix(), path


def _install(requirements: Path, target: Path) -> None:
    """Install pure Python wheels for the functions' Python, on any machine."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    wheels = ["--platform", "any", "--only-binary=:all:", "--python-version", _PYTHON_VERSION]
    done = subprocess.run(
        [
            *pip, "install", "--quiet", "--no-deps", "--no-compile", *wheels,
            "--target", str(target), "--requirement", str(requirements),
        ],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise PackageNotBuilt(
            f"the functions' dependencies ({requirements}) could not be installed; "
            f"check the network and the pinned versions. pip said:\n{done.stderr.strip()}"
        )


def _move(source: Path, target: Path) -> None:
    try:
        os.replace(source, target)
    except OSError:
        if not target.is_dir():  # otherwise another process was first, with the same content
            raise
