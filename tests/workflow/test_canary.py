"""No document URL is left anywhere: its signature is a bearer secret.

Every URL's signature begins with SIGNATURE_MARKER. After month ends that succeed and month ends
that fail in every way of a download, the marker is searched for wherever a run leaves anything.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.invoicing.catalogue import CatalogueInvoice, Document, FixedCatalogue
from sandbox.invoicing.faults import Fault
from tests.workflow.conftest import COMPLETABLE, SIGNATURE_MARKER, EmbeddedAws, MonthEnd, MonthEnds

PLANTED = "planted5ignature"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
PAYER = COMPLETABLE[0]


def break_off() -> bytes:
    """The server fails in the middle of an answer, so that the client's error is about the URL."""
    raise ConnectionResetError


PDF = b"%PDF-1.7"
BAD_DOCUMENTS: Mapping[str, Any] = {
    "HTML": b"<html><body>Sign in</body></html>",
    "EMPTY": b"",
    "XML-ERROR": b"<Error><Code>InternalError</Code></Error>",
    "CUT": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog",
    "BREAKS-OFF": break_off,
    "EXPIRED": PDF,
    "REFUSED": PDF,
}
BAD_URLS = (
    Fault(PAYER, "expired", None, invoice_id="EXPIRED"),
    # nobody listens there
    Fault(
        PAYER,
        "other_url",
        None,
        invoice_id="REFUSED",
        url=f"http://127.0.0.1:1/refused?X-Amz-Signature={SIGNATURE_MARKER}",
    ),
)


def invoice(invoice_id: str, year: int, month: int, content: Any) -> CatalogueInvoice:
    summary = {
        "AccountId": PAYER,
        "InvoiceId": invoice_id,
        "IssuedDate": datetime(year, month + 1, 3, tzinfo=UTC),
        "BillingPeriod": {"Month": month, "Year": year},
        "InvoiceType": "INVOICE",
    }
    return CatalogueInvoice(summary, LONG_AGO, Document(content, LONG_AGO))


@dataclass(frozen=True)
class Failed:
    """A month end whose downloads all failed, and how many document URLs it was given."""

    month_end: MonthEnd
    urls: int


@pytest.fixture(scope="module")
def failed(embedded_aws: EmbeddedAws, month_ends: MonthEnds) -> Failed:
    """The month end of an earlier period, which fails in every way in which a download can."""
    invoices = [invoice(name, 2025, 10, bad) for name, bad in BAD_DOCUMENTS.items()]
    with embedded_aws.invoicing_of(FixedCatalogue({PAYER: invoices})) as emulator:
        for fault in BAD_URLS:
            emulator.faults.add(fault)
        run = embedded_aws.month_end("2025-11-12T06:00:00Z")
        calls = emulator.requests.snapshot()["calls"].values()
        return Failed(run, sum(counts.get("GetInvoicePDF", 0) for counts in calls))


@pytest.fixture(scope="module")
def left(embedded_aws: EmbeddedAws, failed: Failed) -> list[tuple[str, bytes]]:
    """Everything that the runs left, and the text PLANTED in one place of each kind."""
    with planted(embedded_aws):
        return list(left_behind(embedded_aws))


def left_behind(aws: EmbeddedAws) -> Iterator[tuple[str, bytes]]:
    """Everything that runs leave: where it is, and its bytes."""
    yield from _objects(aws)
    yield from _logs(aws)
    yield from _executions(aws)
    for path in sorted(aws.sandbox.places.logs.rglob("*")):
        yield f"file {path.name}", path.read_bytes()


def _objects(aws: EmbeddedAws) -> Iterator[tuple[str, bytes]]:
    for (key, version_id), version in aws.versions().items():
        place = f"object {key}"
        yield place, key.encode()
        if "ETag" in version:  # a delete marker has no content
            found = aws.s3.get_object(Bucket=aws.bucket, Key=key, VersionId=version_id)
            yield place, found["Body"].read()
            yield place, repr(found["ResponseMetadata"]["HTTPHeaders"]).encode()
            tags = aws.s3.get_object_tagging(Bucket=aws.bucket, Key=key, VersionId=version_id)
            yield place, repr(tags["TagSet"]).encode()


