"""Problems that a deployment would meet, found before anything is changed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from infra.deploy_settings import CONTEXT_KEY, DeploySettings, InvalidDeploySettings
from infra.names import AUDITOR_POLICY, REVIEWER_POLICY
from infra.steps import STEPS
from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.words import counted
from ops.errors import CannotRead
from ops.live.deployment import STACK, failed_at_first
from ops.live.session import aws_errors, client

BROUGHT_BACK = "An archive that a deleted stack left"
"""The heading in docs/runbook.md for bringing its parts back."""


@dataclass(frozen=True)
class Examined:
    """Result of one examination; `problem` is None if none is known."""

    what: str
    problem: str | None = None
    not_tried: str | None = None
    """Reason why nothing is known; None if it was examined."""

    def to_data(self) -> dict[str, str | None]:
        return {"what": self.what, "problem": self.problem, "not_tried": self.not_tried}


@dataclass(frozen=True)
class Place:
    """The account and region under examination."""

    account_id: str
    region: str
    partition: str

    def __str__(self) -> str:
        return f"account {self.account_id}, region {self.region}"


def examine_settings(project: Path) -> tuple[DeploySettings | None, list[Examined]]:
    """Read the deploy settings of `cdk.json` with their payer register, or all their problems."""
    file = project / "cdk.json"
    try:
        context = json.loads(file.read_text("utf-8"))["context"]
        settings = DeploySettings.from_context(context.get(CONTEXT_KEY), project)
    except OSError as error:
        return None, [Examined("settings", f"{file} cannot be read: {error.strerror}")]
    except InvalidDeploySettings as error:
        return None, [Examined("settings", problem) for problem in error.problems]
    except NOT_UNDERSTOOD as error:
        return None, [Examined("settings", f"{file} is no JSON with a context: {error!r}")]
    payers = len(settings.register.payers)
    return settings, [Examined(f"settings and register ({payers} payer accounts)")]


def examine_holidays(settings: DeploySettings, today: date) -> Iterator[Examined]:
    """Check that the list of holidays goes on, if the deadline counts business days."""
    if not settings.holidays or settings.close_deadline.kind != "business day":
        return
    until = today + timedelta(days=365)
    is_over = not any(today <= day <= until for day in settings.holidays)
    problem = (
        f"the last one is {settings.holidays[-1]}, and none is in the coming twelve months, so "
        f"{settings.close_deadline} comes too early; list those of the next year and deploy"
    )
    yield Examined(
        f"holidays ({counted(len(settings.holidays), 'day')})", problem if is_over else None
    )


def place() -> Place:
    """The account of the credentials and the region they are used in. Raises CannotRead."""
    sts = client("sts")
    with aws_errors("sts:GetCallerIdentity"):
        identity = sts.get_caller_identity()
    partition = identity["Arn"].split(":")[1]
    return Place(identity["Account"], sts.meta.region_name, partition)


def examine_bucket(
    settings: DeploySettings, outputs: Mapping[str, str] | None, here: Place
) -> Examined:
    """Check that the bucket's name is free for a first deployment, or belongs to the deployed
    stack.
    """
    name = settings.archive_bucket_name
    what = f"bucket {name}"
    deployed = outputs["ArchiveBucketName"] if outputs else None
    if deployed == name:
        return Examined(f"{what}, of stack {STACK}")
    if deployed:
        return Examined(
            what,
            f"stack {STACK} keeps its archive in {deployed}; a deployment would begin an empty one "
            f"in {name}, so set archive_bucket_name to {deployed}",
        )
    status, region = _bucket_status(name, here)
    if status == 404:
        return Examined(f"{what}, which is free")
    if status == 200:
        return Examined(
            what,
            f"it exists in this account, in {region}, and belongs to no deployed stack of "
            f"{here.region}; choose another name, or another region if its stack is there. If a "
            f"deleted stack left it, bring bucket, policy, both keys and table back together, as "
            f"docs/runbook.md says under '{BROUGHT_BACK}'",
        )
    return Examined(
        what,
        f"it exists elsewhere, or it is this account's and these credentials do not allow "
        f"s3:ListBucket (S3 answers {status}): names are unique in all of AWS; choose another "
        "archive_bucket_name",
    )


def examine_failed_deployment() -> Iterator[Examined]:
    """Find the remains of a failed first deployment, which must go before another one can begin."""
    if failed_at_first():
        yield Examined(
            f"stack {STACK}",
            "its first deployment failed, and the empty stack is protected from deletion: remove "
            "the protection as the README shows under 'Later', and deploy again",
        )


def examine_names(here: Place) -> Examined:
    """Check that the names that exist once in an account, in all regions, are free for a first
    deployment.
    """
    iam, policies = client("iam"), f"arn:{here.partition}:iam::{here.account_id}:policy/"
    names = [step.role_name for step in STEPS if _has_role(iam, step.role_name)]
    names += [
        name for name in (REVIEWER_POLICY, AUDITOR_POLICY) if _has_policy(iam, policies + name)
    ]
    return Examined(
        "names of roles and policies",
        f"the account has {', '.join(names)} already, and one of each in all regions: an archive "
        "is deployed in another region; use that one, or another account"
        if names
        else None,
    )


def _has_role(iam: Any, name: str) -> bool:
    with aws_errors(f"iam:GetRole of {name}"):
        try:
            iam.get_role(RoleName=name)
        except iam.exceptions.NoSuchEntityException:
            return False
    return True


def _has_policy(iam: Any, arn: str) -> bool:
    with aws_errors(f"iam:GetPolicy of {arn}"):
        try:
            iam.get_policy(PolicyArn=arn)
        except iam.exceptions.NoSuchEntityException:
            return False
    return True


def examine_break_glass_role(settings: DeploySettings, here: Place) -> Iterator[Examined]:
    """Check that the break-glass role exists, if the settings name one of this account."""
    arn = settings.break_glass_role_arn
    if not arn:
        return
    account_id, name = arn.split(":")[4], arn.rpartition("/")[2]
    what = f"break-glass role {arn}"
    if account_id != here.account_id:
        problem = (
            f"it is not in the archive's account, {here.account_id}; name a role of that account"
        )
        yield Examined(what, problem)
        return
    iam = client("iam")
    with aws_errors("iam:GetRole"):
        try:
            found = iam.get_role(RoleName=name)["Role"]["Arn"]
        except iam.exceptions.NoSuchEntityException:
            yield Examined(what, "it does not exist; create it or leave the setting out")
            return
    is_another = (
        f"the role of that name is {found}; write that ARN, or the role cannot act in an emergency"
    )
    yield Examined(what, None if found == arn else is_another)


def examine_concurrency(settings: DeploySettings) -> Examined:
    """Check that as many functions may run at a time as payer accounts are checked at a time."""
    what, needed = "functions at a time", settings.max_concurrent_payers
    lambda_ = client("lambda")
    try:
        with aws_errors("lambda:GetAccountSettings"):
            limit = lambda_.get_account_settings()["AccountLimit"]
    except CannotRead as error:
        return Examined(what, not_tried=str(error))
    free = limit["UnreservedConcurrentExecutions"]
    of_all = limit["ConcurrentExecutions"]
    reserved = f", of which {of_all - free} are reserved for other functions" * (free < of_all)
    fewer = f"Set max_concurrent_payers to {free} or less, or ask" if free else "Ask"
    too_few = (
        f"this account may run {of_all} in this region{reserved}, and max_concurrent_payers is "
        f"{needed}: runs would wait and payer accounts could stay unchecked. {fewer} AWS for more "
        "under Service Quotas, AWS Lambda, Concurrent executions"
    )
    return Examined(f"{what} ({free})", too_few if free < needed else None)


def examine_workflow(settings: DeploySettings, here: Place) -> Examined:
    """Check that AWS accepts the workflow's definition as a deployment would make it."""
    # other examinations need no CDK, whose import takes seconds
    from infra.workflow_definition import synthesized_definition  # noqa: PLC0415

    what = "definition of the workflow"
    definition = synthesized_definition(
        settings, partition=here.partition, account_id=here.account_id, region=here.region
    )
    states = client("stepfunctions")
    try:
        with aws_errors("states:ValidateStateMachineDefinition"):
            answer = states.validate_state_machine_definition(
                definition=definition, type="STANDARD", severity="ERROR"
            )
    except CannotRead as error:
        return Examined(what, not_tried=str(error))
    if answer["result"] == "OK":
        return Examined(what)
    diagnostics = "; ".join(
        " ".join(filter(None, (one["code"], one.get("location"), one["message"])))
        for one in answer["diagnostics"]
    )
    return Examined(
        what,
        f"AWS would refuse it ({diagnostics}): deploy nothing yet, and send this message to the "
        "maintainers of this project",
    )


