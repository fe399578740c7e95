import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from infra.names import AUDITOR_POLICY
from lambdas.domain.evidence.archive_layout import listing_key, run_payers_key, run_request_key
from ops import doctor, dry_run, subscriptions
from ops.cli import main
from ops.exit_codes import ExitCode
from ops.live import deployment

T = TypeVar("T")
ROOT = Path(__file__).parent.parent.parent
BUCKET = "example-corp-archive"
RUN = "manual-20261121T060000Z-x"
SCHEDULE, ADDRESS = "InvoiceArchive-Daily", "Finance@example.com"
# the register of the repository, without the owners' addresses in its last column
REGISTER = "".join(
    f"{line.rpartition(',')[0]}\n" for line in (ROOT / "payers.csv").read_text("utf-8").splitlines()
).encode()
OUTPUTS = {
    "ArchiveBucketName": BUCKET,
    "StateMachineArn": "arn:aws:states:eu-central-1:123456789012:stateMachine:m",
    "NotificationTopicArn": "arn:aws:sns:eu-central-1:123456789012:messages",
    "ScheduleName": SCHEDULE,
    "PayerRegisterSha256": hashlib.sha256(REGISTER).hexdigest(),
}


class Stacks:
    """CloudFormation; moto's needs packages that nothing else here does."""

    exceptions: Any = SimpleNamespace(ClientError=ClientError)
    outputs: Mapping[str, str] | None = None
    status: str = "CREATE_COMPLETE"

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        if self.outputs is None:
            message = f"Stack with id {StackName} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "x")
        outputs = [{"OutputKey": k, "OutputValue": v} for k, v in self.outputs.items()]
        stack = {"StackName": StackName, "StackStatus": self.status, "Outputs": outputs}
        return {"Stacks": [stack]}


class Quotas:
    """Lambda's account settings, which moto does not have."""

    def __init__(self) -> None:
        self.all, self.unreserved = 1000, 1000
        self.denies = False

    def get_account_settings(self) -> dict[str, Any]:
        if self.denies:
            raise denied("GetAccountSettings")
        limit = {
            "ConcurrentExecutions": self.all,
            "UnreservedConcurrentExecutions": self.unreserved,
        }
        return {"AccountLimit": limit}


class Judge:
    """Step Functions, asked about a definition; an emulator takes any."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.answer: dict[str, Any] = {"result": "OK", "diagnostics": []}
        self.denies = False

    def validate_state_machine_definition(self, **request: str) -> dict[str, Any]:
        self.asked.append(request)
        if self.denies:
            raise denied("ValidateStateMachineDefinition")
        return self.answer


def denied(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, operation)


MAKE_CLIENT = doctor.client


@cache
def client_of(service: str, region: str | None) -> Any:
    assert region == os.environ.get("AWS_REGION")
    return MAKE_CLIENT(service)


@pytest.fixture(autouse=True)
def clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make each of the tool's clients once: that takes longer than what they are asked."""
    for module in (doctor, dry_run, subscriptions):
        monkeypatch.setattr(
            module, "client", lambda service: client_of(service, os.environ.get("AWS_REGION"))
        )


@pytest.fixture(autouse=True)
def quotas(monkeypatch: pytest.MonkeyPatch, clients: None) -> Quotas:
    return replaced(monkeypatch, "lambda", Quotas())


@pytest.fixture(autouse=True)
def judge(monkeypatch: pytest.MonkeyPatch, clients: None) -> Judge:
    made = SimpleNamespace(synthesized_definition=lambda _, **place: json.dumps(place))
    monkeypatch.setitem(sys.modules, "infra.workflow_definition", made)
    return replaced(monkeypatch, "stepfunctions", Judge())


def replaced(monkeypatch: pytest.MonkeyPatch, service: str, stand_in: T) -> T:
    made = doctor.client
    for module in (doctor, dry_run, subscriptions):
        monkeypatch.setattr(
            module, "client", lambda name: stand_in if name == service else made(name)
        )
    return stand_in


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stacks]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    stacks = Stacks()
    monkeypatch.setattr(deployment, "client", lambda _: stacks)
    with mock_aws():
        yield stacks


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project's own settings, for a bucket of the test's; nobody has an owner's address."""
    write(tmp_path, archive_bucket_name=BUCKET, notify_emails=[ADDRESS])
    (tmp_path / "payers.csv").write_bytes(REGISTER)
    return tmp_path


