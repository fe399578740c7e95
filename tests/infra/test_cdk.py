"""The project's CDK command line."""

import json
import os
import subprocess
import sys

from infra.names import PROJECT


def cdk(*arguments: str) -> subprocess.CompletedProcess[str]:
    """As a person runs it from elsewhere, on a machine without Node and with another Python."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    variables |= {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(PROJECT)}
    variables["CDK_VALIDATION"] = "false"  # ten seconds; test_gates.py has the app validated
    variables.pop("JSII_NODE", None)
    return subprocess.run(
        [sys.executable, "-m", "infra.cdk", *arguments],
        capture_output=True,
        check=False,
        cwd="/",
        env=variables,
        text=True,
    )


def test_it_is_the_pinned_version() -> None:
    pinned = json.loads((PROJECT / "package.json").read_text())["dependencies"]["aws-cdk"]
    done = cdk("--version")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{pinned} ")


def test_it_finds_the_app_with_both_stacks() -> None:
    done = cdk("list", "--no-notices")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["InvoiceArchive", "InvoiceArchivePayerReader"]


def test_what_cdk_ends_with_is_what_the_command_ends_with() -> None:
    assert cdk("no-such-command", "--no-notices").returncode != 0