def _logs(aws: EmbeddedAws) -> Iterator[tuple[str, bytes]]:
    logs = aws.sandbox.client("logs")
    for groups in logs.get_paginator("describe_log_groups").paginate():
        for group in groups["logGroups"]:
            name = group["logGroupName"]
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=name):
                for event in page["events"]:
                    yield f"log {name}", event["message"].encode()


def _executions(aws: EmbeddedAws) -> Iterator[tuple[str, bytes]]:
    states = aws.sandbox.client("stepfunctions")
    executions = states.get_paginator("list_executions")
    machine = aws.sandbox.deployed.state_machine_arn
    for page in executions.paginate(stateMachineArn=machine):
        for execution in page["executions"]:
            arn = execution["executionArn"]
            yield from _history(states, "execution", arn)
            for run in states.list_map_runs(executionArn=arn)["mapRuns"]:
                described = states.describe_map_run(mapRunArn=run["mapRunArn"])
                yield "map run", repr(described).encode()
                for children in executions.paginate(mapRunArn=run["mapRunArn"]):
                    for child in children["executions"]:
                        yield from _history(states, "child execution", child["executionArn"])


def _history(states: Any, place: str, arn: str) -> Iterator[tuple[str, bytes]]:
    described = states.describe_execution(executionArn=arn)
    yield place, json.dumps(described, default=str).encode()
    history = states.get_paginator("get_execution_history")
    for page in history.paginate(executionArn=arn, includeExecutionData=True):
        for event in page["events"]:
            yield place, json.dumps(event, default=str).encode()


@contextmanager
def planted(aws: EmbeddedAws) -> Iterator[None]:
    s3, logs = aws.s3, aws.sandbox.client("logs")
    states = aws.sandbox.client("stepfunctions")
    stored = s3.put_object(Bucket=aws.bucket, Key="runs/planted", Body=PLANTED.encode())
    group = {"logGroupName": "/aws/lambda/planted", "logStreamName": "planted"}
    logs.create_log_group(logGroupName=group["logGroupName"])
    logs.create_log_stream(**group)
    now = int(datetime.now(UTC).timestamp() * 1000)
    logs.put_log_events(**group, logEvents=[{"timestamp": now, "message": f"at {PLANTED}"}])
    execution = states.start_execution(
        stateMachineArn=aws.sandbox.deployed.state_machine_arn,
        input=json.dumps({"billing_period": PLANTED}),
    )
    while states.describe_execution(executionArn=execution["executionArn"])["status"] == "RUNNING":
        time.sleep(0.1)
    log = aws.sandbox.places.logs / "planted.log"
    log.write_text(PLANTED)
    try:
        yield
    finally:
        log.unlink()
        s3.delete_object(Bucket=aws.bucket, Key="runs/planted", VersionId=stored["VersionId"])


def found_in(left: list[tuple[str, bytes]], needle: str) -> set[str]:
    """The places where the text is."""
    return {place for place, content in left if needle.encode() in content}


def test_no_signature_of_a_document_url_is_left_anywhere(
    month_ends: MonthEnds, failed: Failed, left: list[tuple[str, bytes]]
) -> None:
    # the runs did use marked URLs, well and badly
    assert month_ends.first.asked.downloads > 0
    assert failed.urls >= len(BAD_DOCUMENTS)
    assert found_in(left, SIGNATURE_MARKER) == set()


def test_every_failed_download_is_reported_without_its_url(failed: Failed) -> None:
    assert "ACTION_REQUIRED" in failed.month_end.said
    for name in BAD_DOCUMENTS:
        assert f"· {name}\n" in failed.month_end.said
    assert "X-Amz-" not in failed.month_end.said


def test_the_search_finds_a_signature_wherever_one_is_left(left: list[tuple[str, bytes]]) -> None:
    places = {"object runs/planted", "log /aws/lambda/planted", "execution", "file planted.log"}
    assert places <= found_in(left, PLANTED)
