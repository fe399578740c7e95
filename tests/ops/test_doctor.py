import hashlib
import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from lambdas.domain.archive_layout import listing_key, run_payers_key
from ops import doctor
from ops.cli import main
from ops.exit_codes import ExitCode
from ops.live import deployment

ROOT = Path(__file__).parent.parent.parent
BUCKET = "example-corp-archive"
RUN = "manual-20261121T060000Z-x"
SCHEDULE, ADDRESS = "InvoiceArchive-Daily", "Finance@example.com"
OUTPUTS = {
    "ArchiveBucketName": BUCKET,
    "StateMachineArn": "arn:aws:states:eu-central-1:123456789012:stateMachine:m",
    "NotificationTopicArn": "arn:aws:sns:eu-central-1:123456789012:messages",
    "ScheduleName": SCHEDULE,
    "PayerRegisterSha256": hashlib.sha256((ROOT / "payers.csv").read_bytes()).hexdigest(),
}


class Stacks:
    """CloudFormation; moto's needs packages that nothing else here does."""

    exceptions: Any = SimpleNamespace(ClientError=ClientError)
    outputs: Mapping[str, str] | None = None

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        if self.outputs is None:
            message = f"Stack with id {StackName} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "x")
        outputs = [{"OutputKey": k, "OutputValue": v} for k, v in self.outputs.items()]
        return {"Stacks": [{"StackName": StackName, "Outputs": outputs}]}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stacks]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    stacks = Stacks()
    monkeypatch.setattr(deployment, "client", lambda _: stacks)
    with mock_aws():
        yield stacks


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project's own settings, for a bucket of the test's."""
    write(tmp_path, archive_bucket_name=BUCKET, notify_emails=[ADDRESS])
    shutil.copy(ROOT / "payers.csv", tmp_path)
    return tmp_path


def write(project: Path, **settings: object) -> None:
    context = json.loads((ROOT / "cdk.json").read_text())
    context["context"]["invoice_archive"] |= settings
    (project / "cdk.json").write_text(json.dumps(context))


def create_bucket(name: str = BUCKET) -> Any:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return s3


def deploy(aws: Stacks) -> None:
    """A stack as it is right after its deployment, with everybody's subscription confirmed."""
    aws.outputs = OUTPUTS
    schedule(state="ENABLED")
    boto3.client("sns").create_topic(Name="messages")
    subscribe(ADDRESS.lower())


def schedule(state: str) -> None:
    boto3.client("scheduler").create_schedule(
        Name=SCHEDULE,
        ScheduleExpression="cron(0 6 * * ? *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        State=state,
        Target={"Arn": OUTPUTS["StateMachineArn"], "RoleArn": "arn:aws:iam::123456789012:role/r"},
    )


def subscribe(address: str) -> None:
    topic = OUTPUTS["NotificationTopicArn"]
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint=address)


def diagnosis(
    capsys: pytest.CaptureFixture[str], project: Path, *more: str
) -> tuple[int, dict[str, str | None]]:
    code = main(["doctor", "--project", str(project), "--json", *more])
    answer = json.loads(capsys.readouterr().out)
    return code, {one["what"]: one["problem"] for one in answer["examined"]}


