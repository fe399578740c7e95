"""The doctor's dry run of the deployed workflow: which payer accounts it can read."""

import json
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lambdas.domain.errors import NOT_UNDERSTOOD
from lambdas.domain.evidence.archive_layout import listing_key, run_payers_key, run_request_key
from lambdas.domain.runs.outcome import CHECKED
from lambdas.domain.witnesses.refusals import DENIED
from ops.doctor import Examined
from ops.errors import CannotRead
from ops.live.session import aws_errors, client

_POLL_SECONDS = 1.0
_OPTIONS = {
    "invoice_units": ("WithInvoiceUnits", "invoice_units"),
    "billing_transfers": ("WithBillingTransfers", "billing_transfers"),
    "aws_payments": ("WithPayments", "payments"),
}
"""The sources in a listing, by member: the parameter of the reader role, and the setting."""
_LARGEST = 64 << 20
"""Bytes of a dry run's output for one payer account."""


def examine_payers(outputs: Mapping[str, str]) -> Iterator[Examined]:
    """Check that ListInvoiceSummaries can read each payer account, with a dry run of all. It stores
    only its results, below `runs/`. Raises CannotRead.
    """
    execution = _Execution(outputs["StateMachineArn"])
    results = _Results(outputs["ArchiveBucketName"], execution.run_id_once_ended())
    names = results.names()
    for account_id, name in names.items():
        why = results.why_not_listed(account_id, execution.arn)
        yield Examined(_payer_account(account_id, name), why)
    yield from results.not_asked(names)
    yield Examined(
        "permissions that no dry run tests",
        not_tried="invoicing:GetInvoicePDF, ce:GetCostAndUsage, and whether FetchInvoiceDocuments "
        "and ValidateCompleteness may take the roles too; the first run that archives shows it",
    )


class _Execution:
    """One dry run of the workflow, started at once."""

    def __init__(self, state_machine_arn: str) -> None:
        self._states = client("stepfunctions")
        with aws_errors("states:StartExecution"):
            self.arn: str = self._states.start_execution(
                stateMachineArn=state_machine_arn, input=json.dumps({"dry_run": True})
            )["executionArn"]

    def run_id_once_ended(self) -> str:
        """Wait until it has ended well. Raises CannotRead."""
        while True:
            with aws_errors("states:DescribeExecution"):
                described = self._states.describe_execution(executionArn=self.arn)
            if described["status"] != "RUNNING":
                break
            time.sleep(_POLL_SECONDS)
        if described["status"] != "SUCCEEDED":
            cause = described.get("cause") or described.get("error") or "no cause is given"
            raise CannotRead(f"the dry run {self.arn} ended {described['status']}: {cause}")
        try:
            return str(json.loads(described["output"])["run_id"])
        except NOT_UNDERSTOOD:
            raise CannotRead(f"the dry run {self.arn} ended well and names no run") from None


class _NotUnderstood(CannotRead):
    """An object of the dry run has an unknown form."""


class _Results:
    """The results that it stored. Everything that cannot be read raises CannotRead."""

    def __init__(self, bucket: str, run_id: str) -> None:
        self._bucket = bucket
        self._run_id = run_id

    def names(self) -> dict[str, str]:
        """The name of each payer account that was asked about."""
        key = run_payers_key(self._run_id)
        with self._understood(key):
            items = self._required(key)
            return {str(item["payer_account_id"]): str(item["name"]) for item in items}

    def why_not_listed(self, account_id: str, execution_arn: str) -> str | None:
        """Reason why a payer account could not be read; one unreadable result stops no other."""
        key = listing_key(self._run_id, account_id)
        try:
            with self._understood(key):
                content = self._read(key)
                if content is None:
                    return f"its part of the dry run did not end; see execution {execution_arn}"
                return _not_listed(json.loads(content))
        except _NotUnderstood as error:
            return str(error)

    def not_asked(self, account_ids: Collection[str]) -> list[Examined]:
        """The payer accounts of the register that were not asked about."""
        key = run_request_key(self._run_id)
        with self._understood(key):
            request = self._required(key)
            return [
                Examined(
                    _payer_account(payer["account_id"], payer["name"]),
                    not_tried=f"the register has it active {_active(payer)}, and the dry run asked "
                    f"about {request['billing_period']}",
                )
                for payer in request["register"]
                if payer["account_id"] not in account_ids
            ]

    @contextmanager
    def _understood(self, key: str) -> Iterator[None]:
        try:
            yield
        except NOT_UNDERSTOOD as error:
            raise _NotUnderstood(
                f"s3://{self._bucket}/{key} is not what a dry run writes there "
                f"({type(error).__name__})"
            ) from None

    def _required(self, key: str) -> Any:
        found = self._read(key)
        if found is None:
            where = f"s3://{self._bucket}/{key}"
            raise CannotRead(f"{where} is not there, though the dry run ended well")
        return json.loads(found)

    def _read(self, key: str) -> bytes | None:
        s3, where = client("s3"), f"s3://{self._bucket}/{key}"
        with aws_errors(where):
            try:
                body = s3.get_object(Bucket=self._bucket, Key=key)["Body"]
                content: bytes = body.read(_LARGEST + 1)
            except s3.exceptions.NoSuchKey:
                return None
        if len(content) > _LARGEST:
            raise _NotUnderstood(f"{where} has more than {_LARGEST} bytes")
        return content


def _payer_account(account_id: str, name: str) -> str:
    return f"payer account {account_id} {name}"


def _not_listed(listing: Mapping[str, Any]) -> str | None:
    """Reason why a payer account or one of its witnesses could not be read."""
    if listing["outcome"] != CHECKED:
        return str(listing["detail"])
    reasons = (_not_read(listing.get(member), *option) for member, option in _OPTIONS.items())
    return " ".join(filter(None, reasons)) or None


def _not_read(answer: Mapping[str, Any] | None, parameter: str, setting: str) -> str:
    """Reason why a source could not be read, with the remedy if AWS denied it; else empty."""
    reason = str(answer["not_read"]) if answer else ""
    if DENIED not in reason:
        return reason
    return (
        f"{reason} Deploy its reader role again with {parameter}=true, or set {setting} to false "
        "in the settings and deploy."
    )


def _active(payer: Mapping[str, str]) -> str:
    bounds = (("from", payer["active_from"]), ("to", payer["active_to"]))
    return " ".join(f"{word} {period}" for word, period in bounds if period) or "always"
