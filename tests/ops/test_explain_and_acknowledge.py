import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from lambdas.domain.evidence.archive_layout import payment_status_key
from lambdas.domain.evidence.signatures import Signature, signed_file
from lambdas.domain.json_text import to_json
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.domain.witnesses.acknowledgements import GivenAcknowledgement
from ops.cli import main
from ops.errors import CannotRead
from ops.live import deployment
from ops.newest_manifest import EXPORTED, newest_manifest
from tests.domain.examples import ACME, BOREAL, OCTOBER, archived, outstanding
from tests.domain.judging import judged, outcome
from tests.domain.payments.records import answer, credit_memo, financial_record, paid
from tests.ops.memory_place import MemoryPlace
from tests.ops.odd_values import every_member

BUCKET = "example-corp-archive"
MANIFEST = "periods/2026-10/manifests/manifest-0001.json"
UNTIL = (datetime.now(UTC) + timedelta(days=300)).date().isoformat()
DEFINITION = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
ROLE = "arn:aws:iam::123456789012:role/workflow"


def awaits() -> Manifest:
    """Acme is complete, Boreal lacks two documents."""
    given = outcome(
        BOREAL,
        listed=("A", "B"),
        awaited=(outstanding("A", payer=BOREAL), outstanding("B", payer=BOREAL)),
    )
    return judged(
        outcome(), given, invoices=[archived("1")], names={ACME: "Acme", BOREAL: "Boreal"}
    )


def keep(folder: Path, *manifests: Manifest) -> Path:
    """A copy of an archive with these manifests, the first in the order of their numbers."""
    for number, manifest in enumerate(manifests, 1):
        path = folder / f"periods/2026-10/manifests/manifest-{number:04}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(manifest))
    return folder


