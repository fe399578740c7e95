"""`make close`: the closing window of a period day by day, on an embedded AWS of its own."""

import argparse
import json
import shutil
import sys
import time as clock
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import completeness_key
from lambdas.domain.runs.close_calendar import CloseCalendar
from sandbox import function_logs, snapshot
from sandbox.errors import SandboxError
from sandbox.execution import Ending, Execution
from sandbox.hostile_names import is_hostile, write_register
from sandbox.organization import MADE_UP_PAYERS
from sandbox.organization.stories import CLOSES_IN_TIME, STAYS_OPEN
from sandbox.places import Places
from sandbox.report import verdict_text
from sandbox.settings import sandbox_settings
from sandbox.started import Sandbox
from sandbox.steps import Steps

_WIDTH_OF_LINES = 140
_POLL_SECONDS = 0.25
_RUN_AT = time(6, tzinfo=UTC)
_MOST_NAMED = 3
_ANY_PORT = 1
"""For settings of which only the register is read."""

PROJECT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the window of one period, or of two that end differently; 0 if each day had a status."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.close", description=__doc__)
    parser.add_argument(
        "--period", default="", help=f"default: {CLOSES_IN_TIME}, then {STAYS_OPEN}"
    )
    parser.add_argument(
        "--payers",
        default="",
        help="default: the register that cdk.json names, without payer accounts billed daily",
    )
    parser.add_argument("--hostile", default="", help="1: hostile names")
    parser.add_argument(
        "--folder", type=Path, default=PROJECT / "build" / "close", help="the folder to play it in"
    )
    options = parser.parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_LINES)
    try:
        periods = [_period(options.period)] if options.period else [CLOSES_IN_TIME, STAYS_OPEN]
        hostile = is_hostile(options.hostile, options.payers)
        folder = options.folder.resolve()
        # each window starts with an empty archive
        shutil.rmtree(folder / "sandbox", ignore_errors=True)
        places = Places.under(folder, PROJECT)
        payers = options.payers or str(
            _without_daily_bills(folder, places, console, hostile=hostile)
        )
        with (
            Steps(console) as steps,
            Sandbox(places, payers_file=payers, hostile=hostile, say=steps) as sandbox,
        ):
            for period in periods:
                play(sandbox, period, console, waits_for=steps.begin)
            steps("Embedded AWS: saving its state")
    except SandboxError as error:
        text = f"The close stopped: {error}"
        console.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("The close stopped.")
        return 1
    return 0


def play(
    sandbox: Sandbox,
    period: BillingPeriod,
    console: Console,
    *,
    waits_for: Callable[[str], None] = lambda _: None,
) -> list[Mapping[str, Any]]:
    """Run the schedule of each day from the end of the period to the day after its deadline.

    `waits_for` gets each day's name before its run. Prints and returns each day's completeness.json
    as read back from the bucket. Raises SandboxError for a run without a verdict.
    """
    settings = sandbox.settings.deploy
    calendar = CloseCalendar(settings.close_deadline, settings.holidays)
    s3, bucket = sandbox.client("s3"), sandbox.deployed.archive_bucket
    console.print(f"\nClosing window of {period}; its deadline is {calendar.deadline}.")
    last = calendar.last_day(period) + timedelta(days=1)
    if datetime.combine(last, _RUN_AT) > datetime.now(UTC):
        raise SandboxError(
            f"the closing window of {period} goes on until {last}; name an earlier billing period"
        )
    days = []
    for day in _days(period.first_day_after, last):
        waits_for(f"{day:%a} {day}  listing, downloading, judging")
        _run(sandbox, datetime.combine(day, _RUN_AT))
        body = s3.get_object(Bucket=bucket, Key=completeness_key(period))["Body"].read()
        completeness = json.loads(body)
        days.append(completeness)
        verdict = verdict_text(completeness["verdict"])
        console.print(f"{day:%a} {day}  {verdict}: {_counts(completeness)}", highlight=False)
        for line in _open(completeness):
            console.print(f"    {escape(line)}", highlight=False)
    return days


def _without_daily_bills(
    folder: Path, places: Places, console: Console, *, hostile: bool = False
) -> Path:
    """The register of cdk.json, or the hostile one, without payer accounts that are billed daily.

    They are named to the person: a hundred invoices a month take longer than those of all others,
    and close no differently.
    """
    if hostile:
        register, whole = write_register(folder), ""
    else:
        register = sandbox_settings(PROJECT, "", _ANY_PORT).deploy.payers_file
        whole = f" With every payer account: make close PAYERS={places.shown(register)}"
    lines = register.read_bytes().splitlines(keepends=True)
    names = {
        payer.account_id.encode(): payer.name
        for payer in MADE_UP_PAYERS
        if "daily_invoices" in payer.customs
    }
    for account_id in (line.split(b",")[0] for line in lines):
        if account_id in names:
            console.print(
                f"Without {names[account_id]} ({account_id.decode()}), which is billed daily."
                f"{whole}",
                markup=False,
                highlight=False,
            )
    path = folder / "payers.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(line for line in lines if line.split(b",")[0] not in names))
    return path


def _period(text: str) -> BillingPeriod:
    try:
        return BillingPeriod.parse(text)
    except ValueError as error:
        raise SandboxError(f"PERIOD: {error}") from None


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


def _run(sandbox: Sandbox, scheduled: datetime) -> Ending:
    sandbox.invoicing.set_clock(scheduled)
    text = scheduled.strftime("%Y-%m-%dT%H:%M:%SZ")
    began = datetime.now(UTC)
    before = snapshot.take(sandbox.client("s3"), sandbox.deployed.archive_bucket)
    execution = Execution(sandbox.aws, sandbox.deployed, text, before)
    while not (ending := execution.ending()):
        clock.sleep(_POLL_SECONDS)
    if not ending.verdict:
        function_logs.write(sandbox.client("logs"), began, sandbox.places.function_log)
        raise SandboxError(
            f"the run of {text} ended {ending.status} without a status: "
            f"{ending.error} {ending.cause}; see {sandbox.places.shown(sandbox.places.logs)}"
        )
    return ending


def _counts(completeness: Mapping[str, Any]) -> str:
    counts = Counter(payer["verdict"] for payer in completeness["payers"])
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())


def _open(completeness: Mapping[str, Any]) -> Iterator[str]:
    """The findings that block, a line per code, with the payer accounts that have them."""
    names: dict[str, list[str]] = {}
    for payer in completeness["payers"]:
        for finding in payer["findings"]:
            accounts = names.setdefault(finding["code"], [])
            if finding["severity"] == "blocking" and payer["name"] not in accounts:
                accounts.append(payer["name"])
    for code, accounts in sorted(names.items()):
        more = len(accounts) - _MOST_NAMED
        text = ", ".join(accounts[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        if accounts:
            yield f"{code}: {text}"


if __name__ == "__main__":
    sys.exit(main())
