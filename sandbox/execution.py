"""One execution of the workflow, started as the schedule starts it, and followed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from infra.steps import ENUMERATE_PAYER_ACCOUNTS
from lambdas.domain.evidence.archive_layout import (
    DOCUMENTS_PREFIX,
    is_listing,
    run_payers_prefix,
)
from sandbox.deployment import Deployed
from sandbox.ministack import Ministack
from sandbox.snapshot import Snapshot

_RED_ENDING = "MonthIncomplete"


@dataclass(frozen=True)
class Counts:
    """Progress of a run; `payers` is None until the run knows its number of payer accounts."""

    payers: int | None
    checked: int
    listed: int
    archived: int
    """Documents that this run added."""


@dataclass(frozen=True)
class Ending:
    """End of an execution; `verdict` is None if the run ended without one."""

    status: str
    verdict: str | None
    already_claimed: bool
    error: str
    cause: str


class Execution:
    """A started execution; `before` has the archive's objects at its start."""

    def __init__(
        self, aws: Ministack, deployed: Deployed, scheduled_text: str, before: Snapshot
    ) -> None:
        self._states = aws.client("stepfunctions")
        self._s3 = aws.client("s3")
        self._bucket = deployed.archive_bucket
        self._before = before
        self._enumerated: Mapping[str, Any] | None = None
        self._listed: dict[str, int] = {}
        started = self._states.start_execution(
            stateMachineArn=deployed.state_machine_arn,
            input=json.dumps({"scheduled_time": scheduled_text}),
        )
        self.arn: str = started["executionArn"]

    @property
    def run_id(self) -> str | None:
        """The run's id, None until the first step has named it."""
        if self._enumerated is None:
            self._enumerated = self._output_of_first_step()
        return str(self._enumerated["run_id"]) if self._enumerated else None

    def ending(self) -> Ending | None:
        """Ending, None while it runs."""
        described = self._states.describe_execution(executionArn=self.arn)
        if described["status"] == "RUNNING":
            return None
        output = json.loads(described.get("output") or "{}")
        error, cause = described.get("error", ""), described.get("cause", "")
        verdict = "ACTION_REQUIRED" if error == _RED_ENDING else output.get("verdict")
        return Ending(
            described["status"], verdict, bool(output.get("already_claimed")), error, cause
        )

    def counts(self) -> Counts:
        """Progress at this moment."""
        payers, checked = None, 0
        if self.run_id and self._enumerated:
            payers = int(self._enumerated["payers"])
            self._read_listings(self.run_id)
            for run in self._states.list_map_runs(executionArn=self.arn)["mapRuns"]:
                items = self._states.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"]
                checked += items["succeeded"] + items["failed"]
        return Counts(payers, checked, sum(self._listed.values()), self._archived())

    def _archived(self) -> int:
        return sum(key not in self._before for key in self._keys(DOCUMENTS_PREFIX))

    def _read_listings(self, run_id: str) -> None:
        for key in self._keys(run_payers_prefix(run_id)):
            if is_listing(key) and key not in self._listed:
                listing = json.loads(
                    self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
                )
                self._listed[key] = len(listing["invoices"])

    def _keys(self, prefix: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix
        )
        return [found["Key"] for page in pages for found in page.get("Contents", [])]

    def _output_of_first_step(self) -> Mapping[str, Any] | None:
        try:
            history = self._states.get_execution_history(executionArn=self.arn, maxResults=50)
        except ClientError:
            return None
        for event in history["events"]:
            exited = event.get("stateExitedEventDetails", {})
            if exited.get("name") == ENUMERATE_PAYER_ACCOUNTS.state:
                output: Mapping[str, Any] = json.loads(exited["output"])
                return output
        return None