def write(project: Path, **settings: object) -> None:
    context = json.loads((ROOT / "cdk.json").read_text())
    context["context"]["invoice_archive"] |= settings
    (project / "cdk.json").write_text(json.dumps(context))


def create_bucket(region: str = "eu-central-1") -> Any:
    s3 = boto3.client("s3", region)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": region})
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
        "account 123456789012, region eu-central-1": None,
        f"bucket {BUCKET}, which is free": None,
        "functions at a time (1000)": None,
        "definition of the workflow": None,
        "names of roles and policies": None,
    }


@pytest.mark.usefixtures("aws")
def test_it_says_in_which_account_and_region_it_looked(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-south-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "")
    assert "account 123456789012, region eu-south-1" in diagnosis(capsys, project)[1]


@pytest.mark.parametrize("taken", ["invoice-archive-fetch-invoice-documents", AUDITOR_POLICY])
@pytest.mark.usefixtures("aws")
def test_names_that_an_archive_of_another_region_has_are_reported_before_a_deployment_fails(
    capsys: pytest.CaptureFixture[str], project: Path, taken: str
) -> None:
    iam = boto3.client("iam")
    if taken == AUDITOR_POLICY:
        reads = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
        document = {"Version": "2012-10-17", "Statement": [reads]}
        iam.create_policy(PolicyName=taken, PolicyDocument=json.dumps(document))
    else:
        iam.create_role(RoleName=taken, AssumeRolePolicyDocument="{}")
    code, found = diagnosis(capsys, project)
    assert code == ExitCode.ACTION_REQUIRED
    told = found["names of roles and policies"] or ""
    assert told.startswith(f"the account has {taken} already")
    assert "deployed in another region" in told


def test_what_a_failed_first_deployment_leaves_is_reported(
    capsys: pytest.CaptureFixture[str], project: Path, aws: Stacks
) -> None:
    aws.outputs, aws.status = {}, "ROLLBACK_COMPLETE"
    code, found = diagnosis(capsys, project)
    assert code == ExitCode.ACTION_REQUIRED
    assert "remove the protection" in (found["stack InvoiceArchive"] or "")


@pytest.mark.parametrize(
    ("of_all", "free", "wanted", "problem"),
    [
        (10, 10, 10, None),
        (10, 10, 11, "may run 10 in this region, and max_concurrent_payers is 11"),
        (1000, 20, 21, "may run 1000 in this region, of which 980 are reserved for other"),
        (10, 0, 1, "may run 10 in this region, of which 10 are reserved for other"),
        (1000, 1000, 1000, None),
    ],
)
@pytest.mark.usefixtures("aws")
def test_a_quota_of_functions_below_the_payer_accounts_at_a_time_is_reported_with_the_remedy(
    capsys: pytest.CaptureFixture[str],
    project: Path,
    quotas: Quotas,
    *,
    of_all: int,
    free: int,
    wanted: int,
    problem: str | None,
) -> None:
    quotas.all, quotas.unreserved = of_all, free
    write(project, archive_bucket_name=BUCKET, max_concurrent_payers=wanted)
    _, found = diagnosis(capsys, project)
    told = found[f"functions at a time ({free})"]
    if problem is None:
        assert told is None
    else:
        assert problem in (told or "")
        remedy = f"Set max_concurrent_payers to {free} or less, or ask AWS" if free else "Ask AWS"
        assert f"{remedy} for more under Service Quotas" in (told or "")


@pytest.mark.usefixtures("aws")
def test_a_definition_that_aws_would_refuse_is_reported_in_its_words(
    capsys: pytest.CaptureFixture[str], project: Path, judge: Judge
) -> None:
    judge.answer = {
        "result": "FAIL",
        "diagnostics": [
            {
                "severity": "ERROR",
                "code": "SCHEMA_VALIDATION_FAILED",
                "message": "Field 'Retry' is not supported",
                "location": "/States/ForEachPayerAccount",
            },
            {"severity": "ERROR", "code": "MISSING_TRANSITION_TARGET", "message": "No 'X'"},
        ],
    }
    code, found = diagnosis(capsys, project)
    assert code == ExitCode.ACTION_REQUIRED
    assert (
        "(SCHEMA_VALIDATION_FAILED /States/ForEachPayerAccount Field 'Retry' is not supported; "
        "MISSING_TRANSITION_TARGET No 'X')"
    ) in (found["definition of the workflow"] or "")
    (asked,) = judge.asked
    assert (asked["type"], asked["severity"]) == ("STANDARD", "ERROR")
    place = {"partition": "aws", "account_id": "123456789012", "region": "eu-central-1"}
    assert json.loads(asked["definition"]) == place


