"""`make month-end`: from the schedule's input to the archive as files, on the embedded AWS."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close.owners import Owners
from lambdas.domain.evidence.archive_layout import (
    completeness_key,
    payment_status_key,
    period_page_key,
    run_request_key,
    run_result_key,
)
from lambdas.domain.payments.open_payments import OpenPayments
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.domain.runs.stored_request import StoredRequest
from sandbox import export, function_logs, report, snapshot
from sandbox.errors import SandboxError
from sandbox.execution import Ending, Execution
from sandbox.hostile_names import is_hostile, write_register
from sandbox.places import Places
from sandbox.progress import follow
from sandbox.request import MonthEndRequest, month_end_request
from sandbox.started import Sandbox
from sandbox.steps import Steps

_WIDTH_OF_LINES = 120
"""Width of the output without a terminal."""

PROJECT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a month end; 0 if a verdict was reached, else 1 and one sentence with the reason."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.month_end", description=__doc__)
    parser.add_argument(
        "--period", default="", help="default: the last UTC month that ended 12 days ago"
    )
    parser.add_argument("--payers", default="", help="default: the register that cdk.json names")
    parser.add_argument(
        "--hostile", default="", help="1: hostile names, with an archive of their own"
    )
    parser.add_argument("--at", default="", help="default: day 12 of the month after the period")
    parser.add_argument(
        "--folder", type=Path, default=PROJECT / "build", help="the folder of the embedded AWS"
    )
    options = parser.parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_LINES)
    try:
        request = month_end_request(options.period, options.at, datetime.now(UTC))
        hostile = is_hostile(options.hostile, options.payers)
        # rows and papers of the two differ, so neither may go on with the other's archive
        folder = options.folder.resolve() / ("hostile" if hostile else "")
        payers = str(write_register(folder)) if hostile else options.payers
        places = Places.under(folder, PROJECT)
        period, at = request.billing_period, request.scheduled_text
        heading = f"Billing period {period}, as the schedule of {at} runs it"
        with (
            Steps(console, heading) as steps,
            Sandbox(places, payers_file=payers, hostile=hostile, say=steps) as sandbox,
        ):
            steps.rest()
            run_month_end(sandbox, request, console, waits_for=steps.begin)
    except SandboxError as error:
        text = f"Month end stopped: {error}"
        console.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("Month end stopped; `make month-end` goes on from here.")
        return 1
    return 0


def run_month_end(
    sandbox: Sandbox,
    request: MonthEndRequest,
    console: Console,
    *,
    waits_for: Callable[[str], None] = lambda _: None,
) -> Execution:
    """Run once, leave the archive as files, report. Raises SandboxError if there is no verdict.

    `waits_for` gets the name of what begins after the run, and "" once that is done.
    """
    s3, bucket, places = sandbox.client("s3"), sandbox.deployed.archive_bucket, sandbox.places
    period, began = request.billing_period, datetime.now(UTC)
    before = snapshot.take(s3, bucket)
    sandbox.invoicing.set_clock(request.scheduled_time)
    requests_before = sandbox.invoicing.request_totals()
    execution = Execution(sandbox.aws, sandbox.deployed, request.scheduled_text, before)
    ending = follow(execution, console)
    waits_for("writing the archive as files")
    function_logs.write(sandbox.client("logs"), began, places.function_log)
    after = snapshot.take(s3, bucket)
    written = export.export(s3, bucket, after, places.archive, places.exported)
    waits_for("")
    if not execution.run_id or not (ending.verdict or ending.already_claimed):
        raise _no_verdict(execution, ending, places)
    if ending.already_claimed:
        console.print(f"The run of {request.scheduled_text} ran earlier, so this one did nothing.")
    others = _judged_periods(places.archive, execution.run_id)
    owners = _owners(places.archive, execution.run_id)
    report.print_verdict(console, _completeness(places.archive, period), owners)
    report.print_others(
        console, [_completeness(places.archive, other) for other in others if other != period]
    )
    report.print_payments(console, _payments(places.archive), request.scheduled_time.date())
    requests = sandbox.invoicing.request_totals().since(requests_before)
    report.print_effect(console, requests, snapshot.difference(before, after))
    folder = places.shown(places.archive)
    console.print(f"The archive is in {folder}: {len(after)} files, {written} written now.")
    console.print("Open the month's page in a browser:")
    page = places.shown(places.archive / period_page_key(period))
    console.print(page, markup=False, highlight=False, soft_wrap=True)
    return execution


def _judged_periods(folder: Path, run_id: str) -> list[BillingPeriod]:
    """The periods on which the run has a verdict, its target first."""
    judged = json.loads((folder / run_result_key(run_id)).read_bytes())["periods"]
    return [BillingPeriod.parse(period["billing_period"]) for period in judged]


def _owners(folder: Path, run_id: str) -> Owners:
    """The owners of the register with which the run began."""
    request = json.loads((folder / run_request_key(run_id)).read_bytes())
    return Owners(StoredRequest.from_data(request).register)


def _completeness(folder: Path, period: BillingPeriod) -> report.Completeness:
    completeness: report.Completeness = json.loads((folder / completeness_key(period)).read_bytes())
    return completeness


def _payments(folder: Path) -> OpenPayments:
    """The open payments of all months in the exported archive."""
    files = sorted(folder.glob(payment_status_key("*")))
    return OpenPayments.of(PaymentStatus.from_data(json.loads(one.read_bytes())) for one in files)


def _no_verdict(execution: Execution, ending: Ending, places: Places) -> SandboxError:
    return SandboxError(
        f"the execution ended {ending.status} without a status for the month.\n"
        f"Error: {ending.error or 'none given'}\nCause: {ending.cause or 'none given'}\n"
        f"Execution: {execution.arn}\n"
        f"Logs of the functions and of the embedded AWS: {places.shown(places.logs)}"
    )


if __name__ == "__main__":
    sys.exit(main())