def content(manifest: Manifest) -> bytes:
    return signed_file(manifest.to_data(), Signature("key", "ECDSA_SHA_256", "AA=="))


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(words)
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_each_witness_is_printed_with_what_it_says(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    place = keep(tmp_path, awaits())
    code, out, _ = run(capsys, "explain", "2026-10", BOREAL, "--archive", str(place))
    assert code == 3
    assert out.startswith(f"2026-10 {BOREAL} Boreal: PARTIAL, according to {place}\n")
    for line in (
        "\nlistings\n",
        "\nhistory\n  No earlier month is known.\n",
        "\ncost explorer\n  Not checked for this month.\n",
        "  Invoice A is listed but not archived.",
        "  blocking PDF_NOT_READY (B): AWS has no document for this invoice yet. ",
        "\nstatus\n  PARTIAL, by run run-2. The deadline is 10 November 2026.\n",
    ):
        assert line in out


@pytest.mark.parametrize(("payer", "code"), [(ACME, 0), (BOREAL, 3)])
def test_programs_get_the_statements_and_the_witnesses_as_data(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, payer: str, code: int
) -> None:
    place = keep(tmp_path, awaits())
    got, out, _ = run(capsys, "explain", "2026-10", payer, "--archive", str(place), "--json")
    answer = json.loads(out)
    assert got == code
    assert answer["payer_account_id"] == payer
    assert answer["manifest"] == "periods/2026-10/manifests/manifest-0001.json"
    assert [one["witness"] for one in answer["statements"]][-1] == "verdict"
    assert answer["witnesses"]["history"] == {"periods": [], "usual": [], "usual_day": None}


LATE = date(2026, 11, 3)
STATUS = PaymentStatus(OCTOBER).updated(
    {
        BOREAL: answer(
            financial_record("A", "12450.10", "EUR", due_date=LATE),
            financial_record("B", "5", "JPY", due_date=date.max),
            paid("C"),
            credit_memo("9"),
            not_read="1 record was not read.",
        )
    },
    {BOREAL},
)


def with_status(folder: Path, content: bytes) -> Path:
    place = keep(folder, awaits())
    (place / payment_status_key(OCTOBER)).write_bytes(content)
    return place


def explained(capsys: pytest.CaptureFixture[str], place: Path, payer: str) -> dict[str, list[str]]:
    _, out, _ = run(capsys, "explain", "2026-10", payer, "--archive", str(place), "--json")
    return {one["witness"]: one["lines"] for one in json.loads(out)["statements"]}


def test_what_is_paid_and_past_due_stands_beside_aws_payments(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    place = with_status(tmp_path, to_json(STATUS.to_data()))
    statements = explained(capsys, place, BOREAL)

    assert list(statements)[3:5] == ["aws payments", "payment status"]
    assert statements["payment status"] == [
        "As AWS Payments shows it; last changed on 12 November 2026, 06:00 UTC.",
        "Paid: 1 invoice, 100.00 USD.",
        "Not due yet: 1 invoice, 5 JPY.",
        "Past due: 1 invoice, 12,450.10 EUR.",
        "Invoice A, 12,450.10 EUR: past due since 4 November 2026.",
        "Not applied yet: 1 credit memo, 10.00 USD.",
        "The last attempt to read failed: 1 record was not read.",
    ]
    assert "payment status" not in explained(capsys, place, ACME)


def test_a_payment_status_that_cannot_be_read_stops_no_explanation(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for content in (b"{}", b"no JSON", b"\xff"):
        statements = explained(capsys, with_status(tmp_path, content), BOREAL)
        [line] = statements["payment status"]
        assert line.startswith("periods/2026-10/payment_status.json cannot be read (")
        assert statements["verdict"]


def test_what_is_awaited_ends_with_a_number_of_its_own(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from tests.domain.examples import BEFORE_DEADLINE  # noqa: PLC0415 - this test's alone

    place = keep(tmp_path, judged(outcome(), as_of=BEFORE_DEADLINE))
    assert run(capsys, "explain", "2026-10", ACME, "--archive", str(place))[0] == 4


def test_the_exported_archive_is_read_unless_another_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    keep(tmp_path / EXPORTED, awaits())
    code, out, _ = run(capsys, "explain", "2026-10", ACME)
    assert (code, "according to build/archive" in out) == (0, True)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("2026-13", ACME), 2, "'2026-13' is not a billing period"),
        (("2026-09", ACME), 5, "has no manifest of 2026-09; no run has judged it"),
    ],
)
def test_what_is_not_there_is_a_sentence(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: tuple[str, str],
    code: int,
    told: str,
) -> None:
    place = keep(tmp_path, awaits())
    for verb in (
        ["explain"],
        ["acknowledge", "--by", "D", "--reason", "R", "--until", UNTIL, "--dry-run"],
    ):
        got, _, error = run(capsys, *verb, *words, "--archive", str(place))
        assert got == code
        assert told in error


def test_a_payer_account_that_is_not_there_is_reported_with_those_that_are(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    place = keep(tmp_path, awaits())
    code, _, error = run(capsys, "explain", "2026-10", "1", "--archive", str(place))
    assert code == 5
    assert f"names no payer account '1'; it names {BOREAL}, {ACME}" in error


def test_manifests_that_may_not_be_listed_are_not_taken_for_absent(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "periods/2026-10").mkdir(parents=True)
    (tmp_path / "periods/2026-10/manifests").write_text("a file")
    code, _, err = run(capsys, "explain", "2026-10", ACME, "--archive", str(tmp_path))
    assert (code, err) == (6, "invoices: periods/2026-10/manifests/: not a directory\n")


def test_a_manifest_that_cannot_be_read_is_not_explained(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    place = keep(tmp_path, awaits())
    next(place.rglob("*.json")).write_text("{}")
    code, _, error = run(capsys, "explain", "2026-10", ACME, "--archive", str(place))
    assert code == 6
    assert "'invoices check' shows more" in error


# acknowledge

ACCEPT = ("--by", "Dana Whitlock", "--reason", "No workload.", "--until", UNTIL)


class Stacks:
    """CloudFormation; moto's needs packages that nothing else here does."""

    exceptions: Any = SimpleNamespace(ClientError=ClientError)
    outputs: Mapping[str, str]

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        outputs = [{"OutputKey": k, "OutputValue": v} for k, v in self.outputs.items()]
        return {"Stacks": [{"Outputs": outputs}]}


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Step Functions with the deployed workflow, and the bucket with a manifest."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.chdir(tmp_path)
    stacks = Stacks()
    monkeypatch.setattr(deployment, "client", lambda _: stacks)
    with mock_aws():
        workflow = boto3.client("stepfunctions")
        arn = workflow.create_state_machine(
            name="archive", definition=json.dumps(DEFINITION), roleArn=ROLE
        )["stateMachineArn"]
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(
            Bucket=BUCKET,
            Key="periods/2026-10/manifests/manifest-0001.json",
            Body=content(awaits()),
        )
        stacks.outputs = {"StateMachineArn": arn, "ArchiveBucketName": BUCKET}
        yield workflow


def executions(workflow: Any) -> list[dict[str, Any]]:
    """The inputs of all executions."""
    (machine,) = workflow.list_state_machines()["stateMachines"]
    found = workflow.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
    return [
        json.loads(workflow.describe_execution(executionArn=one["executionArn"])["input"])
        for one in found
    ]


def test_an_acknowledgement_starts_a_run_and_says_what_it_covers(
    capsys: pytest.CaptureFixture[str], deployed: Any
) -> None:
    code, out, _ = run(capsys, "acknowledge", "2026-10", BOREAL, *ACCEPT)
    assert code == 0
    covered = "  PDF_NOT_READY of A\n  PDF_NOT_READY of B\n"
    assert f"covers until {UNTIL}, as of {MANIFEST}:\n{covered}" in out
    assert (
        f"Started arn:aws:states:us-east-1:123456789012:execution:archive:acknowledge-{BOREAL}-"
        in out
    )
    assert executions(deployed) == [
        {
            "billing_period": "2026-10",
            "payer_account_ids": [BOREAL],
            "acknowledgements": [
                {
                    "payer_account_id": BOREAL,
                    "reason": "No workload.",
                    "by": "Dana Whitlock",
                    "until": UNTIL,
                }
            ],
        }
    ]


def test_what_is_accepted_already_is_shown_as_covered_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    given = GivenAcknowledgement(ACME, OCTOBER, "No workload.", "Dana", date(2027, 11, 1))
    place = keep(tmp_path, judged(outcome(listed=()), acknowledgements=[given]))
    words = ("acknowledge", "2026-10", ACME, *ACCEPT, "--dry-run", "--archive", str(place))
    code, out, _ = run(capsys, *words)
    covered = f"covers until {UNTIL}, as of {MANIFEST}:\n  NO_INVOICES_LISTED of {ACME}\n"
    assert (code, covered in out) == (0, True)


def test_everybody_is_asked_for_an_account_that_left_the_register(
    capsys: pytest.CaptureFixture[str], deployed: Any
) -> None:
    run(capsys, "acknowledge", "2026-10", BOREAL, *ACCEPT, "--everybody")
    (given,) = executions(deployed)
    assert "payer_account_ids" not in given


def test_a_dry_run_starts_nothing_and_needs_no_aws(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    place = keep(tmp_path, awaits())
    words = ("acknowledge", "2026-10", ACME, *ACCEPT, "--dry-run", "--archive", str(place))
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert "no blocking finding now" in out
    assert "Nothing was started." in out
    _, out, _ = run(capsys, *words, "--json")
    answer = json.loads(out)
    assert (answer["covers"], answer["execution"]) == ([], None)


def test_every_problem_of_an_acknowledgement_is_reported_before_a_run_is_started(
    capsys: pytest.CaptureFixture[str], deployed: Any
) -> None:
    words = ("--by", " ", "--reason", "see https://example.com/", "--until", "2020-01-01")
    code, _, error = run(capsys, "acknowledge", "2026-10", BOREAL, *words)
    assert code == 2
    problems = ("reason has a URL", "by ' ' is no text", "until 2020-01-01 is before the day")
    assert all(told in error for told in problems)
    code, _, error = run(capsys, "acknowledge", "2026-10", "999988887777", *words)
    assert code == 2
    assert all(told in error for told in (*problems, "payer account 999988887777 is unknown"))
    assert executions(deployed) == []


@pytest.mark.parametrize(
    "reason",
    ["b/x.pdf?X%2DAmz%2DSignature%3D5ec2e7", "b/x.pdf?AWSAccessKeyId=A&amp;Signature=5ec2e7"],
)
def test_a_reason_with_a_signed_url_starts_no_run_and_is_not_repeated(
    capsys: pytest.CaptureFixture[str], deployed: Any, reason: str
) -> None:
    words = ("--by", "Dana", "--reason", reason, "--until", "2099-01-01")
    code, out, error = run(capsys, "acknowledge", "2026-10", BOREAL, *words)
    assert code == 2
    assert "reason has a URL, which may be a secret; write what stands there" in error
    assert "5ec2e7" not in out + error
    assert executions(deployed) == []


def test_a_state_machine_that_does_not_answer_is_a_sentence(
    capsys: pytest.CaptureFixture[str], deployed: Any
) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:other"
    words = ("acknowledge", "2026-10", BOREAL, *ACCEPT, "--state-machine", arn)
    code, _, error = run(capsys, *words)
    assert code == 6
    assert arn in error


def test_a_manifest_in_the_place_of_another_cannot_be_read() -> None:
    moved = MANIFEST.replace("manifest-0001", "manifest-0002")
    place = MemoryPlace({moved: every_member().files[MANIFEST]})
    with pytest.raises(CannotRead, match=rf"{moved} cannot be read \(ValueError\)"):
        newest_manifest(place, OCTOBER)