def examine_deployment(settings: DeploySettings, outputs: Mapping[str, str]) -> Iterator[Examined]:
    """Check that the deployed stack starts every day and has the current payer register. Raises
    CannotRead.
    """
    yield _register(settings, outputs.get("PayerRegisterSha256"))
    yield _schedule(outputs.get("ScheduleName"))


def _register(settings: DeploySettings, deployed_sha256: str | None) -> Examined:
    is_deployed = deployed_sha256 == settings.register.sha256
    problem = "it differs from the register that is deployed; deploy it"
    return Examined("deployed payer register", None if is_deployed else problem)


def _schedule(name: str | None) -> Examined:
    if name is None:
        return Examined("schedule", "the deployed stack does not name it; deploy it again")
    scheduler = client("scheduler")
    with aws_errors(f"scheduler:GetSchedule of {name}"):
        try:
            state = scheduler.get_schedule(Name=name)["State"]
        except scheduler.exceptions.ResourceNotFoundException:
            return Examined(f"schedule {name}", "it is gone; deploy the stack again")
    is_off = "it is off, so no run starts by itself; enable it"
    return Examined(f"schedule {name}", None if state == "ENABLED" else is_off)


def _bucket_status(name: str, here: Place) -> tuple[int, str]:
    """S3's answer to a request as this account's bucket, and the bucket's region."""
    s3 = client("s3")
    with aws_errors(f"s3:HeadBucket of {name}"):
        try:
            found = s3.head_bucket(Bucket=name, ExpectedBucketOwner=here.account_id)
        except s3.exceptions.ClientError as error:
            status = int(error.response["ResponseMetadata"]["HTTPStatusCode"])
            if status in (301, 400, 403, 404):
                return status, ""
            raise
    return 200, found.get("BucketRegion", here.region)
