"""A deployment of today's sources that is made once, for tests to copy."""

import shutil
from functools import partial
from pathlib import Path

from sandbox import deployment
from sandbox.errors import SandboxError
from sandbox.places import Places
from sandbox.ports import kept_ports, require_free
from sandbox.started import Sandbox
from tests.kept import PROJECT, hash_of_files, kept

_LEFT_BEHIND = ("cdk.out", "home", "lock", "logs", "tmp")


def deployed_sandbox(register: str, folder: Path, signature_marker: str = "") -> Sandbox:
    """A sandbox in this empty folder that needs no deployment; the caller enters it."""
    deployed = _kept_deployment(register)
    payers, places = deployed / "payers.csv", Places.under(folder, PROJECT)
    shutil.copytree(
        Places.under(deployed, PROJECT).sandbox,
        places.sandbox,
        ignore=shutil.ignore_patterns(*_LEFT_BEHIND),
    )
    try:
        require_free(kept_ports(places.ports), str(places.ports))
    except SandboxError:
        places.ports.unlink()  # others are picked, and the app is deployed for them
    return Sandbox(places, payers_file=str(payers), signature_marker=signature_marker)


def _kept_deployment(register: str) -> Path:
    """The folder of a sandbox on which nothing was run, with its register in payers.csv."""
    deployed = deployment.fingerprint(PROJECT, {}, register.encode(), endpoint="")
    deploying = hash_of_files([PROJECT / "sandbox", Path(__file__)])
    return kept("deployments", f"{deployed[:16]}-{deploying[:16]}", partial(_deploy, register))


def _deploy(register: str, folder: Path) -> None:
    payers = folder / "payers.csv"
    payers.write_text(register, encoding="utf-8")
    with Sandbox(Places.under(folder, PROJECT), payers_file=str(payers)):
        pass