@pytest.mark.usefixtures("aws")
def test_before_the_first_deployment_a_free_name_and_good_settings_are_well(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    code, found = diagnosis(capsys, project)
    assert code == ExitCode.ALL_WELL
    assert found == {
        "settings and register (17 payer accounts)": None,
        f"bucket {BUCKET}, which is free": None,
    }


def test_the_deployed_stacks_own_bucket_is_well(
    capsys: pytest.CaptureFixture[str], project: Path, aws: Stacks
) -> None:
    create_bucket()
    deploy(aws)
    code, found = diagnosis(capsys, project)
    assert code == ExitCode.ALL_WELL
    assert found == {
        "settings and register (17 payer accounts)": None,
        f"bucket {BUCKET}, of stack InvoiceArchive": None,
        "deployed payer register": None,
        f"schedule {SCHEDULE}": None,
        f"messages to {ADDRESS}": None,
    }


def test_a_register_that_is_not_deployed_yet_is_told(
    capsys: pytest.CaptureFixture[str], project: Path, aws: Stacks
) -> None:
    deploy(aws)
    with (project / "payers.csv").open("a") as register:
        register.write("999988887777,Another,,\n")
    code, found = diagnosis(capsys, project)
    assert code == ExitCode.ACTION_REQUIRED
    assert "differs" in (found["deployed payer register"] or "")


@pytest.mark.parametrize(("state", "problem"), [("DISABLED", "is off"), (None, "is gone")])
def test_a_schedule_that_starts_nothing_is_told(
    capsys: pytest.CaptureFixture[str],
    project: Path,
    aws: Stacks,
    state: str | None,
    problem: str,
) -> None:
    deploy(aws)
    boto3.client("scheduler").delete_schedule(Name=SCHEDULE)
    if state:
        schedule(state)
    code, found = diagnosis(capsys, project)
    assert code == ExitCode.ACTION_REQUIRED
    assert problem in (found[f"schedule {SCHEDULE}"] or "")


def test_an_address_that_nothing_reaches_is_told(
    capsys: pytest.CaptureFixture[str],
    project: Path,
    aws: Stacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deploy(aws)
    subscribe("late@example.com")
    write(project, notify_emails=[ADDRESS, "late@example.com", "never@example.com"])
    listed = doctor._subscriptions  # moto confirms every subscription
    monkeypatch.setattr(
        doctor,
        "_subscriptions",
        lambda topic: listed(topic) | {"late@example.com": "PendingConfirmation"},
    )
    code, found = diagnosis(capsys, project)
    assert code == ExitCode.ACTION_REQUIRED
    assert found[f"messages to {ADDRESS}"] is None
    assert "has not confirmed" in (found["messages to late@example.com"] or "")
    assert "is not subscribed" in (found["messages to never@example.com"] or "")


@pytest.mark.usefixtures("aws")
def test_a_bucket_of_this_account_that_is_no_stacks_is_told_before_a_deployment_fails(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    create_bucket()
    code, found = diagnosis(capsys, project)
    assert code == ExitCode.ACTION_REQUIRED
    assert "belongs to no deployed stack" in (found[f"bucket {BUCKET}"] or "")


@pytest.mark.parametrize("status", [301, 403])
@pytest.mark.usefixtures("aws")
def test_a_bucket_name_that_exists_elsewhere_is_told(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(doctor, "_bucket_status", lambda _: status)
    code, found = diagnosis(capsys, project)
    assert code == ExitCode.ACTION_REQUIRED
    assert f"it exists elsewhere (S3 answers {status})" in (found[f"bucket {BUCKET}"] or "")


def test_another_bucket_name_than_the_deployed_one_is_told(
    capsys: pytest.CaptureFixture[str], project: Path, aws: Stacks
) -> None:
    deploy(aws)
    write(project, archive_bucket_name="another-archive")
    code, found = diagnosis(capsys, project)
    assert code == ExitCode.ACTION_REQUIRED
    assert f"set archive_bucket_name to {BUCKET}" in (found["bucket another-archive"] or "")


@pytest.mark.usefixtures("aws")
def test_every_problem_of_the_settings_is_told_and_nothing_is_asked_of_aws(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    write(project, archive_bucket_name="No", close_deadline="day 40", colour="red")
    assert main(["doctor", "--project", str(project)]) == ExitCode.ACTION_REQUIRED
    told = capsys.readouterr().out
    assert all(word in told for word in ("archive_bucket_name", "day 40", "colour"))
    assert "3 looked at, 3 to mend" in told


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("deadline", "days_ahead", "is_told"),
    [
        ("business day 7", 300, False),
        ("business day 7", -1, True),
        ("business day 7", 400, True),
        ("day 10", -1, None),  # no deadline depends on them
    ],
)
def test_a_list_of_holidays_without_a_day_in_the_coming_year_is_told(
    capsys: pytest.CaptureFixture[str],
    project: Path,
    deadline: str,
    days_ahead: int,
    is_told: bool | None,
) -> None:
    day = (datetime.now(UTC) + timedelta(days=days_ahead)).date()
    write(project, archive_bucket_name=BUCKET, close_deadline=deadline, holidays=[str(day)])
    _, found = diagnosis(capsys, project)
    if is_told is None:
        assert "holidays (1 day)" not in found
    else:
        assert (f"the last one is {day}" in (found["holidays (1 day)"] or "")) is is_told


@pytest.mark.parametrize("content", [None, "{", "[]", '{"context": 7}', "{}"])
def test_a_folder_without_readable_settings_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "cdk.json").write_text(content)
    code, found = diagnosis(capsys, tmp_path)
    assert code == ExitCode.ACTION_REQUIRED
    assert "cdk.json" in (found["settings"] or "")


def test_an_auditors_installation_is_sent_to_the_projects_own(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("ops.doctor")
    monkeypatch.delitem(sys.modules, "ops.doctor")
    monkeypatch.setitem(sys.modules, "infra.deploy_settings", None)
    assert main(["doctor"]) == ExitCode.UNREADABLE
    assert "run 'make setup'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arn", "problem"),
    [
        ("arn:aws:iam::123456789012:role/BreakGlass", None),
        ("arn:aws:iam::123456789012:role/Nobody", "does not exist"),
        ("arn:aws:iam::999999999999:role/BreakGlass", "lies in another account"),
    ],
)
@pytest.mark.usefixtures("aws")
def test_a_break_glass_role_must_exist_in_the_archives_account(
    capsys: pytest.CaptureFixture[str], project: Path, arn: str, problem: str | None
) -> None:
    boto3.client("iam").create_role(RoleName="BreakGlass", AssumeRolePolicyDocument="{}")
    write(project, break_glass_role_arn=arn)
    _, found = diagnosis(capsys, project)
    told = found[f"break-glass role {arn}"]
    assert told is None if problem is None else problem in (told or "")


class States:
    """Step Functions, with a dry run that ends as told."""

    def __init__(self, status: str) -> None:
        self.status = status
        self.inputs: list[str] = []

    def start_execution(self, **request: str) -> dict[str, str]:
        self.inputs.append(request["input"])
        return {"executionArn": "arn:aws:states:eu-central-1:123456789012:execution:m:x"}

    def describe_execution(self, **_: str) -> dict[str, str]:
        return {"status": self.status, "output": json.dumps({"run_id": RUN}), "cause": "Denied."}


def with_dry_run(aws: Stacks, monkeypatch: pytest.MonkeyPatch, status: str = "SUCCEEDED") -> States:
    """A deployed stack; the dry run asked three payers."""
    deploy(aws)
    s3 = create_bucket()
    payers = [("111122223333", "Acme"), ("444455556666", "Boreal"), ("777788889999", "Cobalt")]
    listed = [{"payer_account_id": account, "name": name} for account, name in payers]
    s3.put_object(Bucket=BUCKET, Key=run_payers_key(RUN), Body=json.dumps(listed))
    for (account, _), outcome, detail in zip(
        payers, ("CHECKED", "NO_ACCESS"), ("", "another external id"), strict=False
    ):
        body = json.dumps({"outcome": outcome, "detail": detail})
        s3.put_object(Bucket=BUCKET, Key=listing_key(RUN, account), Body=body)
    states = States(status)
    made = doctor.client
    monkeypatch.setattr(
        doctor, "client", lambda name: states if name == "stepfunctions" else made(name)
    )
    return states


def test_a_dry_run_tells_which_payer_accounts_cannot_be_read_and_why(
    capsys: pytest.CaptureFixture[str],
    project: Path,
    aws: Stacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    states = with_dry_run(aws, monkeypatch)
    code, found = diagnosis(capsys, project, "--payers")
    assert code == ExitCode.ACTION_REQUIRED
    assert found["payer account 111122223333 Acme"] is None
    assert found["payer account 444455556666 Boreal"] == "another external id"
    assert "did not end" in (found["payer account 777788889999 Cobalt"] or "")
    assert states.inputs == ['{"dry_run": true}']


def test_a_dry_run_that_fails_is_a_sentence(
    capsys: pytest.CaptureFixture[str],
    project: Path,
    aws: Stacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_dry_run(aws, monkeypatch, "FAILED")
    assert main(["doctor", "--project", str(project), "--payers"]) == ExitCode.UNREADABLE
    assert "ended FAILED: Denied." in capsys.readouterr().err


@pytest.mark.usefixtures("aws")
def test_payer_accounts_cannot_be_tried_before_the_stack_is_deployed(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    assert main(["doctor", "--project", str(project), "--payers"]) == ExitCode.UNREADABLE
    assert "stack InvoiceArchive is not deployed" in capsys.readouterr().err
