"""What a deployment would stumble over, found before anything is changed."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.deploy_settings import CONTEXT_KEY, DeploySettings, InvalidDeploySettings
from lambdas.domain.archive_layout import listing_key, run_payers_key
from lambdas.domain.payer_run import CHECKED
from ops.errors import CannotRead
from ops.live.deployment import STACK
from ops.live.session import aws_errors, client

_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Examined:
    """One thing that was looked at. `problem` is None where it is well."""

    what: str
    problem: str | None = None

    def to_data(self) -> dict[str, str | None]:
        return {"what": self.what, "problem": self.problem}


def examine_settings(project: Path) -> tuple[DeploySettings | None, list[Examined]]:
    """The deploy settings of `cdk.json` with their payer register, or every problem of them."""
    file = project / "cdk.json"
    try:
        context = json.loads(file.read_text("utf-8"))["context"]
        settings = DeploySettings.from_context(context.get(CONTEXT_KEY), project)
    except OSError as error:
        return None, [Examined("settings", f"{file} cannot be read: {error.strerror}")]
    except InvalidDeploySettings as error:
        return None, [Examined("settings", problem) for problem in error.problems]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        return None, [Examined("settings", f"{file} is no JSON with a context: {error!r}")]
    payers = len(settings.register.payers)
    return settings, [Examined(f"settings and register ({payers} payer accounts)")]


def examine_bucket(settings: DeploySettings, outputs: Mapping[str, str] | None) -> Examined:
    """Whether the bucket's name is free for a first deployment, or the deployed stack's own."""
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
    status = _bucket_status(name)
    if status == 404:
        return Examined(f"{what}, which is free")
    if status == 200:
        return Examined(
            what,
            "it exists in this account and belongs to no deployed stack; choose another name, or "
            "import the bucket into the stack if it is an archive that a deleted stack left",
        )
    return Examined(
        what,
        f"it exists elsewhere (S3 answers {status}): names are unique in all of AWS; choose "
        "another archive_bucket_name",
    )


def examine_break_glass_role(settings: DeploySettings) -> Iterator[Examined]:
    """Whether the break-glass role exists, where the settings name one of this account."""
    arn = settings.break_glass_role_arn
    if not arn:
        return
    account_id, name = arn.split(":")[4], arn.rpartition("/")[2]
    what = f"break-glass role {arn}"
    with aws_errors("sts:GetCallerIdentity"):
        own = client("sts").get_caller_identity()["Account"]
    if account_id != own:
        yield Examined(what, f"it lies in another account than the archive, {own}; name one of it")
        return
    iam = client("iam")
    with aws_errors("iam:GetRole"):
        try:
            iam.get_role(RoleName=name)
        except iam.exceptions.NoSuchEntityException:
            yield Examined(what, "it does not exist; create it or leave the setting out")
            return
    yield Examined(what)


def examine_deployment(settings: DeploySettings, outputs: Mapping[str, str]) -> Iterator[Examined]:
    """Whether the deployed stack starts every day, tells the people that it should and knows the
    payer register as it is now. Raises CannotRead.
    """
    yield _register(settings, outputs.get("PayerRegisterSha256"))
    yield _schedule(outputs.get("ScheduleName"))
    states = _subscriptions(outputs["NotificationTopicArn"])
    for address in settings.notify_emails:
        yield Examined(f"messages to {address}", _not_told(states.get(address.lower())))


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


def _subscriptions(topic_arn: str) -> dict[str, str]:
    """What SNS says of each e-mail address: the ARN of its subscription once it is confirmed."""
    sns = client("sns")
    with aws_errors(f"sns:ListSubscriptionsByTopic of {topic_arn}"):
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
        return {
            one["Endpoint"].lower(): one["SubscriptionArn"]
            for page in pages
            for one in page["Subscriptions"]
            if one["Protocol"] == "email"
        }


def _not_told(subscription: str | None) -> str | None:
    if subscription is None or subscription == "Deleted":
        return "the address is not subscribed, so nothing reaches it; deploy the stack again"
    if not subscription.startswith("arn:"):
        return "its owner has not confirmed the mail from AWS Notifications, so nothing reaches it"
    return None


def examine_payers(outputs: Mapping[str, str]) -> Iterator[Examined]:
    """Whether the functions get into each payer account: a dry run asks them all and stores
    nothing but what it found, below `runs/`. Raises CannotRead.
    """
    states = client("stepfunctions")
    with aws_errors("states:StartExecution"):
        arn = states.start_execution(
            stateMachineArn=outputs["StateMachineArn"], input=json.dumps({"dry_run": True})
        )["executionArn"]
    bucket, run_id = outputs["ArchiveBucketName"], _run_id_of_ended(states, arn)
    for item in _read(bucket, run_payers_key(run_id)) or ():
        account_id = item["payer_account_id"]
        listing = _read(bucket, listing_key(run_id, account_id))
        what = f"payer account {account_id} {item['name']}"
        if listing is None:
            yield Examined(what, f"its part of the dry run did not end; see execution {arn}")
        elif listing["outcome"] != CHECKED:
            yield Examined(what, listing["detail"])
        else:
            yield Examined(what)


def _run_id_of_ended(states: Any, arn: str) -> str:
    while True:
        with aws_errors("states:DescribeExecution"):
            described = states.describe_execution(executionArn=arn)
        if described["status"] == "SUCCEEDED":
            return str(json.loads(described["output"])["run_id"])
        if described["status"] != "RUNNING":
            cause = described.get("cause") or described.get("error") or "no cause is told"
            raise CannotRead(f"the dry run {arn} ended {described['status']}: {cause}")
        time.sleep(_POLL_SECONDS)


def _read(bucket: str, key: str) -> Any:
    s3 = client("s3")
    with aws_errors(f"s3://{bucket}/{key}"):
        try:
            return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        except s3.exceptions.NoSuchKey:
            return None


def _bucket_status(name: str) -> int:
    s3 = client("s3")
    with aws_errors(f"s3:HeadBucket of {name}"):
        try:
            s3.head_bucket(Bucket=name)
        except s3.exceptions.ClientError as error:
            status = int(error.response["ResponseMetadata"]["HTTPStatusCode"])
            if status in (301, 400, 403, 404):
                return status
            raise
    return 200
