"""The deploy settings of the embedded AWS: those of cdk.json, with addresses and concurrency of its
own.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from infra.deploy_settings import CONTEXT_KEY, DeploySettings, InvalidDeploySettings
from sandbox.errors import SandboxError

_PAYERS_AT_A_TIME = 3
"""Each takes a process of each function, and all share this machine: more than processors only
start and wait.
"""


@dataclass(frozen=True)
class SandboxSettings:
    """Settings in two forms: `block` is the app's input, `deploy` the same as the app reads it."""

    block: Mapping[str, object]
    deploy: DeploySettings


def sandbox_settings(project: Path, payers_file: str, invoicing_port: int) -> SandboxSettings:
    """The `invoice_archive` block of cdk.json for the emulator on that port of 127.0.0.1.

    `payers_file` takes the register's place unless it is empty. Raises SandboxError with every
    problem at once.
    """
    try:
        block = dict(json.loads((project / "cdk.json").read_bytes())["context"][CONTEXT_KEY])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SandboxError(
            f"cdk.json holds no '{CONTEXT_KEY}' block under 'context' "
            f"({type(error).__name__}: {error})"
        ) from None
    block |= {
        "document_hosts": ["127.0.0.1"],
        "billing_endpoint_url": f"http://127.0.0.1:{invoicing_port}",
    }
    if payers_file:
        block["payers_file"] = payers_file
    try:
        deploy = DeploySettings.from_context(block, project)
    except InvalidDeploySettings as error:
        raise SandboxError(str(error)) from None
    few = min(_PAYERS_AT_A_TIME, deploy.max_concurrent_payers)
    return SandboxSettings(
        block | {"max_concurrent_payers": few}, replace(deploy, max_concurrent_payers=few)
    )
