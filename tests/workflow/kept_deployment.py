"""A deployment of today's sources that is made once and kept under build/, for tests to copy."""

import hashlib
import os
import shutil
from pathlib import Path

from sandbox import deployment
from sandbox.errors import SandboxError
from sandbox.month_end import PROJECT
from sandbox.places import Places
from sandbox.ports import kept_ports, require_free
from sandbox.started import Sandbox

KEPT = PROJECT / "build" / "tests" / "deployments"
_MOST_KEPT = 6
_LEFT_BEHIND = ("cdk.out", "home", "lock", "logs", "tmp")


def deployed_sandbox(register: str, folder: Path, signature_marker: str = "") -> Sandbox:
    """A sandbox in this empty folder that needs no deployment; the caller enters it."""
    kept = _kept_deployment(register)
    payers, places = kept / "payers.csv", Places.under(folder, PROJECT)
    shutil.copytree(
        Places.under(kept, PROJECT).sandbox,
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
    folder = KEPT / _fingerprint(register)
    places, payers = Places.under(folder, PROJECT), folder / "payers.csv"
    if not deployment.was_completed(places):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        payers.write_text(register, encoding="utf-8")
        with Sandbox(places, payers_file=str(payers)):
            pass
    os.utime(folder)
    for old in sorted(KEPT.iterdir(), key=lambda one: one.stat().st_mtime)[:-_MOST_KEPT]:
        shutil.rmtree(old)
    return folder


def _fingerprint(register: str) -> str:
    """Hash of all that is deployed and of what deploys it."""
    digest = hashlib.sha256(deployment.fingerprint(PROJECT, {}, register.encode(), "").encode())
    for path in sorted((PROJECT / "sandbox").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            content = path.read_bytes()
            digest.update(f"{path.relative_to(PROJECT)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:20]