@pytest.mark.usefixtures("aws")
def test_credentials_that_may_not_ask_for_quota_or_definition_leave_both_untried(
    capsys: pytest.CaptureFixture[str], project: Path, quotas: Quotas, judge: Judge
) -> None:
    quotas.denies = judge.denies = True
    assert main(["doctor", "--project", str(project)]) == ExitCode.ALL_WELL
    told = capsys.readouterr().out
    for action in ("lambda:GetAccountSettings", "states:ValidateStateMachineDefinition"):
        assert f"{action}: AWS answered AccessDeniedException" in " ".join(told.split())
    assert "2 not tested" in told


def test_the_deployed_stacks_own_bucket_is_well(
    capsys: pytest.CaptureFixture[str], project: Path, aws: Stacks
) -> None:
    create_bucket()
    deploy(aws)
    code, found = diagnosis(capsys, project)
    assert code == ExitCode.ALL_WELL
    assert found == {
        "settings and register (17 payer accounts)": None,
        "account 123456789012, region eu-central-1": None,
        f"bucket {BUCKET}, of stack InvoiceArchive": None,
        "functions at a time (1000)": None,
        "definition of the workflow": None,
        "deployed payer register": None,
        f"schedule {SCHEDULE}": None,
        f"messages to {ADDRESS}": None,
    }


def test_a_register_that_is_not_deployed_yet_is_reported(
    capsys: pytest.CaptureFixture[str], project: Path, aws: Stacks
) -> None:
    deploy(aws)
    with (project / "payers.csv").open("a") as register:
        register.write("999988887777,Another,,\n")
    code, found = diagnosis(capsys, project)
    assert code == ExitCode.ACTION_REQUIRED
    assert "differs" in (found["deployed payer register"] or "")


