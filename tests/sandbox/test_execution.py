"""How an execution is followed."""

import io
import json
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from rich.console import Console

from sandbox import progress
from sandbox.deployment import Deployed
from sandbox.execution import Counts, Ending, Execution
from sandbox.ministack import Ministack

RUN = {"run_id": "r1", "payers": 2, "already_claimed": False}


@dataclass
class Aws:
    """Step Functions and S3, as far as an execution is followed through them."""

    described: dict[str, Any] = field(default_factory=lambda: {"status": "RUNNING"})
    history: list[dict[str, Any]] = field(default_factory=list)
    items: dict[str, int] = field(default_factory=lambda: {"succeeded": 0, "failed": 0})
    objects: dict[str, bytes] = field(default_factory=dict)
    started: dict[str, str] = field(default_factory=dict)

    def client(self, _service: str) -> "Aws":
        return self

    def start_execution(self, **arguments: str) -> dict[str, str]:
        self.started = arguments
        return {"executionArn": "execution"}

    def describe_execution(self, **_: str) -> dict[str, Any]:
        return self.described

    def get_execution_history(self, **_: Any) -> dict[str, Any]:
        return {"events": self.history}

    def list_map_runs(self, **_: str) -> dict[str, Any]:
        return {"mapRuns": [{"mapRunArn": "map run"}]}

    def describe_map_run(self, **_: str) -> dict[str, Any]:
        return {"itemCounts": self.items}

    def get_paginator(self, _name: str) -> "Aws":
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> list[dict[str, Any]]:  # noqa: N803
        assert Bucket == "archive"
        return [{"Contents": [{"Key": key} for key in self.objects if key.startswith(Prefix)]}]

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        assert Bucket == "archive"
        return {"Body": io.BytesIO(self.objects[Key])}

    def enumerated(self) -> None:
        self.history = [
            {"type": "ExecutionStarted"},
            {
                "stateExitedEventDetails": {
                    "name": "EnumeratePayerAccounts",
                    "output": json.dumps(RUN),
                }
            },
        ]


@pytest.fixture
def aws() -> Aws:
    return Aws()


def started(aws: Aws) -> Execution:
    return Execution(
        cast(Ministack, aws), Deployed("machine", "archive"), "2026-11-12T06:00:00Z", {}
    )


def test_it_is_started_with_what_the_schedule_sends(aws: Aws) -> None:
    started(aws)
    assert json.loads(aws.started["input"]) == {"scheduled_time": "2026-11-12T06:00:00Z"}
    assert aws.started["stateMachineArn"] == "machine"


def test_nothing_is_known_before_the_first_step_has_named_the_run(aws: Aws) -> None:
    execution = started(aws)
    assert execution.run_id is None
    assert execution.counts() == Counts(payers=None, checked=0, listed=0, archived=0)


def test_payers_invoices_and_documents_are_counted_as_they_come(aws: Aws) -> None:
    execution = started(aws)
    aws.enumerated()
    assert execution.counts() == Counts(payers=2, checked=0, listed=0, archived=0)
    aws.objects["runs/r1/payers/1/listing.json"] = b'{"invoices": [{}, {}, {}]}'
    aws.objects["runs/r1/payers/1/fetch-0001.json"] = b"{}"
    aws.objects["invoices/2026-10/1/a.pdf"] = b"%PDF"
    aws.items = {"succeeded": 1, "failed": 1}
    assert execution.counts() == Counts(payers=2, checked=2, listed=3, archived=1)


@pytest.mark.parametrize(
    ("described", "ending"),
    [
        ({"status": "RUNNING"}, None),
        (
            {"status": "SUCCEEDED", "output": '{"verdict": "COMPLETE"}'},
            Ending("SUCCEEDED", "COMPLETE", already_claimed=False, error="", cause=""),
        ),
        (
            {"status": "SUCCEEDED", "output": '{"already_claimed": true, "run_id": "r1"}'},
            Ending("SUCCEEDED", None, already_claimed=True, error="", cause=""),
        ),
        (
            {"status": "FAILED", "error": "MonthIncomplete", "cause": "2 payers …"},
            Ending(
                "FAILED",
                "ACTION_REQUIRED",
                already_claimed=False,
                error="MonthIncomplete",
                cause="2 payers …",
            ),
        ),
        (
            {"status": "FAILED", "error": "States.Timeout", "cause": ""},
            Ending("FAILED", None, already_claimed=False, error="States.Timeout", cause=""),
        ),
        (
            {"status": "ABORTED"},
            Ending("ABORTED", None, already_claimed=False, error="", cause=""),
        ),
    ],
)
def test_a_red_ending_is_a_verdict_only_if_the_month_is_what_is_incomplete(
    aws: Aws, described: dict[str, Any], ending: Ending | None
) -> None:
    execution = started(aws)
    aws.described = described
    assert execution.ending() == ending


@pytest.mark.parametrize("at_terminal", [True, False])
def test_progress_shows_payers_invoices_and_documents(aws: Aws, *, at_terminal: bool) -> None:
    execution = started(aws)
    aws.enumerated()
    aws.objects["runs/r1/payers/1/listing.json"] = b'{"invoices": [{}, {}, {}]}'
    aws.objects["invoices/2026-10/1/a.pdf"] = b"%PDF"
    aws.items = {"succeeded": 2, "failed": 0}
    aws.described = {"status": "SUCCEEDED", "output": '{"verdict": "COMPLETE"}'}
    shown = io.StringIO()
    console = Console(file=shown, width=120, force_terminal=at_terminal)
    ending = progress.follow(execution, console)
    assert ending.verdict == "COMPLETE"
    assert "payers 2/2 · invoices listed 3 · documents archived 1" in shown.getvalue()