@pytest.mark.parametrize(("state", "problem"), [("DISABLED", "is off"), (None, "is gone")])
def test_a_schedule_that_starts_nothing_is_reported(
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


def test_an_address_that_nothing_reaches_is_reported(
    capsys: pytest.CaptureFixture[str],
    project: Path,
    aws: Stacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deploy(aws)
    subscribe("late@example.com")
    write(project, notify_emails=[ADDRESS, "late@example.com", "never@example.com"])
    unconfirmed(monkeypatch, "late@example.com")
    code, found = diagnosis(capsys, project)
    assert code == ExitCode.ACTION_REQUIRED
    assert found[f"messages to {ADDRESS}"] is None
    assert "has not confirmed" in (found["messages to late@example.com"] or "")
    assert "is not subscribed" in (found["messages to never@example.com"] or "")


def unconfirmed(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let SNS list these subscriptions as AWS does before they are confirmed; moto confirms all."""
    listed = subscriptions._subscriptions
    monkeypatch.setattr(
        subscriptions,
        "_subscriptions",
        lambda topic: (
            (protocol, address, "PendingConfirmation" if address in addresses else arn)
            for protocol, address, arn in listed(topic)
        ),
    )


def test_owners_and_the_escalation_are_named_who_have_not_confirmed_or_are_not_deployed(
    capsys: pytest.CaptureFixture[str],
    project: Path,
    aws: Stacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deploy(aws)
    (project / "payers.csv").write_text(
        "account_id,name,owner_email\n111122223333,A,Dana@example.com\n"
        f"044455556666,B,new@example.com\n999988887777,C,{ADDRESS.upper()}\n"
    )
    escalate_to = {"emails": ["cfo@example.com"], "after_days": 3}
    write(project, archive_bucket_name=BUCKET, notify_emails=[ADDRESS], escalate_to=escalate_to)
    for address in ("dana@example.com", "cfo@example.com"):
        subscribe(address)
    unconfirmed(monkeypatch, "dana@example.com")
    code, found = diagnosis(capsys, project)
    assert code == ExitCode.ACTION_REQUIRED
    concerned = {what: why for what, why in found.items() if "concern" in what}
    assert {what: (why or "")[:40] for what, why in concerned.items()} == {
        "messages that concern cfo@example.com": "",
        "messages that concern dana@example.com": "its owner has not confirmed the mail fro",
        "messages that concern new@example.com": "the address is not subscribed, so nothin",
    }
    assert "differs" in (found["deployed payer register"] or "")


@pytest.mark.parametrize(
    ("has_output", "has_channel", "problem"),
    [
        (False, False, "the deployed stack has no topic for it"),
        (True, False, "no channel is connected"),
        (True, True, None),
    ],
)
def test_a_chat_without_a_channel_is_reported(
    capsys: pytest.CaptureFixture[str],
    project: Path,
    aws: Stacks,
    *,
    has_output: bool,
    has_channel: bool,
    problem: str | None,
) -> None:
    deploy(aws)
    write(project, archive_bucket_name=BUCKET, notify_emails=[], chat_notifications=True)
    sns = boto3.client("sns")
    topic = sns.create_topic(Name="chat")["TopicArn"]
    if has_output:
        aws.outputs = {**OUTPUTS, "ChatTopicArn": topic}
    if has_channel:
        endpoint = "https://global.sns-api.chatbot.amazonaws.com"
        sns.subscribe(TopicArn=topic, Protocol="https", Endpoint=endpoint)
    found = diagnosis(capsys, project)[1]["messages to the chat"]
    assert (found is None) if problem is None else (found or "").startswith(problem)


@pytest.mark.parametrize("region", ["eu-central-1", "eu-west-1"])
@pytest.mark.usefixtures("aws")
def test_a_bucket_of_this_account_that_is_no_stacks_is_reported_before_a_deployment_fails(
    capsys: pytest.CaptureFixture[str], project: Path, region: str
) -> None:
    create_bucket(region=region)
    code, found = diagnosis(capsys, project)
    assert code == ExitCode.ACTION_REQUIRED
    told = found[f"bucket {BUCKET}"] or ""
    assert told.startswith(f"it exists in this account, in {region}, and belongs to no deployed")
    # alone it would be a bucket without the keys and the heads that its manifests count on
    assert "bring bucket, policy, both keys and table back together" in told
    assert f"\n## {doctor.BROUGHT_BACK}\n" in (ROOT / "docs/runbook.md").read_text("utf-8")


@pytest.mark.parametrize("status", [301, 400, 403])
@pytest.mark.usefixtures("aws")
def test_a_bucket_name_that_exists_elsewhere_is_reported(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    # a bucket of another account answers 403, even one whose policy lets this account in
    s3 = replaced(monkeypatch, "s3", boto3.client("s3"))
    with Stubber(s3) as stubber:
        stubber.add_client_error(
            "head_bucket",
            str(status),
            http_status_code=status,
            expected_params={"Bucket": BUCKET, "ExpectedBucketOwner": "123456789012"},
        )
        code, found = diagnosis(capsys, project)
        stubber.assert_no_pending_responses()
    assert code == ExitCode.ACTION_REQUIRED
    told = found[f"bucket {BUCKET}"] or ""
    assert told.startswith(
        "it exists elsewhere, or it is this account's and these credentials do not allow"
    )
    assert f"(S3 answers {status})" in told


@pytest.mark.usefixtures("aws")
def test_an_answer_of_s3_that_says_nothing_of_the_bucket_is_a_sentence(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3 = replaced(monkeypatch, "s3", boto3.client("s3"))
    with Stubber(s3) as stubber:
        stubber.add_client_error("head_bucket", "500", http_status_code=500)
        assert main(["doctor", "--project", str(project)]) == ExitCode.UNREADABLE
    assert f"s3:HeadBucket of {BUCKET}: AWS answered 500" in capsys.readouterr().err


def test_another_bucket_name_than_the_deployed_one_is_reported(
    capsys: pytest.CaptureFixture[str], project: Path, aws: Stacks
) -> None:
    deploy(aws)
    write(project, archive_bucket_name="another-archive")
    code, found = diagnosis(capsys, project)
    assert code == ExitCode.ACTION_REQUIRED
    assert f"set archive_bucket_name to {BUCKET}" in (found["bucket another-archive"] or "")


@pytest.mark.usefixtures("aws")
def test_every_problem_of_the_settings_is_reported_and_nothing_is_asked_of_aws(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    write(project, archive_bucket_name="No", close_deadline="day 40", colour="red")
    assert main(["doctor", "--project", str(project)]) == ExitCode.ACTION_REQUIRED
    told = capsys.readouterr().out
    assert all(word in told for word in ("archive_bucket_name", "day 40", "colour"))
    assert "3 examined, 3 to fix" in told


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
def test_a_list_of_holidays_without_a_day_in_the_coming_year_is_reported(
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
def test_a_folder_without_readable_settings_is_reported(
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
        ("arn:aws:iam::123456789012:role/ops/BreakGlass", None),
        (
            "arn:aws:iam::123456789012:role/BreakGlass",
            "is arn:aws:iam::123456789012:role/ops/Break",
        ),
        ("arn:aws:iam::123456789012:role/other/BreakGlass", "or the role cannot act in an"),
        ("arn:aws:iam::123456789012:role/Nobody", "does not exist"),
        ("arn:aws:iam::999999999999:role/ops/BreakGlass", "is not in the archive's account"),
    ],
)
@pytest.mark.usefixtures("aws")
def test_a_break_glass_role_must_exist_in_the_archives_account(
    capsys: pytest.CaptureFixture[str], project: Path, arn: str, problem: str | None
) -> None:
    boto3.client("iam").create_role(
        RoleName="BreakGlass", Path="/ops/", AssumeRolePolicyDocument="{}"
    )
    write(project, break_glass_role_arn=arn)
    _, found = diagnosis(capsys, project)
    told = found[f"break-glass role {arn}"]
    assert told is None if problem is None else problem in (told or "")


class States(Judge):
    """Step Functions, with a dry run that ends as told."""

    def __init__(self, status: str) -> None:
        super().__init__()
        self.status = status
        self.inputs: list[str] = []

    def start_execution(self, **request: str) -> dict[str, str]:
        self.inputs.append(request["input"])
        return {"executionArn": "arn:aws:states:eu-central-1:123456789012:execution:m:x"}

    def describe_execution(self, **_: str) -> dict[str, str]:
        return {"status": self.status, "output": json.dumps({"run_id": RUN}), "cause": "Denied."}


LISTINGS: Mapping[str, Mapping[str, Any] | None] = {
    "111122223333 Acme": {},
    "444455556666 Boreal": {"outcome": "NO_ACCESS", "detail": "another external id"},
    "777788889999 Cobalt": None,
    "888899990000 Dorado": {
        "invoice_units": {"not_read": "AWS denied invoicing:ListInvoiceUnits (AccessDenied)."},
        "billing_transfers": {"not_read": "AWS denied organizations:List… (AccessDenied)."},
    },
    "999900001111 Elbe": {"invoice_units": {"not_read": ""}, "aws_payments": {"not_read": ""}},
    "000011112222 Fulda": {
        "aws_payments": {"not_read": "AWS denied payments:List… (AccessDeniedException), which …."},
    },
    "121212121212 Glan": {"aws_payments": {"not_read": "AWS did not answer payments:List…."}},
}
"""What the dry run wrote of each payer account that it asked; None: its part did not end."""
NOT_ASKED = (
    {"account_id": "123412341234", "name": "New", "active_from": "2026-11", "active_to": ""},
    {"account_id": "432143214321", "name": "Old", "active_from": "2020-01", "active_to": "2026-01"},
)


def with_dry_run(aws: Stacks, monkeypatch: pytest.MonkeyPatch, status: str = "SUCCEEDED") -> States:
    """A deployed stack, and what a dry run leaves."""
    deploy(aws)
    s3 = create_bucket()

    def put(key: str, content: object) -> None:
        s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(content))

    asked = [name.split(" ", 1) for name in LISTINGS]
    put(run_payers_key(RUN), [{"payer_account_id": one, "name": name} for one, name in asked])
    known = [{"account_id": one, "name": name, "active_from": ""} for one, name in asked]
    put(run_request_key(RUN), {"billing_period": "2026-10", "register": [*known, *NOT_ASKED]})
    for (account, _), written in zip(asked, LISTINGS.values(), strict=True):
        if written is not None:
            usual = {"outcome": "CHECKED", "detail": ""}
            witnesses = {"invoice_units": None, "billing_transfers": None}
            put(listing_key(RUN, account), usual | witnesses | dict(written))
    return replaced(monkeypatch, "stepfunctions", States(status))


def test_a_dry_run_shows_which_payer_accounts_and_witnesses_cannot_be_read_and_why(
    capsys: pytest.CaptureFixture[str],
    project: Path,
    aws: Stacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    states = with_dry_run(aws, monkeypatch)
    code, found = diagnosis(capsys, project, "--payers")
    assert code == ExitCode.ACTION_REQUIRED
    assert found["payer account 111122223333 Acme"] is None
    assert found["payer account 999900001111 Elbe"] is None
    assert found["payer account 444455556666 Boreal"] == "another external id"
    assert "did not end" in (found["payer account 777788889999 Cobalt"] or "")
    assert found["payer account 888899990000 Dorado"] == (
        "AWS denied invoicing:ListInvoiceUnits (AccessDenied). Deploy its reader role again with "
        "WithInvoiceUnits=true, or set invoice_units to false in the settings and deploy. "
        "AWS denied organizations:List… (AccessDenied). Deploy its reader role again with "
        "WithBillingTransfers=true, or set billing_transfers to false in the settings and deploy."
    )
    assert found["payer account 000011112222 Fulda"] == (
        "AWS denied payments:List… (AccessDeniedException), which …. Deploy its reader role again "
        "with WithPayments=true, or set payments to false in the settings and deploy."
    )
    assert found["payer account 121212121212 Glan"] == "AWS did not answer payments:List…."
    assert states.inputs == ['{"dry_run": true}']


def test_what_a_dry_run_does_not_try_is_neither_well_nor_a_problem(
    capsys: pytest.CaptureFixture[str],
    project: Path,
    aws: Stacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_dry_run(aws, monkeypatch)
    main(["doctor", "--project", str(project), "--payers"])
    told = " ".join(capsys.readouterr().out.split())
    for name, active in (
        ("123412341234 New", "from 2026-11"),
        ("432143214321 Old", "from 2020-01 to 2026-01"),
    ):
        assert (
            f"not tested payer account {name}: the register has it active {active}, and the dry "
            "run asked about 2026-10"
        ) in told
    (last,) = re.findall(r"not tested permissions that no dry run tests: (.*?; .*? shows it)", told)
    for untried in (
        *("invoicing:GetInvoicePDF", "ce:GetCostAndUsage"),
        *("FetchInvoiceDocuments", "ValidateCompleteness"),
    ):
        assert untried in last
    assert told.endswith("15 examined, 5 to fix, 3 not tested")


ODD = (b"{", b"[]", b"null", b"{}")


def test_what_cannot_be_understood_of_one_payer_account_hides_no_other(
    capsys: pytest.CaptureFixture[str],
    project: Path,
    aws: Stacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_dry_run(aws, monkeypatch)
    key = listing_key(RUN, "111122223333")
    for written in ODD:
        boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=written)
        code, found = diagnosis(capsys, project, "--payers")
        assert code == ExitCode.ACTION_REQUIRED
        odd = f"s3://{BUCKET}/{key} is not what a dry run writes there"
        assert (found["payer account 111122223333 Acme"] or "").startswith(odd)
        assert found["payer account 444455556666 Boreal"] == "another external id"


@pytest.mark.parametrize("key", [run_payers_key(RUN), run_request_key(RUN)])
def test_what_cannot_be_understood_of_the_run_itself_is_a_sentence(
    capsys: pytest.CaptureFixture[str],
    project: Path,
    aws: Stacks,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
) -> None:
    with_dry_run(aws, monkeypatch)
    for written in (b"null", b'[{"name": 5}]'):
        boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=written)
        assert main(["doctor", "--project", str(project), "--payers"]) == ExitCode.UNREADABLE
        assert f"s3://{BUCKET}/{key} is not what a dry run writes" in capsys.readouterr().err


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
